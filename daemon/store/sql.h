#ifndef POSTIGO_SQL_H
#define POSTIGO_SQL_H

/*
 * sql: named statements, binding and reading, and the one place that says
 * what SQLite's codes mean. For files of daemon/store/ alone.
 *
 * A statement is a static constant: static const struct sql q = { "name",
 * "SELECT ..." }; it is prepared once per handle. Statements are always
 * bound, never assembled.
 */

#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define SQL_CACHE_MAX 1024 /* statements a handle may hold */

struct sql {
	const char *name; /* for errors: "add a message" */
	const char *text;
};

/*
 * The prepared statement of that constant, reset, nothing bound. Belongs to
 * the handle. NULL if it could not be prepared (no space, damaged file): the
 * binding functions accept NULL and sql_row() and sql_done() then say why.
 * A text that is not SQL is our bug and aborts.
 */
sqlite3_stmt *sql_stmt(struct store *s, const struct sql *q);

/*
 * One step. *row_out tells whether there is a row; without one the statement
 * has been reset. After the last row of interest call sql_reset().
 * Outcomes: those of store_fail().
 */
enum outcome sql_row(struct store *s, sqlite3_stmt *st, bool *row_out,
		     struct err *e) MUST_CHECK;

/* Run a statement that gives no row, or whose rows do not matter, to its end
 * and reset it. Outcomes: those of store_fail(). */
enum outcome sql_done(struct store *s, sqlite3_stmt *st,
		      struct err *e) MUST_CHECK;

void sql_reset(sqlite3_stmt *st);

/* Rows that the last INSERT, UPDATE or DELETE changed, and its new row. */
int64_t sql_changes(struct store *s);
int64_t sql_last_id(struct store *s);

/* Bind; i from 1. Text and octets are borrowed until the next step or reset
 * is over. sql_set_id binds NULL for 0, sql_set_str binds NULL for NULL. */
void sql_set_int(sqlite3_stmt *st, int i, int64_t v);
void sql_set_id(sqlite3_stmt *st, int i, int64_t v);
void sql_set_null(sqlite3_stmt *st, int i);
void sql_set_str(sqlite3_stmt *st, int i, const char *v);
void sql_set_strn(sqlite3_stmt *st, int i, const char *v, size_t n);
void sql_set_blob(sqlite3_stmt *st, int i, const void *v, size_t n);

/* Read a column of the row; i from 0. NULL reads as 0; sql_get_str gives
 * NULL for it, sql_get_text "". Text lives until the next step or reset. */
int64_t sql_get_int(sqlite3_stmt *st, int i);
bool sql_get_null(sqlite3_stmt *st, int i);
const char *sql_get_str(sqlite3_stmt *st, int i);
const char *sql_get_text(sqlite3_stmt *st, int i);
const void *sql_get_blob(sqlite3_stmt *st, int i, size_t *n_out);

/* A column as new JSON: a string or null; an integer or null; an instant of
 * milliseconds as ISO 8601 or null; text that holds JSON, parsed. */
json_t *sql_json_str(sqlite3_stmt *st, int i);
json_t *sql_json_int(sqlite3_stmt *st, int i);
json_t *sql_json_ms(sqlite3_stmt *st, int i);
json_t *sql_json_doc(sqlite3_stmt *st, int i);

/*
 * What the handle's last failure means. what: "could not WHAT: ...".
 *
 * OUT_TEMP    busy; input/output error; code "full": no space
 * OUT_TEMP    code "damaged": the file is; store_damaged() says so from now
 *             on, and nothing more is stored until somebody mended it
 * OUT_PERM    a constraint (code "constraint"), a text that is too large
 * OUT_UNSURE  a sync failed; the handle is dead: store_begin() and
 *             store_commit() give OUT_UNSURE from now on
 * Anything else is our bug and aborts.
 */
enum outcome store_fail(struct store *s, const char *what, struct err *e);

/* A store is opened to write: what was known of another one is not. */
void sql_damage_forget(void);

/* The mapping alone: SQLite's extended code rc and the system's errnum. */
enum outcome sql_outcome(int rc, int errnum, const char *what, struct err *e);

/* SQLite's handle, for what no statement can do (backup). */
sqlite3 *sql_db(struct store *s);

/* Run a script without parameters; what as in store_fail(). */
enum outcome sql_script(struct store *s, const char *text, const char *what,
			struct err *e) MUST_CHECK;

#endif

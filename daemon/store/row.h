#ifndef POSTIGO_ROW_H
#define POSTIGO_ROW_H

/*
 * row: what sql.h leaves open when rows become the objects of methods.tbl.
 * For the modules of daemon/store alone.
 */

#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/sql.h"

struct json_out;
struct message_place;

/* Makes one JSON value of the row that a statement stands on. */
typedef json_t *row_fn(sqlite3_stmt *st);

/* Column as text, "" for NULL; bytes that are not text are made readable. */
json_t *row_str(sqlite3_stmt *st, int i);

/* The same, but null for NULL. */
json_t *row_str_null(sqlite3_stmt *st, int i);

json_t *row_bool(sqlite3_stmt *st, int i);

/* Column of whole seconds as an ISO instant, or null. */
json_t *row_s(sqlite3_stmt *st, int i);

/* An instant in milliseconds as an ISO string. */
json_t *row_iso(int64_t t_ms);

/* Set a member; takes v. key is static. */
void row_set(json_t *o, const char *key, json_t *v);

/*
 * Every row of a bound statement as a list, which *out gets on OUT_OK. st is
 * reset. Outcomes: those of store_fail().
 */
enum outcome row_list(struct store *s, sqlite3_stmt *st, row_fn *make,
		      json_t **out, struct err *e) MUST_CHECK;

/* As row_list, of the statement q bound to one id. */
enum outcome row_list_of(struct store *s, const struct sql *q, int64_t id,
			 row_fn *make, json_t **out, struct err *e) MUST_CHECK;

/* The first row of a bound statement as JSON; *out is NULL if there is none.
 * st is reset. */
enum outcome row_one(struct store *s, sqlite3_stmt *st, row_fn *make,
		     json_t **out, struct err *e) MUST_CHECK;

/* As row_one, of the statement q bound to one id. */
enum outcome row_one_of(struct store *s, const struct sql *q, int64_t id,
			row_fn *make, json_t **out, struct err *e) MUST_CHECK;

/* A column as a value of what is being made: text; text, or null for NULL; an
 * integer or null; an instant of milliseconds, or of whole seconds, or null;
 * true or false. */
void row_out_str(struct json_out *out, const char *key, sqlite3_stmt *st,
		 int i);
void row_out_str_null(struct json_out *out, const char *key, sqlite3_stmt *st,
		      int i);
void row_out_int(struct json_out *out, const char *key, sqlite3_stmt *st,
		 int i);
void row_out_ms(struct json_out *out, const char *key, sqlite3_stmt *st, int i);
void row_out_s(struct json_out *out, const char *key, sqlite3_stmt *st, int i);
void row_out_bool(struct json_out *out, const char *key, sqlite3_stmt *st,
		  int i);

/* Writes one value of the row that a statement stands on. */
typedef void row_out_fn(sqlite3_stmt *st, struct json_out *out,
			const char *key);

/* One value as a tree. */
json_t *row_tree(sqlite3_stmt *st, row_out_fn *write);

/* Every row of the statement q, bound to one id, as an array. */
enum outcome row_out_list_of(struct store *s, const struct sql *q, int64_t id,
			     row_out_fn *write, struct json_out *out,
			     const char *key, struct err *e) MUST_CHECK;

/* The first row of the statement q, bound to one id, or null. */
enum outcome row_out_one_of(struct store *s, const struct sql *q, int64_t id,
			    row_out_fn *write, struct json_out *out,
			    const char *key, struct err *e) MUST_CHECK;

/* Lower *low to the number in the first column of the first row, if there is
 * one and it is less. st is bound; it is reset. */
enum outcome row_lower(struct store *s, sqlite3_stmt *st, int64_t *low,
		       struct err *e) MUST_CHECK;

/* Call fn with the text in the first column of each row of a statement bound
 * to two instants. */
enum outcome row_each_text(struct store *s, const struct sql *q,
			   int64_t after_ms, int64_t now_ms,
			   void (*fn)(void *arg, const char *text), void *arg,
			   struct err *e) MUST_CHECK;

/* The number in the first column of the first row (0 if there is none) of a
 * bound statement. st is reset. */
enum outcome row_number(struct store *s, sqlite3_stmt *st, int64_t *out,
			struct err *e) MUST_CHECK;

/* A copy of the text in the first column of the first row; NULL for NULL, and
 * without a row. st is bound; it is reset. */
enum outcome row_text(struct store *s, sqlite3_stmt *st, char **out,
		      struct err *e) MUST_CHECK;

/* The place in the first row of a bound statement: id, incident, number. All 0
 * without a row. st is reset. */
enum outcome row_place(struct store *s, sqlite3_stmt *st,
		       struct message_place *out, struct err *e) MUST_CHECK;

/* Does a bound statement give a row? st is reset. */
enum outcome row_exists(struct store *s, sqlite3_stmt *st, bool *out,
			struct err *e) MUST_CHECK;

/* The numbers in the first column of a bound statement, at most max. st is
 * reset. */
enum outcome row_ids(struct store *s, sqlite3_stmt *st, int max,
		     int64_t *ids_out, int *n_out, struct err *e) MUST_CHECK;

/* Run a statement that wants two integers and gives no row. */
enum outcome row_change(struct store *s, const struct sql *q, int64_t a,
			int64_t b, struct err *e) MUST_CHECK;

#endif

/*
 * check: each query of checks.sql stands after a line "-- check: NAME".
 */

#include "daemon/store/check.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/audit.h"
#include "daemon/store/migrate.h"
#include "daemon/store/row.h"

#define MARK "\n-- check: "
#define NAME_MAX_BYTES 100

static json_t *
column(sqlite3_stmt *st, int i)
{
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_NULL:
		return json_null();
	case SQLITE_INTEGER:
		return json_integer(sql_get_int(st, i));
	case SQLITE_FLOAT:
		return json_real(sqlite3_column_double(st, i));
	default:
		return row_str(st, i);
	}
}

static void
problem(json_t *problems, const char *check, sqlite3_stmt *st)
{
	json_t *row = json_array();
	json_t *o = json_object();

	for (int i = 0; i < sqlite3_column_count(st); i++)
		(void)json_array_append_new(row, column(st, i));
	row_set(o, "check", json_string(check));
	row_set(o, "row", row);
	(void)json_array_append_new(problems, o);
}

/* Run a query; every row is a problem, but one that says only "ok". */
static enum outcome
run(struct store *s, const char *name, const char *text, json_t *problems,
    struct err *e)
{
	sqlite3_stmt *st = NULL;
	enum outcome o = OUT_OK;
	int n = 0;
	int rc = sqlite3_prepare_v2(sql_db(s), text, -1, &st, NULL);

	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW)
			break;
		if (strcmp(sql_get_text(st, 0), "ok") == 0)
			continue;
		problem(problems, name, st);
		if (++n == CHECK_ROWS_MAX) {
			rc = SQLITE_DONE;
			break;
		}
	}
	if (rc != SQLITE_DONE)
		o = store_fail(s, name, e);
	(void)sqlite3_finalize(st);
	return o;
}

/* The checks of the file, one after the other. */
static enum outcome
run_file(struct store *s, json_t *problems, size_t *n, struct err *e)
{
	const char *at = strstr(migrate_checks, MARK);
	enum outcome o = OUT_OK;

	while (o == OUT_OK && at != NULL && *n < CHECKS_MAX) {
		const char *name = at + strlen(MARK);
		const char *next = strstr(name, MARK);
		size_t name_n = strcspn(name, "\n");
		size_t len =
			next != NULL ? (size_t)(next - name) : strlen(name);
		char *title = mem_strndup(name, name_n < NAME_MAX_BYTES
							? name_n
							: NAME_MAX_BYTES);
		char *text = mem_strndup(name + name_n, len - name_n);

		o = run(s, title, text, problems, e);
		mem_free(text);
		mem_free(title);
		at = next;
		(*n)++;
	}
	return o;
}

enum outcome
store_check(struct store *s, json_t **problems_out, size_t *checks_out,
	    struct err *e)
{
	json_t *problems = json_array();
	size_t n = 0;
	enum outcome o;

	o = run(s, "integrity_check", "PRAGMA integrity_check(100)", problems,
		e);
	if (o == OUT_OK)
		o = run(s, "foreign_key_check", "PRAGMA foreign_key_check",
			problems, e);
	if (o == OUT_OK)
		o = run_file(s, problems, &n, e);
	if (o == OUT_OK)
		o = audit_verify(s, problems, e);
	if (o != OUT_OK) {
		json_decref(problems);
		problems = NULL;
	}
	*problems_out = problems;
	*checks_out = n + 3;
	return o;
}

#include "daemon/store/checks.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/migrate.h"
#include "daemon/store/sql.h"

static const char mark[] = "\n-- check: "; /* at the start of a line */

static json_t *
checks_column(sqlite3_stmt *st, int i)
{
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_INTEGER:
		return sql_json_int(st, i);
	case SQLITE_TEXT:
		return sql_json_str(st, i);
	default:
		return json_null();
	}
}

static void
checks_row(sqlite3_stmt *st, const char *name, json_t *problems)
{
	json_t *p = json_object();
	json_t *row = json_array();
	int i;

	for (i = 0; i < sqlite3_column_count(st); i++)
		(void)json_array_append_new(row, checks_column(st, i));
	(void)json_object_set_new(p, "check", json_string(name));
	(void)json_object_set_new(p, "row", row);
	(void)json_array_append_new(problems, p);
}

/* One check: the text from its mark to the next, of n bytes. */
static enum outcome
checks_one(struct store *s, const char *name, const char *text, size_t n,
	   json_t *problems, struct err *e)
{
	sqlite3_stmt *st = NULL;
	enum outcome o = OUT_OK;
	int rc;
	int rows = 0;

	rc = sqlite3_prepare_v2(sql_db(s), text, (int)n, &st, NULL);
	if (rc == SQLITE_OK) {
		while (rows++ < CHECKS_ROWS_MAX &&
		       (rc = sqlite3_step(st)) == SQLITE_ROW)
			checks_row(st, name, problems);
		if (rc == SQLITE_DONE)
			rc = SQLITE_OK;
	}
	if (rc != SQLITE_OK && rc != SQLITE_ROW)
		o = store_fail(s, name, e);
	(void)sqlite3_finalize(st);
	return o;
}

enum outcome
checks_run(struct store *s, json_t **problems_out, int *count_out,
	   struct err *e)
{
	json_t *problems = json_array();
	const char *at = strstr(migrate_checks, mark);
	enum outcome o = OUT_OK;
	int count = 0;

	while (at != NULL && o == OUT_OK) {
		const char *name = at + sizeof mark - 1;
		const char *text = strchr(name, '\n');
		const char *next = strstr(text, mark);
		size_t n = next != NULL ? (size_t)(next - text) : strlen(text);
		char *copy = mem_strndup(name, (size_t)(text - name));

		o = checks_one(s, copy, text, n, problems, e);
		mem_free(copy);
		count++;
		at = next;
	}
	if (o != OUT_OK) {
		json_decref(problems);
		problems = NULL;
	}
	*problems_out = problems;
	*count_out = count;
	return o;
}

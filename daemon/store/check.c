/*
 * check: each query of checks.sql stands after a line "-- check: NAME".
 */

#include "daemon/store/check.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/audit.h"
#include "daemon/store/fold.h"
#include "daemon/store/migrate.h"
#include "daemon/store/row.h"
#include "daemon/store/vet.h"

#define MARK "\n-- check: "
#define NAME_MAX_BYTES 100
#define STOP_STEPS 100000 /* of SQLite, between looks at whether to stop */

void
check_begin(struct check_report *r)
{
	memset(r, 0, sizeof *r);
	r->problems = json_array();
	r->notices = json_array();
	r->counts = json_object();
	r->seen = json_object();
}

void
check_release(struct check_report *r)
{
	json_decref(r->problems);
	json_decref(r->notices);
	json_decref(r->counts);
	json_decref(r->seen);
	memset(r, 0, sizeof *r);
}

/* Has that check room for one more line? */
static bool
room(struct check_report *r, const json_t *list, const char *check)
{
	json_int_t n = json_integer_value(json_object_get(r->seen, check));

	row_set(r->seen, check, json_integer(n + 1));
	return n < CHECK_ROWS_MAX && json_array_size(list) < CHECK_LIST_MAX;
}

static void
put(struct check_report *r, json_t *list, const char *check, json_t *row)
{
	json_t *o;

	if (!room(r, list, check)) {
		json_decref(row);
		return;
	}
	o = json_object();
	row_set(o, "check", json_string(check));
	row_set(o, "row", row);
	(void)json_array_append_new(list, o);
}

void
check_problem(struct check_report *r, const char *check, json_t *row)
{
	r->found++;
	put(r, r->problems, check, row);
}

void
check_notice(struct check_report *r, const char *check, json_t *row)
{
	r->noticed++;
	put(r, r->notices, check, row);
}

enum outcome
check_pulse(struct check_report *r, const char *what, int64_t done, int64_t all,
	    struct err *e)
{
	if (r->progress != NULL)
		r->progress(r->arg, what, done, all);
	if (r->stop != NULL && r->stop(r->arg))
		return err_code(e, OUT_TEMP, "stopped",
				"the check was ended before it was done");
	return OUT_OK;
}

static int
stop_now(void *arg)
{
	const struct check_report *r = arg;

	return r->stop(r->arg);
}

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

static json_t *
columns(sqlite3_stmt *st)
{
	json_t *row = json_array();

	for (int i = 0; i < sqlite3_column_count(st); i++)
		(void)json_array_append_new(row, column(st, i));
	return row;
}

/* A page that cannot be read is what the check was to find. */
static enum outcome
failed(struct store *s, struct check_report *r, const char *name, struct err *e)
{
	enum outcome o = store_fail(s, name, e);

	if (strcmp(e->code, "damaged") != 0)
		return o;
	check_problem(r, name, json_pack("[s]", e->text));
	return OUT_OK;
}

/* Run a query; every row is a problem, but one that says only "ok". */
static enum outcome
run(struct store *s, struct check_report *r, const char *name, const char *text,
    struct err *e)
{
	sqlite3_stmt *st = NULL;
	enum outcome o = check_pulse(r, name, 0, 0, e);
	int n = 0;
	int rc;

	if (o != OUT_OK)
		return o;
	r->checks++;
	rc = sqlite3_prepare_v2(sql_db(s), text, -1, &st, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW)
			break;
		if (strcmp(sql_get_text(st, 0), "ok") == 0)
			continue;
		check_problem(r, name, columns(st));
		if (++n == CHECK_ROWS_MAX)
			rc = SQLITE_DONE;
	}
	if ((rc & 0xff) == SQLITE_INTERRUPT)
		o = check_pulse(r, name, 0, 0, e);
	else if (rc != SQLITE_DONE)
		o = failed(s, r, name, e);
	(void)sqlite3_finalize(st);
	return o;
}

/* The checks of the file, one after the other. */
static enum outcome
run_file(struct store *s, struct check_report *r, struct err *e)
{
	const char *at = strstr(migrate_checks, MARK);
	enum outcome o = OUT_OK;
	size_t n = 0;

	while (o == OUT_OK && at != NULL && n++ < CHECKS_MAX) {
		const char *name = at + strlen(MARK);
		const char *next = strstr(name, MARK);
		size_t name_n = strcspn(name, "\n");
		size_t len =
			next != NULL ? (size_t)(next - name) : strlen(name);
		char *title = mem_strndup(name, name_n < NAME_MAX_BYTES
							? name_n
							: NAME_MAX_BYTES);
		char *text = mem_strndup(name + name_n, len - name_n);

		o = run(s, r, title, text, e);
		mem_free(text);
		mem_free(title);
		at = next;
	}
	return o;
}

static enum outcome
run_audit(struct store *s, struct check_report *r, struct err *e)
{
	json_t *breaks = json_array();
	enum outcome o = audit_verify(s, breaks, e);
	const json_t *x;
	size_t i;

	r->checks++;
	json_array_foreach(breaks, i, x) check_problem(
		r, "audit_chain", json_incref(json_object_get(x, "row")));
	json_decref(breaks);
	if (o != OUT_OK && strcmp(e->code, "damaged") == 0) {
		check_problem(r, "audit_chain", json_pack("[s]", e->text));
		o = OUT_OK;
	}
	return o;
}

/* Nothing can be asked of a schema that is another one. */
static enum outcome
run_schema(struct store *s, struct check_report *r, struct err *e)
{
	enum outcome o = vet_schema(s, e);

	r->checks++;
	if (o != OUT_PERM && strcmp(e->code, "damaged") != 0)
		return o;
	r->other_schema = true;
	check_problem(r, "schema", json_pack("[s]", e->text));
	return OUT_OK;
}

enum outcome
check_rows(struct store *s, struct check_report *r, struct err *e)
{
	enum outcome o;

	e->code[0] = '\0';
	if (r->stop != NULL)
		sqlite3_progress_handler(sql_db(s), STOP_STEPS, stop_now, r);
	o = run_schema(s, r, e);
	if (o == OUT_OK)
		o = run(s, r, "integrity_check", "PRAGMA integrity_check(100)",
			e);
	if (o == OUT_OK && !r->other_schema)
		o = run_file(s, r, e);
	if (o == OUT_OK && !r->other_schema)
		o = run_audit(s, r, e);
	if (o == OUT_OK && !r->other_schema)
		o = fold_run(s, r, NULL, e);
	sqlite3_progress_handler(sql_db(s), 0, NULL, NULL);
	return o;
}

enum outcome
check_all(struct store *s, struct check_report *r, struct err *e)
{
	enum outcome o = check_rows(s, r, e);

	if (o == OUT_OK && !r->other_schema)
		o = check_octets(s, r, e);
	if (o == OUT_OK && !r->other_schema)
		o = check_search(s, r, e);
	return o;
}

enum outcome
store_check(struct store *s, json_t **problems_out, size_t *checks_out,
	    struct err *e)
{
	struct check_report r;
	enum outcome o;

	check_begin(&r);
	r.alone = true;
	o = check_rows(s, &r, e);
	*problems_out = o == OUT_OK ? json_incref(r.problems) : NULL;
	*checks_out = r.checks;
	check_release(&r);
	return o;
}

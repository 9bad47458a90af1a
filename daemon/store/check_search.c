/* check_search: search.db against the messages that it says are in it. It may
 * be behind, and it may be absent: the indexer goes on from there. */

#include <string.h>

#include "daemon/store/check.h"
#include "daemon/store/row.h"
#include "daemon/store/search.h"
#include "daemon/store/store.h"

static const struct sql q_upto = {
	"count messages up to one",
	"SELECT count(*), coalesce(max(id), 0) FROM message WHERE id <= $1"
};

static void
differs(struct check_report *r, const char *what, int64_t has, int64_t should)
{
	check_problem(r, "search_index",
		      json_pack("[s,I,I]", what, (json_int_t)has,
				(json_int_t)should));
}

static enum outcome
compare(struct store *s, const struct search_state *at, struct check_report *r,
	struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_upto);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, at->cursor);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row && sql_get_int(st, 0) != at->count)
		differs(r, "count", at->count, sql_get_int(st, 0));
	if (o == OUT_OK && row && sql_get_int(st, 1) != at->cursor)
		differs(r, "cursor", at->cursor, sql_get_int(st, 1));
	sql_reset(st);
	return o;
}

static enum outcome
page_check(struct search *x, struct check_report *r, struct err *e)
{
	sqlite3_stmt *st = NULL;
	enum outcome o = OUT_OK;
	json_t *text;

	if (sqlite3_prepare_v2(search_db(x), "PRAGMA quick_check(1)", -1, &st,
			       NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW) {
		o = search_fail(x, "check the index", e);
	} else {
		text = row_str(st, 0);
		if (strcmp(json_string_value(text), "ok") != 0)
			check_problem(r, "search_index",
				      json_pack("[s,O]", "pages", text));
		json_decref(text);
	}
	(void)sqlite3_finalize(st);
	return o;
}

enum outcome
check_search(struct store *s, struct check_report *r, struct err *e)
{
	struct search *x = NULL;
	struct search_state at = { .cursor = 0 };
	enum outcome o = check_pulse(r, "search_index", 0, 0, e);

	if (o != OUT_OK)
		return o;
	r->checks++;
	o = search_open_read(store_dir(s), &x, e);
	if (o == OUT_TEMP && strcmp(e->code, "absent") == 0)
		return OUT_OK;
	if (o == OUT_OK)
		o = page_check(x, r, e);
	if (o == OUT_OK)
		o = search_state(x, &at, e);
	if (o == OUT_OK)
		o = compare(s, &at, r, e);
	if (o == OUT_PERM || (o != OUT_OK && r->alone))
		check_problem(r, "search_index", json_pack("[s]", e->text));
	search_close(&x);
	return OUT_OK;
}

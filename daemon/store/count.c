/*
 * count: how many incidents there are of each kind. Active ones are counted
 * along an index, ended ones up to LIST_COUNT_MAX.
 */

#include "daemon/store/list.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"
#include "rules/book.h"

#define COUNT_RISK_MS (30 * 60 * 1000)
#define COUNT_QUEUES_MAX 1000 /* names of queues that are counted */
#define DUE "ifnull(due_ms, 9223372036854775807)"
#define NEVER INT64_MAX

static const struct sql q_count_between = {
	"count incidents by deadline",
	"SELECT count(*) FROM incident WHERE active = 1 AND " DUE
	" >= $1 AND " DUE " < $2"
};

static const struct sql q_count_active = {
	"count active incidents",
	"SELECT count(*) FROM incident WHERE active = 1"
};

static const struct sql q_count_assignee = {
	"count an agent's incidents",
	"SELECT count(*) FROM incident WHERE assignee_id IS $1 AND active = 1"
};

static const struct sql q_count_state = {
	"count incidents of a state",
	"SELECT count(*) FROM (SELECT 1 FROM incident WHERE state = $1"
	" LIMIT $2)"
};

static const struct sql q_count_all = {
	"count incidents",
	"SELECT count(*) FROM (SELECT 1 FROM incident LIMIT $1)"
};

static const struct sql q_count_queue = {
	"count a queue's incidents",
	"SELECT count(*) FROM incident WHERE queue = $1 AND active = 1"
};

static const struct sql q_next_queue = {
	"name the next queue",
	"SELECT min(queue) FROM incident WHERE queue > $1"
};

/* A bound statement's number as a member; null from "max" on. */
static enum outcome
count_into(struct store *s, sqlite3_stmt *st, json_t *o, const char *key,
	   int64_t max, struct err *e)
{
	int64_t n = 0;
	enum outcome out = row_number(s, st, &n, e);

	if (out == OUT_OK)
		row_set(o, key, n < max ? json_integer(n) : json_null());
	return out;
}

static enum outcome
count_state(struct store *s, const char *state, json_t *o, const char *key,
	    int64_t max, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_count_state);

	sql_set_str(st, 1, state);
	sql_set_int(st, 2, max);
	return count_into(s, st, o, key, max, e);
}

static enum outcome
count_views(struct store *s, int64_t me, json_t *o, struct err *e)
{
	sqlite3_stmt *st;
	enum outcome r;

	r = count_into(s, sql_stmt(s, &q_count_active), o, "active", NEVER, e);
	if (r != OUT_OK)
		return r;
	st = sql_stmt(s, &q_count_assignee);
	/* nobody's own list is empty: no agent has the row -1 */
	sql_set_int(st, 1, me != 0 ? me : -1);
	r = count_into(s, st, o, "mine", NEVER, e);
	if (r != OUT_OK)
		return r;
	st = sql_stmt(s, &q_count_assignee);
	sql_set_null(st, 1);
	r = count_into(s, st, o, "unassigned", NEVER, e);
	if (r == OUT_OK)
		r = count_state(s, "pending_customer", o, "pending", NEVER, e);
	if (r == OUT_OK)
		r = count_state(s, "solved", o, "solved", LIST_COUNT_MAX, e);
	if (r == OUT_OK)
		r = count_state(s, "spam", o, "spam", LIST_COUNT_MAX, e);
	if (r != OUT_OK)
		return r;
	st = sql_stmt(s, &q_count_all);
	sql_set_int(st, 1, LIST_COUNT_MAX);
	return count_into(s, st, o, "all", LIST_COUNT_MAX, e);
}

static enum outcome
count_queue(struct store *s, const char *name, const char *title, bool always,
	    json_t *list, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_count_queue);
	int64_t n = 0;
	enum outcome r;
	json_t *o;

	sql_set_str(st, 1, name);
	r = row_number(s, st, &n, e);
	if (r != OUT_OK || (n == 0 && !always))
		return r;
	o = json_object();
	row_set(o, "name", json_string(name));
	row_set(o, "title", json_string(title));
	row_set(o, "active", json_integer(n));
	(void)json_array_append_new(list, o);
	return OUT_OK;
}

/* Queues that incidents are still in although the book has them no more. */
static enum outcome
count_lost_queues(struct store *s, const struct book *b, json_t *list,
		  struct err *e)
{
	json_t *at = json_string("");
	enum outcome r = OUT_OK;
	bool row = false;

	for (int i = 0; r == OUT_OK && i < COUNT_QUEUES_MAX; i++) {
		sqlite3_stmt *st = sql_stmt(s, &q_next_queue);
		const char *name;

		sql_set_str(st, 1, json_string_value(at));
		r = sql_row(s, st, &row, e);
		if (r != OUT_OK || !row || sql_get_null(st, 0)) {
			sql_reset(st);
			break;
		}
		name = sql_get_text(st, 0);
		json_t *next = json_string(name);
		sql_reset(st);
		json_decref(at);
		at = next;
		name = json_string_value(at);
		if (b == NULL || book_queue(b, name) == NULL)
			r = count_queue(s, name, name, false, list, e);
	}
	json_decref(at);
	return r;
}

static enum outcome
count_queues(struct store *s, const struct book *b, json_t *list, struct err *e)
{
	size_t n = b != NULL ? book_queue_count(b) : 0;
	enum outcome r = OUT_OK;

	for (size_t i = 0; r == OUT_OK && i < n; i++) {
		const struct book_queue *q = book_queue_at(b, i);

		r = count_queue(s, q->name, q->title, true, list, e);
	}
	if (r == OUT_OK)
		r = count_lost_queues(s, b, list, e);
	return r;
}

static enum outcome
count_between(struct store *s, int64_t from, int64_t to, json_t *o,
	      const char *key, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_count_between);

	sql_set_int(st, 1, from);
	sql_set_int(st, 2, to);
	return count_into(s, st, o, key, NEVER, e);
}

enum outcome
list_counts(struct store *s, const struct book *b, int64_t me, int64_t now_ms,
	    json_t **out, struct err *e)
{
	int64_t risk_ms = now_ms + COUNT_RISK_MS;
	json_t *views = json_object();
	json_t *queues = json_array();
	json_t *o = json_object();
	enum outcome r;

	row_set(o, "views", views);
	row_set(o, "queues", queues);
	r = count_views(s, me, views, e);
	if (r == OUT_OK)
		r = count_queues(s, b, queues, e);
	if (r == OUT_OK)
		r = count_between(s, INT64_MIN, now_ms, o, "overdue", e);
	if (r == OUT_OK)
		r = count_between(s, now_ms, risk_ms, o, "risk", e);
	if (r == OUT_OK)
		r = count_between(s, risk_ms, NEVER, o, "ontime", e);
	if (r != OUT_OK) {
		json_decref(o);
		o = NULL;
	}
	*out = o;
	return r;
}

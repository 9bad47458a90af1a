#include "daemon/store/receipt.h"

#include <stdio.h>
#include <string.h>

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

#define NAME_OF(to, st, i)                                                     \
	(void)snprintf((to), sizeof(to), "%s", sql_get_text((st), (i)))

static const struct sql q_clock = {
	"read a clock",
	"SELECT incident_id, name, state, paused, late, start_s, budget_s, "
	"ifnull(due_s, 9223372036854775807), "
	"ifnull(ended_s, 9223372036854775807), ifnull(used_s, -1), rule, "
	"priority, book_version, policy, calendar FROM clock WHERE id = $1"
};
static const struct sql q_spans = {
	"list what held for a clock",
	"SELECT from_s, book_version, budget_s, policy, calendar "
	"FROM clock_span WHERE clock_id = $1 ORDER BY number LIMIT $2"
};
static const struct sql q_pauses = {
	"list when a clock stood still",
	"SELECT from_s, ifnull(to_s, 9223372036854775807), cause "
	"FROM clock_pause WHERE clock_id = $1 ORDER BY number LIMIT $2"
};
static const struct sql q_steps = {
	"list what a clock warns of",
	"SELECT kind, number, at_s, done_ms FROM clock_step "
	"WHERE clock_id = $1 ORDER BY at_s, kind, number LIMIT 100"
};

_Static_assert(RECEIPT_STEPS_MAX == 100, "the statement's limit");

/* The row itself; its own words are the span of a clock that never moved. */
static enum outcome
load_clock(struct store *s, struct receipt_rows *r, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_clock);
	struct receipt_span *span = &r->spans[0];
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, r->id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return err_code(e, OUT_PERM, "not_found",
				"there is no clock %lld", (long long)r->id);
	r->incident_id = sql_get_int(st, 0);
	NAME_OF(r->name, st, 1);
	r->running = strcmp(sql_get_text(st, 2), "running") == 0;
	r->paused = sql_get_int(st, 3) != 0;
	r->late = sql_get_int(st, 4) != 0;
	r->start_s = sql_get_int(st, 5);
	r->budget_s = sql_get_int(st, 6);
	r->due_s = sql_get_int(st, 7);
	r->ended_s = sql_get_int(st, 8);
	r->used_s = sql_get_int(st, 9);
	NAME_OF(r->rule, st, 10);
	NAME_OF(r->priority, st, 11);
	span->from_s = r->start_s;
	span->budget_s = r->budget_s;
	span->book_version = sql_get_int(st, 12);
	NAME_OF(span->policy, st, 13);
	NAME_OF(span->calendar, st, 14);
	r->span_count = 1;
	sql_reset(st);
	return OUT_OK;
}

static enum outcome
load_spans(struct store *s, struct receipt_rows *r, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_spans);
	bool row = false;
	size_t n = 0;
	enum outcome o;

	sql_set_int(st, 1, r->id);
	sql_set_int(st, 2, RECEIPT_SPANS_MAX + 1);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		struct receipt_span *span = &r->spans[n];

		if (n == RECEIPT_SPANS_MAX) {
			r->cut = true;
			break;
		}
		span->from_s = sql_get_int(st, 0);
		span->book_version = sql_get_int(st, 1);
		span->budget_s = sql_get_int(st, 2);
		NAME_OF(span->policy, st, 3);
		NAME_OF(span->calendar, st, 4);
		n++;
	}
	sql_reset(st);
	if (n > 0)
		r->span_count = n;
	return o;
}

static enum outcome
load_pauses(struct store *s, struct receipt_rows *r, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_pauses);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, r->id);
	sql_set_int(st, 2, RECEIPT_PAUSES_MAX + 1);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		struct receipt_pause *p = &r->pauses[r->pause_count];

		if (r->pause_count == RECEIPT_PAUSES_MAX) {
			r->cut = true;
			break;
		}
		p->from_s = sql_get_int(st, 0);
		p->to_s = sql_get_int(st, 1);
		NAME_OF(p->cause, st, 2);
		r->pause_count++;
	}
	sql_reset(st);
	return o;
}

enum outcome
receipt_load(struct store *s, int64_t clock_id, struct receipt_rows *out,
	     struct err *e)
{
	enum outcome o;

	memset(out, 0, sizeof *out);
	out->id = clock_id;
	o = load_clock(s, out, e);
	if (o == OUT_OK)
		o = load_spans(s, out, e);
	if (o == OUT_OK)
		o = load_pauses(s, out, e);
	return o;
}

static json_t *
step_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "kind", row_str(st, 0));
	row_set(o, "number", sql_json_int(st, 1));
	row_set(o, "at", row_s(st, 2));
	row_set(o, "done_at", sql_json_ms(st, 3));
	return o;
}

enum outcome
receipt_steps(struct store *s, int64_t clock_id, json_t **out, struct err *e)
{
	return row_list_of(s, &q_steps, clock_id, step_of, out, e);
}

/*
 * m_receipt: clock.explain, the whole working of a deadline.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/param.h"
#include "daemon/receipt.h"
#include "daemon/store/breach.h"
#include "daemon/store/row.h"
#include "daemon/store/view.h"
#include "rules/book.h"
#include "rules/zone.h"

#define STEPS_MAX 500 /* of one response */

/* named by the table of handlers */
method_fn m_clock_explain;

static json_t *
instant(int64_t at_s)
{
	return at_s != RECEIPT_NEVER ? row_iso(at_s * 1000) : json_null();
}

/* A count of days since 1970-01-01 as YYYY-MM-DD. */
static json_t *
date(int64_t day)
{
	char iso[32];

	clock_iso_s(day * 86400, iso);
	return json_stringn(iso, 10);
}

/* --- what held ------------------------------------------------------------------ */

static const char *
zone_of(const struct calendar *c)
{
	return c != NULL ? calendar_zone(c) : "";
}

/* Working days that a span promises; 0: it promises seconds. */
static int
days_of(const struct receipt *x, const struct receipt_rows *r, size_t span)
{
	const struct book_policy *p =
		book_policy(x->books[span], r->spans[span].policy);
	enum book_clock clock;

	if (p == NULL || !book_clock_find(r->name, &clock))
		return 0;
	return book_policy_budget(p, clock, r->priority).days;
}

static json_t *
spans_json(const struct receipt *x, const struct receipt_rows *r)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < r->span_count; i++) {
		const struct receipt_span *span = &r->spans[i];
		int days = days_of(x, r, i);
		json_t *o = json_object();

		row_set(o, "from", instant(span->from_s));
		row_set(o, "book_version", json_integer(span->book_version));
		row_set(o, "policy", json_string(span->policy));
		row_set(o, "calendar", json_string(span->calendar));
		row_set(o, "zone", json_string(zone_of(x->calendars[i])));
		row_set(o, "budget_s", json_integer(span->budget_s));
		row_set(o, "days", days > 0 ? json_integer(days) : json_null());
		(void)json_array_append_new(list, o);
	}
	return list;
}

static json_t *
pauses_json(const struct receipt_rows *r)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < r->pause_count; i++) {
		json_t *o = json_object();

		row_set(o, "from", instant(r->pauses[i].from_s));
		row_set(o, "to", instant(r->pauses[i].to_s));
		row_set(o, "cause", json_string(r->pauses[i].cause));
		(void)json_array_append_new(list, o);
	}
	return list;
}

/* --- the stretches ---------------------------------------------------------------- */

static json_t *
step_json(const struct receipt_rows *r, const struct receipt_stretch *x)
{
	bool paused = x->kind == WORKING_PAUSED;
	json_t *o = json_object();

	row_set(o, "from", instant(x->from_s));
	row_set(o, "to", instant(x->to_s));
	row_set(o, "kind", json_string(working_name(x->kind)));
	row_set(o, "counted_s", json_integer(x->counted_s));
	row_set(o, "date", paused ? json_null() : date(x->day));
	row_set(o, "cause",
		paused && r->pause_count > 0
			? json_string(r->pauses[x->pause].cause)
			: json_null());
	row_set(o, "span", json_integer((json_int_t)x->span));
	return o;
}

static json_t *
steps_json(const struct receipt *x, const struct receipt_rows *r)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < x->n && i < STEPS_MAX; i++)
		(void)json_array_append_new(list, step_json(r, &x->list[i]));
	return list;
}

/* --- figures ------------------------------------------------------------------------ */

/* The clock's own now: its end, the begin of the pause that holds, or now. */
static int64_t
now_of(const struct receipt_rows *r, int64_t now_s)
{
	return r->ended_s != RECEIPT_NEVER ? r->ended_s : now_s;
}

/* How far the stretches go. */
static int64_t
until_of(const struct receipt_rows *r, int64_t now_s)
{
	if (r->due_s == RECEIPT_NEVER || (r->running && r->paused))
		return now_of(r, now_s);
	return r->due_s;
}

static int64_t
paused_of(const struct receipt_rows *r, int64_t now_s)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < r->pause_count; i++) {
		int64_t to =
			r->pauses[i].to_s < now_s ? r->pauses[i].to_s : now_s;

		if (to > r->pauses[i].from_s)
			sum += to - r->pauses[i].from_s;
	}
	return sum;
}

static void
set_figures(struct request *rq, const struct receipt *x,
	    const struct receipt_rows *r)
{
	int64_t now_s = now_of(r, rq->now_ms / 1000);
	int64_t used = r->used_s >= 0 ? r->used_s : receipt_used(x, r, now_s);
	bool days = days_of(x, r, r->span_count - 1) > 0;

	result_set(rq, "used_s", json_integer(used));
	result_set(rq, "left_s",
		   days ? json_null() : json_integer(r->budget_s - used));
	result_set(rq, "paused_s", json_integer(paused_of(r, now_s)));
	result_set(rq, "paused", json_boolean(r->running && r->paused));
	result_set(rq, "late_applied", json_boolean(r->late));
	result_set(rq, "priority", json_string(r->priority));
}

static void
set_working(struct request *rq, struct receipt *x, const struct receipt_rows *r)
{
	char edition[ZONE_EDITION_MAX];

	receipt_walk(x, r, until_of(r, rq->now_ms / 1000));
	(void)zone_edition(edition);
	result_set(rq, "incident", json_integer(r->incident_id));
	result_set(rq, "zone", json_string(zone_of(x->calendars[0])));
	result_set(rq, "steps", steps_json(x, r));
	result_set(rq, "cut",
		   json_boolean(x->cut || x->n > STEPS_MAX || r->cut));
	result_set(rq, "spans", spans_json(x, r));
	result_set(rq, "pauses", pauses_json(r));
	result_set(rq, "tzdata", json_string(edition));
	set_figures(rq, x, r);
}

/* --- what rows say as they are --------------------------------------------------------- */

static enum outcome
set_rule(struct store *s, struct request *rq, const struct receipt_rows *r,
	 struct err *e)
{
	json_t *rule = NULL;
	enum outcome o = OUT_OK;

	if (r->rule[0] != '\0')
		rule = json_string(r->rule);
	else
		o = view_clock_rule(s, r->incident_id, r->spans[0].policy,
				    &rule, e);
	if (o == OUT_OK)
		result_set(rq, "rule", rule);
	return o;
}

static enum outcome
set_rows(struct store *s, struct request *rq, const struct receipt_rows *r,
	 const json_t *clock, struct err *e)
{
	json_t *warnings = NULL;
	json_t *breach = json_null();
	enum outcome o = receipt_steps(s, r->id, &warnings, e);

	if (o == OUT_OK)
		result_set(rq, "warnings", warnings);
	if (o == OUT_OK && json_is_true(json_object_get(clock, "breached")))
		o = breach_view(s, r->id, &breach, e);
	if (o == OUT_OK)
		result_set(rq, "breach", breach);
	return o;
}

enum outcome
m_clock_explain(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	int64_t id = param_int(rq, "id", 0);
	struct receipt_rows *r = mem_new(1, sizeof *r);
	struct receipt x = { .n = 0 };
	json_t *clock = NULL;
	enum outcome o = view_clock(s, id, &clock, e);

	if (o == OUT_OK) {
		result_set(rq, "clock", clock);
		o = receipt_load(s, id, r, e);
	}
	if (o == OUT_OK)
		o = set_rule(s, rq, r, e);
	if (o == OUT_OK)
		o = set_rows(s, rq, r, clock, e);
	if (o == OUT_OK)
		o = receipt_open(d, s, r, &x, e);
	if (o == OUT_OK)
		set_working(rq, &x, r);
	receipt_release(&x);
	mem_free(r);
	return o;
}

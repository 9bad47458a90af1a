/*
 * m_receipt: clock.explain, the whole working of a deadline.
 */

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/param.h"
#include "daemon/receipt.h"
#include "daemon/store/breach.h"
#include "daemon/store/clock.h"
#include "daemon/store/row.h"
#include "daemon/store/view.h"
#include "rules/calendar.h"
#include "rules/zone.h"

#define STEPS_MAX 500 /* of one response */

/* named by the table of handlers */
method_fn m_clock_explain;

static json_t *
instant(int64_t at_s)
{
	return at_s != CLOCK_NEVER ? row_iso(at_s * 1000) : json_null();
}

/* A count of days since 1970-01-01 as YYYY-MM-DD. */
static json_t *
date(int64_t day)
{
	char iso[32];

	clock_iso_s(day * DAY_S, iso);
	return json_stringn(iso, 10);
}

/* --- what held ------------------------------------------------------------------ */

static const char *
zone_of(const struct calendar *c)
{
	return c != NULL ? calendar_zone(c) : "";
}

static json_t *
span_json(const struct course_span *span)
{
	const struct course_terms *t = &span->terms;
	json_t *o = json_object();

	row_set(o, "from", instant(span->from_s));
	row_set(o, "book_version", json_integer(t->book_version));
	row_set(o, "policy", json_string(t->policy));
	row_set(o, "calendar", json_string(t->calendar));
	row_set(o, "zone", json_string(zone_of(span->calendar)));
	row_set(o, "budget_s", json_integer(t->budget_s));
	row_set(o, "days", t->days > 0 ? json_integer(t->days) : json_null());
	return o;
}

static json_t *
pause_json(const struct course_pause *p)
{
	json_t *o = json_object();

	row_set(o, "from", instant(p->from_s));
	row_set(o, "to", instant(p->to_s));
	row_set(o, "cause", json_string(p->cause));
	return o;
}

static void
set_course(struct request *rq, const struct course *c)
{
	json_t *spans = json_array();
	json_t *pauses = json_array();
	size_t i;

	for (i = 0; i < c->span_count; i++)
		(void)json_array_append_new(spans, span_json(&c->spans[i]));
	for (i = 0; i < c->pause_count; i++)
		(void)json_array_append_new(pauses, pause_json(&c->pauses[i]));
	result_set(rq, "spans", spans);
	result_set(rq, "pauses", pauses);
	result_set(rq, "zone", json_string(zone_of(c->spans[0].calendar)));
}

/* --- the stretches ---------------------------------------------------------------- */

static json_t *
step_json(const struct course *c, const struct receipt_stretch *x)
{
	bool paused = x->kind == WORKING_PAUSED;
	json_t *o = json_object();

	row_set(o, "from", instant(x->from_s));
	row_set(o, "to", instant(x->to_s));
	row_set(o, "kind", json_string(working_name(x->kind)));
	row_set(o, "counted_s", json_integer(x->counted_s));
	row_set(o, "date", paused ? json_null() : date(x->day));
	row_set(o, "cause",
		paused ? json_string(c->pauses[x->pause].cause) : json_null());
	row_set(o, "span", json_integer((json_int_t)x->span));
	return o;
}

/* How far they go. */
static int64_t
until_of(const struct clock_row *c, int64_t now_s)
{
	return c->due_s == CLOCK_NEVER || c->paused ? now_s : c->due_s;
}

static void
set_steps(struct request *rq, const struct clock_row *c,
	  const struct course *course, int64_t now_s)
{
	struct receipt x = { .n = 0 };
	json_t *list = json_array();
	size_t i;

	receipt_walk(&x, course, until_of(c, now_s));
	for (i = 0; i < x.n && i < STEPS_MAX; i++)
		(void)json_array_append_new(list,
					    step_json(course, &x.list[i]));
	result_set(rq, "steps", list);
	result_set(rq, "cut", json_boolean(x.cut || x.n > STEPS_MAX));
	receipt_release(&x);
}

/* --- figures ------------------------------------------------------------------------ */

static int64_t
paused_of(const struct course *c, int64_t now_s)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < c->pause_count; i++) {
		const struct course_pause *p = &c->pauses[i];
		int64_t to = p->to_s < now_s ? p->to_s : now_s;

		if (to > p->from_s)
			sum += to - p->from_s;
	}
	return sum;
}

/* now_s: of a clock that ended, its end */
static void
set_figures(struct request *rq, const struct clock_row *c,
	    const struct course *course, int64_t now_s)
{
	int64_t used = course_used(course, now_s);
	char edition[ZONE_EDITION_MAX];

	(void)zone_edition(edition);
	result_set(rq, "incident", json_integer(c->incident_id));
	result_set(rq, "priority", json_string(c->priority));
	result_set(rq, "used_s", json_integer(used));
	result_set(rq, "left_s",
		   c->terms.days > 0 ? json_null()
				     : json_integer(c->terms.budget_s - used));
	result_set(rq, "paused_s", json_integer(paused_of(course, now_s)));
	result_set(rq, "tzdata", json_string(edition));
}

/* --- what rows say as they are --------------------------------------------------------- */

/* Clocks of before they named their rule: as their incident's decision did. */
static enum outcome
set_rule(struct store *s, struct request *rq, const struct clock_row *c,
	 const json_t *clock, struct err *e)
{
	json_t *rule = json_object_get(clock, "rule");
	enum outcome o = OUT_OK;

	if (rule != NULL)
		(void)json_incref(rule);
	else
		o = view_clock_rule(s, c->incident_id, c->terms.policy, &rule,
				    e);
	if (o == OUT_OK)
		result_set(rq, "rule", rule);
	return o;
}

static enum outcome
set_rows(struct store *s, struct request *rq, const struct clock_row *c,
	 struct err *e)
{
	json_t *clock = NULL;
	json_t *warnings = NULL;
	json_t *breach = json_null();
	enum outcome o = view_clock(s, c->id, &clock, e);

	if (o == OUT_OK) {
		result_set(rq, "clock", clock);
		o = set_rule(s, rq, c, clock, e);
	}
	if (o == OUT_OK)
		o = view_clock_steps(s, c->id, &warnings, e);
	if (o == OUT_OK)
		result_set(rq, "warnings", warnings);
	if (o == OUT_OK && c->breached)
		o = breach_view(s, c->id, &breach, e);
	if (o == OUT_OK)
		result_set(rq, "breach", breach);
	return o;
}

static enum outcome
explain(struct desk *d, struct store *s, struct request *rq,
	const struct clock_row *c, struct err *e)
{
	int64_t now_s =
		c->state == CLOCK_RUNNING ? rq->now_ms / 1000 : c->ended_s;
	struct course course = { .span_count = 0 };
	enum outcome o = receipt_course(d, s, c, &course, e);

	if (o == OUT_OK) {
		set_course(rq, &course);
		set_steps(rq, c, &course, now_s);
		set_figures(rq, c, &course, now_s);
	}
	course_release(&course);
	return o;
}

enum outcome
m_clock_explain(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	struct clock_row c;
	enum outcome o = clock_load(s, param_int(rq, "id", 0), &c, e);

	if (o == OUT_OK)
		o = set_rows(s, rq, &c, e);
	return o == OUT_OK ? explain(d, s, rq, &c, e) : o;
}

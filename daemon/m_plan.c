/*
 * m_plan: plan.list, add, update, remove and try: reports that are mailed on
 * a schedule. When they run: daemon/plan_run.h.
 */

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/plan.h"
#include "daemon/plan_query.h"
#include "daemon/plan_run.h"
#include "daemon/store/agent.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/plan.h"
#include "daemon/store/row.h"
#include "daemon/trail.h"
#include "rules/book.h"
#include "rules/deadline.h"

#define LIMIT_MAX 1000000000 /* of a threshold */
#define NO_LIMIT (-1)        /* takes it away */

/* named by the table of handlers */
method_fn m_plan_list;
method_fn m_plan_add;
method_fn m_plan_update;
method_fn m_plan_remove;
method_fn m_plan_try;

static enum outcome
bad(struct err *e, const char *what)
{
	return err_code(e, OUT_PERM, "bad_params", "%s", what);
}

/* A text that was given takes the place of another. */
static void
take_text(const struct request *rq, const char *name, char **at)
{
	const char *given = param_str(rq, name);

	if (given == NULL)
		return;
	mem_free(*at);
	*at = mem_strdup(given);
}

static void
take_json(const struct request *rq, const char *name, json_t **at)
{
	json_t *given = param_json(rq, name);

	if (given == NULL)
		return;
	json_decref(*at);
	*at = json_incref(given);
}

static enum outcome
take_limit(const struct request *rq, const char *name, json_t **at,
	   struct err *e)
{
	int64_t v;

	if (!param_given(rq, name))
		return OUT_OK;
	v = param_int(rq, name, NO_LIMIT);
	if (v < NO_LIMIT || v > LIMIT_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'%s' is not from -1 to %d", name, LIMIT_MAX);
	json_decref(*at);
	*at = v == NO_LIMIT ? json_null() : json_integer(v);
	return OUT_OK;
}

/* The zone that a report has by itself: of the book's first calendar. */
static char *
zone_of_book(struct desk *d)
{
	int64_t version;
	struct book *b = desk_book(d, &version);
	const struct calendar *c = book_calendar_first(b);
	char *zone = mem_strdup(c != NULL ? calendar_zone(c) : "UTC");

	book_unref(&b);
	return zone;
}

/* The connection that is named, or the first one: it must send mail. */
static enum outcome
take_connection(struct store *s, const struct request *rq, struct plan_row *p,
		struct err *e)
{
	const char *name = param_str(rq, "connection");
	const char *role = role_name(ROLE_MAIL);
	struct link l = { 0 };
	enum outcome o;

	if (name == NULL && p->connection_id != 0)
		return OUT_OK;
	o = name != NULL ? link_find(s, name, role, &l, e)
			 : link_first(s, role, &l, e);
	if (o == OUT_OK && l.id == 0)
		o = err_code(e, OUT_PERM, "not_found",
			     "there is no connection that sends mail");
	if (o == OUT_OK)
		p->connection_id = l.id;
	link_release(&l);
	return o;
}

/* Agents who are there, each once. */
static enum outcome
agents_ok(struct store *s, const json_t *agents, struct err *e)
{
	struct agent_row a;
	size_t i;
	size_t k;
	enum outcome o = OUT_OK;

	if (json_array_size(agents) == 0)
		return bad(e, "'agents' is empty");
	for (i = 0; o == OUT_OK && i < json_array_size(agents); i++) {
		json_t *x = json_array_get(agents, i);

		for (k = 0; k < i; k++)
			if (json_equal(x, json_array_get(agents, k)))
				return bad(e, "'agents' names one twice");
		o = agent_get(s, json_integer_value(x), &a, e);
		if (o == OUT_OK && !a.active)
			o = bad(e, "'agents' names one who is not active");
	}
	return o;
}

static enum outcome
plan_ok(struct store *s, const struct plan_row *p, struct err *e)
{
	enum outcome o;

	if (p->name[0] == '\0' || strpbrk(p->name, "\r\n") != NULL)
		return bad(e, "'name' is empty or has more than one line");
	if (plan_period_parse(p->period) == PLAN_PERIOD_COUNT)
		return bad(e, "'period' is none of day, week, month");
	if (p->minute < 0 || p->minute >= PLAN_MINUTES)
		return bad(e, "'minute' is not from 0 to 1439");
	if (strcmp(p->language, "") != 0 && strcmp(p->language, "es") != 0 &&
	    strcmp(p->language, "en") != 0)
		return bad(e, "'language' is neither es nor en");
	o = plan_query_check(p, e);
	return o == OUT_OK ? agents_ok(s, p->agents, e) : o;
}

/* What was given, into the row; then all of it is looked at. */
static enum outcome
take_all(struct desk *d, struct store *s, const struct request *rq,
	 struct plan_row *p, struct err *e)
{
	enum outcome o;

	take_text(rq, "name", &p->name);
	take_text(rq, "report", &p->report);
	take_text(rq, "period", &p->period);
	take_text(rq, "zone", &p->zone);
	take_text(rq, "language", &p->language);
	take_json(rq, "params", &p->params);
	take_json(rq, "agents", &p->agents);
	if (p->zone == NULL)
		p->zone = zone_of_book(d);
	p->minute = (int)param_int(rq, "minute", p->minute);
	p->active = param_bool(rq, "active", p->active);
	o = take_limit(rq, "below", &p->below, e);
	if (o == OUT_OK)
		o = take_limit(rq, "above", &p->above, e);
	if (o == OUT_OK)
		o = take_connection(s, rq, p, e);
	if (o == OUT_OK)
		o = plan_ok(s, p, e);
	return o == OUT_OK ? plan_schedule(p, rq->now_ms, e) : o;
}

/* Event and audit. */
static enum outcome
changed(struct store *s, const struct request *rq, int64_t id, struct err *e)
{
	enum outcome o =
		event_add(s, rq->now_ms, "plan.changed", 0, rq->agent_id,
			  json_pack("{s:I}", "plan", (json_int_t)id), e);

	return o == OUT_OK ? trail_add(s, rq, id, "ok", e) : o;
}

static enum outcome
finish(struct store *s, struct request *rq, int64_t id, struct err *e)
{
	json_t *one = NULL;
	enum outcome o = changed(s, rq, id, e);

	if (o == OUT_OK)
		o = plan_view(s, id, &one, e);
	if (o == OUT_OK)
		result_set(rq, "plan", one);
	return o;
}

enum outcome
m_plan_list(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	json_t *list = NULL;
	enum outcome o = plan_list(s, &list, e);

	(void)d;
	if (o == OUT_OK)
		result_set(rq, "plans", list);
	return o;
}

enum outcome
m_plan_add(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct plan_row p = { .language = mem_strdup(""),
			      .params = json_object(),
			      .below = json_null(),
			      .above = json_null(),
			      .active = true };
	int64_t id;
	enum outcome o = take_all(d, s, rq, &p, e);

	if (o == OUT_OK)
		o = plan_insert(s, &p, rq->agent_id, rq->now_ms, e);
	id = p.id;
	plan_release(&p);
	return o == OUT_OK ? finish(s, rq, id, e) : o;
}

enum outcome
m_plan_update(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	int64_t id = param_int(rq, "id", 0);
	struct plan_row p = { .id = 0 };
	enum outcome o = plan_load(s, id, &p, e);

	if (o == OUT_OK)
		o = take_all(d, s, rq, &p, e);
	if (o == OUT_OK)
		o = plan_store(s, &p, e);
	plan_release(&p);
	return o == OUT_OK ? finish(s, rq, id, e) : o;
}

enum outcome
m_plan_remove(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	int64_t id = param_int(rq, "id", 0);
	enum outcome o = plan_delete(s, id, e);

	(void)d;
	if (o == OUT_OK)
		o = changed(s, rq, id, e);
	if (o == OUT_OK)
		result_set(rq, "removed", json_true());
	return o;
}

/* To whom a plan is tried: who was named, who asks, or all of it. */
static json_t *
tried_by(const struct request *rq, const struct plan_row *p)
{
	json_t *given = param_json(rq, "agents");

	if (given != NULL)
		return json_incref(given);
	if (rq->agent_id != 0)
		return json_pack("[I]", (json_int_t)rq->agent_id);
	return json_incref(p->agents);
}

enum outcome
m_plan_try(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct plan_row p = { .id = 0 };
	json_t *jobs = json_array();
	json_t *agents = NULL;
	enum outcome o = plan_load(s, param_int(rq, "id", 0), &p, e);

	if (o == OUT_OK) {
		agents = tried_by(rq, &p);
		o = agents_ok(s, agents, e);
	}
	if (o == OUT_OK)
		o = plan_queue(d, s, &p, agents, rq->now_ms / 1000, true,
			       rq->now_ms, jobs, e);
	if (o == OUT_OK)
		o = trail_add(s, rq, p.id, "ok", e);
	json_decref(agents);
	plan_release(&p);
	if (o == OUT_OK)
		result_set(rq, "jobs", jobs);
	else
		json_decref(jobs);
	return o;
}

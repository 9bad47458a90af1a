/*
 * m_breach: the ledger of broken promises: its rows, how many there are of
 * each cause, a manager's word; and who opened an incident first.
 */

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/cause.h"
#include "daemon/change.h"
#include "daemon/looked.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/breach.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"

#define BREACHES_DEFAULT 50

/* named by the table of handlers */
method_fn m_breach_list;
method_fn m_breach_say;
method_fn m_incident_opened;

static enum outcome
no_cause(const char *cause, struct err *e)
{
	return err_code(e, OUT_PERM, "bad_params",
			"'cause' is none of the causes: '%s'", cause);
}

/* A deadline at an instant within a second is that second's. */
static int64_t
second_of(int64_t at_ms)
{
	return at_ms / 1000 + (at_ms % 1000 > 0);
}

static enum outcome
read_query(const struct request *rq, struct breach_query *q, struct err *e)
{
	int64_t limit = param_int(rq, "limit", BREACHES_DEFAULT);
	int64_t since_ms = 0;
	int64_t until_ms = 0;

	if (!clock_parse(param_str(rq, "since"), &since_ms) ||
	    !clock_parse(param_str(rq, "until"), &until_ms))
		return err_code(e, OUT_PERM, "bad_params",
				"'since' or 'until' is not an instant");
	if (limit < 1 || limit > BREACH_LIMIT_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'limit' is not from 1 to %d",
				BREACH_LIMIT_MAX);
	q->since_s = second_of(since_ms);
	q->until_s = second_of(until_ms);
	q->clock = param_str(rq, "clock");
	q->policy = param_str(rq, "policy");
	q->channel = param_str(rq, "channel");
	q->queue = param_str(rq, "queue");
	q->team = param_str(rq, "team");
	q->reason = param_str(rq, "reason");
	q->cause = param_str(rq, "cause");
	q->agent_id = param_int(rq, "agent", 0);
	q->before = param_str(rq, "before");
	q->limit = (int)limit;
	if (q->cause != NULL && cause_parse(q->cause) == CAUSE_COUNT)
		return no_cause(q->cause, e);
	return OUT_OK;
}

static json_int_t
sum_of(const json_t *counts)
{
	json_int_t sum = 0;
	const json_t *x;
	size_t i;

	json_array_foreach(counts, i, x) sum +=
		json_integer_value(json_object_get(x, "count"));
	return sum;
}

enum outcome
m_breach_list(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	struct breach_query q = { .limit = 0 };
	char next[BREACH_CURSOR_MAX];
	json_t *list = NULL;
	json_t *counts = NULL;
	bool cut = false;
	enum outcome o = read_query(rq, &q, e);

	(void)d;
	if (o == OUT_OK)
		o = breach_list(s, &q, &list, next, e);
	if (o != OUT_OK)
		return o;
	result_set(rq, "breaches", list);
	result_set(rq, "next",
		   next[0] != '\0' ? json_string(next) : json_null());
	o = breach_counts(s, &q, &counts, &cut, e);
	if (o != OUT_OK)
		return o;
	result_set(rq, "count", json_integer(sum_of(counts)));
	result_set(rq, "causes", counts);
	result_set(rq, "cut", json_boolean(cut));
	return OUT_OK;
}

/* The manager's word, its reason as a note, and the event of both. */
static enum outcome
say(struct store *s, const struct request *rq, struct incident *inc,
    const char *cause, struct err *e)
{
	int64_t clock_id = param_int(rq, "clock", 0);
	int64_t now = change_now(inc, rq->now_ms);
	int64_t message_id = 0;
	json_t *data;
	enum outcome o =
		change_note(s, inc, rq->agent_id, param_str(rq, "reason"),
			    rq->now_ms, &message_id, e);

	if (o == OUT_OK)
		o = breach_say(s, clock_id, cause, rq->agent_id, message_id,
			       now, e);
	if (o != OUT_OK)
		return o;
	data = json_object();
	(void)json_object_set_new(data, "clock", json_integer(clock_id));
	(void)json_object_set_new(data, "cause", json_string(cause));
	(void)json_object_set_new(data, "message", json_integer(message_id));
	return event_add(s, now, "breach.said", inc->id, rq->agent_id, data, e);
}

enum outcome
m_breach_say(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	int64_t clock_id = param_int(rq, "clock", 0);
	const char *cause = param_str(rq, "cause");
	struct incident inc = { .id = 0 };
	int64_t incident_id = 0;
	json_t *breach = NULL;
	enum outcome o;

	(void)d;
	if (cause_parse(cause) == CAUSE_COUNT)
		return no_cause(cause, e);
	if (strspn(param_str(rq, "reason"), " \t\r\n") ==
	    strlen(param_str(rq, "reason")))
		return err_code(e, OUT_PERM, "bad_params",
				"'reason' is empty: say why");
	o = breach_incident(s, clock_id, &incident_id, e);
	if (o == OUT_OK)
		o = incident_load(s, incident_id, &inc, e);
	if (o == OUT_OK)
		o = say(s, rq, &inc, cause_name(cause_parse(cause)), e);
	if (o == OUT_OK)
		o = breach_view(s, clock_id, &breach, e);
	if (o == OUT_OK)
		result_set(rq, "breach", breach);
	incident_release(&inc);
	return o;
}

enum outcome
m_incident_opened(struct desk *d, struct store *s, struct request *rq,
		  struct err *e)
{
	struct incident inc;
	bool first = false;
	int64_t now;
	enum outcome o = incident_load(s, param_int(rq, "id", 0), &inc, e);

	if (o == OUT_OK) {
		now = change_now(&inc, rq->now_ms);
		o = breach_opened(s, inc.id, rq->agent_id, now, &first, e);
		if (o == OUT_OK && first)
			o = event_add(s, now, "incident.opened", inc.id,
				      rq->agent_id,
				      json_pack("{s:I}", "agent",
						(json_int_t)rq->agent_id),
				      e);
	}
	if (o == OUT_OK)
		o = looked_at(d, s, &inc, rq->now_ms, e);
	if (o == OUT_OK)
		result_set(rq, "first", json_boolean(first));
	incident_release(&inc);
	return o;
}

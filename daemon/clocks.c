#include "daemon/clocks.h"

#include <jansson.h>
#include <string.h>

#include "daemon/cause.h"
#include "daemon/decide.h"
#include "daemon/desk.h"
#include "daemon/store/clock.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"
#include "rules/book.h"
#include "rules/deadline.h"

#define CLOCKS_TICK_MAX 256
#define CLOCKS_RULES_MAX 64 /* where rules are run for each */

_Static_assert(CLOCK_NEVER == DEADLINE_NEVER, "one word for never");

static bool
clocks_is_reply(const char *name)
{
	return strcmp(name, "first_response") == 0 ||
	       strcmp(name, "next_response") == 0;
}

/* The incident's nearest deadline, after its clocks changed. */
static enum outcome
clocks_due(struct store *s, struct incident *inc, struct err *e)
{
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	int64_t due = DEADLINE_NEVER;
	int n;
	int i;
	enum outcome o = clock_running(s, inc->id, rows, &n, e);

	if (o != OUT_OK)
		return o;
	for (i = 0; i < n; i++)
		if (rows[i].due_s < due)
			due = rows[i].due_s;
	inc->due_ms = due != DEADLINE_NEVER ? due * 1000 : 0;
	return OUT_OK;
}

void
clocks_plan(const struct book *b, int64_t version, const char *policy,
	    const char *channel, bool first, int64_t start_ms,
	    struct clock_plan *out)
{
	const struct book_policy *p = NULL;

	memset(out, 0, sizeof *out);
	out->due_s = DEADLINE_NEVER;
	if (*policy != '\0')
		p = book_policy(b, policy);
	if (p == NULL)
		p = book_policy_for(b, channel);
	if (p == NULL)
		return;
	out->policy = p->name;
	out->budget_s = first ? p->first_response_s : p->next_response_s;
	/* the built-in empty book has no row that a clock could name */
	if (out->budget_s <= 0 || p->calendar == NULL || version <= 0)
		return;
	out->name = first ? "first_response" : "next_response";
	out->calendar = p->calendar_name;
	out->book_version = version;
	out->start_s = start_ms / 1000;
	out->due_s =
		deadline_due(p->calendar, out->start_s, out->budget_s, NULL, 0);
}

/* Members that every event of a clock has. */
static json_t *
clocks_data(int64_t id, const char *name)
{
	json_t *d = json_object();

	(void)json_object_set_new(d, "clock", json_integer(id));
	(void)json_object_set_new(d, "name", json_string(name));
	return d;
}

enum outcome
clocks_start(struct store *s, struct incident *inc, const struct clock_plan *p,
	     int64_t now_ms, struct err *e)
{
	struct clock_new c = { .incident_id = inc->id,
			       .name = p->name,
			       .policy = p->policy,
			       .calendar = p->calendar,
			       .book_version = p->book_version,
			       .start_s = p->start_s,
			       .budget_s = p->budget_s,
			       .due_s = p->due_s };
	json_t *data;
	int64_t id;
	enum outcome o = clock_add(s, &c, &id, e);

	if (o != OUT_OK)
		return o;
	if (p->due_s != DEADLINE_NEVER &&
	    (inc->due_ms == 0 || p->due_s * 1000 < inc->due_ms))
		inc->due_ms = p->due_s * 1000;
	data = clocks_data(id, p->name);
	(void)json_object_set_new(data, "due_s",
				  p->due_s != DEADLINE_NEVER
					  ? json_integer(p->due_s)
					  : json_null());
	(void)json_object_set_new(data, "policy", json_string(p->policy));
	(void)json_object_set_new(data, "calendar", json_string(p->calendar));
	(void)json_object_set_new(data, "book", json_integer(p->book_version));
	(void)json_object_set_new(data, "start_s", json_integer(p->start_s));
	(void)json_object_set_new(data, "budget_s", json_integer(p->budget_s));
	return event_add(s, now_ms, "clock.started", inc->id, 0, data, e);
}

enum outcome
clocks_contact(struct store *s, const struct book *b, int64_t version,
	       struct incident *inc, int64_t start_ms, int64_t now_ms,
	       struct err *e)
{
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	struct message_place answer;
	struct clock_plan plan;
	int64_t at;
	int n;
	int i;
	enum outcome o = clock_running(s, inc->id, rows, &n, e);

	if (o != OUT_OK)
		return o;
	for (i = 0; i < n; i++)
		if (clocks_is_reply(rows[i].name))
			return OUT_OK;
	o = message_answer(s, inc->id, 0, &answer, &at, e);
	if (o != OUT_OK)
		return o;
	clocks_plan(b, version, inc->policy, inc->channel, answer.id == 0,
		    start_ms, &plan);
	return plan.name != NULL ? clocks_start(s, inc, &plan, now_ms, e)
				 : OUT_OK;
}

static enum outcome
clocks_breach(struct desk *d, struct store *s, const struct clock_row *c,
	      int64_t now_ms, struct err *e)
{
	struct cause why;
	struct breach_new b = { .clock_id = c->id,
				.incident_id = c->incident_id,
				.at_s = c->due_s,
				.found_ms = now_ms,
				.late = c->due_s < d->started_ms / 1000,
				.cause = &why };
	json_t *data;
	enum outcome o = cause_judge(d, s, c, now_ms, &why, e);

	if (o == OUT_OK)
		o = breach_add(s, &b, e);
	if (o != OUT_OK)
		return o;
	data = clocks_data(c->id, c->name);
	(void)json_object_set_new(data, "at_s", json_integer(c->due_s));
	(void)json_object_set_new(data, "late", json_boolean(b.late));
	cause_tell(&why, data);
	return event_add(s, now_ms, "clock.breached", c->incident_id, 0, data,
			 e);
}

/* End a clock; a deadline that passed before is a breach all the same.
 * message_id 0: cancelled for a cause. */
static enum outcome
clocks_end(struct desk *d, struct store *s, const struct clock_row *c,
	   int64_t ended_s, int64_t message_id, const char *cause,
	   int64_t now_ms, struct err *e)
{
	json_t *data;
	enum outcome o = OUT_OK;

	if (!c->breached && c->due_s < ended_s)
		o = clocks_breach(d, s, c, now_ms, e);
	if (o == OUT_OK)
		o = clock_end(s, c->id, ended_s, message_id, cause, e);
	if (o != OUT_OK)
		return o;
	data = clocks_data(c->id, c->name);
	if (message_id == 0) {
		(void)json_object_set_new(data, "cause", json_string(cause));
		return event_add(s, now_ms, "clock.cancelled", c->incident_id,
				 0, data, e);
	}
	(void)json_object_set_new(data, "message", json_integer(message_id));
	(void)json_object_set_new(data, "ended_s", json_integer(ended_s));
	return event_add(s, now_ms, "clock.fulfilled", c->incident_id, 0, data,
			 e);
}

enum outcome
clocks_answered(struct desk *d, struct store *s, struct incident *inc,
		int64_t message_id, int64_t now_ms, struct err *e)
{
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	int n;
	int i;
	enum outcome o = clock_running(s, inc->id, rows, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++)
		if (clocks_is_reply(rows[i].name))
			o = clocks_end(d, s, &rows[i], now_ms / 1000,
				       message_id, "answered", now_ms, e);
	return o == OUT_OK ? clocks_due(s, inc, e) : o;
}

/* Cancel the clocks that run, or the reply clocks alone. */
static enum outcome
clocks_cancel_running(struct desk *d, struct store *s, int64_t incident_id,
		      bool replies_alone, const char *cause, int64_t now_ms,
		      struct err *e)
{
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	int n;
	int i;
	enum outcome o = clock_running(s, incident_id, rows, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++)
		if (!replies_alone || clocks_is_reply(rows[i].name))
			o = clocks_end(d, s, &rows[i], now_ms / 1000, 0, cause,
				       now_ms, e);
	return o;
}

enum outcome
clocks_cancel(struct desk *d, struct store *s, struct incident *inc,
	      const char *cause, int64_t now_ms, struct err *e)
{
	enum outcome o =
		clocks_cancel_running(d, s, inc->id, false, cause, now_ms, e);

	return o == OUT_OK ? clocks_due(s, inc, e) : o;
}

enum outcome
clocks_state(struct desk *d, struct store *s, struct incident *inc,
	     enum incident_state before, int64_t now_ms, struct err *e)
{
	struct book *b;
	int64_t version;
	int64_t owed_ms;
	enum outcome o;

	if (!incident_state_active(inc->state))
		return clocks_cancel(d, s, inc, incident_state_name(inc->state),
				     now_ms, e);
	if (incident_state_active(before))
		return OUT_OK;
	o = message_owed(s, inc->id, &owed_ms, e);
	if (o != OUT_OK || owed_ms == 0)
		return o;
	b = desk_book(d, &version);
	o = clocks_contact(s, b, version, inc, owed_ms, now_ms, e);
	book_unref(&b);
	return o;
}

enum outcome
clocks_policy(struct desk *d, struct store *s, const struct book *b,
	      int64_t version, struct incident *inc, int64_t now_ms,
	      struct err *e)
{
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	struct clock_plan plan;
	int n;
	int i;
	enum outcome o = clock_running(s, inc->id, rows, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++) {
		if (!clocks_is_reply(rows[i].name))
			continue;
		o = clocks_end(d, s, &rows[i], now_ms / 1000, 0, "policy",
			       now_ms, e);
		clocks_plan(b, version, inc->policy, inc->channel,
			    strcmp(rows[i].name, "first_response") == 0,
			    rows[i].start_s * 1000, &plan);
		if (o == OUT_OK && plan.name != NULL)
			o = clocks_start(s, inc, &plan, now_ms, e);
	}
	return o == OUT_OK ? clocks_due(s, inc, e) : o;
}

static enum outcome
clocks_reopen(struct store *s, const struct clock_row *c, int64_t now_ms,
	      struct err *e)
{
	json_t *data;
	enum outcome o = clock_reopen(s, c->id, e);

	if (o != OUT_OK)
		return o;
	data = clocks_data(c->id, c->name);
	(void)json_object_set_new(data, "cause",
				  json_string("delivery_failed"));
	return event_add(s, now_ms, "clock.reopened", c->incident_id, 0, data,
			 e);
}

enum outcome
clocks_failed(struct desk *d, struct store *s, struct incident *inc,
	      int64_t message_id, int64_t number, int64_t now_ms, struct err *e)
{
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	struct message_place next;
	int64_t at_ms;
	int n;
	int i;
	enum outcome o = clock_fulfilled_by(s, message_id, rows, &n, e);

	if (o == OUT_OK)
		o = message_answer(s, inc->id, number, &next, &at_ms, e);
	for (i = 0; o == OUT_OK && i < n; i++) {
		/* one reply clock runs: the oldest, for all that is owed */
		if (next.id == 0)
			o = clocks_cancel_running(d, s, inc->id, true,
						  "delivery_failed", now_ms, e);
		if (o == OUT_OK)
			o = clocks_reopen(s, &rows[n - 1 - i], now_ms, e);
		if (o == OUT_OK && next.id != 0)
			o = clocks_end(d, s, &rows[n - 1 - i], at_ms / 1000,
				       next.id, "answered", now_ms, e);
	}
	return o == OUT_OK ? clocks_due(s, inc, e) : o;
}

/* Is a row before it of the same incident? */
static bool
clocks_met(const struct clock_row *rows, int at)
{
	int i;

	for (i = 0; i < at; i++)
		if (rows[i].incident_id == rows[at].incident_id)
			return true;
	return false;
}

enum outcome
clocks_tick(struct desk *d, struct store *s, int64_t now_ms, int max,
	    bool *more_out, struct err *e)
{
	struct clock_row rows[CLOCKS_TICK_MAX];
	bool asked = decide_asks(d, "clock.breach");
	bool later = false;
	int n;
	int i;
	enum outcome o;

	*more_out = false;
	if (max > (asked ? CLOCKS_RULES_MAX : CLOCKS_TICK_MAX))
		max = asked ? CLOCKS_RULES_MAX : CLOCKS_TICK_MAX;
	o = clock_overdue(s, now_ms / 1000, max, rows, &n, e);
	for (i = 0; o == OUT_OK && i < n; i++) {
		/* what rules made of its incident is seen in the next tick */
		if (asked && clocks_met(rows, i)) {
			later = true;
			continue;
		}
		o = clocks_breach(d, s, &rows[i], now_ms, e);
		if (o == OUT_OK && asked)
			o = decide_breach(d, s, rows[i].incident_id,
					  rows[i].name, rows[i].due_s, now_ms,
					  e);
	}
	*more_out = o == OUT_OK && (later || n == max);
	return o;
}

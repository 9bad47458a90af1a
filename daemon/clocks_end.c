/* clocks_end: how clocks end, are found broken, and run again. */

#include <string.h>

#include "daemon/cause.h"
#include "daemon/change.h"
#include "daemon/clocks.h"
#include "daemon/clocks_p.h"
#include "daemon/desk.h"
#include "daemon/steps.h"
#include "daemon/store/breach.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"

enum outcome
clocks_breach(struct clocks *x, struct clock_row *c, struct err *e)
{
	struct cause why;
	struct breach_new b = { .clock_id = c->id,
				.incident_id = c->incident_id,
				.at_s = c->due_s,
				.found_ms = x->now_ms,
				.late = c->due_s < x->d->started_ms / 1000,
				.cause = &why };
	json_t *data;
	enum outcome o = cause_judge(x->d, x->s, c, x->now_ms, &why, e);

	if (o == OUT_OK)
		o = breach_add(x->s, &b, e);
	if (o != OUT_OK)
		return o;
	c->breached = true;
	data = clocks_data(c->id, c->name);
	(void)json_object_set_new(data, "at_s", json_integer(c->due_s));
	(void)json_object_set_new(data, "late", json_boolean(b.late));
	cause_tell(&why, data);
	return clocks_event(x, "clock.breached", data, e);
}

/* Open seconds that it used until it ended; CLOCK_USED_UNKNOWN where an old
 * book cannot be read. */
static enum outcome
used_until(struct clocks *x, const struct clock_row *c, int64_t ended_s,
	   int64_t *used_out, struct err *e)
{
	struct course course;
	enum outcome o = clocks_course(x, c, &course, e);

	*used_out = o == OUT_OK ? course_used(&course, ended_s)
				: CLOCK_USED_UNKNOWN;
	course_release(&course);
	return clocks_unreadable(o, e) ? OUT_OK : o;
}

static enum outcome
end_event(struct clocks *x, const struct clock_row *c,
	  const struct clock_ending *z, int64_t used_s, struct err *e)
{
	json_t *data = clocks_data(c->id, c->name);

	if (z->message_id != 0)
		(void)json_object_set_new(data, "message",
					  json_integer(z->message_id));
	if (z->message_id == 0)
		(void)json_object_set_new(data, "cause", json_string(z->cause));
	(void)json_object_set_new(data, "ended_s", json_integer(z->ended_s));
	if (used_s != CLOCK_USED_UNKNOWN)
		(void)json_object_set_new(data, "used_s", json_integer(used_s));
	return clocks_event(
		x, z->fulfilled ? "clock.fulfilled" : "clock.cancelled", data,
		e);
}

enum outcome
clocks_end(struct clocks *x, struct clock_row *c, const struct clock_ending *z,
	   struct err *e)
{
	struct clock_end row = { .ended_s = z->ended_s,
				 .fulfilled = z->fulfilled,
				 .message_id = z->message_id,
				 .cause = z->cause };
	enum outcome o = c->paused ? clocks_resume(x, c, e) : OUT_OK;

	if (o == OUT_OK && !c->breached && c->due_s < z->ended_s)
		o = clocks_breach(x, c, e);
	if (o == OUT_OK)
		o = used_until(x, c, z->ended_s, &row.used_s, e);
	if (o == OUT_OK)
		o = clock_end(x->s, c->id, &row, e);
	if (o == OUT_OK)
		o = steps_drop(x->s, c->id, e);
	return o == OUT_OK ? end_event(x, c, z, row.used_s, e) : o;
}

enum outcome
clocks_cancel_these(struct clocks *x, enum clocks_which which,
		    const char *cause, struct err *e)
{
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	struct clock_ending z = { .ended_s = x->now_s, .cause = cause };
	int n;
	int i;
	enum outcome o = clocks_rows(x, rows, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++) {
		const char *name = rows[i].name;

		if (which == CLOCKS_ALL ||
		    (which == CLOCKS_REPLIES && clocks_is_reply(name)) ||
		    (which == CLOCKS_ENDING && !clocks_outlives(name)))
			o = clocks_end(x, &rows[i], &z, e);
	}
	return o;
}

enum outcome
clocks_cancel(struct desk *d, struct store *s, struct incident *inc,
	      const char *cause, int64_t now_ms, struct err *e)
{
	struct clocks x = clocks_of(d, s, inc, now_ms);
	enum outcome o = clocks_cancel_these(&x, CLOCKS_ALL, cause, e);

	return o == OUT_OK ? clocks_due(&x, e) : o;
}

enum outcome
clocks_claim_withdraw(struct desk *d, struct store *s, struct incident *inc,
		      int64_t now_ms, struct err *e)
{
	struct clocks x = clocks_of(d, s, inc, now_ms);
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	struct clock_ending z = { .ended_s = x.now_s, .cause = "withdrawn" };
	int n;
	int i;
	enum outcome o = clocks_rows(&x, rows, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++)
		if (strcmp(rows[i].name, "claim") == 0)
			o = clocks_end(&x, &rows[i], &z, e);
	return o == OUT_OK ? clocks_due(&x, e) : o;
}

/* --- answers ---------------------------------------------------------------------- */

enum outcome
clocks_answered(struct desk *d, struct store *s, struct incident *inc,
		int64_t message_id, bool reasoned, int64_t now_ms,
		struct err *e)
{
	struct clocks x = clocks_of(d, s, inc, now_ms);
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	struct clock_ending z = { .ended_s = x.now_s,
				  .message_id = message_id,
				  .fulfilled = true,
				  .cause = "answered" };
	int n;
	int i;
	enum outcome o = clocks_rows(&x, rows, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++)
		if (clocks_is_reply(rows[i].name) ||
		    (reasoned && strcmp(rows[i].name, "claim") == 0))
			o = clocks_end(&x, &rows[i], &z, e);
	return o == OUT_OK ? clocks_due(&x, e) : o;
}

enum outcome
clocks_sent(struct desk *d, struct store *s, int64_t incident_id,
	    int64_t message_id, int64_t now_ms, struct err *e)
{
	struct clock_row row;
	struct incident inc;
	int n;
	enum outcome o = clock_newest(s, incident_id, "proactive", &row, &n, e);

	if (o != OUT_OK || n == 0 || row.state != CLOCK_RUNNING)
		return o;
	o = incident_load(s, incident_id, &inc, e);
	if (o == OUT_OK) {
		struct clocks x =
			clocks_of(d, s, &inc, change_now(&inc, now_ms));
		struct clock_ending z = { .ended_s = x.now_s,
					  .message_id = message_id,
					  .fulfilled = true,
					  .cause = "answered" };

		o = clocks_end(&x, &row, &z, e);
		if (o == OUT_OK)
			o = clocks_due(&x, e);
		if (o == OUT_OK)
			o = incident_save(s, &inc, e);
	}
	incident_release(&inc);
	return o;
}

enum outcome
clocks_again(struct clocks *x, struct clock_row *c, const char *cause,
	     struct err *e)
{
	struct course course;
	json_t *data;
	enum outcome o = clock_reopen(x->s, c->id, c->due_s, e);

	if (o != OUT_OK)
		return o;
	data = clocks_data(c->id, c->name);
	(void)json_object_set_new(data, "cause", json_string(cause));
	o = clocks_event(x, "clock.reopened", data, e);
	if (o != OUT_OK)
		return o;
	o = clocks_course(x, c, &course, e);
	if (o == OUT_OK)
		o = clocks_steps(x, c->id, c->name, &course, c->due_s, e);
	course_release(&course);
	c->state = CLOCK_RUNNING;
	return o;
}

/* One clock that a failed answer had fulfilled. */
static enum outcome
failed_one(struct clocks *x, struct clock_row *c,
	   const struct message_place *next, int64_t at_ms, struct err *e)
{
	struct clock_ending z = { .ended_s = at_ms / 1000,
				  .message_id = next->id,
				  .fulfilled = true,
				  .cause = "answered" };
	bool reply = clocks_is_reply(c->name);
	enum outcome o = OUT_OK;

	/* one reply clock runs: the oldest, for all that is owed */
	if (reply && next->id == 0)
		o = clocks_cancel_these(x, CLOCKS_REPLIES, "delivery_failed",
					e);
	if (o == OUT_OK)
		o = clocks_again(x, c, "delivery_failed", e);
	if (o == OUT_OK && reply && next->id != 0)
		o = clocks_end(x, c, &z, e);
	return o;
}

enum outcome
clocks_failed(struct desk *d, struct store *s, struct incident *inc,
	      int64_t message_id, int64_t number, int64_t now_ms, struct err *e)
{
	struct clocks x = clocks_of(d, s, inc, now_ms);
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	struct message_place next;
	int64_t at_ms;
	int n;
	enum outcome o = clock_fulfilled_by(s, message_id, rows, &n, e);

	if (o == OUT_OK)
		o = message_answer(s, inc->id, number, &next, &at_ms, e);
	while (o == OUT_OK && n-- > 0)
		o = failed_one(&x, &rows[n], &next, at_ms, e);
	return o == OUT_OK ? clocks_due(&x, e) : o;
}

enum outcome
clocks_counted(struct desk *d, struct store *s, struct incident *inc,
	       int64_t message_id, int64_t number, int64_t ended_ms,
	       int64_t now_ms, struct err *e)
{
	struct clocks x = clocks_of(d, s, inc, now_ms);
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	struct clock_ending z = { .ended_s = ended_ms / 1000,
				  .message_id = message_id,
				  .fulfilled = true,
				  .cause = "answered" };
	struct message_place answer;
	int64_t written_ms = 0;
	int n = 0;
	int i;
	enum outcome o =
		message_answer(s, inc->id, number - 1, &answer, &written_ms, e);

	if (o != OUT_OK || answer.id != message_id)
		return o;
	o = clocks_rows(&x, rows, &n, e);
	for (i = 0; o == OUT_OK && i < n; i++)
		if (clocks_is_reply(rows[i].name) &&
		    rows[i].start_s <= written_ms / 1000)
			o = clocks_end(&x, &rows[i], &z, e);
	return o == OUT_OK ? clocks_due(&x, e) : o;
}

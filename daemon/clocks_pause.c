/* clocks_pause: clocks that stand still, as their incident's state says, and
 * the resolution that ends and goes on with it. */

#include <string.h>

#include "daemon/clocks.h"
#include "daemon/clocks_p.h"
#include "daemon/desk.h"
#include "daemon/steps.h"
#include "daemon/store/incident.h"

/* Does the state pause a clock of those terms? */
static bool
pauses(const struct course *c, const struct clock_row *row,
       enum incident_state state)
{
	const struct course_span *last = &c->spans[c->span_count - 1];
	const struct book_policy *p =
		book_policy(last->book, last->terms.policy);

	return p != NULL && incident_state_active(state) &&
	       book_policy_pauses(p, clocks_kind(row->name),
				  incident_state_name(state));
}

/* Begin a pause; one that holds for another cause ends at this instant, and
 * has moved the deadline. */
static enum outcome
pause_begin(struct clocks *x, struct clock_row *c, struct course *course,
	    const char *cause, struct err *e)
{
	json_t *data;
	enum outcome o;

	course_resume(course, x->now_s);
	if (!course_pause(course, x->now_s, DEADLINE_NEVER, cause))
		return OUT_OK;
	c->due_s = course_due(course);
	o = clock_put_course(x->s, c->id, course, c->due_s, e);
	if (o == OUT_OK)
		o = steps_drop(x->s, c->id, e);
	if (o != OUT_OK)
		return o;
	c->paused = true;
	data = clocks_data(c->id, c->name);
	(void)json_object_set_new(data, "cause", json_string(cause));
	(void)json_object_set_new(data, "at_s", json_integer(x->now_s));
	(void)json_object_set_new(data, "due_s", clocks_instant(c->due_s));
	return clocks_event(x, "clock.paused", data, e);
}

/* The deadline moves on by the open time in which it stood still. */
static enum outcome
pause_end(struct clocks *x, struct clock_row *c, struct course *course,
	  struct err *e)
{
	json_t *data;
	enum outcome o;

	course_resume(course, x->now_s);
	c->due_s = course_due(course);
	c->paused = false;
	o = clock_put_course(x->s, c->id, course, c->due_s, e);
	if (o == OUT_OK)
		o = clocks_steps(x, c->id, c->name, course, c->due_s, e);
	if (o != OUT_OK)
		return o;
	data = clocks_data(c->id, c->name);
	(void)json_object_set_new(data, "at_s", json_integer(x->now_s));
	(void)json_object_set_new(data, "due_s", clocks_instant(c->due_s));
	return clocks_event(x, "clock.resumed", data, e);
}

enum outcome
clocks_resume(struct clocks *x, struct clock_row *c, struct err *e)
{
	struct course course;
	enum outcome o = clocks_course(x, c, &course, e);

	if (o == OUT_OK)
		o = pause_end(x, c, &course, e);
	course_release(&course);
	return o;
}

static enum outcome
pause_one(struct clocks *x, struct clock_row *c, struct err *e)
{
	const char *state = incident_state_name(x->inc->state);
	struct course course;
	bool wanted;
	enum outcome o = clocks_course(x, c, &course, e);

	if (o == OUT_OK) {
		wanted = pauses(&course, c, x->inc->state);
		if (wanted &&
		    (!c->paused ||
		     strcmp(course.pauses[course.pause_count - 1].cause,
			    state) != 0))
			o = pause_begin(x, c, &course, state, e);
		else if (!wanted && c->paused)
			o = pause_end(x, c, &course, e);
	}
	course_release(&course);
	return clocks_unreadable(o, e) ? OUT_OK : o;
}

enum outcome
clocks_pauses(struct clocks *x, struct err *e)
{
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	int n;
	int i;
	enum outcome o = clocks_rows(x, rows, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++)
		if (clocks_kind(rows[i].name) == BOOK_CLOCK_RESOLUTION)
			o = pause_one(x, &rows[i], e);
	return o;
}

/* --- the end, and back from it ------------------------------------------------------ */

/* The time solved is a pause of the clock that goes on. */
static enum outcome
continue_from(struct clocks *x, struct clock_row *c, struct course *course,
	      struct err *e)
{
	json_t *data;
	enum outcome o;

	if (!course_pause(course, c->ended_s, x->now_s, c->cause))
		return OUT_OK;
	c->due_s = course_due(course);
	o = clock_reopen(x->s, c->id, c->due_s, e);
	if (o == OUT_OK)
		o = clock_put_course(x->s, c->id, course, c->due_s, e);
	if (o == OUT_OK)
		o = clocks_steps(x, c->id, c->name, course, c->due_s, e);
	if (o != OUT_OK)
		return o;
	data = clocks_data(c->id, c->name);
	(void)json_object_set_new(data, "cause", json_string("reopened"));
	(void)json_object_set_new(data, "at_s", json_integer(x->now_s));
	(void)json_object_set_new(data, "due_s", clocks_instant(c->due_s));
	return clocks_event(x, "clock.reopened", data, e);
}

static enum outcome
begin_anew(struct clocks *x, struct err *e)
{
	int64_t version;
	struct book *b = desk_book(x->d, &version);
	const struct book_policy *p =
		clocks_policy_of(b, x->inc->policy, x->inc->channel);
	struct clock_start st = { .clock = BOOK_CLOCK_RESOLUTION,
				  .start_s = x->now_s,
				  .rule = "",
				  .cause = "reopened" };
	int64_t id;
	enum outcome o = OUT_OK;

	if (p != NULL &&
	    clocks_terms(p, version, st.clock, x->inc->priority, &st.terms))
		o = clocks_begin(x, &st, &id, e);
	book_unref(&b);
	return o;
}

enum outcome
clocks_resolution_again(struct clocks *x, struct err *e)
{
	struct course course;
	struct clock_row row;
	const struct course_span *last;
	const struct book_policy *p;
	int n;
	enum outcome o =
		clock_newest(x->s, x->inc->id, "resolution", &row, &n, e);

	if (o != OUT_OK || n == 0 || row.state != CLOCK_FULFILLED)
		return o;
	o = clocks_course(x, &row, &course, e);
	if (o == OUT_OK) {
		last = &course.spans[course.span_count - 1];
		p = book_policy(last->book, last->terms.policy);
		o = p != NULL && p->reopen_begins
			    ? begin_anew(x, e)
			    : continue_from(x, &row, &course, e);
	}
	course_release(&course);
	return o;
}

/* The incident was solved or closed: so is its resolution. */
static enum outcome
resolution_met(struct clocks *x, struct err *e)
{
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	struct clock_ending z = { .ended_s = x->now_s,
				  .fulfilled = true,
				  .cause = incident_state_name(x->inc->state) };
	int n;
	int i;
	enum outcome o = clocks_rows(x, rows, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++)
		if (strcmp(rows[i].name, "resolution") == 0)
			o = clocks_end(x, &rows[i], &z, e);
	return o;
}

static enum outcome
state_ended(struct clocks *x, struct err *e)
{
	const char *cause = incident_state_name(x->inc->state);
	enum outcome o;

	if (x->inc->state != INCIDENT_SOLVED &&
	    x->inc->state != INCIDENT_CLOSED)
		return clocks_cancel_these(x, CLOCKS_ALL, cause, e);
	o = resolution_met(x, e);
	return o == OUT_OK ? clocks_cancel_these(x, CLOCKS_ENDING, cause, e)
			   : o;
}

enum outcome
clocks_woken(struct desk *d, struct store *s, struct incident *inc,
	     enum incident_state before, int64_t now_ms, struct err *e)
{
	struct clocks x = clocks_of(d, s, inc, now_ms);
	enum outcome o = OUT_OK;

	if (inc->state == before || !incident_state_active(inc->state))
		return OUT_OK;
	if (!incident_state_active(before))
		o = clocks_resolution_again(&x, e);
	if (o == OUT_OK)
		o = clocks_pauses(&x, e);
	return o == OUT_OK ? clocks_due(&x, e) : o;
}

enum outcome
clocks_state(struct desk *d, struct store *s, struct incident *inc,
	     enum incident_state before, int64_t now_ms, struct err *e)
{
	struct clocks x = clocks_of(d, s, inc, now_ms);
	int64_t version;
	struct book *b;
	enum outcome o = OUT_OK;

	if (incident_state_active(inc->state))
		o = clocks_woken(d, s, inc, before, now_ms, e);
	else if (inc->state != before)
		o = state_ended(&x, e);
	if (o == OUT_OK && incident_state_active(inc->state) &&
	    !incident_state_active(before)) {
		b = desk_book(d, &version);
		o = clocks_attach(&x, b, version, NULL, "reopened", e);
		book_unref(&b);
	}
	return o == OUT_OK ? clocks_due(&x, e) : o;
}

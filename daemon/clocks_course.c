/* clocks_course: courses and terms of clocks, and what their events say. */

#include <stdio.h>
#include <string.h>

#include "daemon/clocks_p.h"
#include "daemon/desk.h"
#include "daemon/steps.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"

static enum outcome
book_of(void *arg, int64_t version, struct book **out, struct err *e)
{
	struct clocks *x = arg;

	return desk_book_of(x->d, x->s, version, out, e);
}

enum outcome
clocks_resolve(struct clocks *x, struct course *c, struct err *e)
{
	return course_resolve(c, book_of, x, e);
}

enum outcome
clocks_course(struct clocks *x, const struct clock_row *c, struct course *out,
	      struct err *e)
{
	enum outcome o = clock_course(x->s, c, out, e);

	return o == OUT_OK ? clocks_resolve(x, out, e) : o;
}

bool
clocks_unreadable(enum outcome o, const struct err *e)
{
	return o == OUT_PERM && (strcmp(e->code, "book") == 0 ||
				 strcmp(e->code, "not_found") == 0);
}

const struct book_policy *
clocks_policy_of(const struct book *b, const char *policy, const char *channel)
{
	const struct book_policy *p = NULL;

	if (*policy != '\0')
		p = book_policy(b, policy);
	return p != NULL ? p : book_policy_for(b, channel);
}

bool
clocks_terms(const struct book_policy *p, int64_t version,
	     enum book_clock clock, const char *priority,
	     struct course_terms *out)
{
	struct book_budget budget = book_policy_budget(p, clock, priority);

	/* the built-in empty book has no row that a clock could name */
	if ((budget.seconds <= 0 && budget.days <= 0) || version <= 0 ||
	    (p->calendar == NULL && !budget.wall))
		return false;
	out->book_version = version;
	(void)snprintf(out->policy, sizeof out->policy, "%s", p->name);
	(void)snprintf(out->calendar, sizeof out->calendar, "%s",
		       budget.wall ? "" : p->calendar_name);
	out->budget_s = budget.seconds;
	out->days = budget.days;
	return true;
}

json_t *
clocks_data(int64_t id, const char *name)
{
	json_t *d = json_object();

	(void)json_object_set_new(d, "clock", json_integer(id));
	(void)json_object_set_new(d, "name", json_string(name));
	return d;
}

json_t *
clocks_instant(int64_t at_s)
{
	return at_s != CLOCK_NEVER ? json_integer(at_s) : json_null();
}

void
clocks_put_terms(json_t *data, const struct course_terms *t)
{
	(void)json_object_set_new(data, "policy", json_string(t->policy));
	(void)json_object_set_new(data, "calendar", json_string(t->calendar));
	(void)json_object_set_new(data, "book", json_integer(t->book_version));
	(void)json_object_set_new(data, "budget_s", json_integer(t->budget_s));
	if (t->days > 0)
		(void)json_object_set_new(data, "days", json_integer(t->days));
}

enum outcome
clocks_event(struct clocks *x, const char *kind, json_t *data, struct err *e)
{
	if (x->inc->updated_ms < x->now_ms)
		x->inc->updated_ms = x->now_ms;
	return event_add(x->s, x->now_ms, kind, x->inc->id, 0, data, e);
}

enum outcome
clocks_steps(struct clocks *x, int64_t id, const char *name,
	     const struct course *c, int64_t due_s, struct err *e)
{
	const struct course_span *last = &c->spans[c->span_count - 1];
	struct steps_clock sc = {
		.id = id,
		.clock = clocks_kind(name),
		.policy = book_policy(last->book, last->terms.policy),
		.calendar = last->calendar,
		.budget_s = last->terms.budget_s,
		.used_s = course_used(c, x->now_s),
		.due_s = due_s,
		.now_s = x->now_s,
	};

	if (course_paused(c) || sc.policy == NULL)
		return steps_drop(x->s, id, e);
	if (last->terms.days > 0 && due_s != CLOCK_NEVER)
		sc.budget_s = course_used(c, due_s);
	return steps_plan(x->s, &sc, e);
}

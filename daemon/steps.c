#include "daemon/steps.h"

#include "daemon/store/clock.h"
#include "daemon/store/step.h"
#include "rules/deadline.h"

/* --- when -------------------------------------------------------------------- */

/* The instant by which so much is used of the clock's time: open seconds,
 * which go on after the deadline. In the past it is now. */
static int64_t
used_at(const struct steps_clock *c, int64_t used_s)
{
	int64_t more = used_s - c->used_s;

	if (more <= 0)
		return c->now_s;
	if (c->calendar == NULL)
		return c->now_s + more;
	return deadline_due(c->calendar, c->now_s, more, NULL, 0);
}

/* A share of the budget, rounded up. */
static int64_t
share(const struct steps_clock *c, int percent)
{
	return (c->budget_s * percent + 99) / 100;
}

int64_t
steps_warning_at(const struct steps_clock *c, const struct book_warning *w)
{
	return used_at(c, w->percent != 0 ? share(c, w->percent)
					  : c->budget_s - w->left_s);
}

int64_t
steps_escalation_at(const struct steps_clock *c,
		    const struct book_escalation *x)
{
	int64_t broken_s = c->due_s + 1; /* the deadline is still in time */

	switch (x->when) {
	case BOOK_AT_PERCENT:
		return used_at(c, share(c, x->percent));
	case BOOK_LEFT:
		return used_at(c, c->budget_s - x->seconds);
	case BOOK_AT_BREACH:
		return broken_s > c->now_s ? broken_s : c->now_s;
	case BOOK_AFTER_BREACH:
		break;
	}
	return used_at(c, c->budget_s + x->seconds);
}

static enum outcome
plan_one(struct store *s, const struct steps_clock *c, enum step_kind kind,
	 size_t number, int64_t at_s, struct err *e)
{
	if (at_s == DEADLINE_NEVER)
		return OUT_OK;
	return step_put(s, c->id, kind, (int64_t)number, at_s, c->now_s, e);
}

enum outcome
steps_plan(struct store *s, const struct steps_clock *c, struct err *e)
{
	const struct book_policy *p = c->policy;
	enum outcome o;
	size_t i;

	o = step_drop(s, c->id, e);
	if (c->due_s == CLOCK_NEVER)
		return o;
	/* what is past its deadline needs no warning */
	for (i = 0; o == OUT_OK && i < p->warning_count && c->now_s <= c->due_s;
	     i++)
		o = plan_one(s, c, STEP_WARNING, i,
			     steps_warning_at(c, p->warnings[i]), e);
	for (i = 0; o == OUT_OK && i < p->escalation_count; i++)
		if (p->escalations[i]->clock == c->clock)
			o = plan_one(s, c, STEP_ESCALATION, i,
				     steps_escalation_at(c, p->escalations[i]),
				     e);
	return o;
}

enum outcome
steps_drop(struct store *s, int64_t clock_id, struct err *e)
{
	return step_drop(s, clock_id, e);
}

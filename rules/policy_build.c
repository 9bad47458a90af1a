/*
 * policy_build: what the grammar calls inside a policy.
 */

#include <stdlib.h>
#include <string.h>

#include "rules/book_build.h"
#include "rules/complain.h"
#include "rules/field.h"

#define BUSINESS_MAX_S (INT64_C(400) * 86400)

void
build_policy(struct build *p, const struct word *name)
{
	p->policy = BUILD_NEW(p, struct policy_node);
	p->rule = NULL;
	build_add(p, &p->book->policies, p->policy, &p->policy->name, name,
		  "policy");
}

void
build_policy_via(struct build *p, unsigned channels)
{
	p->policy->via |= channels;
}

void
build_policy_calendar(struct build *p, const struct word *name)
{
	(void)build_once_only(p, &p->policy->calendar, name, "calendar");
}

/* Business time: a duration that a calendar's opening hours use up. */
static int64_t
business(struct build *p, const struct duration *d, const struct text_span *at)
{
	if (d->days)
		complain(
			p->errs, at->first,
			"count the hours that the calendar is open: two days of 7 hours are 14h",
			"a duration in days");
	else if (d->s == 0)
		complain(p->errs, at->first, "leave it out for no promise",
			 "a duration of nothing");
	else if (d->s > BUSINESS_MAX_S)
		complain(p->errs, at->first, NULL,
			 "a duration over 9600 hours");
	else
		return d->s;
	return 1;
}

/* Calendar time, which every second uses up. */
static int64_t
wall(struct build *p, const struct duration *d, const struct text_span *at)
{
	if (d->s == 0)
		complain(p->errs, at->first, "leave it out for no promise",
			 "a duration of nothing");
	else if (d->s > BUSINESS_MAX_S)
		complain(p->errs, at->first, NULL,
			 "a duration over 9600 hours");
	else
		return d->s;
	return 1;
}

static int
working_days(struct build *p, const struct word *number)
{
	char *end;
	long n = strtol(number->text, &end, 10);

	if (*end == '\0' && n >= 1 && n <= BOOK_DAYS_MAX)
		return (int)n;
	complain(p->errs, number->at, "from 1 to 150, without fractions",
		 "a number of working days out of range");
	return 1;
}

static struct book_budget
budget(struct build *p, const struct promised *w, const struct text_span *at)
{
	struct book_budget b = { 0 };
	bool proactive = p->clock == BOOK_CLOCK_PROACTIVE;

	if (w->negative)
		complain(p->errs, at->first, "leave out the '-'",
			 "a promise of less than nothing");
	if (w->open && !proactive)
		complain(
			p->errs, at->first,
			"leave out 'open': only 'proactive' counts other hours",
			"this promise counts open hours anyway");
	if (w->bare) {
		complain(p->errs, at->first,
			 "write it like 4h, 30m or 15 working days",
			 "a number without its unit");
		b.days = 1;
		return b;
	}
	if (w->days.text != NULL) {
		b.days = working_days(p, &w->days);
		return b;
	}
	b.wall = proactive && !w->open;
	b.seconds = b.wall ? wall(p, &w->time, at) : business(p, &w->time, at);
	return b;
}

void
build_promise(struct build *p, enum book_clock which)
{
	p->clock = which;
}

/* Is the promise, for every priority or for one of them, a first? */
static void
budget_once(struct build *p, bool *given, const struct text_span *at)
{
	if (*given)
		complain(p->errs, at->first, "leave one of them out",
			 "a second time for the same promise");
	*given = true;
}

void
build_budget(struct build *p, const struct word *priority,
	     const struct promised *w, const struct text_span *at)
{
	struct promise_node *n = &p->policy->promises[p->clock];
	struct book_budget b = budget(p, w, at);
	size_t i;

	if (priority == NULL) {
		budget_once(p, &n->given, at);
		n->usual = b;
		return;
	}
	if (!build_choose(p, priority, field_priorities, "priority",
			  "priorities are low, normal, high and urgent"))
		return;
	for (i = 0; i < BOOK_PRIORITIES; i++)
		if (strcmp(field_priorities[i], priority->text) == 0) {
			budget_once(p, &n->excepted[i], at);
			n->exceptions[i] = b;
		}
}

unsigned
build_pause(struct build *p, const struct word *state)
{
	static const char *const names[] = { "pending_customer", "on_hold",
					     "snoozed", NULL };
	static const char which[] =
		"states that pause are pending_customer, on_hold and snoozed";
	size_t i;

	for (i = 0; field_states[i] != NULL; i++)
		if (strcmp(field_states[i], state->text) == 0)
			break;
	if (field_states[i] == NULL) {
		(void)build_choose(p, state, names, "state that pauses", which);
		return 0;
	}
	if ((BOOK_PAUSES & 1U << i) == 0) {
		complain(p->errs, state->at, which,
			 "'%s' does not pause a resolution", state->text);
		return 0;
	}
	return 1U << i;
}

void
build_pauses(struct build *p, unsigned states, const struct text_span *at)
{
	budget_once(p, &p->policy->pauses_given, at);
	p->policy->pauses = states;
}

void
build_reopen(struct build *p, const struct word *how)
{
	static const char *const names[] = { "continues", "begins", NULL };

	if (build_choose(p, how, names, "way to go on",
			 "write 'continues' or 'begins'"))
		p->policy->pub.reopen_begins = strcmp(how->text, "begins") == 0;
}

static struct book_warning *
warning(struct build *p, const struct text_span *at)
{
	struct book_warning *w = BUILD_NEW(p, struct book_warning);

	if (p->policy->warnings.n < TREE_WARNINGS_MAX)
		ptrs_add(&p->book->arena, &p->policy->warnings, w);
	else
		complain(p->errs, at->first, NULL, "more than %d warnings",
			 TREE_WARNINGS_MAX);
	return w;
}

void
build_warning_percent(struct build *p, int percent, const struct text_span *at)
{
	warning(p, at)->percent = percent;
}

void
build_warning_left(struct build *p, const struct duration *d,
		   const struct text_span *at)
{
	warning(p, at)->left_s = business(p, d, at);
}

void
build_step(struct build *p, enum book_clock which, const struct text_span *at)
{
	struct policy_node *n = p->policy;

	p->step = BUILD_NEW(p, struct escalation_node);
	p->step->at = at->first;
	p->step->pub.clock = which;
	p->actions = &p->step->actions;
	if (n->steps.n < TREE_ESCALATIONS_MAX)
		ptrs_add(&p->book->arena, &n->steps, p->step);
	else
		complain(p->errs, at->first, NULL, "more than %d escalations",
			 TREE_ESCALATIONS_MAX);
}

void
build_step_when(struct build *p, enum book_escalation_when when,
		int64_t percent, const struct duration *d,
		const struct text_span *at)
{
	struct book_escalation *pub = &p->step->pub;

	pub->when = when;
	pub->percent = (int)percent;
	if (d != NULL)
		pub->seconds = business(p, d, at);
}

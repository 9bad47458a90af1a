#ifndef POSTIGO_STEPS_H
#define POSTIGO_STEPS_H

/*
 * steps: warnings before a promise is due, and escalations before, at and
 * after its breach: "warn at 75%, 15m left", "escalate resolution at breach
 * then ...".
 *
 * Invariants: each instant is worked out when its clock starts to run or
 * moves, and stands in the store: the tick sleeps until the nearest one, and
 * nothing looks at clocks of which nothing is due. Nothing is done for a clock
 * that is paused or has ended. A step is done once for a deadline, whatever
 * dies in between: what it did is written with its mark. One whose instant has
 * passed when it is planned is done at once; a warning that is found after the
 * deadline warns of nothing and is left.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "rules/book.h"

struct calendar;
struct desk;
struct store;

#define STEPS_RUNS_MAX 64 /* steps that are done in one tick */

/* A clock that runs, as far as its steps ask. */
struct steps_clock {
	int64_t id;
	enum book_clock clock;
	const struct book_policy *policy; /* that holds for it */
	const struct calendar *calendar;  /* NULL: every second counts */
	int64_t budget_s; /* promised open seconds; of working days those from
			     its start to its deadline */
	int64_t used_s;   /* of them, up to now_s */
	int64_t due_s;    /* CLOCK_NEVER: none */
	int64_t now_s;
};

/*
 * Plan the steps of a clock that starts, resumes, is given another deadline,
 * or runs again. What was to come before is forgotten; what was done is to
 * come again only if its instant is now after now_s.
 */
enum outcome steps_plan(struct store *s, const struct steps_clock *c,
			struct err *e) MUST_CHECK;

/* A clock is paused or ended: nothing of it is to come. */
enum outcome steps_drop(struct store *s, int64_t clock_id,
			struct err *e) MUST_CHECK;

/*
 * When a warning or an escalation is due, as steps_plan() plans it.
 * DEADLINE_NEVER: not within the calendar's reach.
 */
int64_t steps_warning_at(const struct steps_clock *c,
			 const struct book_warning *w);
int64_t steps_escalation_at(const struct steps_clock *c,
			    const struct book_escalation *x);

/*
 * Do what is due: write clock.warned and run the rules of clock.warning, or
 * write clock.escalated and do the escalation's actions.
 * more_out  set if there is more: come again at once; else left
 */
enum outcome steps_tick(struct desk *d, struct store *s, int64_t now_ms,
			bool *more_out, struct err *e) MUST_CHECK;

#endif

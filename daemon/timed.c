#include "daemon/timed.h"

#include <string.h>

#include "daemon/decide.h"
#include "daemon/desk.h"
#include "daemon/store/incident.h"
#include "daemon/store/ruled.h"
#include "rules/deadline.h"

#define WEEK_S ((int64_t)8 * 86400) /* every rule has an instant within it */
#define AHEAD_S 86400               /* further ahead, the clock was wrong */
#define WALK_STATES INCIDENT_STATE_COUNT

/* One tick's work. */
struct timed {
	struct desk *d;
	struct store *s;
	struct book *book;
	int64_t version;
	int64_t now_ms;
	int64_t now_s;
	int runs;  /* that are left */
	int plans; /* that are left */
	bool more;
	int64_t next_s; /* the earliest instant to come */
};

static void
timed_soonest(struct timed *t, int64_t at_s)
{
	if (at_s < t->next_s)
		t->next_s = at_s;
}

/* --- which incidents ------------------------------------------------------------ */

static unsigned
active_states(void)
{
	unsigned mask = 0;
	int i;

	for (i = 0; i < INCIDENT_STATE_COUNT; i++)
		if (incident_state_active((enum incident_state)i))
			mask |= 1U << i;
	return mask;
}

/* States of the incidents that the rule may be about. */
static unsigned
timer_states(const struct timed *t, const struct book_timer *timer)
{
	unsigned all = active_states() | 1U << INCIDENT_SOLVED;

	if (timer->kind == TIMER_AFTER)
		return timer->since == SINCE_SOLVED ? 1U << INCIDENT_SOLVED
						    : active_states();
	return all & book_rule_states(t->book, timer->rule_index);
}

/* Put an id into a sorted list of at most max, the lowest ones. */
static int
merge_id(int64_t *ids, int n, int max, int64_t id)
{
	int at = n;

	while (at > 0 && ids[at - 1] > id)
		at--;
	if (at == max)
		return n;
	if (n == max)
		n--;
	memmove(ids + at + 1, ids + at, (size_t)(n - at) * sizeof *ids);
	ids[at] = id;
	return n + 1;
}

/*
 * The next incidents of those states, lowest rows first, at most max. By
 * rows, not by states: what a rule moves to another state is not met again.
 */
static enum outcome
walk_next(const struct timed *t, unsigned states, int64_t after_id, int max,
	  int64_t *ids, int *n_out, struct err *e)
{
	int64_t some[TIMED_PLANS_MAX];
	enum outcome o = OUT_OK;
	int all = 0;
	int state;

	for (state = 0; o == OUT_OK && state < WALK_STATES; state++) {
		int n = 0;
		int i;

		if ((states & 1U << state) == 0)
			continue;
		o = ruled_walk(t->s,
			       incident_state_name((enum incident_state)state),
			       after_id, max, some, &n, e);
		for (i = 0; o == OUT_OK && i < n; i++)
			all = merge_id(ids, all, max, some[i]);
	}
	*n_out = all;
	return o;
}

/* --- one run ---------------------------------------------------------------------- */

static enum outcome
timed_run(struct timed *t, const struct book_timer *timer, struct incident *inc,
	  int64_t at_s, struct err *e)
{
	struct decision dc;
	enum outcome o;

	t->runs--;
	decide_begin(&dc, t->d, t->s, "time", t->now_ms);
	dc.facts.f.rule = timer->rule;
	dc.at_s = at_s;
	o = decide_alone(&dc, inc, e);
	decide_end(&dc);
	return o;
}

/* --- every weekday at 09:00 ---------------------------------------------------------- */

/* The last instant that is not after now; after_s: none since. */
static int64_t
last_instant(const struct timed *t, const struct book_timer *timer,
	     int64_t after_s)
{
	int64_t at = after_s;
	int64_t next;

	if (at < t->now_s - WEEK_S)
		at = t->now_s - WEEK_S;
	while ((next = book_timer_next(timer, at)) <= t->now_s)
		at = next;
	return at > after_s && book_timer_next(timer, after_s) <= t->now_s
		       ? at
		       : after_s;
}

static enum outcome
walk_runs(struct timed *t, const struct book_timer *timer,
	  struct ruled_time *row, struct err *e)
{
	int64_t ids[TIMED_PLANS_MAX];
	int max = t->runs;
	int n = 0;
	int i;
	enum outcome o = walk_next(t, timer_states(t, timer), row->after_id,
				   max, ids, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++) {
		struct incident inc;

		o = incident_load(t->s, ids[i], &inc, e);
		if (o == OUT_OK)
			o = timed_run(t, timer, &inc, row->at_s, e);
		incident_release(&inc);
		row->after_id = ids[i];
	}
	row->walking = n == max;
	return o == OUT_OK ? ruled_time_put(t->s, row, e) : o;
}

static enum outcome
tick_every(struct timed *t, const struct book_timer *timer,
	   struct ruled_time *row, struct err *e)
{
	enum outcome o = OUT_OK;
	int64_t at_s;

	if (!row->walking) {
		at_s = last_instant(t, timer, row->at_s);
		if (at_s != row->at_s) {
			row->at_s = at_s;
			row->walking = true;
			row->after_id = 0;
		}
	}
	if (row->walking && t->runs > 0)
		o = walk_runs(t, timer, row, e);
	t->more = t->more || row->walking;
	if (!row->walking)
		timed_soonest(t, book_timer_next(timer, row->at_s));
	return o;
}

/* --- 4h after solved ------------------------------------------------------------------- */

/* The instant that follows from what happened. */
static int64_t
after_due(const struct book *b, const struct book_timer *timer,
	  const struct incident *inc, int64_t base_s)
{
	const struct book_policy *p =
		timer->open ? book_policy(b, inc->policy) : NULL;

	/* where nothing is open or closed, all of it counts */
	if (p == NULL || p->calendar == NULL)
		return base_s + timer->after_s;
	return deadline_due(p->calendar, base_s, timer->after_s, NULL, 0);
}

static enum outcome
after_plan(struct store *s, const struct book *b,
	   const struct book_timer *timer, const struct incident *inc,
	   int64_t base_s, int64_t above_s, struct err *e)
{
	int64_t due_s = after_due(b, timer, inc, base_s);

	if (due_s == DEADLINE_NEVER || due_s <= above_s)
		return OUT_OK;
	return ruled_wait_put(s, timer->rule, inc->id, base_s, due_s, e);
}

enum outcome
timed_since(struct desk *d, struct store *s, const struct incident *inc,
	    enum book_timer_since since, int64_t at_ms, struct err *e)
{
	const struct book_timer *timer;
	enum outcome o = OUT_OK;
	struct book *b;
	size_t i;

	if (!decide_asks(d, "time"))
		return OUT_OK;
	b = desk_book(d, NULL);
	for (i = 0; o == OUT_OK && i < TIMED_RULES_MAX &&
		    (timer = book_timed(b, i)) != NULL;
	     i++)
		if (timer->kind == TIMER_AFTER && timer->since == since)
			o = after_plan(s, b, timer, inc, at_ms / 1000,
				       INT64_MIN, e);
	book_unref(&b);
	return o;
}

/* When that happened to the incident last; 0: it did not. */
static enum outcome
after_base(const struct timed *t, const struct book_timer *timer,
	   const struct incident *inc, int64_t *base_s, struct err *e)
{
	int64_t contact_s = 0;
	int64_t answer_s = 0;
	enum outcome o;

	*base_s = inc->created_ms / 1000;
	if (timer->since == SINCE_CREATED)
		return OUT_OK;
	if (timer->since == SINCE_SOLVED)
		return ruled_solved(t->s, inc->id, base_s, e);
	o = ruled_words(t->s, inc->id, &contact_s, &answer_s, e);
	*base_s = timer->since == SINCE_CONTACT ? contact_s : answer_s;
	return o;
}

/* A book was applied: incidents whose instant is still to come. */
static enum outcome
walk_plans(struct timed *t, const struct book_timer *timer,
	   struct ruled_time *row, struct err *e)
{
	int64_t ids[TIMED_PLANS_MAX];
	int max = t->plans;
	int n = 0;
	int i;
	enum outcome o = walk_next(t, timer_states(t, timer), row->after_id,
				   max, ids, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++) {
		struct incident inc;
		int64_t base_s = 0;

		o = incident_load(t->s, ids[i], &inc, e);
		if (o == OUT_OK)
			o = after_base(t, timer, &inc, &base_s, e);
		if (o == OUT_OK && base_s != 0)
			o = after_plan(t->s, t->book, timer, &inc, base_s,
				       row->at_s, e);
		incident_release(&inc);
		row->after_id = ids[i];
		t->plans--;
	}
	row->walking = n == max;
	return o == OUT_OK ? ruled_time_put(t->s, row, e) : o;
}

/* The rule of time with that name; NULL: the book has none. */
static const struct book_timer *
timer_find(const struct book *b, const char *rule)
{
	const struct book_timer *timer = NULL;
	size_t i;

	for (i = 0; i < TIMED_RULES_MAX && (timer = book_timed(b, i)) != NULL;
	     i++)
		if (strcmp(timer->rule, rule) == 0)
			return timer;
	return NULL;
}

/* Is it still so that the rule counts from? */
static bool
after_holds(const struct book_timer *timer, const struct incident *inc)
{
	if (timer->since == SINCE_SOLVED)
		return inc->state == INCIDENT_SOLVED;
	return inc->state != INCIDENT_CLOSED && inc->state != INCIDENT_SPAM &&
	       inc->state != INCIDENT_MERGED;
}

/* A plan whose instant came. The book may say another one by now. */
static enum outcome
after_run(struct timed *t, const struct ruled_wait *w, struct err *e)
{
	const struct book_timer *timer = timer_find(t->book, w->rule);
	struct incident inc;
	int64_t due_s;
	enum outcome o = ruled_wait_drop(t->s, w->rule, w->incident_id, e);

	t->plans--;
	if (o != OUT_OK || timer == NULL || timer->kind != TIMER_AFTER)
		return o;
	o = incident_load(t->s, w->incident_id, &inc, e);
	if (o == OUT_OK && after_holds(timer, &inc)) {
		due_s = after_due(t->book, timer, &inc, w->base_s);
		if (due_s == DEADLINE_NEVER)
			o = OUT_OK;
		else if (due_s > t->now_s)
			o = ruled_wait_put(t->s, w->rule, inc.id, w->base_s,
					   due_s, e);
		else
			o = timed_run(t, timer, &inc, due_s, e);
	}
	incident_release(&inc);
	return o;
}

static enum outcome
tick_plans(struct timed *t, struct err *e)
{
	struct ruled_wait w;
	bool found = true;
	int64_t next_s;
	enum outcome o = OUT_OK;

	while (o == OUT_OK && found && t->runs > 0 && t->plans > 0) {
		o = ruled_wait_due(t->s, t->now_s, &w, &found, e);
		if (o == OUT_OK && found)
			o = after_run(t, &w, e);
	}
	t->more = t->more || found;
	if (o == OUT_OK)
		o = ruled_wait_next(t->s, &next_s, e);
	if (o == OUT_OK)
		timed_soonest(t, next_s);
	return o;
}

/* --- how far each is -------------------------------------------------------------------- */

/* The row of a rule. Of a rule, or a version of the book, that is new it
 * begins here. */
static enum outcome
timer_row(struct timed *t, const struct book_timer *timer,
	  struct ruled_time *row, bool *anew, struct err *e)
{
	bool found = false;
	int64_t applied_s = 0;
	enum outcome o = ruled_time_get(t->s, timer->rule, row, &found, e);

	if (o != OUT_OK)
		return o;
	if (found && row->at_s > t->now_s + AHEAD_S) {
		row->at_s = t->now_s;
		o = ruled_time_put(t->s, row, e);
	}
	if (o != OUT_OK || (found && row->book_version == t->version))
		return o;
	o = ruled_applied(t->s, t->version, &applied_s, e);
	if (o != OUT_OK)
		return o;
	*anew = true;
	row->book_version = t->version;
	if (timer->kind == TIMER_AFTER) {
		row->at_s = applied_s;
		row->walking = true;
		row->after_id = 0;
	} else if (!row->walking && (!found || row->at_s < applied_s)) {
		row->at_s = applied_s;
	}
	return ruled_time_put(t->s, row, e);
}

static enum outcome
tick_rule(struct timed *t, const struct book_timer *timer, bool *anew,
	  struct err *e)
{
	struct ruled_time row;
	enum outcome o = timer_row(t, timer, &row, anew, e);

	if (o != OUT_OK)
		return o;
	if (timer->kind != TIMER_AFTER)
		return tick_every(t, timer, &row, e);
	if (row.walking && t->plans > 0)
		o = walk_plans(t, timer, &row, e);
	t->more = t->more || row.walking;
	return o;
}

static enum outcome
tick_rules(struct timed *t, struct err *e)
{
	const struct book_timer *timer;
	bool anew = false;
	enum outcome o = OUT_OK;
	size_t i;

	for (i = 0; o == OUT_OK && i < TIMED_RULES_MAX &&
		    (timer = book_timed(t->book, i)) != NULL;
	     i++)
		o = tick_rule(t, timer, &anew, e);
	/* what the book has no more */
	if (o == OUT_OK && anew)
		o = ruled_times_drop(t->s, t->version, e);
	return o;
}

enum outcome
timed_tick(struct desk *d, struct store *s, int64_t now_ms, bool *more_out,
	   int64_t *next_out, struct err *e)
{
	struct timed t = { .d = d,
			   .s = s,
			   .now_ms = now_ms,
			   .now_s = now_ms / 1000,
			   .runs = TIMED_RUNS_MAX,
			   .plans = TIMED_PLANS_MAX,
			   .next_s = INT64_MAX };
	enum outcome o;

	t.book = desk_book(d, &t.version);
	o = tick_rules(&t, e);
	if (o == OUT_OK)
		o = tick_plans(&t, e);
	*more_out = *more_out || t.more;
	*next_out = t.next_s < INT64_MAX / 1000 ? t.next_s * 1000 : INT64_MAX;
	book_unref(&t.book);
	return o;
}

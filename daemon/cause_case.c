#include "daemon/cause_case.h"

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t
cause_open(const struct cause_case *c, int64_t from_s, int64_t to_s)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < c->open_n && c->open[i].from_s < to_s; i++) {
		int64_t from = later(c->open[i].from_s, from_s);
		int64_t to = earlier(c->open[i].to_s, to_s);

		if (to > from)
			sum += to - from;
	}
	return sum;
}

int64_t
cause_free(const struct cause_case *c, int64_t from_s, int64_t to_s)
{
	int64_t from = later(from_s, c->known_s);
	int64_t sum = cause_open(c, from, to_s);
	size_t i;

	for (i = 0; i < c->idle_n; i++)
		sum -= cause_open(c, later(from, c->idle[i].from_s),
				  earlier(to_s, c->idle[i].to_s));
	return sum;
}

static int64_t
total(const struct cause_case *c)
{
	return cause_open(c, c->start_s, c->due_s);
}

/* Did it take at least so much of the promise, and anything at all? */
static bool
takes(const struct cause_case *c, int64_t seconds, int percent)
{
	return seconds > 0 && seconds * 100 >= total(c) * percent;
}

/* --- who had it ------------------------------------------------------------- */

/* When an agent was first seen with the incident open; never: the end. */
static int64_t
seen_s(const struct cause_case *c, int64_t agent_id)
{
	size_t i;

	for (i = 0; i < c->seen_n; i++)
		if (c->seen[i].agent_id == agent_id)
			return c->seen[i].at_s;
	return c->due_s;
}

static int64_t
hold_nobody(const struct cause_case *c, const struct cause_hold *h)
{
	return h->agent_id == 0 ? cause_free(c, h->from_s, h->to_s) : 0;
}

static int64_t
hold_away(const struct cause_case *c, const struct cause_hold *h)
{
	int64_t sum = 0;
	size_t i;

	if (h->agent_id == 0)
		return 0;
	for (i = 0; i < c->away_n; i++)
		if (c->away[i].agent_id == h->agent_id)
			sum += cause_free(c,
					  later(h->from_s, c->away[i].from_s),
					  earlier(h->to_s, c->away[i].to_s));
	return sum;
}

static int64_t
hold_unopened(const struct cause_case *c, const struct cause_hold *h)
{
	if (h->agent_id == 0)
		return 0;
	return cause_free(c, h->from_s,
			  earlier(h->to_s, seen_s(c, h->agent_id)));
}

static int64_t
hold_opened(const struct cause_case *c, const struct cause_hold *h)
{
	if (h->agent_id == 0)
		return 0;
	return cause_free(c, later(h->from_s, seen_s(c, h->agent_id)), h->to_s);
}

typedef int64_t hold_fn(const struct cause_case *c, const struct cause_hold *h);

/* Seconds of all holds, and who had the longest of them. */
static int64_t
over_holds(const struct cause_case *c, hold_fn *fn, int64_t *agent_out)
{
	int64_t longest = 0;
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < c->hold_n; i++) {
		int64_t n = fn(c, &c->holds[i]);

		sum += n;
		if (n > longest) {
			longest = n;
			*agent_out = c->holds[i].agent_id;
		}
	}
	return sum;
}

/* --- the causes, each: does it apply? ---------------------------------------- */

static bool
nobody_scheduled(const struct cause_case *c, struct cause *out)
{
	out->seconds = c->unstaffed_s;
	return takes(c, out->seconds, CAUSE_MOST_PERCENT);
}

static bool
assignee_away(const struct cause_case *c, struct cause *out)
{
	out->seconds = over_holds(c, hold_away, &out->agent_id);
	return takes(c, out->seconds, CAUSE_MOST_PERCENT);
}

static bool
fetched_late(const struct cause_case *c, struct cause *out)
{
	if (c->committed_s == 0)
		return false;
	out->seconds = cause_open(c, c->start_s, c->committed_s);
	return takes(c, out->seconds, CAUSE_FETCH_PERCENT);
}

/* Half of the promise to twice the promise lay before the closing. */
static bool
arrived_near_closing(const struct cause_case *c, struct cause *out)
{
	out->seconds = c->closes_s - c->start_s;
	return c->closes_s != 0 && out->seconds <= CAUSE_CLOSING_S &&
	       out->seconds <= total(c) * 2 && total(c) <= out->seconds * 2;
}

/* For long enough nobody who had it had it open; the larger part of that says
 * why. */
static bool
nobody_assigned(const struct cause_case *c, struct cause *out)
{
	int64_t nobody = over_holds(c, hold_nobody, &out->agent_id);
	int64_t unseen = over_holds(c, hold_unopened, &out->agent_id);

	out->agent_id = 0;
	out->seconds = nobody;
	return nobody >= unseen &&
	       takes(c, nobody + unseen, CAUSE_MOST_PERCENT);
}

static bool
unopened(const struct cause_case *c, struct cause *out)
{
	int64_t nobody = over_holds(c, hold_nobody, &out->agent_id);

	out->seconds = over_holds(c, hold_unopened, &out->agent_id);
	return takes(c, nobody + out->seconds, CAUSE_MOST_PERCENT);
}

static bool
waiting_on_note(const struct cause_case *c, struct cause *out)
{
	if (c->note_s == 0)
		return false;
	out->agent_id = c->note_agent_id;
	out->seconds = cause_free(c, c->note_s, c->due_s);
	return takes(c, out->seconds, CAUSE_MOST_PERCENT);
}

static bool
reopened_late(const struct cause_case *c, struct cause *out)
{
	if (c->back_s == 0)
		return false;
	out->seconds = cause_open(c, c->start_s, c->back_s);
	return takes(c, out->seconds, 100 - CAUSE_BACK_PERCENT);
}

static bool
late_applied(const struct cause_case *c, struct cause *out)
{
	out->seconds = cause_open(c, c->start_s, c->known_s);
	return c->late || takes(c, out->seconds, 100 - CAUSE_BACK_PERCENT);
}

static bool
worked_on(const struct cause_case *c, struct cause *out)
{
	out->seconds = over_holds(c, hold_opened, &out->agent_id);
	return true;
}

void
cause_of(const struct cause_case *c, struct cause *out)
{
	static bool (*const judges[CAUSE_COUNT])(const struct cause_case *,
						 struct cause *) = {
		[CAUSE_NOBODY_SCHEDULED] = nobody_scheduled,
		[CAUSE_ASSIGNEE_AWAY] = assignee_away,
		[CAUSE_FETCHED_LATE] = fetched_late,
		[CAUSE_ARRIVED_NEAR_CLOSING] = arrived_near_closing,
		[CAUSE_NOBODY_ASSIGNED] = nobody_assigned,
		[CAUSE_UNOPENED] = unopened,
		[CAUSE_WAITING_ON_NOTE] = waiting_on_note,
		[CAUSE_REOPENED_LATE] = reopened_late,
		[CAUSE_LATE_APPLIED] = late_applied,
		[CAUSE_WORKED_ON] = worked_on,
	};
	size_t i;

	for (i = 0; i < CAUSE_COUNT; i++) {
		out->agent_id = 0;
		out->seconds = 0;
		if (judges[i](c, out)) {
			out->code = cause_name((enum cause_code)i);
			return;
		}
	}
}

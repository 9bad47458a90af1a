/*
 * deadline_days: working days. A date counts if an open second of it is not
 * paused; it is over with its last open label.
 */

#include <assert.h>
#include <stdbool.h>

#include "rules/calendar.h"
#include "rules/walk.h"
#include "rules/zone.h"

/* What a local date holds. */
struct date {
	bool open;       /* an open second that is not paused */
	int64_t ended_s; /* when its last open label was over */
};

/*
 * Look at one date. Its labels may occur anywhere within an offset of its
 * UTC namesake, and, where clocks go back over midnight, not in one piece.
 */
static struct date
date_look(const struct calendar *c, int64_t day, const struct pauses *u)
{
	static const struct pauses none = { .n = 0 };
	int64_t end_s = (day + 1) * DAY_S + ZONE_OFFSET_MAX_S;
	struct date d = { .open = false };
	struct walk w;

	walk_start(&w, c, &none, day * DAY_S - ZONE_OFFSET_MAX_S);
	while (w.at_s < end_s) {
		struct working_step step = walk_next(&w, end_s);

		if (step.day != day || step.kind != WORKING_OPEN)
			continue;
		d.open = d.open ||
			 pauses_cover(u, step.from_s, step.to_s) == NULL;
		d.ended_s = step.to_s;
	}
	return d;
}

/* The pause that holds all of a date, wherever its labels occur; or NULL. */
static const struct pause *
date_paused(int64_t day, const struct pauses *u)
{
	return pauses_cover(u, day * DAY_S - ZONE_OFFSET_MAX_S,
			    (day + 1) * DAY_S + ZONE_OFFSET_MAX_S);
}

/*
 * Count open dates after the one of start_s that end after from_s and by
 * until_s, at most need of them. ended_out is when the last of these ended.
 */
static int
dates_count(const struct calendar *c, int64_t start_s, int64_t from_s,
	    int64_t until_s, int need, const struct pauses *u,
	    int64_t *ended_out)
{
	const struct pause *pause;
	int64_t last = walk_day(c, until_s) + 1;
	int64_t day = walk_day(c, start_s) + 1;
	int n = 0;

	if (day < walk_day(c, from_s) - 1)
		day = walk_day(c, from_s) - 1;
	for (; n < need && day <= last; day++) {
		struct date d;

		/* most closed dates show without a walk */
		if (c != NULL && calendar_day_open(c, day) == 0)
			continue;
		pause = date_paused(day, u);
		if (pause != NULL) {
			/* so are the dates up to near its end */
			if (pause->to_s == DEADLINE_NEVER)
				break;
			day = walk_day(NULL, pause->to_s - ZONE_OFFSET_MAX_S) -
			      1;
			continue;
		}
		d = date_look(c, day, u);
		if (!d.open || d.ended_s <= from_s || d.ended_s > until_s)
			continue;
		n++;
		*ended_out = d.ended_s;
	}
	return n;
}

int64_t
walk_days_from(const struct calendar *c, int64_t start_s, int64_t from_s,
	       int days, const struct pause *pauses, size_t n)
{
	int64_t due_s = DEADLINE_NEVER;
	struct pauses u;
	int found;

	pauses_init(&u, pauses, n);
	found = dates_count(c, start_s, from_s, walk_horizon(from_s, &u), days,
			    &u, &due_s);
	pauses_release(&u);
	return found == days ? due_s : DEADLINE_NEVER;
}

int64_t
deadline_days(const struct calendar *c, int64_t start_s, int days,
	      const struct pause *pauses, size_t n)
{
	assert(days >= 0);
	if (days == 0)
		return start_s;
	return walk_days_from(c, start_s, start_s, days, pauses, n);
}

int
deadline_days_used(const struct calendar *c, int64_t start_s, int64_t from_s,
		   int64_t to_s, const struct pause *pauses, size_t n)
{
	struct pauses u;
	int64_t ended;
	int days;

	if (to_s <= from_s)
		return 0;
	pauses_init(&u, pauses, n);
	days = dates_count(c, start_s, from_s, to_s, INT32_MAX, &u, &ended);
	pauses_release(&u);
	return days;
}

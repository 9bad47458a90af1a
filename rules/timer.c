#include "rules/timer.h"

#include <stddef.h>

#include "rules/book.h"
#include "rules/calendar.h"
#include "rules/deadline.h"

#define HOUR_S 3600
#define OFFSET_MAX_S (INT64_C(26) * HOUR_S) /* no zone is farther from UTC */
#define DAYS_AHEAD 16 /* a weekday comes again, skipped dates and all */
#define WALK_MAX 1000 /* changes of the offset within two days */

static int64_t
floor_to(int64_t t, int64_t unit)
{
	int64_t q = t / unit;

	return q * unit > t ? q - 1 : q;
}

struct timer_label
timer_label(const struct calendar *c, int64_t t_s)
{
	int64_t until;
	int64_t local = t_s + calendar_offset(c, t_s, &until);
	struct timer_label l;

	l.day = floor_to(local, DAY_S);
	l.second = (int32_t)(local - l.day * DAY_S);
	/* 1970-01-01 was a Thursday: 3, counted from Monday */
	l.weekday = (int)(((l.day + 3) % 7 + 7) % 7);
	return l;
}

int64_t
timer_instant(const struct calendar *c, int64_t day, int32_t second)
{
	int64_t label = day * DAY_S + second;
	int64_t t = label - OFFSET_MAX_S;
	int i;

	for (i = 0; i < WALK_MAX; i++) {
		int64_t until;
		int64_t at = label - calendar_offset(c, t, &until);

		if (at < t)
			at = t;
		if (at < until)
			return at;
		t = until;
	}
	return t;
}

bool
timer_open(const struct calendar *c, int64_t t_s)
{
	return deadline_used(c, t_s, t_s + 1, NULL, 0) == 1;
}

static int64_t
next_hour(const struct calendar *c, int64_t after_s)
{
	int64_t t = after_s + 1;
	int i;

	for (i = 0; i < WALK_MAX; i++) {
		int64_t until;
		int64_t off = calendar_offset(c, t, &until);
		int64_t at =
			floor_to(t + off + HOUR_S - 1, HOUR_S) * HOUR_S - off;

		if (at < until)
			return at;
		t = until;
	}
	return DEADLINE_NEVER;
}

static int64_t
next_day(const struct book_timer *t, int64_t after_s)
{
	int64_t day = timer_label(t->calendar, after_s).day - 1;
	int i;

	for (i = 0; i < DAYS_AHEAD; i++, day++) {
		int64_t at;

		if ((t->days & 1U << ((day + 3) % 7 + 7) % 7) == 0)
			continue;
		/* a date that the zone has left out has no times at all */
		at = timer_instant(t->calendar, day, 0);
		if (timer_label(t->calendar, at).day != day)
			continue;
		at = timer_instant(t->calendar, day, t->at_s);
		if (at > after_s)
			return at;
	}
	return DEADLINE_NEVER;
}

int64_t
book_timer_next(const struct book_timer *t, int64_t after_s)
{
	if (t->kind == TIMER_AFTER || t->calendar == NULL)
		return DEADLINE_NEVER;
	return t->kind == TIMER_HOURLY ? next_hour(t->calendar, after_s)
				       : next_day(t, after_s);
}

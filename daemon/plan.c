#include "daemon/plan.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "rules/zone.h"

#define DAY_SECONDS 86400
#define AHEAD_S ((int64_t)2 * DAY_SECONDS) /* no zone is further from UTC */
#define CHANGES_MAX 32 /* changes of the clocks within a few days */
#define DATES_MAX 64   /* more than lie between two dates of a plan */

static const char *const period_names[PLAN_PERIOD_COUNT] = { "day", "week",
							     "month" };

const char *
plan_period_name(enum plan_period p)
{
	assert(p < PLAN_PERIOD_COUNT);
	return period_names[p];
}

enum plan_period
plan_period_parse(const char *name)
{
	int p;

	for (p = 0; p < PLAN_PERIOD_COUNT; p++)
		if (strcmp(name, period_names[p]) == 0)
			break;
	return (enum plan_period)p;
}

int64_t
plan_label_at(const struct zone *z, int64_t day, int minute)
{
	int64_t label_s = day * DAY_SECONDS + (int64_t)minute * 60;
	int64_t t_s = label_s - AHEAD_S;
	int64_t until_s;
	int64_t at_s = t_s;
	int i;

	for (i = 0; i < CHANGES_MAX; i++) {
		at_s = label_s - zone_offset(z, t_s, &until_s);
		if (at_s < t_s) /* a gap ended here, beyond the label */
			return t_s;
		if (at_s < until_s)
			return at_s;
		t_s = until_s;
	}
	return at_s;
}

int64_t
plan_day_of(const struct zone *z, int64_t t_s)
{
	int64_t until_s;
	int64_t label_s = t_s + zone_offset(z, t_s, &until_s);
	int64_t day = label_s / DAY_SECONDS;

	return label_s % DAY_SECONDS < 0 ? day - 1 : day;
}

/* Is it one of the plan's dates? */
static bool
is_date(enum plan_period p, int64_t day)
{
	int64_t year;
	int month;
	int date;

	if (p == PLAN_DAY)
		return true;
	if (p == PLAN_WEEK) /* 1970-01-01 was a Thursday */
		return (day + 3) % 7 == 0;
	clock_date(day, &year, &month, &date);
	return date == 1;
}

/* The newest of the plan's dates up to that one. */
static int64_t
date_before(enum plan_period p, int64_t day)
{
	int i;

	for (i = 0; i < DATES_MAX && !is_date(p, day); i++)
		day--;
	return day;
}

int64_t
plan_next(const struct zone *z, enum plan_period p, int minute, int64_t now_s)
{
	/* the clocks may have gone back over midnight, and will again */
	int64_t day = plan_day_of(z, now_s) - 1;
	int64_t at_s = now_s;
	int i;

	for (i = 0; i < DATES_MAX && at_s <= now_s; i++, day++)
		if (is_date(p, day))
			at_s = plan_label_at(z, day, minute);
	return at_s;
}

void
plan_range(const struct zone *z, enum plan_period p, int64_t run_s,
	   int64_t *since_out, int64_t *until_out)
{
	int64_t day = date_before(p, plan_day_of(z, run_s));

	*until_out = plan_label_at(z, day, 0);
	*since_out = plan_label_at(z, date_before(p, day - 1), 0);
}

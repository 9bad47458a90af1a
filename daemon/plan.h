#ifndef POSTIGO_PLAN_H
#define POSTIGO_PLAN_H

/*
 * plan: when a report that is mailed on a schedule goes out, and which
 * stretch of time it is about. Pure.
 *
 * A plan runs once on each of its dates (every date, Mondays, first days of a
 * month) at a minute of the local day, and tells of the dates since the one
 * before. Only the direction instant -> local label is used: a minute that
 * the clocks skip is run right after the gap, one that they repeat is run at
 * its first occurrence.
 */

#include <stdint.h>

struct zone;

enum plan_period {
	PLAN_DAY,
	PLAN_WEEK,
	PLAN_MONTH,
	PLAN_PERIOD_COUNT
};

#define PLAN_MINUTES 1440 /* of a day; a plan's minute is below */

/* "day", "week", "month". Static. */
const char *plan_period_name(enum plan_period p);

/* PLAN_PERIOD_COUNT: no such name. */
enum plan_period plan_period_parse(const char *name);

/*
 * The first instant at which the zone's clocks show that minute of a date, or
 * a later label.
 * day     days since 1970-01-01
 * Returns UTC seconds.
 */
int64_t plan_label_at(const struct zone *z, int64_t day, int minute);

/* The local date (days since 1970-01-01) of an instant. */
int64_t plan_day_of(const struct zone *z, int64_t t_s);

/* The first instant after now_s at which the plan runs, in UTC seconds. */
int64_t plan_next(const struct zone *z, enum plan_period p, int minute,
		  int64_t now_s);

/*
 * What a plan that runs at run_s tells of: from the beginning of its date
 * before this one (since) to the beginning of this one (until), UTC seconds.
 */
void plan_range(const struct zone *z, enum plan_period p, int64_t run_s,
		int64_t *since_out, int64_t *until_out);

#endif

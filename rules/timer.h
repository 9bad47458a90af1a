#ifndef POSTIGO_TIMER_H
#define POSTIGO_TIMER_H

/*
 * timer: instants of local times, for rules of time. As all of business time
 * it uses the direction instant to label alone, so clock changes need no
 * special case.
 */

#include <stdbool.h>
#include <stdint.h>

struct calendar;

/* A local label: days since 1970-01-01, second of the day, weekday (0 is
 * Monday). */
struct timer_label {
	int64_t day;
	int32_t second;
	int weekday;
};

/* What the clock of a calendar's zone shows at an instant (UTC seconds). */
struct timer_label timer_label(const struct calendar *c, int64_t t_s);

/*
 * The first instant whose label is at or after a local time: the time itself,
 * the first of two, or the end of the gap that it falls in.
 */
int64_t timer_instant(const struct calendar *c, int64_t day, int32_t second);

/* Is the calendar open at an instant? */
bool timer_open(const struct calendar *c, int64_t t_s);

#endif

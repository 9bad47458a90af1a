#ifndef POSTIGO_CALENDAR_H
#define POSTIGO_CALENDAR_H

/*
 * calendar: opening hours of local dates. Hours of a weekday are a sorted
 * list of half-open spans that neither overlap nor touch; a dated exception
 * replaces them. Business time itself is in deadline.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct calendar;
struct zone;

#define CALENDAR_SPANS_MAX 24 /* intervals written for one day */
#define CALENDAR_DATES_MAX 5000
#define DAY_S 86400

struct open_span {
	int32_t from_s; /* second of the local day */
	int32_t to_s;   /* at most DAY_S */
};

/* An empty calendar in a zone, which is taken. name is copied. */
struct calendar *calendar_new(const char *zone_name, struct zone *zone);
void calendar_free(struct calendar **c);

/*
 * Add opening hours to a weekday (0 is Monday). to_s < from_s runs past
 * midnight into the next weekday; to_s may be DAY_S.
 * false: more than CALENDAR_SPANS_MAX were written for that weekday.
 */
bool calendar_open(struct calendar *c, int weekday, int32_t from_s,
		   int32_t to_s);

/*
 * Make a date (days since 1970-01-01) an exception, closed until
 * calendar_date_open adds hours. false: it is one already, or there are
 * CALENDAR_DATES_MAX.
 */
bool calendar_date(struct calendar *c, int64_t day);

/* Hours of an exception; from_s < to_s <= DAY_S. false: too many. */
bool calendar_date_open(struct calendar *c, int64_t day, int32_t from_s,
			int32_t to_s);

/* After the last addition: sort, and unite what overlaps or touches. */
void calendar_finish(struct calendar *c);

/* Is there a weekday with hours? */
bool calendar_ever_open(const struct calendar *c);

/*
 * The spans of a local day.
 * special_out  true if the date is an exception
 * n_out        how many
 */
const struct open_span *calendar_day(const struct calendar *c, int64_t day,
				     size_t *n_out, bool *special_out);

/* Seconds that the spans of a local day hold. */
int32_t calendar_day_open(const struct calendar *c, int64_t day);

/* The spans of a weekday (0 is Monday), with the tail of the day before. */
const struct open_span *calendar_week(const struct calendar *c, int weekday,
				      size_t *n_out);

/* As zone_offset, in the calendar's zone. */
int32_t calendar_offset(const struct calendar *c, int64_t t_s,
			int64_t *until_out);

#endif

#ifndef POSTIGO_DEADLINE_H
#define POSTIGO_DEADLINE_H

/*
 * deadline: business time. When is a promise due, how much of it is used,
 * and the working that shows why.
 *
 * Pure functions of a calendar, whole UTC seconds and pauses. Every interval
 * is half-open. Only the direction instant -> local label is ever used.
 * Source: the worked cases' README (label membership, civil-date holidays,
 * union of intervals and of pauses, due = smallest T with B(start,T) >=
 * budget).
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct calendar;

#define DEADLINE_NEVER INT64_MAX /* no due instant within 1,100 days */

struct pause {
	int64_t from_s;
	int64_t to_s; /* DEADLINE_NEVER: not lifted yet */
};

/* The zone's name; belongs to the calendar. */
const char *calendar_zone(const struct calendar *c);

/*
 * The instant at which a promise is due.
 *
 * start_s   UTC seconds
 * budget_s  >= 0
 * pauses    n of them, any order, may overlap; may be NULL if n is 0
 *
 * Returns UTC seconds, or DEADLINE_NEVER. At most 20 us within a month.
 */
int64_t deadline_due(const struct calendar *c, int64_t start_s,
		     int64_t budget_s, const struct pause *pauses, size_t n);

/* B(a, b): open and unpaused seconds in [from_s, to_s); 0 if to <= from. */
int64_t deadline_used(const struct calendar *c, int64_t from_s, int64_t to_s,
		      const struct pause *pauses, size_t n);

enum working_kind {
	WORKING_OPEN,    /* counted */
	WORKING_CLOSED,  /* outside opening hours */
	WORKING_HOLIDAY, /* a closed or special date */
	WORKING_PAUSED
};

struct working_step {
	int64_t from_s;
	int64_t to_s;
	enum working_kind kind;
	int64_t counted_s; /* seconds of budget used by this step */
};

#define WORKING_MAX 200

struct working {
	struct working_step steps[WORKING_MAX];
	size_t n;
	int cut;           /* steps that did not fit */
	int64_t counted_s; /* sum */
};

/* The steps from start to end (usually the due instant), in order, adjacent. */
void deadline_working(const struct calendar *c, int64_t start_s, int64_t end_s,
		      const struct pause *pauses, size_t n,
		      struct working *out);

/* "open", "closed", "holiday", "paused". Static. */
const char *working_name(enum working_kind k);

#endif

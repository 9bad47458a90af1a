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

#define DEADLINE_NEVER INT64_MAX /* no due instant within the horizon */
/* From the start on, not counting what is paused. */
#define DEADLINE_HORIZON_S (INT64_C(1100) * 86400)

struct pause {
	int64_t from_s;
	int64_t to_s; /* DEADLINE_NEVER: not lifted yet */
};

/* The zone's name; belongs to the calendar. */
const char *calendar_zone(const struct calendar *c);

/*
 * The instant at which a promise is due.
 *
 * c         NULL, here and below: every second is open
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

/*
 * The instant at which a promise in working days is due: the end of the
 * days-th open date after the date of start_s, which is when the last open
 * label of that date is over. A date counts if it has an open second that is
 * not paused; so a pause never makes a promise due earlier.
 *
 * days  0: due at the start
 */
int64_t deadline_days(const struct calendar *c, int64_t start_s, int days,
		      const struct pause *pauses, size_t n);

/* Working days used in (from_s, to_s] of a promise that began at start_s:
 * those that count and were over after from_s and by to_s. */
int deadline_days_used(const struct calendar *c, int64_t start_s,
		       int64_t from_s, int64_t to_s, const struct pause *pauses,
		       size_t n);

/*
 * A stretch of a clock under one calendar and one budget, from from_s until
 * the next span's. The first begins with the clock. Spans are in order; two
 * may begin at the same instant, then the earlier is empty.
 */
struct deadline_span {
	int64_t from_s;
	const struct calendar *calendar; /* NULL: every second is open */
	int64_t budget_s;                /* of the whole clock */
	int days;                        /* working days; budget_s is 0 then */
};

/*
 * When a clock is due whose calendar or budget changed while it ran. What
 * was used before a change stays used; if that is the new budget or more, it
 * is due at the change. A change after the clock was due moves nothing.
 *
 * n  at least 1
 */
int64_t deadline_chain(const struct deadline_span *spans, size_t n,
		       const struct pause *pauses, size_t pause_n);

/* Open and unpaused seconds of a chain until to_s. */
int64_t deadline_chain_used(const struct deadline_span *spans, size_t n,
			    int64_t to_s, const struct pause *pauses,
			    size_t pause_n);

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
	int64_t day;       /* its local date, in days since 1970-01-01; of
			    * several dates the first; not set if paused */
};

#define WORKING_MAX 200

struct working {
	struct working_step steps[WORKING_MAX];
	size_t n;
	int cut;           /* steps that did not fit */
	int64_t counted_s; /* sum */
};

/* The steps from start to end (usually the due instant), in order, adjacent.
 * A step is of one kind, and a holiday's of one date. */
void deadline_working(const struct calendar *c, int64_t start_s, int64_t end_s,
		      const struct pause *pauses, size_t n,
		      struct working *out);

/* "open", "closed", "holiday", "paused". Static. */
const char *working_name(enum working_kind k);

#endif

#ifndef POSTIGO_WALK_H
#define POSTIGO_WALK_H

/*
 * walk: forward in time over a calendar and pauses, one stretch of one kind
 * at a step. What deadline.h counts, it counts with this. Known inside
 * rules/ alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/deadline.h"

#define PAUSES_STACK 16

struct open_span;

/* Pauses as one set: sorted, neither overlapping nor touching. */
struct pauses {
	struct pause few[PAUSES_STACK];
	struct pause *list;
	size_t n;
};

void pauses_init(struct pauses *u, const struct pause *p, size_t n);
void pauses_release(struct pauses *u);
/* The pause that holds every second of [from_s, to_s), which is not empty;
 * NULL: there is none. */
const struct pause *pauses_cover(const struct pauses *u, int64_t from_s,
				 int64_t to_s);

struct walk {
	const struct calendar *c; /* NULL: every second is open */
	const struct pauses *pauses;
	size_t pause; /* the first that is not over */
	int64_t at_s;
	int64_t day;       /* local, of the last step that was not paused */
	int64_t run_end_s; /* the offset holds until here */
	int32_t offset;
	bool fresh;
	/* the spans of day, while the walk goes on in it */
	const struct open_span *spans; /* NULL: not looked up */
	size_t span_count;
	size_t span; /* the first that is not over */
	bool special;
};

void walk_start(struct walk *w, const struct calendar *c,
		const struct pauses *u, int64_t at_s);

/* One step of at least a second, at most up to end_s (> at_s). Unless it is
 * paused, it lies in one local date, which is its day. */
struct working_step walk_next(struct walk *w, int64_t end_s);

/*
 * Pass over whole local dates that begin here, end by end_s and hold neither
 * a pause nor a change of the offset, while their open seconds together stay
 * below limit_s. Returns those seconds; 0 and no move if there is none.
 */
int64_t walk_dates(struct walk *w, int64_t end_s, int64_t limit_s);

/* Days since 1970-01-01 of the local date at an instant. */
int64_t walk_day(const struct calendar *c, int64_t t_s);

/* Where a search for a due instant ends: DEADLINE_HORIZON_S of time that is
 * not paused after the start; a pause that is never lifted adds nothing. */
int64_t walk_horizon(int64_t start_s, const struct pauses *u);

/* When the days-th open date after the one of start_s is over, of those that
 * are not over by from_s; DEADLINE_NEVER: not within the horizon. */
int64_t walk_days_from(const struct calendar *c, int64_t start_s,
		       int64_t from_s, int days, const struct pause *pauses,
		       size_t n);

#endif

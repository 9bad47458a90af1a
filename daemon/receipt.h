#ifndef POSTIGO_RECEIPT_H
#define POSTIGO_RECEIPT_H

/*
 * receipt: the working of a clock, stretch by stretch, through everything
 * that held for it: versions of the desk book, calendars, pauses, holidays by
 * date.
 *
 * Invariants: stretches are in order and adjacent; each is of one kind, of
 * one span and, of a holiday, of one local date; what they count is the
 * course's used time, so at the deadline it is the budget.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/course.h"
#include "rules/deadline.h"

struct clock_row;
struct desk;
struct store;

#define RECEIPT_STRETCHES_MAX 2000 /* of one receipt */

struct receipt_stretch {
	int64_t from_s;
	int64_t to_s;
	enum working_kind kind;
	int64_t counted_s; /* seconds used of the budget */
	int64_t day;       /* its first local date, days since 1970-01-01; not
			      set of a pause */
	size_t span;       /* which of the course's spans held */
	size_t pause;      /* which of its pauses; WORKING_PAUSED alone */
};

struct receipt {
	struct receipt_stretch *list; /* in order */
	size_t n;
	size_t cap;
	bool cut;          /* there were more */
	int64_t counted_s; /* sum */
};

/*
 * The course of a clock, its books and calendars found.
 *
 * out  course_release() whatever the outcome
 *
 * OUT_PERM  code "not_found": a version has no such calendar
 */
enum outcome receipt_course(struct desk *d, struct store *s,
			    const struct clock_row *c, struct course *out,
			    struct err *e) MUST_CHECK;

/*
 * The stretches from the clock's start to an instant.
 * x  zero, or walked before; receipt_release() at the end
 */
void receipt_walk(struct receipt *x, const struct course *c, int64_t until_s);
void receipt_release(struct receipt *x);

#endif

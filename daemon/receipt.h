#ifndef POSTIGO_RECEIPT_H
#define POSTIGO_RECEIPT_H

/*
 * receipt: the working of a clock, stretch by stretch, through everything
 * that held for it: versions of the desk book, calendars, pauses with their
 * causes, holidays by date.
 *
 * Invariants: stretches are in order and adjacent; each is of one kind, of
 * one span and, of a holiday, of one local date; what they count is the
 * clock's used time, so at the deadline it is the budget.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/receipt.h"
#include "rules/deadline.h"

struct book;
struct calendar;
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
	size_t span;       /* which of the rows' spans held */
	size_t pause;      /* which of the rows' pauses; WORKING_PAUSED alone */
};

struct receipt {
	struct book *books[RECEIPT_SPANS_MAX]; /* of each span */
	/* of each span; NULL: every second counts */
	const struct calendar *calendars[RECEIPT_SPANS_MAX];
	size_t span_count;
	struct receipt_stretch *list; /* in order */
	size_t n;
	size_t cap;
	bool cut;          /* there were more */
	int64_t counted_s; /* sum */
};

/* The desk book of a version: the applied one, or an older one's promises;
 * one reference (book_unref). May read the store. */
enum outcome receipt_book(struct desk *d, struct store *s, int64_t version,
			  struct book **out, struct err *e) MUST_CHECK;

/*
 * Get the desk book of each span, and its calendar. May read the store.
 *
 * out  release with receipt_release, whatever the outcome
 *
 * OUT_PERM  code "not_found": a version has no such calendar
 */
enum outcome receipt_open(struct desk *d, struct store *s,
			  const struct receipt_rows *r, struct receipt *out,
			  struct err *e) MUST_CHECK;
void receipt_release(struct receipt *x);

/* The stretches from the clock's start to an instant. */
void receipt_walk(struct receipt *x, const struct receipt_rows *r,
		  int64_t until_s);

/* Seconds of the budget that were used at an instant; the same sum, without
 * the stretches. */
int64_t receipt_used(const struct receipt *x, const struct receipt_rows *r,
		     int64_t at_s);

#endif

#ifndef POSTIGO_STORE_COURSE_H
#define POSTIGO_STORE_COURSE_H

/*
 * course: how a clock ran from its start on: under which terms from when, and
 * when it stood still. When it is due, and what it used, follow from nothing
 * else; clocks, their receipt and fsck ask here.
 *
 * Invariants: spans are in the order of their instants, at least one, and the
 * first begins at the start; pauses are in their order, the last one alone may
 * hold. What spans and pauses make of a deadline is rules/deadline.h's.
 * Source: schema/STORE.md, "clock_span", "clock_pause".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "rules/deadline.h"

struct book;
struct calendar;

#define COURSE_WORD_MAX 512    /* octets of a name of the desk book, with NUL */
#define COURSE_SPANS_MAX 100   /* of one clock; then it is moved no more */
#define COURSE_PAUSES_MAX 1000 /* of one clock; then it pauses no more */

/* What a policy promised. Either budget_s or days is 0. */
struct course_terms {
	int64_t book_version;
	char policy[COURSE_WORD_MAX];
	char calendar[COURSE_WORD_MAX]; /* "": every second counts */
	int64_t budget_s;
	int64_t days; /* working days */
};

struct course_span {
	int64_t from_s;
	struct course_terms terms;
	/* after course_resolve() */
	const struct calendar
		*calendar; /* of book; NULL: every second counts */
	struct book *book; /* one reference */
};

struct course_pause {
	int64_t from_s;
	int64_t to_s; /* DEADLINE_NEVER: it holds */
	char cause[24];
};

struct course {
	int64_t start_s;
	struct course_span *spans;
	size_t span_count;
	struct course_pause *pauses;
	size_t pause_count;
};

/* Begin at start_s under those terms; nothing is paused. */
void course_init(struct course *c, int64_t start_s,
		 const struct course_terms *terms);
void course_release(struct course *c);

/* From from_s on other terms hold; at or before the start: from the start on,
 * as if there had been no others. false: over the ceiling. */
bool course_move(struct course *c, int64_t from_s,
		 const struct course_terms *terms);
/* The start lies elsewhere. */
void course_start(struct course *c, int64_t start_s);
/* false: over the ceiling. to_s DEADLINE_NEVER: it holds. */
bool course_pause(struct course *c, int64_t from_s, int64_t to_s,
		  const char *cause);
/* Lift the pause that holds, if one does. */
void course_resume(struct course *c, int64_t to_s);
bool course_paused(const struct course *c);

/* The book of a version, one reference. */
typedef enum outcome course_book_fn(void *arg, int64_t version,
				    struct book **out, struct err *e);

/*
 * Find book and calendar of each span that has none yet.
 * OUT_PERM  code "not_found": that version has no such calendar
 */
enum outcome course_resolve(struct course *c, course_book_fn *book, void *arg,
			    struct err *e) MUST_CHECK;

/* Spans and pauses as rules/deadline.h reads them, to be freed with mem_free().
 * After course_resolve(). holding: with the pause that holds, if one does. */
struct deadline_span *course_chain(const struct course *c);
struct pause *course_pauses(const struct course *c, bool holding,
			    size_t *n_out);

/*
 * When it is due; DEADLINE_NEVER: never. A pause that holds is left out: the
 * deadline is then as it stood when it began. After course_resolve().
 */
int64_t course_due(const struct course *c);

/* Open seconds in which it did not stand still, from its start to until_s. */
int64_t course_used(const struct course *c, int64_t until_s);

#endif

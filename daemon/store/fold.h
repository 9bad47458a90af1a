#ifndef POSTIGO_FOLD_H
#define POSTIGO_FOLD_H

/*
 * fold: what happened against what was made of it. The events of each
 * incident are gone through in their order, and what they tell is compared
 * with the rows of incident, incident_tag, clock (its spans and pauses are
 * columns of it), breach, delivery, rating, visitor and claim, column by column; messages are compared with the events that tell
 * of them, deadlines are computed anew from the version of the desk book that
 * the clock names.
 *
 * One incident is in memory at a time; FOLD_SLICE of them are read in one
 * snapshot. Source: schema/STORE.md, "What fsck looks at".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct check_report;
struct store;

#define FOLD_SLICE 1000        /* incidents of one snapshot */
#define FOLD_THINGS_MAX 200000 /* rows and messages of one incident */

/* The tables that events tell of. */
enum fold_kind {
	FOLD_INCIDENT,
	FOLD_TAGS, /* of an incident; one column, a list */
	FOLD_CLOCK,
	FOLD_BREACH, /* its row is its clock's */
	FOLD_DELIVERY,
	FOLD_RATING,
	FOLD_VISITOR,
	FOLD_CLAIM, /* its row is its incident's */
	FOLD_KINDS
};

/* The table's name; static. */
const char *fold_table(enum fold_kind k);

/* A row, or one column of it, that is not what the events tell. */
struct fold_difference {
	enum fold_kind kind;
	int64_t id;
	int64_t incident_id;
	const char *column;       /* NULL: the row as a whole */
	const json_t *have;       /* NULL: there is no row */
	const json_t *want;       /* NULL: there should be none */
	const json_t *const *row; /* whole row missing: its columns */
	bool whole;               /* the incident's events are all there */
};

/* Told of each difference, besides the report. */
typedef enum outcome fold_fn(void *arg, const struct fold_difference *d,
			     struct err *e);

/* Between slices: nothing is read just now. */
typedef enum outcome fold_slice_fn(void *arg, struct err *e);

struct fold_listener {
	fold_fn *difference; /* NULL: nobody listens */
	fold_slice_fn *slice;
	void *arg;
};

/*
 * Fold everything.
 *
 * s  a handle; without an open transaction each slice has its own snapshot
 * l  or NULL
 *
 * OUT_OK    the report says what was found
 * OUT_TEMP  code "stopped", or the disk failed
 */
enum outcome fold_run(struct store *s, struct check_report *r,
		      const struct fold_listener *l, struct err *e) MUST_CHECK;

#endif

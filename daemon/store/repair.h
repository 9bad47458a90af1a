#ifndef POSTIGO_REPAIR_H
#define POSTIGO_REPAIR_H

/*
 * repair: make anew what is derived, and nothing else: rows that events tell
 * of where the events of their incident are whole; columns that repeat what
 * other rows say; marks of octets; search.db; files that no row names.
 *
 * Never touched: messages, events, octets that a row names, audit rows, the
 * desk book, and what a delivery is about to do: none becomes due again by a
 * repair. Source: schema/STORE.md, "What fsck looks at".
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/fold.h"

struct check_report;
struct store;

#define REPAIR_LIST_MAX 2000 /* changes that are listed */

/* What was done. changes is the caller's, made and freed by it. */
struct repair {
	json_t *changes; /* list of {what, row} */
	int64_t changed; /* changes, listed or not */
	int64_t left;    /* differences that were let be */
};

/*
 * Repair the desk in a folder of which the caller has the lock.
 *
 * w  the writing handle
 * s  a reading handle on the same store
 * r  progress, stop; what the walk finds is added to it
 *
 * OUT_OK    what could be mended is, durably; check again to see what is left
 * OUT_TEMP  stopped, or the disk failed: what was mended before stays
 */
enum outcome repair_run(struct store *w, struct store *s,
			struct check_report *r, struct repair *out,
			struct err *e) MUST_CHECK;

/* --- for repair*.c alone ------------------------------------------------------ */

/* Note one change; row is taken. */
void repair_note(struct repair *p, const char *what, json_t *row);

/* Mend one difference on the writing handle, in its transaction. */
enum outcome repair_difference(struct store *w, struct repair *p,
			       const struct fold_difference *d,
			       struct err *e) MUST_CHECK;

#endif

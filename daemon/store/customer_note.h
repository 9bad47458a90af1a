#ifndef POSTIGO_CUSTOMER_NOTE_H
#define POSTIGO_CUSTOMER_NOTE_H

/*
 * customer_note: what the desk wrote down of a customer, one text of each. It
 * stays with who it is about: a merge moves none, and whoever is looked at is
 * shown theirs and those of all who are part of them.
 * Source: schema/STORE.md, "customer_note".
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define CUSTOMER_NOTES_MAX 20 /* shown at once */

/* When a customer's own note was written; 0: there is none. */
enum outcome customer_note_at(struct store *s, int64_t customer_id,
			      int64_t *out, struct err *e) MUST_CHECK;

/*
 * Write a customer's own note, instead of the one that there was.
 *
 * text      "" takes it away
 * agent_id  who writes; 0: the command line
 */
enum outcome customer_note_put(struct store *s, int64_t customer_id,
			       const char *text, int64_t agent_id,
			       int64_t now_ms, struct err *e) MUST_CHECK;

/* CustomerNote objects of methods.tbl: their own first, then the newest of
 * those who are part of them. At most CUSTOMER_NOTES_MAX. */
enum outcome customer_note_list(struct store *s, int64_t customer_id,
				json_t **out, struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_MERGED_H
#define POSTIGO_MERGED_H

/*
 * merged: rows of two customers who are made one, and two again. What moved is
 * a journal, JSON of ids, codes and numbers:
 *
 *   identities, incidents, orders   rows that were the other's
 *   windows, rules                  rows of contact_window and rule_sent that
 *                                   were the other's; kept_windows, kept_rules
 *                                   those of the survivor
 *   named, language                 the survivor had none and took it
 *   last_incident, last_order       the newest rows of the desk at that instant
 *   suggestion                      the row that it settled, and was open
 *
 * Invariant: after merged_back() each row is whose it would be had they never
 * been one: what moved goes back, and what came since goes to whose address it
 * came from.
 * Source: schema/STORE.md, "suggestion, customer_merge".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define MERGED_ROWS_MAX 20000   /* incidents and orders that move at once */
#define MERGED_WINDOWS_MAX 1000 /* of a customer */

struct merged {
	int64_t id; /* 0: there is none */
	int64_t kept_id;
	int64_t gone_id;
	int64_t agent_id; /* 0: Postigo itself */
	int64_t at_ms;
	int64_t undone_ms; /* 0: it stands */
	json_t *journal;   /* owned */
};

/* Which customer somebody is part of; 0: they stand for themselves.
 * OUT_PERM code "not_found". */
enum outcome merged_into(struct store *s, int64_t customer_id, int64_t *out,
			 struct err *e) MUST_CHECK;

/* Incidents and orders of a customer, together. */
enum outcome merged_weight(struct store *s, int64_t customer_id, int64_t *out,
			   struct err *e) MUST_CHECK;

/*
 * Move all that gone has to kept, and write the row.
 *
 * agent_id  0: Postigo itself
 * out       the row as written; merged_release() whatever the outcome
 */
enum outcome merged_move(struct store *s, int64_t kept_id, int64_t gone_id,
			 int64_t agent_id, int64_t now_ms, struct merged *out,
			 struct err *e) MUST_CHECK;

/* Give it back, and note that it was.
 * incidents_out  new list of rows of incidents that are gone's again */
enum outcome merged_back(struct store *s, const struct merged *m,
			 int64_t agent_id, int64_t now_ms,
			 json_t **incidents_out, struct err *e) MUST_CHECK;

/* OUT_PERM code "not_found". merged_release() whatever the outcome. */
enum outcome merged_load(struct store *s, int64_t id, struct merged *out,
			 struct err *e) MUST_CHECK;
void merged_release(struct merged *m);

/*
 * What made a customer who they are, the newest first, at most 100:
 * CustomerMerge objects of methods.tbl, undone ones too.
 */
enum outcome merged_list(struct store *s, int64_t customer_id, json_t **out,
			 struct err *e) MUST_CHECK;

#endif

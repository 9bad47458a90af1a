#ifndef POSTIGO_CUSTOMER_MERGE_H
#define POSTIGO_CUSTOMER_MERGE_H

/*
 * customer: two customers are made one, and two again.
 *
 * Invariants: whatever moves is in the journal, and goes back; who was merged
 * keeps the row and points to whom they are part of; each incident that moves
 * has an event, the desk one more, and the audit a line. Merges of one chain
 * are undone from the newest.
 * Why so: contrib/decisions/0044-joined-by-what-is-proved.md.
 */

#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* Who does it. */
struct customer_by {
	int64_t agent_id; /* 0: Postigo itself */
	const char *role; /* of the socket, for the audit */
	int64_t now_ms;
};

/*
 * Make gone a part of kept.
 *
 * OUT_PERM  code "not_found"; code "conflict": the same, or one of them is part
 *           of another one; code "too_large": over MERGED_ROWS_MAX rows
 */
enum outcome customer_merge(struct store *s, int64_t kept_id, int64_t gone_id,
			    const struct customer_by *by, int64_t *merge_out,
			    struct err *e) MUST_CHECK;

/*
 * Undo a merge. gone_out: who stands alone again
 *
 * OUT_PERM  code "not_found"; code "conflict": it was undone, or the survivor is
 *           part of another one since
 */
enum outcome customer_unmerge(struct store *s, int64_t merge_id,
			      const struct customer_by *by, int64_t *kept_out,
			      int64_t *gone_out, struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_LEASE_H
#define POSTIGO_LEASE_H

/*
 * lease: what waits for a gateway is given to it for a while. What jobs, hooks
 * and deliveries do alike. For the modules of daemon/store alone.
 */

#include <stddef.h>

#include "daemon/store/row.h"

/* Things that wait. Borrowed; all of it is static. */
struct lease_queue {
	const struct sql *due;  /* binds instant, role, limit */
	const struct sql *take; /* binds id, end of the lease */
	row_fn *make;           /* of a row of due; has a member "id" */
	int weighed;            /* column whose octets count */
	size_t octets_max;      /* given at once, beside the first */
	int max;                /* things given at once */
};

/*
 * Give a role what is due, and lease it until lease_ms.
 * max   at most so many; fewer where octets or the queue's limit say so
 * out   a list on OUT_OK, else NULL
 * Outcomes: those of store_fail(). For the caller's transaction.
 */
enum outcome lease_take(struct store *s, const struct lease_queue *q,
			const char *role, int64_t now_ms, int64_t lease_ms,
			int max, json_t **out, struct err *e) MUST_CHECK;

/*
 * The clock went back: nothing waits for longer than wait_ms from now, and no
 * lease ends later than lease_ms from now.
 * due, lease  bind the instant and how long it may be at the most
 */
enum outcome lease_clock_back(struct store *s, const struct sql *due,
			      const struct sql *lease, int64_t now_ms,
			      int64_t wait_ms, int64_t lease_ms,
			      struct err *e) MUST_CHECK;

/*
 * The next instant at which a lease ends or something becomes due; INT64_MAX
 * if there is none.
 * lease  binds nothing
 * due    binds the instant after which it is looked for
 */
enum outcome lease_next(struct store *s, const struct sql *lease,
			const struct sql *due, int64_t now_ms, int64_t *ms_out,
			struct err *e) MUST_CHECK;

#endif

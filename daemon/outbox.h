#ifndef POSTIGO_OUTBOX_H
#define POSTIGO_OUTBOX_H

/*
 * outbox: how an attempt to deliver ends, whether a gateway says so or its
 * lease runs out, and what follows for the incident.
 *
 * Source: schema/PROTOCOL.md, "Deliveries".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct delivery;
struct desk;
struct store;

#define OUTBOX_BYTES_MAX (600 * 1024) /* of one outbox.take */

enum outbox_end {
	OUTBOX_SENT,   /* the channel has it */
	OUTBOX_RETRY,  /* failed for the moment */
	OUTBOX_FAILED, /* failed for good */
	OUTBOX_UNKNOWN /* nobody can say */
};

/* The words of outbox.report. */
bool outbox_end_parse(const char *word, bool retry, enum outbox_end *out);

/*
 * End an attempt: queue it again with back-off (at most 4 days after it was
 * first queued; after an unknown outcome twice, where a mail server is the
 * other end), or end the delivery; write delivery.changed; a failure for
 * good reopens the clock and the incident.
 *
 * detail     the channel's answer, in short
 * state_out  the delivery's state now; static
 */
enum outcome outbox_end(struct desk *d, struct store *s,
			const struct delivery *dl, enum outbox_end end,
			const char *detail, int64_t now_ms,
			const char **state_out, struct err *e) MUST_CHECK;

/*
 * It came back, whatever was said of it before: it failed, with the instant in
 * bounced_ms, and what follows is as above. Nothing if it had failed already.
 */
enum outcome outbox_bounced(struct desk *d, struct store *s,
			    const struct delivery *dl, const char *detail,
			    int64_t now_ms, struct err *e) MUST_CHECK;

/* Leases that ran out, at most max. n_out: how many. */
enum outcome outbox_lapse(struct desk *d, struct store *s, int64_t now_ms,
			  int max, int *n_out, struct err *e) MUST_CHECK;

#endif

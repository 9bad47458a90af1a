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

/*
 * The channel says that it failed for good, whether it had accepted it before
 * or not: as a failure, or as outbox_bounced(); then outbox_coded().
 */
enum outcome outbox_refused(struct desk *d, struct store *s,
			    const struct delivery *dl, int64_t code,
			    const char *detail, int64_t now_ms,
			    struct err *e) MUST_CHECK;

/*
 * Why a delivery by WhatsApp failed: event delivery.failed, and what follows
 * of some codes: the window is closed, the customer wants nothing more of
 * the kind, or their address is flagged.
 * code  Graph's; 0: it gave none
 */
enum outcome outbox_coded(struct store *s, const struct delivery *dl,
			  int64_t code, const char *detail, int64_t now_ms,
			  struct err *e) MUST_CHECK;

/*
 * The channel has it: it is sent, whatever was thought of it. Of one that had
 * failed, the answer counts again, from the instant at which it was written.
 */
enum outcome outbox_proved(struct desk *d, struct store *s,
			   const struct delivery *dl, int64_t now_ms,
			   struct err *e) MUST_CHECK;

/*
 * Staff send one again that failed or of which nobody knows: queued under the
 * same key; what it answers is answered anew, if it had failed.
 * OUT_PERM  code "conflict": it is not one of WhatsApp that ended so
 */
enum outcome outbox_again(struct desk *d, struct store *s,
			  const struct delivery *dl, int64_t agent_id,
			  int64_t now_ms, struct err *e) MUST_CHECK;

/* Leases that ran out, at most max. n_out: how many. */
enum outcome outbox_lapse(struct desk *d, struct store *s, int64_t now_ms,
			  int max, int *n_out, struct err *e) MUST_CHECK;

#endif

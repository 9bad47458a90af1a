#ifndef POSTIGO_WHATSAPP_SEND_H
#define POSTIGO_WHATSAPP_SEND_H

/*
 * send: deliveries of the outbox, each as one message of Graph.
 *
 * Invariants: the daemon knows that a message may go before its first octet
 * does (outbox.begin), so what a gateway had in hand when it was killed is
 * sent by the next one unless it may have gone. It is asked for once, and
 * again only when Graph refused it or nothing of it had gone; where nobody knows, its lease is kept for
 * SEND_DOUBT_MS, in which a status with its tracker may come, and then it is
 * reported as unknown. To one person one goes at a time, in the order in
 * which they were taken, the next when Graph said "sent" of the one before, or
 * SEND_SETTLE_MS after it. What cannot begin within SEND_BEGIN_MS is given
 * back. What a stopped connection has is given back too, and kept by the
 * daemon.
 *
 * Source: schema/PROTOCOL.md, "Deliveries"; contrib/decisions/0033.
 */

#include "gateways/common/part.h"

#define SEND_MAX 200         /* deliveries in hand */
#define SEND_FLYING_MAX 24   /* of them asked for */
#define SEND_TAKE_MS 70000   /* lease of what is taken and has not begun */
#define SEND_LEASE_MS 150000 /* of what has begun */
#define SEND_BEGIN_MS 50000  /* after it was taken, for the last try */
#define SEND_DOUBT_MS 120000 /* for a status of what nobody knows */
#define SEND_SPARE_MS 10000  /* of the lease, for a report to arrive */
#define SEND_SETTLE_MS 3000  /* for "sent" of the one before */

struct accounts;
struct bus;
struct graph;
struct lines;
struct send;
struct uploads;

/* Everything is borrowed. For tests alone: POSTIGO_TEST_DOUBT_MS in the
 * environment, in the place of SEND_DOUBT_MS. */
struct send *send_new(struct bus *bus, const struct accounts *accounts,
		      struct graph *graph, struct lines *lines,
		      struct uploads *uploads);
/* After graph. */
void send_free(struct send **s);
struct part send_part(struct send *s);

/* A status came: what waits for it need not wait any more. Any may be NULL.
 * external_id  Graph's id of the message
 * tracker      its biz_opaque_callback_data
 * word         sent, delivered, ..., failed */
void send_status(struct send *s, const char *external_id, const char *tracker,
		 const char *word);

#endif

#ifndef POSTIGO_WHATSAPP_RECEIVE_H
#define POSTIGO_WHATSAPP_RECEIVE_H

/*
 * receive: what Meta's server asks of ours. The handshake, and deliveries:
 * signed, stored, then answered with 200; nothing of them is looked at here.
 *
 *   GET  /whatsapp/PHONE_NUMBER_ID   the handshake
 *   POST /whatsapp/PHONE_NUMBER_ID   a delivery
 *   GET  /healthz, /readyz
 *
 * Invariants: 200 leaves only after the daemon has committed the octets; the
 * signature is made over them as they came; a body over RECEIVE_BYTES is
 * refused before it is read, one without a signature as well.
 *
 * Source: Meta, "Webhooks"; gateways/whatsapp/README.md, "Answers".
 */

#include <stddef.h>

#define RECEIVE_BYTES ((size_t)4 * 1024 * 1024) /* of one delivery */
#define RECEIVE_MAX 512 /* deliveries under way, read or stored */
#define RECEIVE_HELD_BYTES ((size_t)64 * 1024 * 1024) /* of all of them */
/* A body may come for so long, and as long as it takes at so many a second */
#define RECEIVE_READ_MS 10000
#define RECEIVE_READ_BYTES_S ((size_t)256 * 1024)
#define RECEIVE_STORE_MS 10000 /* for the daemon to store it; then 503 */

struct accounts;
struct bus;
struct hit;
struct receive;
struct server;

/* Everything is borrowed. */
struct receive *receive_new(struct server *s, struct bus *bus,
			    const struct accounts *accounts);
/* No more timers: before the server is closed. */
void receive_stop(struct receive *r);
/* After the server and the bus. */
void receive_free(struct receive **r);

/* The server's hook: arg is the struct receive. */
void receive_hit(void *arg, struct hit *h);

/* Begin nothing more: deliveries are answered with 503 from now on. */
void receive_leave(struct receive *r);

/* Deliveries under way. */
size_t receive_busy(const struct receive *r);

#endif

#ifndef POSTIGO_WHATSAPP_RECEIVE_H
#define POSTIGO_WHATSAPP_RECEIVE_H

/*
 * receive: what Meta's server asks of ours. The handshake, and deliveries:
 * signed, stored, then answered with 200 (hookin.h); nothing of them is looked
 * at here.
 *
 *   GET  /whatsapp/PHONE_NUMBER_ID   the handshake
 *   POST /whatsapp/PHONE_NUMBER_ID   a delivery
 *   GET  /healthz, /readyz
 *
 * Invariants: those of hookin.h; the signature is made over the octets as they
 * came; a delivery without one is refused before it is read.
 *
 * Source: Meta, "Webhooks"; gateways/whatsapp/README.md, "Answers".
 */

#include <stddef.h>

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

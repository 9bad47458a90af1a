#ifndef POSTIGO_SHOP_RECEIVE_H
#define POSTIGO_SHOP_RECEIVE_H

/*
 * receive: webhooks of shops and of tracking services: signed, stored with
 * their topic, then answered with 200 (hookin.h); nothing of a body is looked
 * at here.
 *
 *   POST /shop/PATH   a delivery; PATH is 32 hex digits, a secret of its own
 *   GET  /healthz, /readyz
 *
 * Invariants: those of hookin.h; the path says whose secret signs, and a
 * header that names another shop than the connection's is refused as if it
 * were unsigned. WooCommerce's ping, which is unsigned, is answered 200 and
 * changes nothing.
 *
 * Source: gateways/shop/README.md, "Answers".
 */

#include <stddef.h>

struct bus;
struct hit;
struct mine;
struct shop_receive;
struct server;

/* Everything is borrowed. */
struct shop_receive *shop_receive_new(struct server *s, struct bus *bus,
				      const struct mine *shops);
/* No more timers: before the server is closed. */
void shop_receive_stop(struct shop_receive *r);
/* After the server and the bus. */
void shop_receive_free(struct shop_receive **r);

/* The server's hook: arg is the struct shop_receive. */
void shop_receive_hit(void *arg, struct hit *h);

/* Begin nothing more: deliveries are answered with 503 from now on. */
void shop_receive_leave(struct shop_receive *r);

/* Deliveries under way. */
size_t shop_receive_busy(const struct shop_receive *r);

#endif

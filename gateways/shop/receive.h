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

#include "gateways/common/hookgw.h"

/* With connections of its own. Both are borrowed. */
struct hookgw_receive shop_receive_new(struct server *s, struct bus *bus);

#endif

#ifndef POSTIGO_SHOP_WOO_ORDER_H
#define POSTIGO_SHOP_WOO_ORDER_H

/*
 * woo_order: an order of WooCommerce's REST API, which is the body of its
 * webhooks too, as the neutral order.
 *
 * Source: woocommerce/woocommerce-rest-api-docs, v3, Orders, Order
 * refunds; Shipment Tracking's developer pages for parcels.
 */

#include <jansson.h>

#include "gateways/shop/read.h"

/* The row of an order's metadata in which plugins keep parcels. */
#define WOO_PARCELS "_wc_shipment_tracking_items"

/*
 * o  what scan_json_text() made of an object
 *
 * Returns a new neutral order; NULL: it is none, for it has no id or no
 * currency, or is a cart whose checkout goes on.
 */
json_t *woo_order(const struct read_about *about, const json_t *o);

/* External ids of the orders of facts that say that money went back, and not for
 * which lines: a new list. */
json_t *woo_refunded(const json_t *facts);

/*
 * Set the lines and instants of a neutral order's refunds, and what of its
 * lines was paid back, by what its /refunds say.
 */
void woo_refund_lines(const json_t *order, const json_t *refunds);

/* Its parcels: a new list of the neutral order's shipments, maybe empty. */
json_t *woo_parcels(const json_t *o);

#endif

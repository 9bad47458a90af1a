#ifndef POSTIGO_SHOP_READ_WOO_H
#define POSTIGO_SHOP_READ_WOO_H

/*
 * read_woo: bodies of WooCommerce: of its webhooks, by their topic, and
 * answers of its REST API, without one: an order, or a list of them.
 *
 * A webhook's body is made when it is sent: it is the newest state, and two of
 * one order may be the same. Of a customer's deletion nothing follows: their
 * orders stay.
 *
 * Source: woocommerce/woocommerce, class-wc-webhook.php.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gateways/shop/read.h"

/*
 * Is it what WooCommerce posts when a webhook is saved? It has no signature,
 * and the shop shows an error unless the answer is 200.
 */
bool read_woo_is_ping(const char *body, size_t n);

/*
 * See read_fn. OUT_TEMP: without a topic, a page instead of an answer, as
 * shops have it in maintenance: to be asked for later.
 */
enum outcome read_woo(const struct read_about *about, const char *body,
		      size_t n, json_t **facts_out, struct err *e) MUST_CHECK;

#endif

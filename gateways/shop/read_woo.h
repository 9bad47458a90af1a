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

#include <stddef.h>

#include "gateways/shop/read.h"

/*
 * See read_fn. OUT_TEMP: without a topic, a page instead of an answer, as
 * shops have it in maintenance: to be asked for later.
 */
enum outcome read_woo(const struct read_about *about, const char *body,
		      size_t n, json_t **facts_out, struct err *e) MUST_CHECK;

#endif

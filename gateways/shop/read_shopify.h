#ifndef POSTIGO_SHOP_READ_SHOPIFY_H
#define POSTIGO_SHOP_READ_SHOPIFY_H

/*
 * read_shopify: bodies of Shopify: of its webhooks, by their topic, and answers
 * of its API, without one: an order or a list of them, bare or wrapped.
 *
 * A body of a return, of an edit, or of a parcel's event says little: of these
 * comes a fact "look" with the order's id, which is to be read.
 *
 * Source: shopify.dev, Webhooks; Privacy law compliance.
 */

#include <stddef.h>

#include "gateways/shop/read.h"

/* See read_fn. OUT_TEMP: without a topic, a page instead of an answer. */
enum outcome read_shopify(const struct read_about *about, const char *body,
			  size_t n, json_t **facts_out,
			  struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_SHOP_SHOPIFY_ORDER_H
#define POSTIGO_SHOP_SHOPIFY_ORDER_H

/*
 * shopify_order: an order of Shopify as the neutral order, and its parts. It
 * has the members of the REST resource, which the bodies of webhooks are too;
 * pull_shopify.c asks GraphQL for the same names. So ids may be
 * "gid://shopify/Order/1", words in upper case, lists in `nodes`, and amounts
 * in `_set` alone.
 *
 * Amounts are those of the shop's currency, not of the customer's.
 *
 * Source: shopify.dev, REST Admin API, Order, Fulfillment, Refund; GraphQL
 * Admin API, Order.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateways/shop/read.h"

#define SHOPIFY_WORD_MAX 40 /* octets of a word of theirs, with its NUL */

/* The neutral order; NULL: it has no id, name or currency. A new one. */
json_t *shopify_order(const struct read_about *about, const json_t *o);

/* Its lines: a new list. */
json_t *shopify_lines(const json_t *order, const char *currency);

/* Set refunded_quantity of lines, by an order's refunds as they came. */
void shopify_refunded(json_t *lines, const json_t *refunds);

/* Set customer, billing and shipping of the neutral order out. Where something
 * may be that only some orders have: the first that does. */
void shopify_people(const struct read_about *about, const json_t *o,
		    json_t *out);

/*
 * Add a fulfillment's parcels to a list: one for each tracking number, the
 * first under the fulfillment's id, the others under that, '-', and their
 * place. false: it has no id.
 */
bool shopify_parcels(const json_t *fulfillment, json_t *list);

/*
 * A refund of the neutral order: new; NULL: no money went back, or there is no
 * id. What counts are transactions that succeeded.
 * back  is raised by the amount, if it is in that currency
 */
json_t *shopify_refund(const json_t *refund, const char *currency,
		       int64_t *back);

/* A return of the neutral order; NULL: it has no id. */
json_t *shopify_return(const json_t *one);

/* Of which line a row of refund_line_items is: a new id, or NULL. */
json_t *shopify_refund_line(const json_t *row);

/* The id of a member, without what GraphQL writes before it: new, or NULL. */
json_t *shopify_id(const json_t *o, const char *member);

/* A word of theirs in lower case; "" if there is none. */
void shopify_word(const json_t *o, const char *member,
		  char out[SHOPIFY_WORD_MAX]);

/* The rows of a list, which GraphQL has in `nodes`: a new list. */
json_t *shopify_rows(const json_t *o, const char *member);

/* A word of theirs, and what it is in the neutral order. */
struct shopify_means {
	const char *theirs; /* NULL: the end of a table */
	const char *ours;
};

/* What a table says of a word; "unknown" if nothing. Static. */
const char *shopify_means(const struct shopify_means *table,
			  const char *theirs);

/* An amount of the shop's currency, borrowed: of `member`_set, else of
 * `member`; NULL: there is none. */
const char *shopify_amount(const json_t *o, const char *member);

#endif

#ifndef POSTIGO_SHOP_READ_H
#define POSTIGO_SHOP_READ_H

/*
 * read: the seam of the readers: one body of a shop, or of a tracking service,
 * to the facts in it. Readers are pure: the same body gives the same facts,
 * and nobody is asked.
 *
 * A fact is an object with `kind`, and beside it:
 *
 *   order        order: the neutral order, as schema/ORDERS.md has it
 *   shipment     shipment: what shipment.put takes, without its connection
 *   refund       order: external id; refund, if it says what. Money went back:
 *                the order is to be read
 *   look         order: external id. It changed, and the body does not say how:
 *                the order is to be read
 *   delete       order: external id
 *   privacy      topic, id (of the person, or of the shop), body: what it says
 *                of whom: {shop_domain, customer: {email, phone},
 *                orders_to_redact or orders_requested: external ids}
 *   uninstalled  -
 *   customer     customer: {external_id, email, phone_raw, ...}
 *   nothing      why: in words, for people; code: one word, where an
 *                administrator has to know of it ("rest_error")
 *
 * Source: schema/ORDERS.md; gateways/shop/README.md.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"

/* What a body does not say itself. Texts are never NULL; "": not known. */
struct read_about {
	const char *topic;   /* of a webhook: "order.created", "orders/paid" */
	const char *zone;    /* of the shop, where its times have none */
	const char *country; /* of a phone where its address has none: "ES" */
	bool delivered;      /* an order that is "completed" was delivered */
};

/*
 * facts_out  new array, in the body's order; empty: nothing is said
 *
 * OUT_PERM   it cannot be understood; e says why, in words that name no person
 * OUT_TEMP   without a topic alone: a page instead of an answer; ask again later
 */
typedef enum outcome read_fn(const struct read_about *about, const char *body,
			     size_t n, json_t **facts_out, struct err *e);

#endif

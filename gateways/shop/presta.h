#ifndef POSTIGO_SHOP_PRESTA_H
#define POSTIGO_SHOP_PRESTA_H

/*
 * presta: what PrestaShop's webservice says of an order, in a dozen resources,
 * as one neutral order. Pure; shared by its reader and its pull.
 *
 * Records are values of presta_tree(): ids and money are text.
 *
 * Source: PrestaShop's documentation of its webservice (1.7 to 9); its
 * install-dev/data/xml/order_state.xml and classes/order/OrderSlip.php.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"

struct zone;

/*
 * An answer, in JSON or XML, as one object {resource: records}; {} if it is
 * the empty array that means nothing was found.
 *
 * OUT_PERM  neither; a page in HTML is said to be one
 */
enum outcome presta_tree(const char *p, size_t n, json_t **out,
			 struct err *e) MUST_CHECK;

#define PRESTA_RECORDS_MAX 50000 /* of an answer */

/*
 * The records of a resource: an array, or the only one. New array.
 * one   what a single record is called: "order"
 * many  what a list is called: "orders"
 */
json_t *presta_records(const json_t *tree, const char *one, const char *many);

/* Records under their ids: a new object. */
json_t *presta_by_id(const json_t *records);

/* An answer that is an error: its code, or "" if it has none; NULL: it is
 * none. text_out gets its words, borrowed, or NULL. */
const char *presta_error(const json_t *tree, const char **text_out);

/* What an order is joined with. */
struct presta_about {
	/* of those resources that were asked for: order_states, currencies,
	 * countries, customers, addresses, order_details and carriers as
	 * presta_by_id() makes them; order_payments, order_carriers,
	 * order_slip and order_histories as arrays of records */
	const json_t *joined;
	const struct zone *zone; /* of the shop; NULL: UTC */
	const char *country;     /* where an address has none; or "" */
};

/* The neutral order: a new object; NULL: it has no id. One that is joined and
 * whose currency is not known has no amounts. */
json_t *presta_order(const json_t *order, const struct presta_about *about);

/* Parts of it, which stand alone in an answer that is read without joins.
 * currency may be NULL. New objects; NULL: it is none. */
json_t *presta_refund(const json_t *slip, const char *currency,
		      const struct zone *zone);
json_t *presta_parcel(const json_t *parcel, const struct presta_about *about);
json_t *presta_customer(const json_t *customer);

/* The record of a resource with this id; NULL: none. Borrowed. */
const json_t *presta_find(const struct presta_about *about,
			  const char *resource, const char *id);

/* Is the member of the record this text? */
bool presta_is(const json_t *record, const char *name, const char *text);

/* What a shop's state means. Flags and mail templates say it: names and ids
 * are what each shop edits. */
struct presta_state {
	bool known;
	bool paid;
	bool shipped;
	bool delivered;
	bool cancelled;
	bool refunded;
	bool failed;
};
struct presta_state presta_state(const struct presta_about *about,
				 const char *id);

#endif

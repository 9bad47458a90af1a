#ifndef POSTIGO_ORDERSAY_H
#define POSTIGO_ORDERSAY_H

/*
 * ordersay: what rules and saved replies know of an order.
 *
 * Invariant: what goes by itself says something of an order only where it goes
 * to an address that the order names.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/orderwords.h"
#include "daemon/store/orderfact.h"

struct calendar;
struct facts;
struct incident;
struct reply_facts;

/* --- rules ---------------------------------------------------------------- */

/* Fields order.* of an order. */
void ordersay_facts(struct facts *x, const struct order_fact *f);

/* The same of one by its row, or of the one that is linked to an incident;
 * nothing if there is none. */
enum outcome ordersay_of(struct facts *x, struct store *s, int64_t order_id,
			 struct err *e) MUST_CHECK;
enum outcome ordersay_linked(struct facts *x, struct store *s,
			     int64_t incident_id, struct err *e) MUST_CHECK;

/* --- saved replies -------------------------------------------------------- */

/* Variables {order....}. Zero is a good start: of no order. */
struct order_say {
	struct order_fact f; /* id 0: there is none */
	char *lines;         /* or NULL */
	char total[ORDERWORDS_MAX];
	char placed[ORDERWORDS_MAX];
	char promised[ORDERWORDS_MAX];
};

/* The order that was linked last. Release it whatever comes out. */
enum outcome ordersay_load(struct order_say *say, struct store *s,
			   int64_t incident_id, struct err *e) MUST_CHECK;
void ordersay_release(struct order_say *say);

/* Set f's members in a language; they live as long as *say. zone NULL: UTC. */
void ordersay_in(struct order_say *say, const struct calendar *zone,
		 const char *language, struct reply_facts *f);

/*
 * May what goes by itself to that incident's customer say it?
 * *out is false where the customer wrote from, or wants answers at, another
 * address than the order's buyer gave.
 */
enum outcome ordersay_private(const struct order_say *say, struct store *s,
			      const struct incident *inc, bool *out,
			      struct err *e) MUST_CHECK;

#endif

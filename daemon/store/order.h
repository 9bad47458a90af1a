#ifndef POSTIGO_ORDER_H
#define POSTIGO_ORDER_H

/*
 * order: rows of orders, and of what they consist of. What is written was made
 * by order_in() (daemon/order_in.h), under its names.
 *
 * Invariants: lines, payments, refunds and returns are those of the order's
 * last state, all of them. Source: schema/STORE.md, "shop_order".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

struct store;

#define ORDER_WORD_MAX 24 /* of a state, with its NUL */

/* What decides whether another state of it is newer. */
struct order_head {
	int64_t id; /* 0: there is none */
	int64_t updated_ms;
	int64_t gone_ms; /* 0: never */
	bool polled;
	int64_t refunded;
	char state[ORDER_WORD_MAX];
	char payment[ORDER_WORD_MAX];
	char fulfilment[ORDER_WORD_MAX];
	char sha256[HASH_HEX]; /* "": it is only known to be gone */
};

/* What is kept beside an order's members. */
struct order_words {
	const char *sha256;     /* of the order */
	const char *raw;        /* the source's own text, or NULL */
	const char *raw_sha256; /* or "" */
	bool polled;
	bool deleted;
	int64_t told_ms;
};

/* By the shop's own id. */
enum outcome order_find(struct store *s, int64_t connection_id,
			const char *external_id, struct order_head *out,
			struct err *e) MUST_CHECK;

/* A row of which nothing is known yet. */
enum outcome order_add(struct store *s, int64_t connection_id,
		       const char *external_id, int64_t now_ms, int64_t *id_out,
		       struct err *e) MUST_CHECK;

/* The whole state of an order: its row, lines, payments, refunds, returns. Its
 * parcels: shipment.h. */
enum outcome order_write(struct store *s, int64_t id, const json_t *made,
			 const struct order_words *w, struct err *e) MUST_CHECK;

/* It was told again, as it is. */
enum outcome order_told(struct store *s, int64_t id, bool polled,
			int64_t told_ms, struct err *e) MUST_CHECK;

/* The shop said at gone_ms that it is deleted. */
enum outcome order_gone(struct store *s, int64_t id, int64_t gone_ms,
			int64_t told_ms, struct err *e) MUST_CHECK;

/* What follows from the order and its parcels: when it is promised, and when
 * it arrived. */
enum outcome order_settle(struct store *s, int64_t id,
			  struct err *e) MUST_CHECK;

/* Give the order to a customer. basis: as in STORE.md, static. customer_id 0:
 * to nobody, basis "". */
enum outcome order_give(struct store *s, int64_t id, int64_t customer_id,
			const char *basis, struct err *e) MUST_CHECK;

/*
 * What events are told of: connection, customer (or null), state,
 * payment_state, fulfilment_state, delivered_ms, deleted; shipments and
 * returns (id to status), refunds (id to 1).
 * out  new object; NULL: no such order
 */
enum outcome order_facts(struct store *s, int64_t id, json_t **out,
			 struct err *e) MUST_CHECK;

/* The one order that has a number, whatever its shop, also a deleted one; 0:
 * none or several.
 * key  of order_key() */
enum outcome order_numbered(struct store *s, const char *key, int64_t *id_out,
			    struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_SHOP_CALLS_H
#define POSTIGO_SHOP_CALLS_H

/*
 * calls: facts of a shop to requests of the bus. Pure.
 *
 * Orders of one list go together, up to CALLS_ORDERS_MAX in a request and
 * CALLS_BYTES of text, in the order of the facts; a fact of another kind
 * between them keeps its place.
 *
 * Source: gateways/shop/read.h; schema/PROTOCOL.md, "order.put", "order.gone",
 * "shipment.put", "privacy.put", "account.event", "connection.report".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALLS_ORDERS_MAX 100
#define CALLS_BYTES ((size_t)192 * 1024)

/* Where facts come from. Borrowed. */
struct calls_from {
	const char *connection;
	const char *source; /* "hook" or "poll" */
	bool quiet;         /* what was before we looked fires no rule */
	int64_t at_ms;      /* when it came */
};

/* A request. */
struct shop_call {
	const char *method; /* static */
	json_t *params;     /* taken */
	const char *id;     /* of the (first) order, parcel; never NULL */
};

typedef void shop_call_fn(void *arg, const struct shop_call *c);

/*
 * Give fn each request that the facts make.
 * true: the shop is to be read at once, for a fact tells that something
 * happened and not what is
 */
bool shop_calls(const struct calls_from *from, const json_t *facts,
		shop_call_fn *fn, void *arg);

/* Of an answer: why the first thing that was refused is; NULL: nothing was.
 * Borrowed from it. */
const char *shop_refused(const json_t *result);

/* What an administrator is told, as a request. */
struct shop_call shop_notice(const char *connection, int64_t at_ms,
			     const char *severity, const char *code,
			     const char *detail);

#endif

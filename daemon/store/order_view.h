#ifndef POSTIGO_ORDER_VIEW_H
#define POSTIGO_ORDER_VIEW_H

/*
 * order_view: orders as the objects of schema/wire/methods.tbl. Reads only.
 * Deleted orders are shown by order_view_get() alone.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define ORDER_LINES_ALL 1000
#define ORDER_LIST_MAX 100

/* An Order. OUT_PERM: code "not_found". */
enum outcome order_view_one(struct store *s, int64_t id, int64_t now_ms,
			    json_t **out, struct err *e) MUST_CHECK;

/* An OrderDetail with at most so many lines. OUT_PERM: code "not_found". */
enum outcome order_view_get(struct store *s, int64_t id, int64_t now_ms,
			    int lines, json_t **out, struct err *e) MUST_CHECK;

/*
 * A customer's orders, newest first, as Order objects.
 * before    row of the last one of the page before; 0: the newest
 * more_out  there are older ones
 */
enum outcome order_view_list(struct store *s, int64_t customer_id,
			     int64_t before, int limit, int64_t now_ms,
			     json_t **out, bool *more_out,
			     struct err *e) MUST_CHECK;

/* What somebody may look an order up by; any may be "". */
struct order_query {
	const char *key;    /* of order_key(): a number, or tracking number */
	const char *email;  /* in lower case */
	const char *phones; /* JSON list of texts, E.164 */
};

/* Orders with that number, tracking number, e-mail or phone, newest first. */
enum outcome order_view_find(struct store *s, const struct order_query *q,
			     int limit, int64_t now_ms, json_t **out,
			     struct err *e) MUST_CHECK;

/* OrderTotal objects of a customer, one for each currency: read from an index
 * alone. */
enum outcome order_view_totals(struct store *s, int64_t customer_id,
			       json_t **out, struct err *e) MUST_CHECK;

/* Rows of the orders that a panel shows: those that are under way first, then
 * the newest. */
enum outcome order_view_first(struct store *s, int64_t customer_id, int limit,
			      int64_t *ids_out, int *n_out,
			      struct err *e) MUST_CHECK;

/* OrderLink objects of an incident, oldest first. */
enum outcome order_view_links(struct store *s, int64_t incident_id,
			      json_t **out, struct err *e) MUST_CHECK;

#endif

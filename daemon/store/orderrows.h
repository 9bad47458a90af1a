#ifndef POSTIGO_ORDERROWS_H
#define POSTIGO_ORDERROWS_H

/*
 * orderrows: the rows of one order that its buyer may see, as plain JSON:
 * amounts are integers of minor units or null, instants integers of seconds or
 * null. Nothing here is in words yet: see ordersheet.h.
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define ORDERROWS_LINES 200      /* lines of one order */
#define ORDERROWS_SHIPMENTS 20   /* parcels of one order */
#define ORDERROWS_CHECKPOINTS 20 /* newest ones of one parcel */
#define ORDERROWS_RETURNS 20     /* returns of one order */

/* {subtotal, shipping, tax, discount, refunded, address}: address is the
 * order's "shipping" object. New reference. */
enum outcome orderrows_sums(struct store *s, int64_t order_id, json_t **out,
			    struct err *e) MUST_CHECK;

/* List of {name, variant, quantity, total, refunded_quantity, properties}. */
enum outcome orderrows_lines(struct store *s, int64_t order_id, json_t **out,
			     struct err *e) MUST_CHECK;

/* List of {id, carrier, number, url, status, at_s, promised_s}, those that
 * were cancelled left out, the newest first. */
enum outcome orderrows_shipments(struct store *s, int64_t order_id,
				 json_t **out, struct err *e) MUST_CHECK;

/* List of {at_s, status, text, place} of a shipment, the newest first. */
enum outcome orderrows_checkpoints(struct store *s, int64_t shipment_id,
				   json_t **out, struct err *e) MUST_CHECK;

/* List of {status, at_s}, oldest first. */
enum outcome orderrows_returns(struct store *s, int64_t order_id, json_t **out,
			       struct err *e) MUST_CHECK;

#endif

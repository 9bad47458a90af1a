#ifndef POSTIGO_SHIPMENT_H
#define POSTIGO_SHIPMENT_H

/*
 * shipment: rows of parcels and where they were. What is shown is written
 * beside the two things it is made of (listed, tracked); making it is
 * daemon/parcel.c's. Source: schema/STORE.md, "shipment".
 *
 * A row that is read is an object: id, order (or null), shop (a connection,
 * or null) and ref (what tracking said of its order), external_id, carrier,
 * tracking_key, listed, tracked (objects, or null).
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define SHIPMENT_SAME_MAX 20 /* parcels of one number that are looked at */

/* A parcel as it is written. */
struct shipment_new {
	int64_t id;          /* 0: a new one */
	int64_t order_id;    /* 0: not known */
	int64_t shop_id;     /* of ref; 0: whatever shop */
	const char *ref;     /* "": tracking said nothing */
	const json_t *shown; /* members as order_in() makes of a shipment */
	const json_t *listed;
	const json_t *tracked; /* NULL: none */
};

enum outcome shipment_write(struct store *s, const struct shipment_new *p,
			    struct err *e) MUST_CHECK;

enum outcome shipment_delete(struct store *s, int64_t id,
			     struct err *e) MUST_CHECK;

/* Rows of an order, oldest first. */
enum outcome shipment_of_order(struct store *s, int64_t order_id, json_t **out,
			       struct err *e) MUST_CHECK;

/* Rows with that tracking number, oldest first, at most SHIPMENT_SAME_MAX. */
enum outcome shipment_by_key(struct store *s, const char *key, json_t **out,
			     struct err *e) MUST_CHECK;

/* Rows without an order whose tracking named it so: by the shop and its id,
 * or by the number. */
enum outcome shipment_waiting(struct store *s, int64_t connection_id,
			      const char *external_id, const char *number_key,
			      json_t **out, struct err *e) MUST_CHECK;

#endif

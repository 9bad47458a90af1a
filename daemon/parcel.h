#ifndef POSTIGO_PARCEL_H
#define POSTIGO_PARCEL_H

/*
 * parcel: an order's parcels, from what the order lists and what somebody
 * tracks, in whatever order both come.
 *
 * Invariants: what an order lists never wipes out what was tracked, and the
 * other way round; of both the newer status is shown, of two at one instant
 * the one of higher rank. Why so: contrib/decisions/0040.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* An order that parcels are of. */
struct parcel_order {
	int64_t id;
	int64_t connection_id;
	const char *external_id;
	const char *number_key; /* "": none */
};

/* The parcels that the order's newest state lists, in place of those of the
 * state before. listed: as order_in() made it, or NULL. */
enum outcome parcels_listed(struct store *s, const struct parcel_order *order,
			    const json_t *listed, struct err *e) MUST_CHECK;

enum parcel_change {
	PARCEL_NEW,
	PARCEL_CHANGED,
	PARCEL_SAME,
	PARCEL_OLDER
};

/* Where tracking found its parcel. */
struct parcel_found {
	int64_t id;       /* the parcel's row; 0: it is a new one */
	int64_t order_id; /* 0: not known, it waits */
	json_t *row;      /* as shipment.h reads it, or NULL */
};

/*
 * Find the parcel that tracking is about.
 * made  by order_in_tracking()
 * out   release with parcel_found_release()
 */
enum outcome parcel_find(struct store *s, int64_t connection_id,
			 const json_t *made, struct parcel_found *out,
			 struct err *e) MUST_CHECK;
void parcel_found_release(struct parcel_found *f);

/* Write it, unless what is there is newer. */
enum outcome parcel_tracked(struct store *s, int64_t connection_id,
			    const json_t *made, const struct parcel_found *f,
			    enum parcel_change *change_out,
			    struct err *e) MUST_CHECK;

/*
 * What is shown of a parcel: a new object, members as of a shipment that
 * order_in() made. Pure; one of the two may be NULL.
 */
json_t *parcel_shown(const json_t *listed, const json_t *tracked);

#endif

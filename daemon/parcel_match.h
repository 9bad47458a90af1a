#ifndef POSTIGO_PARCEL_MATCH_H
#define POSTIGO_PARCEL_MATCH_H

/*
 * parcel_match: which of the parcels with one tracking number somebody's news is
 * about. Pure.
 *
 * A number is unique to its carrier and not in the world, and carriers are
 * called one thing by a shop ("SEUR 24h") and another by who tracks them
 * ("seur-api"). So a lone parcel is meant, whatever its carrier is called,
 * unless another order and another carrier were named. Of several the order
 * tells, then the carrier among those that are of no other order; where both
 * do not, none is meant.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARCEL_NONE SIZE_MAX

/* A parcel that has the number, or news of one. */
struct parcel_key {
	int64_t order_id;    /* 0: not known */
	const char *carrier; /* as somebody calls it; NULL or "": not known */
};

/*
 * May two names be one carrier's? By their words without letter case and without
 * those that say where or how it is asked (api, tracking, countries): the words
 * of one must be among the other's. "express" makes another carrier. Who is not
 * named may be anybody.
 */
bool parcel_carrier_same(const char *a, const char *b);

/* The place of the parcel that is meant among n that have the number, or
 * PARCEL_NONE. */
size_t parcel_match(const struct parcel_key *parcels, size_t n,
		    const struct parcel_key *news);

#endif

#ifndef POSTIGO_ORDER_PUT_H
#define POSTIGO_ORDER_PUT_H

/*
 * order: what shops tell of their orders becomes the read copy.
 *
 * Invariants: the order in which tellings come does not matter, nor how often
 * each does; what is older than the copy changes nothing. Every change of an
 * order leaves its events, unless it is quiet.
 * Why so: contrib/decisions/0040. Source: schema/ORDERS.md.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct desk;
struct store;

/* Who tells, and how. */
struct order_teller {
	struct desk *desk; /* whose rules hear of it; NULL: none do */
	int64_t connection_id;
	bool polled; /* the shop was read, as it is now */
	bool quiet;  /* nothing happened now: no events */
	int64_t now_ms;
};

/*
 * One neutral order.
 * out  new object: {external_id, order, change: new|changed|same|older}; of
 *      one that cannot be read {external_id, change: refused, why}
 *
 * Outcomes: those of the store alone.
 */
enum outcome order_put(struct store *s, const struct order_teller *t,
		       const json_t *order, json_t **out,
		       struct err *e) MUST_CHECK;

/* The shop said at gone_ms that an order is deleted. out: as order_put(). */
enum outcome order_put_gone(struct store *s, const struct order_teller *t,
			    const char *external_id, int64_t gone_ms,
			    json_t **out, struct err *e) MUST_CHECK;

/* What somebody tracks of a parcel. out: {tracking_number, order (or null),
 * change}, or change refused and why. */
enum outcome order_put_tracking(struct store *s, const struct order_teller *t,
				const json_t *tracking, json_t **out,
				struct err *e) MUST_CHECK;

/*
 * Does a telling stand before the copy? Pure.
 * <0: it is older; 0: it is the same; >0: it is newer
 */
struct order_head;
int order_compare(const struct order_head *there, const json_t *made,
		  const char *sha256, bool polled);

#endif

#ifndef POSTIGO_ORDER_EVENT_H
#define POSTIGO_ORDER_EVENT_H

/*
 * order_event: what became of an order, as events.
 *
 * An event of an order is of no incident; its data has order, connection and
 * customer (or null), and what it is about. Rules hear of it at once
 * (orderevent.h). Source: schema/wire/events.tbl.
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct desk;
struct store;

/*
 * Write the events of what an order is now, and was not before.
 * d       whose rules hear of them; NULL: none do
 * before  of order_facts(); NULL: it was not known
 */
enum outcome order_tell(struct desk *d, struct store *s, int64_t order_id,
			const json_t *before, int64_t now_ms,
			struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_ORDEREVENT_H
#define POSTIGO_ORDEREVENT_H

/*
 * orderevent: what happens to orders, told to the desk book's rules; and the
 * tick that finds what has not arrived when it was promised.
 *
 * Invariants: rules run on the open incident that the order was linked to
 * last; without one, an incident is opened if a rule fires, and only then; a
 * rule that cannot be done costs itself, and neither the order nor the tick.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct desk;
struct store;

#define ORDEREVENT_LATE 32 /* orders that one tick finds late */

/* Older than this is no news, and no rule hears of it: a promise when it is
 * found that it passed, an order when its shop first tells of it. */
#define ORDEREVENT_NEWS_S ((int64_t)7 * 24 * 3600)

/*
 * Run the rules of what happened to an order; call it after the event was
 * written, in its savepoint, and not for what is quiet.
 * event  as it was written: order.created, order.paid, order.shipped,
 *        order.delivered, order.late, shipment.exception, return.*; others are
 *        none for rules
 */
enum outcome orderevent(struct desk *d, struct store *s, const char *event,
			int64_t order_id, int64_t now_ms,
			struct err *e) MUST_CHECK;

/* Orders whose promised instant passed: order.late, and its rules.
 * more_out  set if there may be more */
enum outcome orderevent_tick(struct desk *d, struct store *s, int64_t now_ms,
			     bool *more_out, struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_TIMELINE_H
#define POSTIGO_TIMELINE_H

/*
 * timeline: what happened with a customer, over all channels and shops, the
 * newest first: messages, orders that were placed and cancelled, parcels that
 * left and arrived, money that went back.
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define TIMELINE_MAX 100 /* items of a page */

/*
 * before    where the page before ended; NULL: the newest
 * limit     1 to TIMELINE_MAX
 * out       new list of TimelineItem objects of methods.tbl
 * more_out  new text, where the next page begins; NULL: there is none
 *
 * OUT_PERM  code "bad_params": before is nothing that a page ended with
 */
enum outcome timeline_list(struct store *s, int64_t customer_id,
			   const char *before, int limit, json_t **out,
			   json_t **more_out, struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_ORDER_LINK_ROW_H
#define POSTIGO_ORDER_LINK_ROW_H

/*
 * order_link: which orders an incident is about. Rows; the events are
 * daemon/order_link.c's. Source: schema/STORE.md, "order_link".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define ORDER_LINKS_MAX 50 /* of one incident */

/* how: static, as in STORE.md; agent_id 0: nobody. *changed_out: it was not
 * there. OUT_PERM: code "not_found"; "conflict": there are too many. */
enum outcome order_link_add(struct store *s, int64_t incident_id,
			    int64_t order_id, const char *how, int64_t agent_id,
			    int64_t at_ms, bool *changed_out,
			    struct err *e) MUST_CHECK;

enum outcome order_link_remove(struct store *s, int64_t incident_id,
			       int64_t order_id, bool *changed_out,
			       struct err *e) MUST_CHECK;

#endif

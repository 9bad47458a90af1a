#ifndef POSTIGO_ORDER_LINK_H
#define POSTIGO_ORDER_LINK_H

/*
 * order_link: an incident is about an order; both directions leave their
 * event. Source: schema/STORE.md, "order_link".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/*
 * how          static: hand, text, page, rule, fallback
 * agent_id     0: nobody did it
 * changed_out  it was not so before
 *
 * OUT_PERM  code "not_found"; "conflict": the incident has too many
 */
enum outcome order_link(struct store *s, int64_t incident_id, int64_t order_id,
			const char *how, int64_t agent_id, int64_t now_ms,
			bool *changed_out, struct err *e) MUST_CHECK;

enum outcome order_unlink(struct store *s, int64_t incident_id,
			  int64_t order_id, int64_t agent_id, int64_t now_ms,
			  bool *changed_out, struct err *e) MUST_CHECK;

#endif

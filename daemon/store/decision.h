#ifndef POSTIGO_STORE_DECISION_H
#define POSTIGO_STORE_DECISION_H

/*
 * decision: what rules decided, as their events tell it (schema/wire/
 * events.tbl: incident.classified, incident.undecided). Reads only.
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/*
 * How often each rule fired, by its events of the time since an instant,
 * newest first, until time is over.
 *
 * budget_ms  time that it may take
 * out        new object: rule to number
 * from_out   since when was counted: since_ms, or later
 */
enum outcome decision_count(struct store *s, int64_t since_ms,
			    int64_t budget_ms, json_t **out, int64_t *from_out,
			    struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_TRAIL_H
#define POSTIGO_TRAIL_H

/* trail: what a request leaves in the audit (daemon/store/audit.h). */

#include <stdint.h>

#include "daemon/base/err.h"

struct request;
struct store;

/*
 * Add an entry of a request: its method, role, agent and instant, in the
 * transaction now open.
 *
 * object_id  row it was done to; 0: none
 * result     "ok", or the code of the refusal
 */
enum outcome trail_add(struct store *s, const struct request *rq,
		       int64_t object_id, const char *result,
		       struct err *e) MUST_CHECK;

#endif

#include "daemon/trail.h"

#include "daemon/request.h"
#include "daemon/store/audit.h"

enum outcome
trail_add(struct store *s, const struct request *rq, int64_t object_id,
	  const char *result, struct err *e)
{
	struct audit_entry a = { .at_ms = rq->now_ms,
				 .agent_id = rq->agent_id,
				 .role = role_name(rq->role),
				 .action = rq->method->name,
				 .object_id = object_id,
				 .outcome = result };

	return audit_add(s, &a, e);
}

/*
 * m_identity: identity.retry: staff say that mail to an address that came back
 * may be sent again without a warning.
 */

#include "daemon/bounce.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/view.h"

method_fn m_identity_retry; /* named by the table of handlers */

enum outcome
m_identity_retry(struct desk *d, struct store *s, struct request *rq,
		 struct err *e)
{
	int64_t id = param_int(rq, "id", 0);
	json_t *identity = NULL;
	enum outcome o = bounce_clear(s, id, 0, rq->agent_id, rq->now_ms, e);

	(void)d;
	if (o == OUT_OK)
		o = view_identity(s, id, &identity, e);
	if (o == OUT_OK)
		result_set(rq, "identity", identity);
	return o;
}

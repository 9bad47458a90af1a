/* m_merge: incident.merge. */

#include "daemon/change.h"
#include "daemon/merge.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/incident.h"

method_fn m_incident_merge; /* named by the table of handlers */

/* Who merges has read what is merged away. */
static enum outcome
merge_seen(const struct request *rq, const struct incident *from, struct err *e)
{
	if (!param_given(rq, "seen") ||
	    param_int(rq, "seen", 0) >= from->messages)
		return OUT_OK;
	return err_code(e, OUT_PERM, "seen",
			"message %lld came after what was seen",
			(long long)from->messages);
}

static enum outcome
merge_save(struct store *s, const struct incident *from,
	   const struct incident *into, struct err *e)
{
	enum outcome o = incident_save(s, from, e);

	return o == OUT_OK ? incident_save(s, into, e) : o;
}

enum outcome
m_incident_merge(struct desk *d, struct store *s, struct request *rq,
		 struct err *e)
{
	struct incident from;
	struct incident into = { .id = 0 };
	enum outcome o = incident_load(s, param_int(rq, "id", 0), &from, e);

	if (o == OUT_OK)
		o = incident_load(s, param_int(rq, "into", 0), &into, e);
	if (o == OUT_OK)
		o = merge_seen(rq, &from, e);
	if (o == OUT_OK)
		o = merge_into(d, s, &from, &into, rq->agent_id, rq->now_ms, e);
	if (o == OUT_OK)
		o = merge_save(s, &from, &into, e);
	if (o == OUT_OK)
		result_set(rq, "into", json_integer(into.id));
	incident_release(&from);
	incident_release(&into);
	return o;
}

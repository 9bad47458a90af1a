#include "daemon/order_link.h"

#include "daemon/change.h"
#include "daemon/store/event.h"
#include "daemon/store/order_link.h"

/* The event, at an instant that no event of the incident is after. data is
 * taken. */
static enum outcome
tell(struct store *s, struct incident *inc, const char *kind, json_t *data,
     int64_t agent_id, int64_t now_ms, struct err *e)
{
	enum outcome o;

	inc->updated_ms = change_now(inc, now_ms);
	/* a person looked at it */
	inc->undecided = inc->undecided && agent_id == 0;
	o = event_add(s, inc->updated_ms, kind, inc->id, agent_id, data, e);
	return o == OUT_OK ? incident_save(s, inc, e) : o;
}

enum outcome
order_link(struct store *s, int64_t incident_id, int64_t order_id,
	   const char *how, int64_t agent_id, int64_t now_ms, bool *changed_out,
	   struct err *e)
{
	struct incident inc = { .id = 0 };
	enum outcome o = incident_load(s, incident_id, &inc, e);

	if (o == OUT_OK)
		o = order_link_add(s, incident_id, order_id, how, agent_id,
				   now_ms, changed_out, e);
	if (o == OUT_OK && *changed_out)
		o = tell(s, &inc, "order.linked",
			 json_pack("{s:I, s:s}", "order", (json_int_t)order_id,
				   "how", how),
			 agent_id, now_ms, e);
	incident_release(&inc);
	return o;
}

enum outcome
order_unlink(struct store *s, int64_t incident_id, int64_t order_id,
	     int64_t agent_id, int64_t now_ms, bool *changed_out, struct err *e)
{
	struct incident inc = { .id = 0 };
	enum outcome o = incident_load(s, incident_id, &inc, e);

	if (o == OUT_OK)
		o = order_link_remove(s, incident_id, order_id, changed_out, e);
	if (o == OUT_OK && *changed_out)
		o = tell(s, &inc, "order.unlinked",
			 json_pack("{s:I}", "order", (json_int_t)order_id),
			 agent_id, now_ms, e);
	incident_release(&inc);
	return o;
}

#include "daemon/window.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/change.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"

#define WINDOWS_MAX 64 /* in one tick */

enum outcome
window_open(struct store *s, int64_t connection_id, int64_t customer_id,
	    int64_t at_ms, const char *external_id, struct err *e)
{
	return window_put(s, connection_id, customer_id, at_ms, external_id, e);
}

enum outcome
window_of(struct store *s, const struct incident *inc, int64_t now_ms,
	  struct window *out, struct err *e)
{
	return window_get(s, inc->id, now_ms, out, e);
}

enum outcome
window_refused(struct store *s, int64_t incident_id, int64_t connection_id,
	       int64_t now_ms, struct err *e)
{
	struct incident inc;
	enum outcome o = incident_load(s, incident_id, &inc, e);

	if (o == OUT_OK)
		o = window_end(s, connection_id, inc.customer_id, now_ms, e);
	incident_release(&inc);
	return o;
}

/* The way out: what may go instead, or why nothing may. */
static json_t *
window_data(const struct window *w)
{
	json_t *data = json_object();
	char at[32];

	(void)json_object_set_new(data, "can_reply",
				  json_string(can_reply(w->can)));
	if (w->until_ms != 0) {
		clock_iso_ms(w->until_ms, at);
		(void)json_object_set_new(data, "until", json_string(at));
	}
	(void)json_object_set_new(data, "way",
				  json_string(w->can == CAN_REPLY_TEMPLATE
						      ? "template"
					      : w->unreachable ? "unreachable"
							       : "opted_out"));
	return data;
}

enum outcome
window_allows(const struct window *w, bool is_template, json_t **data_out,
	      struct err *e)
{
	*data_out = NULL;
	if (w->can == CAN_REPLY_NONE || w->can == CAN_REPLY_FREE) {
		if (!is_template || !w->opted_out)
			return OUT_OK;
	} else if (w->can == CAN_REPLY_TEMPLATE && is_template) {
		return OUT_OK;
	}
	*data_out = window_data(w);
	if (w->unreachable)
		return err_code(e, OUT_PERM, "window_closed",
				"the customer cannot be reached by WhatsApp");
	if (w->opted_out)
		return err_code(e, OUT_PERM, "window_closed",
				"the customer asked for no messages that they "
				"did not ask for");
	return err_code(e, OUT_PERM, "window_closed",
			"more than a day has passed since the customer wrote: "
			"only a template may go");
}

/* Does the customer wait for an answer there? */
static enum outcome
window_tell(struct store *s, const struct window_due *w, int64_t now_ms,
	    struct err *e)
{
	struct message_last last;
	int64_t at = now_ms;
	enum outcome o = message_last(s, w->incident_id, &last, e);

	if (o != OUT_OK || strcmp(last.direction, "in") != 0)
		return o;
	o = incident_instant(s, w->incident_id, now_ms, &at, e);
	return o == OUT_OK
		       ? event_add(s, at, "window.closing", w->incident_id, 0,
				   json_pack("{s:I, s:I, s:I}", "connection",
					     (json_int_t)w->connection_id,
					     "customer",
					     (json_int_t)w->customer_id,
					     "until_s",
					     (json_int_t)(w->until_ms / 1000)),
				   e)
		       : o;
}

enum outcome
window_tick(struct store *s, int64_t now_ms, bool *more_out, struct err *e)
{
	struct window_due w;
	bool found = true;
	enum outcome o = OUT_OK;
	int n;

	for (n = 0; o == OUT_OK && n < WINDOWS_MAX; n++) {
		o = window_due(s, now_ms, &w, &found, e);
		if (o != OUT_OK || !found)
			return o;
		/* after a stop of the daemon it may be over already */
		if (w.incident_id != 0 && now_ms < w.until_ms)
			o = window_tell(s, &w, now_ms, e);
		if (o == OUT_OK)
			o = window_warned(s, &w, now_ms, e);
	}
	*more_out = *more_out || found;
	return o;
}

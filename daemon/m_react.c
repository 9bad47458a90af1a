/*
 * m_react: incident.react: what an agent makes of a message by WhatsApp with
 * one sign.
 *
 * Invariant: a reaction answers nothing: it ends no clock and changes no
 * state. It goes as a message of its own, by the desk's hand.
 */

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/outgoing.h"
#include "daemon/request.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"
#include "daemon/store/reaction.h"
#include "daemon/store/view.h"
#include "daemon/store/wamid.h"
#include "daemon/window.h"

method_fn m_incident_react; /* named by the table of handlers */

/* What is reacted to. */
struct target {
	int64_t message_id;
	char *external_id;
};

static enum outcome
target_find(struct store *s, const struct request *rq,
	    const struct incident *inc, struct target *t, struct err *e)
{
	int64_t number = member_int(rq->params, "number", 0);
	struct message_place place = { .id = 0 };
	enum outcome o = message_channel_id(s, inc->id, inc->connection_id,
					    number, &t->external_id, e);

	if (o == OUT_OK && t->external_id != NULL)
		o = wamid_find(s, inc->connection_id, t->external_id, &place,
			       e);
	t->message_id = place.id;
	if (o == OUT_OK && place.id == 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'number': message %lld is not one that "
				"WhatsApp knows",
				(long long)number);
	return o;
}

static enum outcome
react_allowed(struct store *s, struct request *rq, const struct incident *inc,
	      struct err *e)
{
	struct window w;
	enum outcome o = window_of(s, inc, rq->now_ms, &w, e);

	if (o != OUT_OK)
		return o;
	if (w.can == CAN_REPLY_NONE)
		return err_code(e, OUT_PERM, "bad_params",
				"the incident did not come by WhatsApp");
	return window_allows(&w, false, &rq->error_data, e);
}

static enum outcome
react_send(struct desk *d, struct store *s, const struct request *rq,
	   struct incident *inc, const struct target *t, int64_t now_ms,
	   struct err *e)
{
	const char *emoji = member_str(rq->params, "emoji");
	json_t *reaction = json_pack("{s:s}", "message", t->external_id);
	struct outgoing out = { .bot = true,
				.agent_id = rq->agent_id,
				.send_ms = rq->now_ms,
				.text = emoji != NULL ? emoji : "",
				.reaction = reaction };
	int64_t message;
	enum outcome o;

	if (*out.text != '\0')
		(void)json_object_set_new(reaction, "emoji",
					  json_string(emoji));
	o = outgoing_add(d, s, NULL, inc, &out, now_ms, &message, e);
	json_decref(reaction);
	return o;
}

static enum outcome
react_write(struct desk *d, struct store *s, const struct request *rq,
	    struct incident *inc, const struct target *t, struct err *e)
{
	int64_t now = change_now(inc, rq->now_ms);
	struct reaction r = { .message_id = t->message_id,
			      .agent_id = rq->agent_id,
			      .emoji = member_str(rq->params, "emoji"),
			      .at_ms = now };
	bool changed = false;
	enum outcome o = reaction_put(s, &r, &changed, e);

	if (o != OUT_OK || !changed)
		return o;
	o = react_send(d, s, rq, inc, t, now, e);
	if (o == OUT_OK)
		o = event_add(s, now, "message.reaction", inc->id, rq->agent_id,
			      json_pack("{s:I, s:I, s:b}", "message",
					(json_int_t)t->message_id, "agent",
					(json_int_t)rq->agent_id, "removed",
					r.emoji == NULL || *r.emoji == '\0'),
			      e);
	inc->updated_ms = now;
	return o == OUT_OK ? incident_save(s, inc, e) : o;
}

enum outcome
m_incident_react(struct desk *d, struct store *s, struct request *rq,
		 struct err *e)
{
	struct incident inc;
	struct target t = { 0 };
	json_t *m = NULL;
	enum outcome o =
		incident_load(s, member_int(rq->params, "id", 0), &inc, e);

	if (o == OUT_OK)
		o = react_allowed(s, rq, &inc, e);
	if (o == OUT_OK)
		o = target_find(s, rq, &inc, &t, e);
	if (o == OUT_OK)
		o = react_write(d, s, rq, &inc, &t, e);
	if (o == OUT_OK)
		o = view_message(s, t.message_id, false, &m, e);
	if (o == OUT_OK) {
		rq->result = json_object();
		(void)json_object_set_new(rq->result, "message", m);
	}
	mem_free(t.external_id);
	incident_release(&inc);
	return o;
}

/*
 * m_reaction: reaction.put: what a customer made of a message with one sign.
 *
 * Invariants: a reaction starts and ends no clock, and changes no state; it
 * opens the window, for it is the person's own word.
 */

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/contact.h"
#include "daemon/contact_wa.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/event.h"
#include "daemon/store/reaction.h"
#include "daemon/store/wamid.h"
#include "daemon/window.h"

method_fn m_reaction_put; /* named by the table of handlers */

static enum outcome
reaction_event(struct contact *c, const struct reaction *r, struct err *e)
{
	json_t *data = json_object();
	struct incident inc = { .id = 0 };
	enum outcome o;

	(void)json_object_set_new(data, "message", json_integer(r->message_id));
	(void)json_object_set_new(data, "identity",
				  json_integer(r->identity_id));
	(void)json_object_set_new(
		data, "removed",
		json_boolean(r->emoji == NULL || *r->emoji == '\0'));
	o = incident_load(c->s, c->place.incident_id, &inc, e);
	if (o != OUT_OK) {
		json_decref(data);
		return o;
	}
	inc.updated_ms = change_now(&inc, c->now_ms);
	o = event_add(c->s, inc.updated_ms, "message.reaction", inc.id, 0, data,
		      e);
	if (o == OUT_OK)
		o = incident_save(c->s, &inc, e);
	incident_release(&inc);
	return o;
}

static enum outcome
reaction_write(struct contact *c, struct err *e)
{
	struct reaction r = { .message_id = c->place.id,
			      .emoji = param_str(c->rq, "emoji"),
			      .at_ms = c->received_ms };
	bool changed = false;
	enum outcome o = contact_wa_person(c, false, e);

	if (o == OUT_OK)
		o = reaction_identity(c->s, r.message_id, c->from.customer_id,
				      &r.identity_id, e);
	if (r.identity_id == 0)
		r.identity_id = c->from.id;
	if (o == OUT_OK)
		o = window_open(c->s, c->connection_id, c->from.customer_id,
				c->received_ms, NULL, e);
	/* nobody who has no address can be told from anybody else */
	if (o == OUT_OK && r.identity_id != 0)
		o = reaction_put(c->s, &r, &changed, e);
	return o == OUT_OK && changed ? reaction_event(c, &r, e) : o;
}

enum outcome
m_reaction_put(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	struct contact c = { .d = d,
			     .s = s,
			     .rq = rq,
			     .connection = param_str(rq, "connection"),
			     .text = "",
			     .whatsapp = param_json(rq, "whatsapp"),
			     .now_ms = rq->now_ms };
	enum outcome o = contact_wa_read(&c, false, e);

	c.warnings = json_array();
	if (o == OUT_OK && !clock_parse(param_str(rq, "at"), &c.received_ms))
		o = err_code(e, OUT_PERM, "bad_params",
			     "'at' is not an instant");
	if (c.received_ms > c.now_ms)
		c.received_ms = c.now_ms;
	if (o == OUT_OK)
		o = wamid_find(s, c.connection_id, param_str(rq, "target"),
			       &c.place, e);
	if (o == OUT_OK && c.place.id != 0)
		o = reaction_write(&c, e);
	if (o == OUT_OK) {
		result_set(rq, "stored", json_boolean(c.place.id != 0));
		if (c.place.id != 0) {
			result_set(rq, "incident",
				   json_integer(c.place.incident_id));
			result_set(rq, "message", json_integer(c.place.id));
		}
	}
	contact_release(&c);
	return o;
}

/*
 * m_contact: contact.add, the way in of every channel but the chat: what a
 * gateway says of a contact, and which incident it belongs to. How it is
 * written: contact.h.
 *
 * Invariant: the same contact a second time gives the first response and
 * changes nothing.
 */

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/change.h"
#include "daemon/contact.h"
#include "daemon/contact_wa.h"
#include "daemon/desk.h"
#include "daemon/heard.h"
#include "daemon/m_contact.h"
#include "daemon/m_mailbox.h"
#include "daemon/request.h"
#include "daemon/token.h"
#include "daemon/window.h"

method_fn m_contact_add; /* named by the table of handlers */

/* What it sends on, if that is a place in its text; NULL: nothing. */
static const json_t *
forward_of(const json_t *params, const char *text)
{
	const json_t *f = json_object_get(params, "forward");
	json_int_t at = json_integer_value(json_object_get(f, "at"));

	if (!json_is_object(f) || at < 0 || (size_t)at > strlen(text))
		return NULL;
	return f;
}

enum outcome
contact_read(struct contact *c, struct err *e)
{
	const json_t *p = c->rq->params;
	const json_t *from = json_object_get(p, "from");
	const json_t *warnings = json_object_get(p, "warnings");

	c->connection = member_str(p, "connection");
	c->external_id = member_str(p, "external_id");
	c->digest = member_str(p, "digest");
	c->subject = member_str(p, "subject");
	c->text = member_str(p, "text");
	c->reply_text = member_str(p, "reply_text");
	c->html = member_str(p, "html");
	c->mail = p;
	c->files = json_object_get(p, "attachments");
	c->headers = json_object_get(p, "headers");
	c->forward = forward_of(p, c->text);
	c->robot = member_bool(p, "robot", false);
	c->may_respond = member_bool(p, "may_respond", true);
	c->own_loop = token_is_loop(c->d->key, member_str(p, "loop"));
	if (c->own_loop)
		c->robot = true;
	c->raw_sha256 = member_str(json_object_get(p, "raw"), "sha256");
	c->address = member_str(from, "address");
	c->name = member_str(from, "name");
	c->now_ms = c->rq->now_ms;
	if (!clock_parse(member_str(p, "received_at"), &c->received_ms))
		return err_code(e, OUT_PERM, "bad_params",
				"'received_at' is not an instant");
	/* a channel's clock may be ahead of ours, never by right */
	if (c->received_ms > c->now_ms)
		c->received_ms = c->now_ms;
	c->channel = incident_channel(member_str(p, "channel"));
	if (c->channel == NULL || strcmp(c->channel, "phone") == 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'channel' is not one that contacts come by");
	c->warnings = json_is_array(warnings) ? json_copy((json_t *)warnings)
					      : json_array();
	c->whatsapp = json_object_get(p, "whatsapp");
	if (!json_is_object(c->whatsapp))
		c->whatsapp = NULL;
	return OUT_OK;
}

/* Who it is from. */
static enum outcome
contact_from(struct contact *c, struct err *e)
{
	return identity_take(
		c->s,
		c->address != NULL ? identity_kind(c->channel, c->address) : "",
		c->address, c->name, c->now_ms, &c->from, e);
}

static enum outcome
contact_match(struct contact *c, struct err *e)
{
	struct match_ask a = { .mail = c->rq->params,
			       .external_id = c->external_id,
			       .address = c->address,
			       /* of whom we never heard nothing came before */
			       .customer_id =
				       c->from.made ? 0 : c->from.customer_id,
			       .connection_id = c->connection_id,
			       .now_ms = c->now_ms };
	enum outcome o = match_contact(c->d, c->s, &a, &c->at, e);

	if (o == OUT_OK && strcmp(c->at.why, "tokens_differ") == 0)
		contact_warn(c, "tokens_differ");
	return o;
}

json_t *
contact_result(const struct message_place *p)
{
	json_t *r = json_object();
	char ref[REF_MAX];

	if (p->id == 0)
		return r;
	change_ref(p->incident_id, ref);
	(void)json_object_set_new(r, "incident", json_integer(p->incident_id));
	(void)json_object_set_new(r, "ref", json_string(ref));
	(void)json_object_set_new(r, "message", json_integer(p->id));
	(void)json_object_set_new(r, "number", json_integer(p->number));
	return r;
}

static enum outcome
contact_add(struct contact *c, struct err *e)
{
	enum outcome o;

	o = contact_same_id(c, e);
	if (o == OUT_OK)
		o = contact_from(c, e);
	if (o == OUT_OK)
		o = heard_mail(c, e);
	if (o == OUT_OK)
		o = contact_match(c, e);
	if (o == OUT_OK && strcmp(c->at.matched, "bounce") == 0)
		o = bounce_find(c->d, c->s, c->rq->params, &c->bounce, e);
	if (c->bounce.delivery_id != 0)
		c->robot = true; /* whatever its gateway says */
	if (o == OUT_OK)
		o = contact_put(c, e);
	return o == OUT_OK ? bounce_heard(c, e) : o;
}

/* A message by WhatsApp, or what is a note about one. */
static enum outcome
contact_add_wa(struct contact *c, struct err *e)
{
	bool written = false;
	enum outcome o = contact_wa_person(c, false, e);

	if (o == OUT_OK && contact_wa_is_note(c))
		o = contact_wa_note(c, "customer", &written, e);
	if (o != OUT_OK || written)
		return o;
	/* before rules ask about it */
	o = window_open(c->s, c->connection_id, c->from.customer_id,
			c->received_ms, c->external_id, e);
	if (o == OUT_OK)
		o = contact_wa_match(c, e);
	if (o == OUT_OK)
		o = contact_put(c, e);
	return o == OUT_OK ? bounce_heard(c, e) : o;
}

enum outcome
m_contact_add(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	struct contact c = { .d = d, .s = s, .rq = rq };
	enum outcome o = contact_read(&c, e);

	if (o == OUT_OK)
		o = c.whatsapp != NULL
			    ? contact_wa_read(&c, false, e)
			    : link_id(s, c.connection, role_name(rq->role),
				      &c.connection_id, e);
	if (o == OUT_OK)
		o = message_repeat(s, c.connection_id, c.digest, c.external_id,
				   &c.place, e);
	if (o == OUT_OK && c.place.id == 0)
		o = c.whatsapp != NULL ? contact_add_wa(&c, e)
				       : contact_add(&c, e);
	if (o == OUT_OK)
		o = mailbox_stored(d, s, rq, c.connection_id, c.place.id, e);
	if (o == OUT_OK)
		rq->result = contact_result(&c.place);
	contact_release(&c);
	return o;
}

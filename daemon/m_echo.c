/*
 * m_echo: echo.add: what somebody of the shop sent from the phone, past the
 * desk. It is an outgoing message without a delivery, and a human's answer.
 *
 * Invariants: it is never sent; no rule runs and nobody is told of it, so that
 * nothing answers it; one that is older than what the customer wrote last
 * answers nothing; the window is the customer's, not ours.
 */

#include <string.h>

#include "daemon/act.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/card.h"
#include "daemon/change.h"
#include "daemon/clocks.h"
#include "daemon/contact.h"
#include "daemon/contact_wa.h"
#include "daemon/decide.h"
#include "daemon/desk.h"
#include "daemon/m_contact.h"
#include "daemon/merge.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/expect.h"
#include "daemon/store/message.h"
#include "daemon/store/wamid.h"
#include "daemon/timed.h"

method_fn m_echo_add; /* named by the table of handlers */

static enum outcome
echo_read(struct contact *c, struct err *e)
{
	const struct request *rq = c->rq;

	c->connection = param_str(rq, "connection");
	c->text = param_str(rq, "text");
	c->whatsapp = param_json(rq, "whatsapp");
	c->raw_sha256 = member_str(param_json(rq, "raw"), "sha256");
	c->now_ms = rq->now_ms;
	c->warnings = json_array();
	if (!clock_parse(param_str(rq, "received_at"), &c->received_ms))
		return err_code(e, OUT_PERM, "bad_params",
				"'received_at' is not an instant");
	if (c->received_ms > c->now_ms)
		c->received_ms = c->now_ms;
	return contact_wa_read(c, true, e);
}

/* The row, and its file. */
static enum outcome
echo_message(struct contact *c, struct err *e)
{
	struct message_new m = { .incident_id = c->inc.id,
				 .number = c->place.number,
				 .direction = "out",
				 .author = "bot",
				 .connection_id = c->connection_id,
				 .external_id = c->external_id,
				 .digest = c->digest,
				 .received_ms = c->received_ms,
				 .committed_ms = c->now_ms,
				 .subject =
					 c->place.number == 1 ? c->title : NULL,
				 .text = c->text,
				 .raw_sha256 = c->raw_sha256,
				 .whatsapp = c->card };
	struct card_place at = { .connection_id = c->connection_id,
				 .connection = c->by.name,
				 .now_ms = c->now_ms };
	enum outcome o = change_blob(c->s, c->rq, c->raw_sha256, c->now_ms, e);

	if (o == OUT_OK)
		o = message_add(c->s, &m, &c->place.id, e);
	at.message_id = c->place.id;
	return o == OUT_OK ? card_media(c->d, c->s, c->whatsapp, &at, e) : o;
}

/* Is it older than what the customer waits for? */
static bool
echo_is_late(const struct contact *c, int64_t owed_ms)
{
	return owed_ms != 0 && c->received_ms < owed_ms;
}

/* What it answers is answered. */
static enum outcome
echo_answers(struct contact *c, int64_t owed_ms, struct err *e)
{
	struct incident *inc = &c->inc;
	enum incident_state before = inc->state;
	enum outcome o = OUT_OK;

	if (owed_ms == 0 || echo_is_late(c, owed_ms))
		return OUT_OK;
	o = clocks_answered(c->d, c->s, inc, c->place.id, false, c->now_ms, e);
	if (o == OUT_OK)
		o = promise_judge(c->s, inc->id, c->now_ms / 1000, e);
	if (o == OUT_OK)
		o = timed_since(c->d, c->s, inc, SINCE_ANSWER, c->now_ms, e);
	if (o == OUT_OK && incident_state_active(before) &&
	    change_allowed(before, INCIDENT_PENDING))
		o = change_state(c->s, inc, INCIDENT_PENDING, 0, c->now_ms, e);
	return o == OUT_OK ? clocks_state(c->d, c->s, inc, before, c->now_ms, e)
			   : o;
}

static enum outcome
echo_join(struct contact *c, struct err *e)
{
	struct incident *inc = &c->inc;
	int64_t owed_ms = 0;
	enum outcome o = merge_survivor(c->s, inc, e);

	c->now_ms = change_now(inc, c->now_ms);
	c->place.number = inc->messages + 1;
	if (o == OUT_OK)
		o = message_owed(c->s, inc->id, &owed_ms, e);
	if (echo_is_late(c, owed_ms)) {
		mem_free(c->card);
		c->card = card_text(c->whatsapp, CARD_ECHO | CARD_LATE);
	}
	if (o == OUT_OK)
		o = echo_message(c, e);
	if (o == OUT_OK)
		o = change_message(c->s, inc, c->place.id, "out", c->now_ms, 0,
				   c->now_ms, e);
	if (o == OUT_OK)
		o = echo_answers(c, owed_ms, e);
	return o == OUT_OK ? incident_save(c->s, inc, e) : o;
}

/* The shop wrote first: it waits for the customer. */
static enum outcome
echo_open(struct contact *c, struct decision *dc, struct err *e)
{
	struct incident *inc = &c->inc;
	enum outcome o = act_words(dc, inc, e);

	inc->customer_id = c->from.customer_id;
	inc->connection_id = c->connection_id;
	inc->channel = c->channel;
	inc->state = INCIDENT_PENDING;
	inc->created_ms = c->received_ms;
	inc->updated_ms = c->now_ms;
	inc->messages = 1;
	inc->last_direction = "out";
	inc->last_ms = c->now_ms;
	c->place.number = 1;
	if (o == OUT_OK)
		o = incident_add(c->s, inc, e);
	if (o == OUT_OK)
		o = echo_message(c, e);
	if (o == OUT_OK)
		o = change_created(c->s, inc, c->place.id, dc->version, 0,
				   c->now_ms, e);
	inc->messages = 0; /* counted by change_message */
	if (o == OUT_OK)
		o = change_message(c->s, inc, c->place.id, "out", c->now_ms, 0,
				   c->now_ms, e);
	return o == OUT_OK ? incident_save(c->s, inc, e) : o;
}

static enum outcome
echo_new(struct contact *c, struct err *e)
{
	struct decision dc;
	enum outcome o;

	/* the words of a desk book without rules: its first queue, ... */
	decide_begin(&dc, c->d, c->s, "contact", c->now_ms);
	o = echo_open(c, &dc, e);
	decide_end(&dc);
	return o;
}

static enum outcome
echo_add(struct contact *c, struct err *e)
{
	int64_t id = 0;
	bool written = false;
	enum outcome o = contact_wa_person(c, true, e);

	if (o == OUT_OK && contact_wa_is_note(c))
		o = contact_wa_note(c, "bot", &written, e);
	if (o != OUT_OK || written)
		return o;
	o = wamid_conversation(c->s, c->from.customer_id, c->connection_id,
			       member_str(c->whatsapp, "group_id"), &id, e);
	if (o != OUT_OK)
		return o;
	if (id == 0)
		o = echo_new(c, e);
	else
		o = incident_load(c->s, id, &c->inc, e);
	if (o == OUT_OK && id != 0)
		o = echo_join(c, e);
	c->place.incident_id = c->inc.id;
	return o;
}

enum outcome
m_echo_add(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct contact c = { .d = d, .s = s, .rq = rq };
	enum outcome o = echo_read(&c, e);

	/* also what the desk itself sent, and is told of once more */
	if (o == OUT_OK)
		o = wamid_find(s, c.connection_id, c.external_id, &c.place, e);
	if (o == OUT_OK && c.place.id == 0)
		o = echo_add(&c, e);
	if (o == OUT_OK)
		rq->result = contact_result(&c.place);
	contact_release(&c);
	return o;
}

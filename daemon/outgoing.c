#include "daemon/outgoing.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/copies.h"
#include "daemon/desk.h"
#include "daemon/letterhead.h"
#include "daemon/onward.h"
#include "daemon/orderopen.h"
#include "daemon/outgoing_p.h"
#include "daemon/request.h"
#include "daemon/store/delivery.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"
#include "daemon/token.h"

#define REFERENCES_MAX 20
#define SUBJECT_MAX 998

void
draft_clear(struct draft *dr)
{
	MEM_CLEAR(&dr->subject);
	MEM_CLEAR(&dr->key);
	json_decref(dr->mail);
	dr->mail = NULL;
	json_decref(dr->whatsapp);
	dr->whatsapp = NULL;
}

json_t *
draft_address(const char *name, const char *address)
{
	json_t *a = json_object();

	(void)json_object_set_new(
		a, "name", name != NULL ? json_string(name) : json_null());
	(void)json_object_set_new(a, "address", json_string(address));
	return a;
}

/* The address of a customer who wrote nothing here. */
static enum outcome
draft_known(struct store *s, const struct incident *inc, json_t *to,
	    struct err *e)
{
	char *address;
	char *name;
	enum outcome o = orderopen_address(s, inc, &address, &name, e);

	if (o == OUT_OK && address != NULL)
		(void)json_array_append_new(to, draft_address(name, address));
	mem_free(address);
	mem_free(name);
	return o;
}

/* The recipients: where the customer wants answers, else where they wrote
 * from, else what the author said, else what is known of them. */
static enum outcome
draft_to(struct draft *dr, struct store *s, const struct incident *inc,
	 const struct message_origin *from, const struct outgoing *out,
	 struct err *e)
{
	enum outcome o = OUT_OK;
	const json_t *reply_to = json_object_get(from->mail, "reply_to");
	json_t *to = json_array();

	if (out->only_to != NULL)
		(void)json_array_append_new(
			to, draft_address(out->name, out->only_to));
	else if (json_array_size(reply_to) > 0)
		(void)json_array_extend(to, (json_t *)reply_to);
	else if (from->id != 0)
		(void)json_array_append_new(
			to, draft_address(from->name, from->address));
	else if (out->address != NULL)
		(void)json_array_append_new(
			to, draft_address(out->name, out->address));
	else if (dr->link.id != 0)
		o = draft_known(s, inc, to, e);
	(void)json_object_set_new(dr->mail, "to", to);
	if (o != OUT_OK)
		return o;
	if (json_array_size(to) == 0 && dr->link.id != 0)
		return err_code(e, OUT_PERM, "bad_params",
				"cannot send it: the customer has no address");
	return OUT_OK;
}

/* Message-ID and token: the incident is found by either. */
static void
draft_key(struct draft *dr, const struct desk *d, const struct incident *inc)
{
	const char *address = member_str(dr->link.settings, "address");
	const char *at = address != NULL ? strrchr(address, '@') : NULL;
	char token[TOKEN_MAX];

	token_make(d->key, inc->id, inc->messages + 1, token);
	dr->key =
		mem_printf("<%s@%s>", token,
			   at != NULL && at[1] != '\0' ? at + 1 : "localhost");
}

/* Does it answer, or is it the first that the customer hears of an order? */
static bool
draft_answers(const struct incident *inc, const struct message_origin *from)
{
	return from->id != 0 || strcmp(inc->channel, "order") != 0;
}

static enum outcome
draft_subject(struct draft *dr, struct store *s, const struct incident *inc,
	      const struct message_origin *from, const struct outgoing *out,
	      struct err *e)
{
	char *first = NULL;
	enum outcome o;

	if (out->subject != NULL) {
		dr->subject = mem_strdup(out->subject);
		return OUT_OK;
	}
	o = message_subject(s, inc->id, &first, e);
	if (o != OUT_OK)
		return o;
	if (first != NULL &&
	    (strncasecmp(first, "re:", 3) == 0 || !draft_answers(inc, from)))
		dr->subject = mem_strdup(first);
	else
		dr->subject = mem_printf("Re: %s", first != NULL ? first : "");
	mem_free(first);
	return OUT_OK;
}

static enum outcome
draft_thread(struct draft *dr, struct store *s, const struct incident *inc,
	     const struct message_origin *from, struct err *e)
{
	json_t *refs = NULL;
	size_t n;
	enum outcome o;

	o = message_references(s, inc->id, inc->messages + 1, REFERENCES_MAX,
			       &refs, e);
	if (o != OUT_OK)
		return o;
	n = json_array_size(refs);
	if (from->external_id != NULL && *from->external_id == '<')
		(void)json_object_set_new(dr->mail, "in_reply_to",
					  json_string(from->external_id));
	else if (n > 0)
		(void)json_object_set(dr->mail, "in_reply_to",
				      json_array_get(refs, n - 1));
	(void)json_object_set_new(dr->mail, "references", refs);
	return OUT_OK;
}

/* By which connection it goes: none is the chat itself, where the visitor
 * comes for it. */
static enum outcome
draft_link(struct draft *dr, struct store *s, const struct incident *inc,
	   const struct outgoing *out, struct err *e)
{
	int64_t id = inc->connection_id;
	enum outcome o = OUT_OK;

	if (out->connection_id != 0)
		id = out->connection_id;
	else if (strcmp(inc->channel, "chat") == 0)
		o = onward_connection(s, inc, &id, e);
	if (o == OUT_OK && id != 0)
		o = link_load(s, id, &dr->link, e);
	return o;
}

/* A chat's visitor comes for it. */
static bool
stays_in_chat(const struct draft *dr, const struct incident *inc)
{
	return dr->link.id == 0 && strcmp(inc->channel, "chat") == 0;
}

static enum outcome
draft_line(const struct outgoing *out, struct err *e)
{
	if (json_array_size(out->cc) == 0)
		return OUT_OK;
	return err_code(e, OUT_PERM, "bad_params",
			"'cc': an answer in a chat has no copies");
}

/* Who signs, and what is answered: a program signs for the desk and quotes
 * nobody, and nothing is quoted to an address that wrote none of it. */
static enum outcome
draft_letterhead(struct draft *dr, struct store *s, const struct incident *inc,
		 const struct message_origin *from, const struct outgoing *out,
		 struct err *e)
{
	struct letterhead head = {
		.customer_id = inc->customer_id,
		.agent_id = out->bot ? 0 : out->agent_id,
		.language = out->language,
		.answered = out->bot || out->only_to != NULL ? 0 : from->id,
	};

	return letterhead_fix(s, &dr->link, &head, dr->mail, e);
}

static enum outcome
draft_letter(struct draft *dr, struct desk *d, struct store *s,
	     const struct incident *inc, const struct message_origin *from,
	     const struct outgoing *out, struct err *e)
{
	enum outcome o = draft_to(dr, s, inc, from, out, e);

	if (o == OUT_OK)
		o = draft_subject(dr, s, inc, from, out, e);
	if (o == OUT_OK)
		o = draft_thread(dr, s, inc, from, e);
	if (o == OUT_OK && dr->link.id != 0)
		o = draft_letterhead(dr, s, inc, from, out, e);
	if (o == OUT_OK && dr->link.id != 0)
		draft_key(dr, d, inc);
	return o;
}

static enum outcome
draft_make(struct draft *dr, struct desk *d, struct store *s,
	   const struct incident *inc, const struct outgoing *out,
	   struct err *e)
{
	struct message_origin from;
	enum outcome o;

	dr->mail = json_object();
	dr->text = out->text;
	dr->files = out->attachments;
	dr->identity_id = out->identity_id;
	o = message_origin(s, inc->id, inc->customer_id, inc->messages + 1,
			   &from, e);
	if (o != OUT_OK)
		return o;
	if (stays_in_chat(dr, inc))
		o = draft_line(out, e);
	else
		o = draft_letter(dr, d, s, inc, &from, out, e);
	if (json_array_size(out->cc) > 0)
		(void)json_object_set(dr->mail, "cc", (json_t *)out->cc);
	if (out->saved_reply != NULL)
		(void)json_object_set_new(dr->mail, "saved_reply",
					  json_string(out->saved_reply));
	message_origin_release(&from);
	return o;
}

static enum outcome
draft_deliver(const struct draft *dr, struct desk *d, struct store *s,
	      const struct incident *inc, int64_t message_id, int64_t now_ms,
	      int64_t send_ms, struct err *e)
{
	enum role role = role_parse(dr->link.role);
	json_t *data;
	int64_t id;
	enum outcome o;

	o = delivery_add(s, message_id, dr->link.id, dr->key, now_ms, send_ms,
			 &id, e);
	if (o != OUT_OK)
		return o;
	if (role < ROLE_COUNT)
		d->wake_outbox |= 1u << role;
	data = json_object();
	(void)json_object_set_new(data, "delivery", json_integer(id));
	(void)json_object_set_new(data, "message", json_integer(message_id));
	(void)json_object_set_new(data, "state", json_string("queued"));
	(void)json_object_set_new(data, "attempts", json_integer(0));
	return event_add(s, now_ms, "delivery.changed", inc->id, 0, data, e);
}

enum outcome
draft_write(struct draft *dr, struct desk *d, struct store *s,
	    const struct request *rq, struct incident *inc,
	    const struct outgoing *out, int64_t now_ms, int64_t *message_out,
	    struct err *e)
{
	char *mail = json_dumps(dr->mail, JSON_COMPACT);
	char *whatsapp = json_dumps(dr->whatsapp, JSON_COMPACT);
	struct message_new m = { .incident_id = inc->id,
				 .number = inc->messages + 1,
				 .direction = "out",
				 .author = out->bot ? "bot" : "agent",
				 .agent_id = out->agent_id,
				 .received_ms = now_ms,
				 .committed_ms = now_ms,
				 .identity_id = dr->identity_id,
				 .connection_id = dr->link.id,
				 .external_id = dr->key,
				 .subject = dr->subject,
				 .text = dr->text,
				 .mail = mail,
				 .whatsapp = whatsapp };
	enum outcome o = message_add(s, &m, message_out, e);

	if (o == OUT_OK)
		o = change_files(s, rq, *message_out, dr->files, now_ms, e);
	if (o == OUT_OK)
		o = change_message(s, inc, *message_out, "out", now_ms,
				   out->bot ? 0 : out->agent_id, now_ms, e);
	if (o == OUT_OK && dr->link.id != 0)
		o = draft_deliver(dr, d, s, inc, *message_out, now_ms,
				  out->send_ms, e);
	mem_free(mail);
	mem_free(whatsapp);
	return o;
}

/* A mail, or a line of a chat. */
static enum outcome
outgoing_mail(struct draft *dr, struct desk *d, struct store *s,
	      const struct request *rq, struct incident *inc,
	      const struct outgoing *out, int64_t now_ms, int64_t *message_out,
	      struct err *e)
{
	enum outcome o = draft_make(dr, d, s, inc, out, e);

	if (o == OUT_OK)
		o = draft_write(dr, d, s, rq, inc, out, now_ms, message_out, e);
	if (o == OUT_OK)
		o = copies_answer(s, inc, out->cc, now_ms, e);
	if (o == OUT_OK && stays_in_chat(dr, inc))
		o = onward_answered(s, inc, out->send_ms, e);
	return o;
}

enum outcome
outgoing_add(struct desk *d, struct store *s, const struct request *rq,
	     struct incident *inc, const struct outgoing *out, int64_t now_ms,
	     int64_t *message_out, struct err *e)
{
	struct draft dr = { 0 };
	enum outcome o = draft_link(&dr, s, inc, out, e);

	if (o == OUT_OK && dr.link.id != 0 &&
	    strcmp(dr.link.kind, "whatsapp") == 0)
		o = outgoing_whatsapp(&dr, d, s, rq, inc, out, now_ms,
				      message_out, e);
	else if (o == OUT_OK)
		o = outgoing_mail(&dr, d, s, rq, inc, out, now_ms, message_out,
				  e);
	link_release(&dr.link);
	draft_clear(&dr);
	return o;
}

bool
outgoing_sends(const struct link *l)
{
	if (strcmp(l->kind, "whatsapp") == 0)
		return true;
	return strcmp(l->role, "mail") == 0 &&
	       (strcmp(l->kind, "mailbox") != 0 ||
		member_str(l->settings, "smtp_host") != NULL);
}

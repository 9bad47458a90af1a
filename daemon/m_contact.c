/*
 * m_contact: contact.add, the one way in. A contact becomes a message of the
 * incident that it belongs to, or of a new one that the desk book's rules
 * classify. Everything is written in the request's savepoint; the reply
 * leaves after the commit.
 *
 * Invariants: the same contact a second time gives the first response and
 * changes nothing; what cannot be read is an incident all the same; an
 * address gives no right beyond appending.
 */

#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/change.h"
#include "daemon/classify.h"
#include "daemon/clocks.h"
#include "daemon/desk.h"
#include "daemon/m_mailbox.h"
#include "daemon/request.h"
#include "daemon/store/customer.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"
#include "daemon/token.h"
#include "rules/book.h"
#include "rules/deadline.h"

method_fn m_contact_add; /* named by the table of handlers */

/* A contact on its way in. Texts belong to the request's parameters. */
struct contact {
	struct desk *d;
	struct store *s;
	struct request *rq;

	const char *connection;
	const char *external_id;
	const char *digest;
	const char *channel;
	const char *address; /* of the sender; NULL: unknown */
	const char *name;
	const char *subject;
	const char *text;
	const char *raw_sha256;
	bool robot;
	int64_t received_ms;
	int64_t now_ms;

	int64_t connection_id;
	struct identity from;
	int64_t belongs_to; /* incident; 0: a new one */
	int64_t follows_id; /* an ended incident that a new one continues */
	json_t *warnings;

	struct incident inc;
	struct message_place place;
};

static enum outcome
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
	c->robot = member_bool(p, "robot", false);
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
	return OUT_OK;
}

static void
contact_warn(struct contact *c, const char *code)
{
	(void)json_array_append_new(c->warnings, json_string(code));
}

/* --- which incident does it belong to? ----------------------------------- */

/* Tokens in a list of addresses or Message-IDs. Two that name different
 * incidents prove nothing: *clash is set. */
static void
contact_tokens(const struct contact *c, const char *member, int64_t *found,
	       bool *clash)
{
	const json_t *list = json_object_get(c->rq->params, member);
	const json_t *j;
	int64_t incident;
	int64_t number;
	size_t i;

	json_array_foreach(list, i, j)
	{
		if (!token_find(c->d->key, json_string_value(j),
				json_string_length(j), &incident, &number))
			continue;
		if (*found != 0 && *found != incident)
			*clash = true;
		else
			*found = incident;
	}
}

static enum outcome
contact_known(struct contact *c, const char *member, struct err *e)
{
	const json_t *list = json_object_get(c->rq->params, member);
	enum outcome o = OUT_OK;
	size_t i = json_array_size(list);

	/* the newest reference is the last one */
	while (i-- > 0 && c->belongs_to == 0 && o == OUT_OK)
		o = message_known(c->s,
				  json_string_value(json_array_get(list, i)),
				  c->from.customer_id, &c->belongs_to, e);
	return o;
}

/* An incident that has ended for good is continued by a new one. */
static enum outcome
contact_load(struct contact *c, struct err *e)
{
	enum outcome o = incident_load(c->s, c->belongs_to, &c->inc, e);

	if (o == OUT_PERM && strcmp(e->code, "not_found") == 0) {
		c->belongs_to = 0; /* a token older than a restored store */
		return OUT_OK;
	}
	if (o == OUT_OK && (c->inc.state == INCIDENT_CLOSED ||
			    c->inc.state == INCIDENT_MERGED)) {
		c->follows_id = c->inc.id;
		c->belongs_to = 0;
		incident_release(&c->inc);
	}
	return o;
}

static enum outcome
contact_match(struct contact *c, struct err *e)
{
	enum outcome o = OUT_OK;
	bool clash = false;

	contact_tokens(c, "recipients", &c->belongs_to, &clash);
	contact_tokens(c, "in_reply_to", &c->belongs_to, &clash);
	contact_tokens(c, "references", &c->belongs_to, &clash);
	if (clash) {
		contact_warn(c, "tokens_differ");
		c->belongs_to = 0;
		return OUT_OK;
	}
	if (c->belongs_to == 0)
		o = contact_known(c, "in_reply_to", e);
	if (o == OUT_OK && c->belongs_to == 0)
		o = contact_known(c, "references", e);
	if (o == OUT_OK && c->belongs_to != 0)
		o = contact_load(c, e);
	return o;
}

/* --- writing -------------------------------------------------------------- */

/* The addresses of a mail, as the row keeps them; NULL: it has none. */
static char *
contact_mail(const struct contact *c)
{
	static const char *const members[] = { "from", "recipients", "reply_to",
					       "cc" };
	json_t *mail = json_object();
	char *text = NULL;
	size_t i;

	for (i = 0; i < sizeof members / sizeof members[0]; i++) {
		json_t *j = json_object_get(c->rq->params, members[i]);

		if (j != NULL && !json_is_null(j))
			(void)json_object_set(mail, members[i], j);
	}
	if (json_object_size(mail) > 0)
		text = json_dumps(mail, JSON_COMPACT);
	json_decref(mail);
	return text;
}

static enum outcome
contact_message(struct contact *c, struct err *e)
{
	char *mail = contact_mail(c);
	char *warnings = json_array_size(c->warnings) > 0
				 ? json_dumps(c->warnings, JSON_COMPACT)
				 : NULL;
	struct message_new m = {
		.incident_id = c->inc.id,
		.number = c->place.number,
		.direction = "in",
		.author = "customer",
		.identity_id = c->from.id,
		.connection_id = c->connection_id,
		.external_id = c->external_id,
		.digest = c->digest,
		.received_ms = c->received_ms,
		.committed_ms = c->now_ms,
		.subject = c->subject,
		.text = c->text,
		.reply_text = member_str(c->rq->params, "reply_text"),
		.html = member_str(c->rq->params, "html"),
		.raw_sha256 = c->raw_sha256,
		.robot = c->robot,
		.warnings = warnings,
		.mail = mail,
	};
	enum outcome o;

	o = change_blob(c->s, c->rq, c->raw_sha256, c->now_ms, e);
	if (o == OUT_OK)
		o = message_add(c->s, &m, &c->place.id, e);
	if (o == OUT_OK)
		o = change_files(c->s, c->rq, c->place.id,
				 json_object_get(c->rq->params, "attachments"),
				 c->now_ms, e);
	free(mail);
	free(warnings);
	return o;
}

static enum outcome
contact_created(struct contact *c, struct err *e)
{
	json_t *data = json_object();

	(void)json_object_set_new(data, "channel", json_string(c->channel));
	(void)json_object_set_new(data, "queue", json_string(c->inc.queue));
	(void)json_object_set_new(data, "message", json_integer(c->place.id));
	(void)json_object_set_new(data, "customer",
				  json_integer(c->inc.customer_id));
	return event_add(c->s, c->now_ms, "incident.created", c->inc.id, 0,
			 data, e);
}

/* The rows of a new incident, which is written once: what the rules and the
 * calendar say is known before. */
static enum outcome
contact_write_new(struct contact *c, const struct classified *cl,
		  const struct clock_plan *plan, int64_t version, struct err *e)
{
	struct incident *inc = &c->inc;
	enum outcome o;

	inc->customer_id = c->from.customer_id;
	inc->connection_id = c->connection_id;
	inc->channel = c->channel;
	inc->state = INCIDENT_NEW;
	inc->created_ms = c->received_ms;
	inc->updated_ms = c->now_ms;
	inc->messages = 1;
	inc->last_direction = "in";
	inc->last_ms = c->received_ms;
	inc->follows_id = c->follows_id;
	if (plan->name != NULL && plan->due_s != DEADLINE_NEVER)
		inc->due_ms = plan->due_s * 1000;
	c->place.number = 1;
	o = incident_add(c->s, inc, e);
	if (o == OUT_OK)
		o = contact_message(c, e);
	if (o == OUT_OK)
		o = contact_created(c, e);
	inc->messages = 0; /* counted by change_message */
	if (o == OUT_OK)
		o = change_message(c->s, inc, c->place.id, "in", c->received_ms,
				   0, c->now_ms, e);
	if (o == OUT_OK)
		o = classify_write(c->s, cl, version, inc->id, c->place.id,
				   c->now_ms, e);
	if (o == OUT_OK && plan->name != NULL)
		o = clocks_start(c->s, inc, plan, c->now_ms, e);
	return o;
}

static enum outcome
contact_open(struct contact *c, struct err *e)
{
	const char *body = member_str(c->rq->params, "reply_text");
	struct rule_facts facts = { .event = "contact",
				    .channel = c->channel,
				    .mailbox = c->connection,
				    .sender = c->address,
				    .subject = c->subject,
				    .body = body != NULL ? body : c->text };
	struct classified cl;
	struct clock_plan plan;
	int64_t version;
	struct book *b = desk_book(c->d, &version);
	enum outcome o;

	classify_run(b, &facts, &cl);
	classify_apply(b, &cl, &c->inc);
	clocks_plan(b, version, c->inc.policy, c->channel, true, c->received_ms,
		    &plan);
	if (plan.policy != NULL)
		incident_set_str(&c->inc.policy, plan.policy);
	o = contact_write_new(c, &cl, &plan, version, e);
	book_unref(&b);
	return o;
}

/* A customer's word wakes an incident that waited for it. */
static bool
contact_wakes(enum incident_state st)
{
	return st == INCIDENT_PENDING || st == INCIDENT_ON_HOLD ||
	       st == INCIDENT_SNOOZED || st == INCIDENT_SOLVED;
}

static enum outcome
contact_join(struct contact *c, struct err *e)
{
	struct incident *inc = &c->inc;
	struct book *b;
	int64_t version;
	enum outcome o;

	c->now_ms = change_now(inc, c->now_ms);
	if (c->from.customer_id != inc->customer_id)
		contact_warn(c, "other_sender");
	c->place.number = inc->messages + 1;
	o = contact_message(c, e);
	if (o == OUT_OK)
		o = change_message(c->s, inc, c->place.id, "in", c->received_ms,
				   0, c->now_ms, e);
	if (o == OUT_OK && contact_wakes(inc->state))
		o = change_state(c->s, inc, INCIDENT_OPEN, 0, c->now_ms, e);
	/* a program that writes back is owed no answer */
	if (o == OUT_OK && inc->state != INCIDENT_SPAM && !c->robot) {
		b = desk_book(c->d, &version);
		o = clocks_contact(c->s, b, version, inc, c->received_ms,
				   c->now_ms, e);
		book_unref(&b);
	}
	return o == OUT_OK ? incident_save(c->s, inc, e) : o;
}

static json_t *
contact_result(const struct message_place *p)
{
	json_t *r = json_object();
	char ref[REF_MAX];

	change_ref(p->incident_id, ref);
	(void)json_object_set_new(r, "incident", json_integer(p->incident_id));
	(void)json_object_set_new(r, "ref", json_string(ref));
	(void)json_object_set_new(r, "message", json_integer(p->id));
	(void)json_object_set_new(r, "number", json_integer(p->number));
	return r;
}

/* The same id with another body came before: kept, and flagged. */
static enum outcome
contact_same_id(struct contact *c, struct err *e)
{
	bool same = false;
	enum outcome o = OUT_OK;

	if (c->external_id != NULL)
		o = message_same_id(c->s, c->connection_id, c->external_id,
				    &same, e);
	if (o == OUT_OK && same)
		contact_warn(c, "same_id_other_body");
	return o;
}

static enum outcome
contact_add(struct contact *c, struct err *e)
{
	enum outcome o;

	o = contact_same_id(c, e);
	if (o == OUT_OK)
		o = identity_take(c->s,
				  c->address != NULL ? identity_kind(c->channel,
								     c->address)
						     : "",
				  c->address, c->name, c->now_ms, &c->from, e);
	if (o == OUT_OK)
		o = contact_match(c, e);
	if (o == OUT_OK)
		o = c->belongs_to != 0 ? contact_join(c, e)
				       : contact_open(c, e);
	c->place.incident_id = c->inc.id;
	return o;
}

enum outcome
m_contact_add(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	struct contact c = { .d = d, .s = s, .rq = rq };
	enum outcome o = contact_read(&c, e);

	if (o == OUT_OK)
		o = link_id(s, c.connection, role_name(rq->role),
			    &c.connection_id, e);
	if (o == OUT_OK)
		o = message_repeat(s, c.connection_id, c.digest, c.external_id,
				   &c.place, e);
	if (o == OUT_OK && c.place.id == 0)
		o = contact_add(&c, e);
	if (o == OUT_OK)
		o = mailbox_stored(d, s, rq, c.connection_id, c.place.id, e);
	if (o == OUT_OK)
		rq->result = contact_result(&c.place);
	incident_release(&c.inc);
	json_decref(c.warnings);
	return o;
}

/*
 * m_create: incident.create: an agent notes a call by hand, or the desk
 * writes first.
 *
 * Invariant: what a person wrote in is classified and promised like any
 * contact; what the desk writes first starts no clock.
 */

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/classify.h"
#include "daemon/clocks.h"
#include "daemon/desk.h"
#include "daemon/outgoing.h"
#include "daemon/request.h"
#include "daemon/store/customer.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"
#include "daemon/store/view.h"
#include "rules/book.h"

method_fn m_incident_create; /* named by the table of handlers */

struct creation {
	struct desk *d;
	struct store *s;
	struct request *rq;
	struct book *book;
	int64_t version;
	bool out; /* the desk writes first */
	const char *channel;
	const char *subject;
	const char *text;
	const char *address;
	const char *name;
	struct identity who;
	struct link link; /* id 0: none */
	struct classified cl;
	struct incident inc;
	int64_t message_id;
};

static enum outcome
create_read(struct creation *c, struct err *e)
{
	const json_t *p = c->rq->params;
	const char *direction = member_str(p, "direction");

	c->subject = member_str(p, "subject");
	c->text = member_str(p, "text");
	c->address = member_str(p, "address");
	c->name = member_str(p, "name");
	c->channel = incident_channel(member_str(p, "channel"));
	if (c->channel == NULL || (strcmp(c->channel, "phone") != 0 &&
				   strcmp(c->channel, "email") != 0))
		return err_code(e, OUT_PERM, "bad_params",
				"'channel' is neither phone nor email");
	if (strcmp(direction, "in") != 0 && strcmp(direction, "out") != 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'direction' is neither in nor out");
	c->out = strcmp(direction, "out") == 0;
	if (strcmp(c->channel, "email") == 0 && c->address != NULL &&
	    strchr(c->address, '@') == NULL)
		return err_code(e, OUT_PERM, "bad_params",
				"'address' is not a mail address");
	return OUT_OK;
}

static enum outcome
create_customer(struct creation *c, struct err *e)
{
	int64_t known = member_int(c->rq->params, "customer", 0);
	const char *kind = strcmp(c->channel, "email") == 0 ? "email" : "phone";
	enum outcome o;

	if (known == 0)
		return identity_take(c->s, kind, c->address, c->name,
				     c->rq->now_ms, &c->who, e);
	o = customer_check(c->s, known, e);
	if (o == OUT_OK)
		o = identity_of(c->s, known, kind, &c->who, e);
	c->who.customer_id = known;
	return o;
}

/* The connection that answers will go by: the one that was named, else the
 * first that carries mail. A call needs none. */
static enum outcome
create_link(struct creation *c, struct err *e)
{
	const char *name = member_str(c->rq->params, "connection");
	enum outcome o;

	if (strcmp(c->channel, "email") != 0)
		return OUT_OK;
	o = name != NULL ? link_find(c->s, name, "mail", &c->link, e)
			 : link_first(c->s, "mail", &c->link, e);
	if (o == OUT_OK && c->link.id == 0 && c->out)
		return err_code(e, OUT_PERM, "bad_params",
				"there is no connection to send mail by");
	return o;
}

static enum outcome
create_classify(struct creation *c, struct err *e)
{
	const char *queue = member_str(c->rq->params, "queue");
	struct rule_facts facts = { .event = "contact",
				    .text[RULE_FIELD_CHANNEL] = c->channel,
				    .text[RULE_FIELD_MAILBOX] = c->link.name,
				    .text[RULE_FIELD_SENDER] = c->address,
				    .text[RULE_FIELD_SUBJECT] = c->subject,
				    .text[RULE_FIELD_BODY] = c->text };

	if (queue != NULL && book_queue(c->book, queue) == NULL)
		return err_code(e, OUT_PERM, "bad_params",
				"'queue' is not in the desk book: '%s'", queue);
	classify_run(c->book, &facts, &c->cl);
	if (queue != NULL)
		c->cl.queue = queue;
	classify_apply(c->book, &c->cl, &c->inc);
	return OUT_OK;
}

/* A contact noted by hand. */
static enum outcome
create_in(struct creation *c, struct err *e)
{
	int64_t now = c->rq->now_ms;
	struct message_new m = { .incident_id = c->inc.id,
				 .number = 1,
				 .direction = "in",
				 .author = "customer",
				 .agent_id = c->rq->agent_id,
				 .identity_id = c->who.id,
				 .connection_id = c->link.id,
				 .received_ms = now,
				 .committed_ms = now,
				 .subject = c->subject,
				 .text = c->text };
	struct clock_plan plan;
	enum outcome o = message_add(c->s, &m, &c->message_id, e);

	if (o == OUT_OK)
		o = change_message(c->s, &c->inc, c->message_id, "in", now,
				   c->rq->agent_id, now, e);
	clocks_plan(c->book, c->version, c->inc.policy, c->channel, true, now,
		    &plan);
	if (plan.policy != NULL)
		incident_set_str(&c->inc.policy, plan.policy);
	if (o == OUT_OK && plan.name != NULL)
		o = clocks_start(c->s, &c->inc, &plan, now, e);
	return o;
}

static enum outcome
create_out(struct creation *c, struct err *e)
{
	struct outgoing out = { .agent_id = c->rq->agent_id,
				.send_ms = c->rq->now_ms,
				.bot = c->rq->agent_id == 0,
				.subject = c->subject,
				.text = c->text,
				.name = c->name };
	char *address = NULL;
	enum outcome o = OUT_OK;

	if (c->who.id != 0)
		o = identity_value(c->s, c->who.id, &address, e);
	out.address = address;
	if (o == OUT_OK)
		o = outgoing_add(c->d, c->s, c->rq, &c->inc, &out,
				 c->rq->now_ms, &c->message_id, e);
	mem_free(address);
	return o;
}

static enum outcome
create_write(struct creation *c, struct err *e)
{
	struct incident *inc = &c->inc;
	int64_t now = c->rq->now_ms;
	enum outcome o;

	inc->customer_id = c->who.customer_id;
	inc->connection_id = c->link.id;
	inc->channel = c->channel;
	inc->state = c->out ? INCIDENT_PENDING : INCIDENT_NEW;
	inc->assignee_id = c->out ? c->rq->agent_id : 0;
	inc->created_ms = now;
	inc->updated_ms = now;
	inc->last_direction = c->out ? "out" : "in";
	inc->last_ms = now;
	o = incident_add(c->s, inc, e);
	if (o == OUT_OK)
		o = c->out ? create_out(c, e) : create_in(c, e);
	if (o == OUT_OK)
		o = change_created(c->s, inc, c->message_id, c->rq->agent_id,
				   now, e);
	if (o == OUT_OK)
		o = classify_write(c->s, &c->cl, c->version, inc->id,
				   c->message_id, now, e);
	return o == OUT_OK ? incident_save(c->s, inc, e) : o;
}

enum outcome
m_incident_create(struct desk *d, struct store *s, struct request *rq,
		  struct err *e)
{
	struct creation c = { .d = d, .s = s, .rq = rq };
	json_t *inc = NULL;
	enum outcome o = create_read(&c, e);

	c.book = desk_book(d, &c.version);
	if (o == OUT_OK)
		o = create_customer(&c, e);
	if (o == OUT_OK)
		o = create_link(&c, e);
	if (o == OUT_OK)
		o = create_classify(&c, e);
	if (o == OUT_OK)
		o = create_write(&c, e);
	if (o == OUT_OK)
		o = view_incident(s, c.book, c.inc.id, &inc, e);
	if (o == OUT_OK) {
		rq->result = json_object();
		(void)json_object_set_new(rq->result, "incident", inc);
		(void)json_object_set_new(rq->result, "message",
					  json_integer(c.message_id));
	}
	incident_release(&c.inc);
	link_release(&c.link);
	book_unref(&c.book);
	return o;
}

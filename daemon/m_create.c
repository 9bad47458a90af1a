/*
 * m_create: incident.create: an agent notes a call by hand, or the desk
 * writes first.
 *
 * Invariant: what a person wrote in is classified and promised like any
 * contact; what the desk writes first starts no clock.
 */

#include <string.h>

#include "daemon/act.h"
#include "daemon/base/mem.h"
#include "daemon/bounce.h"
#include "daemon/change.h"
#include "daemon/clocks.h"
#include "daemon/decide.h"
#include "daemon/desk.h"
#include "daemon/outgoing.h"
#include "daemon/request.h"
#include "daemon/store/customer.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"
#include "daemon/store/view.h"
#include "daemon/timed.h"
#include "rules/book.h"

method_fn m_incident_create; /* named by the table of handlers */

struct creation {
	struct desk *d;
	struct store *s;
	struct request *rq;
	bool out; /* the desk writes first */
	const char *channel;
	const char *subject;
	const char *text;
	const char *address;
	const char *name;
	struct identity who;
	struct link link; /* id 0: none */
	struct decision dc;
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

/* What rules may know of it. */
static enum outcome
create_facts(struct creation *c, struct err *e)
{
	struct facts *x = &c->dc.facts;

	facts_message(x, c->out ? "agent" : "customer", c->text, NULL,
		      json_object_get(c->rq->params, "attachments"));
	facts_text(x, RULE_FIELD_CHANNEL, c->channel);
	facts_text(x, RULE_FIELD_MAILBOX, c->link.name);
	facts_text(x, RULE_FIELD_SENDER, c->address);
	facts_text(x, RULE_FIELD_SUBJECT, c->subject);
	facts_number(x, RULE_FIELD_MESSAGES, 1);
	facts_number(x, RULE_FIELD_AGE, 0);
	/* who is written to first is owed nothing */
	if (c->out)
		c->dc.mute = "desk";
	return facts_customer(x, c->s, c->who.customer_id, 0, e);
}

static enum outcome
create_classify(struct creation *c, struct err *e)
{
	const char *queue = member_str(c->rq->params, "queue");
	enum outcome o;

	if (queue != NULL && book_queue(c->dc.book, queue) == NULL)
		return err_code(e, OUT_PERM, "bad_params",
				"'queue' is not in the desk book: '%s'", queue);
	o = create_facts(c, e);
	if (o != OUT_OK)
		return o;
	decide_run(&c->dc);
	o = act_words(&c->dc, &c->inc, e);
	/* who made it knows better */
	if (o == OUT_OK && queue != NULL) {
		incident_set_str(&c->inc.queue, queue);
		(void)json_object_del(c->dc.set, "queue");
		(void)json_object_del(c->dc.by, "queue");
	}
	return o;
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
	struct clock_ask ask = { .policy = c->inc.policy,
				 .channel = c->channel,
				 .priority = c->inc.priority,
				 .rule = decide_by(&c->dc, "policy"),
				 .start_ms = now };
	struct clock_plan plan;
	enum outcome o = message_add(c->s, &m, &c->message_id, e);

	if (o == OUT_OK)
		o = change_message(c->s, &c->inc, c->message_id, "in", now,
				   c->rq->agent_id, now, e);
	clocks_plan(c->dc.book, c->dc.version, &ask, &plan);
	if (plan.policy != NULL)
		incident_set_str(&c->inc.policy, plan.policy);
	if (o == OUT_OK && plan.n > 0)
		o = clocks_start(c->d, c->s, c->dc.book, &c->inc, &plan, now,
				 e);
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
	enum incident_state before;
	enum outcome o;

	inc->customer_id = c->who.customer_id;
	inc->connection_id = c->link.id;
	inc->channel = c->channel;
	inc->state = c->out ? INCIDENT_PENDING : INCIDENT_NEW;
	before = inc->state;
	if (c->out)
		inc->assignee_id = c->rq->agent_id;
	inc->created_ms = now;
	inc->updated_ms = now;
	inc->last_direction = c->out ? "out" : "in";
	inc->last_ms = now;
	o = incident_add(c->s, inc, e);
	if (o == OUT_OK)
		o = c->out ? create_out(c, e) : create_in(c, e);
	if (o == OUT_OK)
		o = change_created(c->s, inc, c->message_id, c->dc.version,
				   c->rq->agent_id, now, e);
	c->dc.message_id = c->message_id;
	if (o == OUT_OK)
		o = act_fresh(&c->dc, inc, e);
	if (o == OUT_OK)
		o = decide_write(&c->dc, inc, e);
	if (o == OUT_OK)
		o = clocks_state(c->d, c->s, inc, before, now, e);
	if (o == OUT_OK)
		o = timed_since(c->d, c->s, inc, SINCE_CREATED, now, e);
	if (o == OUT_OK && !c->out)
		o = timed_since(c->d, c->s, inc, SINCE_CONTACT, now, e);
	return o == OUT_OK ? incident_save(c->s, inc, e) : o;
}

enum outcome
m_incident_create(struct desk *d, struct store *s, struct request *rq,
		  struct err *e)
{
	struct creation c = { .d = d, .s = s, .rq = rq };
	json_t *inc = NULL;
	enum outcome o = create_read(&c, e);

	decide_begin(&c.dc, d, s, "contact", rq->now_ms);
	if (o == OUT_OK)
		o = create_customer(&c, e);
	if (o == OUT_OK)
		o = create_link(&c, e);
	if (o == OUT_OK)
		o = create_classify(&c, e);
	if (o == OUT_OK)
		o = create_write(&c, e);
	if (o == OUT_OK)
		o = view_incident(s, c.dc.book, c.inc.id, &inc, e);
	if (o == OUT_OK) {
		rq->result = json_object();
		(void)json_object_set_new(rq->result, "incident", inc);
		(void)json_object_set_new(rq->result, "message",
					  json_integer(c.message_id));
		if (c.out)
			o = bounce_warn(s, rq, c.message_id, e);
	}
	incident_release(&c.inc);
	link_release(&c.link);
	decide_end(&c.dc);
	return o;
}

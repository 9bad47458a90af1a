/*
 * m_match: contact.explain: what would become of a mail, asked of the same
 * functions that contact.add asks. Nothing is written.
 */

#include <string.h>

#include "daemon/acknowledge.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/contact.h"
#include "daemon/decide.h"
#include "daemon/m_contact.h"
#include "daemon/match.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/customer.h"
#include "rules/book.h"

method_fn m_contact_explain; /* named by the table of handlers */

/* By which connection it would come, and its name for rules. */
static enum outcome
explain_link(struct contact *c, struct link *l, struct err *e)
{
	enum outcome o;

	if (c->connection == NULL)
		o = link_first(c->s, "mail", l, e);
	else
		o = link_find(c->s, c->connection, "mail", l, e);
	if (o != OUT_OK || l->id == 0)
		return o;
	c->connection_id = l->id;
	c->connection = l->name;
	return OUT_OK;
}

/* The contact, if it was taken in before. */
static enum outcome
explain_repeat(struct contact *c, struct err *e)
{
	if (c->digest == NULL || c->connection_id == 0)
		return OUT_OK;
	return message_repeat(c->s, c->connection_id, c->digest, c->external_id,
			      &c->place, e);
}

static enum outcome
explain_match(struct contact *c, struct err *e)
{
	struct match_ask a = { .mail = c->rq->params,
			       .external_id = c->external_id,
			       .address = c->address,
			       .connection_id = c->connection_id,
			       .now_ms = c->now_ms };
	enum outcome o = OUT_OK;

	if (c->address != NULL)
		o = identity_find(c->s, identity_kind(c->channel, c->address),
				  c->address, &c->from, e);
	a.customer_id = c->from.customer_id;
	if (o == OUT_OK)
		o = match_contact(c->d, c->s, &a, &c->at, e);
	if (o == OUT_OK && c->at.incident_id != 0)
		o = match_load(c->s, &c->at, c->from.customer_id, &c->inc, e);
	return o;
}

/* Where it was put when it was taken in. */
static void
explain_place(struct contact *c)
{
	c->at = MATCH_NEW;
	c->at.incident_id = c->place.incident_id;
	c->at.why = "repeat";
}

static enum outcome
explain_ack(struct contact *c, struct err *e)
{
	struct ack_ask q = { .connection_id = c->connection_id,
			     .channel = c->channel,
			     .address = c->address,
			     .identity_id = c->from.id,
			     .robot = c->robot,
			     .may_respond = c->may_respond,
			     .joins = c->at.incident_id != 0,
			     .received_ms = c->received_ms,
			     .now_ms = c->now_ms };
	const char *why = NULL;
	enum outcome o = ack_would(c->s, &q, &why, e);

	result_set(c->rq, "acknowledge", json_boolean(why == NULL));
	result_set(c->rq, "acknowledge_why",
		   json_string(why != NULL ? why : ""));
	return o;
}

/* The rules that fire on a new one. */
static enum outcome
explain_rules(struct contact *c, struct err *e)
{
	struct decision *dc = mem_new(1, sizeof *dc);
	enum outcome o = contact_decide(c, dc, e);
	json_t *names = json_array();
	size_t i;

	for (i = 0; o == OUT_OK && i < dc->result.fired_count; i++) {
		const struct book_rule *r =
			book_rule_at(dc->book, dc->result.fired[i]);

		(void)json_array_append_new(names, json_string(r->name));
	}
	decide_end(dc);
	mem_free(dc);
	result_set(c->rq, "rules", names);
	return o;
}

static void
explain_id(struct request *rq, const char *name, int64_t id)
{
	if (id != 0)
		result_set(rq, name, json_integer(id));
}

static void
explain_result(const struct contact *c)
{
	struct request *rq = c->rq;
	const char *automatic = member_str(rq->params, "automatic");
	char ref[REF_MAX];

	explain_id(rq, "incident", c->at.incident_id);
	if (c->at.incident_id != 0) {
		change_ref(c->at.incident_id, ref);
		result_set(rq, "ref", json_string(ref));
	}
	result_set(rq, "matched", json_string(c->at.matched));
	result_set(rq, "why", json_string(c->at.why));
	explain_id(rq, "follows", c->at.follows_id);
	explain_id(rq, "claims", c->at.claims_id);
	result_set(rq, "robot", json_boolean(c->robot));
	if (automatic != NULL)
		result_set(rq, "automatic", json_string(automatic));
	result_set(rq, "may_respond", json_boolean(c->may_respond));
}

enum outcome
m_contact_explain(struct desk *d, struct store *s, struct request *rq,
		  struct err *e)
{
	struct contact c = { .d = d, .s = s, .rq = rq };
	struct link l = { .id = 0 };
	enum outcome o = contact_read(&c, e);

	if (o == OUT_OK)
		o = explain_link(&c, &l, e);
	if (o == OUT_OK)
		o = explain_repeat(&c, e);
	if (o == OUT_OK && c.place.id != 0)
		explain_place(&c);
	else if (o == OUT_OK)
		o = explain_match(&c, e);
	if (o == OUT_OK) {
		explain_result(&c);
		o = explain_ack(&c, e);
	}
	if (o == OUT_OK && c.at.incident_id == 0)
		o = explain_rules(&c, e);
	link_release(&l);
	contact_release(&c);
	return o;
}

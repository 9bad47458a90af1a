#include "daemon/contact.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/acknowledge.h"
#include "daemon/act.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/clocks.h"
#include "daemon/copies.h"
#include "daemon/decide.h"
#include "daemon/desk.h"
#include "daemon/ordersay.h"
#include "daemon/request.h"
#include "daemon/store/event.h"
#include "daemon/store/participant.h"
#include "daemon/timed.h"
#include "rules/book.h"
#include "rules/deadline.h"

#define TITLE_MAX 80 /* characters of an incident's subject */

void
contact_release(struct contact *c)
{
	incident_release(&c->inc);
	json_decref(c->warnings);
	c->warnings = NULL;
	link_release(&c->by);
	MEM_CLEAR(&c->card);
	MEM_CLEAR(&c->title_made);
}

char *
contact_title(const char *text)
{
	size_t chars = 0;
	size_t n;

	text += strspn(text, " \t\r\n");
	for (n = strcspn(text, "\r\n"); n > 0 && text[n - 1] == ' '; n--)
		;
	for (size_t i = 0; i < n; i++) {
		if (((unsigned char)text[i] & 0xC0) == 0x80)
			continue;
		if (chars++ == TITLE_MAX)
			return mem_printf("%.*s…", (int)i, text);
	}
	return mem_strndup(text, n);
}

void
contact_warn(struct contact *c, const char *code)
{
	if (c->warnings == NULL)
		c->warnings = json_array();
	(void)json_array_append_new(c->warnings, json_string(code));
}

/* Who takes part in what was merged does so where it goes on. */
static enum outcome
contact_load(struct contact *c, struct err *e)
{
	int64_t named = c->at.incident_id;
	enum outcome o =
		match_load(c->s, &c->at, c->from.customer_id, &c->inc, e);

	if (o != OUT_OK || c->at.incident_id == 0 || c->inc.id == named ||
	    !c->at.takes_part || c->inc.customer_id == c->from.customer_id ||
	    c->from.id == 0)
		return o;
	return participant_add(c->s, c->inc.id, c->from.id, e);
}

enum outcome
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

/* Addresses and headers of a mail, as the row keeps them; NULL: it has none. */
static char *
contact_mail(const struct contact *c)
{
	static const char *const members[] = {
		"from", "recipients", "reply_to", "cc", "headers", "automatic"
	};
	json_t *mail = json_object();
	char *text = NULL;
	size_t i;

	for (i = 0; i < sizeof members / sizeof members[0]; i++) {
		json_t *j = json_object_get(c->mail, members[i]);

		if (j != NULL && !json_is_null(j))
			(void)json_object_set(mail, members[i], j);
	}
	if (c->own_loop)
		(void)json_object_set_new(mail, "automatic",
					  json_string("own_loop"));
	/* it may have come before one of them */
	if (c->place.number == 1 && c->at.follows_id == 0) {
		json_t *names = match_names(c->mail, c->external_id);

		if (names != NULL)
			(void)json_object_set_new(mail, "names", names);
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
	char *forward = c->forward != NULL
				? json_dumps(c->forward, JSON_COMPACT)
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
		.subject = c->subject != NULL ? c->subject : c->title,
		.text = c->text,
		.reply_text = c->reply_text,
		.html = c->html,
		.raw_sha256 = c->raw_sha256,
		.robot = c->robot,
		.warnings = warnings,
		.mail = mail,
		.matched = c->at.matched,
		.forward = forward,
		.whatsapp = c->card,
	};
	enum outcome o;

	o = change_blob(c->s, c->rq, c->raw_sha256, c->now_ms, e);
	if (o == OUT_OK)
		o = message_add(c->s, &m, &c->place.id, e);
	if (o == OUT_OK)
		o = change_files(c->s, c->rq, c->place.id, c->files, c->now_ms,
				 e);
	mem_free(mail);
	mem_free(warnings);
	mem_free(forward);
	return o;
}

/* What the rules may know of a contact, whether its incident is there or not. */
static void
contact_facts(struct contact *c, struct facts *x)
{
	facts_message(x, "customer",
		      c->reply_text != NULL ? c->reply_text : c->text,
		      c->headers, c->files);
	facts_text(x, RULE_FIELD_CHANNEL, c->channel);
	facts_text(x, RULE_FIELD_MAILBOX, c->connection);
	facts_text(x, RULE_FIELD_SENDER, c->address);
	facts_text(x, RULE_FIELD_SUBJECT, c->subject);
	facts_text(x, RULE_FIELD_LANGUAGE, c->language);
	facts_text(x, RULE_FIELD_PAGE, c->page);
	facts_number(x, RULE_FIELD_ROBOT, c->robot);
	x->robot = c->robot;
}

/* What the rules may know of a new one beside. */
static enum outcome
contact_facts_new(struct contact *c, struct facts *x, struct err *e)
{
	enum outcome o = OUT_OK;

	facts_text(x, RULE_FIELD_STATE, incident_state_name(INCIDENT_NEW));
	facts_number(x, RULE_FIELD_MESSAGES, 1);
	facts_number(x, RULE_FIELD_ASSIGNED, 0);
	facts_number(x, RULE_FIELD_AGE, 0);
	facts_number(x, RULE_FIELD_WAITING,
		     (c->now_ms - c->received_ms) / 1000);
	if (strcmp(c->channel, "whatsapp") == 0)
		o = facts_window(x, c->s, c->connection_id, c->from.customer_id,
				 e);
	if (o == OUT_OK)
		o = facts_customer(x, c->s, c->from.customer_id, 0, e);
	return o == OUT_OK && c->orders.n > 0
		       ? ordersay_of(x, c->s, orderfind_told(&c->orders), e)
		       : o;
}

/* Which of the sender's orders it is about. A program's mail names none. */
static enum outcome
contact_orders(struct contact *c, struct err *e)
{
	c->orders.n = 0;
	if (c->robot)
		return OUT_OK;
	return orderfind_contact(c->s, c->from.customer_id, c->subject,
				 c->reply_text != NULL ? c->reply_text
						       : c->text,
				 c->page, &c->orders, e);
}

/* What the rules do beside words, and then the first promise, unless they
 * ended the incident. */
static enum outcome
contact_settle(struct contact *c, struct decision *dc,
	       const struct clock_plan *plan, struct err *e)
{
	struct incident *inc = &c->inc;
	bool promise = plan->n > 0;
	enum outcome o;

	dc->message_id = c->place.id;
	o = act_fresh(dc, inc, e);
	if (o == OUT_OK)
		o = decide_write(dc, inc, e);
	if (o == OUT_OK && promise && !incident_state_active(inc->state)) {
		promise = false;
		inc->due_ms = 0;
	}
	if (o == OUT_OK && promise)
		o = clocks_start(c->d, c->s, dc->book, inc, plan, c->now_ms, e);
	if (o == OUT_OK)
		o = timed_since(c->d, c->s, inc, SINCE_CREATED, c->received_ms,
				e);
	if (o == OUT_OK)
		o = timed_since(c->d, c->s, inc, SINCE_CONTACT, c->received_ms,
				e);
	if (o == OUT_OK && dc->changed)
		o = incident_save(c->s, inc, e);
	return o == OUT_OK ? acknowledge(c, dc, e) : o;
}

/* The rows of a new incident, which is written once: what the rules and the
 * calendar say is known before. */
static enum outcome
contact_write_new(struct contact *c, struct decision *dc,
		  const struct clock_plan *plan, struct err *e)
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
	inc->follows_id = c->at.follows_id;
	inc->claims_id = c->at.claims_id;
	if (plan->n > 0 && plan->due_s != DEADLINE_NEVER)
		inc->due_ms = plan->due_s * 1000;
	c->place.number = 1;
	o = incident_add(c->s, inc, e);
	if (o == OUT_OK)
		o = contact_message(c, e);
	if (o == OUT_OK)
		o = change_created(c->s, inc, c->place.id, dc->version, 0,
				   c->now_ms, e);
	inc->messages = 0; /* counted by change_message */
	if (o == OUT_OK)
		o = change_message(c->s, inc, c->place.id, "in", c->received_ms,
				   0, c->now_ms, e);
	if (o == OUT_OK)
		o = orderfind_link(c->s, inc->id, &c->orders, c->now_ms, e);
	if (o == OUT_OK && c->written != NULL)
		o = c->written(c, e);
	return o == OUT_OK ? contact_settle(c, dc, plan, e) : o;
}

/* What rules may know of it, and whether they may answer it. */
static void
contact_begin(struct contact *c, struct decision *dc)
{
	decide_begin(dc, c->d, c->s, "contact", c->now_ms);
	contact_facts(c, &dc->facts);
	if (strcmp(c->channel, "email") == 0 && !c->may_respond)
		dc->mute = "forbidden";
}

enum outcome
contact_decide(struct contact *c, struct decision *dc, struct err *e)
{
	enum outcome o;

	contact_begin(c, dc);
	o = contact_orders(c, e);
	if (o == OUT_OK)
		o = contact_facts_new(c, &dc->facts, e);
	if (o == OUT_OK)
		decide_run(dc);
	return o;
}

static enum outcome
contact_open(struct contact *c, struct err *e)
{
	struct decision dc;
	struct clock_plan plan;
	enum outcome o = contact_decide(c, &dc, e);

	if (o == OUT_OK)
		o = act_words(&dc, &c->inc, e);
	if (o == OUT_OK) {
		struct clock_ask ask = { .policy = c->inc.policy,
					 .channel = c->channel,
					 .priority = c->inc.priority,
					 .rule = decide_by(&dc, "policy"),
					 .start_ms = c->received_ms };

		clocks_plan(dc.book, dc.version, &ask, &plan);
		if (plan.policy != NULL)
			incident_set_str(&c->inc.policy, plan.policy);
		o = contact_write_new(c, &dc, &plan, e);
	}
	decide_end(&dc);
	return o;
}

/* Is it the answer that a program gives to whatever comes? */
static bool
contact_is_reflex(const struct contact *c)
{
	static const char *const codes[] = { "auto_submitted", "vendor",
					     "absence", "challenge",
					     "own_loop" };
	const char *why = member_str(c->mail, "automatic");
	size_t i;

	for (i = 0; why != NULL && i < sizeof codes / sizeof codes[0]; i++)
		if (strcmp(why, codes[i]) == 0)
			return true;
	return false;
}

/* A customer's word wakes an incident that waited for it. What came back does
 * what bounce.h says. */
static bool
contact_wakes(const struct contact *c)
{
	enum incident_state st = c->inc.state;

	if (c->bounce.delivery_id != 0 || contact_is_reflex(c))
		return false;
	return st == INCIDENT_PENDING || st == INCIDENT_ON_HOLD ||
	       st == INCIDENT_SNOOZED || st == INCIDENT_SOLVED;
}

/* Rules of a contact that is not its incident's first: those that ask how
 * many messages it has. */
static enum outcome
contact_again(struct contact *c, struct err *e)
{
	struct decision dc;
	enum outcome o;

	if (c->inc.state == INCIDENT_SPAM || !decide_asks_again(c->d))
		return OUT_OK;
	contact_begin(c, &dc);
	dc.message_id = c->place.id;
	o = decide_event(&dc, &c->inc, e);
	decide_end(&dc);
	return o;
}

static enum outcome
contact_join(struct contact *c, struct err *e)
{
	struct incident *inc = &c->inc;
	enum incident_state before = inc->state;
	enum outcome o;

	c->now_ms = change_now(inc, c->now_ms);
	/* a mail server has no part in anything */
	if (c->from.customer_id != inc->customer_id &&
	    strcmp(c->at.matched, "bounce") != 0)
		contact_warn(c, "other_sender");
	c->place.number = inc->messages + 1;
	o = contact_message(c, e);
	if (o == OUT_OK)
		o = change_message(c->s, inc, c->place.id, "in", c->received_ms,
				   0, c->now_ms, e);
	if (o == OUT_OK && contact_wakes(c))
		o = change_state(c->s, inc, INCIDENT_OPEN, 0, c->now_ms, e);
	if (o == OUT_OK)
		o = clocks_woken(c->d, c->s, inc, before, c->now_ms, e);
	/* a program that writes back is owed no answer */
	if (o == OUT_OK && inc->state != INCIDENT_SPAM && !c->robot)
		o = clocks_contact(c->d, c->s, inc, c->received_ms, c->now_ms,
				   e);
	if (o == OUT_OK)
		o = incident_save(c->s, inc, e);
	if (o == OUT_OK && c->bounce.delivery_id != 0)
		o = bounce_apply(c, e);
	/* somebody else's order is no order of this incident's customer */
	if (o == OUT_OK && c->from.customer_id == inc->customer_id)
		o = contact_orders(c, e);
	if (o == OUT_OK)
		o = orderfind_link(c->s, inc->id, &c->orders, c->now_ms, e);
	if (o == OUT_OK && c->written != NULL)
		o = c->written(c, e);
	if (o == OUT_OK)
		o = timed_since(c->d, c->s, inc, SINCE_CONTACT, c->received_ms,
				e);
	return o == OUT_OK ? contact_again(c, e) : o;
}

enum outcome
contact_put(struct contact *c, struct err *e)
{
	enum outcome o = OUT_OK;

	if (c->at.incident_id != 0)
		o = contact_load(c, e);
	if (o == OUT_OK)
		o = c->at.incident_id != 0 ? contact_join(c, e)
					   : contact_open(c, e);
	if (o == OUT_OK)
		o = copies_contact(c, e);
	c->place.incident_id = c->inc.id;
	return o;
}

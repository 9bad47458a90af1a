/*
 * m_incident: what staff do with incidents: make one by hand, answer, note,
 * assign, set.
 *
 * Invariants: an answer names the last message that its author saw, and is
 * refused if something newer came; a step of the state is one of the table
 * in change.c; every change leaves an event.
 */

#include <string.h>

#include "daemon/answer_wa.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/bounce.h"
#include "daemon/change.h"
#include "daemon/clocks.h"
#include "daemon/decide.h"
#include "daemon/desk.h"
#include "daemon/outgoing.h"
#include "daemon/promised.h"
#include "daemon/request.h"
#include "daemon/store/event.h"
#include "daemon/store/expect.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"
#include "daemon/store/view.h"
#include "daemon/survey.h"
#include "daemon/timed.h"
#include "rules/book.h"

/* named by the table of handlers */
method_fn m_incident_answer;
method_fn m_incident_note;
method_fn m_incident_assign;
method_fn m_incident_set;

/* The incident as it is now, as member "incident" of the result. */
static enum outcome
incident_result(struct desk *d, struct store *s, struct request *rq, int64_t id,
		struct err *e)
{
	int64_t version;
	struct book *b = desk_book(d, &version);
	json_t *inc = NULL;
	enum outcome o = view_incident(s, b, id, &inc, e);

	book_unref(&b);
	if (o != OUT_OK)
		return o;
	if (rq->result == NULL)
		rq->result = json_object();
	(void)json_object_set_new(rq->result, "incident", inc);
	return OUT_OK;
}

static enum outcome
incident_message(struct store *s, struct request *rq, int64_t id, struct err *e)
{
	json_t *m = NULL;
	enum outcome o = view_message(s, id, false, &m, e);

	if (o != OUT_OK)
		return o;
	if (rq->result == NULL)
		rq->result = json_object();
	(void)json_object_set_new(rq->result, "message", m);
	return OUT_OK;
}

static enum outcome
incident_step(const struct incident *inc, enum incident_state to, struct err *e)
{
	if (change_allowed(inc->state, to))
		return OUT_OK;
	return err_code(e, OUT_PERM, "conflict",
			"an incident that is '%s' cannot become '%s'",
			incident_state_name(inc->state),
			incident_state_name(to));
}

/* --- answer --------------------------------------------------------------- */

/* Two that answer at once must not contradict each other. */
static enum outcome
answer_seen(struct store *s, struct request *rq, const struct incident *inc,
	    struct err *e)
{
	int64_t seen = member_int(rq->params, "seen", 0);
	struct message_last last;
	char at[32];
	enum outcome o = message_last(s, inc->id, &last, e);

	if (o != OUT_OK || last.number <= seen ||
	    member_bool(rq->params, "override", false))
		return o;
	clock_iso_ms(last.at_ms, at);
	rq->error_data = json_object();
	(void)json_object_set_new(rq->error_data, "last",
				  json_integer(last.number));
	(void)json_object_set_new(rq->error_data, "by",
				  json_string(strcmp(last.direction, "in") == 0
						      ? "customer"
						      : "agent"));
	(void)json_object_set_new(rq->error_data, "at", json_string(at));
	return err_code(e, OUT_PERM, "seen",
			"message %lld came after what the author saw",
			(long long)last.number);
}

static enum outcome
answer_state(const struct request *rq, const struct incident *inc,
	     enum incident_state *to_out, struct err *e)
{
	const char *word = member_str(rq->params, "state");

	*to_out = word != NULL ? incident_state_parse(word) : INCIDENT_PENDING;
	if (*to_out != INCIDENT_OPEN && *to_out != INCIDENT_PENDING &&
	    *to_out != INCIDENT_SOLVED)
		return err_code(e, OUT_PERM, "bad_params",
				"'state' is none of open, pending_customer, "
				"solved");
	return incident_step(inc, *to_out, e);
}

static enum outcome
incident_assign_to(struct store *s, struct incident *inc, int64_t to,
		   int64_t by, int64_t now_ms, struct err *e)
{
	json_t *data;

	if (inc->assignee_id == to)
		return OUT_OK;
	data = json_object();
	(void)json_object_set_new(data, "from",
				  inc->assignee_id != 0
					  ? json_integer(inc->assignee_id)
					  : json_null());
	(void)json_object_set_new(data, "to",
				  to != 0 ? json_integer(to) : json_null());
	inc->assignee_id = to;
	inc->updated_ms = now_ms;
	return event_add(s, now_ms, "incident.assigned", inc->id, by, data, e);
}

static enum outcome
answer_write(struct desk *d, struct store *s, struct request *rq,
	     struct incident *inc, const struct answer_wa *wa,
	     enum incident_state to, int64_t *message_out, struct err *e)
{
	struct outgoing out = {
		.agent_id = rq->agent_id,
		.send_ms = rq->now_ms,
		.text = member_str(rq->params, "text"),
		.saved_reply = member_str(rq->params, "saved_reply"),
		.cc = json_object_get(rq->params, "cc"),
		.attachments = json_object_get(rq->params, "attachments"),
	};
	enum incident_state before = inc->state;
	int64_t now = change_now(inc, rq->now_ms);
	enum outcome o;

	inc->undecided = false;
	answer_wa_fill(wa, &out);
	o = outgoing_add(d, s, rq, inc, &out, now, message_out, e);
	if (o == OUT_OK)
		o = clocks_answered(
			d, s, inc, *message_out,
			to == INCIDENT_SOLVED ||
				member_bool(rq->params, "claim", false),
			now, e);
	if (o == OUT_OK)
		o = promise_judge(s, inc->id, now / 1000, e);
	if (o == OUT_OK)
		o = promised_answer(d, s, inc, *message_out, out.saved_reply,
				    out.text, now, e);
	if (o == OUT_OK && inc->assignee_id == 0)
		o = incident_assign_to(s, inc, rq->agent_id, rq->agent_id, now,
				       e);
	if (o == OUT_OK)
		o = change_state(s, inc, to, rq->agent_id, now, e);
	if (o == OUT_OK)
		o = clocks_state(d, s, inc, before, now, e);
	if (o == OUT_OK)
		o = timed_since(d, s, inc, SINCE_ANSWER, now, e);
	if (o == OUT_OK && to == INCIDENT_SOLVED)
		o = timed_since(d, s, inc, SINCE_SOLVED, now, e);
	if (o == OUT_OK && to == INCIDENT_SOLVED && before != to)
		o = survey_solved(d, s, inc, rq->now_ms, e);
	return o == OUT_OK ? incident_save(s, inc, e) : o;
}

/* Rules of the answer, and of the state that it set. */
static enum outcome
answer_rules(struct desk *d, struct store *s, const struct request *rq,
	     struct incident *inc, int64_t message_id,
	     enum incident_state before, struct err *e)
{
	const char *was = incident_state_name(before);
	enum incident_state set = inc->state;
	struct decision dc;
	enum outcome o = OUT_OK;

	if (decide_asks(d, "answer")) {
		decide_begin(&dc, d, s, "answer", rq->now_ms);
		facts_message(&dc.facts, "agent",
			      member_str(rq->params, "text"), NULL,
			      json_object_get(rq->params, "attachments"));
		dc.message_id = message_id;
		o = decide_event(&dc, inc, e);
		decide_end(&dc);
	}
	/* a state that rules set is no event for rules */
	if (o == OUT_OK && inc->state == set)
		o = decide_state(d, s, inc, was, rq->now_ms, e);
	return o;
}

enum outcome
m_incident_answer(struct desk *d, struct store *s, struct request *rq,
		  struct err *e)
{
	struct incident inc;
	struct answer_wa wa = { 0 };
	enum incident_state to;
	int64_t message = 0;
	enum incident_state before;
	enum outcome o =
		incident_load(s, member_int(rq->params, "id", 0), &inc, e);

	before = inc.state;
	if (o == OUT_OK)
		o = answer_seen(s, rq, &inc, e);
	if (o == OUT_OK)
		o = answer_state(rq, &inc, &to, e);
	if (o == OUT_OK)
		o = answer_wa_read(s, rq, &inc, &wa, e);
	if (o == OUT_OK)
		o = answer_write(d, s, rq, &inc, &wa, to, &message, e);
	if (o == OUT_OK)
		o = answer_rules(d, s, rq, &inc, message, before, e);
	if (o == OUT_OK)
		o = incident_message(s, rq, message, e);
	if (o == OUT_OK)
		o = incident_result(d, s, rq, inc.id, e);
	if (o == OUT_OK)
		o = bounce_warn(s, rq, message, e);
	if (o == OUT_PERM)
		answer_wa_refused(rq, e);
	answer_wa_release(&wa);
	incident_release(&inc);
	return o;
}

/* --- note, assign --------------------------------------------------------- */

enum outcome
m_incident_note(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	struct incident inc;
	int64_t message = 0;
	enum outcome o =
		incident_load(s, member_int(rq->params, "id", 0), &inc, e);

	(void)d;
	if (o == OUT_OK)
		o = change_note(s, &inc, rq->agent_id,
				member_str(rq->params, "text"), rq->now_ms,
				&message, e);
	if (o == OUT_OK)
		o = incident_message(s, rq, message, e);
	incident_release(&inc);
	return o;
}

/* Somebody else was first: say who has it. */
static enum outcome
assign_expected(struct request *rq, const struct incident *inc, struct err *e)
{
	int64_t expect = member_int(rq->params, "expect", inc->assignee_id);

	if (expect == inc->assignee_id)
		return OUT_OK;
	rq->error_data = json_object();
	(void)json_object_set_new(rq->error_data, "assignee",
				  inc->assignee_id != 0
					  ? json_integer(inc->assignee_id)
					  : json_null());
	return err_code(e, OUT_PERM, "conflict",
			"the incident was assigned by somebody else");
}

enum outcome
m_incident_assign(struct desk *d, struct store *s, struct request *rq,
		  struct err *e)
{
	struct incident inc;
	int64_t to = member_int(rq->params, "agent", 0);
	enum outcome o =
		incident_load(s, member_int(rq->params, "id", 0), &inc, e);

	if (o == OUT_OK)
		o = assign_expected(rq, &inc, e);
	if (o == OUT_OK && to != 0)
		o = incident_agent(s, to, e);
	if (o == OUT_OK && to != inc.assignee_id) {
		inc.undecided = inc.undecided && rq->agent_id == 0;
		o = incident_assign_to(s, &inc, to, rq->agent_id,
				       change_now(&inc, rq->now_ms), e);
		if (o == OUT_OK)
			o = incident_save(s, &inc, e);
	}
	if (o == OUT_OK)
		o = incident_result(d, s, rq, inc.id, e);
	incident_release(&inc);
	return o;
}

/* --- set ------------------------------------------------------------------ */

static enum outcome
set_queue(struct desk *d, const struct request *rq, struct incident *inc,
	  json_t *set, struct err *e)
{
	const char *queue = member_str(rq->params, "queue");
	struct book *b;
	int64_t version;
	bool known;

	if (queue == NULL || strcmp(queue, inc->queue) == 0)
		return OUT_OK;
	b = desk_book(d, &version);
	known = book_queue(b, queue) != NULL;
	book_unref(&b);
	if (!known)
		return err_code(e, OUT_PERM, "bad_params",
				"'queue' is not in the desk book: '%s'", queue);
	change_pair(set, "queue", json_string(inc->queue), json_string(queue));
	incident_set_str(&inc->queue, queue);
	return OUT_OK;
}

static enum outcome
set_words(const struct request *rq, struct incident *inc, json_t *set,
	  struct err *e)
{
	const char *priority = member_str(rq->params, "priority");
	const char *reason = member_str(rq->params, "reason");

	if (priority != NULL && incident_priority(priority) == NULL)
		return err_code(e, OUT_PERM, "bad_params",
				"'priority' is none of low, normal, high, "
				"urgent");
	if (reason != NULL && !incident_reason(reason))
		return err_code(e, OUT_PERM, "bad_params",
				"'reason' is not a contact reason: '%s'",
				reason);
	if (priority != NULL && strcmp(priority, inc->priority) != 0) {
		change_pair(set, "priority", json_string(inc->priority),
			    json_string(priority));
		inc->priority = incident_priority(priority);
	}
	if (reason != NULL && strcmp(reason, inc->reason) != 0) {
		change_pair(set, "reason", json_string(inc->reason),
			    json_string(reason));
		incident_set_str(&inc->reason, reason);
	}
	return OUT_OK;
}

static enum outcome
set_tag_list(struct store *s, int64_t id, const json_t *list, bool add,
	     bool *changed, struct err *e)
{
	enum outcome o = OUT_OK;
	const json_t *j;
	size_t i;
	bool one;

	json_array_foreach(list, i, j)
	{
		const char *tag = json_string_value(j);

		if (*tag == '\0')
			continue;
		o = add ? incident_tag_add(s, id, tag, &one, e)
			: incident_tag_remove(s, id, tag, &one, e);
		if (o != OUT_OK)
			break;
		*changed = *changed || one;
	}
	return o;
}

static enum outcome
set_tags(struct store *s, const struct request *rq, int64_t id, json_t *set,
	 struct err *e)
{
	const json_t *add = json_object_get(rq->params, "add_tags");
	const json_t *remove = json_object_get(rq->params, "remove_tags");
	json_t *before = NULL;
	json_t *now = NULL;
	bool changed = false;
	enum outcome o;

	if (json_array_size(add) == 0 && json_array_size(remove) == 0)
		return OUT_OK;
	o = incident_tags(s, id, &before, e);
	if (o == OUT_OK)
		o = set_tag_list(s, id, remove, false, &changed, e);
	if (o == OUT_OK)
		o = set_tag_list(s, id, add, true, &changed, e);
	if (o == OUT_OK && changed)
		o = incident_tags(s, id, &now, e);
	if (o == OUT_OK && json_array_size(now) > INCIDENT_TAGS_MAX)
		o = err_code(e, OUT_PERM, "bad_params",
			     "an incident has at most %d tags",
			     INCIDENT_TAGS_MAX);
	if (o == OUT_OK && changed) {
		change_pair(set, "tags", before, now);
		return OUT_OK;
	}
	json_decref(before);
	json_decref(now);
	return o;
}

static enum outcome
set_state(struct desk *d, struct store *s, const struct request *rq,
	  struct incident *inc, json_t *set, int64_t now_ms, struct err *e)
{
	const char *word = member_str(rq->params, "state");
	enum incident_state before = inc->state;
	enum incident_state to;
	enum outcome o;

	if (word == NULL)
		return OUT_OK;
	to = incident_state_parse(word);
	if (to == INCIDENT_STATE_COUNT || to == INCIDENT_NEW ||
	    to == INCIDENT_MERGED)
		return err_code(e, OUT_PERM, "bad_params",
				"'state' is not one that can be set: '%s'",
				word);
	if (to == before)
		return OUT_OK;
	o = incident_step(inc, to, e);
	if (o != OUT_OK)
		return o;
	change_pair(set, "state", json_string(incident_state_name(before)),
		    json_string(word));
	change_state_to(inc, to);
	o = clocks_state(d, s, inc, before, now_ms, e);
	return o == OUT_OK && to == INCIDENT_SOLVED
		       ? timed_since(d, s, inc, SINCE_SOLVED, now_ms, e)
		       : o;
}

static enum outcome
set_write(struct desk *d, struct store *s, const struct request *rq,
	  struct incident *inc, struct err *e)
{
	int64_t now = change_now(inc, rq->now_ms);
	const char *priority = inc->priority;
	enum incident_state before = inc->state;
	json_t *set = json_object();
	enum outcome o;

	o = set_queue(d, rq, inc, set, e);
	if (o == OUT_OK)
		o = set_words(rq, inc, set, e);
	if (o == OUT_OK && inc->priority != priority)
		o = clocks_priority(d, s, inc, now, e);
	if (o == OUT_OK)
		o = set_tags(s, rq, inc->id, set, e);
	if (o == OUT_OK)
		o = set_state(d, s, rq, inc, set, now, e);
	if (o != OUT_OK || json_object_size(set) == 0) {
		json_decref(set);
		return o;
	}
	inc->updated_ms = now;
	inc->undecided = inc->undecided && rq->agent_id == 0;
	o = change_event(s, inc->id, set, rq->agent_id, now, e);
	if (o == OUT_OK && inc->state == INCIDENT_SOLVED &&
	    before != inc->state)
		o = survey_solved(d, s, inc, rq->now_ms, e);
	return o == OUT_OK ? incident_save(s, inc, e) : o;
}

enum outcome
m_incident_set(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	struct incident inc;
	enum incident_state before;
	enum outcome o =
		incident_load(s, member_int(rq->params, "id", 0), &inc, e);

	before = inc.state;
	if (o == OUT_OK)
		o = set_write(d, s, rq, &inc, e);
	if (o == OUT_OK)
		o = decide_state(d, s, &inc, incident_state_name(before),
				 rq->now_ms, e);
	if (o == OUT_OK)
		o = incident_result(d, s, rq, inc.id, e);
	if (o == OUT_OK && inc.state != before)
		(void)json_object_set_new(
			rq->result, "state_before",
			json_string(incident_state_name(before)));
	incident_release(&inc);
	return o;
}

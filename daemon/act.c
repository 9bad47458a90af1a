#include "daemon/act.h"

#include <string.h>

#include "daemon/automatic.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/clocks.h"
#include "daemon/decide.h"
#include "daemon/desk.h"
#include "daemon/fallback.h"
#include "daemon/notice.h"
#include "daemon/orderfind.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"
#include "daemon/store/ruled.h"
#include "daemon/survey.h"
#include "daemon/timed.h"
#include "daemon/webhook.h"
#include "rules/book.h"

#define NOTICE_AGENTS_MAX 200 /* whom one notice is for */

/* --- what was done, and what was left --------------------------------------- */

static void
act_done(struct decision *dc, const struct rule_action *a, json_t *value)
{
	const char *name = rule_action_name(a->kind);

	(void)json_object_set_new(dc->set, name, value);
	(void)json_object_set_new(dc->by, name, json_string(a->rule));
}

/* Of kinds that add up: a list. */
static void
act_added(struct decision *dc, const char *name, json_t *value)
{
	json_t *list = json_object_get(dc->set, name);

	if (list == NULL) {
		list = json_array();
		(void)json_object_set_new(dc->set, name, list);
	}
	(void)json_array_append_new(list, value);
}

static enum outcome
act_left(struct decision *dc, const struct rule_action *a, const char *why)
{
	json_t *j = json_object();

	(void)json_object_set_new(j, "action",
				  json_string(rule_action_name(a->kind)));
	(void)json_object_set_new(j, "rule", json_string(a->rule));
	(void)json_object_set_new(j, "why", json_string(why));
	(void)json_array_append_new(dc->left, j);
	return OUT_OK;
}

/* --- words ---------------------------------------------------------------------- */

static enum outcome
act_assign(struct decision *dc, struct incident *inc,
	   const struct rule_action *a, struct err *e)
{
	int64_t to = 0;
	enum outcome o = OUT_OK;

	if (*a->value != '\0')
		o = ruled_agent(dc->s, a->value, &to, e);
	if (o != OUT_OK)
		return o;
	if (*a->value != '\0' && to == 0)
		return act_left(dc, a, "unknown");
	inc->assignee_id = to;
	act_done(dc, a, to != 0 ? json_integer(to) : json_null());
	return OUT_OK;
}

static enum outcome
act_priority(struct decision *dc, struct incident *inc,
	     const struct rule_action *a)
{
	const char *priority = incident_priority(a->value);

	if (priority == NULL)
		return act_left(dc, a, "unknown");
	inc->priority = priority;
	act_done(dc, a, json_string(priority));
	return OUT_OK;
}

/* A name of the book, or a code. */
static enum outcome
act_name(struct decision *dc, char **field, const struct rule_action *a,
	 bool known)
{
	if (!known)
		return act_left(dc, a, "unknown");
	incident_set_str(field, a->value);
	act_done(dc, a, json_string(a->value));
	return OUT_OK;
}

static enum outcome
act_word(struct decision *dc, struct incident *inc, const struct rule_action *a,
	 struct err *e)
{
	switch (a->kind) {
	case ACTION_QUEUE:
		return act_name(dc, &inc->queue, a,
				book_queue(dc->book, a->value) != NULL);
	case ACTION_TEAM:
		return act_name(dc, &inc->team, a,
				book_team(dc->book, a->value) != NULL);
	case ACTION_ASSIGN:
		return act_assign(dc, inc, a, e);
	case ACTION_PRIORITY:
		return act_priority(dc, inc, a);
	case ACTION_REASON:
		return act_name(dc, &inc->reason, a, incident_reason(a->value));
	case ACTION_POLICY:
		return act_name(dc, &inc->policy, a,
				book_policy(dc->book, a->value) != NULL);
	case ACTION_REPLY:
		return act_name(dc, &inc->saved_reply, a,
				book_reply(dc->book, a->value) != NULL);
	case ACTION_STATE:
	case ACTION_SEND:
	case ACTION_ASK_ORDER:
	case ACTION_SNOOZE:
	case ACTION_TAG:
	case ACTION_UNTAG:
	case ACTION_NOTE:
	case ACTION_NOTIFY:
	case ACTION_WEBHOOK:
	case ACTION_LINK_ORDER:
	case ACTION_FALLBACK:
	case ACTION_KIND_COUNT:
		break;
	}
	return OUT_OK;
}

static enum outcome
act_all_words(struct decision *dc, struct incident *inc, struct err *e)
{
	enum outcome o = OUT_OK;
	size_t i;

	for (i = 0; o == OUT_OK && i < dc->result.action_count; i++)
		o = act_word(dc, inc, &dc->result.actions[i], e);
	return o;
}

enum outcome
act_words(struct decision *dc, struct incident *inc, struct err *e)
{
	const struct book_queue *q = book_queue_default(dc->book);

	incident_set_str(&inc->queue, q != NULL ? q->name : "general");
	inc->priority = incident_priority("normal");
	incident_set_str(&inc->reason, "other");
	incident_set_str(&inc->policy, "");
	incident_set_str(&inc->saved_reply, "");
	incident_set_str(&inc->team, "");
	return act_all_words(dc, inc, e);
}

/* --- tags ------------------------------------------------------------------------- */

/* The tag is not among what was done. */
static void
act_forget_tag(struct decision *dc, const char *tag)
{
	json_t *list = json_object_get(dc->set, "tags");
	size_t i = json_array_size(list);

	while (i-- > 0)
		if (strcmp(json_string_value(json_array_get(list, i)), tag) ==
		    0)
			(void)json_array_remove(list, i);
	if (list != NULL && json_array_size(list) == 0)
		(void)json_object_del(dc->set, "tags");
}

static enum outcome
act_tag(struct decision *dc, const struct incident *inc,
	const struct rule_action *a, size_t *count, struct err *e)
{
	bool changed = false;
	enum outcome o;

	if (a->kind == ACTION_UNTAG) {
		o = incident_tag_remove(dc->s, inc->id, a->value, &changed, e);
		*count -= changed;
		act_forget_tag(dc, a->value);
		act_added(dc, "untag", json_string(a->value));
		return o;
	}
	if (*count >= INCIDENT_TAGS_MAX)
		return act_left(dc, a, "too_many");
	o = incident_tag_add(dc->s, inc->id, a->value, &changed, e);
	*count += changed;
	act_forget_tag(dc, a->value);
	act_added(dc, "tags", json_string(a->value));
	return o;
}

/* pairs: of what was there before; NULL: nothing was. */
static enum outcome
act_tags(struct decision *dc, const struct incident *inc, json_t *pairs,
	 struct err *e)
{
	const struct rule_result *r = &dc->result;
	json_t *before = NULL;
	json_t *now = NULL;
	size_t count;
	size_t i;
	bool any = false;
	enum outcome o = OUT_OK;

	for (i = 0; i < r->action_count; i++)
		any = any || r->actions[i].kind == ACTION_TAG ||
		      r->actions[i].kind == ACTION_UNTAG;
	if (!any)
		return OUT_OK;
	if (pairs != NULL)
		o = incident_tags(dc->s, inc->id, &before, e);
	count = json_array_size(before);
	for (i = 0; o == OUT_OK && i < r->action_count; i++)
		if (r->actions[i].kind == ACTION_TAG ||
		    r->actions[i].kind == ACTION_UNTAG)
			o = act_tag(dc, inc, &r->actions[i], &count, e);
	if (o == OUT_OK && pairs != NULL)
		o = incident_tags(dc->s, inc->id, &now, e);
	if (o == OUT_OK && pairs != NULL && !json_equal(before, now)) {
		change_pair(pairs, "tags", before, now);
		return OUT_OK;
	}
	json_decref(before);
	json_decref(now);
	return o;
}

/* --- state ------------------------------------------------------------------------- */

static enum outcome
act_to(struct decision *dc, struct incident *inc, const struct rule_action *a,
       enum incident_state to)
{
	if (to == INCIDENT_STATE_COUNT || to == INCIDENT_NEW ||
	    to == INCIDENT_MERGED)
		return act_left(dc, a, "unknown");
	if (to != inc->state && !change_allowed(inc->state, to))
		return act_left(dc, a, "no_step");
	if (a->kind == ACTION_SNOOZE) {
		change_state_to(inc, to);
		inc->wake_ms = dc->now_ms + a->seconds * 1000;
		act_done(dc, a, json_integer(a->seconds));
	} else {
		if (to != inc->state)
			change_state_to(inc, to);
		act_done(dc, a, json_string(a->value));
	}
	return OUT_OK;
}

/* The state, and then its sleep: of both, to sleep stands. */
static enum outcome
act_state(struct decision *dc, struct incident *inc)
{
	const struct rule_result *r = &dc->result;
	const struct rule_action *state = NULL;
	const struct rule_action *snooze = NULL;
	enum outcome o = OUT_OK;
	size_t i;

	for (i = 0; i < r->action_count; i++) {
		if (r->actions[i].kind == ACTION_STATE)
			state = &r->actions[i];
		if (r->actions[i].kind == ACTION_SNOOZE)
			snooze = &r->actions[i];
	}
	if (state != NULL)
		o = act_to(dc, inc, state, incident_state_parse(state->value));
	if (o == OUT_OK && snooze != NULL)
		o = act_to(dc, inc, snooze, INCIDENT_SNOOZED);
	return o;
}

/* --- events of what changed -------------------------------------------------------- */

/* What is compared, as it was before. */
struct was {
	enum incident_state state;
	const char *priority;
	char *queue;
	char *team;
	char *reason;
	char *policy;
	char *reply;
	int64_t assignee_id;
	int64_t wake_ms;
};

static void
was_take(struct was *w, const struct incident *inc)
{
	w->state = inc->state;
	w->priority = inc->priority;
	w->queue = mem_strdup(inc->queue);
	w->team = mem_strdup(inc->team);
	w->reason = mem_strdup(inc->reason);
	w->policy = mem_strdup(inc->policy);
	w->reply = mem_strdup(inc->saved_reply);
	w->assignee_id = inc->assignee_id;
	w->wake_ms = inc->wake_ms;
}

static void
was_release(struct was *w)
{
	mem_free(w->queue);
	mem_free(w->team);
	mem_free(w->reason);
	mem_free(w->policy);
	mem_free(w->reply);
}

static void
pair_str(json_t *set, const char *name, const char *before, const char *now)
{
	if (strcmp(before, now) != 0)
		change_pair(set, name, json_string(before), json_string(now));
}

static json_t *
id_or_null(int64_t id)
{
	return id != 0 ? json_integer(id) : json_null();
}

static void
act_pairs(const struct was *w, const struct incident *inc, json_t *pairs)
{
	/* what leaves sleep has no instant to wake at: the state tells it */
	bool woke =
		w->state == INCIDENT_SNOOZED && inc->state != INCIDENT_SNOOZED;

	pair_str(pairs, "state", incident_state_name(w->state),
		 incident_state_name(inc->state));
	pair_str(pairs, "queue", w->queue, inc->queue);
	pair_str(pairs, "team", w->team, inc->team);
	pair_str(pairs, "priority", w->priority, inc->priority);
	pair_str(pairs, "reason", w->reason, inc->reason);
	pair_str(pairs, "policy", w->policy, inc->policy);
	pair_str(pairs, "reply", w->reply, inc->saved_reply);
	if (w->wake_ms != inc->wake_ms && !woke)
		change_pair(pairs, "wake_ms", id_or_null(w->wake_ms),
			    id_or_null(inc->wake_ms));
}

static enum outcome
act_assigned(struct decision *dc, const struct was *w, struct incident *inc,
	     struct err *e)
{
	json_t *data;

	if (w->assignee_id == inc->assignee_id)
		return OUT_OK;
	data = json_object();
	(void)json_object_set_new(data, "from", id_or_null(w->assignee_id));
	(void)json_object_set_new(data, "to", id_or_null(inc->assignee_id));
	inc->updated_ms = dc->now_ms;
	dc->changed = true;
	return event_add(dc->s, dc->now_ms, "incident.assigned", inc->id, 0,
			 data, e);
}

/* Before the events: a breach that is found has the row's queue and agent. */
static enum outcome
act_clocks(struct decision *dc, const struct was *w, struct incident *inc,
	   struct err *e)
{
	enum outcome o = OUT_OK;

	if (inc->state != w->state)
		o = clocks_state(dc->d, dc->s, inc, w->state, dc->now_ms, e);
	if (o == OUT_OK && strcmp(w->policy, inc->policy) != 0)
		o = clocks_policy(dc->d, dc->s, dc->book, dc->version, inc,
				  decide_by(dc, "policy"), dc->now_ms, e);
	else if (o == OUT_OK && w->priority != inc->priority)
		o = clocks_priority(dc->d, dc->s, inc, dc->now_ms, e);
	return o;
}

/* pairs is taken. */
static enum outcome
act_changed(struct decision *dc, const struct was *w, struct incident *inc,
	    json_t *pairs, struct err *e)
{
	enum outcome o = act_assigned(dc, w, inc, e);

	if (o != OUT_OK || json_object_size(pairs) == 0) {
		json_decref(pairs);
		return o;
	}
	inc->updated_ms = dc->now_ms;
	dc->changed = true;
	o = change_event(dc->s, inc->id, pairs, 0, dc->now_ms, e);
	if (o != OUT_OK || w->state == inc->state ||
	    inc->state != INCIDENT_SOLVED)
		return o;
	o = timed_since(dc->d, dc->s, inc, SINCE_SOLVED, dc->now_ms, e);
	return o == OUT_OK ? survey_solved(dc->d, dc->s, inc, dc->now_ms, e)
			   : o;
}

/* --- what is written into it --------------------------------------------------------- */

static enum outcome
act_note(struct decision *dc, struct incident *inc, const char *text,
	 int64_t *message_out, struct err *e)
{
	struct message_new m = { .incident_id = inc->id,
				 .number = inc->messages + 1,
				 .direction = "note",
				 .author = "bot",
				 .received_ms = dc->now_ms,
				 .committed_ms = dc->now_ms,
				 .text = text };
	enum outcome o = message_add(dc->s, &m, message_out, e);

	dc->changed = true;
	return o == OUT_OK ? change_message(dc->s, inc, *message_out, "note",
					    dc->now_ms, 0, dc->now_ms, e)
			   : o;
}

static enum outcome
notice_agent(struct decision *dc, json_t *agents, const char *email,
	     struct err *e)
{
	int64_t id = 0;
	enum outcome o = ruled_agent(dc->s, email, &id, e);

	if (o == OUT_OK && id != 0)
		(void)json_array_append_new(agents, json_integer(id));
	return o;
}

/* Whom a notice is for: those who are there. */
static enum outcome
notice_agents(struct decision *dc, const struct rule_action *a, bool team,
	      json_t *agents, struct err *e)
{
	const struct book_team *t;
	enum outcome o = OUT_OK;
	size_t i;

	if (!team)
		return notice_agent(dc, agents, a->more, e);
	t = book_team(dc->book, a->more);
	for (i = 0; o == OUT_OK && t != NULL && i < t->member_count &&
		    i < NOTICE_AGENTS_MAX;
	     i++)
		o = notice_agent(dc, agents, t->members[i], e);
	return o;
}

/* agents is taken. */
static enum outcome
notice_write(struct decision *dc, struct incident *inc,
	     const struct rule_action *a, bool team, json_t *agents,
	     struct err *e)
{
	int64_t message = 0;
	json_t *data;
	enum outcome o = act_note(dc, inc, a->text, &message, e);

	if (o != OUT_OK) {
		json_decref(agents);
		return o;
	}
	act_added(dc, "notify", json_integer(message));
	data = json_object();
	(void)json_object_set_new(data, "message", json_integer(message));
	(void)json_object_set_new(data, "rule", json_string(a->rule));
	if (team)
		(void)json_object_set_new(data, "team", json_string(a->more));
	(void)json_object_set(data, "agents", agents);
	o = event_add(dc->s, dc->now_ms, "notice.added", inc->id, 0, data, e);
	if (o == OUT_OK)
		o = notice_said(dc->d, dc->s, inc, agents, a->rule, a->text,
				dc->now_ms, e);
	json_decref(agents);
	return o;
}

/* A note that its readers are told of. */
static enum outcome
act_notify(struct decision *dc, struct incident *inc,
	   const struct rule_action *a, struct err *e)
{
	bool team = strcmp(a->value, "team") == 0;
	json_t *agents = json_array();
	enum outcome o = notice_agents(dc, a, team, agents, e);

	if (o == OUT_OK && json_array_size(agents) > 0)
		return notice_write(dc, inc, a, team, agents, e);
	json_decref(agents);
	return o == OUT_OK ? act_left(dc, a, "unknown") : o;
}

static enum outcome
act_send(struct decision *dc, struct incident *inc, const struct rule_action *a,
	 struct err *e)
{
	const char *why = NULL;
	int64_t message = 0;
	enum outcome o = automatic_answer(dc, inc, a, &message, &why, e);

	if (o != OUT_OK)
		return o;
	if (why != NULL)
		return act_left(dc, a, why);
	dc->changed = true;
	act_done(dc, a, json_string(a->value));
	return OUT_OK;
}

/* Another program is told, by a connection. */
static enum outcome
act_webhook(struct decision *dc, struct incident *inc,
	    const struct rule_action *a, struct err *e)
{
	int64_t job = 0;
	enum outcome o = webhook_add(dc, inc, a->value, a->rule, &job, e);

	if (o != OUT_OK)
		return o;
	if (job == 0)
		return act_left(dc, a, "unknown");
	act_added(dc, "webhook", json_integer(job));
	return OUT_OK;
}

/* What did not arrive goes by the customer's other channel. */
static enum outcome
act_fallback(struct decision *dc, struct incident *inc,
	     const struct rule_action *a, struct err *e)
{
	const char *why = NULL;
	int64_t message = 0;
	enum outcome o = fallback_rule(dc, inc, &message, &why, e);

	if (o != OUT_OK)
		return o;
	if (why != NULL)
		return act_left(dc, a, why);
	dc->changed = true;
	act_done(dc, a, json_integer(message));
	return OUT_OK;
}

/* The order of a number that was found, before anything is said of it. */
static enum outcome
act_links(struct decision *dc, struct incident *inc, struct err *e)
{
	const struct rule_result *r = &dc->result;
	enum outcome o = OUT_OK;
	size_t i;

	for (i = 0; o == OUT_OK && i < r->action_count; i++) {
		const struct rule_action *a = &r->actions[i];
		const char *why = NULL;

		if (a->kind != ACTION_LINK_ORDER)
			continue;
		o = orderfind_rule(dc, inc, a, &why, e);
		if (o == OUT_OK && why != NULL)
			(void)act_left(dc, a, why);
		else if (o == OUT_OK)
			act_added(dc, "link_order", json_string(a->value));
	}
	return o;
}

static enum outcome
act_one(struct decision *dc, struct incident *inc, const struct rule_action *a,
	struct err *e)
{
	int64_t message = 0;
	enum outcome o;

	switch (a->kind) {
	case ACTION_NOTE:
		o = act_note(dc, inc, a->value, &message, e);
		if (o == OUT_OK)
			act_added(dc, "note", json_integer(message));
		return o;
	case ACTION_NOTIFY:
		return act_notify(dc, inc, a, e);
	case ACTION_SEND:
	case ACTION_ASK_ORDER:
		return act_send(dc, inc, a, e);
	case ACTION_WEBHOOK:
		return act_webhook(dc, inc, a, e);
	case ACTION_FALLBACK:
		return act_fallback(dc, inc, a, e);
	case ACTION_QUEUE:
	case ACTION_TEAM:
	case ACTION_ASSIGN:
	case ACTION_PRIORITY:
	case ACTION_REASON:
	case ACTION_POLICY:
	case ACTION_STATE:
	case ACTION_REPLY:
	case ACTION_SNOOZE:
	case ACTION_TAG:
	case ACTION_UNTAG:
	case ACTION_LINK_ORDER:
	case ACTION_KIND_COUNT:
		break;
	}
	return OUT_OK;
}

static enum outcome
act_written(struct decision *dc, struct incident *inc, struct err *e)
{
	enum outcome o = act_links(dc, inc, e);
	size_t i;

	for (i = 0; o == OUT_OK && i < dc->result.action_count; i++)
		o = act_one(dc, inc, &dc->result.actions[i], e);
	return o;
}

/* --- the whole ------------------------------------------------------------------------ */

enum outcome
act_fresh(struct decision *dc, struct incident *inc, struct err *e)
{
	json_t *pairs = json_object();
	struct was w;
	enum outcome o;

	was_take(&w, inc);
	o = act_tags(dc, inc, NULL, e);
	if (o == OUT_OK)
		o = act_state(dc, inc);
	if (o == OUT_OK) {
		act_pairs(&w, inc, pairs);
		o = act_changed(dc, &w, inc, pairs, e);
	} else {
		json_decref(pairs);
	}
	was_release(&w);
	return o == OUT_OK ? act_written(dc, inc, e) : o;
}

enum outcome
act_change(struct decision *dc, struct incident *inc, struct err *e)
{
	json_t *pairs = json_object();
	struct was w;
	enum outcome o;

	was_take(&w, inc);
	o = act_all_words(dc, inc, e);
	if (o == OUT_OK)
		o = act_state(dc, inc);
	if (o == OUT_OK)
		o = act_clocks(dc, &w, inc, e);
	if (o == OUT_OK)
		act_pairs(&w, inc, pairs);
	if (o == OUT_OK)
		o = act_tags(dc, inc, pairs, e);
	if (o == OUT_OK)
		o = act_changed(dc, &w, inc, pairs, e);
	else
		json_decref(pairs);
	was_release(&w);
	return o == OUT_OK ? act_written(dc, inc, e) : o;
}

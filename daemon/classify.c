#include "daemon/classify.h"

#include <jansson.h>
#include <string.h>

#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "rules/book.h"

static void
classify_first(const char **field, const char *value)
{
	if (*field == NULL)
		*field = value;
}

void
classify_run(const struct book *b, const struct rule_facts *facts,
	     struct classified *out)
{
	size_t i;

	out->queue = NULL;
	out->priority = NULL;
	out->reason = NULL;
	out->policy = NULL;
	out->reply = NULL;
	rule_run(b, facts, &out->result);
	for (i = 0; i < out->result.action_count; i++) {
		const struct rule_action *a = &out->result.actions[i];

		switch (a->kind) {
		case ACTION_QUEUE:
			classify_first(&out->queue, a->value);
			break;
		case ACTION_PRIORITY:
			classify_first(&out->priority, a->value);
			break;
		case ACTION_REASON:
			classify_first(&out->reason, a->value);
			break;
		case ACTION_POLICY:
			classify_first(&out->policy, a->value);
			break;
		case ACTION_REPLY:
			classify_first(&out->reply, a->value);
			break;
		case ACTION_TEAM:
		case ACTION_ASSIGN:
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
		case ACTION_KIND_COUNT:
			break;
		}
	}
}

void
classify_apply(const struct book *b, const struct classified *c,
	       struct incident *inc)
{
	const struct book_queue *q = book_queue_default(b);
	const char *priority;

	incident_set_str(&inc->queue, c->queue != NULL ? c->queue
				      : q != NULL      ? q->name
						       : "general");
	priority = c->priority != NULL ? incident_priority(c->priority) : NULL;
	inc->priority =
		priority != NULL ? priority : incident_priority("normal");
	incident_set_str(&inc->reason, c->reason != NULL ? c->reason : "other");
	incident_set_str(&inc->policy, c->policy != NULL ? c->policy : "");
	incident_set_str(&inc->saved_reply, c->reply != NULL ? c->reply : "");
}

static void
classify_set(json_t *set, const char *name, const char *value)
{
	if (value != NULL)
		(void)json_object_set_new(set, name, json_string(value));
}

/* {queue, priority, reason, policy, reply, tags}: what was proposed. */
static json_t *
classify_proposed(const struct classified *c)
{
	json_t *set = json_object();
	json_t *tags = json_array();
	size_t i;

	classify_set(set, "queue", c->queue);
	classify_set(set, "priority", c->priority);
	classify_set(set, "reason", c->reason);
	classify_set(set, "policy", c->policy);
	classify_set(set, "reply", c->reply);
	for (i = 0; i < c->result.action_count; i++)
		if (c->result.actions[i].kind == ACTION_TAG)
			(void)json_array_append_new(
				tags, json_string(c->result.actions[i].value));
	if (json_array_size(tags) > 0)
		(void)json_object_set_new(set, "tags", tags);
	else
		json_decref(tags);
	return set;
}

static json_t *
classify_hit(const struct rule_hit *h, int64_t message_id)
{
	json_t *j = json_object();

	(void)json_object_set_new(j, "message", json_integer(message_id));
	(void)json_object_set_new(j, "field",
				  json_string(rule_field_name(h->field)));
	(void)json_object_set_new(j, "from", json_integer((json_int_t)h->from));
	(void)json_object_set_new(j, "to", json_integer((json_int_t)h->to));
	(void)json_object_set_new(j, "cut", json_boolean(h->cut));
	return j;
}

/* The entry of a rule, made when it is first seen. Borrowed. */
static json_t *
classify_rule(json_t *rules, const char *name)
{
	json_t *j;
	size_t i;

	json_array_foreach(rules, i, j)
	{
		const char *have =
			json_string_value(json_object_get(j, "rule"));

		if (have != NULL && strcmp(have, name) == 0)
			return j;
	}
	j = json_object();
	(void)json_object_set_new(j, "rule", json_string(name));
	(void)json_object_set_new(j, "line", json_integer(0));
	(void)json_object_set_new(j, "hits", json_array());
	(void)json_array_append_new(rules, j);
	return j;
}

/* What was proposed, to the rule whose proposal stands: the first. */
static json_t *
classify_by(const struct classified *c)
{
	json_t *by = json_object();
	size_t i;

	for (i = 0; i < c->result.action_count; i++) {
		const struct rule_action *a = &c->result.actions[i];
		const char *name = rule_action_name(a->kind);

		if (a->kind != ACTION_TAG && json_object_get(by, name) == NULL)
			(void)json_object_set_new(by, name,
						  json_string(a->rule));
	}
	return by;
}

/* [{rule, line, hits}] of the rules that fired, in the order of the book. */
static json_t *
classify_fired(const struct classified *c, int64_t message_id)
{
	json_t *rules = json_array();
	size_t i;

	for (i = 0; i < c->result.hit_count; i++) {
		const struct rule_hit *h = &c->result.hits[i];
		json_t *r = classify_rule(rules, h->rule);

		(void)json_object_set_new(r, "line", json_integer(h->line));
		(void)json_array_append_new(json_object_get(r, "hits"),
					    classify_hit(h, message_id));
	}
	/* a rule without a text condition fires without a hit */
	for (i = 0; i < c->result.action_count; i++)
		(void)classify_rule(rules, c->result.actions[i].rule);
	return rules;
}

static enum outcome
classify_undecided(struct store *s, const struct classified *c, int64_t version,
		   int64_t incident_id, int64_t now_ms, struct err *e)
{
	json_t *data = json_object();
	json_t *rules = json_array();
	size_t i;

	for (i = 0; i < c->result.undecided_count; i++) {
		const struct rule_undecided *u = &c->result.undecided[i];
		json_t *j = json_object();

		(void)json_object_set_new(j, "rule", json_string(u->rule));
		(void)json_object_set_new(j, "why", json_string(u->why));
		(void)json_array_append_new(rules, j);
	}
	(void)json_object_set_new(data, "book", json_integer(version));
	(void)json_object_set_new(data, "rules", rules);
	return event_add(s, now_ms, "incident.undecided", incident_id, 0, data,
			 e);
}

enum outcome
classify_write(struct store *s, const struct classified *c, int64_t version,
	       int64_t incident_id, int64_t message_id, int64_t now_ms,
	       struct err *e)
{
	enum outcome o = OUT_OK;
	json_t *data;
	bool changed;
	size_t i;

	for (i = 0; o == OUT_OK && i < c->result.action_count; i++)
		if (c->result.actions[i].kind == ACTION_TAG)
			o = incident_tag_add(s, incident_id,
					     c->result.actions[i].value,
					     &changed, e);
	if (o == OUT_OK &&
	    (c->result.action_count > 0 || c->result.hit_count > 0)) {
		data = json_object();
		(void)json_object_set_new(data, "book", json_integer(version));
		(void)json_object_set_new(data, "rules",
					  classify_fired(c, message_id));
		(void)json_object_set_new(data, "set", classify_proposed(c));
		(void)json_object_set_new(data, "by", classify_by(c));
		o = event_add(s, now_ms, "incident.classified", incident_id, 0,
			      data, e);
	}
	if (o == OUT_OK && c->result.undecided_count > 0)
		o = classify_undecided(s, c, version, incident_id, now_ms, e);
	return o;
}

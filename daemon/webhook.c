#include "daemon/webhook.h"

#include <jansson.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/change.h"
#include "daemon/decide.h"
#include "daemon/desk.h"
#include "daemon/store/incident.h"
#include "daemon/store/job.h"
#include "rules/rule.h"

#define ISO_MS_MAX 32

static json_t *
iso_or_null(int64_t at_ms)
{
	char text[ISO_MS_MAX];

	if (at_ms == 0)
		return json_null();
	clock_iso_ms(at_ms, text);
	return json_string(text);
}

static json_t *
row_or_null(int64_t id)
{
	return id != 0 ? json_integer(id) : json_null();
}

/* The incident as the event left it. */
static json_t *
incident_json(const struct incident *inc, json_t *tags)
{
	json_t *o = json_object();
	char ref[REF_MAX];

	change_ref(inc->id, ref);
	(void)json_object_set_new(o, "id", json_integer(inc->id));
	(void)json_object_set_new(o, "ref", json_string(ref));
	(void)json_object_set_new(o, "channel", json_string(inc->channel));
	(void)json_object_set_new(o, "queue", json_string(inc->queue));
	(void)json_object_set_new(o, "team", json_string(inc->team));
	(void)json_object_set_new(o, "state",
				  json_string(incident_state_name(inc->state)));
	(void)json_object_set_new(o, "priority", json_string(inc->priority));
	(void)json_object_set_new(o, "reason", json_string(inc->reason));
	(void)json_object_set_new(o, "tags", tags);
	(void)json_object_set_new(o, "customer",
				  json_integer(inc->customer_id));
	(void)json_object_set_new(o, "assignee", row_or_null(inc->assignee_id));
	(void)json_object_set_new(o, "created_at",
				  iso_or_null(inc->created_ms));
	(void)json_object_set_new(o, "due_at", iso_or_null(inc->due_ms));
	return o;
}

/* {id, kind, at, on, rule, book, message, clock, incident} */
static json_t *
body_json(const struct decision *dc, const struct incident *inc,
	  const char *rule, json_t *tags)
{
	const char *clock = dc->facts.f.text[RULE_FIELD_CLOCK];
	json_t *o = json_object();
	char id[48];

	hash_token(id);
	(void)json_object_set_new(o, "id", json_string(id));
	(void)json_object_set_new(o, "kind", json_string("rule"));
	(void)json_object_set_new(o, "at", iso_or_null(dc->now_ms));
	(void)json_object_set_new(o, "on", json_string(dc->facts.f.event));
	(void)json_object_set_new(o, "rule", json_string(rule));
	(void)json_object_set_new(o, "book", json_integer(dc->version));
	(void)json_object_set_new(o, "message", row_or_null(dc->message_id));
	(void)json_object_set_new(
		o, "clock", clock != NULL ? json_string(clock) : json_null());
	(void)json_object_set_new(o, "incident", incident_json(inc, tags));
	return o;
}

enum outcome
webhook_add(struct decision *dc, const struct incident *inc, const char *name,
	    const char *rule, int64_t *job_out, struct err *e)
{
	struct link l = { 0 };
	json_t *payload;
	json_t *tags = NULL;
	enum outcome o = link_find(dc->s, name, role_name(ROLE_WEBHOOK), &l, e);
	bool there = o == OUT_OK && l.active;
	int64_t connection = l.id;

	*job_out = 0;
	link_release(&l);
	if (o == OUT_PERM && strcmp(e->code, "not_found") == 0)
		return OUT_OK;
	if (o == OUT_OK && there)
		o = incident_tags(dc->s, inc->id, &tags, e);
	if (o != OUT_OK || !there)
		return o;
	payload = body_json(dc, inc, rule, tags);
	o = job_add(dc->s, "webhook.send", connection, payload, dc->now_ms,
		    job_out, e);
	json_decref(payload);
	if (o == OUT_OK)
		dc->d->wake_jobs |= 1U << ROLE_WEBHOOK;
	return o;
}

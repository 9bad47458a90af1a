#include "daemon/change.h"

#include <assert.h>
#include <stdio.h>

#include "daemon/request.h"
#include "daemon/store/blob.h"
#include "daemon/store/event.h"
#include "daemon/store/message.h"

#define BIT(state) (1u << (state))
#define STEPS_ACTIVE                                                           \
	(BIT(INCIDENT_OPEN) | BIT(INCIDENT_PENDING) | BIT(INCIDENT_ON_HOLD) |  \
	 BIT(INCIDENT_SNOOZED) | BIT(INCIDENT_SOLVED) | BIT(INCIDENT_SPAM) |   \
	 BIT(INCIDENT_MERGED))

/* A closed incident stays closed: a new one follows it. */
static const unsigned steps[INCIDENT_STATE_COUNT] = {
	[INCIDENT_NEW] = STEPS_ACTIVE,
	[INCIDENT_OPEN] = STEPS_ACTIVE,
	[INCIDENT_PENDING] = STEPS_ACTIVE,
	[INCIDENT_ON_HOLD] = STEPS_ACTIVE,
	[INCIDENT_SNOOZED] = STEPS_ACTIVE,
	[INCIDENT_SOLVED] = STEPS_ACTIVE | BIT(INCIDENT_CLOSED),
	[INCIDENT_CLOSED] = 0,
	[INCIDENT_SPAM] =
		BIT(INCIDENT_OPEN) | BIT(INCIDENT_PENDING) | BIT(INCIDENT_SPAM),
	[INCIDENT_MERGED] = 0,
};

/* What an incident becomes when an answer in it failed for good. Nobody looks
 * at what has ended, so a closed one is opened again, by Postigo alone; what
 * is spam or merged is let be. */
static const enum incident_state after_failure[INCIDENT_STATE_COUNT] = {
	[INCIDENT_NEW] = INCIDENT_NEW,       [INCIDENT_OPEN] = INCIDENT_OPEN,
	[INCIDENT_PENDING] = INCIDENT_OPEN,  [INCIDENT_ON_HOLD] = INCIDENT_OPEN,
	[INCIDENT_SNOOZED] = INCIDENT_OPEN,  [INCIDENT_SOLVED] = INCIDENT_OPEN,
	[INCIDENT_CLOSED] = INCIDENT_OPEN,   [INCIDENT_SPAM] = INCIDENT_SPAM,
	[INCIDENT_MERGED] = INCIDENT_MERGED,
};

void
change_ref(int64_t incident_id, char out[REF_MAX])
{
	(void)snprintf(out, REF_MAX, "P-%lld", (long long)incident_id);
}

bool
change_allowed(enum incident_state from, enum incident_state to)
{
	assert(from < INCIDENT_STATE_COUNT && to < INCIDENT_STATE_COUNT);
	return (steps[from] & BIT(to)) != 0;
}

enum incident_state
change_after_failure(enum incident_state from)
{
	assert(from < INCIDENT_STATE_COUNT);
	return after_failure[from];
}

void
change_pair(json_t *set, const char *name, json_t *before, json_t *now)
{
	json_t *pair = json_array();

	(void)json_array_append_new(pair, before);
	(void)json_array_append_new(pair, now);
	(void)json_object_set_new(set, name, pair);
}

enum outcome
change_event(struct store *s, int64_t incident_id, json_t *set,
	     int64_t agent_id, int64_t now_ms, struct err *e)
{
	json_t *data;

	if (json_object_size(set) == 0) {
		json_decref(set);
		return OUT_OK;
	}
	data = json_object();
	(void)json_object_set_new(data, "set", set);
	return event_add(s, now_ms, "incident.changed", incident_id, agent_id,
			 data, e);
}

void
change_state_to(struct incident *inc, enum incident_state to)
{
	inc->state = to;
	if (to != INCIDENT_SNOOZED)
		inc->wake_ms = 0;
}

enum outcome
change_state(struct store *s, struct incident *inc, enum incident_state to,
	     int64_t agent_id, int64_t now_ms, struct err *e)
{
	json_t *set;

	if (inc->state == to)
		return OUT_OK;
	if (!change_allowed(inc->state, to) && after_failure[inc->state] != to)
		return err_code(e, OUT_PERM, "conflict",
				"an incident that is %s cannot become %s",
				incident_state_name(inc->state),
				incident_state_name(to));
	set = json_object();
	change_pair(set, "state", json_string(incident_state_name(inc->state)),
		    json_string(incident_state_name(to)));
	change_state_to(inc, to);
	return change_event(s, inc->id, set, agent_id, now_ms, e);
}

static json_t *
change_id(int64_t id)
{
	return id != 0 ? json_integer(id) : json_null();
}

enum outcome
change_created(struct store *s, const struct incident *inc, int64_t message_id,
	       int64_t version, int64_t agent_id, int64_t now_ms, struct err *e)
{
	json_t *d = json_object();

	(void)json_object_set_new(d, "channel", json_string(inc->channel));
	(void)json_object_set_new(d, "queue", json_string(inc->queue));
	(void)json_object_set_new(d, "message", json_integer(message_id));
	(void)json_object_set_new(d, "customer",
				  json_integer(inc->customer_id));
	(void)json_object_set_new(d, "state",
				  json_string(incident_state_name(inc->state)));
	(void)json_object_set_new(d, "priority", json_string(inc->priority));
	(void)json_object_set_new(d, "reason", json_string(inc->reason));
	(void)json_object_set_new(d, "policy", json_string(inc->policy));
	(void)json_object_set_new(d, "reply", json_string(inc->saved_reply));
	(void)json_object_set_new(d, "team", json_string(inc->team));
	if (version > 0)
		(void)json_object_set_new(d, "book", json_integer(version));
	(void)json_object_set_new(d, "assignee", change_id(inc->assignee_id));
	(void)json_object_set_new(d, "connection",
				  change_id(inc->connection_id));
	(void)json_object_set_new(d, "follows", change_id(inc->follows_id));
	if (inc->claims_id != 0)
		(void)json_object_set_new(d, "claims",
					  json_integer(inc->claims_id));
	return event_add(s, now_ms, "incident.created", inc->id, agent_id, d,
			 e);
}

int64_t
change_now(const struct incident *inc, int64_t now_ms)
{
	int64_t at = now_ms > inc->updated_ms ? now_ms : inc->updated_ms;

	/* what a gateway told is not a change, but it was told */
	return at > inc->told_ms ? at : inc->told_ms;
}

enum outcome
change_message(struct store *s, struct incident *inc, int64_t message_id,
	       const char *direction, int64_t at_ms, int64_t agent_id,
	       int64_t now_ms, struct err *e)
{
	json_t *data = json_object();

	inc->messages++;
	inc->last_direction = direction;
	if (at_ms > inc->last_ms)
		inc->last_ms = at_ms;
	inc->updated_ms = now_ms;
	(void)json_object_set_new(data, "message", json_integer(message_id));
	(void)json_object_set_new(data, "number", json_integer(inc->messages));
	(void)json_object_set_new(data, "direction", json_string(direction));
	return event_add(s, now_ms, "message.added", inc->id, agent_id, data,
			 e);
}

enum outcome
change_note(struct store *s, struct incident *inc, int64_t agent_id,
	    const char *text, int64_t now_ms, int64_t *message_out,
	    struct err *e)
{
	int64_t now = change_now(inc, now_ms);
	struct message_new m = { .incident_id = inc->id,
				 .number = inc->messages + 1,
				 .direction = "note",
				 .author = agent_id != 0 ? "agent" : "bot",
				 .agent_id = agent_id,
				 .received_ms = now,
				 .committed_ms = now,
				 .text = text };
	enum outcome o = message_add(s, &m, message_out, e);

	inc->undecided = inc->undecided && agent_id == 0;
	if (o == OUT_OK)
		o = change_message(s, inc, *message_out, "note", now, agent_id,
				   now, e);
	return o == OUT_OK ? incident_save(s, inc, e) : o;
}

enum outcome
change_blob(struct store *s, const struct request *rq, const char *sha256,
	    int64_t now_ms, struct err *e)
{
	const struct request_blob *b = request_blob(rq, sha256);

	if (b == NULL)
		return blob_claim(s, sha256, NULL, e);
	return blob_keep(s, sha256, b->bytes, b->data, now_ms, e);
}

enum outcome
change_files(struct store *s, const struct request *rq, int64_t message_id,
	     const json_t *files, int64_t now_ms, struct err *e)
{
	enum outcome o = OUT_OK;
	const json_t *f;
	size_t i;

	json_array_foreach(files, i, f)
	{
		struct attachment_new a = {
			.message_id = message_id,
			.position = (int64_t)i + 1,
			.filename = member_str(f, "filename"),
			.content_type = member_str(f, "content_type"),
			.sha256 = member_str(f, "sha256"),
			.content_id = member_str(f, "content_id"),
			.inline_part = member_bool(f, "inline", false),
		};

		o = change_blob(s, rq, a.sha256, now_ms, e);
		if (o == OUT_OK)
			o = attachment_add(s, &a, e);
		if (o != OUT_OK)
			break;
	}
	return o;
}

/*
 * fold_event: what each kind of event tells. An event that says what was
 * before is held to it: so a lost or changed event is seen, also where the
 * end of the chain is right.
 */

#include <string.h>

#include "daemon/store/fold_p.h"
#include "daemon/store/incident.h"
#include "daemon/store/row.h"

struct thing *
fold_incident(struct fold *f)
{
	return fold_thing_find(&f->inc, FOLD_INCIDENT, f->inc.id);
}

json_t *
fold_member(const struct fold_event *ev, const char *name)
{
	return json_object_get(ev->data, name);
}

int64_t
fold_number(const struct fold_event *ev, const char *name)
{
	return json_integer_value(fold_member(ev, name));
}

static json_t *
id_or_null(int64_t id)
{
	return id != 0 ? json_integer(id) : json_null();
}

void
fold_gap(struct fold *f, const struct fold_event *ev, const char *what)
{
	fold_problem(f, "fold_events",
		     json_pack("[I,I,s,s]", (json_int_t)f->inc.id,
			       (json_int_t)ev->seq, ev->kind, what));
}

void
fold_tell(struct fold *f, struct thing *t, int column,
	  const struct fold_event *ev, const char *name)
{
	json_t *v = fold_member(ev, name);

	if (v == NULL)
		fold_gap(f, ev, name);
	else
		fold_want(t, column, json_incref(v));
}

void
fold_tell_if(struct thing *t, int column, const struct fold_event *ev,
	     const char *name)
{
	json_t *v = fold_member(ev, name);

	if (v != NULL)
		fold_want(t, column, json_incref(v));
}

void
fold_note(struct fold *f, const struct fold_event *ev)
{
	if (ev->at_ms > f->inc.updated_ms)
		f->inc.updated_ms = ev->at_ms;
	/* a person looked at it */
	if (ev->agent_id != 0)
		fold_want(fold_incident(f), I_UNDECIDED, json_integer(0));
}

struct thing *
fold_named(struct fold *f, const struct fold_event *ev, enum fold_kind k,
	   const char *name)
{
	struct thing *t = fold_thing_find(&f->inc, k, fold_number(ev, name));

	if (t != NULL && t->told)
		return t;
	fold_gap(f, ev, "is the first to tell of it");
	return NULL;
}

struct thing *
fold_first(struct fold *f, const struct fold_event *ev, enum fold_kind k,
	   int64_t id)
{
	struct thing *t = fold_thing_find(&f->inc, k, id);

	if (t == NULL)
		t = fold_thing_add(&f->inc, k, id);
	if (t == NULL || t->told) {
		fold_gap(f, ev,
			 t == NULL ? "is one too many" : "was told before");
		return NULL;
	}
	t->told = true;
	t->number = ev->number;
	return t;
}

/* --- the incident ------------------------------------------------------------ */

/* Before incident.created told everything, its first message did: what came
 * in is new, what the desk wrote first waits and is its author's. */
static void
created_old(struct fold *f, struct thing *t, const struct fold_event *ev)
{
	bool in = f->inc.message_count > 0 &&
		  strcmp(f->inc.messages[0].direction, "in") == 0;

	f->inc.old = true;
	fold_want(t, I_STATE, json_string(in ? "new" : "pending_customer"));
	fold_want(t, I_PRIORITY, json_string("normal"));
	fold_want(t, I_REASON, json_string("other"));
	fold_want(t, I_REPLY, json_string(""));
	if (!in)
		fold_want(t, I_ASSIGNEE, id_or_null(ev->agent_id));
}

/* Members that no column holds again: what is not known is another name. */
static void
created_members(struct fold *f, const struct fold_event *ev)
{
	static const char *const names[] = {
		"channel",    "queue",    "message", "customer",
		"state",      "priority", "reason",  "policy",
		"reply",      "team",     "book",    "assignee",
		"connection", "follows",  "claims",  NULL
	};
	json_t *data = (json_t *)(uintptr_t)ev->data; /* only read */
	const char *name;
	json_t *v;

	json_object_foreach(data, name, v)
	{
		size_t i = 0;

		while (names[i] != NULL && strcmp(names[i], name) != 0)
			i++;
		if (names[i] == NULL)
			fold_gap(f, ev, name);
	}
	v = fold_member(ev, "book");
	if (v != NULL && (!json_is_integer(v) || json_integer_value(v) < 0 ||
			  json_integer_value(v) > f->newest_book))
		fold_gap(f, ev, "book");
}

static void
on_created(struct fold *f, const struct fold_event *ev)
{
	struct thing *t = fold_incident(f);
	json_t *team = fold_member(ev, "team");

	if (f->inc.created)
		fold_gap(f, ev, "was told before");
	f->inc.created = true;
	created_members(f, ev);
	fold_note(f, ev);
	fold_tell(f, t, I_CUSTOMER, ev, "customer");
	fold_tell(f, t, I_CHANNEL, ev, "channel");
	fold_tell(f, t, I_QUEUE, ev, "queue");
	if (f->inc.message_count > 0 &&
	    fold_number(ev, "message") != f->inc.messages[0].id)
		fold_gap(f, ev, "message");
	else if (f->inc.message_count > 0 &&
		 ev->at_ms != f->inc.messages[0].committed_ms)
		fold_gap(f, ev, "at_ms");
	/* before there were teams, events told of none */
	fold_want(t, I_TEAM,
		  team != NULL ? json_incref(team) : json_string(""));
	fold_want(t, I_WAKE, json_null());
	fold_want(t, I_UNDECIDED, json_integer(0));
	fold_want(t, I_MERGED, json_null());
	/* told of those that have one */
	fold_want(t, I_CLAIMS, id_or_null(fold_number(ev, "claims")));
	if (fold_member(ev, "state") == NULL) {
		created_old(f, t, ev);
		return;
	}
	fold_tell(f, t, I_STATE, ev, "state");
	fold_tell(f, t, I_PRIORITY, ev, "priority");
	fold_tell(f, t, I_REASON, ev, "reason");
	fold_tell(f, t, I_POLICY, ev, "policy");
	fold_tell(f, t, I_REPLY, ev, "reply");
	fold_tell(f, t, I_ASSIGNEE, ev, "assignee");
	fold_tell(f, t, I_CONNECTION, ev, "connection");
	fold_tell(f, t, I_FOLLOWS, ev, "follows");
}

static json_t **
tags_of(struct fold *f)
{
	struct thing *t = fold_thing_find(&f->inc, FOLD_TAGS, f->inc.id);

	return &t->want[0];
}

static bool
has_tag(const json_t *list, const char *tag)
{
	const json_t *x;
	size_t i;

	json_array_foreach(list, i, x) if (strcmp(json_string_value(x), tag) ==
					   0) return true;
	return false;
}

/* Into a list that is sorted as the table is: by octets. */
static void
insert_tag(json_t *list, const char *tag)
{
	size_t i = 0;

	if (has_tag(list, tag))
		return;
	while (i < json_array_size(list) &&
	       strcmp(json_string_value(json_array_get(list, i)), tag) < 0)
		i++;
	(void)json_array_insert_new(list, i, json_string(tag));
}

static json_t *
sorted_tags(const json_t *list)
{
	json_t *out = json_array();
	const json_t *x;
	size_t i;

	json_array_foreach(list, i, x) if (json_is_string(x))
		insert_tag(out, json_string_value(x));
	return out;
}

/* What rules proposed. An incident that told everything has it already. */
static void
on_classified(struct fold *f, const struct fold_event *ev)
{
	static const struct {
		const char *name;
		int column;
	} set[] = { { "queue", I_QUEUE },   { "priority", I_PRIORITY },
		    { "reason", I_REASON }, { "policy", I_POLICY },
		    { "reply", I_REPLY },   { "team", I_TEAM } };
	const json_t *what = fold_member(ev, "set");
	struct thing *t = fold_incident(f);
	const json_t *x;
	size_t i;

	fold_note(f, ev);
	for (i = 0; i < sizeof set / sizeof set[0]; i++) {
		json_t *v = json_object_get(what, set[i].name);

		if (v == NULL)
			continue;
		if (!f->inc.old && t->want[set[i].column] != NULL &&
		    !json_equal(v, t->want[set[i].column]))
			fold_gap(f, ev, set[i].name);
		fold_want(t, set[i].column, json_incref(v));
	}
	json_array_foreach(json_object_get(what, "tags"), i,
			   x) if (json_is_string(x))
		insert_tag(*tags_of(f), json_string_value(x));
}

/* A pair of before and now. */
static void
step(struct fold *f, struct thing *t, int column, const struct fold_event *ev,
     const char *name, json_t *before, json_t *now)
{
	if (before == NULL || now == NULL ||
	    (t->want[column] != NULL && !json_equal(before, t->want[column])))
		fold_gap(f, ev, name);
	if (now != NULL)
		fold_want(t, column, json_incref(now));
}

static void
on_changed(struct fold *f, const struct fold_event *ev)
{
	static const struct {
		const char *name;
		int column;
	} set[] = { { "state", I_STATE },       { "queue", I_QUEUE },
		    { "priority", I_PRIORITY }, { "reason", I_REASON },
		    { "policy", I_POLICY },     { "reply", I_REPLY },
		    { "team", I_TEAM },         { "wake_ms", I_WAKE } };
	const json_t *what = fold_member(ev, "set");
	const json_t *tags = json_object_get(what, "tags");
	const char *state;
	json_t **list = tags_of(f);
	json_t *before;
	size_t i;

	fold_note(f, ev);
	for (i = 0; i < sizeof set / sizeof set[0]; i++) {
		const json_t *pair = json_object_get(what, set[i].name);

		if (pair != NULL)
			step(f, fold_incident(f), set[i].column, ev,
			     set[i].name, json_array_get(pair, 0),
			     json_array_get(pair, 1));
	}
	/* what sleeps no more has no instant to wake at */
	state = json_string_value(
		json_array_get(json_object_get(what, "state"), 1));
	if (state != NULL && strcmp(state, "snoozed") != 0)
		fold_want(fold_incident(f), I_WAKE, json_null());
	if (tags == NULL)
		return;
	before = sorted_tags(json_array_get(tags, 0));
	if (!json_equal(before, *list))
		fold_gap(f, ev, "tags");
	json_decref(before);
	json_decref(*list);
	*list = sorted_tags(json_array_get(tags, 1));
}

/* It goes on in another one. */
static void
on_merged(struct fold *f, const struct fold_event *ev)
{
	fold_note(f, ev);
	if (!json_is_null(fold_incident(f)->want[I_MERGED]))
		fold_gap(f, ev, "was told before");
	fold_tell(f, fold_incident(f), I_MERGED, ev, "into");
}

static void
on_joined(struct fold *f, const struct fold_event *ev)
{
	fold_note(f, ev);
	if (fold_number(ev, "from") <= 0)
		fold_gap(f, ev, "from");
}

/* Its customer is part of another one, or stands alone again. */
static void
on_customer(struct fold *f, const struct fold_event *ev)
{
	step(f, fold_incident(f), I_CUSTOMER, ev, "customer",
	     fold_member(ev, "from"), fold_member(ev, "to"));
}

static void
on_assigned(struct fold *f, const struct fold_event *ev)
{
	fold_note(f, ev);
	step(f, fold_incident(f), I_ASSIGNEE, ev, "assignee",
	     fold_member(ev, "from"), fold_member(ev, "to"));
}

/* --- messages ------------------------------------------------------------------ */

/* A message as its event tells it; what differs, or NULL. */
static const char *
message_differs(const struct fold_message *m, const struct fold_event *ev)
{
	const char *direction = json_string_value(fold_member(ev, "direction"));

	if (m->id != fold_number(ev, "message"))
		return "id";
	if (m->number != fold_number(ev, "number"))
		return "number";
	if (direction == NULL || strcmp(direction, m->direction) != 0)
		return "direction";
	if (m->committed_ms != ev->at_ms)
		return "committed_ms";
	if (m->agent_id != ev->agent_id && strcmp(m->author, "bot") != 0)
		return "agent_id";
	return NULL;
}

static void
on_message(struct fold *f, const struct fold_event *ev)
{
	const struct fold_message *m = NULL;
	const char *what = "there";

	fold_note(f, ev);
	if (f->inc.message_told < f->inc.message_count)
		m = &f->inc.messages[f->inc.message_told++];
	if (m != NULL)
		what = message_differs(m, ev);
	if (what != NULL)
		fold_problem(f, "fold_message",
			     json_pack("[I,I,s]", (json_int_t)f->inc.id,
				       (json_int_t)fold_number(ev, "number"),
				       what));
}

const struct fold_message *
fold_told_message(const struct incident_fold *f, int64_t id)
{
	size_t i = f->message_told;

	while (i-- > 0)
		if (f->messages[i].id == id)
			return &f->messages[i];
	return NULL;
}

/* --- breaches ------------------------------------------------------------------- */

/* The cause, and the incident as it was at the deadline. Events of a time
 * before there were causes tell of none. */
static void
breach_judged(struct thing *t, const struct fold_event *ev)
{
	static const struct {
		const char *name;
		int column;
	} told[] = {
		{ "agent", B_AGENT },     { "queue", B_QUEUE },
		{ "team", B_TEAM },       { "channel", B_CHANNEL },
		{ "reason", B_REASON },   { "cause", B_CAUSE },
		{ "cause_s", B_CAUSE_S }, { "cause_agent", B_CAUSE_AGENT }
	};
	size_t i;

	for (i = 0; i < sizeof told / sizeof told[0]; i++) {
		bool number = told[i].column == B_CAUSE_S ||
			      told[i].column == B_CAUSE_AGENT;
		/* an old event need not tell these, nor others before it */
		bool early =
			told[i].column == B_AGENT || told[i].column == B_QUEUE;

		if (t->want[told[i].column] == NULL && !early)
			fold_want(t, told[i].column,
				  number ? json_null() : json_string(""));
		fold_tell_if(t, told[i].column, ev, told[i].name);
	}
}

static void
on_clock_breached(struct fold *f, const struct fold_event *ev)
{
	struct thing *t = fold_clock(f, ev, "running");
	const struct thing *inc;
	int64_t id;

	if (t == NULL)
		return;
	id = t->id;
	if (!json_equal(fold_member(ev, "at_s"), t->want[C_DUE]))
		fold_gap(f, ev, "at_s");
	fold_want(t, C_BREACHED, json_integer(1));
	t = fold_first(f, ev, FOLD_BREACH, id);
	if (t == NULL)
		return;
	inc = fold_incident(f);
	fold_want(t, B_INCIDENT, json_integer(f->inc.id));
	fold_tell(f, t, B_AT, ev, "at_s");
	fold_want(t, B_FOUND, json_integer(ev->at_ms));
	fold_want(t, B_LATE,
		  json_integer(json_is_true(fold_member(ev, "late"))));
	fold_want(t, B_AGENT, json_incref(inc->want[I_ASSIGNEE]));
	fold_want(t, B_QUEUE, json_incref(inc->want[I_QUEUE]));
	breach_judged(t, ev);
	fold_want(t, B_SAID, json_string(""));
	fold_want(t, B_SAID_BY, json_null());
	fold_want(t, B_SAID_AT, json_null());
	fold_want(t, B_SAID_MESSAGE, json_null());
}

/* A manager said another cause; the reason is a note. */
static void
on_breach_said(struct fold *f, const struct fold_event *ev)
{
	struct thing *t =
		fold_thing_find(&f->inc, FOLD_BREACH, fold_number(ev, "clock"));

	if (t == NULL || !t->told) {
		fold_gap(f, ev, "clock");
		return;
	}
	fold_tell(f, t, B_SAID, ev, "cause");
	fold_tell(f, t, B_SAID_MESSAGE, ev, "message");
	fold_want(t, B_SAID_BY, id_or_null(ev->agent_id));
	fold_want(t, B_SAID_AT, json_integer(ev->at_ms));
	if (fold_told_message(&f->inc, fold_number(ev, "message")) == NULL)
		fold_gap(f, ev, "message");
}

/* --- deliveries, chats -------------------------------------------------------------- */

static bool
is_end(const char *state)
{
	return strcmp(state, "sent") == 0 || strcmp(state, "failed") == 0 ||
	       strcmp(state, "unknown") == 0;
}

/* A failure is told to staff by the incident, unless it is none of theirs. */
static void
delivery_failed(struct fold *f, const struct fold_event *ev)
{
	const char *state = json_string_value(fold_incident(f)->want[I_STATE]);

	if (state != NULL && strcmp(state, "spam") != 0 &&
	    strcmp(state, "merged") != 0)
		fold_note(f, ev);
}

/* Sent and failed are ends; but what was sent may come back, what failed may
 * have arrived, and staff may send it once more. */
static bool
is_over(const char *state, const struct fold_event *ev)
{
	if (state == NULL)
		return false;
	if (strcmp(state, "failed") == 0)
		return !json_is_true(fold_member(ev, "proved")) &&
		       !json_is_true(fold_member(ev, "again"));
	return strcmp(state, "sent") == 0 &&
	       !json_is_true(fold_member(ev, "bounced"));
}

static void
on_delivery(struct fold *f, const struct fold_event *ev)
{
	int64_t id = fold_number(ev, "delivery");
	bool bounced = json_is_true(fold_member(ev, "bounced"));
	const char *state = json_string_value(fold_member(ev, "state"));
	struct thing *t = fold_thing_find(&f->inc, FOLD_DELIVERY, id);
	const char *before;

	if (t == NULL || !t->told) {
		t = fold_first(f, ev, FOLD_DELIVERY, id);
		if (t == NULL)
			return;
		fold_tell(f, t, D_MESSAGE, ev, "message");
		fold_want(t, D_CREATED, json_integer(ev->at_ms));
		fold_want(t, D_LOST, json_integer(0));
		fold_want(t, D_RECEIPT, json_string(""));
	} else if (!json_equal(fold_member(ev, "message"),
			       t->want[D_MESSAGE])) {
		fold_gap(f, ev, "message");
	}
	before = json_string_value(t->want[D_STATE]);
	if (state == NULL || is_over(before, ev))
		fold_gap(f, ev, "state");
	fold_tell(f, t, D_STATE, ev, "state");
	fold_want(t, D_ATTEMPTS, NULL);
	fold_tell_if(t, D_ATTEMPTS, ev, "attempts");
	fold_tell_if(t, D_LOST, ev, "lost");
	fold_want(t, D_ENDED,
		  state != NULL && is_end(state) ? json_integer(ev->at_ms)
						 : json_null());
	fold_want(t, D_BOUNCED,
		  bounced ? json_integer(ev->at_ms) : json_null());
	if (json_is_true(fold_member(ev, "again")))
		fold_want(t, D_RECEIPT, json_string(""));
	if (state != NULL && strcmp(state, "failed") == 0)
		delivery_failed(f, ev);
}

static void
on_receipt(struct fold *f, const struct fold_event *ev)
{
	struct thing *t = fold_thing_find(&f->inc, FOLD_DELIVERY,
					  fold_number(ev, "delivery"));

	if (t == NULL || !t->told)
		fold_gap(f, ev, "delivery");
	else
		fold_tell(f, t, D_RECEIPT, ev, "receipt");
}

static void
on_chat_ended(struct fold *f, const struct fold_event *ev)
{
	json_decref(f->inc.ended_ms);
	f->inc.ended_ms = json_integer(ev->at_ms);
}

/* A score may change; then the event is told again. */
static void
on_rating(struct fold *f, const struct fold_event *ev)
{
	struct thing *t = fold_thing_find(&f->inc, FOLD_RATING, f->inc.id);

	if (t == NULL || !t->told)
		t = fold_first(f, ev, FOLD_RATING, f->inc.id);
	if (t == NULL)
		return;
	fold_tell(f, t, R_SCORE, ev, "score");
	fold_tell(f, t, R_MESSAGE, ev, "message");
	fold_want(t, R_AGENT, json_incref(fold_incident(f)->want[I_ASSIGNEE]));
	fold_want(t, R_AT, json_integer(ev->at_ms));
}

/* Older ones, which say not what was run, were told and no more. */
static void
on_undecided(struct fold *f, const struct fold_event *ev)
{
	if (fold_member(ev, "on") == NULL)
		return;
	fold_note(f, ev);
	fold_want(fold_incident(f), I_UNDECIDED, json_integer(1));
}

/* Steps of a clock are done once; the event alone tells of it. */
static void
on_step(struct fold *f, const struct fold_event *ev)
{
	(void)fold_clock(f, ev, "running");
}

static void
on_nothing(struct fold *f, const struct fold_event *ev)
{
	(void)f;
	(void)ev;
}

static const struct {
	const char *kind;
	void (*fn)(struct fold *f, const struct fold_event *ev);
} kinds[] = {
	{ "message.added", on_message },
	{ "incident.created", on_created },
	{ "incident.classified", on_classified },
	{ "incident.changed", on_changed },
	{ "incident.assigned", on_assigned },
	{ "clock.started", fold_clock_started },
	{ "clock.fulfilled", fold_clock_fulfilled },
	{ "clock.cancelled", fold_clock_cancelled },
	{ "clock.reopened", fold_clock_reopened },
	{ "clock.breached", on_clock_breached },
	{ "clock.paused", fold_clock_paused },
	{ "clock.resumed", fold_clock_resumed },
	{ "clock.retargeted", fold_clock_moved },
	{ "claim.registered", fold_claim_registered },
	{ "claim.withdrawn", fold_claim_withdrawn },
	{ "incident.merged", on_merged },
	{ "incident.joined", on_joined },
	{ "incident.customer", on_customer },
	{ "clock.warned", on_step },
	{ "clock.escalated", on_step },
	{ "breach.said", on_breach_said },
	{ "delivery.changed", on_delivery },
	{ "delivery.bounced", on_nothing },
	{ "delivery.failed", on_nothing },
	{ "delivery.receipt", on_receipt },
	{ "window.closing", on_nothing },
	{ "delivery.fallback", on_nothing },
	{ "identity.changed", on_nothing },
	{ "consent.changed", on_nothing },
	{ "order.linked", fold_note },
	{ "order.unlinked", fold_note },
	{ "chat.ended", on_chat_ended },
	{ "rating.added", on_rating },
	{ "incident.undecided", on_undecided },
	{ "message.media", fold_note },
	{ "message.reaction", fold_note },
	{ "incident.opened", on_nothing },
	{ "notice.added", on_nothing },
};

void
fold_event(struct fold *f, const struct fold_event *ev)
{
	size_t i;

	if (ev->seq != f->inc.seq + 1)
		fold_gap(f, ev, "events before it are not there");
	f->inc.seq = ev->seq;
	if (!json_is_object(ev->data)) {
		fold_gap(f, ev, "data");
		return;
	}
	for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].kind, ev->kind) == 0) {
			kinds[i].fn(f, ev);
			return;
		}
	fold_gap(f, ev, "kind");
}

/* --- what follows from all of them ---------------------------------------------------- */

static void
settle_messages(struct fold *f, struct thing *t)
{
	int64_t last_ms = INT64_MIN;
	size_t i;

	for (i = f->inc.message_told; i < f->inc.message_count; i++)
		fold_problem(f, "fold_message",
			     json_pack("[I,I,s]", (json_int_t)f->inc.id,
				       (json_int_t)f->inc.messages[i].number,
				       "no event tells of it"));
	for (i = 0; i < f->inc.message_count; i++) {
		const struct fold_message *m = &f->inc.messages[i];
		int64_t at = strcmp(m->direction, "in") == 0 ? m->received_ms
							     : m->committed_ms;

		if (at > last_ms)
			last_ms = at;
	}
	fold_want(t, I_MESSAGES,
		  json_integer((json_int_t)f->inc.message_count));
	if (i == 0)
		return;
	fold_want(t, I_CREATED, json_integer(f->inc.messages[0].received_ms));
	fold_want(t, I_LAST, json_integer(last_ms));
	fold_want(t, I_LAST_DIRECTION,
		  json_string(f->inc.messages[i - 1].direction));
}

/* The nearest deadline of a running clock. */
static json_t *
settle_due(const struct incident_fold *f)
{
	int64_t due = INT64_MAX;
	size_t i;

	for (i = 0; i < f->thing_count; i++) {
		const struct thing *t = &f->things[i];
		const char *state;

		if (t->kind != FOLD_CLOCK || !t->told)
			continue;
		state = json_string_value(t->want[C_STATE]);
		if (state != NULL && strcmp(state, "running") == 0 &&
		    json_integer_value(t->want[C_PAUSED]) == 0 &&
		    json_is_integer(t->want[C_DUE]) &&
		    json_integer_value(t->want[C_DUE]) < due)
			due = json_integer_value(t->want[C_DUE]);
	}
	return due != INT64_MAX ? json_integer(due * 1000) : json_null();
}

/* No event tells when a delivery is taken: it is then as it was queued, with
 * one attempt more. */
static void
settle_delivery(struct thing *t)
{
	const char *have = json_string_value(t->have[D_STATE]);
	const char *want = json_string_value(t->want[D_STATE]);

	if (have == NULL || want == NULL || strcmp(have, want) == 0)
		return;
	if (strcmp(have, "taken") != 0 || strcmp(want, "queued") != 0) {
		/* attempts of another state: that one is told already */
		fold_want(t, D_ATTEMPTS, NULL);
		return;
	}
	fold_want(t, D_STATE, json_string("taken"));
	if (t->want[D_ATTEMPTS] != NULL)
		fold_want(t, D_ATTEMPTS,
			  json_integer(json_integer_value(t->want[D_ATTEMPTS]) +
				       1));
}

void
fold_settle(struct fold *f)
{
	struct thing *t = fold_incident(f);
	const char *state = json_string_value(t->want[I_STATE]);
	size_t i;

	t->told = true;
	settle_messages(f, t);
	fold_want(t, I_SEQ, json_integer(f->inc.seq));
	if (state != NULL)
		fold_want(t, I_ACTIVE,
			  json_integer(incident_state_active(
				  incident_state_parse(state))));
	if (f->inc.updated_ms != INT64_MIN)
		fold_want(t, I_UPDATED, json_integer(f->inc.updated_ms));
	fold_want(t, I_DUE, settle_due(&f->inc));
	for (i = 0; i < f->inc.thing_count; i++) {
		t = &f->inc.things[i];
		if (t->kind == FOLD_DELIVERY)
			settle_delivery(t);
		if (t->kind == FOLD_VISITOR) {
			t->told = true;
			fold_want(t, V_ENDED,
				  f->inc.ended_ms != NULL
					  ? json_incref(f->inc.ended_ms)
					  : json_null());
		}
	}
}

#include "daemon/store/fact.h"

#include <string.h>

#include "daemon/store/row.h"
#include "daemon/store/sql.h"
#include "daemon/store/store_p.h"

#define NOTES_BACK 256 /* events of one request that are looked at again */

static const struct sql q_add = {
	"add a fact",
	"INSERT INTO fact (kind, at_s, event, incident_id, channel, queue, "
	"team, reason, agent_id, since_s) VALUES ($1, $2, $3, $4, $5, $6, "
	"$7, $8, $9, $10)"
};
static const struct sql q_add_clock = {
	"add a clock's fact",
	"INSERT INTO fact (kind, at_s, event, incident_id, channel, queue, "
	"team, reason, agent_id, since_s, clock_id, name, policy, "
	"book_version, due_s, budget_s, used_s, late) SELECT $1, $2, $3, $4, "
	"$5, $6, $7, $8, coalesce((SELECT agent_id FROM message WHERE id = "
	"$10), $9), start_s, id, name, policy, book_version, due_s, budget_s, "
	"CASE WHEN $1 = 'broken' THEN NULL ELSE used_s END, late "
	"FROM clock WHERE id = $11"
};
static const struct sql q_incident = {
	"read what a fact copies",
	"SELECT channel, queue, team, reason, assignee_id, created_ms "
	"FROM incident WHERE id = $1"
};
static const struct sql q_clock = {
	"read how a clock is judged",
	"SELECT due_s, breached, late FROM clock WHERE id = $1"
};
static const struct sql q_unmet = {
	"take back that a clock was met",
	"DELETE FROM fact WHERE clock_id = $1 AND kind = 'met' AND at_s >= $2"
};
static const struct sql q_unanswered = {
	"take back a clock's end",
	"DELETE FROM fact WHERE clock_id = $1 AND (kind = 'met' "
	"OR kind = 'answered') AND event = (SELECT max(event) FROM fact "
	"WHERE clock_id = $1 AND kind = 'answered')"
};

static const char *const names[FACT_KINDS] = { "opened", "contact",  "in",
					       "out",    "answered", "met",
					       "broken" };

const char *
fact_name(enum fact_kind k)
{
	return names[k];
}

enum fact_kind
fact_parse(const char *s)
{
	int k = 0;

	while (k < FACT_KINDS && strcmp(names[k], s) != 0)
		k++;
	return (enum fact_kind)k;
}

/* --- what is copied ------------------------------------------------------------ */

/* An incident as its events tell it so far. Texts are borrowed: of the
 * statement q_incident, and of the transaction's notes. */
struct copy {
	const char *channel;
	const char *queue;
	const char *team;
	const char *reason;
	int64_t agent_id;
	int64_t created_s;
	char team_of_queue[FACT_NAME];
};

void
fact_teams(struct store *s, fact_team_fn *fn, void *arg)
{
	s->team_of = fn;
	s->team_arg = arg;
}

static void
copy_team(struct store *s, struct copy *c)
{
	if (c->team[0] != '\0' || s->team_of == NULL)
		return;
	s->team_of(s->team_arg, c->queue, c->team_of_queue);
	c->team = c->team_of_queue;
}

static const char *
changed_to(const json_t *set, const char *name)
{
	return json_string_value(json_array_get(json_object_get(set, name), 1));
}

/* One event that came before: what it set is what holds, unless a later one
 * (which was looked at before it) said so. */
struct seen {
	bool queue, team, reason, agent;
};

static void
copy_note(struct copy *c, struct seen *seen, const struct event_note *n)
{
	const json_t *set = json_object_get(n->data, "set");
	const char *v;

	if (strcmp(n->kind, "incident.assigned") == 0) {
		if (!seen->agent)
			c->agent_id = json_integer_value(
				json_object_get(n->data, "to"));
		seen->agent = true;
		return;
	}
	if (strcmp(n->kind, "incident.changed") != 0)
		return;
	if (!seen->queue && (v = changed_to(set, "queue")) != NULL) {
		c->queue = v;
		seen->queue = true;
	}
	if (!seen->team && (v = changed_to(set, "team")) != NULL) {
		c->team = v;
		seen->team = true;
	}
	if (!seen->reason && (v = changed_to(set, "reason")) != NULL) {
		c->reason = v;
		seen->reason = true;
	}
}

/*
 * The incident of an event: its row, which a request writes last, and what
 * the request's own events told before. The statement stays open.
 */
static enum outcome
copy_load(struct store *s, int64_t incident_id, sqlite3_stmt **open,
	  struct copy *c, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_incident);
	struct seen seen = { false, false, false, false };
	size_t from = s->saved ? s->save_notes : 0;
	size_t i = s->note_count;
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, incident_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && !row)
		o = err_code(e, OUT_PERM, "not_found", "no such incident: %lld",
			     (long long)incident_id);
	if (o != OUT_OK)
		return o;
	*open = st;
	c->channel = sql_get_text(st, 0);
	c->queue = sql_get_text(st, 1);
	c->team = sql_get_text(st, 2);
	c->reason = sql_get_text(st, 3);
	c->agent_id = sql_get_int(st, 4);
	c->created_s = sql_get_int(st, 5) / 1000;
	if (s->note_count > NOTES_BACK && from < s->note_count - NOTES_BACK)
		from = s->note_count - NOTES_BACK;
	while (i-- > from)
		if (s->notes[i].incident_id == incident_id)
			copy_note(c, &seen, &s->notes[i]);
	copy_team(s, c);
	return OUT_OK;
}

static void
bind_copy(sqlite3_stmt *st, enum fact_kind k, int64_t at_s,
	  const struct event_note *n, const struct copy *c)
{
	sql_set_str(st, 1, names[k]);
	sql_set_int(st, 2, at_s);
	sql_set_int(st, 3, n->number);
	sql_set_int(st, 4, n->incident_id);
	sql_set_str(st, 5, c->channel);
	sql_set_str(st, 6, c->queue);
	sql_set_str(st, 7, c->team);
	sql_set_str(st, 8, c->reason);
	sql_set_id(st, 9, c->agent_id);
}

/* --- facts of an incident ------------------------------------------------------- */

static enum outcome
add_plain(struct store *s, enum fact_kind k, const struct event_note *n,
	  struct err *e)
{
	sqlite3_stmt *open = NULL;
	sqlite3_stmt *st;
	struct copy c;
	enum outcome o = copy_load(s, n->incident_id, &open, &c, e);

	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_add);
	bind_copy(st, k, n->at_ms / 1000, n, &c);
	sql_set_int(st, 10, c.created_s);
	o = sql_done(s, st, e);
	sql_reset(open);
	return o;
}

static enum outcome
of_message(struct store *s, const struct event_note *n, struct err *e)
{
	const char *direction =
		json_string_value(json_object_get(n->data, "direction"));
	bool first =
		json_integer_value(json_object_get(n->data, "number")) == 1;

	if (direction != NULL && strcmp(direction, "in") == 0)
		return add_plain(s, first ? FACT_OPENED : FACT_CONTACT, n, e);
	return first ? add_plain(s, FACT_IN, n, e) : OUT_OK;
}

static bool
ended(const char *state)
{
	return strcmp(state, "solved") == 0 || strcmp(state, "closed") == 0 ||
	       strcmp(state, "spam") == 0 || strcmp(state, "merged") == 0;
}

static enum outcome
of_change(struct store *s, const struct event_note *n, struct err *e)
{
	const json_t *pair =
		json_object_get(json_object_get(n->data, "set"), "state");
	const char *before = json_string_value(json_array_get(pair, 0));
	const char *now = json_string_value(json_array_get(pair, 1));

	if (before == NULL || now == NULL || ended(before) == ended(now))
		return OUT_OK;
	return add_plain(s, ended(now) ? FACT_OUT : FACT_IN, n, e);
}

/* --- facts of a clock ------------------------------------------------------------ */

static int64_t
clock_of(const struct event_note *n)
{
	return json_integer_value(json_object_get(n->data, "clock"));
}

static enum outcome
add_clock(struct store *s, enum fact_kind k, int64_t at_s,
	  const struct event_note *n, const struct copy *c, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add_clock);
	int64_t message =
		json_integer_value(json_object_get(n->data, "message"));

	bind_copy(st, k, at_s, n, c);
	sql_set_id(st, 10, message);
	sql_set_int(st, 11, clock_of(n));
	return sql_done(s, st, e);
}

/* How a clock is judged. */
struct judged {
	int64_t due_s; /* FACT_NONE: never */
	bool breached;
	bool late;
};

static enum outcome
judge(struct store *s, int64_t clock_id, struct judged *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_clock);
	bool row = false;
	enum outcome o;

	*out = (struct judged){ .due_s = FACT_NONE };
	sql_set_int(st, 1, clock_id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	if (!sql_get_null(st, 0))
		out->due_s = sql_get_int(st, 0);
	out->breached = sql_get_int(st, 1) != 0;
	out->late = sql_get_int(st, 2) != 0;
	sql_reset(st);
	return OUT_OK;
}

static enum outcome
of_fulfilled(struct store *s, const struct event_note *n, struct err *e)
{
	int64_t ended_s =
		json_integer_value(json_object_get(n->data, "ended_s"));
	sqlite3_stmt *open = NULL;
	struct copy c;
	struct judged j;
	enum outcome o = judge(s, clock_of(n), &j, e);

	if (o == OUT_OK)
		o = copy_load(s, n->incident_id, &open, &c, e);
	if (o != OUT_OK)
		return o;
	o = add_clock(s, FACT_ANSWERED, ended_s, n, &c, e);
	/* a clock is judged once */
	if (o == OUT_OK && !j.breached && j.due_s != FACT_NONE &&
	    ended_s <= j.due_s)
		o = add_clock(s, FACT_MET, j.due_s, n, &c, e);
	sql_reset(open);
	return o;
}

/* What the event says of the incident at the deadline, which may be long
 * before. */
static void
copy_deadline(struct copy *c, const json_t *data)
{
	const char *queue = json_string_value(json_object_get(data, "queue"));
	const char *team = json_string_value(json_object_get(data, "team"));
	const char *reason = json_string_value(json_object_get(data, "reason"));

	c->agent_id = json_integer_value(json_object_get(data, "agent"));
	c->queue = queue != NULL ? queue : c->queue;
	c->team = team != NULL ? team : c->team;
	c->reason = reason != NULL ? reason : c->reason;
}

static enum outcome
of_breached(struct store *s, const struct event_note *n, struct err *e)
{
	int64_t at_s = json_integer_value(json_object_get(n->data, "at_s"));
	sqlite3_stmt *open = NULL;
	struct copy c;
	struct judged j;
	enum outcome o = judge(s, clock_of(n), &j, e);

	if (o == OUT_OK)
		o = copy_load(s, n->incident_id, &open, &c, e);
	if (o != OUT_OK)
		return o;
	/* nobody can break a promise in a period before it was made */
	if (j.late)
		at_s = n->at_ms / 1000;
	copy_deadline(&c, n->data);
	o = add_clock(s, FACT_BROKEN, at_s, n, &c, e);
	sql_reset(open);
	return o;
}

/*
 * A clock runs again. An answer that failed for good never was one; whatever
 * else opens an incident again leaves its end told, and leaves a promise that
 * was kept kept, once its deadline is over.
 */
static enum outcome
of_reopened(struct store *s, const struct event_note *n, struct err *e)
{
	const char *cause =
		json_string_value(json_object_get(n->data, "cause"));
	bool failed = cause != NULL && strcmp(cause, "delivery_failed") == 0;
	sqlite3_stmt *st = sql_stmt(s, failed ? &q_unanswered : &q_unmet);

	sql_set_int(st, 1, clock_of(n));
	if (!failed)
		sql_set_int(st, 2, n->at_ms / 1000);
	return sql_done(s, st, e);
}

enum outcome
fact_event(struct store *s, const struct event_note *n, struct err *e)
{
	static const struct {
		const char *kind;
		enum outcome (*write)(struct store *s,
				      const struct event_note *n,
				      struct err *e);
	} kinds[] = {
		{ "message.added", of_message },
		{ "incident.changed", of_change },
		{ "clock.fulfilled", of_fulfilled },
		{ "clock.breached", of_breached },
		{ "clock.reopened", of_reopened },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].kind, n->kind) == 0)
			return kinds[i].write(s, n, e);
	return OUT_OK;
}

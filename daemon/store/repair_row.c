/* repair_row: rows and columns that events tell of. */

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/fold_p.h"
#include "daemon/store/repair.h"
#include "daemon/store/row.h"
#include "daemon/store/store.h"

struct mend {
	enum fold_kind kind;
	const char *column;
	struct sql q;
};

#define MEND(kind, table, key, column)                                         \
	{                                                                      \
		kind, column,                                                  \
		{                                                              \
			"mend " table "." column,                              \
				"UPDATE " table " SET " column                 \
				" = $2 WHERE " key " = $1"                     \
		}                                                              \
	}
#define INCIDENT(column) MEND(FOLD_INCIDENT, "incident", "id", column)
#define CLOCK(column) MEND(FOLD_CLOCK, "clock", "id", column)
#define BREACH(column) MEND(FOLD_BREACH, "breach", "clock_id", column)
#define DELIVERY(column) MEND(FOLD_DELIVERY, "delivery", "id", column)
#define CLAIM(column) MEND(FOLD_CLAIM, "claim", "incident_id", column)
#define RATING(column) MEND(FOLD_RATING, "rating", "incident_id", column)

static const struct mend mends[] = {
	INCIDENT("customer_id"),
	INCIDENT("connection_id"),
	INCIDENT("channel"),
	INCIDENT("queue"),
	INCIDENT("state"),
	INCIDENT("priority"),
	INCIDENT("reason"),
	INCIDENT("policy"),
	INCIDENT("saved_reply"),
	INCIDENT("assignee_id"),
	INCIDENT("created_ms"),
	INCIDENT("updated_ms"),
	INCIDENT("due_ms"),
	INCIDENT("active"),
	INCIDENT("messages"),
	INCIDENT("last_direction"),
	INCIDENT("last_ms"),
	INCIDENT("event_seq"),
	INCIDENT("follows_id"),
	INCIDENT("team"),
	INCIDENT("wake_ms"),
	INCIDENT("undecided"),
	INCIDENT("merged_into"),
	INCIDENT("claims_id"),
	CLOCK("name"),
	CLOCK("policy"),
	CLOCK("calendar"),
	CLOCK("book_version"),
	CLOCK("state"),
	CLOCK("start_s"),
	CLOCK("budget_s"),
	CLOCK("due_s"),
	CLOCK("ended_s"),
	CLOCK("cause"),
	CLOCK("breached"),
	CLOCK("message_id"),
	CLOCK("used_s"),
	CLOCK("rule"),
	CLOCK("late"),
	CLOCK("paused"),
	CLOCK("priority"),
	CLOCK("days"),
	BREACH("incident_id"),
	BREACH("at_s"),
	BREACH("found_ms"),
	BREACH("late"),
	BREACH("agent_id"),
	BREACH("queue"),
	BREACH("team"),
	BREACH("channel"),
	BREACH("reason"),
	BREACH("cause"),
	BREACH("cause_s"),
	BREACH("cause_agent_id"),
	BREACH("said_cause"),
	BREACH("said_by"),
	BREACH("said_ms"),
	BREACH("said_message_id"),
	DELIVERY("attempts"),
	DELIVERY("created_ms"),
	DELIVERY("ended_ms"),
	DELIVERY("lost"),
	DELIVERY("bounced_ms"),
	{ FOLD_DELIVERY,
	  "receipt",
	  { "mend delivery.receipt",
	    "UPDATE delivery SET receipt = $2, receipt_ms = CASE $2 "
	    "WHEN '' THEN NULL ELSE coalesce(receipt_ms, ended_ms, created_ms) "
	    "END WHERE id = $1" } },
	{ FOLD_DELIVERY,
	  "state",
	  { "mend delivery.state",
	    "UPDATE delivery SET state = $2, lease_ms = NULL WHERE id = $1" } },
	RATING("score"),
	RATING("message_id"),
	RATING("agent_id"),
	RATING("at_ms"),
	MEND(FOLD_VISITOR, "visitor", "id", "ended_ms"),
	CLAIM("code"),
	CLAIM("clock_id"),
	CLAIM("registered_ms"),
	CLAIM("agent_id"),
	CLAIM("withdrawn_ms"),
};

static const struct sql q_clock_add = {
	"make a clock anew",
	"INSERT INTO clock (name, policy, calendar, book_version, state, "
	"start_s, budget_s, due_s, ended_s, cause, breached, message_id, "
	"used_s, rule, late, paused, priority, days, id, incident_id) "
	"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
	"?14, ?15, ?16, ?17, ?18, ?21, ?22)"
};
_Static_assert(C_DAYS == 17 && C_SPANS == 18 && C_PAUSES == 19,
	       "the last two columns of a clock are lists");
static const struct sql q_claim_add = {
	"make a claim anew",
	"INSERT INTO claim (code, clock_id, registered_ms, agent_id, "
	"withdrawn_ms, incident_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
};
/* What belongs to a clock alone. */
static const struct sql q_steps_drop = {
	"drop a clock's steps", "DELETE FROM clock_step WHERE clock_id = $1"
};
static const struct sql q_spans_drop = {
	"drop a clock's spans", "DELETE FROM clock_span WHERE clock_id = $1"
};
static const struct sql q_spans_put = {
	"put a clock's spans",
	"INSERT INTO clock_span (clock_id, number, from_s, book_version, "
	"policy, calendar, budget_s, days) SELECT $1, key + 1, value ->> 0, "
	"value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 "
	"FROM json_each($2)"
};
static const struct sql q_pauses_drop = {
	"drop a clock's pauses", "DELETE FROM clock_pause WHERE clock_id = $1"
};
static const struct sql q_pauses_put = {
	"put a clock's pauses",
	"INSERT INTO clock_pause (clock_id, number, from_s, to_s, cause) "
	"SELECT $1, key + 1, value ->> 0, value ->> 1, value ->> 2 "
	"FROM json_each($2)"
};
static const struct sql q_breach_add = {
	"make a breach anew",
	"INSERT INTO breach (incident_id, at_s, found_ms, late, agent_id, "
	"queue, team, channel, reason, cause, cause_s, cause_agent_id, "
	"said_cause, said_by, said_ms, said_message_id, clock_id) "
	"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
	"?14, ?15, ?16, ?17)"
};
static const struct sql q_rating_add = {
	"make a rating anew",
	"INSERT INTO rating (score, message_id, agent_id, at_ms, incident_id) "
	"VALUES (?1, ?2, ?3, ?4, ?5)"
};
static const struct sql q_delivery_add = {
	"make a delivery anew",
	"INSERT INTO delivery (message_id, state, attempts, created_ms, "
	"ended_ms, lost, bounced_ms, receipt, id, receipt_ms, due_ms, "
	"connection_id, key) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
	"CASE ?8 WHEN '' THEN NULL ELSE coalesce(?5, ?4) END, ?4, "
	"connection_id, external_id FROM message WHERE id = ?1"
};
static const struct sql q_breach_drop = {
	"drop a breach", "DELETE FROM breach WHERE clock_id = $1"
};
static const struct sql q_clock_drop = { "drop a clock",
					 "DELETE FROM clock WHERE id = $1" };
static const struct sql q_tags_drop = {
	"drop tags", "DELETE FROM incident_tag WHERE incident_id = $1"
};
static const struct sql q_tag_put = {
	"put a tag",
	"INSERT INTO incident_tag (incident_id, tag) VALUES ($1, $2)"
};

static void
bind_json(sqlite3_stmt *st, int i, const json_t *v)
{
	if (json_is_integer(v))
		sql_set_int(st, i, json_integer_value(v));
	else if (json_is_string(v))
		sql_set_strn(st, i, json_string_value(v),
			     json_string_length(v));
	else
		sql_set_null(st, i);
}

/* A row that a rule of the store does not let stand is left as it was. */
static enum outcome
mended(struct store *w, sqlite3_stmt *st, bool *done, struct err *e)
{
	enum outcome o = sql_done(w, st, e);

	if (o == OUT_PERM && strcmp(e->code, "constraint") == 0) {
		*done = false;
		return OUT_OK;
	}
	return o;
}

static bool
is_end(const json_t *state)
{
	const char *s = json_string_value(state);

	return s != NULL &&
	       (strcmp(s, "sent") == 0 || strcmp(s, "failed") == 0 ||
		strcmp(s, "unknown") == 0);
}

/* None becomes due again by a repair: an answer that went twice is worse than
 * one that a person has to look at. */
static bool
may_mend(const struct fold_difference *d)
{
	if (d->kind != FOLD_DELIVERY)
		return true;
	if (strcmp(d->column, "state") == 0)
		return is_end(d->want);
	return strcmp(d->column, "ended_ms") != 0 || !json_is_null(d->want);
}

static enum outcome
drop_of(struct store *w, const struct sql *q, int64_t id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(w, q);

	sql_set_int(st, 1, id);
	return sql_done(w, st, e);
}

/* Rows that a list tells, in the place of those that are there. */
static enum outcome
put_list(struct store *w, int64_t clock_id, bool spans, const json_t *list,
	 bool *done, struct err *e)
{
	char *text = json_dumps(list, JSON_COMPACT);
	sqlite3_stmt *st;
	enum outcome o =
		drop_of(w, spans ? &q_spans_drop : &q_pauses_drop, clock_id, e);

	*done = o == OUT_OK;
	if (o == OUT_OK) {
		st = sql_stmt(w, spans ? &q_spans_put : &q_pauses_put);
		sql_set_int(st, 1, clock_id);
		sql_set_str(st, 2, text != NULL ? text : "[]");
		o = mended(w, st, done, e);
	}
	mem_free(text);
	return o;
}

static enum outcome
mend_column(struct store *w, const struct fold_difference *d, bool *done,
	    struct err *e)
{
	sqlite3_stmt *st;
	size_t i;

	for (i = 0; i < sizeof mends / sizeof mends[0]; i++)
		if (mends[i].kind == d->kind &&
		    strcmp(mends[i].column, d->column) == 0)
			break;
	*done = i < sizeof mends / sizeof mends[0] && may_mend(d);
	if (!*done)
		return OUT_OK;
	st = sql_stmt(w, &mends[i].q);
	sql_set_int(st, 1, d->id);
	bind_json(st, 2, d->want);
	return mended(w, st, done, e);
}

static enum outcome
mend_tags(struct store *w, const struct fold_difference *d, bool *done,
	  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(w, &q_tags_drop);
	const json_t *tag;
	enum outcome o;
	size_t i;

	sql_set_int(st, 1, d->id);
	o = sql_done(w, st, e);
	*done = true;
	json_array_foreach(d->want, i, tag)
	{
		if (o != OUT_OK)
			break;
		st = sql_stmt(w, &q_tag_put);
		sql_set_int(st, 1, d->id);
		bind_json(st, 2, tag);
		o = sql_done(w, st, e);
	}
	return o;
}

/* Do the events tell every column? */
static bool
all_told(const struct fold_difference *d)
{
	size_t c;

	for (c = 0; c < fold_kinds[d->kind].count; c++)
		if (d->row[c] == NULL)
			return false;
	return true;
}

static const struct sql *
adding(const struct fold_difference *d)
{
	switch (d->kind) {
	case FOLD_CLOCK:
		return &q_clock_add;
	case FOLD_BREACH:
		return &q_breach_add;
	case FOLD_RATING:
		return &q_rating_add;
	case FOLD_CLAIM:
		return &q_claim_add;
	case FOLD_DELIVERY:
		return is_end(d->row[D_STATE]) ? &q_delivery_add : NULL;
	default:
		return NULL;
	}
}

static enum outcome
add_row(struct store *w, const struct fold_difference *d, bool *done,
	struct err *e)
{
	const struct sql *q = adding(d);
	size_t n = fold_kinds[d->kind].count;
	sqlite3_stmt *st;
	enum outcome o;
	size_t c;

	*done = q != NULL && all_told(d);
	if (!*done)
		return OUT_OK;
	st = sql_stmt(w, q);
	for (c = 0; c < n; c++)
		bind_json(st, (int)c + 1, d->row[c]);
	sql_set_int(st, (int)n + 1, d->id);
	if (d->kind == FOLD_CLOCK)
		sql_set_int(st, (int)n + 2, d->incident_id);
	o = mended(w, st, done, e);
	if (o == OUT_OK && *done)
		*done = sql_changes(w) > 0;
	if (o == OUT_OK && *done && d->kind == FOLD_CLOCK)
		o = put_list(w, d->id, true, d->row[C_SPANS], done, e);
	if (o == OUT_OK && *done && d->kind == FOLD_CLOCK)
		o = put_list(w, d->id, false, d->row[C_PAUSES], done, e);
	return o;
}

/* Clocks and breaches are made of events alone. */
static enum outcome
drop_row(struct store *w, const struct fold_difference *d, bool *done,
	 struct err *e)
{
	static const struct sql *const parts[] = { &q_steps_drop, &q_spans_drop,
						   &q_pauses_drop };
	sqlite3_stmt *st;
	size_t i;
	enum outcome o;

	*done = d->kind == FOLD_CLOCK || d->kind == FOLD_BREACH;
	if (!*done)
		return OUT_OK;
	o = drop_of(w, &q_breach_drop, d->id, e);
	if (o != OUT_OK || d->kind == FOLD_BREACH)
		return o;
	for (i = 0; o == OUT_OK && i < sizeof parts / sizeof parts[0]; i++)
		o = drop_of(w, parts[i], d->id, e);
	if (o != OUT_OK)
		return o;
	st = sql_stmt(w, &q_clock_drop);
	sql_set_int(st, 1, d->id);
	return mended(w, st, done, e);
}

static json_t *
value_or_null(const json_t *v)
{
	return v != NULL ? json_incref((json_t *)v) : json_null();
}

enum outcome
repair_difference(struct store *w, struct repair *p,
		  const struct fold_difference *d, struct err *e)
{
	char what[80];
	bool done = false;
	enum outcome o = OUT_OK;

	if (d->whole && d->column == NULL)
		o = d->have == NULL ? add_row(w, d, &done, e)
				    : drop_row(w, d, &done, e);
	else if (d->whole && d->kind == FOLD_CLOCK &&
		 (strcmp(d->column, "spans") == 0 ||
		  strcmp(d->column, "pauses") == 0))
		o = put_list(w, d->id, strcmp(d->column, "spans") == 0, d->want,
			     &done, e);
	else if (d->whole && d->kind == FOLD_TAGS)
		o = mend_tags(w, d, &done, e);
	else if (d->whole)
		o = mend_column(w, d, &done, e);
	if (o != OUT_OK)
		return o;
	if (!done) {
		p->left++;
		return OUT_OK;
	}
	(void)snprintf(what, sizeof what, "%s.%s", fold_table(d->kind),
		       d->column != NULL ? d->column : "row");
	repair_note(p, what,
		    json_pack("[I,o,o]", (json_int_t)d->id,
			      value_or_null(d->have), value_or_null(d->want)));
	return OUT_OK;
}

/*
 * fold_rows: cursors over the rows of many incidents, all in the order of
 * incidents, so that one pass over each table brings together what belongs to
 * one.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/store/fold_p.h"
#include "daemon/store/row.h"
#include "daemon/store/store.h"

static const struct sql q_incident = {
	"fold an incident",
	"SELECT customer_id, connection_id, channel, queue, state, priority, "
	"reason, policy, saved_reply, assignee_id, created_ms, updated_ms, "
	"due_ms, active, messages, last_direction, last_ms, event_seq, "
	"follows_id, team, wake_ms, undecided, merged_into, "
	"claims_id FROM incident WHERE id = $1"
};
static const struct sql q_message = {
	"fold messages",
	"SELECT m.incident_id, m.id, m.number, m.direction, m.author, "
	"m.agent_id, m.received_ms, m.committed_ms, d.id, d.message_id, "
	"d.state, d.attempts, d.created_ms, d.ended_ms, d.lost, "
	"d.bounced_ms, d.receipt FROM message m "
	"LEFT JOIN delivery d ON d.message_id = m.id "
	"WHERE m.incident_id >= $1 AND m.incident_id <= $2 "
	"ORDER BY m.incident_id, m.number"
};
static const struct sql q_clock = {
	"fold clocks",
	"SELECT c.incident_id, c.id, c.name, c.policy, c.calendar, "
	"c.book_version, c.state, c.start_s, c.budget_s, c.due_s, c.ended_s, "
	"c.cause, c.breached, c.message_id, c.used_s, c.rule, c.late, "
	"c.paused, c.priority, c.days, "
	"(SELECT json_group_array(json_array(from_s, book_version, policy, "
	"calendar, budget_s, days)) FROM (SELECT * FROM clock_span s "
	"WHERE s.clock_id = c.id ORDER BY number)), "
	"(SELECT json_group_array(json_array(from_s, to_s, cause)) FROM "
	"(SELECT * FROM clock_pause p WHERE p.clock_id = c.id "
	"ORDER BY number)), b.clock_id, b.incident_id, "
	"b.at_s, b.found_ms, b.late, b.agent_id, b.queue, b.team, b.channel, "
	"b.reason, b.cause, b.cause_s, b.cause_agent_id, b.said_cause, "
	"b.said_by, b.said_ms, b.said_message_id FROM clock c "
	"LEFT JOIN breach b ON b.clock_id = c.id "
	"WHERE c.incident_id >= $1 AND c.incident_id <= $2 "
	"ORDER BY c.incident_id, c.id"
};
static const struct sql q_tag = {
	"fold tags", "SELECT incident_id, tag FROM incident_tag "
		     "WHERE incident_id >= $1 AND incident_id <= $2 "
		     "ORDER BY incident_id, tag"
};
static const struct sql q_event = {
	"fold events",
	"SELECT incident_id, number, at_ms, kind, seq, agent_id, data "
	"FROM event WHERE incident_id >= $1 AND incident_id <= $2 "
	"ORDER BY incident_id, seq"
};
static const struct sql q_rating = {
	"fold a rating",
	"SELECT score, message_id, agent_id, at_ms FROM rating "
	"WHERE incident_id = $1"
};
static const struct sql q_claim = {
	"fold a claim",
	"SELECT code, clock_id, registered_ms, agent_id, withdrawn_ms "
	"FROM claim WHERE incident_id = $1"
};
static const struct sql q_visitor = {
	"fold a visitor",
	"SELECT id, ended_ms FROM visitor WHERE incident_id = $1"
};

json_t *
fold_column(sqlite3_stmt *st, int i)
{
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_NULL:
		return json_null();
	case SQLITE_INTEGER:
		return json_integer(sql_get_int(st, i));
	default:
		return row_str(st, i);
	}
}

static enum outcome
open_one(struct fold *f, const struct sql *q, int64_t from, int64_t to,
	 sqlite3_stmt **st_out, bool *row_out, struct err *e)
{
	*st_out = sql_stmt(f->s, q);
	sql_set_int(*st_out, 1, from);
	sql_set_int(*st_out, 2, to);
	return sql_row(f->s, *st_out, row_out, e);
}

enum outcome
fold_open(struct fold *f, int64_t from, int64_t to, struct err *e)
{
	enum outcome o = open_one(f, &q_message, from, to, &f->message,
				  &f->message_row, e);

	if (o == OUT_OK)
		o = open_one(f, &q_clock, from, to, &f->clock, &f->clock_row,
			     e);
	if (o == OUT_OK)
		o = open_one(f, &q_tag, from, to, &f->tag, &f->tag_row, e);
	if (o == OUT_OK)
		o = open_one(f, &q_event, from, to, &f->event, &f->event_row,
			     e);
	return o;
}

void
fold_close(struct fold *f)
{
	sqlite3_stmt **all[] = { &f->message, &f->clock, &f->tag, &f->event };
	size_t i;

	for (i = 0; i < sizeof all / sizeof all[0]; i++) {
		if (*all[i] != NULL)
			sql_reset(*all[i]);
		*all[i] = NULL;
	}
	f->message_row = f->clock_row = f->tag_row = f->event_row = false;
}

/* Does the cursor stand on a row of the incident? Rows of incidents that are
 * not there are passed over: a foreign key tells of them. */
static enum outcome
stands(struct fold *f, sqlite3_stmt *st, bool *row, bool *out, struct err *e)
{
	enum outcome o = OUT_OK;

	while (o == OUT_OK && *row && sql_get_int(st, 0) < f->inc.id)
		o = sql_row(f->s, st, row, e);
	*out = o == OUT_OK && *row && sql_get_int(st, 0) == f->inc.id;
	return o;
}

static enum outcome
too_many(struct fold *f, struct err *e)
{
	return err_code(e, OUT_PERM, "too_large",
			"cannot fold incident %lld: it has too many rows",
			(long long)f->inc.id);
}

static enum outcome
load_message(struct fold *f, struct err *e)
{
	sqlite3_stmt *st = f->message;
	struct fold_message *m = fold_message_add(&f->inc);
	struct thing *t;

	if (m == NULL)
		return too_many(f, e);
	m->id = sql_get_int(st, 1);
	m->number = sql_get_int(st, 2);
	(void)snprintf(m->direction, sizeof m->direction, "%s",
		       sql_get_text(st, 3));
	(void)snprintf(m->author, sizeof m->author, "%s", sql_get_text(st, 4));
	m->agent_id = sql_get_int(st, 5);
	m->received_ms = sql_get_int(st, 6);
	m->committed_ms = sql_get_int(st, 7);
	f->message_total++;
	if (sql_get_null(st, 8))
		return OUT_OK;
	t = fold_thing_add(&f->inc, FOLD_DELIVERY, sql_get_int(st, 8));
	if (t == NULL)
		return too_many(f, e);
	fold_have(t, st, 9);
	return OUT_OK;
}

/* A column that SQLite made a list of. */
static void
have_list(struct thing *t, int column)
{
	const char *text = json_string_value(t->have[column]);
	json_t *list = text != NULL ? json_loads(text, 0, NULL) : NULL;

	json_decref(t->have[column]);
	t->have[column] = list != NULL ? list : json_array();
}

static enum outcome
load_clock(struct fold *f, struct err *e)
{
	sqlite3_stmt *st = f->clock;
	int breach = 2 + (int)fold_kinds[FOLD_CLOCK].count;
	struct thing *t =
		fold_thing_add(&f->inc, FOLD_CLOCK, sql_get_int(st, 1));

	if (t == NULL)
		return too_many(f, e);
	fold_have(t, st, 2);
	have_list(t, C_SPANS);
	have_list(t, C_PAUSES);
	if (sql_get_null(st, breach))
		return OUT_OK;
	t = fold_thing_add(&f->inc, FOLD_BREACH, sql_get_int(st, breach));
	if (t == NULL)
		return too_many(f, e);
	fold_have(t, st, breach + 1);
	return OUT_OK;
}

static enum outcome
load_tags(struct fold *f, struct err *e)
{
	struct thing *t = fold_thing_add(&f->inc, FOLD_TAGS, f->inc.id);
	json_t *list = json_array();
	bool here = false;
	enum outcome o;

	if (t == NULL) {
		json_decref(list);
		return too_many(f, e);
	}
	t->row = t->told = true;
	t->have[0] = list;
	t->want[0] = json_array();
	while ((o = stands(f, f->tag, &f->tag_row, &here, e)) == OUT_OK &&
	       here) {
		(void)json_array_append_new(list, row_str(f->tag, 1));
		o = sql_row(f->s, f->tag, &f->tag_row, e);
		if (o != OUT_OK)
			break;
	}
	return o;
}

/* Rows that are looked up, one at most: q's columns from `from` on. */
static enum outcome
load_one(struct fold *f, const struct sql *q, enum fold_kind k, int from,
	 struct err *e)
{
	sqlite3_stmt *st = sql_stmt(f->s, q);
	struct thing *t;
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, f->inc.id);
	o = sql_row(f->s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	t = fold_thing_add(&f->inc, k,
			   from > 0 ? sql_get_int(st, 0) : f->inc.id);
	if (t != NULL)
		fold_have(t, st, from);
	sql_reset(st);
	return t != NULL ? OUT_OK : too_many(f, e);
}

enum outcome
fold_load(struct fold *f, struct err *e)
{
	bool here = true;
	enum outcome o = load_one(f, &q_incident, FOLD_INCIDENT, 0, e);

	/* it was listed a moment ago, in the same snapshot */
	if (o == OUT_OK && f->inc.thing_count == 0)
		return err_code(e, OUT_PERM, "damaged",
				"cannot fold incident %lld: it is not where it "
				"should be",
				(long long)f->inc.id);
	while (o == OUT_OK && here) {
		o = stands(f, f->message, &f->message_row, &here, e);
		if (o == OUT_OK && here)
			o = load_message(f, e);
		if (o == OUT_OK && here)
			o = sql_row(f->s, f->message, &f->message_row, e);
	}
	here = true;
	while (o == OUT_OK && here) {
		o = stands(f, f->clock, &f->clock_row, &here, e);
		if (o == OUT_OK && here)
			o = load_clock(f, e);
		if (o == OUT_OK && here)
			o = sql_row(f->s, f->clock, &f->clock_row, e);
	}
	if (o == OUT_OK)
		o = load_tags(f, e);
	if (o == OUT_OK)
		o = load_one(f, &q_rating, FOLD_RATING, 0, e);
	if (o == OUT_OK)
		o = load_one(f, &q_visitor, FOLD_VISITOR, 1, e);
	if (o == OUT_OK)
		o = load_one(f, &q_claim, FOLD_CLAIM, 0, e);
	fold_things_sort(&f->inc);
	return o;
}

enum outcome
fold_each_event(struct fold *f,
		void (*fn)(struct fold *f, const struct fold_event *ev),
		struct err *e)
{
	sqlite3_stmt *st = f->event;
	bool here = true;
	enum outcome o = OUT_OK;

	while (o == OUT_OK && here) {
		struct fold_event ev;
		json_t *data;

		o = stands(f, st, &f->event_row, &here, e);
		if (o != OUT_OK || !here)
			break;
		data = json_loads(sql_get_text(st, 6), 0, NULL);
		ev = (struct fold_event){ .number = sql_get_int(st, 1),
					  .at_ms = sql_get_int(st, 2),
					  .kind = sql_get_text(st, 3),
					  .seq = sql_get_int(st, 4),
					  .agent_id = sql_get_int(st, 5),
					  .data = data };
		fn(f, &ev);
		f->events++;
		json_decref(data);
		o = sql_row(f->s, st, &f->event_row, e);
	}
	return o;
}

#include "daemon/store/event.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/store/fact.h"
#include "daemon/store/sql.h"
#include "daemon/store/store_p.h"
#include "daemon/wire/json_text.h"

static const struct sql q_add = {
	"add an event",
	"INSERT INTO event (number, at_ms, kind, incident_id, seq, agent_id, "
	"data) VALUES ($1, $2, $3, $4, $5, $6, $7)"
};
static const struct sql q_seq = {
	"read an incident's sequence",
	"SELECT event_seq FROM incident WHERE id = $1"
};
static const struct sql q_seq_set = {
	"set an incident's sequence",
	"UPDATE incident SET event_seq = $2 WHERE id = $1"
};
#define EVENT_COLUMNS                                                          \
	"e.number, e.at_ms, e.kind, e.incident_id, e.seq, e.agent_id, "        \
	"a.name, e.data FROM event e LEFT JOIN agent a ON a.id = e.agent_id "
static const struct sql q_list = {
	"list events",
	"SELECT " EVENT_COLUMNS "WHERE e.number > $1 ORDER BY e.number LIMIT $2"
};
static const struct sql q_list_incident = {
	"list an incident's events",
	"SELECT " EVENT_COLUMNS
	"WHERE e.incident_id = $1 ORDER BY e.seq DESC LIMIT $2"
};
/* The first event tells how it began; more decisions than that are cut. */
static const struct sql q_list_decisions = {
	"list what rules decided",
	"SELECT " EVENT_COLUMNS
	"WHERE e.incident_id = $1 AND ($2 = 0 OR e.number = $2) AND "
	"(e.kind = 'incident.created' OR e.kind = 'incident.classified' OR "
	"e.kind = 'incident.undecided') ORDER BY e.seq DESC LIMIT $3"
};
static const struct sql q_agent_name = {
	"read an agent's name", "SELECT name FROM agent WHERE id = $1"
};

enum outcome
event_flush(struct store *s, struct err *e)
{
	sqlite3_stmt *st;
	enum outcome o;

	if (!s->seq_dirty) {
		s->seq_incident = 0;
		return OUT_OK;
	}
	st = sql_stmt(s, &q_seq_set);
	sql_set_int(st, 1, s->seq_incident);
	sql_set_int(st, 2, s->seq_value);
	o = sql_done(s, st, e);
	s->seq_incident = 0;
	s->seq_dirty = false;
	return o;
}

void
event_forget(struct store *s, size_t from)
{
	while (s->note_count > from)
		json_decref(s->notes[--s->note_count].data);
	s->seq_incident = 0;
	s->seq_dirty = false;
}

static enum outcome
event_seq(struct store *s, int64_t incident_id, struct err *e)
{
	sqlite3_stmt *st;
	bool row;
	enum outcome o;

	if (s->seq_incident == incident_id)
		return OUT_OK;
	o = event_flush(s, e);
	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_seq);
	sql_set_int(st, 1, incident_id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return err_code(e, OUT_PERM, "not_found",
				"no such incident: %lld",
				(long long)incident_id);
	s->seq_incident = incident_id;
	s->seq_value = sql_get_int(st, 0);
	sql_reset(st);
	return OUT_OK;
}

static enum outcome
event_write(struct store *s, const struct event_note *n, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);

	buf_clear(&s->text);
	if (!json_text(&s->text, n->data, NULL))
		return err_code(e, OUT_PERM, "too_large",
				"an event is over %d octets", EVENT_BYTES_MAX);
	sql_set_int(st, 1, n->number);
	sql_set_int(st, 2, n->at_ms);
	sql_set_str(st, 3, n->kind);
	sql_set_id(st, 4, n->incident_id);
	sql_set_id(st, 5, n->seq);
	sql_set_id(st, 6, n->agent_id);
	sql_set_strn(st, 7, s->text.data, s->text.len);
	return sql_done(s, st, e);
}

enum outcome
event_add(struct store *s, int64_t at_ms, const char *kind, int64_t incident_id,
	  int64_t agent_id, json_t *data, struct err *e)
{
	struct event_note n = { .at_ms = at_ms,
				.kind = kind,
				.incident_id = incident_id,
				.agent_id = agent_id,
				.data = data };
	enum outcome o = OUT_OK;

	assert(s->begun);
	if (!json_is_object(data)) {
		assert(data == NULL);
		return err_set(e, OUT_TEMP,
			       "could not add an event: out of memory");
	}
	if (s->note_count >= EVENT_BATCH_MAX)
		o = err_code(e, OUT_TEMP, "busy",
			     "could not add an event: too many at once");
	if (o == OUT_OK && incident_id != 0)
		o = event_seq(s, incident_id, e);
	if (o == OUT_OK) {
		n.number = store_number(s) + 1;
		n.seq = incident_id != 0 ? s->seq_value + 1 : 0;
		o = event_write(s, &n, e);
	}
	if (o != OUT_OK) {
		json_decref(data);
		return o;
	}
	s->number = n.number;
	if (incident_id != 0) {
		s->seq_value = n.seq;
		s->seq_dirty = true;
	}
	if (s->note_count == s->note_cap) {
		s->note_cap = s->note_cap != 0 ? s->note_cap * 2 : 64;
		s->notes = mem_resize(s->notes, s->note_cap, sizeof *s->notes);
	}
	s->notes[s->note_count++] = n;
	return fact_event(s, &n, e);
}

/* data and agent are taken. */
static json_t *
event_object(const struct event_note *n, json_t *agent, json_t *data)
{
	char at[32];
	json_t *o = json_object();

	clock_iso_ms(n->at_ms, at);
	(void)json_object_set_new(o, "number", json_integer(n->number));
	(void)json_object_set_new(o, "at", json_string(at));
	(void)json_object_set_new(o, "kind", json_string(n->kind));
	(void)json_object_set_new(o, "incident",
				  n->incident_id != 0
					  ? json_integer(n->incident_id)
					  : json_null());
	(void)json_object_set_new(
		o, "seq", n->seq != 0 ? json_integer(n->seq) : json_null());
	(void)json_object_set_new(o, "agent", agent);
	(void)json_object_set_new(o, "data", data);
	return o;
}

static json_t *
event_agent(int64_t id, const char *name)
{
	json_t *a;

	if (id == 0)
		return json_null();
	a = json_object();
	(void)json_object_set_new(a, "id", json_integer(id));
	(void)json_object_set_new(a, "name", json_string(name));
	return a;
}

static enum outcome
event_agent_find(struct store *s, int64_t id, json_t **out, struct err *e)
{
	sqlite3_stmt *st;
	bool row = false;
	enum outcome o;

	*out = NULL;
	if (id == 0) {
		*out = json_null();
		return OUT_OK;
	}
	st = sql_stmt(s, &q_agent_name);
	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	*out = event_agent(id, row ? sql_get_text(st, 0) : "");
	if (row)
		sql_reset(st);
	return OUT_OK;
}

enum outcome
event_batch_take(struct store *s, json_t **out, struct err *e)
{
	json_t *list = s->note_count != 0 ? json_array() : NULL;
	enum outcome o = OUT_OK;
	size_t i;

	assert(!s->begun);
	for (i = 0; i < s->note_count && o == OUT_OK; i++) {
		const struct event_note *n = &s->notes[i];
		json_t *agent;

		o = event_agent_find(s, n->agent_id, &agent, e);
		if (o == OUT_OK)
			(void)json_array_append_new(
				list,
				event_object(n, agent, json_incref(n->data)));
	}
	event_forget(s, 0);
	if (o != OUT_OK) {
		json_decref(list);
		list = NULL;
	}
	*out = list;
	return o;
}

void
event_batch_each(struct store *s,
		 void (*fn)(void *arg, const char *kind, int64_t incident_id,
			    const json_t *data),
		 void *arg)
{
	size_t i;

	for (i = 0; i < s->note_count; i++)
		fn(arg, s->notes[i].kind, s->notes[i].incident_id,
		   s->notes[i].data);
}

void
event_batch_drop(struct store *s)
{
	event_forget(s, 0);
}

static json_t *
event_row(sqlite3_stmt *st)
{
	struct event_note n = { .number = sql_get_int(st, 0),
				.at_ms = sql_get_int(st, 1),
				.kind = sql_get_text(st, 2),
				.incident_id = sql_get_int(st, 3),
				.seq = sql_get_int(st, 4),
				.agent_id = sql_get_int(st, 5) };

	return event_object(&n, event_agent(n.agent_id, sql_get_text(st, 6)),
			    sql_json_doc(st, 7));
}

static enum outcome
event_rows(struct store *s, sqlite3_stmt *st, bool reverse, json_t **out,
	   struct err *e)
{
	json_t *list = json_array();
	bool row;
	enum outcome o;

	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		json_t *ev = event_row(st);

		if (reverse)
			(void)json_array_insert_new(list, 0, ev);
		else
			(void)json_array_append_new(list, ev);
	}
	if (o != OUT_OK) {
		json_decref(list);
		list = NULL;
	}
	*out = list;
	return o;
}

enum outcome
event_list(struct store *s, int64_t from, int limit, json_t **out,
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_list);

	sql_set_int(st, 1, from);
	sql_set_int(st, 2, limit);
	return event_rows(s, st, false, out, e);
}

enum outcome
event_list_incident(struct store *s, int64_t incident_id, int limit,
		    json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_list_incident);

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, limit);
	return event_rows(s, st, true, out, e);
}

enum outcome
event_list_decisions(struct store *s, int64_t incident_id, int64_t number,
		     int limit, json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_list_decisions);

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, number);
	sql_set_int(st, 3, limit);
	return event_rows(s, st, true, out, e);
}

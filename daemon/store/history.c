#include "daemon/store/history.h"

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_events = {
	"list what happened to an incident",
	"SELECT at_ms, kind, agent_id, data FROM (SELECT seq, at_ms, kind, "
	"agent_id, data FROM event WHERE incident_id = $1 AND at_ms <= $2 "
	"AND kind IN ('incident.created', 'incident.classified', "
	"'incident.changed', 'incident.assigned', 'incident.opened', "
	"'message.added', 'clock.started', 'clock.fulfilled', "
	"'clock.cancelled', 'clock.reopened', 'clock.retargeted') "
	"ORDER BY seq DESC LIMIT $3) ORDER BY seq"
};
static const struct sql q_away = {
	"list when an agent was away",
	"SELECT from_ms, to_ms FROM (SELECT id, from_ms, to_ms "
	"FROM agent_away WHERE agent_id = $1 AND from_ms < $3 "
	"AND (to_ms IS NULL OR to_ms > $2) ORDER BY from_ms DESC, id DESC "
	"LIMIT $4) ORDER BY from_ms, id"
};
static const struct sql q_committed = {
	"find the contact that was received then",
	"SELECT min(committed_ms) FROM message WHERE incident_id = $1 "
	"AND direction = 'in' AND received_ms >= $2 AND received_ms < $3"
};

enum outcome
history_each(struct store *s, int64_t incident_id, int64_t until_ms,
	     history_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_events);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, until_ms);
	sql_set_int(st, 3, HISTORY_EVENTS_MAX);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		json_t *data = sql_json_doc(st, 3);
		struct history_event ev = { .at_ms = sql_get_int(st, 0),
					    .kind = sql_get_text(st, 1),
					    .agent_id = sql_get_int(st, 2),
					    .data = data };

		fn(arg, &ev);
		json_decref(data);
	}
	sql_reset(st);
	return o;
}

enum outcome
history_away(struct store *s, int64_t agent_id, int64_t from_ms,
	     int64_t until_ms, struct pause *out, size_t *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_away);
	bool row = false;
	enum outcome o = OUT_OK;
	size_t n = 0;

	sql_set_int(st, 1, agent_id);
	sql_set_int(st, 2, from_ms);
	sql_set_int(st, 3, until_ms);
	sql_set_int(st, 4, HISTORY_AWAY_MAX);
	while (n < HISTORY_AWAY_MAX &&
	       (o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		out[n].from_s = sql_get_int(st, 0) / 1000;
		out[n].to_s = sql_get_null(st, 1) ? DEADLINE_NEVER
						  : sql_get_int(st, 1) / 1000;
		n++;
	}
	sql_reset(st);
	*n_out = n;
	return o;
}

enum outcome
history_committed(struct store *s, int64_t incident_id, int64_t received_s,
		  int64_t *committed_ms_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_committed);

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, received_s * 1000);
	sql_set_int(st, 3, (received_s + 1) * 1000);
	return row_number(s, st, committed_ms_out, e);
}

#include "daemon/store/report.h"

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

#define RISK_MS (30 * 60 * 1000) /* as the counters of lists have it */
#define HOUR_MS (60 * 60 * 1000)

static const struct sql q_told = {
	"read told answer times",
	"SELECT by_s, channel, queue, basis, kept FROM promise "
	"WHERE by_s >= $1 AND by_s < $2 AND ($3 IS NULL OR channel = $3) "
	"AND ($4 IS NULL OR queue = $4) ORDER BY by_s, id"
};
static const struct sql q_away = {
	"read who was away",
	"SELECT agent_id, max(from_ms / 1000, $1), "
	"min(ifnull(to_ms / 1000, $2), $2) FROM agent_away "
	"WHERE from_ms / 1000 < $2 AND (to_ms IS NULL OR to_ms / 1000 > $1) "
	"AND ($3 IS NULL OR agent_id = $3)"
};
static const struct sql q_waiting = {
	"read what waits", "SELECT created_ms FROM incident WHERE active = 1 "
			   "AND ($1 IS NULL OR channel = $1)"
};
static const struct sql q_desk = {
	"count what waits",
	"SELECT count(*), total(due_ms < $1), "
	"total(due_ms >= $1 AND due_ms < $2), "
	"total(due_ms >= $1 AND due_ms < $3), total(assignee_id IS NULL), "
	"total(channel = 'chat' AND EXISTS (SELECT 1 FROM clock c WHERE "
	"c.incident_id = i.id AND c.state = 'running' AND (c.name = "
	"'first_response' OR c.name = 'next_response'))) FROM incident i "
	"WHERE active = 1 AND ($4 IS NULL OR channel = $4) "
	"AND ($5 IS NULL OR queue = $5) AND ($6 IS NULL OR team = $6) "
	"AND ($7 IS NULL OR reason = $7) "
	"AND ($8 IS NULL OR ifnull(assignee_id, 0) = $8)"
};
static const struct sql q_agents = {
	"count who is there",
	"SELECT count(*), total(EXISTS (SELECT 1 FROM agent_away w WHERE "
	"w.agent_id = a.id AND w.to_ms IS NULL)) FROM agent a WHERE active = 1"
};

enum outcome
report_told(struct store *s, const struct fact_filter *q, report_told_fn *fn,
	    void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_told);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, q->since_s);
	sql_set_int(st, 2, q->until_s);
	sql_set_str(st, 3, q->channel);
	sql_set_str(st, 4, q->queue);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		struct report_told t = { .by_s = sql_get_int(st, 0),
					 .channel = sql_get_text(st, 1),
					 .queue = sql_get_text(st, 2),
					 .basis = sql_get_text(st, 3),
					 .judged = !sql_get_null(st, 4),
					 .kept = sql_get_int(st, 4) != 0 };

		if (!fn(arg, &t))
			break;
	}
	sql_reset(st);
	return o;
}

enum outcome
report_away(struct store *s, int64_t since_s, int64_t until_s, int64_t agent_id,
	    report_away_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_away);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, since_s);
	sql_set_int(st, 2, until_s);
	if (agent_id == FACT_NOBODY)
		sql_set_int(st, 3, 0);
	else
		sql_set_id(st, 3, agent_id);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		fn(arg, sql_get_int(st, 0),
		   sql_get_int(st, 2) - sql_get_int(st, 1));
	return o;
}

enum outcome
report_waiting(struct store *s, const char *channel, report_waits_fn *fn,
	       void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_waiting);
	bool row = false;
	enum outcome o;

	sql_set_str(st, 1, channel);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		if (!fn(arg, sql_get_int(st, 0) / 1000))
			break;
	sql_reset(st);
	return o;
}

static void
bind_desk(sqlite3_stmt *st, const struct fact_filter *q, int64_t now_ms)
{
	sql_set_int(st, 1, now_ms);
	sql_set_int(st, 2, now_ms + RISK_MS);
	sql_set_int(st, 3, now_ms + HOUR_MS);
	sql_set_str(st, 4, q->channel);
	sql_set_str(st, 5, q->queue);
	sql_set_str(st, 6, q->team);
	sql_set_str(st, 7, q->reason);
	if (q->agent_id == FACT_NOBODY)
		sql_set_int(st, 8, 0);
	else
		sql_set_id(st, 8, q->agent_id);
}

enum outcome
report_desk(struct store *s, const struct fact_filter *q, int64_t now_ms,
	    struct report_desk *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_desk);
	bool row = false;
	enum outcome o;

	bind_desk(st, q, now_ms);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	out->active = sql_get_int(st, 0);
	out->overdue = sql_get_int(st, 1);
	out->risk = sql_get_int(st, 2);
	out->due_hour = sql_get_int(st, 3);
	out->unassigned = sql_get_int(st, 4);
	out->waiting_chats = sql_get_int(st, 5);
	sql_reset(st);
	st = sql_stmt(s, &q_agents);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	out->agents_active = sql_get_int(st, 0);
	out->agents_away = sql_get_int(st, 1);
	sql_reset(st);
	return OUT_OK;
}

#include "daemon/store/away.h"

#include <string.h>

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_begin = {
	"note that an agent is away",
	"INSERT INTO agent_away (agent_id, from_ms, planned_ms, reason) "
	"VALUES ($1, $2, $3, $4)"
};
/* A clock that was set back does not end it before it began. */
static const struct sql q_end = {
	"note that an agent is back",
	"UPDATE agent_away SET to_ms = max($2, from_ms) "
	"WHERE agent_id = $1 AND to_ms IS NULL"
};
static const struct sql q_lapsed = {
	"find an agent whose absence is over",
	"SELECT agent_id FROM agent_away WHERE to_ms IS NULL "
	"AND planned_ms <= $1 ORDER BY planned_ms, agent_id LIMIT 1"
};
static const struct sql q_lapse = {
	"end an absence as it was planned",
	"UPDATE agent_away SET to_ms = max(planned_ms, from_ms) "
	"WHERE agent_id = $1 AND to_ms IS NULL"
};
static const struct sql q_next = {
	"find the next absence that ends",
	"SELECT min(planned_ms) FROM agent_away WHERE to_ms IS NULL"
};

bool
away_reason(const char *s)
{
	static const char *const all[] = { "break",   "meeting", "training",
					   "absence", "holiday", "other" };
	size_t i;

	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strcmp(all[i], s) == 0)
			return true;
	return false;
}

enum outcome
away_begin(struct store *s, int64_t agent_id, const char *reason,
	   int64_t until_ms, int64_t now_ms, struct err *e)
{
	bool was;
	sqlite3_stmt *st;
	enum outcome o = away_end(s, agent_id, now_ms, &was, e);

	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_begin);
	sql_set_int(st, 1, agent_id);
	sql_set_int(st, 2, now_ms);
	sql_set_id(st, 3, until_ms);
	sql_set_str(st, 4, reason);
	return sql_done(s, st, e);
}

enum outcome
away_end(struct store *s, int64_t agent_id, int64_t now_ms, bool *changed_out,
	 struct err *e)
{
	enum outcome o = row_change(s, &q_end, agent_id, now_ms, e);

	*changed_out = o == OUT_OK && sql_changes(s) > 0;
	return o;
}

enum outcome
away_lapse(struct store *s, int64_t now_ms, int64_t *agent_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_lapsed);
	enum outcome o;

	*agent_out = 0;
	sql_set_int(st, 1, now_ms);
	o = row_number(s, st, agent_out, e);
	if (o != OUT_OK || *agent_out == 0)
		return o;
	st = sql_stmt(s, &q_lapse);
	sql_set_int(st, 1, *agent_out);
	return sql_done(s, st, e);
}

enum outcome
away_next(struct store *s, int64_t *ms_out, struct err *e)
{
	*ms_out = INT64_MAX;
	return row_lower(s, sql_stmt(s, &q_next), ms_out, e);
}

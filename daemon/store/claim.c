#include "daemon/store/claim.h"

#include <stdio.h>

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_find = {
	"read a claim",
	"SELECT incident_id, code, clock_id, registered_ms, agent_id, "
	"withdrawn_ms FROM claim WHERE incident_id = $1"
};
static const struct sql q_taken = { "look for a claim's code",
				    "SELECT 1 FROM claim WHERE code = $1" };
static const struct sql q_put = {
	"write a claim",
	"INSERT INTO claim (incident_id, code, clock_id, registered_ms, "
	"agent_id, withdrawn_ms) VALUES ($1, $2, $3, $4, $5, $6) "
	"ON CONFLICT (incident_id) DO UPDATE SET clock_id = excluded.clock_id, "
	"registered_ms = excluded.registered_ms, "
	"agent_id = excluded.agent_id, withdrawn_ms = excluded.withdrawn_ms"
};

enum outcome
claim_find(struct store *s, int64_t incident_id, struct claim_row *out,
	   bool *found_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_find);
	enum outcome o;

	*found_out = false;
	sql_set_int(st, 1, incident_id);
	o = sql_row(s, st, found_out, e);
	if (o != OUT_OK || !*found_out)
		return o;
	out->incident_id = sql_get_int(st, 0);
	(void)snprintf(out->code, sizeof out->code, "%s", sql_get_text(st, 1));
	out->clock_id = sql_get_int(st, 2);
	out->registered_ms = sql_get_int(st, 3);
	out->agent_id = sql_get_int(st, 4);
	out->withdrawn_ms = sql_get_int(st, 5);
	sql_reset(st);
	return OUT_OK;
}

enum outcome
claim_code_taken(struct store *s, const char *code, bool *taken_out,
		 struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_taken);

	sql_set_str(st, 1, code);
	return row_exists(s, st, taken_out, e);
}

enum outcome
claim_put(struct store *s, const struct claim_row *c, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_put);

	sql_set_int(st, 1, c->incident_id);
	sql_set_str(st, 2, c->code);
	sql_set_id(st, 3, c->clock_id);
	sql_set_int(st, 4, c->registered_ms);
	sql_set_id(st, 5, c->agent_id);
	sql_set_id(st, 6, c->withdrawn_ms);
	return sql_done(s, st, e);
}

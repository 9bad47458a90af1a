#include "daemon/store/survey.h"

#include <string.h>

#include "daemon/store/sql.h"

static const struct sql q_load = {
	"read a survey",
	"SELECT i.customer_id, v.answered_ms FROM survey v "
	"JOIN incident i ON i.id = v.incident_id WHERE v.incident_id = $1"
};
static const struct sql q_add = {
	"note a survey",
	"INSERT INTO survey (incident_id, message_id, asked_ms) "
	"VALUES ($1, $2, $3)"
};
static const struct sql q_end = {
	"end a survey", "UPDATE survey SET answered_ms = max($2, asked_ms) "
			"WHERE incident_id = $1 AND answered_ms IS NULL"
};

enum outcome
survey_load(struct store *s, int64_t incident_id, struct survey *out,
	    bool *found_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_load);
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, incident_id);
	o = sql_row(s, st, found_out, e);
	if (o != OUT_OK || !*found_out)
		return o;
	out->customer_id = sql_get_int(st, 0);
	out->answered_ms = sql_get_int(st, 1);
	sql_reset(st);
	return OUT_OK;
}

enum outcome
survey_add(struct store *s, int64_t incident_id, int64_t message_id,
	   int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, message_id);
	sql_set_int(st, 3, now_ms);
	return sql_done(s, st, e);
}

enum outcome
survey_end(struct store *s, int64_t incident_id, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_end);

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, now_ms);
	return sql_done(s, st, e);
}

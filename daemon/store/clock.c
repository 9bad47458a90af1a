#include "daemon/store/clock.h"

#include <stdio.h>

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_add = {
	"start a clock",
	"INSERT INTO clock (incident_id, name, policy, calendar, "
	"book_version, state, start_s, budget_s, due_s) "
	"VALUES ($1, $2, $3, $4, $5, 'running', $6, $7, $8)"
};
#define CLOCK_COLUMNS "id, incident_id, name, due_s, breached, start_s"
static const struct sql q_running = {
	"list running clocks",
	"SELECT " CLOCK_COLUMNS " FROM clock WHERE incident_id = $1 "
	"AND state = 'running' ORDER BY id LIMIT $2"
};
static const struct sql q_by_message = {
	"list clocks of an answer",
	"SELECT " CLOCK_COLUMNS " FROM clock WHERE incident_id = (SELECT "
	"incident_id FROM message WHERE id = $1) AND message_id = $1 "
	"AND state = 'fulfilled' ORDER BY id LIMIT $2"
};
static const struct sql q_end = {
	"end a clock",
	"UPDATE clock SET state = CASE WHEN $3 IS NULL THEN 'cancelled' "
	"ELSE 'fulfilled' END, ended_s = $2, message_id = $3, cause = $4 "
	"WHERE id = $1 AND state = 'running'"
};
static const struct sql q_reopen = {
	"reopen a clock",
	"UPDATE clock SET state = 'running', ended_s = NULL, "
	"message_id = NULL, cause = '' WHERE id = $1 AND state = 'fulfilled'"
};
static const struct sql q_overdue = {
	"list clocks past their deadline",
	"SELECT " CLOCK_COLUMNS " FROM clock WHERE state = 'running' "
	"AND breached = 0 AND due_s < $1 ORDER BY due_s LIMIT $2"
};
static const struct sql q_next = {
	"find the next deadline",
	"SELECT min(due_s) FROM clock WHERE state = 'running' "
	"AND breached = 0 AND due_s IS NOT NULL"
};

enum outcome
clock_add(struct store *s, const struct clock_new *c, int64_t *id_out,
	  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);
	enum outcome o;

	sql_set_int(st, 1, c->incident_id);
	sql_set_str(st, 2, c->name);
	sql_set_str(st, 3, c->policy);
	sql_set_str(st, 4, c->calendar);
	sql_set_int(st, 5, c->book_version);
	sql_set_int(st, 6, c->start_s);
	sql_set_int(st, 7, c->budget_s);
	if (c->due_s != CLOCK_NEVER)
		sql_set_int(st, 8, c->due_s);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		*id_out = sql_last_id(s);
	return o;
}

static enum outcome
clock_rows(struct store *s, sqlite3_stmt *st, int max, struct clock_row *out,
	   int *n_out, struct err *e)
{
	bool row = true;
	enum outcome o = OUT_OK;
	int n = 0;

	while (n < max && (o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		struct clock_row *c = &out[n++];

		c->id = sql_get_int(st, 0);
		c->incident_id = sql_get_int(st, 1);
		(void)snprintf(c->name, sizeof c->name, "%s",
			       sql_get_text(st, 2));
		c->due_s =
			sql_get_null(st, 3) ? CLOCK_NEVER : sql_get_int(st, 3);
		c->breached = sql_get_int(st, 4) != 0;
		c->start_s = sql_get_int(st, 5);
	}
	sql_reset(st);
	*n_out = n;
	return o;
}

enum outcome
clock_running(struct store *s, int64_t incident_id, struct clock_row *out,
	      int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_running);

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, CLOCKS_RUNNING_MAX);
	return clock_rows(s, st, CLOCKS_RUNNING_MAX, out, n_out, e);
}

enum outcome
clock_fulfilled_by(struct store *s, int64_t message_id, struct clock_row *out,
		   int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_by_message);

	sql_set_int(st, 1, message_id);
	sql_set_int(st, 2, CLOCKS_RUNNING_MAX);
	return clock_rows(s, st, CLOCKS_RUNNING_MAX, out, n_out, e);
}

enum outcome
clock_end(struct store *s, int64_t id, int64_t ended_s, int64_t message_id,
	  const char *cause, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_end);

	sql_set_int(st, 1, id);
	sql_set_int(st, 2, ended_s);
	sql_set_id(st, 3, message_id);
	sql_set_str(st, 4, cause);
	return sql_done(s, st, e);
}

enum outcome
clock_reopen(struct store *s, int64_t id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_reopen);

	sql_set_int(st, 1, id);
	return sql_done(s, st, e);
}

enum outcome
clock_overdue(struct store *s, int64_t now_s, int max, struct clock_row *out,
	      int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_overdue);

	sql_set_int(st, 1, now_s);
	sql_set_int(st, 2, max);
	return clock_rows(s, st, max, out, n_out, e);
}

enum outcome
clock_next(struct store *s, int64_t *due_s_out, struct err *e)
{
	*due_s_out = INT64_MAX;
	return row_lower(s, sql_stmt(s, &q_next), due_s_out, e);
}

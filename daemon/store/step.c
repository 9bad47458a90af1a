#include "daemon/store/step.h"

#include <stdio.h>
#include <string.h>

#include "daemon/store/clock.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_put = {
	"plan a step",
	"INSERT INTO clock_step (clock_id, kind, number, at_s) "
	"VALUES ($1, $2, $3, $4) ON CONFLICT (clock_id, kind, number) "
	"DO UPDATE SET at_s = excluded.at_s, done_ms = NULL "
	"WHERE done_ms IS NULL OR excluded.at_s > $5"
};
static const struct sql q_drop = {
	"forget a clock's steps",
	"DELETE FROM clock_step WHERE clock_id = $1 AND done_ms IS NULL"
};
static const struct sql q_due = {
	"find a step that is due",
	"SELECT st.clock_id, st.kind, st.number, st.at_s, c.incident_id, "
	"c.name, c.policy, c.calendar, c.book_version, c.due_s "
	"FROM (SELECT clock_id, kind, number, at_s FROM clock_step "
	"WHERE done_ms IS NULL AND at_s <= $1 ORDER BY at_s, clock_id, kind, number LIMIT 1) st "
	"JOIN clock c ON c.id = st.clock_id"
};
static const struct sql q_done = {
	"note that a step was done",
	"UPDATE clock_step SET done_ms = $4 "
	"WHERE clock_id = $1 AND kind = $2 AND number = $3"
};
static const struct sql q_next = {
	"find the next step",
	"SELECT min(at_s) FROM clock_step WHERE done_ms IS NULL"
};

const char *
step_kind_name(enum step_kind k)
{
	return k == STEP_WARNING ? "warning" : "escalation";
}

enum outcome
step_put(struct store *s, int64_t clock_id, enum step_kind kind, int64_t number,
	 int64_t at_s, int64_t again_s, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_put);

	sql_set_int(st, 1, clock_id);
	sql_set_str(st, 2, step_kind_name(kind));
	sql_set_int(st, 3, number);
	sql_set_int(st, 4, at_s);
	sql_set_int(st, 5, again_s);
	return sql_done(s, st, e);
}

enum outcome
step_drop(struct store *s, int64_t clock_id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_drop);

	sql_set_int(st, 1, clock_id);
	return sql_done(s, st, e);
}

enum outcome
step_due(struct store *s, int64_t now_s, struct step_row *out, bool *found_out,
	 struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_due);
	enum outcome o;

	sql_set_int(st, 1, now_s);
	o = sql_row(s, st, found_out, e);
	if (o != OUT_OK || !*found_out)
		return o;
	out->clock_id = sql_get_int(st, 0);
	out->kind = strcmp(sql_get_text(st, 1), "warning") == 0
			    ? STEP_WARNING
			    : STEP_ESCALATION;
	out->number = sql_get_int(st, 2);
	out->at_s = sql_get_int(st, 3);
	out->incident_id = sql_get_int(st, 4);
	(void)snprintf(out->clock, sizeof out->clock, "%s",
		       sql_get_text(st, 5));
	(void)snprintf(out->policy, sizeof out->policy, "%s",
		       sql_get_text(st, 6));
	(void)snprintf(out->calendar, sizeof out->calendar, "%s",
		       sql_get_text(st, 7));
	out->book_version = sql_get_int(st, 8);
	out->due_s = sql_get_null(st, 9) ? CLOCK_NEVER : sql_get_int(st, 9);
	sql_reset(st);
	return OUT_OK;
}

enum outcome
step_done(struct store *s, const struct step_row *x, int64_t now_ms,
	  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_done);

	sql_set_int(st, 1, x->clock_id);
	sql_set_str(st, 2, step_kind_name(x->kind));
	sql_set_int(st, 3, x->number);
	sql_set_int(st, 4, now_ms);
	return sql_done(s, st, e);
}

enum outcome
step_next(struct store *s, int64_t *at_s_out, struct err *e)
{
	*at_s_out = INT64_MAX;
	return row_lower(s, sql_stmt(s, &q_next), at_s_out, e);
}

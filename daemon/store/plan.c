#include "daemon/store/plan.h"

#include "daemon/base/mem.h"
#include "daemon/store/row.h"

static const struct sql q_load = {
	"read a plan",
	"SELECT id, name, report, params, period, at_minute, zone, language, "
	"agents, connection_id, below, above, active, last_ms, next_ms "
	"FROM report_plan WHERE id = $1"
};
static const struct sql q_count = { "count plans",
				    "SELECT count(*) FROM report_plan" };
static const struct sql q_insert = {
	"add a plan",
	"INSERT INTO report_plan (name, report, params, period, at_minute, "
	"zone, language, agents, connection_id, below, above, active, last_ms, "
	"next_ms, made_by, made_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
	"$9, $10, $11, $12, $13, $14, $15, $16)"
};
static const struct sql q_store = {
	"store a plan",
	"UPDATE report_plan SET name = $1, report = $2, params = $3, "
	"period = $4, at_minute = $5, zone = $6, language = $7, agents = $8, "
	"connection_id = $9, below = $10, above = $11, active = $12, "
	"last_ms = $13, next_ms = $14 WHERE id = $15"
};
static const struct sql q_delete = { "remove a plan",
				     "DELETE FROM report_plan WHERE id = $1" };

#define VIEW_COLUMNS                                                           \
	"SELECT p.id, p.name, p.report, p.params, p.period, p.at_minute, "     \
	"p.zone, p.language, p.agents, c.name, p.below, p.above, p.active, "   \
	"p.last_ms, p.next_ms FROM report_plan p "                             \
	"JOIN connection c ON c.id = p.connection_id "

static const struct sql q_view = { "show a plan",
				   VIEW_COLUMNS "WHERE p.id = $1" };
static const struct sql q_list = { "list plans",
				   VIEW_COLUMNS "ORDER BY p.name, p.id "
						"LIMIT $1" };
static const struct sql q_due = {
	"list plans that are due",
	"SELECT id FROM report_plan WHERE active = 1 AND next_ms IS NOT NULL "
	"AND next_ms <= $1 ORDER BY next_ms, id LIMIT $2"
};
static const struct sql q_next = {
	"find the next plan",
	"SELECT min(next_ms) FROM report_plan WHERE active = 1 "
	"AND next_ms IS NOT NULL"
};

void
plan_release(struct plan_row *p)
{
	mem_free(p->name);
	mem_free(p->report);
	mem_free(p->period);
	mem_free(p->zone);
	mem_free(p->language);
	json_decref(p->params);
	json_decref(p->agents);
	json_decref(p->below);
	json_decref(p->above);
	*p = (struct plan_row){ .id = 0 };
}

static void
plan_of(sqlite3_stmt *st, struct plan_row *p)
{
	p->id = sql_get_int(st, 0);
	p->name = mem_strdup(sql_get_text(st, 1));
	p->report = mem_strdup(sql_get_text(st, 2));
	p->params = sql_json_doc(st, 3);
	p->period = mem_strdup(sql_get_text(st, 4));
	p->minute = (int)sql_get_int(st, 5);
	p->zone = mem_strdup(sql_get_text(st, 6));
	p->language = mem_strdup(sql_get_text(st, 7));
	p->agents = sql_json_doc(st, 8);
	p->connection_id = sql_get_int(st, 9);
	p->below = sql_json_int(st, 10);
	p->above = sql_json_int(st, 11);
	p->active = sql_get_int(st, 12) != 0;
	p->last_ms = sql_get_int(st, 13);
	p->next_ms = sql_get_int(st, 14);
}

enum outcome
plan_load(struct store *s, int64_t id, struct plan_row *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_load);
	bool row;
	enum outcome o;

	*out = (struct plan_row){ .id = 0 };
	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return err_code(e, OUT_PERM, "not_found", "no such plan: %lld",
				(long long)id);
	plan_of(st, out);
	sql_reset(st);
	return OUT_OK;
}

static void
bind_limit(sqlite3_stmt *st, int i, const json_t *v)
{
	if (json_is_integer(v))
		sql_set_int(st, i, json_integer_value(v));
	else
		sql_set_null(st, i);
}

/* Bind $1 to $14; the two texts are freed by the caller after the step. */
static void
bind_all(sqlite3_stmt *st, const struct plan_row *p, const char *params,
	 const char *agents)
{
	sql_set_str(st, 1, p->name);
	sql_set_str(st, 2, p->report);
	sql_set_str(st, 3, params);
	sql_set_str(st, 4, p->period);
	sql_set_int(st, 5, p->minute);
	sql_set_str(st, 6, p->zone);
	sql_set_str(st, 7, p->language);
	sql_set_str(st, 8, agents);
	sql_set_int(st, 9, p->connection_id);
	bind_limit(st, 10, p->below);
	bind_limit(st, 11, p->above);
	sql_set_int(st, 12, p->active ? 1 : 0);
	sql_set_id(st, 13, p->last_ms);
	sql_set_id(st, 14, p->next_ms);
}

static enum outcome
write_row(struct store *s, sqlite3_stmt *st, const struct plan_row *p,
	  struct err *e)
{
	char *params = json_dumps(p->params, JSON_COMPACT | JSON_SORT_KEYS);
	char *agents = json_dumps(p->agents, JSON_COMPACT);
	enum outcome o;

	bind_all(st, p, params != NULL ? params : "{}",
		 agents != NULL ? agents : "[]");
	o = sql_done(s, st, e);
	mem_free(params);
	mem_free(agents);
	return o;
}

enum outcome
plan_insert(struct store *s, struct plan_row *p, int64_t made_by,
	    int64_t now_ms, struct err *e)
{
	int64_t n = 0;
	sqlite3_stmt *st;
	enum outcome o = row_number(s, sql_stmt(s, &q_count), &n, e);

	if (o != OUT_OK)
		return o;
	if (n >= PLAN_ROWS_MAX)
		return err_code(e, OUT_PERM, "too_many",
				"there are %d plans already", PLAN_ROWS_MAX);
	st = sql_stmt(s, &q_insert);
	sql_set_id(st, 15, made_by);
	sql_set_int(st, 16, now_ms);
	o = write_row(s, st, p, e);
	if (o == OUT_OK)
		p->id = sql_last_id(s);
	return o;
}

enum outcome
plan_store(struct store *s, const struct plan_row *p, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_store);

	sql_set_int(st, 15, p->id);
	return write_row(s, st, p, e);
}

enum outcome
plan_delete(struct store *s, int64_t id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_delete);
	enum outcome o;

	sql_set_int(st, 1, id);
	o = sql_done(s, st, e);
	if (o == OUT_OK && sql_changes(s) == 0)
		return err_code(e, OUT_PERM, "not_found", "no such plan: %lld",
				(long long)id);
	return o;
}

static json_t *
view_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "name", row_str(st, 1));
	row_set(o, "report", row_str(st, 2));
	row_set(o, "params", sql_json_doc(st, 3));
	row_set(o, "period", row_str(st, 4));
	row_set(o, "minute", sql_json_int(st, 5));
	row_set(o, "zone", row_str(st, 6));
	row_set(o, "language", row_str(st, 7));
	row_set(o, "agents", sql_json_doc(st, 8));
	row_set(o, "connection", row_str(st, 9));
	row_set(o, "below", sql_json_int(st, 10));
	row_set(o, "above", sql_json_int(st, 11));
	row_set(o, "active", row_bool(st, 12));
	row_set(o, "last_at", sql_json_ms(st, 13));
	row_set(o, "next_at", sql_json_ms(st, 14));
	return o;
}

enum outcome
plan_view(struct store *s, int64_t id, json_t **out, struct err *e)
{
	enum outcome o = row_one_of(s, &q_view, id, view_of, out, e);

	if (o == OUT_OK && *out == NULL)
		return err_code(e, OUT_PERM, "not_found", "no such plan: %lld",
				(long long)id);
	return o;
}

enum outcome
plan_list(struct store *s, json_t **out, struct err *e)
{
	return row_list_of(s, &q_list, PLAN_ROWS_MAX, view_of, out, e);
}

enum outcome
plan_due(struct store *s, int64_t now_ms, int max, int64_t *ids, int *n_out,
	 struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_due);

	sql_set_int(st, 1, now_ms);
	sql_set_int(st, 2, max);
	return row_ids(s, st, max, ids, n_out, e);
}

enum outcome
plan_next_due(struct store *s, int64_t *ms_out, struct err *e)
{
	*ms_out = INT64_MAX;
	return row_lower(s, sql_stmt(s, &q_next), ms_out, e);
}

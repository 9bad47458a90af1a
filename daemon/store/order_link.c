#include "daemon/store/order_link.h"

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_order = { "find an order by its row",
				    "SELECT id FROM shop_order WHERE id = $1" };
static const struct sql q_count = {
	"count an incident's orders",
	"SELECT count(*) FROM order_link WHERE incident_id = $1"
};
static const struct sql q_add = {
	"link an order",
	"INSERT INTO order_link (incident_id, order_id, how, agent_id, at_ms) "
	"VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
};
static const struct sql q_remove = {
	"unlink an order",
	"DELETE FROM order_link WHERE incident_id = $1 AND order_id = $2"
};

static enum outcome
may_add(struct store *s, int64_t incident_id, int64_t order_id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_order);
	bool there = false;
	int64_t n = 0;
	enum outcome o;

	sql_set_int(st, 1, order_id);
	o = row_exists(s, st, &there, e);
	if (o == OUT_OK && !there)
		return err_code(e, OUT_PERM, "not_found", "no such order: %lld",
				(long long)order_id);
	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_count);
	sql_set_int(st, 1, incident_id);
	o = row_number(s, st, &n, e);
	if (o == OUT_OK && n >= ORDER_LINKS_MAX)
		o = err_code(e, OUT_PERM, "conflict",
			     "an incident is about %d orders at most",
			     ORDER_LINKS_MAX);
	return o;
}

enum outcome
order_link_add(struct store *s, int64_t incident_id, int64_t order_id,
	       const char *how, int64_t agent_id, int64_t at_ms,
	       bool *changed_out, struct err *e)
{
	enum outcome o = may_add(s, incident_id, order_id, e);
	sqlite3_stmt *st;

	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_add);
	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, order_id);
	sql_set_str(st, 3, how);
	sql_set_id(st, 4, agent_id);
	sql_set_int(st, 5, at_ms);
	o = sql_done(s, st, e);
	*changed_out = o == OUT_OK && sql_changes(s) > 0;
	return o;
}

enum outcome
order_link_remove(struct store *s, int64_t incident_id, int64_t order_id,
		  bool *changed_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_remove);
	enum outcome o;

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, order_id);
	o = sql_done(s, st, e);
	*changed_out = o == OUT_OK && sql_changes(s) > 0;
	return o;
}

#include "daemon/store/shopcursor.h"

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_set = {
	"set how far a shop was read",
	"INSERT INTO shop_cursor (connection_id, resource, mark, page, "
	"looked_ms, seen_hook_ms) VALUES ($1, $2, coalesce($3, ''), "
	"coalesce($4, ''), $5, $6) ON CONFLICT (connection_id, resource) "
	"DO UPDATE SET mark = coalesce($3, mark), page = coalesce($4, page), "
	"looked_ms = coalesce($5, looked_ms), "
	"seen_hook_ms = coalesce($6, seen_hook_ms)"
};
static const struct sql q_get = {
	"read how far a shop was read",
	"SELECT mark, page, looked_ms, seen_hook_ms FROM shop_cursor "
	"WHERE connection_id = $1 AND resource = $2"
};

enum outcome
shopcursor_set(struct store *s, const struct shopcursor_new *c, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_set);

	sql_set_int(st, 1, c->connection_id);
	sql_set_str(st, 2, c->resource);
	sql_set_str(st, 3, c->mark);
	sql_set_str(st, 4, c->page);
	sql_set_id(st, 5, c->looked_ms);
	sql_set_id(st, 6, c->seen_hook_ms);
	return sql_done(s, st, e);
}

static json_t *
cursor_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "mark", row_str(st, 0));
	row_set(o, "page", row_str(st, 1));
	row_set(o, "looked_at", sql_json_ms(st, 2));
	row_set(o, "seen_hook_at", sql_json_ms(st, 3));
	return o;
}

enum outcome
shopcursor_get(struct store *s, int64_t connection_id, const char *resource,
	       json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_get);
	enum outcome o;

	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, resource);
	o = row_one(s, st, cursor_of, out, e);
	if (o == OUT_OK && *out == NULL)
		*out = json_pack("{s:s, s:s, s:n, s:n}", "mark", "", "page", "",
				 "looked_at", "seen_hook_at");
	return o;
}

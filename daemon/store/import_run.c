#include "daemon/store/import_run.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_find = {
	"find a file under way",
	"SELECT id, line, accepted, changed, refused FROM import_run "
	"WHERE connection_id = $1 AND sha256 = $2 AND state = 'running' "
	"ORDER BY id DESC LIMIT 1"
};
static const struct sql q_add = {
	"begin a file",
	"INSERT INTO import_run (connection_id, name, sha256, started_ms) "
	"VALUES ($1, $2, $3, $4)"
};
static const struct sql q_mark = {
	"say how far a file is",
	"UPDATE import_run SET line = $2, accepted = $3, changed = $4, "
	"refused = $5, state = $6, "
	"ended_ms = CASE $6 WHEN 'running' THEN NULL ELSE $7 END "
	"WHERE id = $1 AND line <= $2 "
	"AND (state = 'running' OR (state = $6 AND line = $2))"
};
static const struct sql q_list = {
	"list files",
	"SELECT r.id, c.name, r.name, r.sha256, r.line, r.accepted, "
	"r.changed, r.refused, r.state, r.started_ms, r.ended_ms "
	"FROM import_run r JOIN connection c ON c.id = r.connection_id "
	"ORDER BY r.id DESC LIMIT $1"
};

enum outcome
import_run_begin(struct store *s, int64_t connection_id, const char *name,
		 const char *sha256, int64_t now_ms, struct import_run *out,
		 struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_find);
	bool row;
	enum outcome o;

	*out = (struct import_run){ .id = 0 };
	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, sha256);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (row) {
		*out = (struct import_run){
			.id = sql_get_int(st, 0),
			.line = sql_get_int(st, 1),
			.accepted = sql_get_int(st, 2),
			.changed = sql_get_int(st, 3),
			.refused = sql_get_int(st, 4),
		};
		sql_reset(st);
		return OUT_OK;
	}
	st = sql_stmt(s, &q_add);
	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, name);
	sql_set_str(st, 3, sha256);
	sql_set_int(st, 4, now_ms);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		out->id = sql_last_id(s);
	return o;
}

enum outcome
import_run_mark(struct store *s, const struct import_run *run,
		const char *state, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_mark);
	enum outcome o;

	sql_set_int(st, 1, run->id);
	sql_set_int(st, 2, run->line);
	sql_set_int(st, 3, run->accepted);
	sql_set_int(st, 4, run->changed);
	sql_set_int(st, 5, run->refused);
	sql_set_str(st, 6, state);
	sql_set_int(st, 7, now_ms);
	o = sql_done(s, st, e);
	if (o == OUT_OK && sql_changes(s) == 0)
		return err_code(e, OUT_PERM, "not_found",
				"import %lld is not under way, or further on",
				(long long)run->id);
	return o;
}

static json_t *
run_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "connection", sql_json_str(st, 1));
	row_set(o, "name", sql_json_str(st, 2));
	row_set(o, "sha256", sql_json_str(st, 3));
	row_set(o, "line", sql_json_int(st, 4));
	row_set(o, "accepted", sql_json_int(st, 5));
	row_set(o, "changed", sql_json_int(st, 6));
	row_set(o, "refused", sql_json_int(st, 7));
	row_set(o, "state", sql_json_str(st, 8));
	row_set(o, "started_at", sql_json_ms(st, 9));
	row_set(o, "ended_at", sql_json_ms(st, 10));
	return o;
}

enum outcome
import_run_list(struct store *s, int limit, json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_list);

	sql_set_int(st, 1, limit);
	return row_list(s, st, run_of, out, e);
}

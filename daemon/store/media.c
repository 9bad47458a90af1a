#include "daemon/store/media.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_add = {
	"note a file to be fetched",
	"INSERT INTO media (message_id, position, connection_id, external_id, "
	"content_type, filename, sha256, url, url_ms, state, why) VALUES "
	"($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
};
static const struct sql q_load = {
	"read a file to be fetched",
	"SELECT m.incident_id, x.state, x.content_type, x.filename "
	"FROM media x JOIN message m ON m.id = x.message_id "
	"JOIN connection c ON c.id = x.connection_id "
	"WHERE x.message_id = $1 AND x.position = $2 AND c.role = $3"
};
static const struct sql q_end = {
	"end the fetching of a file",
	"UPDATE media SET state = $3, why = $4 WHERE message_id = $1 "
	"AND position = $2"
};
static const struct sql q_list = {
	"list a message's files to be fetched",
	"SELECT position, state, why, content_type, filename FROM media "
	"WHERE message_id = $1 ORDER BY position"
};

static void
set_text(sqlite3_stmt *st, int i, const char *v)
{
	sql_set_str(st, i, v != NULL ? v : "");
}

enum outcome
media_add(struct store *s, const struct media_new *m, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);

	sql_set_int(st, 1, m->message_id);
	sql_set_int(st, 2, m->position);
	sql_set_int(st, 3, m->connection_id);
	set_text(st, 4, m->external_id);
	set_text(st, 5, m->content_type);
	set_text(st, 6, m->filename);
	set_text(st, 7, m->sha256);
	set_text(st, 8, m->url);
	sql_set_id(st, 9, m->url != NULL ? m->url_ms : 0);
	sql_set_str(st, 10, m->gone != NULL ? "gone" : "pending");
	set_text(st, 11, m->gone);
	return sql_done(s, st, e);
}

void
media_release(struct media *m)
{
	MEM_CLEAR(&m->content_type);
	MEM_CLEAR(&m->filename);
}

enum outcome
media_load(struct store *s, int64_t message_id, int64_t position,
	   const char *role, struct media *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_load);
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, message_id);
	sql_set_int(st, 2, position);
	sql_set_str(st, 3, role);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return err_code(e, OUT_PERM, "not_found",
				"message %lld waits for no file %lld",
				(long long)message_id, (long long)position);
	out->incident_id = sql_get_int(st, 0);
	(void)snprintf(out->state, sizeof out->state, "%s",
		       sql_get_text(st, 1));
	out->content_type = mem_strdup(sql_get_text(st, 2));
	out->filename = mem_strdup(sql_get_text(st, 3));
	sql_reset(st);
	return OUT_OK;
}

enum outcome
media_end(struct store *s, int64_t message_id, int64_t position,
	  const char *state, const char *why, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_end);

	sql_set_int(st, 1, message_id);
	sql_set_int(st, 2, position);
	sql_set_str(st, 3, state);
	set_text(st, 4, why);
	return sql_done(s, st, e);
}

static json_t *
media_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "position", sql_json_int(st, 0));
	row_set(o, "state", row_str(st, 1));
	row_set(o, "why", row_str(st, 2));
	row_set(o, "content_type", row_str(st, 3));
	row_set(o, "filename", row_str(st, 4));
	return o;
}

enum outcome
media_list(struct store *s, int64_t message_id, json_t **out, struct err *e)
{
	return row_list_of(s, &q_list, message_id, media_of, out, e);
}

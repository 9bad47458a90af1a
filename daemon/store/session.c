#include "daemon/store/session.h"

#include <stdio.h>

#include "daemon/store/row.h"

static const struct sql q_add = {
	"add a session",
	"INSERT INTO session (hash, agent_id, created_ms, used_ms, expires_ms)"
	" VALUES ($1, $2, $3, $3, $4)"
};

static const struct sql q_find = {
	"find a session",
	"SELECT agent_id, expires_ms FROM session"
	" WHERE hash = $1 AND expires_ms > $2 AND used_ms > $3"
};

static const struct sql q_touch = {
	"note a session's use",
	"UPDATE session SET used_ms = $1 WHERE hash = $2 AND used_ms <= $3"
};

static const struct sql q_end = { "end a session",
				  "DELETE FROM session WHERE hash = $1" };

static const struct sql q_end_agent = {
	"end an agent's sessions",
	"DELETE FROM session WHERE agent_id = $1 AND hash IS NOT $2"
};

static const struct sql q_sweep = {
	"end old sessions",
	"DELETE FROM session WHERE expires_ms <= $1 OR used_ms <= $2"
};

static const struct sql q_sweep_links = {
	"end old links", "DELETE FROM login_link WHERE expires_ms <= $1"
};

static const struct sql q_token_add = {
	"add an API token",
	"INSERT INTO api_token (hash, agent_id, label, created_ms)"
	" VALUES ($1, $2, $3, $4)"
};

static const struct sql q_token_find = {
	"find an API token",
	"SELECT agent_id, ifnull(expires_ms, 0) FROM api_token"
	" WHERE hash = $1 AND (expires_ms IS NULL OR expires_ms > $2)"
};

static const struct sql q_token_owner = {
	"read an API token",
	"SELECT agent_id, hash FROM api_token WHERE id = $1"
};

static const struct sql q_token_delete = {
	"remove an API token", "DELETE FROM api_token WHERE id = $1"
};

static const struct sql q_link_add = {
	"add a link", "INSERT INTO login_link (hash, agent_id, expires_ms)"
		      " VALUES ($1, $2, $3)"
};

static const struct sql q_link_take = {
	"use a link", "DELETE FROM login_link WHERE hash = $1 RETURNING"
		      " CASE WHEN expires_ms > $2 THEN agent_id ELSE 0 END"
};

static const struct sql q_link_end = {
	"end an agent's links", "DELETE FROM login_link WHERE agent_id = $1"
};

enum outcome
session_add(struct store *s, const char *hash, int64_t agent_id, int64_t now_ms,
	    struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);

	sql_set_str(st, 1, hash);
	sql_set_int(st, 2, agent_id);
	sql_set_int(st, 3, now_ms);
	sql_set_int(st, 4, now_ms + SESSION_MS);
	return sql_done(s, st, e);
}

enum outcome
session_touch(struct store *s, const char *hash, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_touch);

	sql_set_int(st, 1, now_ms);
	sql_set_str(st, 2, hash);
	sql_set_int(st, 3, now_ms - SESSION_TOUCH_MS);
	return sql_done(s, st, e);
}

/* The first two numbers of a bound statement's row, or 0. */
static enum outcome
two_numbers(struct store *s, sqlite3_stmt *st, int64_t *a, int64_t *b,
	    struct err *e)
{
	bool row = false;
	enum outcome o = sql_row(s, st, &row, e);

	*a = 0;
	*b = 0;
	if (o == OUT_OK && row) {
		*a = sql_get_int(st, 0);
		*b = sql_get_int(st, 1);
		sql_reset(st);
	}
	return o;
}

enum outcome
session_use(struct store *s, const char *hash, int64_t now_ms,
	    int64_t *agent_out, int64_t *expires_ms_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_find);
	enum outcome o;

	sql_set_str(st, 1, hash);
	sql_set_int(st, 2, now_ms);
	sql_set_int(st, 3, now_ms - SESSION_IDLE_MS);
	o = two_numbers(s, st, agent_out, expires_ms_out, e);
	if (o == OUT_OK && *agent_out != 0)
		o = session_touch(s, hash, now_ms, e);
	return o;
}

enum outcome
session_end(struct store *s, const char *hash, bool *ended_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_end);
	enum outcome o;

	sql_set_str(st, 1, hash);
	o = sql_done(s, st, e);
	if (ended_out != NULL)
		*ended_out = o == OUT_OK && sql_changes(s) > 0;
	return o;
}

enum outcome
session_end_agent(struct store *s, int64_t agent_id, const char *except,
		  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_end_agent);

	sql_set_int(st, 1, agent_id);
	sql_set_str(st, 2, except);
	return sql_done(s, st, e);
}

enum outcome
session_sweep(struct store *s, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_sweep);
	enum outcome o;

	sql_set_int(st, 1, now_ms);
	sql_set_int(st, 2, now_ms - SESSION_IDLE_MS);
	o = sql_done(s, st, e);
	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_sweep_links);
	sql_set_int(st, 1, now_ms);
	return sql_done(s, st, e);
}

enum outcome
apitoken_insert(struct store *s, const char *hash, int64_t agent_id,
		const char *label, int64_t now_ms, int64_t *id_out,
		struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_token_add);
	enum outcome o;

	sql_set_str(st, 1, hash);
	sql_set_int(st, 2, agent_id);
	sql_set_str(st, 3, label);
	sql_set_int(st, 4, now_ms);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		*id_out = sql_last_id(s);
	return o;
}

enum outcome
apitoken_find(struct store *s, const char *hash, int64_t now_ms,
	      int64_t *agent_out, int64_t *expires_ms_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_token_find);

	sql_set_str(st, 1, hash);
	sql_set_int(st, 2, now_ms);
	return two_numbers(s, st, agent_out, expires_ms_out, e);
}

enum outcome
apitoken_owner(struct store *s, int64_t id, int64_t *agent_out,
	       char hash_out[HASH_HEX], struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_token_owner);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return err_code(e, OUT_PERM, "not_found",
				"no such API token: %lld", (long long)id);
	*agent_out = sql_get_int(st, 0);
	snprintf(hash_out, HASH_HEX, "%s", sql_get_text(st, 1));
	sql_reset(st);
	return OUT_OK;
}

enum outcome
apitoken_delete(struct store *s, int64_t id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_token_delete);

	sql_set_int(st, 1, id);
	return sql_done(s, st, e);
}

enum outcome
link_add(struct store *s, const char *hash, int64_t agent_id,
	 int64_t expires_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_link_add);

	sql_set_str(st, 1, hash);
	sql_set_int(st, 2, agent_id);
	sql_set_int(st, 3, expires_ms);
	return sql_done(s, st, e);
}

enum outcome
link_take(struct store *s, const char *hash, int64_t now_ms, int64_t *agent_out,
	  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_link_take);

	sql_set_str(st, 1, hash);
	sql_set_int(st, 2, now_ms);
	return row_number(s, st, agent_out, e);
}

enum outcome
link_end_agent(struct store *s, int64_t agent_id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_link_end);

	sql_set_int(st, 1, agent_id);
	return sql_done(s, st, e);
}

#include "daemon/store/agent.h"

#include <stdio.h>
#include <string.h>

#include "daemon/store/row.h"

static const struct sql q_view = {
	"read an agent",
	"SELECT a.id, a.email, a.name, a.role, a.language, a.active, "
	"a.mail_notices, w.from_ms, w.planned_ms, w.reason, a.signature "
	"FROM agent a "
	"LEFT JOIN agent_away w ON w.agent_id = a.id AND w.to_ms IS NULL "
	"WHERE a.id = $1"
};

static const struct sql q_list = {
	"list agents",
	"SELECT a.id, a.email, a.name, a.role, a.language, a.active, "
	"a.mail_notices, w.from_ms, w.planned_ms, w.reason, a.signature "
	"FROM agent a "
	"LEFT JOIN agent_away w ON w.agent_id = a.id AND w.to_ms IS NULL "
	"ORDER BY a.name, a.id"
};

static const struct sql q_get = {
	"read an agent's row",
	"SELECT id, email, password, role, active, failures, retry_ms"
	" FROM agent WHERE id = $1"
};

static const struct sql q_each = {
	"read every agent's row",
	"SELECT id, email, password, role, active, failures, retry_ms"
	" FROM agent ORDER BY id"
};

static const struct sql q_taken = { "look for an agent's e-mail",
				    "SELECT id FROM agent WHERE email = $1" };

static const struct sql q_insert = {
	"add an agent",
	"INSERT INTO agent (email, name, role, language, password, created_ms)"
	" VALUES ($1, $2, $3, $4, $5, $6)"
};

static const struct sql q_change = {
	"change an agent",
	"UPDATE agent SET name = coalesce($1, name),"
	" role = coalesce($2, role), language = coalesce($3, language),"
	" active = coalesce($4, active),"
	" mail_notices = coalesce($5, mail_notices) WHERE id = $6"
};

static const struct sql q_signature = {
	"change a signature", "UPDATE agent SET signature = $1 WHERE id = $2"
};

static const struct sql q_hash = {
	"change a password", "UPDATE agent SET password = $1 WHERE id = $2"
};

static const struct sql q_tries = {
	"note a log-in",
	"UPDATE agent SET failures = $1, retry_ms = $2 WHERE id = $3"
};

static const struct sql q_admins = {
	"count admins",
	"SELECT count(*) FROM agent WHERE role = 'admin' AND active = 1"
	" AND id <> $1"
};

static const struct sql q_asks = {
	"look whether an agent asks for mail",
	"SELECT language FROM agent WHERE id = $1 AND active = 1 "
	"AND mail_notices = 1"
};

static const struct sql q_address = {
	"read an agent's address",
	"SELECT id, email, name FROM agent WHERE id = $1 AND active = 1"
};

/* {from, reason, until}, or null. */
static json_t *
away_of(sqlite3_stmt *st)
{
	json_t *o;

	if (sql_get_null(st, 7))
		return json_null();
	o = json_object();
	row_set(o, "from", sql_json_ms(st, 7));
	row_set(o, "reason", row_str(st, 9));
	row_set(o, "until", sql_json_ms(st, 8));
	return o;
}

static json_t *
agent_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "email", row_str(st, 1));
	row_set(o, "name", row_str(st, 2));
	row_set(o, "role", row_str(st, 3));
	row_set(o, "language", row_str(st, 4));
	row_set(o, "active", row_bool(st, 5));
	row_set(o, "mail_notices", row_bool(st, 6));
	row_set(o, "away", away_of(st));
	row_set(o, "signature", row_str(st, 10));
	return o;
}

static enum outcome
no_such(int64_t id, struct err *e)
{
	return err_code(e, OUT_PERM, "not_found", "no such agent: %lld",
			(long long)id);
}

enum outcome
agent_view(struct store *s, int64_t id, json_t **out, struct err *e)
{
	enum outcome o = row_one_of(s, &q_view, id, agent_of, out, e);

	return o == OUT_OK && *out == NULL ? no_such(id, e) : o;
}

enum outcome
agent_list(struct store *s, json_t **out, struct err *e)
{
	return row_list(s, sql_stmt(s, &q_list), agent_of, out, e);
}

static void
agent_read(sqlite3_stmt *st, struct agent_row *a)
{
	a->id = sql_get_int(st, 0);
	snprintf(a->email, sizeof(a->email), "%s", sql_get_text(st, 1));
	snprintf(a->hash, sizeof(a->hash), "%s", sql_get_text(st, 2));
	a->role = staff_parse(sql_get_text(st, 3));
	a->active = sql_get_int(st, 4) != 0;
	a->failures = sql_get_int(st, 5);
	a->retry_ms = sql_get_int(st, 6);
}

enum outcome
agent_get(struct store *s, int64_t id, struct agent_row *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_get);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return no_such(id, e);
	agent_read(st, out);
	sql_reset(st);
	return OUT_OK;
}

enum outcome
agent_each(struct store *s, agent_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_each);
	struct agent_row a;
	bool row = false;
	enum outcome o;

	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		agent_read(st, &a);
		fn(arg, &a);
	}
	return o;
}

enum outcome
agent_insert(struct store *s, const char *email, const char *name,
	     enum staff role, const char *language, const char *hash,
	     int64_t now_ms, int64_t *id_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_taken);
	int64_t taken = 0;
	enum outcome o;

	sql_set_str(st, 1, email);
	o = row_number(s, st, &taken, e);
	if (o != OUT_OK)
		return o;
	if (taken != 0)
		return err_code(e, OUT_PERM, "exists",
				"an agent has that e-mail: %lld",
				(long long)taken);
	st = sql_stmt(s, &q_insert);
	sql_set_str(st, 1, email);
	sql_set_str(st, 2, name);
	sql_set_str(st, 3, staff_name(role));
	sql_set_str(st, 4, language);
	sql_set_str(st, 5, hash);
	sql_set_int(st, 6, now_ms);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		*id_out = sql_last_id(s);
	return o;
}

enum outcome
agent_change(struct store *s, int64_t id, const char *name, enum staff role,
	     const char *language, int active, int mail_notices, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_change);

	sql_set_str(st, 1, name);
	sql_set_str(st, 2, role == STAFF_COUNT ? NULL : staff_name(role));
	sql_set_str(st, 3, language);
	if (active >= 0)
		sql_set_int(st, 4, active);
	else
		sql_set_null(st, 4);
	if (mail_notices >= 0)
		sql_set_int(st, 5, mail_notices);
	else
		sql_set_null(st, 5);
	sql_set_int(st, 6, id);
	return sql_done(s, st, e);
}

enum outcome
agent_set_signature(struct store *s, int64_t id, const char *signature,
		    struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_signature);

	sql_set_str(st, 1, signature);
	sql_set_int(st, 2, id);
	return sql_done(s, st, e);
}

enum outcome
agent_set_hash(struct store *s, int64_t id, const char *hash, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_hash);

	sql_set_str(st, 1, hash);
	sql_set_int(st, 2, id);
	return sql_done(s, st, e);
}

enum outcome
agent_set_tries(struct store *s, int64_t id, int64_t failures, int64_t retry_ms,
		struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_tries);

	sql_set_int(st, 1, failures);
	sql_set_int(st, 2, retry_ms);
	sql_set_int(st, 3, id);
	return sql_done(s, st, e);
}

enum outcome
agent_other_admins(struct store *s, int64_t id, int64_t *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_admins);

	sql_set_int(st, 1, id);
	return row_number(s, st, n_out, e);
}

enum outcome
agent_asks_mail(struct store *s, int64_t id, bool *asks_out,
		char language_out[AGENT_LANGUAGE_MAX], struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_asks);
	enum outcome o;

	sql_set_int(st, 1, id);
	o = sql_row(s, st, asks_out, e);
	if (o == OUT_OK && *asks_out)
		(void)snprintf(language_out, AGENT_LANGUAGE_MAX, "%s",
			       sql_get_text(st, 0));
	sql_reset(st);
	return o;
}

static json_t *
address_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "address", row_str(st, 1));
	row_set(o, "name", row_str(st, 2));
	return o;
}

enum outcome
agent_address(struct store *s, int64_t id, json_t **out, struct err *e)
{
	return row_one_of(s, &q_address, id, address_of, out, e);
}

#include "daemon/store/connection.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/hook.h"
#include "daemon/store/row.h"

#define COLUMNS                                                                \
	"id, name, kind, role, settings, secrets, active, version, state,"     \
	" state_detail, state_ms"

static const struct sql q_load = { "read a connection",
				   "SELECT " COLUMNS
				   " FROM connection WHERE name = $1" };

static const struct sql q_each = {
	"list connections",
	"SELECT " COLUMNS " FROM connection WHERE ($1 IS NULL OR role = $1)"
	" AND ($2 = 0 OR active = 1) ORDER BY name"
};

static const struct sql q_insert = {
	"add a connection",
	"INSERT INTO connection (name, kind, role, settings, secrets,"
	" created_ms) VALUES ($1, $2, $3, $4, $5, $6)"
};

static const struct sql q_store = {
	"change a connection",
	"UPDATE connection SET settings = $1, secrets = $2, active = $3,"
	" version = version + 1 WHERE id = $4"
};

static const struct sql q_state = {
	"note a connection's state",
	"UPDATE connection SET state = $1, state_detail = $2, state_ms = $3"
	" WHERE id = $4"
};

static const struct sql q_jobs = { "delete a connection's jobs",
				   "DELETE FROM job WHERE connection_id = $1" };

static const struct sql q_ledger = {
	"delete a connection's ledger",
	"DELETE FROM ledger WHERE folder_id IN "
	"(SELECT id FROM folder WHERE connection_id = $1)"
};
static const struct sql q_folders = {
	"delete a connection's folders",
	"DELETE FROM folder WHERE connection_id = $1"
};

static const struct sql q_statuses = {
	"delete a number's receipts",
	"DELETE FROM status WHERE connection_id = $1"
};
static const struct sql q_accounts = {
	"delete a number's account events",
	"DELETE FROM account_event WHERE connection_id = $1"
};
static const struct sql q_windows = {
	"delete a number's windows",
	"DELETE FROM contact_window WHERE connection_id = $1"
};

static const struct sql q_visitors = {
	"delete a site's visitors who wrote nothing",
	"DELETE FROM visitor WHERE connection_id = $1"
};

static const struct sql q_used = {
	"look for what refers to a connection",
	"SELECT EXISTS (SELECT 1 FROM incident WHERE connection_id = $1)"
	" + EXISTS (SELECT 1 FROM message WHERE connection_id = $1)"
	" + EXISTS (SELECT 1 FROM delivery WHERE connection_id = $1)"
	" + EXISTS (SELECT 1 FROM shop_order WHERE connection_id = $1)"
	" + EXISTS (SELECT 1 FROM privacy_request WHERE connection_id = $1)"
};

static const struct sql q_imports = {
	"delete a shop's files",
	"DELETE FROM import_run WHERE connection_id = $1"
};

static const struct sql q_templates = {
	"delete a number's templates",
	"DELETE FROM template WHERE connection_id = $1"
};
static const struct sql q_delete = { "delete a connection",
				     "DELETE FROM connection WHERE id = $1" };

void
connection_release(struct connection_row *c)
{
	mem_free(c->name);
	mem_free(c->kind);
	mem_free(c->role);
	json_decref(c->settings);
	mem_free(c->secrets);
	mem_free(c->state);
	mem_free(c->state_detail);
	memset(c, 0, sizeof(*c));
}

static void
connection_read(sqlite3_stmt *st, struct connection_row *c)
{
	const void *secrets;

	memset(c, 0, sizeof(*c));
	c->id = sql_get_int(st, 0);
	c->name = mem_strdup(sql_get_text(st, 1));
	c->kind = mem_strdup(sql_get_text(st, 2));
	c->role = mem_strdup(sql_get_text(st, 3));
	c->settings = sql_json_doc(st, 4);
	secrets = sql_get_blob(st, 5, &c->secrets_bytes);
	if (c->secrets_bytes > 0) {
		c->secrets = mem_new(c->secrets_bytes, 1);
		memcpy(c->secrets, secrets, c->secrets_bytes);
	}
	c->active = sql_get_int(st, 6) != 0;
	c->version = sql_get_int(st, 7);
	c->state = mem_strdup(sql_get_text(st, 8));
	c->state_detail = mem_strdup(sql_get_text(st, 9));
	c->state_ms = sql_get_int(st, 10);
}

enum outcome
connection_load(struct store *s, const char *name, struct connection_row *out,
		struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_load);
	bool row = false;
	enum outcome o;

	memset(out, 0, sizeof(*out));
	sql_set_str(st, 1, name);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return err_code(e, OUT_PERM, "not_found",
				"no such connection: '%.100s'", name);
	connection_read(st, out);
	sql_reset(st);
	return OUT_OK;
}

enum outcome
connection_each(struct store *s, const char *role, bool active,
		connection_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_each);
	bool row = false;
	enum outcome o;

	sql_set_str(st, 1, role);
	sql_set_int(st, 2, active ? 1 : 0);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		struct connection_row c;

		connection_read(st, &c);
		o = fn(arg, &c, e);
		connection_release(&c);
		if (o != OUT_OK)
			break;
	}
	sql_reset(st);
	return o;
}

/* Run a statement whose first parameters are settings and secrets' places. */
static enum outcome
with_settings(struct store *s, sqlite3_stmt *st, int settings_at,
	      int secrets_at, const struct connection_row *c, struct err *e)
{
	char *text = json_dumps(c->settings, JSON_COMPACT | JSON_SORT_KEYS);
	enum outcome o;

	if (text == NULL)
		return err_set(e, OUT_TEMP,
			       "could not write settings: no memory");
	sql_set_str(st, settings_at, text);
	if (c->secrets != NULL)
		sql_set_blob(st, secrets_at, c->secrets, c->secrets_bytes);
	else
		sql_set_null(st, secrets_at);
	o = sql_done(s, st, e);
	mem_free(text);
	return o;
}

enum outcome
connection_insert(struct store *s, const struct connection_row *c,
		  int64_t now_ms, struct err *e)
{
	struct connection_row other;
	sqlite3_stmt *st;
	enum outcome o = connection_load(s, c->name, &other, e);

	if (o == OUT_OK) {
		connection_release(&other);
		return err_code(e, OUT_PERM, "exists",
				"there is a connection '%.100s'", c->name);
	}
	if (strcmp(e->code, "not_found") != 0)
		return o;
	st = sql_stmt(s, &q_insert);
	sql_set_str(st, 1, c->name);
	sql_set_str(st, 2, c->kind);
	sql_set_str(st, 3, c->role);
	sql_set_int(st, 6, now_ms);
	return with_settings(s, st, 4, 5, c, e);
}

enum outcome
connection_store(struct store *s, const struct connection_row *c, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_store);

	sql_set_int(st, 3, c->active ? 1 : 0);
	sql_set_int(st, 4, c->id);
	return with_settings(s, st, 1, 2, c, e);
}

enum outcome
connection_delete(struct store *s, int64_t id, struct err *e)
{
	static const struct sql *const all[] = {
		&q_jobs,     &q_ledger,   &q_folders, &q_visitors, &q_templates,
		&q_statuses, &q_accounts, &q_windows, &q_imports,
	};
	sqlite3_stmt *st = sql_stmt(s, &q_used);
	int64_t used = 0;
	enum outcome o;

	sql_set_int(st, 1, id);
	o = row_number(s, st, &used, e);
	if (o != OUT_OK)
		return o;
	if (used > 0)
		return err_code(e, OUT_PERM, "conflict",
				"incidents or orders refer to this connection: "
				"set it inactive");
	for (size_t i = 0; o == OUT_OK && i < sizeof all / sizeof all[0]; i++) {
		st = sql_stmt(s, all[i]);
		sql_set_int(st, 1, id);
		o = sql_done(s, st, e);
	}
	if (o == OUT_OK)
		o = hook_forget(s, id, e);
	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_delete);
	sql_set_int(st, 1, id);
	return sql_done(s, st, e);
}

enum outcome
connection_set_state(struct store *s, int64_t id, const char *state,
		     const char *detail, int64_t at_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_state);

	sql_set_str(st, 1, state);
	sql_set_str(st, 2, detail);
	sql_set_int(st, 3, at_ms);
	sql_set_int(st, 4, id);
	return sql_done(s, st, e);
}

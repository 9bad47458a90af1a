#include "daemon/store/command_key.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/sql.h"

#define KEPT_MS ((int64_t)COMMAND_KEY_DAYS * 24 * 60 * 60 * 1000)

static const struct sql q_find = {
	"look for a command's key",
	"SELECT method, params_hash, response FROM command_key "
	"WHERE principal = $1 AND key = $2"
};
static const struct sql q_add = {
	"keep a command's response",
	"INSERT INTO command_key (principal, key, method, params_hash, "
	"response, created_ms) VALUES ($1, $2, $3, $4, $5, $6)"
};
static const struct sql q_expire = {
	"forget old command keys",
	"DELETE FROM command_key WHERE (principal, key) IN (SELECT "
	"principal, key FROM command_key WHERE created_ms <= $1 "
	"ORDER BY created_ms LIMIT $2)"
};
static const struct sql q_next = { "find the oldest command key",
				   "SELECT min(created_ms) FROM command_key" };

enum outcome
command_key_find(struct store *s, const char *principal, const char *key,
		 const char *method, const char *params_hash,
		 json_t **first_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_find);
	bool row;
	bool same;
	enum outcome o;

	*first_out = NULL;
	sql_set_str(st, 1, principal);
	sql_set_str(st, 2, key);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	same = strcmp(sql_get_text(st, 0), method) == 0 &&
	       strcmp(sql_get_text(st, 1), params_hash) == 0;
	if (same)
		*first_out = sql_json_doc(st, 2);
	sql_reset(st);
	if (!same)
		return err_code(e, OUT_PERM, "key_reused",
				"the key was used for something else: '%s'",
				key);
	return OUT_OK;
}

enum outcome
command_key_add(struct store *s, const char *principal, const char *key,
		const char *method, const char *params_hash,
		const json_t *result, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);
	char *text = json_dumps(result, JSON_COMPACT);
	enum outcome o;

	sql_set_str(st, 1, principal);
	sql_set_str(st, 2, key);
	sql_set_str(st, 3, method);
	sql_set_str(st, 4, params_hash);
	sql_set_str(st, 5, text != NULL ? text : "{}");
	sql_set_int(st, 6, now_ms);
	o = sql_done(s, st, e);
	mem_free(text);
	return o;
}

enum outcome
command_key_expire(struct store *s, int64_t now_ms, int max, int *n_out,
		   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_expire);
	enum outcome o;

	sql_set_int(st, 1, now_ms - KEPT_MS);
	sql_set_int(st, 2, max);
	o = sql_done(s, st, e);
	*n_out = o == OUT_OK ? (int)sql_changes(s) : 0;
	return o;
}

enum outcome
command_key_next(struct store *s, int64_t *ms_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_next);
	bool row;
	enum outcome o = sql_row(s, st, &row, e);

	*ms_out = INT64_MAX;
	if (o == OUT_OK && row && !sql_get_null(st, 0))
		*ms_out = sql_get_int(st, 0) + KEPT_MS;
	sql_reset(st);
	return o;
}

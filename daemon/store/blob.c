#include "daemon/store/blob.h"

#include <assert.h>

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_keep = {
	"keep octets",
	"INSERT INTO blob (sha256, bytes, data, created_ms, staged_until_ms) "
	"VALUES ($1, $2, $3, $4, NULL) ON CONFLICT (sha256) DO UPDATE "
	"SET staged_until_ms = NULL"
};
static const struct sql q_stage = {
	"stage octets",
	"INSERT INTO blob (sha256, bytes, data, created_ms, staged_until_ms) "
	"VALUES ($1, $2, $3, $4, $5) ON CONFLICT (sha256) DO UPDATE "
	"SET staged_until_ms = excluded.staged_until_ms "
	"WHERE staged_until_ms IS NOT NULL"
};
static const struct sql q_claim = {
	"refer to octets",
	"UPDATE blob SET staged_until_ms = NULL WHERE sha256 = $1 "
	"RETURNING bytes"
};
static const struct sql q_let_go = {
	"let go of octets",
	"UPDATE blob SET staged_until_ms = $2 WHERE sha256 = $1 "
	"AND staged_until_ms IS NULL "
	"AND NOT EXISTS (SELECT 1 FROM attachment WHERE sha256 = $1) "
	"AND NOT EXISTS (SELECT 1 FROM message WHERE raw_sha256 = $1) "
	"AND NOT EXISTS (SELECT 1 FROM hook WHERE sha256 = $1 "
	"AND body IS NULL)"
};
static const struct sql q_expire = {
	"collect octets",
	"DELETE FROM blob WHERE sha256 IN (SELECT sha256 FROM blob "
	"WHERE staged_until_ms <= $1 ORDER BY staged_until_ms LIMIT $2) "
	/* not "data IS NULL": SQLite 3.40 answers 0 in RETURNING of a DELETE */
	"RETURNING sha256, typeof(data) = 'null'"
};
static const struct sql q_next = {
	"find the next staged octets",
	"SELECT min(staged_until_ms) FROM blob WHERE staged_until_ms "
	"IS NOT NULL"
};
static const struct sql q_known = { "find octets",
				    "SELECT 1 FROM blob WHERE sha256 = $1" };

static sqlite3_stmt *
blob_bind(struct store *s, const struct sql *q, const char *sha256,
	  int64_t bytes, const void *data, int64_t now_ms)
{
	sqlite3_stmt *st = sql_stmt(s, q);

	assert(data == NULL || bytes <= BLOB_ROW_BYTES);
	sql_set_str(st, 1, sha256);
	sql_set_int(st, 2, bytes);
	if (data != NULL || bytes == 0)
		sql_set_blob(st, 3, data, (size_t)bytes);
	sql_set_int(st, 4, now_ms);
	return st;
}

enum outcome
blob_keep(struct store *s, const char *sha256, int64_t bytes, const void *data,
	  int64_t now_ms, struct err *e)
{
	return sql_done(s, blob_bind(s, &q_keep, sha256, bytes, data, now_ms),
			e);
}

enum outcome
blob_stage(struct store *s, const char *sha256, int64_t bytes, const void *data,
	   int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = blob_bind(s, &q_stage, sha256, bytes, data, now_ms);

	sql_set_int(st, 5, now_ms + BLOB_STAGED_MS);
	return sql_done(s, st, e);
}

enum outcome
blob_claim(struct store *s, const char *sha256, int64_t *bytes_out,
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_claim);
	bool row;
	enum outcome o;

	sql_set_str(st, 1, sha256);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return err_code(e, OUT_PERM, "blob_missing",
				"no such octets were put: %s", sha256);
	if (bytes_out != NULL)
		*bytes_out = sql_get_int(st, 0);
	return sql_done(s, st, e);
}

enum outcome
blob_let_go(struct store *s, const char *sha256, int64_t end_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_let_go);

	sql_set_str(st, 1, sha256);
	sql_set_int(st, 2, end_ms);
	return sql_done(s, st, e);
}

enum outcome
blob_expire(struct store *s, int64_t now_ms, int max, json_t *files, int *n_out,
	    struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_expire);
	bool row;
	enum outcome o;

	*n_out = 0;
	sql_set_int(st, 1, now_ms);
	sql_set_int(st, 2, max);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		(*n_out)++;
		if (sql_get_int(st, 1) != 0)
			(void)json_array_append_new(files, sql_json_str(st, 0));
	}
	return o;
}

enum outcome
blob_next(struct store *s, int64_t *ms_out, struct err *e)
{
	*ms_out = INT64_MAX;
	return row_lower(s, sql_stmt(s, &q_next), ms_out, e);
}

enum outcome
blob_known(struct store *s, const char *sha256, bool *known_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_known);

	sql_set_str(st, 1, sha256);
	return row_exists(s, st, known_out, e);
}

#include "daemon/store/hook.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/store/blob.h"
#include "daemon/store/lease.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

#define HOOK_B64_MAX (2 * BLOB_ROW_BYTES)
#define HOOK_DONE_MS ((int64_t)7 * 24 * 60 * 60 * 1000)
#define HOOK_DEAD_MS ((int64_t)90 * 24 * 60 * 60 * 1000)

static const struct sql q_add = {
	"keep a hook",
	"INSERT INTO hook (connection_id, received_ms, body, sha256, bytes, "
	"state, due_ms) VALUES ($1, $2, $3, $4, $5, 'waiting', $6)"
};
static const struct sql q_load = {
	"read a hook",
	"SELECT h.id, h.state, h.attempts, h.sha256, c.role, c.id FROM hook h "
	"JOIN connection c ON c.id = h.connection_id "
	"WHERE h.id = $1 AND ($2 IS NULL OR c.role = $2)"
};
static const struct sql q_due = {
	"list hooks that are due",
	"SELECT h.id, h.attempts + 1, c.name, h.received_ms, h.bytes, "
	"h.sha256, h.body FROM hook h "
	"JOIN connection c ON c.id = h.connection_id "
	"WHERE h.state = 'waiting' AND h.due_ms <= $1 AND c.role = $2 "
	"AND c.active = 1 ORDER BY h.due_ms, h.id LIMIT $3"
};
/* due_ms is the end of the lease meanwhile: one index serves both */
static const struct sql q_take = {
	"lease a hook",
	"UPDATE hook SET state = 'taken', attempts = attempts + 1, "
	"lease_ms = $2, due_ms = $2 WHERE id = $1"
};
static const struct sql q_end = {
	"end a hook",
	"UPDATE hook SET state = $2, why = $3, lease_ms = NULL, ended_ms = $4 "
	"WHERE id = $1"
};
static const struct sql q_requeue = {
	"let a hook wait",
	"UPDATE hook SET state = 'waiting', lease_ms = NULL, due_ms = $2, "
	"why = $3 WHERE id = $1"
};
static const struct sql q_again = {
	"let a hook wait anew",
	"UPDATE hook SET state = 'waiting', attempts = 0, due_ms = $2, "
	"why = '', ended_ms = NULL WHERE id = $1 AND ended_ms IS NOT NULL"
};
static const struct sql q_lapse = {
	"let hooks wait whose lease ran out",
	"UPDATE hook SET "
	"state = CASE WHEN attempts < $3 THEN 'waiting' ELSE 'dead' END, "
	"ended_ms = CASE WHEN attempts < $3 THEN NULL ELSE $1 END, "
	"why = 'its reader did not finish', lease_ms = NULL, due_ms = $1 "
	"WHERE id IN (SELECT id FROM hook WHERE state = 'taken' "
	"AND due_ms <= $1 ORDER BY due_ms LIMIT $2)"
};
/* typeof: SQLite 3.40 answers 0 to IS NULL in RETURNING of a DELETE */
static const struct sql q_expire = {
	"forget old hooks",
	"DELETE FROM hook WHERE id IN (SELECT id FROM hook WHERE state = $1 "
	"AND ended_ms IS NOT NULL AND ended_ms <= $2 ORDER BY ended_ms "
	"LIMIT $3) RETURNING sha256, typeof(body) = 'null'"
};
static const struct sql q_forget = {
	"delete a connection's hooks",
	"DELETE FROM hook WHERE connection_id = $1 "
	"RETURNING sha256, typeof(body) = 'null'"
};
/* The oldest alone are looked at: those after them came later. */
static const struct sql q_erase = {
	"take away what a connection delivered",
	"DELETE FROM hook WHERE id IN (SELECT id FROM (SELECT id, ended_ms, "
	"received_ms FROM hook WHERE connection_id = $1 ORDER BY id LIMIT $3) "
	"WHERE ended_ms IS NOT NULL AND received_ms <= $2) "
	"RETURNING sha256, typeof(body) = 'null'"
};
static const struct sql q_back_due = {
	"bring waiting hooks nearer",
	"UPDATE hook SET due_ms = $1 + $2 WHERE state = 'waiting' "
	"AND due_ms > $1 + $2"
};
static const struct sql q_back_lease = {
	"bring the ends of hooks' leases nearer",
	"UPDATE hook SET lease_ms = $1 + $2, due_ms = $1 + $2 "
	"WHERE state = 'taken' AND due_ms > $1 + $2"
};
static const struct sql q_roles = {
	"list roles with hooks due",
	"SELECT DISTINCT c.role FROM hook h JOIN connection c "
	"ON c.id = h.connection_id WHERE h.state = 'waiting' "
	"AND h.due_ms > $1 AND h.due_ms <= $2"
};
static const struct sql q_next_lease = {
	"find the next hook's lease that ends",
	"SELECT min(due_ms) FROM hook WHERE state = 'taken'"
};
static const struct sql q_next_due = {
	"find the next hook",
	"SELECT min(due_ms) FROM hook WHERE state = 'waiting' AND due_ms > $1"
};
static const struct sql q_next_ended = {
	"find the oldest ended hook",
	"SELECT min(ended_ms) + $2 FROM hook WHERE state = $1 "
	"AND ended_ms IS NOT NULL"
};
#define HOOK_ROW                                                               \
	"SELECT h.id, c.name, h.received_ms, h.bytes, h.sha256, h.state, "     \
	"h.attempts, h.why, CASE h.state WHEN 'waiting' THEN h.due_ms END, "   \
	"h.ended_ms, h.body FROM hook h "                                      \
	"JOIN connection c ON c.id = h.connection_id "
static const struct sql q_list = {
	"list hooks",
	HOOK_ROW "WHERE ($1 IS NULL OR h.state = $1) AND ($2 IS NULL "
		 "OR c.name = $2) AND ($3 = 0 OR h.id < $3) "
		 "ORDER BY h.id DESC LIMIT $4"
};
/* few among many: not by their rows */
static const struct sql q_dead = {
	"list dead hooks",
	HOOK_ROW "WHERE h.state = 'dead' AND h.ended_ms IS NOT NULL "
		 "AND h.state = $1 AND ($2 IS NULL OR c.name = $2) "
		 "AND ($3 = 0 OR h.id < $3) ORDER BY +h.id DESC LIMIT $4"
};
static const struct sql q_view = { "read a hook as shown",
				   HOOK_ROW "WHERE h.id = $1" };
static const struct sql q_oldest = {
	"find the oldest hook",
	"SELECT min(due_ms) FROM hook WHERE state = 'waiting'"
};
static const struct sql q_counts = {
	"count hooks",
	"SELECT (SELECT count(*) FROM hook WHERE state = 'waiting'), "
	"(SELECT count(*) FROM hook WHERE state = 'taken'), "
	"(SELECT count(*) FROM hook WHERE state = 'dead' "
	"AND ended_ms IS NOT NULL)"
};

enum outcome
hook_add(struct store *s, const struct hook_new *h, int64_t now_ms,
	 int64_t *id_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);
	enum outcome o;

	sql_set_int(st, 1, h->connection_id);
	sql_set_int(st, 2, h->received_ms);
	if (h->data != NULL)
		sql_set_blob(st, 3, h->data, (size_t)h->bytes);
	sql_set_str(st, 4, h->sha256);
	sql_set_int(st, 5, h->bytes);
	sql_set_int(st, 6, now_ms);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		*id_out = sql_last_id(s);
	return o;
}

static enum outcome
no_such(int64_t id, struct err *e)
{
	return err_code(e, OUT_PERM, "not_found", "no such hook: %lld",
			(long long)id);
}

enum outcome
hook_load(struct store *s, int64_t id, const char *role, struct hook *out,
	  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_load);
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, id);
	sql_set_str(st, 2, role);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return no_such(id, e);
	out->id = sql_get_int(st, 0);
	(void)snprintf(out->state, sizeof out->state, "%s",
		       sql_get_text(st, 1));
	out->attempts = sql_get_int(st, 2);
	(void)snprintf(out->sha256, sizeof out->sha256, "%s",
		       sql_get_text(st, 3));
	(void)snprintf(out->role, sizeof out->role, "%s", sql_get_text(st, 4));
	out->connection_id = sql_get_int(st, 5);
	sql_reset(st);
	return OUT_OK;
}

/* Octets of a column as base64, or NULL where there are none. */
static json_t *
body_of(sqlite3_stmt *st, int at)
{
	struct buf b;
	json_t *v;
	size_t n = 0;
	const void *p;

	if (sql_get_null(st, at))
		return NULL;
	p = sql_get_blob(st, at, &n);
	buf_init(&b, HOOK_B64_MAX);
	(void)hash_b64(&b, p, n);
	v = json_stringn_nocheck(buf_str(&b), b.len);
	buf_release(&b);
	return v;
}

static json_t *
due_of(sqlite3_stmt *st)
{
	json_t *o = json_object();
	json_t *body = body_of(st, 6);

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "attempt", sql_json_int(st, 1));
	row_set(o, "connection", sql_json_str(st, 2));
	row_set(o, "received_at", sql_json_ms(st, 3));
	row_set(o, "bytes", sql_json_int(st, 4));
	row_set(o, "sha256", sql_json_str(st, 5));
	if (body != NULL)
		row_set(o, "body", body);
	return o;
}

static const struct lease_queue hooks = { .due = &q_due,
					  .take = &q_take,
					  .make = due_of,
					  .weighed = 6,
					  .octets_max = HOOK_TAKE_BYTES,
					  .max = HOOK_TAKE_MAX };

enum outcome
hook_take(struct store *s, const char *role, int64_t now_ms, int64_t lease_ms,
	  int max, json_t **out, struct err *e)
{
	return lease_take(s, &hooks, role, now_ms, lease_ms, max, out, e);
}

enum outcome
hook_end(struct store *s, int64_t id, const char *state, const char *why,
	 int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_end);

	sql_set_int(st, 1, id);
	sql_set_str(st, 2, state);
	sql_set_str(st, 3, why != NULL ? why : "");
	sql_set_int(st, 4, now_ms);
	return sql_done(s, st, e);
}

enum outcome
hook_requeue(struct store *s, int64_t id, int64_t due_ms, const char *why,
	     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_requeue);

	sql_set_int(st, 1, id);
	sql_set_int(st, 2, due_ms);
	sql_set_str(st, 3, why != NULL ? why : "");
	return sql_done(s, st, e);
}

enum outcome
hook_again(struct store *s, int64_t id, int64_t now_ms, struct err *e)
{
	enum outcome o = row_change(s, &q_again, id, now_ms, e);

	if (o == OUT_OK && sql_changes(s) == 0)
		return err_code(e, OUT_PERM, "conflict",
				"the hook has not ended: %lld", (long long)id);
	return o;
}

enum outcome
hook_lapse(struct store *s, int64_t now_ms, int max, int tries, int *n_out,
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_lapse);
	enum outcome o;

	sql_set_int(st, 1, now_ms);
	sql_set_int(st, 2, max);
	sql_set_int(st, 3, tries);
	o = sql_done(s, st, e);
	*n_out = o == OUT_OK ? (int)sql_changes(s) : 0;
	return o;
}

/* Rows of a bound DELETE ... RETURNING sha256, is it a blob: their blobs are
 * let go of, once the statement is over. */
static enum outcome
hook_delete(struct store *s, sqlite3_stmt *st, int64_t end_ms, int *n_out,
	    struct err *e)
{
	json_t *blobs = json_array();
	const json_t *b;
	size_t i;
	bool row;
	enum outcome o;

	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		(*n_out)++;
		if (sql_get_int(st, 1) != 0)
			(void)json_array_append_new(blobs, sql_json_str(st, 0));
	}
	sql_reset(st);
	json_array_foreach(blobs, i, b)
	{
		if (o == OUT_OK)
			o = blob_let_go(s, json_string_value(b), end_ms, e);
	}
	json_decref(blobs);
	return o;
}

static enum outcome
hook_expire_state(struct store *s, const char *state, int64_t kept_ms,
		  int64_t now_ms, int max, int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_expire);

	sql_set_str(st, 1, state);
	sql_set_int(st, 2, now_ms - kept_ms);
	sql_set_int(st, 3, max);
	return hook_delete(s, st, now_ms, n_out, e);
}

enum outcome
hook_expire(struct store *s, int64_t now_ms, int max, int *n_out, struct err *e)
{
	enum outcome o;

	*n_out = 0;
	o = hook_expire_state(s, "done", HOOK_DONE_MS, now_ms, max, n_out, e);
	return o == OUT_OK ? hook_expire_state(s, "dead", HOOK_DEAD_MS, now_ms,
					       max, n_out, e)
			   : o;
}

enum outcome
hook_forget(struct store *s, int64_t connection_id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_forget);
	int n = 0;

	sql_set_int(st, 1, connection_id);
	return hook_delete(s, st, 0, &n, e);
}

enum outcome
hook_erase(struct store *s, int64_t connection_id, int64_t upto_ms,
	   int64_t now_ms, int max, int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_erase);

	*n_out = 0;
	sql_set_int(st, 1, connection_id);
	sql_set_int(st, 2, upto_ms);
	sql_set_int(st, 3, max);
	return hook_delete(s, st, now_ms, n_out, e);
}

enum outcome
hook_clock_back(struct store *s, int64_t now_ms, int64_t wait_ms,
		int64_t lease_ms, struct err *e)
{
	return lease_clock_back(s, &q_back_due, &q_back_lease, now_ms, wait_ms,
				lease_ms, e);
}

enum outcome
hook_roles(struct store *s, int64_t after_ms, int64_t now_ms,
	   void (*fn)(void *arg, const char *role), void *arg, struct err *e)
{
	return row_each_text(s, &q_roles, after_ms, now_ms, fn, arg, e);
}

static enum outcome
hook_next_ended(struct store *s, const char *state, int64_t kept_ms,
		int64_t *ms_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_next_ended);

	sql_set_str(st, 1, state);
	sql_set_int(st, 2, kept_ms);
	return row_lower(s, st, ms_out, e);
}

enum outcome
hook_next(struct store *s, int64_t now_ms, int64_t *ms_out, struct err *e)
{
	enum outcome o =
		lease_next(s, &q_next_lease, &q_next_due, now_ms, ms_out, e);

	if (o == OUT_OK)
		o = hook_next_ended(s, "done", HOOK_DONE_MS, ms_out, e);
	if (o == OUT_OK)
		o = hook_next_ended(s, "dead", HOOK_DEAD_MS, ms_out, e);
	return o;
}

static json_t *
hook_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "connection", row_str(st, 1));
	row_set(o, "received_at", sql_json_ms(st, 2));
	row_set(o, "bytes", sql_json_int(st, 3));
	row_set(o, "sha256", row_str(st, 4));
	row_set(o, "state", row_str(st, 5));
	row_set(o, "attempts", sql_json_int(st, 6));
	row_set(o, "why", row_str(st, 7));
	row_set(o, "due_at", sql_json_ms(st, 8));
	row_set(o, "ended_at", sql_json_ms(st, 9));
	return o;
}

enum outcome
hook_list(struct store *s, const char *state, const char *connection,
	  int64_t before, int limit, json_t **out, struct err *e)
{
	bool dead = state != NULL && strcmp(state, "dead") == 0;
	sqlite3_stmt *st = sql_stmt(s, dead ? &q_dead : &q_list);

	sql_set_str(st, 1, state);
	sql_set_str(st, 2, connection);
	sql_set_int(st, 3, before);
	sql_set_int(st, 4, limit);
	return row_list(s, st, hook_of, out, e);
}

enum outcome
hook_view(struct store *s, int64_t id, json_t **hook_out, json_t **body_out,
	  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_view);
	bool row;
	enum outcome o;

	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return no_such(id, e);
	*hook_out = hook_of(st);
	*body_out = body_of(st, 10);
	sql_reset(st);
	return OUT_OK;
}

static json_t *
counts_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "waiting", sql_json_int(st, 0));
	row_set(o, "taken", sql_json_int(st, 1));
	row_set(o, "dead", sql_json_int(st, 2));
	return o;
}

enum outcome
hook_counts(struct store *s, json_t **out, int64_t *due_ms_out, struct err *e)
{
	enum outcome o = row_one(s, sql_stmt(s, &q_counts), counts_of, out, e);

	*due_ms_out = 0;
	return o == OUT_OK
		       ? row_number(s, sql_stmt(s, &q_oldest), due_ms_out, e)
		       : o;
}

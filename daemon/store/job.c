#include "daemon/store/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/lease.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

#define JOBS_TAKE_MAX 20
#define JOBS_TAKE_BYTES (512 * 1024) /* of payloads: a frame holds 1 MiB */
#define KEPT_MS ((int64_t)7 * 24 * 60 * 60 * 1000)

static const struct sql q_add = {
	"add a job",
	"INSERT INTO job (kind, connection_id, payload, state, due_ms, "
	"created_ms) VALUES ($1, $2, $3, 'queued', $4, $4)"
};
static const struct sql q_load = {
	"read a job",
	"SELECT j.id, j.state, j.attempts, j.created_ms, j.result, j.kind, "
	"j.connection_id, j.payload FROM job j "
	"JOIN connection c ON c.id = j.connection_id "
	"WHERE j.id = $1 AND ($2 IS NULL OR c.role = $2)"
};
static const struct sql q_due = {
	"list jobs that are due",
	"SELECT j.id, j.attempts + 1, j.kind, c.name, j.payload FROM job j "
	"JOIN connection c ON c.id = j.connection_id "
	"WHERE j.state = 'queued' AND j.due_ms <= $1 AND c.role = $2 "
	"AND (c.active = 1 OR j.kind = 'connection.test') "
	"ORDER BY j.due_ms, j.id LIMIT $3"
};
static const struct sql q_take = {
	"lease a job",
	"UPDATE job SET state = 'taken', attempts = attempts + 1, "
	"lease_ms = $2, result = '{}' WHERE id = $1"
};
static const struct sql q_requeue = {
	"queue a job again",
	"UPDATE job SET state = 'queued', lease_ms = NULL, due_ms = $2, "
	"result = $3 WHERE id = $1"
};
static const struct sql q_list = {
	"list jobs",
	"SELECT j.id, j.kind, c.name, j.state, j.attempts, j.created_ms, "
	"CASE j.state WHEN 'queued' THEN j.due_ms END, j.ended_ms, j.payload, "
	"j.result FROM job j JOIN connection c ON c.id = j.connection_id "
	"WHERE ($1 IS NULL OR j.kind = $1) AND ($2 IS NULL OR c.name = $2) "
	"AND ($3 = 0 OR j.id < $3) ORDER BY j.id DESC LIMIT $4"
};
static const struct sql q_again = {
	"queue a job's work again",
	"INSERT INTO job (kind, connection_id, payload, state, due_ms, "
	"created_ms) SELECT kind, connection_id, payload, 'queued', $2, $2 "
	"FROM job WHERE id = $1 AND ended_ms IS NOT NULL"
};
static const struct sql q_kind = {
	"read what a job is",
	"SELECT j.kind, c.role FROM job j JOIN connection c "
	"ON c.id = j.connection_id WHERE j.id = $1"
};
static const struct sql q_end = {
	"end a job",
	"UPDATE job SET state = $2, lease_ms = NULL, ended_ms = $3, "
	"result = $4 WHERE id = $1"
};
/* A job that is taken has a result only if it has begun. */
static const struct sql q_begun = {
	"note that a job begins",
	"UPDATE job SET result = '{\"begun\":true}' WHERE id = $1"
};
static const struct sql q_lapse = {
	"queue jobs whose lease ran out",
	"UPDATE job SET "
	"state = CASE result WHEN '{}' THEN 'queued' ELSE 'failed' END, "
	"ended_ms = CASE result WHEN '{}' THEN NULL ELSE $1 END, "
	"result = CASE result WHEN '{}' THEN '{}' ELSE '{\"ok\":false,"
	"\"detail\":\"nobody knows whether it was sent\"}' END, "
	"lease_ms = NULL, due_ms = $1 "
	"WHERE id IN (SELECT id FROM job WHERE state = 'taken' "
	"AND lease_ms <= $1 ORDER BY lease_ms LIMIT $2)"
};
static const struct sql q_expire = {
	"forget old jobs", "DELETE FROM job WHERE id IN (SELECT id FROM job "
			   "WHERE ended_ms IS NOT NULL AND ended_ms <= $1 "
			   "ORDER BY ended_ms LIMIT $2)"
};
static const struct sql q_next_ended = {
	"find the oldest ended job",
	"SELECT min(ended_ms) + $1 FROM job WHERE ended_ms IS NOT NULL"
};
static const struct sql q_back_due = {
	"bring waiting jobs nearer",
	"UPDATE job SET due_ms = $1 + CASE attempts WHEN 0 THEN 0 "
	"ELSE $2 END WHERE state = 'queued' "
	"AND due_ms > $1 + CASE attempts WHEN 0 THEN 0 ELSE $2 END"
};
static const struct sql q_back_lease = {
	"bring the ends of jobs' leases nearer",
	"UPDATE job SET lease_ms = $1 + $2 WHERE state = 'taken' "
	"AND lease_ms > $1 + $2"
};
static const struct sql q_roles = {
	"list roles with jobs due",
	"SELECT DISTINCT c.role FROM job j JOIN connection c "
	"ON c.id = j.connection_id WHERE j.state = 'queued' "
	"AND j.due_ms > $1 AND j.due_ms <= $2"
};
static const struct sql q_next_lease = {
	"find the next job's lease that ends",
	"SELECT min(lease_ms) FROM job WHERE state = 'taken'"
};
static const struct sql q_next_due = {
	"find the next job",
	"SELECT min(due_ms) FROM job WHERE state = 'queued' AND due_ms > $1"
};

enum outcome
job_add(struct store *s, const char *kind, int64_t connection_id,
	const json_t *payload, int64_t now_ms, int64_t *id_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);
	char *text = json_dumps(payload, JSON_COMPACT);
	enum outcome o;

	sql_set_str(st, 1, kind);
	sql_set_int(st, 2, connection_id);
	sql_set_str(st, 3, text != NULL ? text : "{}");
	sql_set_int(st, 4, now_ms);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		*id_out = sql_last_id(s);
	mem_free(text);
	return o;
}

void
job_release(struct job *j)
{
	json_decref(j->payload);
	json_decref(j->result);
	j->payload = NULL;
	j->result = NULL;
}

enum outcome
job_load(struct store *s, int64_t id, const char *role, struct job *out,
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
		return err_code(e, OUT_PERM, "not_found", "no such job: %lld",
				(long long)id);
	out->id = sql_get_int(st, 0);
	(void)snprintf(out->state, sizeof out->state, "%s",
		       sql_get_text(st, 1));
	out->attempts = sql_get_int(st, 2);
	out->created_ms = sql_get_int(st, 3);
	out->result = sql_json_doc(st, 4);
	(void)snprintf(out->kind, sizeof out->kind, "%s", sql_get_text(st, 5));
	out->connection_id = sql_get_int(st, 6);
	out->payload = sql_json_doc(st, 7);
	sql_reset(st);
	return OUT_OK;
}

static json_t *
due_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "attempt", sql_json_int(st, 1));
	row_set(o, "kind", sql_json_str(st, 2));
	row_set(o, "connection", sql_json_str(st, 3));
	row_set(o, "payload", sql_json_doc(st, 4));
	return o;
}

static const struct lease_queue jobs = { .due = &q_due,
					 .take = &q_take,
					 .make = due_of,
					 .weighed = 4,
					 .octets_max = JOBS_TAKE_BYTES,
					 .max = JOBS_TAKE_MAX };

enum outcome
job_take(struct store *s, const char *role, int64_t now_ms, int64_t lease_ms,
	 int max, json_t **out, struct err *e)
{
	return lease_take(s, &jobs, role, now_ms, lease_ms, max, out, e);
}

enum outcome
job_requeue(struct store *s, int64_t id, int64_t due_ms, const json_t *result,
	    struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_requeue);
	char *text = result != NULL ? json_dumps(result, JSON_COMPACT) : NULL;
	enum outcome o;

	sql_set_int(st, 1, id);
	sql_set_int(st, 2, due_ms);
	sql_set_str(st, 3, text != NULL ? text : "{}");
	o = sql_done(s, st, e);
	mem_free(text);
	return o;
}

static json_t *
job_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "kind", row_str(st, 1));
	row_set(o, "connection", row_str(st, 2));
	row_set(o, "state", row_str(st, 3));
	row_set(o, "attempts", sql_json_int(st, 4));
	row_set(o, "created_at", sql_json_ms(st, 5));
	row_set(o, "due_at", sql_json_ms(st, 6));
	row_set(o, "ended_at", sql_json_ms(st, 7));
	row_set(o, "payload", sql_json_doc(st, 8));
	row_set(o, "result", sql_json_doc(st, 9));
	return o;
}

enum outcome
job_list(struct store *s, const char *kind, const char *connection,
	 int64_t before, int limit, json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_list);

	sql_set_str(st, 1, kind);
	sql_set_str(st, 2, connection);
	sql_set_int(st, 3, before);
	sql_set_int(st, 4, limit);
	return row_list(s, st, job_of, out, e);
}

/* Is there such a job of that kind, and whose is it? */
static enum outcome
job_kind(struct store *s, int64_t id, const char *kind, enum role *role_out,
	 struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_kind);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	row = row && strcmp(sql_get_text(st, 0), kind) == 0;
	if (row)
		*role_out = role_parse(sql_get_text(st, 1));
	sql_reset(st);
	return row ? OUT_OK
		   : err_code(e, OUT_PERM, "not_found", "no such job: %lld",
			      (long long)id);
}

enum outcome
job_again(struct store *s, int64_t id, const char *kind, int64_t now_ms,
	  int64_t *id_out, enum role *role_out, struct err *e)
{
	enum outcome o = job_kind(s, id, kind, role_out, e);

	if (o == OUT_OK)
		o = row_change(s, &q_again, id, now_ms, e);
	if (o == OUT_OK && sql_changes(s) == 0)
		return err_code(e, OUT_PERM, "conflict",
				"the job has not ended: %lld", (long long)id);
	if (o == OUT_OK)
		*id_out = sql_last_id(s);
	return o;
}

enum outcome
job_begun(struct store *s, int64_t id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_begun);

	sql_set_int(st, 1, id);
	return sql_done(s, st, e);
}

enum outcome
job_end(struct store *s, int64_t id, const char *state, const json_t *result,
	int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_end);
	char *text = result != NULL ? json_dumps(result, JSON_COMPACT) : NULL;
	enum outcome o;

	sql_set_int(st, 1, id);
	sql_set_str(st, 2, state);
	sql_set_int(st, 3, now_ms);
	sql_set_str(st, 4, text != NULL ? text : "{}");
	o = sql_done(s, st, e);
	mem_free(text);
	return o;
}

enum outcome
job_lapse(struct store *s, int64_t now_ms, int max, int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_lapse);
	enum outcome o;

	sql_set_int(st, 1, now_ms);
	sql_set_int(st, 2, max);
	o = sql_done(s, st, e);
	*n_out = o == OUT_OK ? (int)sql_changes(s) : 0;
	return o;
}

enum outcome
job_expire(struct store *s, int64_t now_ms, int max, int *n_out, struct err *e)
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
job_clock_back(struct store *s, int64_t now_ms, int64_t wait_ms,
	       int64_t lease_ms, struct err *e)
{
	return lease_clock_back(s, &q_back_due, &q_back_lease, now_ms, wait_ms,
				lease_ms, e);
}

enum outcome
job_roles(struct store *s, int64_t after_ms, int64_t now_ms,
	  void (*fn)(void *arg, const char *role), void *arg, struct err *e)
{
	return row_each_text(s, &q_roles, after_ms, now_ms, fn, arg, e);
}

enum outcome
job_next(struct store *s, int64_t now_ms, int64_t *ms_out, struct err *e)
{
	sqlite3_stmt *st;
	enum outcome o =
		lease_next(s, &q_next_lease, &q_next_due, now_ms, ms_out, e);

	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_next_ended);
	sql_set_int(st, 1, KEPT_MS);
	return row_lower(s, st, ms_out, e);
}

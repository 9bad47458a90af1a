#ifndef POSTIGO_JOB_H
#define POSTIGO_JOB_H

/*
 * job: work for gateways that is no delivery (test a connection, fetch a
 * file), handed out with a lease and kept with its result.
 * Source: schema/STORE.md, "job".
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/wire/method.h"

struct store;

#define JOB_KIND_MAX 32

/*
 * Queue one. The caller then sets the role's bit in desk's wake_jobs.
 * payload  borrowed; an object without secrets
 */
enum outcome job_add(struct store *s, const char *kind, int64_t connection_id,
		     const json_t *payload, int64_t now_ms, int64_t *id_out,
		     struct err *e) MUST_CHECK;

struct job {
	int64_t id;
	char kind[JOB_KIND_MAX];
	char state[8]; /* queued, taken, done, failed */
	int64_t attempts;
	int64_t created_ms;
	int64_t connection_id;
	json_t *payload;
	json_t *result;
};

void job_release(struct job *j);

/* role: the connection's, or NULL for any. OUT_PERM code "not_found". */
enum outcome job_load(struct store *s, int64_t id, const char *role,
		      struct job *out, struct err *e) MUST_CHECK;

/*
 * Lease due jobs of a role's active connections.
 * out  new array of {id, attempt, kind, connection, payload}
 */
enum outcome job_take(struct store *s, const char *role, int64_t now_ms,
		      int64_t lease_ms, int max, json_t **out,
		      struct err *e) MUST_CHECK;

/* result: how the attempt went; borrowed, may be NULL. */
enum outcome job_requeue(struct store *s, int64_t id, int64_t due_ms,
			 const json_t *result, struct err *e) MUST_CHECK;

/*
 * Jobs, newest first, as JobRow objects (methods.tbl).
 * kind, connection  NULL: any
 * before            rows below it; 0: from the newest on
 */
enum outcome job_list(struct store *s, const char *kind, const char *connection,
		      int64_t before, int limit, json_t **out,
		      struct err *e) MUST_CHECK;

/*
 * Queue an ended job's work once more, as a new job with the same payload.
 * kind      it must be of
 * role_out  the role that it is for, see role_parse()
 * OUT_PERM  code "not_found", or "conflict": it has not ended
 */
enum outcome job_again(struct store *s, int64_t id, const char *kind,
		       int64_t now_ms, int64_t *id_out, enum role *role_out,
		       struct err *e) MUST_CHECK;

/* state: done or failed. result: borrowed. */
enum outcome job_end(struct store *s, int64_t id, const char *state,
		     const json_t *result, int64_t now_ms,
		     struct err *e) MUST_CHECK;

/* Whoever has it says that it begins what must not be done twice: when its
 * lease runs out nobody takes it again. Until job_requeue() or job_end(). */
enum outcome job_begun(struct store *s, int64_t id, struct err *e) MUST_CHECK;

/* Queue again the jobs whose lease ran out, at most max; those that had begun
 * what must not be done twice have failed instead. */
enum outcome job_lapse(struct store *s, int64_t now_ms, int max, int *n_out,
		       struct err *e) MUST_CHECK;

/* Delete ended ones 7 days after their end, at most max. */
enum outcome job_expire(struct store *s, int64_t now_ms, int max, int *n_out,
			struct err *e) MUST_CHECK;

/* The clock went back: as delivery_clock_back(). */
enum outcome job_clock_back(struct store *s, int64_t now_ms, int64_t wait_ms,
			    int64_t lease_ms, struct err *e) MUST_CHECK;

/* As delivery_roles() and delivery_next(); job_next counts job_expire() in. */
enum outcome job_roles(struct store *s, int64_t after_ms, int64_t now_ms,
		       void (*fn)(void *arg, const char *role), void *arg,
		       struct err *e) MUST_CHECK;
enum outcome job_next(struct store *s, int64_t now_ms, int64_t *ms_out,
		      struct err *e) MUST_CHECK;

#endif

/*
 * m_job: job.take, job.report, job.get, job.list and job.again: work for
 * gateways that is no delivery. Making a job: job_add() of daemon/store/job.h.
 */

#include <string.h>

#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/mailjob.h"
#include "daemon/request.h"
#include "daemon/store/job.h"

#define JOB_TAKE_MAX 20
#define JOB_LIST_MAX 100
#define JOB_LEASE_MS_MIN 1000
#define JOB_LEASE_MS_MAX 600000
#define JOB_RETRY_MS 30000
#define JOB_RETRY_MS_MAX (60 * 60 * 1000)
#define JOB_RETRY_FOR_MS ((int64_t)4 * 24 * 60 * 60 * 1000)

/* named by the table of handlers */
method_fn m_job_take;
method_fn m_job_report;
method_fn m_job_get;
method_fn m_job_list;
method_fn m_job_again;

static int64_t
job_clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

enum outcome
m_job_take(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	json_t *jobs = NULL;
	int64_t lease = job_clamp(member_int(rq->params, "lease_ms", 0),
				  JOB_LEASE_MS_MIN, JOB_LEASE_MS_MAX);
	int64_t max =
		job_clamp(member_int(rq->params, "max", 1), 1, JOB_TAKE_MAX);
	enum outcome o;

	(void)d;
	o = job_take(s, role_name(rq->role), rq->now_ms, rq->now_ms + lease,
		     (int)max, &jobs, e);
	if (o != OUT_OK) {
		json_decref(jobs);
		return o;
	}
	mailjob_hide(jobs);
	rq->result = json_object();
	(void)json_object_set_new(rq->result, "jobs", jobs);
	return OUT_OK;
}

static int64_t
job_wait(int64_t attempts)
{
	int64_t wait = JOB_RETRY_MS;

	while (--attempts > 0 && wait < JOB_RETRY_MS_MAX)
		wait *= 2;
	return wait < JOB_RETRY_MS_MAX ? wait : JOB_RETRY_MS_MAX;
}

static enum outcome
job_reported(struct store *s, const struct request *rq, const struct job *j,
	     const char **state_out, struct err *e)
{
	bool ok = member_bool(rq->params, "ok", false);
	bool retry = !ok && member_bool(rq->params, "retry", false) &&
		     rq->now_ms - j->created_ms < JOB_RETRY_FOR_MS;

	if (retry) {
		*state_out = "queued";
		return job_requeue(s, j->id, rq->now_ms + job_wait(j->attempts),
				   json_object_get(rq->params, "result"), e);
	}
	*state_out = ok ? "done" : "failed";
	return job_end(s, j->id, *state_out,
		       json_object_get(rq->params, "result"), rq->now_ms, e);
}

enum outcome
m_job_report(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct job j;
	const char *state = NULL;
	enum outcome o;

	(void)d;
	o = job_load(s, member_int(rq->params, "job", 0), role_name(rq->role),
		     &j, e);
	if (o == OUT_OK &&
	    (strcmp(j.state, "taken") != 0 ||
	     j.attempts != member_int(rq->params, "attempt", 0))) {
		rq->error_data = json_object();
		(void)json_object_set_new(rq->error_data, "state",
					  json_string(j.state));
		o = err_code(e, OUT_PERM, "conflict",
			     "the job was taken again or has ended");
	}
	if (o == OUT_OK)
		o = job_reported(s, rq, &j, &state, e);
	if (o == OUT_OK) {
		rq->result = json_object();
		(void)json_object_set_new(rq->result, "state",
					  json_string(state));
	}
	job_release(&j);
	return o;
}

enum outcome
m_job_get(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct job j;
	enum outcome o =
		job_load(s, member_int(rq->params, "id", 0), NULL, &j, e);

	(void)d;
	if (o == OUT_OK) {
		rq->result = json_object();
		(void)json_object_set_new(rq->result, "state",
					  json_string(j.state));
		(void)json_object_set(rq->result, "result", j.result);
	}
	job_release(&j);
	return o;
}

enum outcome
m_job_list(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	json_t *jobs = NULL;
	int64_t limit =
		job_clamp(member_int(rq->params, "limit", 50), 1, JOB_LIST_MAX);
	enum outcome o = job_list(s, member_str(rq->params, "kind"),
				  member_str(rq->params, "connection"),
				  member_int(rq->params, "before", 0),
				  (int)limit, &jobs, e);

	(void)d;
	if (o != OUT_OK)
		return o;
	rq->result = json_object();
	(void)json_object_set_new(rq->result, "jobs", jobs);
	return OUT_OK;
}

/* Of webhooks alone: what else is done again is queued again by what asks. */
enum outcome
m_job_again(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	enum role role = ROLE_COUNT;
	int64_t id = 0;
	enum outcome o = job_again(s, member_int(rq->params, "id", 0),
				   "webhook.send", rq->now_ms, &id, &role, e);

	if (o != OUT_OK)
		return o;
	if (role != ROLE_COUNT)
		d->wake_jobs |= 1U << role;
	rq->result = json_object();
	(void)json_object_set_new(rq->result, "job", json_integer(id));
	return OUT_OK;
}

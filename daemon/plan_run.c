#include "daemon/plan_run.h"

#include "daemon/base/log.h"
#include "daemon/desk.h"
#include "daemon/plan.h"
#include "daemon/store/job.h"
#include "daemon/store/plan.h"
#include "rules/zone.h"

#define RUNS_MAX 16       /* plans of one tick */
#define MISSED_MAX 4000   /* runs that are passed over: ten years of days */
#define AGAIN_MS 3600000  /* after which a plan that cannot run tries again */
#define BACK_MS 172800000 /* a run that lies so far ahead is a clock's error */

/* The plan's zone, which the caller frees. */
static enum outcome
zone_of(const struct plan_row *p, struct zone **out, struct err *e)
{
	enum outcome o = zone_open(p->zone, out, e);

	return o == OUT_OK ? o
			   : err_code(e, OUT_PERM, "bad_params",
				      "'zone' is not known: '%.60s'", p->zone);
}

enum outcome
plan_schedule(struct plan_row *p, int64_t now_ms, struct err *e)
{
	struct zone *z = NULL;
	enum outcome o = zone_of(p, &z, e);

	if (o != OUT_OK)
		return o;
	p->next_ms = 0;
	if (p->active)
		p->next_ms = 1000 * plan_next(z, plan_period_parse(p->period),
					      p->minute, now_ms / 1000);
	zone_free(&z);
	return OUT_OK;
}

static enum outcome
queue_one(struct store *s, const struct plan_row *p, int64_t agent_id,
	  int64_t since_s, int64_t until_s, bool tried, int64_t now_ms,
	  int64_t *job_out, struct err *e)
{
	json_t *payload = json_pack(
		"{s:I, s:I, s:I, s:I, s:b}", "plan", (json_int_t)p->id, "agent",
		(json_int_t)agent_id, "since_s", (json_int_t)since_s, "until_s",
		(json_int_t)until_s, "tried", (int)tried);
	enum outcome o = job_add(s, "mail.notice", p->connection_id, payload,
				 now_ms, job_out, e);

	json_decref(payload);
	return o;
}

enum outcome
plan_queue(struct desk *d, struct store *s, const struct plan_row *p,
	   const json_t *agents, int64_t run_s, bool tried, int64_t now_ms,
	   json_t *jobs, struct err *e)
{
	struct zone *z = NULL;
	const json_t *a;
	int64_t since_s;
	int64_t until_s;
	int64_t job = 0;
	size_t i;
	enum outcome o = zone_of(p, &z, e);

	if (o != OUT_OK)
		return o;
	plan_range(z, plan_period_parse(p->period), run_s, &since_s, &until_s);
	zone_free(&z);
	json_array_foreach(agents, i, a)
	{
		o = queue_one(s, p, json_integer_value(a), since_s, until_s,
			      tried, now_ms, &job, e);
		if (o != OUT_OK)
			return o;
		if (jobs != NULL)
			(void)json_array_append_new(jobs, json_integer(job));
	}
	d->wake_jobs |= 1U << ROLE_MAIL;
	return OUT_OK;
}

/* The newest instant up to now_s at which it should have run. */
static enum outcome
newest_run(const struct plan_row *p, int64_t now_s, int64_t *run_out,
	   struct err *e)
{
	enum plan_period period = plan_period_parse(p->period);
	struct zone *z = NULL;
	int64_t run_s = p->next_ms / 1000;
	int64_t next_s;
	int i;
	enum outcome o = zone_of(p, &z, e);

	if (o != OUT_OK)
		return o;
	for (i = 0; i < MISSED_MAX; i++) {
		next_s = plan_next(z, period, p->minute, run_s);
		if (next_s > now_s)
			break;
		run_s = next_s;
	}
	zone_free(&z);
	*run_out = run_s;
	return OUT_OK;
}

static enum outcome
run_one(struct desk *d, struct store *s, int64_t id, int64_t now_ms,
	struct err *e)
{
	struct plan_row p = { .id = 0 };
	int64_t run_s = 0;
	enum outcome o = plan_load(s, id, &p, e);

	if (o != OUT_OK)
		return o;
	o = newest_run(&p, now_ms / 1000, &run_s, e);
	if (o == OUT_OK)
		o = plan_queue(d, s, &p, p.agents, run_s, false, now_ms, NULL,
			       e);
	if (o == OUT_OK) {
		p.last_ms = now_ms;
		o = plan_schedule(&p, now_ms, e);
	}
	if (o == OUT_PERM) { /* its zone is gone from the system */
		log_warn("plan.zone", "plan %lld: %s", (long long)id, e->text);
		p.next_ms = now_ms + AGAIN_MS;
		o = OUT_OK;
	}
	if (o == OUT_OK)
		o = plan_store(s, &p, e);
	plan_release(&p);
	return o;
}

enum outcome
plans_tick(struct desk *d, struct store *s, int64_t now_ms, bool *more,
	   struct err *e)
{
	int64_t ids[RUNS_MAX];
	int n = 0;
	int i;
	enum outcome o = plan_due(s, now_ms, RUNS_MAX, ids, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++)
		o = run_one(d, s, ids[i], now_ms, e);
	*more = *more || n == RUNS_MAX;
	return o;
}

/* One that waits: not longer than from now on, and not for a run that was. */
static enum outcome
bring_nearer(struct store *s, int64_t id, int64_t now_ms, struct err *e)
{
	struct plan_row p = { .id = 0 };
	int64_t was_ms;
	int64_t from_ms = now_ms;
	enum outcome o = plan_load(s, id, &p, e);

	if (o != OUT_OK)
		return o;
	was_ms = p.next_ms;
	if (p.last_ms > now_ms && p.last_ms - now_ms < BACK_MS)
		from_ms = p.last_ms;
	o = plan_schedule(&p, from_ms, e);
	if (o == OUT_OK && p.next_ms < was_ms)
		o = plan_store(s, &p, e);
	else if (o == OUT_PERM)
		o = OUT_OK; /* its zone is gone; the tick says so */
	plan_release(&p);
	return o;
}

enum outcome
plans_clock_back(struct store *s, int64_t now_ms, struct err *e)
{
	int64_t ids[PLAN_ROWS_MAX];
	int n = 0;
	int i;
	enum outcome o = plan_due(s, INT64_MAX, PLAN_ROWS_MAX, ids, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++)
		o = bring_nearer(s, ids[i], now_ms, e);
	return o;
}

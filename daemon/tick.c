/*
 * tick: what the passing of time brings: breaches, warnings and escalations,
 * absences that end, leases that ran out,
 * deliveries and jobs that are due again, octets, keys and visitors past their
 * time, answers in a chat that go on by mail, incidents that wake, rules of
 * time, orders that are late, reports that are mailed, WhatsApp's templates
 * that are read anew, orders that a shop wants erased.
 *
 * Invariants: one tick does a bounded share of each, and asks to be called
 * again at once if there was more; when nothing is due nothing is written.
 */

#include <jansson.h>

#include "daemon/answer_time.h"
#include "daemon/change.h"
#include "daemon/clocks.h"
#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/onward.h"
#include "daemon/orderevent.h"
#include "daemon/outbox.h"
#include "daemon/plan_run.h"
#include "daemon/presence.h"
#include "daemon/privacy.h"
#include "daemon/promised.h"
#include "daemon/steps.h"
#include "daemon/store/away.h"
#include "daemon/store/blob.h"
#include "daemon/store/clock.h"
#include "daemon/store/command_key.h"
#include "daemon/store/delivery.h"
#include "daemon/store/expect.h"
#include "daemon/store/hook.h"
#include "daemon/store/incident.h"
#include "daemon/store/job.h"
#include "daemon/store/orderfact.h"
#include "daemon/store/plan.h"
#include "daemon/store/privacy.h"
#include "daemon/store/ruled.h"
#include "daemon/store/session.h"
#include "daemon/store/step.h"
#include "daemon/store/store.h"
#include "daemon/store/visitor.h"
#include "daemon/store/wastatus.h"
#include "daemon/store/window.h"
#include "daemon/template.h"
#include "daemon/timed.h"
#include "daemon/window.h"

#define TICK_CLOCKS 256
#define TICK_LEASES 64
#define TICK_BLOBS 64
#define TICK_KEYS 500
#define TICK_MAILS 16
#define TICK_VISITORS 256
#define TICK_JOBS 200
#define TICK_WAKES 64
#define TICK_STATUSES 500
#define TICK_SENT 500
#define TICK_HOOKS 200
#define HOOK_LAPSES 20 /* leases in a row that ran out: its reader dies of it */
#define WAIT_MS_MAX ((int64_t)3600 * 1000) /* between two attempts */
#define LEASE_MS_MAX ((int64_t)600 * 1000)

static void
tick_wake(void *arg, const char *role)
{
	enum role r = role_parse(role);

	if (r < ROLE_COUNT)
		*(unsigned *)arg |= 1u << r;
}

static enum outcome
tick_blobs(struct desk *d, struct store *s, int64_t now_ms, bool *more,
	   struct err *e)
{
	json_t *files = json_array();
	const json_t *j;
	size_t i;
	int n = 0;
	enum outcome o = blob_expire(s, now_ms, TICK_BLOBS, files, &n, e);

	if (o == OUT_OK) {
		*more = *more || n == TICK_BLOBS;
		json_array_foreach(files, i, j)
			desk_blob_gone(d, json_string_value(j));
	}
	json_decref(files);
	return o;
}

/* Leases that ran out. */
static enum outcome
tick_leases(struct desk *d, struct store *s, int64_t now_ms, bool *more,
	    struct err *e)
{
	int deliveries = 0;
	int jobs = 0;
	enum outcome o;

	o = outbox_lapse(d, s, now_ms, TICK_LEASES, &deliveries, e);
	if (o == OUT_OK)
		o = job_lapse(s, now_ms, TICK_LEASES, &jobs, e);
	*more = *more || deliveries == TICK_LEASES || jobs == TICK_LEASES;
	return o;
}

/* What other servers delivered: leases that ran out, and rows past their
 * time. */
static enum outcome
tick_hooks(struct desk *d, struct store *s, int64_t now_ms, bool *more,
	   struct err *e)
{
	int lapsed = 0;
	int old = 0;
	enum outcome o =
		hook_lapse(s, now_ms, TICK_HOOKS, HOOK_LAPSES, &lapsed, e);

	if (lapsed > 0)
		d->wake_hooks |= 1U << ROLE_WHATSAPP | 1U << ROLE_SHOP;
	if (o == OUT_OK)
		o = hook_expire(s, now_ms, TICK_HOOKS, &old, e);
	*more = *more || lapsed == TICK_HOOKS || old >= TICK_HOOKS;
	return o;
}

/* Answers that nobody saw go on by mail; visitors whose time is over go. */
static enum outcome
tick_visitors(struct desk *d, struct store *s, int64_t now_ms, bool *more,
	      struct err *e)
{
	int64_t ids[TICK_VISITORS];
	int mails = 0;
	int n = 0;
	int i;
	enum outcome o = onward_tick(d, s, now_ms, TICK_MAILS, &mails, e);

	if (o == OUT_OK)
		o = visitor_expired(s, now_ms, TICK_VISITORS, ids, &n, e);
	for (i = 0; o == OUT_OK && i < n; i++) {
		o = visitor_delete(s, ids[i], e);
		engine_visitor_gone(d, ids[i]);
	}
	*more = *more || mails == TICK_MAILS || n == TICK_VISITORS;
	return o;
}

/* One that slept until now. */
static enum outcome
tick_wake_one(struct desk *d, struct store *s, int64_t id, int64_t now_ms,
	      struct err *e)
{
	struct incident inc;
	enum incident_state before = INCIDENT_SNOOZED;
	enum outcome o = incident_load(s, id, &inc, e);

	if (o == OUT_OK) {
		before = inc.state;
		inc.updated_ms = change_now(&inc, now_ms);
		o = change_state(s, &inc, INCIDENT_OPEN, 0, inc.updated_ms, e);
	}
	if (o == OUT_OK)
		o = clocks_woken(d, s, &inc, before, inc.updated_ms, e);
	if (o == OUT_OK)
		o = incident_save(s, &inc, e);
	incident_release(&inc);
	return o;
}

/* Windows that close, and statuses that nothing came for. */
static enum outcome
tick_whatsapp(struct store *s, int64_t now_ms, bool *more, struct err *e)
{
	int n = 0;
	enum outcome o = window_tick(s, now_ms, more, e);

	if (o == OUT_OK)
		o = wastatus_expire(s, now_ms, TICK_STATUSES, &n, e);
	*more = *more || n == TICK_STATUSES;
	return o;
}

/* Who slept wakes, and what rules sent is forgotten past its time. */
static enum outcome
tick_rules(struct desk *d, struct store *s, int64_t now_ms, bool *more,
	   struct err *e)
{
	int64_t ids[TICK_WAKES];
	int sent = 0;
	int n = 0;
	int i;
	enum outcome o = ruled_wakes(s, now_ms, TICK_WAKES, ids, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++)
		o = tick_wake_one(d, s, ids[i], now_ms, e);
	if (o == OUT_OK)
		o = ruled_sent_expire(s, now_ms, TICK_SENT, &sent, e);
	*more = *more || n == TICK_WAKES || sent == TICK_SENT;
	return o;
}

/* Was the clock set back, now or while nobody looked? */
static enum outcome
tick_clock_back(struct desk *d, struct store *s, int64_t now_ms, struct err *e)
{
	enum outcome o;

	if (d->ticked_ms != 0 && d->ticked_ms <= now_ms)
		return OUT_OK;
	d->ticked_ms = 0;
	o = delivery_clock_back(s, now_ms, WAIT_MS_MAX, LEASE_MS_MAX, e);
	if (o == OUT_OK)
		o = job_clock_back(s, now_ms, WAIT_MS_MAX, LEASE_MS_MAX, e);
	if (o == OUT_OK)
		o = hook_clock_back(s, now_ms, WAIT_MS_MAX, LEASE_MS_MAX, e);
	if (o == OUT_OK)
		o = plans_clock_back(s, now_ms, e);
	return o;
}

/* Tell gateways what became due since the last tick. */
static enum outcome
tick_due(struct desk *d, struct store *s, int64_t now_ms, struct err *e)
{
	enum outcome o = tick_clock_back(d, s, now_ms, e);

	if (o == OUT_OK)
		o = delivery_roles(s, d->ticked_ms, now_ms, tick_wake,
				   &d->wake_outbox, e);
	if (o == OUT_OK)
		o = job_roles(s, d->ticked_ms, now_ms, tick_wake, &d->wake_jobs,
			      e);
	if (o == OUT_OK)
		o = hook_roles(s, d->ticked_ms, now_ms, tick_wake,
			       &d->wake_hooks, e);
	d->ticked_ms = now_ms;
	return o;
}

/* The nearest instant at which something is due. */
static enum outcome
tick_next(struct store *s, int64_t now_ms, int64_t timed_ms, int64_t *next_ms,
	  struct err *e)
{
	int64_t at[17];
	int64_t by_s = INT64_MAX;
	int64_t late_s = INT64_MAX;
	int64_t due_s;
	int64_t step_s = INT64_MAX;
	size_t i;
	enum outcome o = clock_next(s, &due_s, e);

	if (o != OUT_OK)
		return o;
	/* the very second of the deadline is still in time */
	at[0] = due_s < INT64_MAX / 1000 - 1 ? (due_s + 1) * 1000 : INT64_MAX;
	o = delivery_next(s, now_ms, &at[1], e);
	if (o == OUT_OK)
		o = job_next(s, now_ms, &at[2], e);
	if (o == OUT_OK)
		o = blob_next(s, &at[3], e);
	if (o == OUT_OK)
		o = command_key_next(s, &at[4], e);
	if (o == OUT_OK)
		o = visitor_next(s, &at[5], e);
	if (o == OUT_OK)
		o = ruled_wake_next(s, &at[6], e);
	if (o == OUT_OK)
		o = away_next(s, &at[8], e);
	if (o == OUT_OK)
		o = step_next(s, &step_s, e);
	if (o == OUT_OK)
		o = plan_next_due(s, &at[10], e);
	if (o == OUT_OK)
		o = window_next(s, &at[12], e);
	if (o == OUT_OK)
		o = wastatus_next(s, &at[13], e);
	if (o == OUT_OK)
		o = hook_next(s, now_ms, &at[14], e);
	if (o == OUT_OK)
		o = privacy_next(s, &at[15], e);
	at[7] = timed_ms;
	at[9] = step_s < INT64_MAX / 1000 ? step_s * 1000 : INT64_MAX;
	if (o == OUT_OK)
		o = promise_next(s, &by_s, e);
	if (o == OUT_OK)
		o = order_promise_next(s, &late_s, e);
	at[16] =
		late_s < INT64_MAX / 1000 - 1 ? (late_s + 1) * 1000 : INT64_MAX;
	at[11] = by_s < INT64_MAX / 1000 - 1 ? (by_s + 1) * 1000 : INT64_MAX;
	*next_ms = INT64_MAX;
	for (i = 0; o == OUT_OK && i < sizeof at / sizeof at[0]; i++)
		if (at[i] < *next_ms)
			*next_ms = at[i];
	return o;
}

enum outcome
desk_tick(struct desk *d, struct store *s, int64_t now_ms, int64_t *next_ms_out,
	  struct err *e)
{
	int64_t timed_ms = INT64_MAX;
	int64_t templates_ms = INT64_MAX;
	bool more = false;
	int n = 0;
	enum outcome o = clocks_tick(d, s, now_ms, TICK_CLOCKS, &more, e);

	if (o == OUT_OK)
		o = steps_tick(d, s, now_ms, &more, e);
	if (o == OUT_OK)
		o = presence_tick(s, now_ms, &more, e);
	if (o == OUT_OK)
		o = tick_leases(d, s, now_ms, &more, e);
	if (o == OUT_OK)
		o = tick_hooks(d, s, now_ms, &more, e);
	if (o == OUT_OK)
		o = tick_blobs(d, s, now_ms, &more, e);
	if (o == OUT_OK) {
		o = command_key_expire(s, now_ms, TICK_KEYS, &n, e);
		more = more || n == TICK_KEYS;
	}
	if (o == OUT_OK) {
		o = job_expire(s, now_ms, TICK_JOBS, &n, e);
		more = more || n == TICK_JOBS;
	}
	if (o == OUT_OK)
		o = session_sweep(s, now_ms, e);
	if (o == OUT_OK)
		o = tick_visitors(d, s, now_ms, &more, e);
	if (o == OUT_OK)
		o = tick_whatsapp(s, now_ms, &more, e);
	if (o == OUT_OK)
		o = tick_rules(d, s, now_ms, &more, e);
	if (o == OUT_OK)
		o = privacy_tick(s, now_ms, &more, e);
	if (o == OUT_OK)
		o = timed_tick(d, s, now_ms, &more, &timed_ms, e);
	if (o == OUT_OK)
		o = orderevent_tick(d, s, now_ms, &more, e);
	if (o == OUT_OK)
		o = plans_tick(d, s, now_ms, &more, e);
	if (o == OUT_OK)
		o = promised_tick(s, now_ms, &more, e);
	if (o == OUT_OK)
		o = template_tick(d, s, now_ms, &templates_ms, e);
	if (o == OUT_OK)
		o = tick_due(d, s, now_ms, e);
	if (answer_times_ask(d->times, store_number(s), now_ms))
		engine_measure(d);
	*next_ms_out = now_ms;
	if (o == OUT_OK && !more)
		o = tick_next(s, now_ms, timed_ms, next_ms_out, e);
	if (*next_ms_out > templates_ms)
		*next_ms_out = templates_ms;
	return o;
}

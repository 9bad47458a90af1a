#include "gateways/whatsapp/jobs.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/wire/bus.h"
#include "gateways/whatsapp/accounts.h"

#define LOOK_MS 30000 /* it looks even when nobody wakes it */
#define AGAIN_MS 500  /* before a report is made again */
#define DETAIL_MAX 300

struct job {
	struct job *next;
	struct jobs *jobs;
	struct account *account; /* held */
	json_t *row;
	json_t *report; /* its end; NULL: it is under way */
	bool flying;    /* the report is */
};

struct kind {
	const char *name;
	job_fn *fn;
	void *arg;
};

struct jobs {
	struct bus *bus;
	const struct accounts *accounts;
	struct kind kinds[JOBS_KINDS_MAX];
	size_t kind_count;
	struct job *list;
	size_t count;
	bool wake;
	bool asking;
	bool leaving;
	int64_t look_ms;  /* monotonic: of the next look */
	int64_t again_ms; /* no report before */
};

struct jobs *
jobs_new(struct bus *bus, const struct accounts *accounts)
{
	struct jobs *j = mem_new(1, sizeof(*j));

	j->bus = bus;
	j->accounts = accounts;
	return j;
}

static void
job_free(struct job *j)
{
	struct job **at = &j->jobs->list;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	j->jobs->count--;
	if (j->account)
		account_release(j->account);
	json_decref(j->row);
	json_decref(j->report);
	mem_free(j);
}

void
jobs_free(struct jobs **j)
{
	if (!*j)
		return;
	while ((*j)->list)
		job_free((*j)->list);
	MEM_CLEAR(j);
}

void
jobs_on(struct jobs *j, const char *kind, job_fn *fn, void *arg)
{
	struct kind *k = &j->kinds[j->kind_count];

	if (j->kind_count >= JOBS_KINDS_MAX)
		return;
	k->name = kind;
	k->fn = fn;
	k->arg = arg;
	j->kind_count++;
}

struct account *
job_account(const struct job *j)
{
	return j->account;
}

const json_t *
job_payload(const struct job *j)
{
	return json_object_get(j->row, "payload");
}

int64_t
job_attempt(const struct job *j)
{
	return json_integer_value(json_object_get(j->row, "attempt"));
}

/* --- reports ----------------------------------------------------------------- */

static void
reported(void *arg, const struct bus_reply *r)
{
	struct job *j = arg;

	if (r->outcome == OUT_OK || r->outcome == OUT_PERM) {
		if (r->outcome == OUT_PERM)
			log_warn("whatsapp.report_lost", "%s", r->err.text);
		j->jobs->wake = true; /* there is room */
		job_free(j);
		return;
	}
	j->flying = false;
	j->jobs->again_ms = clock_tick_ms() + AGAIN_MS;
}

static void
report_all(struct jobs *s, int64_t now)
{
	struct err e;

	if (now < s->again_ms)
		return;
	for (struct job *j = s->list; j; j = j->next) {
		if (!j->report || j->flying)
			continue;
		j->flying =
			bus_call(s->bus, "job.report", json_incref(j->report),
				 NULL, NULL, reported, j, &e) == OUT_OK;
		if (!j->flying) {
			s->again_ms = now + AGAIN_MS;
			return;
		}
	}
}

void
job_end(struct job *j, bool ok, bool retry, json_t *result)
{
	j->report = json_pack("{s:O, s:O, s:b, s:b, s:o*}", "job",
			      json_object_get(j->row, "id"), "attempt",
			      json_object_get(j->row, "attempt"), "ok", ok,
			      "retry", retry, "result", result);
	if (!j->report)
		job_free(j);
}

void
job_failed(struct job *j, bool retry, const char *detail)
{
	const char *kind = json_string_value(json_object_get(j->row, "kind"));
	size_t n = utf8_cut(detail, strlen(detail), DETAIL_MAX);

	log_warn("whatsapp.job_failed", "%s: %.*s", kind ? kind : "", (int)n,
		 detail);
	job_end(j, false, retry,
		json_pack("{s:b, s:s%}", "ok", 0, "detail", detail, n));
}

/* --- taking ------------------------------------------------------------------ */

static const struct kind *
kind_of(const struct jobs *s, const char *name)
{
	for (size_t i = 0; name && i < s->kind_count; i++)
		if (strcmp(s->kinds[i].name, name) == 0)
			return &s->kinds[i];
	return NULL;
}

static void
begin(struct jobs *s, json_t *row)
{
	const struct kind *k =
		kind_of(s, json_string_value(json_object_get(row, "kind")));
	struct account *a = accounts_by_name(
		s->accounts,
		json_string_value(json_object_get(row, "connection")));
	struct job *j = mem_new(1, sizeof(*j));

	j->jobs = s;
	j->row = json_incref(row);
	j->next = s->list;
	s->list = j;
	s->count++;
	if (a)
		j->account = account_hold(a);
	if (!k)
		job_failed(j, false, "no such kind of job");
	else if (!a)
		job_failed(j, true, "the connection is not known here");
	else
		k->fn(k->arg, j);
}

static void
taken(void *arg, const struct bus_reply *r)
{
	struct jobs *s = arg;
	json_t *rows = json_object_get(r->result, "jobs");
	json_t *row;
	size_t i;

	s->asking = false;
	if (r->outcome != OUT_OK) {
		if (r->outcome != OUT_UNSURE)
			log_warn("whatsapp.jobs", "%s", r->err.text);
		return;
	}
	json_array_foreach(rows, i, row) begin(s, row);
	/* there may be more than one take gives */
	s->wake = s->wake || json_array_size(rows) > 0;
}

static bool
may_take(const struct jobs *s)
{
	return !s->asking && !s->leaving && s->count < JOBS_MAX &&
	       accounts_known(s->accounts);
}

static void
step(void *arg)
{
	struct jobs *s = arg;
	int64_t now = clock_tick_ms();
	struct err e;

	if (!bus_up(s->bus))
		return;
	report_all(s, now);
	if (now >= s->look_ms)
		s->wake = true;
	if (!s->wake || !may_take(s))
		return;
	s->asking = bus_call(s->bus, "job.take",
			     json_pack("{s:i, s:i}", "max",
				       (int)(JOBS_MAX - s->count), "lease_ms",
				       JOBS_LEASE_MS),
			     NULL, NULL, taken, s, &e) == OUT_OK;
	s->wake = !s->asking;
	s->look_ms = now + LOOK_MS;
}

static void
wake(void *arg, const char *what)
{
	struct jobs *s = arg;

	if (!what || strcmp(what, "jobs") == 0)
		s->wake = true;
}

static int
wait_ms(void *arg)
{
	const struct jobs *s = arg;
	int64_t now = clock_tick_ms();
	int64_t until = s->look_ms;

	if (!bus_up(s->bus))
		return -1;
	for (const struct job *j = s->list; j; j = j->next)
		if (j->report && !j->flying && s->again_ms < until)
			until = s->again_ms;
	if (s->wake && may_take(s))
		until = now;
	return until > now ? (int)(until - now) : 0;
}

static bool
drain(void *arg)
{
	struct jobs *s = arg;

	s->leaving = true;
	return !s->asking && s->count == 0;
}

static void
lost(void *arg)
{
	struct jobs *s = arg;

	s->asking = false;
	s->wake = true;
}

struct part
jobs_part(struct jobs *j)
{
	struct part p = { .step = step,
			  .wake = wake,
			  .wait_ms = wait_ms,
			  .drain = drain,
			  .lost = lost,
			  .arg = j };

	return p;
}

#include "gateways/common/jobs.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/wire/bus.h"
#include "gateways/common/mine.h"

#define LOOK_MS 30000 /* it looks even when nobody wakes it */
#define AGAIN_MS 500  /* before a report is made again */
#define DETAIL_MAX 300
#define EVENT_MAX 40

struct job {
	struct job *next;
	struct jobs *jobs;
	struct mine_one *mine; /* held */
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
	const struct mine *mine;
	const char *name;
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
jobs_new(struct bus *bus, const struct mine *mine, const char *name)
{
	struct jobs *j = mem_new(1, sizeof(*j));

	j->bus = bus;
	j->mine = mine;
	j->name = name;
	return j;
}

/* A line of the log, under the gateway's name. */
static void
warn(const struct jobs *j, const char *what, const char *text)
{
	char event[EVENT_MAX];

	(void)snprintf(event, sizeof(event), "%s.%s", j->name, what);
	log_warn(event, "%s", text);
}

static void
job_free(struct job *j)
{
	struct job **at = &j->jobs->list;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	j->jobs->count--;
	if (j->mine)
		mine_release(j->mine);
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

struct mine_one *
job_mine(const struct job *j)
{
	return j->mine;
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
			warn(j->jobs, "report_lost", r->err.text);
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
	char *line;

	line = mem_printf("%s: %.*s", kind ? kind : "", (int)n, detail);
	warn(j->jobs, "job_failed", line);
	mem_free(line);
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
	const char *name =
		json_string_value(json_object_get(row, "connection"));
	struct mine_one *of = name ? mine_by_name(s->mine, name) : NULL;
	struct job *j = mem_new(1, sizeof(*j));

	j->jobs = s;
	j->row = json_incref(row);
	j->next = s->list;
	s->list = j;
	s->count++;
	j->mine = of;
	if (of)
		mine_hold(of);
	if (!k)
		job_failed(j, false, "no such kind of job");
	else if (!of)
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
			warn(s, "jobs", r->err.text);
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
	       mine_fresh(s->mine);
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

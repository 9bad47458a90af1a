#include "gateways/whatsapp/mark_read.h"

#include <stdbool.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/common/jobs.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/graph.h"
#include "gateways/whatsapp/line.h"
#include "gateways/whatsapp/message.h"

struct mark_read {
	const struct accounts *accounts;
	struct graph *graph;
	struct lines *lines;
};

/* One on its way. */
struct mark {
	struct mark_read *all;
	struct account *account; /* held */
	struct job *job;         /* NULL: of a note */
};

static void
marked(void *arg, const struct graph_answer *a)
{
	struct mark *x = arg;

	if (a->outcome == OUT_PERM && a->error.code != GRAPH_NO_CODE)
		(void)line_refused(x->all->lines, x->account, a);
	if (a->outcome != OUT_OK)
		log_info("whatsapp.not_marked", "%s", a->err.text);
	if (x->job && a->outcome == OUT_OK)
		job_end(x->job, true, false, NULL);
	else if (x->job)
		job_failed(x->job, false, a->err.text);
	account_release(x->account);
	mem_free(x);
}

static enum outcome
mark(struct mark_read *m, struct account *k, struct job *j, const char *wamid,
     bool typing, struct err *e)
{
	char *path = mem_printf("%s/messages", k->phone_number_id);
	json_t *body = message_read(wamid, typing);
	struct mark *x = mem_new(1, sizeof(*x));
	enum outcome o;

	x->all = m;
	x->account = account_hold(k);
	x->job = j;
	o = graph_post(m->graph, k, path, body, marked, x, e);
	if (o != OUT_OK) {
		account_release(k);
		mem_free(x);
	}
	json_decref(body);
	mem_free(path);
	return o;
}

static void
begin(void *arg, struct job *j)
{
	struct mark_read *m = arg;
	const json_t *p = job_payload(j);
	const char *wamid = json_string_value(json_object_get(p, "message"));
	bool typing = json_is_true(json_object_get(p, "typing"));
	struct err e;

	if (!wamid)
		job_failed(j, false, "it names no message");
	else if (line_left_ms(m->lines, job_account(j), false) > 0)
		job_failed(j, false, "the connection rests, or is stopped");
	else if (mark(m, job_account(j), j, wamid, typing, &e) != OUT_OK)
		job_failed(j, false, e.text);
}

void
mark_read_typing(struct mark_read *m, const json_t *note)
{
	const char *wamid = json_string_value(json_object_get(note, "wamid"));
	struct account *k = accounts_by_name(
		m->accounts,
		json_string_value(json_object_get(note, "connection")));
	struct err e;

	if (wamid && k && line_left_ms(m->lines, k, false) == 0 &&
	    mark(m, k, NULL, wamid, true, &e) != OUT_OK)
		log_info("whatsapp.not_marked", "%s", e.text);
}

struct mark_read *
mark_read_new(const struct accounts *accounts, struct graph *graph,
	      struct lines *lines, struct jobs *jobs)
{
	struct mark_read *m = mem_new(1, sizeof(*m));

	m->accounts = accounts;
	m->graph = graph;
	m->lines = lines;
	jobs_on(jobs, "whatsapp.read", begin, m);
	return m;
}

void
mark_read_free(struct mark_read **m)
{
	MEM_CLEAR(m);
}

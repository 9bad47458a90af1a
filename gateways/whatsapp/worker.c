#include "gateways/whatsapp/worker.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "gateways/common/jobs.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/apply.h"
#include "gateways/whatsapp/check.h"
#include "gateways/whatsapp/graph.h"
#include "gateways/whatsapp/line.h"
#include "gateways/whatsapp/mark_read.h"
#include "gateways/whatsapp/media.h"
#include "gateways/whatsapp/send.h"
#include "gateways/whatsapp/templates.h"
#include "gateways/whatsapp/upload.h"

struct work {
	struct accounts *accounts;
	struct graph *graph;
	struct lines *lines;
	struct jobs *jobs;
	struct uploads *uploads;
	struct media *media;
	struct mark_read *mark_read;
	struct templates *templates;
	struct check *check;
	struct send *send;
	struct apply *apply;
};

static void
work_note(void *work, const char *what, json_t *params)
{
	const struct work *k = work;

	if (strcmp(what, "typing") == 0)
		mark_read_typing(k->mark_read, params);
}

/* A status may be of what send waits to hear of. */
static void
status(void *arg, const json_t *o)
{
	send_status(arg, json_string_value(json_object_get(o, "external_id")),
		    json_string_value(json_object_get(o, "tracker")),
		    json_string_value(json_object_get(o, "status")));
}

static void *
work_open(struct worker *w, const void *own)
{
	struct work *k = mem_new(1, sizeof *k);
	struct bus *bus = worker_bus(w);

	(void)own;
	k->accounts = accounts_new(bus);
	k->graph = graph_new(worker_client(w));
	k->lines = lines_new(bus, k->accounts, k->graph);
	k->jobs = jobs_new(bus, accounts_mine(k->accounts), "whatsapp");
	k->uploads = uploads_new(bus, k->graph);
	k->media = media_new(bus, k->graph, k->lines, k->jobs);
	k->mark_read = mark_read_new(k->accounts, k->graph, k->lines, k->jobs);
	k->templates = templates_new(bus, k->graph, k->lines, k->jobs);
	k->check = check_new(k->graph, k->lines, k->jobs);
	k->send = send_new(bus, k->accounts, k->graph, k->lines, k->uploads);
	k->apply = apply_new(bus, k->accounts);
	apply_on_status(k->apply, status, k->send);
	worker_add(w, accounts_part(k->accounts));
	worker_add(w, apply_part(k->apply));
	worker_add(w, lines_part(k->lines));
	worker_add(w, send_part(k->send));
	worker_add(w, jobs_part(k->jobs));
	worker_add(w, media_part(k->media));
	return k;
}

/* Calls of Graph end with their functions, which may ask the daemon. */
static void
work_hangup(void *work)
{
	struct work *k = work;

	graph_free(&k->graph);
}

/* Accounts last, when nobody holds them. */
static void
work_close(void *work)
{
	struct work *k = work;

	apply_free(&k->apply);
	send_free(&k->send);
	check_free(&k->check);
	templates_free(&k->templates);
	mark_read_free(&k->mark_read);
	media_free(&k->media);
	uploads_free(&k->uploads);
	jobs_free(&k->jobs);
	lines_free(&k->lines);
	accounts_free(&k->accounts);
	mem_free(k);
}

const struct worker_kind whatsapp_worker = { .role = "whatsapp",
					     .program = "postigo-whatsapp",
					     .open = work_open,
					     .note = work_note,
					     .hangup = work_hangup,
					     .close = work_close };

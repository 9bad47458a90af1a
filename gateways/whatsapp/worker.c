#include "gateways/whatsapp/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/common/http_client.h"
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

#define PARTS_MAX 8

struct worker {
	pthread_t thread;
	int knock;                /* eventfd: look at leave_ms */
	_Atomic int64_t leave_ms; /* monotonic: 0, or when it ends at last */
	const char *socket;
	/* the thread's own, from here on */
	struct bus *bus;
	struct http_client *client;
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
	struct part parts[PARTS_MAX];
	size_t part_count;
};

/* --- the bus --------------------------------------------------------------------- */

static void
note(void *arg, const char *method, json_t *params)
{
	struct worker *w = arg;
	const char *what = json_string_value(json_object_get(params, "what"));

	if (strcmp(method, "wake") != 0 || !what)
		return;
	if (strcmp(what, "typing") == 0)
		mark_read_typing(w->mark_read, params);
	for (size_t i = 0; i < w->part_count; i++)
		w->parts[i].wake(w->parts[i].arg, what);
}

static void
state(void *arg, bool up)
{
	struct worker *w = arg;

	for (size_t i = 0; i < w->part_count; i++) {
		const struct part *p = &w->parts[i];

		if (up)
			p->wake(p->arg, NULL);
		else
			p->lost(p->arg);
	}
}

/* --- the loop -------------------------------------------------------------------- */

/* The least of what the parts wait for; -1: nothing. */
static int
wait_ms(const struct worker *w)
{
	int ms = bus_wait_ms(w->bus);

	for (size_t i = 0; i < w->part_count; i++) {
		int own = w->parts[i].wait_ms(w->parts[i].arg);

		if (own >= 0 && (ms < 0 || own < ms))
			ms = own;
	}
	return ms;
}

/* false: the daemon refused this program's protocol. */
static bool
turn(struct worker *w)
{
	struct pollfd fds[2] = { { .fd = w->knock, .events = POLLIN },
				 { .fd = bus_fd(w->bus), .events = POLLIN } };
	uint64_t knocks;
	struct err e;

	for (size_t i = 0; i < w->part_count; i++)
		w->parts[i].step(w->parts[i].arg);
	if (bus_wants_write(w->bus))
		fds[1].events |= POLLOUT;
	http_client_wait(w->client, fds, fds[1].fd >= 0 ? 2 : 1, wait_ms(w));
	if (fds[0].revents & POLLIN)
		while (read(w->knock, &knocks, sizeof(knocks)) < 0 &&
		       errno == EINTR)
			;
	if (bus_step(w->bus, &e) != OUT_PERM)
		return true;
	log_error("whatsapp.protocol", "%s", e.text);
	return false;
}

/* Nothing is under way any more, or there is no time left. */
static bool
may_leave(struct worker *w)
{
	int64_t leave_ms = atomic_load(&w->leave_ms);
	bool idle = true;

	if (leave_ms == 0)
		return false;
	for (size_t i = 0; i < w->part_count; i++)
		idle = w->parts[i].drain(w->parts[i].arg) && idle;
	return idle || !bus_up(w->bus) || clock_tick_ms() >= leave_ms;
}

/* A status may be of what send waits to hear of. */
static void
status(void *arg, const json_t *o)
{
	send_status(arg, json_string_value(json_object_get(o, "external_id")),
		    json_string_value(json_object_get(o, "tracker")),
		    json_string_value(json_object_get(o, "status")));
}

static void
add_part(struct worker *w, struct part p)
{
	if (w->part_count < PARTS_MAX)
		w->parts[w->part_count++] = p;
}

static void
open_all(struct worker *w)
{
	const struct bus_hooks hooks = { .note = note,
					 .state = state,
					 .arg = w };

	w->bus = bus_new(w->socket, "postigo-whatsapp", &hooks);
	w->client = http_client_new();
	w->accounts = accounts_new(w->bus);
	w->graph = graph_new(w->client);
	w->lines = lines_new(w->bus, w->accounts, w->graph);
	w->jobs = jobs_new(w->bus, accounts_mine(w->accounts), "whatsapp");
	w->uploads = uploads_new(w->bus, w->graph);
	w->media = media_new(w->bus, w->graph, w->lines, w->jobs);
	w->mark_read = mark_read_new(w->accounts, w->graph, w->lines, w->jobs);
	w->templates = templates_new(w->bus, w->graph, w->lines, w->jobs);
	w->check = check_new(w->graph, w->lines, w->jobs);
	w->send = send_new(w->bus, w->accounts, w->graph, w->lines, w->uploads);
	w->apply = apply_new(w->bus, w->accounts);
	apply_on_status(w->apply, status, w->send);
	add_part(w, accounts_part(w->accounts));
	add_part(w, apply_part(w->apply));
	add_part(w, lines_part(w->lines));
	add_part(w, send_part(w->send));
	add_part(w, jobs_part(w->jobs));
	add_part(w, media_part(w->media));
}

/* Calls first, which end with their functions; then who made them; accounts
 * last, when nobody holds them. */
static void
close_all(struct worker *w)
{
	http_client_free(&w->client);
	graph_free(&w->graph);
	bus_free(&w->bus);
	apply_free(&w->apply);
	send_free(&w->send);
	check_free(&w->check);
	templates_free(&w->templates);
	mark_read_free(&w->mark_read);
	media_free(&w->media);
	uploads_free(&w->uploads);
	jobs_free(&w->jobs);
	lines_free(&w->lines);
	accounts_free(&w->accounts);
}

static void *
run(void *arg)
{
	struct worker *w = arg;

	open_all(w);
	while (!may_leave(w))
		if (!turn(w))
			break;
	close_all(w);
	return NULL;
}

/* --- from outside ------------------------------------------------------------------ */

struct worker *
worker_start(const char *socket)
{
	struct worker *w = mem_new(1, sizeof(*w));

	w->socket = socket;
	w->knock = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->knock >= 0 && pthread_create(&w->thread, NULL, run, w) == 0)
		return w;
	if (w->knock >= 0)
		(void)close(w->knock);
	mem_free(w);
	return NULL;
}

void
worker_leave(struct worker *w, int ms)
{
	const uint64_t one = 1;

	atomic_store(&w->leave_ms, clock_tick_ms() + ms);
	while (write(w->knock, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void
worker_stop(struct worker **wp)
{
	struct worker *w = *wp;

	if (!w)
		return;
	if (atomic_load(&w->leave_ms) == 0)
		worker_leave(w, 0);
	(void)pthread_join(w->thread, NULL);
	(void)close(w->knock);
	MEM_CLEAR(wp);
}

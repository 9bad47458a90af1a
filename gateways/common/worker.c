#include "gateways/common/worker.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/common/http_client.h"

#define EVENT_MAX 64
#define LEAVE_LOOK_MS 20 /* at its end: is anything still under way? */

struct worker {
	pthread_t thread;
	int knock;                /* eventfd: look at leave_ms */
	_Atomic int64_t leave_ms; /* monotonic: 0, or when it ends at last */
	const struct worker_kind *kind;
	const char *socket;
	const void *own;
	/* the thread's own, from here on */
	struct bus *bus;
	struct http_client *client;
	void *work; /* the gateway's */
	struct part parts[WORKER_PARTS_MAX];
	size_t part_count;
};

/* --- the bus --------------------------------------------------------------- */

static void
note(void *arg, const char *method, json_t *params)
{
	struct worker *w = arg;
	const char *what = json_string_value(json_object_get(params, "what"));

	if (strcmp(method, "wake") != 0 || what == NULL)
		return;
	if (w->kind->note != NULL)
		w->kind->note(w->work, what, params);
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

/* --- the loop -------------------------------------------------------------- */

/* The least of what the parts wait for; -1: nothing. */
static int
wait_ms(const struct worker *w)
{
	int ms = bus_wait_ms(w->bus);

	if (atomic_load(&w->leave_ms) != 0)
		return LEAVE_LOOK_MS;
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
	char event[EVENT_MAX];
	uint64_t knocks;
	struct err e;

	for (size_t i = 0; i < w->part_count; i++)
		w->parts[i].step(w->parts[i].arg);
	if (bus_wants_write(w->bus))
		fds[1].events |= POLLOUT;
	http_client_wait(w->client, fds, fds[1].fd >= 0 ? 2 : 1, wait_ms(w));
	if (fds[0].revents & POLLIN)
		while (read(w->knock, &knocks, sizeof knocks) < 0 &&
		       errno == EINTR)
			;
	if (bus_step(w->bus, &e) != OUT_PERM)
		return true;
	(void)snprintf(event, sizeof event, "%s.protocol", w->kind->role);
	log_error(event, "%s", e.text);
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

/* At its end calls go first, and end with their functions; then who made
 * them. */
static void *
run(void *arg)
{
	struct worker *w = arg;
	const struct bus_hooks hooks = { .note = note,
					 .state = state,
					 .arg = w };

	w->bus = bus_new(w->socket, w->kind->program, &hooks);
	w->client = http_client_new();
	w->work = w->kind->open(w, w->own);
	while (!may_leave(w))
		if (!turn(w))
			break;
	http_client_free(&w->client);
	if (w->kind->hangup != NULL)
		w->kind->hangup(w->work);
	bus_free(&w->bus);
	w->kind->close(w->work);
	return NULL;
}

struct bus *
worker_bus(const struct worker *w)
{
	return w->bus;
}

struct http_client *
worker_client(const struct worker *w)
{
	return w->client;
}

void
worker_add(struct worker *w, struct part p)
{
	assert(w->part_count < WORKER_PARTS_MAX);
	w->parts[w->part_count++] = p;
}

/* --- from outside ---------------------------------------------------------- */

struct worker *
worker_start(const struct worker_kind *kind, const char *socket,
	     const void *own)
{
	struct worker *w = mem_new(1, sizeof *w);

	w->kind = kind;
	w->socket = socket;
	w->own = own;
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
	while (write(w->knock, &one, sizeof one) < 0 && errno == EINTR)
		;
}

void
worker_stop(struct worker **wp)
{
	struct worker *w = *wp;

	if (w == NULL)
		return;
	if (atomic_load(&w->leave_ms) == 0)
		worker_leave(w, 0);
	(void)pthread_join(w->thread, NULL);
	(void)close(w->knock);
	MEM_CLEAR(wp);
}

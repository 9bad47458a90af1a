#include "gateways/shop/worker.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/common/http_client.h"
#include "gateways/common/jobs.h"
#include "gateways/shop/check.h"
#include "gateways/shop/hooks.h"
#include "gateways/shop/reconcile.h"
#include "gateways/shop/shops.h"

#define PARTS 4

struct shop_worker {
	pthread_t thread;
	int knock;                /* eventfd: look at leave_ms */
	_Atomic int64_t leave_ms; /* monotonic: 0, or when it ends at last */
	const char *socket;
	int64_t every_ms;
	/* the thread's own, from here on */
	struct bus *bus;
	struct http_client *client;
	struct mine *shops;
	struct reconcile *reconcile;
	struct shop_hooks *hooks;
	struct jobs *jobs;
	struct shop_check *check;
	struct part parts[PARTS];
};

/* --- the bus --------------------------------------------------------------------- */

static void
note(void *arg, const char *method, json_t *params)
{
	struct shop_worker *w = arg;
	const char *what = json_string_value(json_object_get(params, "what"));

	if (strcmp(method, "wake") != 0 || !what)
		return;
	for (size_t i = 0; i < PARTS; i++)
		w->parts[i].wake(w->parts[i].arg, what);
}

static void
state(void *arg, bool up)
{
	struct shop_worker *w = arg;

	for (size_t i = 0; i < PARTS; i++) {
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
wait_ms(const struct shop_worker *w)
{
	int ms = bus_wait_ms(w->bus);

	for (size_t i = 0; i < PARTS; i++) {
		int own = w->parts[i].wait_ms(w->parts[i].arg);

		if (own >= 0 && (ms < 0 || own < ms))
			ms = own;
	}
	return ms;
}

/* false: the daemon refused this program's protocol. */
static bool
turn(struct shop_worker *w)
{
	struct pollfd fds[2] = { { .fd = w->knock, .events = POLLIN },
				 { .fd = bus_fd(w->bus), .events = POLLIN } };
	uint64_t knocks;
	struct err e;

	for (size_t i = 0; i < PARTS; i++)
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
	log_error("shop.protocol", "%s", e.text);
	return false;
}

/* Nothing is under way any more, or there is no time left. */
static bool
may_leave(struct shop_worker *w)
{
	int64_t leave_ms = atomic_load(&w->leave_ms);
	bool idle = true;

	if (leave_ms == 0)
		return false;
	for (size_t i = 0; i < PARTS; i++)
		idle = w->parts[i].drain(w->parts[i].arg) && idle;
	return idle || !bus_up(w->bus) || clock_tick_ms() >= leave_ms;
}

static void
open_all(struct shop_worker *w)
{
	const struct bus_hooks hooks = { .note = note,
					 .state = state,
					 .arg = w };

	w->bus = bus_new(w->socket, "postigo-shop", &hooks);
	w->client = http_client_new();
	w->shops = shops_new(w->bus);
	w->reconcile = reconcile_new(w->bus, w->client, w->shops, w->every_ms);
	w->hooks = shop_hooks_new(w->bus, w->shops, w->reconcile);
	w->jobs = jobs_new(w->bus, w->shops, "shop");
	w->check = shop_check_new(w->client, w->jobs);
	w->parts[0] = mine_part(w->shops);
	w->parts[1] = shop_hooks_part(w->hooks);
	w->parts[2] = reconcile_part(w->reconcile);
	w->parts[3] = jobs_part(w->jobs);
}

/* Calls first, which end with their functions; then who made them; the
 * connections last, when nobody holds them. */
static void
close_all(struct shop_worker *w)
{
	http_client_free(&w->client);
	bus_free(&w->bus);
	shop_check_free(&w->check);
	jobs_free(&w->jobs);
	shop_hooks_free(&w->hooks);
	reconcile_free(&w->reconcile);
	mine_free(&w->shops);
}

static void *
run(void *arg)
{
	struct shop_worker *w = arg;

	open_all(w);
	while (!may_leave(w))
		if (!turn(w))
			break;
	close_all(w);
	return NULL;
}

/* --- from outside ------------------------------------------------------------------ */

struct shop_worker *
shop_worker_start(const char *socket, int64_t every_ms)
{
	struct shop_worker *w = mem_new(1, sizeof(*w));

	w->socket = socket;
	w->every_ms = every_ms;
	w->knock = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->knock >= 0 && pthread_create(&w->thread, NULL, run, w) == 0)
		return w;
	if (w->knock >= 0)
		(void)close(w->knock);
	mem_free(w);
	return NULL;
}

void
shop_worker_leave(struct shop_worker *w, int ms)
{
	const uint64_t one = 1;

	atomic_store(&w->leave_ms, clock_tick_ms() + ms);
	while (write(w->knock, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void
shop_worker_stop(struct shop_worker **wp)
{
	struct shop_worker *w = *wp;

	if (!w)
		return;
	if (atomic_load(&w->leave_ms) == 0)
		shop_worker_leave(w, 0);
	(void)pthread_join(w->thread, NULL);
	(void)close(w->knock);
	MEM_CLEAR(wp);
}

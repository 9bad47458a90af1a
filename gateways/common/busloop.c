#include "gateways/common/busloop.h"

#include "daemon/base/log.h"
#include "daemon/base/mem.h"

struct busloop {
	struct server *server;
	int slot;
	struct bus *bus;
	struct timer *timer;
	bool refused;
	bool was_up;
	bool stopped;
	struct bus_hooks hooks; /* the caller's */
};

static void
step(void *arg)
{
	struct busloop *l = arg;
	struct err e;
	enum outcome o = bus_step(l->bus, &e);
	int wait;

	if (o == OUT_PERM) {
		log_error("bus.refused", "%s", e.text);
		l->refused = true;
		server_stop(l->server);
		return;
	}
	if (l->was_up && o != OUT_OK)
		log_warn("bus.down", "%s", e.text);
	l->was_up = o == OUT_OK;
	wait = bus_wait_ms(l->bus);
	if (wait >= 0)
		timer_set(l->timer, wait);
	else
		timer_stop(l->timer);
}

static void
note(void *arg, const char *method, json_t *params)
{
	struct busloop *l = arg;

	if (l->hooks.note != NULL)
		l->hooks.note(l->hooks.arg, method, params);
}

static void
state(void *arg, bool up)
{
	struct busloop *l = arg;

	if (l->hooks.state != NULL)
		l->hooks.state(l->hooks.arg, up);
}

static void
watch(void *arg)
{
	struct busloop *l = arg;

	if (l->stopped)
		return;
	server_watch(l->server, l->slot, bus_fd(l->bus),
		     bus_wants_write(l->bus), step, l);
}

struct busloop *
busloop_new(struct server *s, int slot, const char *path, const char *program,
	    const struct bus_hooks *hooks)
{
	struct busloop *l = mem_new(1, sizeof *l);
	struct bus_hooks mine = { .note = note,
				  .state = state,
				  .watch = watch };

	mine.arg = l;
	l->hooks = *hooks;
	l->server = s;
	l->slot = slot;
	l->timer = timer_new(s, step, l);
	l->bus = bus_new(path, program, &mine);
	timer_set(l->timer, 0);
	return l;
}

void
busloop_stop(struct busloop *l)
{
	if (l == NULL)
		return;
	server_watch(l->server, l->slot, -1, false, NULL, NULL);
	timer_free(&l->timer);
	l->stopped = true;
}

void
busloop_free(struct busloop **lp)
{
	struct busloop *l = *lp;

	if (l == NULL)
		return;
	bus_free(&l->bus);
	MEM_CLEAR(lp);
}

struct bus *
busloop_bus(struct busloop *l)
{
	return l->bus;
}

bool
busloop_refused(const struct busloop *l)
{
	return l->refused;
}

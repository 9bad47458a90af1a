#include "gateways/common/hookgw.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "gateways/common/busloop.h"
#include "gateways/common/gw.h"
#include "gateways/common/hookin.h"
#include "gateways/common/http_client.h"
#include "gateways/common/server.h"
#include "gateways/common/webopt.h"

#define WATCH_BUS 0
#define WATCH_SIGNALS 1
#define CONNECTIONS 2000
/* A burst comes from few networks, and waits for its answers. */
#define PER_NETWORK 500
#define FILES_WANTED 3000 /* descriptors, if we may */
#define TICK_MS 1000      /* longest sleep between two steps of the part */
#define DRAIN_LOOK_MS 20
#define EVENT_MAX 64

struct gateway {
	const struct hookgw_kind *kind;
	struct server *server;
	struct busloop *loop;
	struct hookgw_receive receive;
	struct worker *worker;
	struct timer *tick;
	int signals;
	int64_t leave_ms; /* monotonic: 0, or when it ends at the latest */
};

/* --- the loop -------------------------------------------------------------- */

/* Nothing is awaited any more, or not for so long. */
static bool
may_leave(const struct gateway *g)
{
	const struct part *p = &g->receive.part;

	return (p->drain(p->arg) && hookin_busy(g->receive.in) == 0) ||
	       clock_tick_ms() >= g->leave_ms;
}

static void
tick(void *arg)
{
	struct gateway *g = arg;
	const struct part *p = &g->receive.part;
	int ms;

	if (g->leave_ms != 0 && may_leave(g)) {
		server_stop(g->server);
		return;
	}
	p->step(p->arg);
	ms = p->wait_ms(p->arg);
	if (ms < 0 || ms > TICK_MS)
		ms = TICK_MS;
	timer_set(g->tick, g->leave_ms != 0 ? DRAIN_LOOK_MS : ms);
}

/* what: of a note `wake`; NULL: of any kind. */
static void
wake(struct gateway *g, const char *what)
{
	g->receive.part.wake(g->receive.part.arg, what);
	timer_set(g->tick, 0);
}

static void
bus_state(void *arg, bool up)
{
	struct gateway *g = arg;

	if (!up) {
		g->receive.part.lost(g->receive.part.arg);
		return;
	}
	log_info("bus.up", "the daemon is there");
	wake(g, NULL);
}

static void
bus_note(void *arg, const char *method, json_t *params)
{
	const char *what = json_string_value(json_object_get(params, "what"));

	if (strcmp(method, "wake") == 0 && what != NULL)
		wake(arg, what);
}

/* Begin nothing more; both threads end after ms at the latest. */
static void
leave(struct gateway *g, int ms)
{
	g->leave_ms = clock_tick_ms() + ms;
	hookin_leave(g->receive.in);
	worker_leave(g->worker, ms);
	timer_set(g->tick, 0);
}

static void
on_signal(void *arg)
{
	struct gateway *g = arg;
	int number = gw_signal(g->signals);

	if (number == SIGHUP)
		wake(g, NULL);
	else if (number != 0)
		leave(g, g->leave_ms == 0 ? HOOKGW_DRAIN_MS : 0);
}

/* --- start and end --------------------------------------------------------- */

/* Nobody opens a WebSocket here. */
static bool
no_upgrade(void *arg, struct hit *h)
{
	(void)arg;
	hit_send(h, 404, NULL, NULL, 0);
	return false;
}

static void
hit(void *arg, struct hit *h)
{
	struct gateway *g = arg;

	g->receive.hit(g->receive.arg, h);
}

static enum outcome
start(struct gateway *g, const struct webopt *o, struct err *e)
{
	const struct server_hooks hooks = { .hit = hit,
					    .upgrade = no_upgrade,
					    .arg = g };
	const struct bus_hooks bus = { .note = bus_note,
				       .state = bus_state,
				       .arg = g };
	char event[EVENT_MAX];
	enum outcome r = server_open(&o->server, &hooks, &g->server, e);

	if (r != OUT_OK)
		return r;
	g->tick = timer_new(g->server, tick, g);
	g->loop = busloop_new(g->server, WATCH_BUS, o->gw.socket,
			      g->kind->program, &bus);
	g->receive = g->kind->receive(g->server, busloop_bus(g->loop));
	server_watch(g->server, WATCH_SIGNALS, g->signals, false, on_signal, g);
	g->worker = worker_start(g->kind->worker, o->gw.socket, g->kind->own);
	if (g->worker == NULL)
		return err_set(e, OUT_TEMP, "could not start a thread");
	timer_set(g->tick, 0);
	(void)snprintf(event, sizeof event, "%s.ready", g->kind->role);
	log_info(event, "listening on %s, port %d", o->server.listen,
		 server_port(g->server));
	return OUT_OK;
}

/* The server goes first and tells every hit of its end; then the bus, which
 * ends every call. */
static void
stop(struct gateway *g)
{
	if (g->server == NULL)
		return;
	timer_free(&g->tick);
	hookin_stop(g->receive.in);
	busloop_stop(g->loop);
	server_close(&g->server);
	busloop_free(&g->loop);
	g->receive.free(g->receive.arg);
	worker_stop(&g->worker);
}

static int
run(const struct hookgw_kind *kind, const struct webopt *o)
{
	struct gateway g = { .kind = kind, .signals = gw_signals() };
	struct err e = { .text = "" };
	char event[EVENT_MAX];
	enum outcome r;
	int code = GW_OK;

	gw_files(FILES_WANTED);
	http_start();
	r = start(&g, o, &e);
	if (r == OUT_OK)
		r = server_run(g.server, &e);
	if (r != OUT_OK) {
		(void)snprintf(event, sizeof event, "%s.start", kind->role);
		log_error(event, "%s", e.text);
		code = r == OUT_PERM ? GW_USAGE : GW_TEMP;
	} else if (busloop_refused(g.loop)) {
		code = GW_UNAVAILABLE;
	}
	stop(&g);
	(void)close(g.signals);
	return code;
}

int
hookgw_main(const struct hookgw_kind *kind, int argc, char **argv)
{
	struct webopt o = { .role = kind->role,
			    .program = kind->program,
			    .usage = kind->usage,
			    .own = kind->option,
			    .arg = kind->own,
			    .server = { .listen = kind->listen,
					.connections = CONNECTIONS,
					.requests = CONNECTIONS,
					.per_network = PER_NETWORK } };
	int code;

	if (argc > 1 && strcmp(argv[1], "parse") == 0)
		return kind->parse(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "run") == 0) {
		argc--;
		argv++;
	}
	code = webopt_read(&o, argc, argv);
	if (code >= 0)
		return code;
	gw_start(&o.gw, kind->program);
	code = run(kind, &o);
	webopt_release(&o);
	return code;
}

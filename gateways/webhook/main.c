/*
 * postigo-webhook: tells other programs what happened at the desk, as rules of
 * the desk book say.
 */

#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/config.h"
#include "daemon/wire/bus.h"
#include "gateways/common/gw.h"
#include "gateways/common/http_client.h"
#include "gateways/webhook/deliver.h"
#include "gateways/webhook/hook.h"

#define DRAIN_MS 2800 /* what is under way may take */

static const char usage[] =
	"usage: postigo-webhook [run] [--socket PATH] [--log json|journald]\n"
	"                       [--log-level error|warn|info|debug]\n"
	"                       [--help] [--version]\n";

struct gateway {
	struct bus *bus;
	struct http_client *client;
	struct hooks hooks;
	struct deliver *deliver;
	bool stale; /* connections are to be asked for */
	bool asking;
	int signals;
	bool ends;
};

static void
known(void *arg, const struct bus_reply *r)
{
	struct gateway *g = arg;

	g->asking = false;
	if (r->outcome != OUT_OK) {
		g->stale = true;
		return;
	}
	hooks_set(&g->hooks, json_object_get(r->result, "connections"));
	deliver_wake(g->deliver);
}

/* Jobs are taken once it is known where they go. */
static void
step(struct gateway *g)
{
	struct err e;

	if (g->stale && !g->asking && bus_up(g->bus) &&
	    bus_call(g->bus, "connection.mine", NULL, NULL, NULL, known, g,
		     &e) == OUT_OK) {
		g->asking = true;
		g->stale = false;
	}
	if (!g->stale && !g->asking)
		deliver_step(g->deliver);
	hooks_sweep(&g->hooks);
}

static void
note(void *arg, const char *method, json_t *params)
{
	struct gateway *g = arg;
	const char *what = json_string_value(json_object_get(params, "what"));

	if (strcmp(method, "wake") != 0 || what == NULL)
		return;
	if (strcmp(what, "connections") == 0)
		g->stale = true;
	if (strcmp(what, "jobs") == 0)
		deliver_wake(g->deliver);
}

static void
state(void *arg, bool up)
{
	struct gateway *g = arg;

	g->stale = true;
	if (!up) {
		g->asking = false;
		deliver_lost(g->deliver);
	}
}

/* false: the daemon refused this program's protocol. */
static bool
turn(struct gateway *g, int ms)
{
	struct pollfd fds[2] = { { .fd = g->signals, .events = POLLIN },
				 { .fd = bus_fd(g->bus), .events = POLLIN } };
	int own = bus_wait_ms(g->bus);
	struct err e;
	int sig;

	if (bus_wants_write(g->bus))
		fds[1].events |= POLLOUT;
	if (own >= 0 && (ms < 0 || own < ms))
		ms = own;
	http_client_wait(g->client, fds, fds[1].fd >= 0 ? 2 : 1, ms);
	while ((sig = gw_signal(g->signals)) != 0)
		if (sig == SIGHUP)
			g->stale = true;
		else
			g->ends = true;
	if (bus_step(g->bus, &e) == OUT_PERM) {
		log_error("webhook.protocol", "%s", e.text);
		return false;
	}
	return true;
}

static int
run(const char *socket)
{
	struct gateway g = { .stale = true, .signals = gw_signals() };
	struct bus_hooks hooks = { .note = note, .state = state, .arg = &g };
	bool fine = true;
	int64_t until;

	http_start();
	g.bus = bus_new(socket, "postigo-webhook", &hooks);
	g.client = http_client_new();
	g.deliver = deliver_new(&g.hooks, g.bus, g.client);
	log_info("webhook.start", "postigo-webhook %s", PACKAGE_VERSION);
	while (fine && !g.ends) {
		step(&g);
		fine = turn(&g,
			    bus_up(g.bus) ? deliver_wait_ms(g.deliver) : -1);
	}
	until = clock_tick_ms() + DRAIN_MS;
	while (fine && !deliver_drain(g.deliver) && bus_up(g.bus) &&
	       clock_tick_ms() < until)
		fine = turn(&g, (int)(until - clock_tick_ms()));
	http_client_free(&g.client);
	bus_free(&g.bus);
	deliver_free(&g.deliver);
	hooks_release(&g.hooks);
	(void)close(g.signals);
	log_info("webhook.stop", "postigo-webhook ends");
	return fine ? GW_OK : GW_UNAVAILABLE;
}

static bool
read_line(struct gw_options *o, int argc, char **argv, struct err *e)
{
	enum outcome r;
	int i;

	for (i = 1; i < argc; i++) {
		if (i == 1 && strcmp(argv[i], "run") == 0)
			continue;
		r = gw_option(o, argc, argv, &i, e);
		if (r == OUT_TEMP)
			(void)err_set(e, OUT_PERM, "no such option: '%s'",
				      argv[i]);
		if (r != OUT_OK)
			return false;
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct err e = { .text = "" };
	struct gw_options o;
	int rc = GW_OK;

	gw_options_init(&o, "webhook");
	if (!read_line(&o, argc, argv, &e)) {
		(void)fprintf(stderr, "postigo-webhook: %s\n%s", e.text, usage);
		rc = GW_USAGE;
	} else if (o.help) {
		(void)fputs(usage, stdout);
	} else if (o.version) {
		(void)puts("postigo-webhook " PACKAGE_VERSION);
	} else {
		gw_start(&o, "postigo-webhook");
		rc = run(o.socket);
	}
	gw_options_release(&o);
	return rc;
}

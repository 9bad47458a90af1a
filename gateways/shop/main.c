/*
 * postigo-shop: the gateway of shops. Their webhooks come in here; what they
 * say, and what shops are asked, is the worker's.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/config.h"
#include "daemon/wire/bus.h"
#include "gateways/common/busloop.h"
#include "gateways/common/gw.h"
#include "gateways/common/http_client.h"
#include "gateways/common/server.h"
#include "gateways/shop/parse.h"
#include "gateways/shop/receive.h"
#include "gateways/shop/reconcile.h"
#include "gateways/shop/shops.h"
#include "gateways/shop/worker.h"

#define WATCH_BUS 0
#define WATCH_SIGNALS 1
#define PROXIES_MAX 32
#define CONNECTIONS 2000
/* A shop's burst comes from few networks, and waits for its answers. */
#define PER_NETWORK 500
#define FILES_WANTED 3000 /* descriptors, if we may */
#define TICK_MS 1000      /* longest sleep between two steps of the parts */
#define DRAIN_MS 2800     /* what is under way may take */
#define DRAIN_LOOK_MS 20
#define EVERY_S_MAX 86400

struct options {
	struct gw_options gw;
	int64_t every_ms; /* between two readings of a shop */
	const char *proxies[PROXIES_MAX];
	struct server_options server;
};

struct gateway {
	struct server *server;
	struct busloop *loop;
	struct mine *shops;
	struct part shops_part;
	struct shop_receive *receive;
	struct shop_worker *worker;
	struct timer *tick;
	int signals;
	int64_t leave_ms; /* monotonic: 0, or when it ends at the latest */
};

/* What else the program does; `run` is what it does without a word. */
static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the word */
} verbs[] = {
	{ "parse", parse_main },
	{ NULL, NULL },
};

static const char usage_text[] =
	"usage: postigo-shop [run] [options]\n"
	"       postigo-shop parse --kind KIND [--topic TOPIC] [--zone ZONE]\n"
	"                          [--country COUNTRY] [--delivered] [FILE...]\n"
	"  --socket PATH         default DIR/run/shop.sock; DIR is\n"
	"                        $POSTIGO_DIR or /var/lib/postigo\n"
	"  --listen ADDR:PORT    default 127.0.0.1:8483\n"
	"  --trusted-proxy ADDR  has no limit of connections; repeatable\n"
	"  --every SECONDS       between two readings of a shop, default 900\n"
	"  --tls-cert FILE       PEM; with --tls-key\n"
	"  --tls-key FILE        PEM\n"
	"  --log KIND            json (default) or journald\n"
	"  --log-level LEVEL     error, warn, info (default), debug\n"
	"  --version, --help\n";

/* --- options ----------------------------------------------------------------- */

static bool
take_every(struct options *o, const char *word)
{
	char *end = NULL;
	long s = strtol(word, &end, 10);

	if (end == word || *end != '\0' || s < 1 || s > EVERY_S_MAX)
		return false;
	o->every_ms = s * 1000;
	return true;
}

/* One of our own options; *i moves on to its value. */
static bool
take_option(struct options *o, int argc, char **argv, int *i)
{
	const char *name = argv[*i];

	if (*i + 1 >= argc)
		return false;
	++*i;
	if (strcmp(name, "--listen") == 0)
		o->server.listen = argv[*i];
	else if (strcmp(name, "--tls-cert") == 0)
		o->server.tls_cert = argv[*i];
	else if (strcmp(name, "--tls-key") == 0)
		o->server.tls_key = argv[*i];
	else if (strcmp(name, "--every") == 0)
		return take_every(o, argv[*i]);
	else if (strcmp(name, "--trusted-proxy") == 0 &&
		 o->server.proxy_count < PROXIES_MAX)
		o->proxies[o->server.proxy_count++] = argv[*i];
	else
		return false;
	return true;
}

static bool
read_options(struct options *o, int argc, char **argv)
{
	struct err e = { .text = "" };
	int i;

	for (i = 1; i < argc; i++) {
		enum outcome r;

		if (i == 1 && strcmp(argv[i], "run") == 0)
			continue;
		r = gw_option(&o->gw, argc, argv, &i, &e);
		if (r == OUT_TEMP && take_option(o, argc, argv, &i))
			r = OUT_OK;
		if (r == OUT_PERM)
			(void)fprintf(stderr, "postigo-shop: %s\n", e.text);
		if (r != OUT_OK)
			return false;
	}
	o->server.proxies = o->proxies;
	return true;
}

/* --- the loop ------------------------------------------------------------------ */

/* Nothing is awaited any more, or not for so long. */
static bool
may_leave(struct gateway *g)
{
	return (g->shops_part.drain(g->shops_part.arg) &&
		shop_receive_busy(g->receive) == 0) ||
	       clock_tick_ms() >= g->leave_ms;
}

static void
tick(void *arg)
{
	struct gateway *g = arg;
	int ms;

	if (g->leave_ms != 0 && may_leave(g)) {
		server_stop(g->server);
		return;
	}
	g->shops_part.step(g->shops_part.arg);
	ms = g->shops_part.wait_ms(g->shops_part.arg);
	if (ms < 0 || ms > TICK_MS)
		ms = TICK_MS;
	timer_set(g->tick, g->leave_ms != 0 ? DRAIN_LOOK_MS : ms);
}

static void
bus_state(void *arg, bool up)
{
	struct gateway *g = arg;

	if (!up) {
		g->shops_part.lost(g->shops_part.arg);
		return;
	}
	log_info("bus.up", "the daemon is there");
	g->shops_part.wake(g->shops_part.arg, NULL);
	timer_set(g->tick, 0);
}

static void
bus_note(void *arg, const char *method, json_t *params)
{
	struct gateway *g = arg;
	const char *what = json_string_value(json_object_get(params, "what"));

	if (strcmp(method, "wake") != 0 || what == NULL)
		return;
	g->shops_part.wake(g->shops_part.arg, what);
	timer_set(g->tick, 0);
}

/* Begin nothing more; both threads end after ms at the latest. */
static void
leave(struct gateway *g, int ms)
{
	g->leave_ms = clock_tick_ms() + ms;
	shop_receive_leave(g->receive);
	shop_worker_leave(g->worker, ms);
}

static void
on_signal(void *arg)
{
	struct gateway *g = arg;
	int number = gw_signal(g->signals);

	if (number == SIGHUP)
		g->shops_part.wake(g->shops_part.arg, NULL);
	else if (number != 0)
		leave(g, g->leave_ms == 0 ? DRAIN_MS : 0);
	timer_set(g->tick, 0);
}

/* --- start and end ---------------------------------------------------------------- */

static void
raise_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= FILES_WANTED)
		return;
	r.rlim_cur = r.rlim_max < FILES_WANTED ? r.rlim_max : FILES_WANTED;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

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

	shop_receive_hit(g->receive, h);
}

static enum outcome
start(struct gateway *g, const struct options *o, struct err *e)
{
	const struct server_hooks hooks = { .hit = hit,
					    .upgrade = no_upgrade,
					    .arg = g };
	const struct bus_hooks bus = { .note = bus_note,
				       .state = bus_state,
				       .arg = g };
	enum outcome r = server_open(&o->server, &hooks, &g->server, e);

	if (r != OUT_OK)
		return r;
	g->tick = timer_new(g->server, tick, g);
	g->loop = busloop_new(g->server, WATCH_BUS, o->gw.socket,
			      "postigo-shop", &bus);
	g->shops = shops_new(busloop_bus(g->loop));
	g->shops_part = mine_part(g->shops);
	g->receive =
		shop_receive_new(g->server, busloop_bus(g->loop), g->shops);
	server_watch(g->server, WATCH_SIGNALS, g->signals, false, on_signal, g);
	g->worker = shop_worker_start(o->gw.socket, o->every_ms);
	if (g->worker == NULL)
		return err_set(e, OUT_TEMP, "could not start a thread");
	timer_set(g->tick, 0);
	log_info("shop.ready", "listening on %s, port %d", o->server.listen,
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
	shop_receive_stop(g->receive);
	busloop_stop(g->loop);
	server_close(&g->server);
	busloop_free(&g->loop);
	shop_receive_free(&g->receive);
	mine_free(&g->shops);
	shop_worker_stop(&g->worker);
}

static int
run(const struct options *o)
{
	struct gateway g = { .signals = gw_signals() };
	struct err e = { .text = "" };
	enum outcome r;
	int code = GW_OK;

	raise_files();
	http_start();
	r = start(&g, o, &e);
	if (r == OUT_OK)
		r = server_run(g.server, &e);
	if (r != OUT_OK) {
		log_error("shop.start", "%s", e.text);
		code = r == OUT_PERM ? GW_USAGE : GW_TEMP;
	} else if (busloop_refused(g.loop)) {
		code = GW_UNAVAILABLE;
	}
	stop(&g);
	(void)close(g.signals);
	return code;
}

int
main(int argc, char **argv)
{
	struct options o = { .every_ms = RECONCILE_EVERY_MS,
			     .server = { .listen = "127.0.0.1:8483",
					 .connections = CONNECTIONS,
					 .requests = CONNECTIONS,
					 .per_network = PER_NETWORK } };
	const struct verb *v;
	int rc = GW_OK;

	for (v = verbs; argc > 1 && v->name != NULL; v++)
		if (strcmp(argv[1], v->name) == 0)
			return v->run(argc - 1, argv + 1);
	gw_options_init(&o.gw, "shop");
	if (!read_options(&o, argc, argv)) {
		(void)fputs(usage_text, stderr);
		rc = GW_USAGE;
	} else if (o.gw.help) {
		(void)fputs(usage_text, stdout);
	} else if (o.gw.version) {
		(void)puts("postigo-shop " PACKAGE_VERSION);
	} else {
		gw_start(&o.gw, "postigo-shop");
		rc = run(&o);
	}
	gw_options_release(&o.gw);
	return rc;
}

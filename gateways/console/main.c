/*
 * main: the start of postigo-console.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/frame.h"
#include "gateways/common/busloop.h"
#include "gateways/common/gw.h"
#include "gateways/common/hitput.h"
#include "gateways/common/webopt.h"
#include "gateways/console/console.h"
#include "gateways/console/feed.h"
#include "gateways/console/file.h"
#include "gateways/console/live.h"
#include "gateways/console/page.h"
#include "gateways/console/person.h"

#define WATCH_BUS 0
#define WATCH_SIGNALS 1
#define FILES_WANTED 4096 /* descriptors, if the system lets us */

struct options {
	const char *assets;
	const char *public_url;
};

struct program {
	struct console console;
	struct busloop *loop;
	int signals;
};

static const char usage_text[] =
	"usage: postigo-console [options]\n"
	"  --socket PATH         default DIR/run/console.sock; DIR is\n"
	"                        $POSTIGO_DIR or /var/lib/postigo\n"
	"  --listen ADDR:PORT    default 127.0.0.1:8480\n"
	"  --assets DIR          built pages\n"
	"  --public-url URL      as browsers see it, behind a proxy\n"
	"  --trusted-proxy ADDR  may say X-Forwarded-For; repeatable\n"
	"  --tls-cert FILE       PEM; with --tls-key\n"
	"  --tls-key FILE        PEM\n"
	"  --log KIND            json (default) or journald\n"
	"  --log-level LEVEL     error, warn, info (default), debug\n"
	"  --version, --help\n";

/* --- options ----------------------------------------------------------------- */

/* One of our own options. */
static bool
take_option(void *arg, const char *name, const char *value)
{
	struct options *o = arg;

	if (strcmp(name, "--assets") == 0)
		o->assets = value;
	else if (strcmp(name, "--public-url") == 0)
		o->public_url = value;
	else
		return false;
	return true;
}

/* --- the bus ------------------------------------------------------------------- */

static void
desk_known(void *arg, const struct bus_reply *r)
{
	struct console *c = arg;
	const char *name =
		json_string_value(json_object_get(r->result, "name"));
	const char *language =
		json_string_value(json_object_get(r->result, "language"));

	if (r->outcome != OUT_OK || name == NULL || language == NULL)
		return;
	mem_free(c->desk_name);
	mem_free(c->desk_language);
	c->desk_name = mem_strdup(name);
	c->desk_language =
		mem_strdup(strcmp(language, "en") == 0 ? "en" : "es");
}

static void
ask_desk(struct console *c)
{
	struct err e;

	if (bus_call(c->bus, "desk.get", NULL, NULL, NULL, desk_known, c, &e) !=
	    OUT_OK)
		log_warn("console.desk", "%s", e.text);
}

static void
bus_state(void *arg, bool up)
{
	struct console *c = arg;

	if (up) {
		log_info("bus.up", "the daemon is there");
		ask_desk(c);
		people_up(c);
		feed_up(c);
	} else {
		people_down(c);
		lives_down(c);
	}
}

static void
bus_note(void *arg, const char *method, json_t *params)
{
	struct console *c = arg;
	const char *kind;
	const char *handle;

	if (strcmp(method, "event") == 0) {
		kind = json_string_value(json_object_get(params, "kind"));
		feed_event(c, params);
		if (kind != NULL && strcmp(kind, "desk.changed") == 0)
			ask_desk(c);
	} else if (strcmp(method, "events.dropped") == 0) {
		feed_dropped(c);
	} else if (strcmp(method, "typing") == 0) {
		lives_tell(c, "typing", params);
	} else if (strcmp(method, "visitor.state") == 0) {
		lives_tell(c, "visitor", params);
	} else if (strcmp(method, "session.ended") == 0) {
		handle = json_string_value(json_object_get(params, "handle"));
		if (handle != NULL)
			people_ended(c, handle);
	}
}

/* --- running ------------------------------------------------------------------- */

static void
on_signal(void *arg)
{
	struct program *p = arg;
	int number = gw_signal(p->signals);

	if (number == SIGTERM || number == SIGINT)
		server_stop(p->console.server);
}

static enum outcome
start(struct program *p, const struct webopt *w, struct err *e)
{
	struct console *c = &p->console;
	const struct server_hooks hooks = { .hit = route_hit,
					    .upgrade = live_upgrade,
					    .opened = live_opened,
					    .message = live_message,
					    .drained = live_drained,
					    .closed = live_closed,
					    .arg = c };
	const struct bus_hooks bus = { .note = bus_note,
				       .state = bus_state,
				       .arg = c };
	const struct options *o = w->arg;
	enum outcome r = OUT_OK;

	c->https = w->server.tls_cert != NULL;
	if (o->public_url != NULL)
		r = webopt_public(o->public_url, &c->https, &c->public_host, e);
	c->scheme = c->https ? "https" : "http";
	c->desk_name = mem_strdup("Postigo");
	c->desk_language = mem_strdup("es");
	hash_random(c->key, sizeof c->key);
	if (r == OUT_OK)
		r = assets_open(o->assets, &c->assets, e);
	if (r == OUT_OK)
		r = server_open(&w->server, &hooks, &c->server, e);
	if (r != OUT_OK)
		return r;
	assets_add(c->assets, "login.css", page_css, page_css_len);
	c->people = people_new(c);
	c->feed = feed_new(c);
	c->lives = lives_new(c);
	p->loop = busloop_new(c->server, WATCH_BUS, w->gw.socket,
			      "postigo-console", &bus);
	c->bus = busloop_bus(p->loop);
	c->puts = file_puts(c);
	server_watch(c->server, WATCH_SIGNALS, p->signals, false, on_signal, p);
	log_info("console.ready", "listening on %s, port %d", w->server.listen,
		 server_port(c->server));
	return OUT_OK;
}

/* The server goes first and tells every hit and sock of its end; then the
 * bus, which ends every call. */
static void
stop(struct program *p)
{
	struct console *c = &p->console;

	if (c->people != NULL) {
		people_stop(c);
		lives_stop(c);
	}
	hitputs_stop(c->puts);
	busloop_stop(p->loop);
	server_close(&c->server);
	busloop_free(&p->loop);
	people_free(&c->people);
	lives_free(&c->lives);
	feed_free(&c->feed);
	hitputs_free(&c->puts);
	assets_close(&c->assets);
	mem_free(c->desk_name);
	mem_free(c->desk_language);
	mem_free(c->public_host);
}

int
main(int argc, char **argv)
{
	static struct program p;
	struct options own = { .assets = CONSOLE_ASSETS };
	/* A desk book is one message. */
	struct webopt o = { .role = "console",
			    .program = "postigo-console",
			    .usage = usage_text,
			    .own = take_option,
			    .arg = &own,
			    .server = { .listen = "127.0.0.1:8480",
					.protocol = "postigo",
					.message_bytes = FRAME_BYTES } };
	struct err e;
	enum outcome r;
	int code = webopt_read(&o, argc, argv);

	if (code >= 0)
		return code;
	gw_start(&o.gw, "postigo-console");
	p.signals = gw_signals();
	gw_files(FILES_WANTED);
	r = start(&p, &o, &e);
	if (r == OUT_OK)
		r = server_run(p.console.server, &e);
	if (r != OUT_OK)
		log_error("console.start", "%s", e.text);
	code = r == OUT_OK ? GW_OK : r == OUT_PERM ? GW_USAGE : GW_TEMP;
	if (r == OUT_OK && busloop_refused(p.loop))
		code = GW_UNAVAILABLE;
	stop(&p);
	webopt_release(&o);
	return code;
}

/*
 * main: the start of postigo-chat.
 */

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/chat/chat.h"
#include "gateways/chat/file.h"
#include "gateways/chat/rate.h"
#include "gateways/chat/site.h"
#include "gateways/chat/tab.h"
#include "gateways/chat/up.h"
#include "gateways/chat/visitor.h"
#include "gateways/common/busloop.h"
#include "gateways/common/gw.h"
#include "gateways/common/hitput.h"
#include "gateways/common/webopt.h"

#define EXEMPT_MAX 32 /* networks without limits */
#define WATCH_BUS 0
#define WATCH_SIGNALS 1
#define SOCKETS_MAX 4000
#define FILES_WANTED (SOCKETS_MAX + 1000) /* descriptors, if we may */
#define READ_BYTES 512 /* of a frame at once: each socket holds these */
#define BYE_MS 1500    /* for the sockets to be closed in order */

struct options {
	const char *assets;
	const char *public_url;
	const char *sockets;
	const char *exempt[EXEMPT_MAX];
	size_t exempt_count;
};

struct program {
	struct chat chat;
	struct busloop *loop;
	struct timer *bye;
	int signals;
};

static const char usage_text[] =
	"usage: postigo-chat [options]\n"
	"  --socket PATH         default DIR/run/chat.sock; DIR is\n"
	"                        $POSTIGO_DIR or /var/lib/postigo\n"
	"  --listen ADDR:PORT    default 127.0.0.1:8481\n"
	"  --assets DIR          the built widget\n"
	"  --public-url URL      as browsers see it, behind a proxy\n"
	"  --trusted-proxy ADDR  may say X-Forwarded-For; repeatable\n"
	"  --exempt ADDR         no limits for this network; repeatable\n"
	"  --sockets N           WebSockets at once, default 2000\n"
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
	else if (strcmp(name, "--sockets") == 0)
		o->sockets = value;
	else if (strcmp(name, "--exempt") == 0 && o->exempt_count < EXEMPT_MAX)
		o->exempt[o->exempt_count++] = value;
	else
		return false;
	return true;
}

/* "https://chat.example" gives the scheme and the host, as browsers write
 * them in Origin: lower case, without the scheme's own port. */
static enum outcome
read_public(struct chat *c, const struct options *o, bool tls, struct err *e)
{
	const char *own;
	enum outcome r;
	size_t n;
	size_t i;

	c->https = tls;
	if (o->public_url == NULL)
		return OUT_OK;
	r = webopt_public(o->public_url, &c->https, &c->public_host, e);
	if (r != OUT_OK)
		return r;
	n = strlen(c->public_host);
	for (i = 0; i < n; i++)
		c->public_host[i] =
			(char)tolower((unsigned char)c->public_host[i]);
	own = c->https ? ":443" : ":80";
	if (n > strlen(own) &&
	    strcmp(c->public_host + n - strlen(own), own) == 0)
		c->public_host[n - strlen(own)] = '\0';
	return OUT_OK;
}

static enum outcome
read_limits(struct chat *c, const struct options *o, struct err *e)
{
	char *end;
	long n = CHAT_SOCKETS;

	if (o->sockets != NULL)
		n = strtol(o->sockets, &end, 10);
	if (o->sockets != NULL &&
	    (*o->sockets == '\0' || *end != '\0' || n < 1 || n > SOCKETS_MAX))
		return err_set(e, OUT_PERM, "'%s' is not a number from 1 to %d",
			       o->sockets, SOCKETS_MAX);
	c->sockets_max = (size_t)n;
	c->networks = networks_new(o->exempt, o->exempt_count);
	if (c->networks == NULL)
		return err_set(e, OUT_PERM,
			       "'--exempt' takes ADDRESS or ADDRESS/BITS");
	return OUT_OK;
}

/* --- the bus ------------------------------------------------------------------- */

static void
bus_state(void *arg, bool up)
{
	struct chat *c = arg;

	if (up) {
		log_info("bus.up", "the daemon is there");
		sites_refresh(c);
		visitors_up(c);
		tabs_up(c);
	} else {
		visitors_down(c);
		tabs_down(c);
	}
}

static void
bus_note(void *arg, const char *method, json_t *params)
{
	struct chat *c = arg;
	const char *what = json_string_value(json_object_get(params, "what"));

	if (strcmp(method, "visitor.changed") == 0)
		visitors_changed(c, json_object_get(params, "handles"));
	else if (strcmp(method, "visitor.typing") == 0)
		visitors_typing(c, params);
	else if (strcmp(method, "session.ended") == 0)
		visitors_ended(c, json_string_value(
					  json_object_get(params, "handle")));
	else if (strcmp(method, "wake") == 0 && what != NULL &&
		 strcmp(what, "connections") == 0)
		sites_refresh(c);
}

/* --- running ------------------------------------------------------------------- */

static void
leave(void *arg)
{
	struct program *p = arg;

	server_stop(p->chat.server);
}

static void
on_signal(void *arg)
{
	struct program *p = arg;
	int number = gw_signal(p->signals);

	if (number != SIGTERM && number != SIGINT)
		return;
	if (p->chat.leaving || tabs_count(&p->chat) == 0) {
		server_stop(p->chat.server);
		return;
	}
	p->chat.leaving = true;
	tabs_bye(&p->chat);
	timer_set(p->bye, BYE_MS);
}

static enum outcome
open_server(struct program *p, struct webopt *w, struct err *e)
{
	struct chat *c = &p->chat;
	const struct server_hooks hooks = { .hit = route_hit,
					    .upgrade = tab_upgrade,
					    .abandoned = tab_abandoned,
					    .opened = tab_opened,
					    .message = tab_message,
					    .drained = tab_drained,
					    .closed = tab_closed,
					    .arg = c };
	const struct options *o = w->arg;
	enum outcome r = read_public(c, o, w->server.tls_cert != NULL, e);

	if (r == OUT_OK)
		r = read_limits(c, o, e);
	if (r == OUT_OK)
		r = assets_open(o->assets, &c->assets, e);
	w->server.connections = c->sockets_max + CHAT_SPARE;
	if (r == OUT_OK)
		r = server_open(&w->server, &hooks, &c->server, e);
	return r;
}

static enum outcome
start(struct program *p, struct webopt *w, struct err *e)
{
	struct chat *c = &p->chat;
	const struct bus_hooks bus = { .note = bus_note,
				       .state = bus_state,
				       .arg = c };
	enum outcome r = open_server(p, w, e);

	if (r != OUT_OK)
		return r;
	c->tabs = tabs_new(c);
	c->visitors = visitors_new(c);
	c->sites = sites_new(c);
	p->bye = timer_new(c->server, leave, p);
	p->loop = busloop_new(c->server, WATCH_BUS, w->gw.socket,
			      "postigo-chat", &bus);
	c->bus = busloop_bus(p->loop);
	c->puts = file_puts(c);
	server_watch(c->server, WATCH_SIGNALS, p->signals, false, on_signal, p);
	log_info("chat.ready", "listening on %s, port %d", w->server.listen,
		 server_port(c->server));
	return OUT_OK;
}

/* The server goes first and tells every hit and sock of its end; then the
 * bus, which ends every call. */
static void
stop(struct program *p)
{
	struct chat *c = &p->chat;

	sites_stop(c);
	visitors_stop(c);
	hitputs_stop(c->puts);
	if (p->bye != NULL)
		timer_free(&p->bye);
	busloop_stop(p->loop);
	server_close(&c->server);
	busloop_free(&p->loop);
	hitputs_free(&c->puts);
	visitors_free(&c->visitors);
	sites_free(&c->sites);
	tabs_free(&c->tabs);
	networks_free(&c->networks);
	assets_close(&c->assets);
	mem_free(c->public_host);
}

int
main(int argc, char **argv)
{
	static struct program p;
	struct options own = { .assets = CHAT_ASSETS };
	struct webopt o = { .role = "chat",
			    .program = "postigo-chat",
			    .usage = usage_text,
			    .own = take_option,
			    .arg = &own,
			    .server = { .listen = "127.0.0.1:8481",
					.protocol = CHAT_PROTOCOL,
					.message_bytes = UP_BYTES,
					.fragments = UP_FRAGMENTS,
					.read_bytes = READ_BYTES } };
	struct err e;
	enum outcome r;
	int code = webopt_read(&o, argc, argv);

	if (code >= 0)
		return code;
	gw_start(&o.gw, "postigo-chat");
	p.signals = gw_signals();
	gw_files(FILES_WANTED);
	r = start(&p, &o, &e);
	if (r == OUT_OK)
		r = server_run(p.chat.server, &e);
	if (r != OUT_OK)
		log_error("chat.start", "%s", e.text);
	code = r == OUT_OK ? GW_OK : r == OUT_PERM ? GW_USAGE : GW_TEMP;
	if (r == OUT_OK && busloop_refused(p.loop))
		code = GW_UNAVAILABLE;
	stop(&p);
	webopt_release(&o);
	return code;
}

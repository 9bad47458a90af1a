/*
 * main: the start of postigo-chat.
 */

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "gateways/chat/chat.h"
#include "gateways/chat/file.h"
#include "gateways/chat/rate.h"
#include "gateways/chat/site.h"
#include "gateways/chat/tab.h"
#include "gateways/chat/up.h"
#include "gateways/chat/visitor.h"
#include "gateways/common/busloop.h"
#include "gateways/common/gw.h"

#define LIST_MAX 32 /* of a repeatable option */
#define WATCH_BUS 0
#define WATCH_SIGNALS 1
#define SOCKETS_MAX 4000
#define FILES_WANTED (SOCKETS_MAX + 1000) /* descriptors, if we may */
#define READ_BYTES 512 /* of a frame at once: each socket holds these */
#define BYE_MS 1500    /* for the sockets to be closed in order */

struct options {
	struct gw_options gw;
	const char *assets;
	const char *public_url;
	const char *sockets;
	const char *proxies[LIST_MAX];
	const char *exempt[LIST_MAX];
	size_t exempt_count;
	struct server_options server;
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

static int
usage(FILE *to, int code)
{
	(void)fputs(usage_text, to);
	return code;
}

/* One of our own options; *i moves on to its value. */
static bool
take_option(struct options *o, int argc, char **argv, int *i)
{
	const struct {
		const char *name;
		const char **value;
		size_t *count;
	} names[] = {
		{ "--listen", &o->server.listen, NULL },
		{ "--assets", &o->assets, NULL },
		{ "--public-url", &o->public_url, NULL },
		{ "--sockets", &o->sockets, NULL },
		{ "--tls-cert", &o->server.tls_cert, NULL },
		{ "--tls-key", &o->server.tls_key, NULL },
		{ "--trusted-proxy", o->proxies, &o->server.proxy_count },
		{ "--exempt", o->exempt, &o->exempt_count },
	};
	size_t n = sizeof names / sizeof names[0];
	size_t k;

	for (k = 0; k < n; k++)
		if (strcmp(argv[*i], names[k].name) == 0)
			break;
	if (k == n || *i + 1 >= argc)
		return false;
	++*i;
	if (names[k].count == NULL) {
		*names[k].value = argv[*i];
		return true;
	}
	if (*names[k].count == LIST_MAX)
		return false;
	names[k].value[(*names[k].count)++] = argv[*i];
	return true;
}

/* -1: go on; else the exit code. */
static int
read_options(struct options *o, int argc, char **argv)
{
	struct err e;
	int i;

	for (i = 1; i < argc; i++) {
		enum outcome r = gw_option(&o->gw, argc, argv, &i, &e);

		if (r == OUT_PERM)
			(void)fprintf(stderr, "postigo-chat: %s\n", e.text);
		if (r == OUT_PERM ||
		    (r == OUT_TEMP && !take_option(o, argc, argv, &i)))
			return usage(stderr, GW_USAGE);
	}
	if (o->gw.help)
		return usage(stdout, GW_OK);
	if (o->gw.version)
		return puts("postigo-chat " PACKAGE_VERSION) < 0;
	o->server.proxies = o->proxies;
	return -1;
}

/* "https://chat.example" gives the scheme and the host, as browsers write
 * them in Origin: lower case, without the scheme's own port. */
static enum outcome
read_public(struct chat *c, const struct options *o, struct err *e)
{
	const char *host;
	const char *own;
	size_t n;
	size_t i;

	c->https = o->server.tls_cert != NULL;
	if (o->public_url == NULL)
		return OUT_OK;
	c->https = strncmp(o->public_url, "https://", 8) == 0;
	host = o->public_url + (c->https ? 8 : 7);
	if ((!c->https && strncmp(o->public_url, "http://", 7) != 0) ||
	    host[0] == '\0')
		return err_set(e, OUT_PERM, "'%s' is not https://HOST[:PORT]",
			       o->public_url);
	c->public_host = mem_strndup(host, strcspn(host, "/"));
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
read_limits(struct chat *c, struct options *o, struct err *e)
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
	o->server.connections = c->sockets_max + CHAT_SPARE;
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

static void
raise_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= FILES_WANTED)
		return;
	r.rlim_cur = r.rlim_max < FILES_WANTED ? r.rlim_max : FILES_WANTED;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

static enum outcome
open_server(struct program *p, struct options *o, struct err *e)
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
	enum outcome r = read_public(c, o, e);

	if (r == OUT_OK)
		r = read_limits(c, o, e);
	if (r == OUT_OK)
		r = assets_open(o->assets, &c->assets, e);
	if (r == OUT_OK)
		r = server_open(&o->server, &hooks, &c->server, e);
	return r;
}

static enum outcome
start(struct program *p, struct options *o, struct err *e)
{
	struct chat *c = &p->chat;
	const struct bus_hooks bus = { .note = bus_note,
				       .state = bus_state,
				       .arg = c };
	enum outcome r = open_server(p, o, e);

	if (r != OUT_OK)
		return r;
	c->tabs = tabs_new(c);
	c->visitors = visitors_new(c);
	c->sites = sites_new(c);
	c->uploads = uploads_new(c);
	p->bye = timer_new(c->server, leave, p);
	p->loop = busloop_new(c->server, WATCH_BUS, o->gw.socket,
			      "postigo-chat", &bus);
	c->bus = busloop_bus(p->loop);
	server_watch(c->server, WATCH_SIGNALS, p->signals, false, on_signal, p);
	log_info("chat.ready", "listening on %s, port %d", o->server.listen,
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
	uploads_stop(c);
	if (p->bye != NULL)
		timer_free(&p->bye);
	busloop_stop(p->loop);
	server_close(&c->server);
	busloop_free(&p->loop);
	uploads_free(&c->uploads);
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
	struct options o = { .assets = CHAT_ASSETS };
	struct err e;
	enum outcome r;
	int code;

	o.server.listen = "127.0.0.1:8481";
	o.server.protocol = CHAT_PROTOCOL;
	o.server.message_bytes = UP_BYTES;
	o.server.fragments = UP_FRAGMENTS;
	o.server.read_bytes = READ_BYTES;
	gw_options_init(&o.gw, "chat");
	code = read_options(&o, argc, argv);
	if (code >= 0) {
		gw_options_release(&o.gw);
		return code;
	}
	gw_start(&o.gw, "postigo-chat");
	p.signals = gw_signals();
	raise_files();
	r = start(&p, &o, &e);
	if (r == OUT_OK)
		r = server_run(p.chat.server, &e);
	if (r != OUT_OK)
		log_error("chat.start", "%s", e.text);
	code = r == OUT_OK ? GW_OK : r == OUT_PERM ? GW_USAGE : GW_TEMP;
	if (r == OUT_OK && busloop_refused(p.loop))
		code = GW_UNAVAILABLE;
	stop(&p);
	gw_options_release(&o.gw);
	return code;
}

#include "gateways/common/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/common/lws_inner.h"

#define HEADER_SECONDS 20    /* for a request's headers, between body parts */
#define KEEPALIVE_SECONDS 30 /* an idle HTTP connection */
#define PING_SECONDS 30
#define HANGUP_SECONDS 75
#define FD_SPARE 64 /* descriptors beside the connections */

struct timer {
	lws_sorted_usec_list_t sul; /* first: the callback gets its address */
	struct server *server;
	void (*fn)(void *arg);
	void *arg;
};

/* --- addresses ----------------------------------------------------------- */

bool
net_parse(const char *text, struct net *out)
{
	static const unsigned char v4[12] = { 0, 0, 0, 0, 0,    0,
					      0, 0, 0, 0, 0xff, 0xff };

	memcpy(out->octets, v4, sizeof v4);
	if (inet_pton(AF_INET, text, out->octets + 12) == 1)
		return true;
	return inet_pton(AF_INET6, text, out->octets) == 1;
}

void
net_text(const struct net *n, char out[ADDRESS_MAX])
{
	struct net v4;
	bool four = net_parse("0.0.0.0", &v4) && net_same(n, &v4, 96);

	if (inet_ntop(four ? AF_INET : AF_INET6, n->octets + (four ? 12 : 0),
		      out, ADDRESS_MAX) == NULL)
		out[0] = '\0';
}

bool
net_same(const struct net *a, const struct net *b, unsigned bits)
{
	unsigned whole = bits / 8;
	unsigned rest = bits % 8;
	unsigned mask = (0xffU << (8 - rest)) & 0xffU;

	if (memcmp(a->octets, b->octets, whole) != 0)
		return false;
	return rest == 0 || ((a->octets[whole] ^ b->octets[whole]) & mask) == 0;
}

bool
net_is_loopback(const struct net *n)
{
	struct net v4;
	struct net v6;

	return (net_parse("127.0.0.0", &v4) && net_same(n, &v4, 96 + 8)) ||
	       (net_parse("::1", &v6) && net_same(n, &v6, 128));
}

bool
server_trusts(const struct server *s, const struct net *n)
{
	size_t i;

	for (i = 0; i < s->proxy_count; i++)
		if (net_same(n, &s->proxies[i].net, s->proxies[i].bits))
			return true;
	return false;
}

/* Cut "ADDR:PORT" or "[ADDR]:PORT" in two. */
static bool
split_listen(const char *listen, char host[ADDRESS_MAX], int *port_out)
{
	const char *colon = strrchr(listen, ':');
	const char *from = listen;
	size_t n;
	char *end;
	long port;

	if (colon == NULL || colon == listen)
		return false;
	n = (size_t)(colon - listen);
	if (listen[0] == '[' && colon[-1] == ']') {
		from++;
		n -= 2;
	}
	if (n == 0 || n >= ADDRESS_MAX)
		return false;
	memcpy(host, from, n);
	host[n] = '\0';
	port = strtol(colon + 1, &end, 10);
	if (colon[1] == '\0' || *end != '\0' || port < 0 || port > 65535)
		return false;
	*port_out = (int)port;
	return true;
}

bool
server_is_loopback(const char *listen, int *port_out)
{
	char host[ADDRESS_MAX];
	struct net n;

	if (!split_listen(listen, host, port_out))
		return false;
	return net_parse(host, &n) && net_is_loopback(&n);
}

static enum outcome
read_proxies(struct server *s, const struct server_options *o, struct err *e)
{
	size_t i;

	s->proxies = mem_new(o->proxy_count + 1, sizeof *s->proxies);
	for (i = 0; i < o->proxy_count; i++) {
		const char *slash = strchr(o->proxies[i], '/');
		char *host =
			slash == NULL
				? mem_strdup(o->proxies[i])
				: mem_strndup(o->proxies[i],
					      (size_t)(slash - o->proxies[i]));
		unsigned width = strchr(host, ':') != NULL ? 128 : 32;
		long bits = slash == NULL ? (long)width
					  : strtol(slash + 1, NULL, 10);
		bool good = net_parse(host, &s->proxies[i].net) && bits > 0 &&
			    bits <= (long)width;

		mem_free(host);
		if (!good)
			return err_set(e, OUT_PERM,
				       "'%s' is not an address of a proxy",
				       o->proxies[i]);
		s->proxies[i].bits = (unsigned)bits + (128 - width);
		s->proxy_count++;
	}
	return OUT_OK;
}

/* --- opening ------------------------------------------------------------- */

static void
lws_line(int level, const char *line)
{
	char safe[256];
	size_t n = strcspn(line, "\n");

	log_write((level & LLL_ERR) != 0 ? LOG_LVL_WARN : LOG_LVL_DEBUG,
		  "server.lws", "%s", log_text(line, n, safe));
}

static void
fill_protocols(struct server *s, const struct server_options *o)
{
	s->protocols[0].name = "http";
	s->protocols[0].callback = conn_event;
	s->protocols[1].name = o->protocol;
	s->protocols[1].callback = conn_event;
	s->protocols[1].rx_buffer_size =
		o->read_bytes != 0 ? o->read_bytes : SOCK_READ_BYTES;
	s->protocols[2].name = "watch";
	s->protocols[2].callback = conn_event;
	s->retry.secs_since_valid_ping = PING_SECONDS;
	s->retry.secs_since_valid_hangup = HANGUP_SECONDS;
}

static void
fill_info(struct server *s, const struct server_options *o,
	  struct lws_context_creation_info *info, const char *host, int port)
{
	memset(info, 0, sizeof *info);
	info->port = port;
	info->iface = host;
	info->protocols = s->protocols;
	info->user = s;
	info->options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
			LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			LWS_SERVER_OPTION_VALIDATE_UTF8 |
			LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
	if (strchr(host, ':') == NULL)
		info->options |= LWS_SERVER_OPTION_DISABLE_IPV6;
	info->fd_limit_per_thread = (unsigned)(s->peers_max + FD_SPARE);
	info->max_http_header_data2 = HIT_HEADERS_BYTES;
	info->max_http_header_pool2 =
		(unsigned int)(o->requests != 0 ? o->requests
						: SERVER_REQUESTS);
	info->timeout_secs = HEADER_SECONDS;
	info->timeout_secs_ah_idle = HEADER_SECONDS;
	info->keepalive_timeout = KEEPALIVE_SECONDS;
	info->pt_serv_buf_size = 16384;
	info->retry_and_idle_policy = &s->retry;
	info->gid = -1;
	info->uid = -1;
	if (o->tls_cert != NULL) {
		info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info->ssl_cert_filepath = o->tls_cert;
		info->ssl_private_key_filepath = o->tls_key;
		info->alpn = "http/1.1";
		info->ssl_options_set =
			(long)(SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 |
			       SSL_OP_NO_TLSv1_1 | SSL_OP_NO_RENEGOTIATION);
	}
}

static enum outcome
adopt_epoll(struct server *s, struct err *e)
{
	lws_sock_file_fd_type fd;

	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0)
		return err_sys(e, OUT_TEMP, errno,
			       "could not make an epoll set");
	memset(&fd, 0, sizeof fd);
	fd.filefd = dup(s->epoll);
	if (fd.filefd < 0 ||
	    lws_adopt_descriptor_vhost(s->vhost, LWS_ADOPT_RAW_FILE_DESC, fd,
				       "watch", NULL) == NULL)
		return err_set(e, OUT_TEMP,
			       "could not watch descriptors of the program");
	return OUT_OK;
}

static enum outcome
check_options(const struct server_options *o, char host[ADDRESS_MAX],
	      int *port_out, struct err *e)
{
	struct net n;

	if (!split_listen(o->listen, host, port_out) || !net_parse(host, &n))
		return err_set(e, OUT_PERM, "'%s' is not ADDRESS:PORT",
			       o->listen);
	if ((o->tls_cert == NULL) != (o->tls_key == NULL))
		return err_set(e, OUT_PERM,
			       "a certificate needs its key, and the other way "
			       "round");
	if (o->tls_cert == NULL && !net_is_loopback(&n))
		return err_set(e, OUT_PERM,
			       "plain HTTP on '%s' is refused: listen on "
			       "127.0.0.1 behind a proxy, or give a "
			       "certificate and its key",
			       o->listen);
	return OUT_OK;
}

enum outcome
server_open(const struct server_options *o, const struct server_hooks *hooks,
	    struct server **out, struct err *e)
{
	struct server *s = mem_new(1, sizeof *s);
	struct lws_context_creation_info info;
	char host[ADDRESS_MAX];
	enum outcome r;
	int port = 0;

	s->epoll = -1;
	s->hooks = *hooks;
	s->peers_max =
		o->connections != 0 ? o->connections : SERVER_CONNECTIONS;
	s->per_network =
		o->per_network != 0 ? o->per_network : SERVER_PER_NETWORK;
	s->message_bytes =
		o->message_bytes != 0 ? o->message_bytes : SOCK_MESSAGE_BYTES;
	s->fragments = o->fragments != 0 ? o->fragments : SOCK_FRAGMENTS;
	s->tls = o->tls_cert != NULL;
	r = check_options(o, host, &port, e);
	if (r == OUT_OK)
		r = read_proxies(s, o, e);
	if (r != OUT_OK)
		goto out;
	s->iface = mem_strdup(host);
	fill_protocols(s, o);
	fill_info(s, o, &info, s->iface, port);
	lws_set_log_level(LLL_ERR | LLL_WARN, lws_line);
	s->ctx = lws_create_context(&info);
	if (s->ctx != NULL)
		s->vhost = lws_create_vhost(s->ctx, &info);
	if (s->vhost == NULL)
		r = err_set(e, OUT_TEMP, "could not listen on '%s'%s",
			    o->listen, s->tls ? " with this certificate" : "");
	else
		r = adopt_epoll(s, e);
out:
	if (r != OUT_OK)
		server_close(&s);
	*out = s;
	return r;
}

void
server_close(struct server **sp)
{
	struct server *s = *sp;

	if (s == NULL)
		return;
	s->closing = true;
	if (s->ctx != NULL)
		lws_context_destroy(s->ctx);
	if (s->epoll >= 0)
		(void)close(s->epoll);
	mem_free(s->proxies);
	mem_free(s->iface);
	mem_free(s);
	*sp = NULL;
}

enum outcome
server_run(struct server *s, struct err *e)
{
	while (!s->stopping)
		if (lws_service(s->ctx, 0) < 0)
			return err_set(e, OUT_TEMP, "the loop failed");
	return OUT_OK;
}

void
server_stop(struct server *s)
{
	s->stopping = true;
	lws_cancel_service(s->ctx);
}

int
server_port(const struct server *s)
{
	return lws_get_vhost_listen_port(s->vhost);
}

/* --- watched descriptors --------------------------------------------------- */

void
server_watch(struct server *s, int slot, int fd, bool write,
	     server_ready_fn *fn, void *arg)
{
	struct watch *w = &s->watches[slot];
	struct epoll_event ev = { .events = EPOLLIN | (write ? EPOLLOUT : 0) };

	/* A descriptor that was closed has left the set by itself. */
	if (w->fn != NULL && w->fd != fd && w->fd >= 0)
		(void)epoll_ctl(s->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	w->fd = fd;
	w->fn = fn;
	w->arg = arg;
	if (fd < 0)
		return;
	ev.data.u32 = (uint32_t)slot;
	if (epoll_ctl(s->epoll, EPOLL_CTL_MOD, fd, &ev) == 0)
		return;
	if (errno != ENOENT || epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev) != 0)
		log_warn("server.watch",
			 "could not watch a descriptor: errno "
			 "%d",
			 errno);
}

static void
run_watches(struct server *s)
{
	struct epoll_event ev[SERVER_WATCHES];
	int n = epoll_wait(s->epoll, ev, SERVER_WATCHES, 0);
	int i;

	for (i = 0; i < n; i++) {
		struct watch *w = &s->watches[ev[i].data.u32];

		if (w->fn != NULL && w->fd >= 0)
			w->fn(w->arg);
	}
}

/* --- timers -------------------------------------------------------------- */

static void
timer_run(lws_sorted_usec_list_t *sul)
{
	struct timer *t = (struct timer *)sul;

	t->fn(t->arg);
}

struct timer *
timer_new(struct server *s, void (*fn)(void *arg), void *arg)
{
	struct timer *t = mem_new(1, sizeof *t);

	t->server = s;
	t->fn = fn;
	t->arg = arg;
	return t;
}

void
timer_set(struct timer *t, int64_t ms)
{
	lws_sul_schedule(t->server->ctx, 0, &t->sul, timer_run,
			 (lws_usec_t)(ms <= 0 ? 1 : ms * 1000));
}

void
timer_stop(struct timer *t)
{
	lws_sul_cancel(&t->sul);
}

void
timer_free(struct timer **tp)
{
	if (*tp == NULL)
		return;
	lws_sul_cancel(&(*tp)->sul);
	MEM_CLEAR(tp);
}

/* --- connections: what libwebsockets tells ------------------------------- */

static bool
may_connect(struct server *s, struct lws_filter_network_conn_args *a)
{
	char text[ADDRESS_MAX];
	struct net n;
	struct peer *p;
	size_t same = 0;

	if (s->peer_count >= s->peers_max)
		return false;
	if (lws_get_peer_simple_fd(a->accept_fd, text, sizeof text) == NULL ||
	    !net_parse(text, &n))
		return false;
	if (net_is_loopback(&n) || server_trusts(s, &n))
		return true;
	for (p = s->peers; p != NULL; p = p->next)
		if (!p->free_of_limit && net_same(&p->net, &n, 64) &&
		    (memcmp(n.octets, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) !=
			     0 ||
		     net_same(&p->net, &n, 128)))
			same++;
	return same < s->per_network;
}

static struct peer *
peer_add(struct server *s, struct lws *wsi)
{
	struct peer *p = mem_new(1, sizeof *p);
	char address[ADDRESS_MAX];

	p->server = s;
	p->wsi = wsi;
	if (lws_get_peer_simple(wsi, address, sizeof address) != NULL &&
	    net_parse(address, &p->net))
		p->free_of_limit =
			net_is_loopback(&p->net) || server_trusts(s, &p->net);
	p->next = s->peers;
	p->prev = &s->peers;
	if (p->next != NULL)
		p->next->prev = &p->next;
	s->peers = p;
	s->peer_count++;
	lws_set_opaque_user_data(wsi, p);
	return p;
}

static void
peer_remove(struct peer *p)
{
	hit_gone(p);
	sock_gone(p);
	if (p->upgrade_tag != NULL && p->server->hooks.abandoned != NULL)
		p->server->hooks.abandoned(p->server->hooks.arg,
					   p->upgrade_tag);
	*p->prev = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	p->server->peer_count--;
	lws_set_opaque_user_data(p->wsi, NULL);
	mem_free(p);
}

static int
peer_event(struct peer *p, struct lws *wsi, enum lws_callback_reasons why,
	   void *in, size_t len)
{
	switch (why) {
	case LWS_CALLBACK_HTTP:
		return hit_begin(p, wsi, in);
	case LWS_CALLBACK_HTTP_BODY:
		return hit_part(p, in, len);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return hit_whole(p);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return hit_writeable(p);
	case LWS_CALLBACK_CLOSED_HTTP:
		hit_gone(p);
		return 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return hit_upgrade(p, wsi);
	case LWS_CALLBACK_ESTABLISHED:
		return sock_opened(p, wsi);
	case LWS_CALLBACK_RECEIVE:
		return sock_received(p, in, len);
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return sock_writeable(p);
	case LWS_CALLBACK_TIMER:
		if (p->lingers)
			return -1;
		(void)lws_callback_on_writable(wsi);
		return 0;
	case LWS_CALLBACK_CLOSED:
		sock_gone(p);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		peer_remove(p);
		return 0;
	default:
		return 0;
	}
}

int
conn_event(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in,
	   size_t len)
{
	struct lws_context *ctx = lws_get_context(wsi);
	struct server *s = ctx != NULL ? lws_context_user(ctx) : NULL;
	struct peer *p;

	if (s == NULL)
		return 0;
	switch (why) {
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
		return may_connect(s, user) ? 0 : 1;
	case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
		(void)peer_add(s, wsi);
		return 0;
	case LWS_CALLBACK_RAW_RX_FILE:
		run_watches(s);
		return 0;
	default:
		break;
	}
	p = lws_get_opaque_user_data(wsi);
	if (p == NULL || p->wsi != wsi)
		return 0;
	return peer_event(p, wsi, why, in, len);
}

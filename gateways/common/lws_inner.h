#ifndef POSTIGO_LWS_INNER_H
#define POSTIGO_LWS_INNER_H

/*
 * lws_inner: what the lws_*.c files share, and nobody else may include.
 */

#include <libwebsockets.h>
#include <netinet/in.h>

#include "daemon/base/buf.h"
#include "gateways/common/server.h"

#define ADDRESS_MAX 64
#define SEND_BYTES 32768 /* of a body in one write */

/* A network address: IPv4 as ::ffff:a.b.c.d. */
struct net {
	unsigned char octets[16];
};

struct proxy {
	struct net net;
	unsigned bits; /* of 128 */
};

struct watch {
	int fd;
	server_ready_fn *fn;
	void *arg;
};

struct server {
	struct lws_context *ctx;
	struct lws_vhost *vhost;
	struct lws_protocols protocols[4];
	lws_retry_bo_t retry;
	struct server_hooks hooks;
	bool tls;
	bool stopping;
	bool closing; /* the context is being destroyed */
	char *iface;
	int epoll; /* holds the watched descriptors */
	struct watch watches[SERVER_WATCHES];
	struct proxy *proxies;
	size_t proxy_count;
	struct peer *peers;
	size_t peer_count;
	size_t peers_max;
	size_t per_network;
	size_t message_bytes;
	size_t fragments;
};

/* One accepted connection. */
struct peer {
	struct server *server;
	struct lws *wsi;
	struct peer *next;
	struct peer **prev;
	struct net net;
	bool free_of_limit; /* loopback or a trusted proxy */
	struct hit *hit;    /* the request under way */
	bool lingers; /* the connection ends, and its body is not wanted */
	struct sock *sock;
	void *upgrade_tag;
};

struct shared {
	size_t refs;
	size_t len;
	unsigned char *data; /* LWS_PRE bytes of room stand before it */
};

/* lws_server.c */
bool net_parse(const char *text, struct net *out);
void net_text(const struct net *n, char out[ADDRESS_MAX]);
bool net_is_loopback(const struct net *n);
bool net_same(const struct net *a, const struct net *b, unsigned bits);
bool server_trusts(const struct server *s, const struct net *n);

/* lws_conn.c */
int conn_event(struct lws *wsi, enum lws_callback_reasons why, void *user,
	       void *in, size_t len);

/* lws_hit.c */
int hit_begin(struct peer *p, struct lws *wsi, const char *path);
int hit_part(struct peer *p, const void *in, size_t len);
int hit_whole(struct peer *p);
int hit_writeable(struct peer *p);
void hit_gone(struct peer *p);
/* 0: upgrade, 1: answered, -1: close. */
int hit_upgrade(struct peer *p, struct lws *wsi);

/* lws_sock.c */
int sock_opened(struct peer *p, struct lws *wsi);
int sock_received(struct peer *p, const void *in, size_t len);
int sock_writeable(struct peer *p);
void sock_gone(struct peer *p);
const unsigned char *shared_data(const struct shared *b);

#endif

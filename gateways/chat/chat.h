#ifndef POSTIGO_CHAT_H
#define POSTIGO_CHAT_H

/*
 * chat: the gateway of visitors. It maps the widget's WebSocket
 * (schema/CHAT.md) to methods of the bus, and serves the widget itself. It
 * keeps no line: a line is acknowledged after the daemon's response, and
 * what was not acknowledged stays with the visitor.
 *
 * The state of the program, handed to every part of it.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/wire/bus.h"
#include "gateways/common/asset.h"
#include "gateways/common/server.h"

#define CHAT_SOCKETS 2000
#define CHAT_SPARE 200 /* connections beside: pages, files */
#define CHAT_FILE_BYTES (10 * 1024 * 1024)
#define CHAT_DOWN_RETRY_MS 1000 /* while the daemon is away */
#define CHAT_PROTOCOL "postigo-chat.1"

struct hitputs;
struct networks;
struct sites;
struct site;
struct tabs;
struct visitors;

struct chat {
	struct server *server;
	struct bus *bus; /* borrowed from its busloop */
	struct assets *assets;
	struct networks *networks;
	struct sites *sites;
	struct visitors *visitors;
	struct tabs *tabs;
	struct hitputs *puts; /* files that come in */
	size_t sockets_max;
	size_t order_calls; /* pages of orders that are asked for */
	bool leaving;       /* the program ends when the last socket has gone */
	bool https;         /* as browsers see it */
	char *public_host;  /* of --public-url, lower case, or NULL */
};

/* What an answer is: its Content-Security-Policy and its companions. */
enum page {
	PAGE_PANEL,  /* the document of the frame */
	PAGE_LOADER, /* the script that shops include */
	PAGE_ASSET,  /* a built file: caching is the asset's own */
	PAGE_DATA,   /* JSON and texts */
	PAGE_ORDER,  /* the page of an order, with its style */
	PAGE_FILE    /* octets of somebody */
};

/*
 * Set the security headers. site is that of a PAGE_PANEL, else NULL.
 * Source: OWASP Secure Headers; CSP Level 3.
 */
void chat_secure(const struct chat *c, struct hit *h, enum page page,
		 const struct site *site);

/* Is Host one of ours? Against DNS rebinding. */
bool chat_host_good(const struct chat *c, const struct hit *h);

/* Is Origin exactly ours, as browsers see us? false: absent. */
bool chat_own_origin(const struct chat *c, const struct hit *h);

/* Answer {"error":{"code","message"}}; retry_ms > 0 adds Retry-After. */
void chat_refuse(const struct chat *c, struct hit *h, int status,
		 const char *code, const char *message, int64_t retry_ms);

/* Answer with how a call on the bus ended. */
void chat_fail(const struct chat *c, struct hit *h, enum outcome o,
	       const struct err *e, int64_t retry_after_ms);

/* The hit hook: find who serves a path. */
void route_hit(void *arg, struct hit *h);

#endif

#ifndef POSTIGO_CONSOLE_H
#define POSTIGO_CONSOLE_H

/*
 * console: the gateway of the staff. It maps HTTP and WebSocket to methods
 * of the bus and adds no logic and no rights: whoever asks is named by a
 * session's handle, and the daemon decides.
 *
 * The state of the program, handed to every part of it.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"
#include "daemon/wire/bus.h"
#include "gateways/common/asset.h"
#include "gateways/common/server.h"

#define CONSOLE_BODY_BYTES (1024 * 1024)        /* of a form or of JSON */
#define CONSOLE_UPLOAD_BYTES (26 * 1024 * 1024) /* of one file */
#define CONSOLE_DOWN_RETRY_S 2 /* Retry-After while the daemon is away */

struct hitputs;
struct people;
struct feed;
struct lives;

struct console {
	struct server *server;
	struct bus *bus; /* borrowed from its busloop */
	struct assets *assets;
	struct people *people;
	struct feed *feed;
	struct lives *lives;
	struct hitputs *puts; /* files that come in */
	bool https;           /* as browsers see it */
	const char *scheme;   /* "http" or "https" */
	char *public_host;    /* of --public-url, or NULL */
	char *desk_name;
	char *desk_language;           /* es or en */
	unsigned char key[HASH_BYTES]; /* signs links; lives with the process */
};

/* What a page may do: its Content-Security-Policy and its companions. */
enum page {
	PAGE_APP,   /* the console itself */
	PAGE_FORM,  /* log-in */
	PAGE_DATA,  /* JSON, redirects, errors */
	PAGE_ASSET, /* a built file: caching is the asset's own */
	PAGE_MAIL,  /* cleaned HTML of a customer, for a sandboxed frame */
	PAGE_FILE,  /* octets of a customer */
	PAGE_IMAGE  /* a picture inside PAGE_MAIL */
};

/* Set the security headers. Source: OWASP Secure Headers; CSP Level 3. */
void console_secure(const struct console *c, struct hit *h, enum page page);

/* Did the browser send this from a page of ours? For everything that is not
 * GET. Source: OWASP CSRF Prevention, "Verifying Origin", Fetch Metadata. */
bool console_same_origin(const struct console *c, const struct hit *h);

/* Is Host one of ours? Against DNS rebinding. */
bool console_host_good(const struct console *c, const struct hit *h);

/* Answer with how a call on the bus ended: the right status, JSON body. */
void console_fail(const struct console *c, struct hit *h, enum outcome o,
		  const struct err *e, int64_t retry_after_ms);

/* The HTTP status for an outcome and its machine word. */
int console_status(enum outcome o, const char *code);

/* Name of the session's cookie, and of those of the log-in page. */
const char *console_cookie(const struct console *c);
const char *console_csrf_cookie(const struct console *c);

/* The hit hook: find who serves a path. */
void route_hit(void *arg, struct hit *h);

#endif

#ifndef POSTIGO_HOOKIN_H
#define POSTIGO_HOOKIN_H

/*
 * hookin: deliveries of others' servers (webhooks that come in): read, judged,
 * stored by the daemon, and then answered with 200; nothing of them is looked
 * at here. Whose a delivery is, and whether its signature is good, its gateway
 * says.
 *
 * Invariants: 200 leaves only after the daemon has committed the octets, or
 * where its gateway says that there is nothing to keep; a body over
 * HOOKIN_BYTES is refused before it is read.
 *
 * Source: gateways/common/README.md, "Deliveries that come in".
 */

#include <stdbool.h>
#include <stddef.h>

#include "gateways/common/refused.h"

#define HOOKIN_BYTES ((size_t)4 * 1024 * 1024) /* of one delivery */
#define HOOKIN_MAX 512 /* deliveries under way, read or stored */
#define HOOKIN_HELD_BYTES ((size_t)64 * 1024 * 1024) /* of all of them */
/* A body may come for so long, and as long as it takes at so many a second */
#define HOOKIN_READ_MS 10000
#define HOOKIN_READ_BYTES_S ((size_t)256 * 1024)
#define HOOKIN_STORE_MS 10000 /* for the daemon to store it, at most */
#define HOOKIN_TICKET_MAX 512
#define HOOKIN_HEAD_MAX 2048

struct bus;
struct hit;
struct hookin;
struct mine_one;
struct server;

enum hookin_verdict {
	HOOKIN_UNSIGNED, /* 401 */
	HOOKIN_KEEP,     /* stored, then 200 */
	HOOKIN_FINE      /* 200, and there is nothing to keep */
};

/* What the gateway says of a delivery. ticket: what it gave to take it. */
struct hookin_ways {
	const char *name; /* static: of the gateway, for the log */
	/* The daemon may take so long to store one, up to HOOKIN_STORE_MS;
	 * then 503. */
	int store_ms;
	/* The body is whole: whose signature is on it? */
	enum hookin_verdict (*judge)(void *arg, const void *ticket,
				     const char *body, size_t n);
	/* Its connection now; NULL: there is none any more. */
	struct mine_one *(*whose)(void *arg, const void *ticket);
	void *arg;
};

/* ways is copied, the rest is borrowed. */
struct hookin *hookin_new(struct server *s, struct bus *bus,
			  const struct hookin_ways *ways);
/* No more timers: before the server is closed. */
void hookin_stop(struct hookin *in);
/* After the server and the bus. */
void hookin_free(struct hookin **in);

/* A delivery whose headers are here; the rest is done without its gateway. */
struct hookin_new {
	const void *ticket; /* copied */
	size_t ticket_n;    /* at most HOOKIN_TICKET_MAX */
	const char *head;   /* stored before the body; copied; or NULL */
	size_t head_n;      /* at most HOOKIN_HEAD_MAX */
};
void hookin_take(struct hookin *in, struct hit *h, const struct hookin_new *n);

/* Is its length over the ceiling? Then it was refused with 413. */
bool hookin_too_large(struct hookin *in, struct hit *h, const void *ticket);

/* Not taken, for a reason that is counted. Nothing more of it is read. */
void hookin_refuse(struct hookin *in, struct hit *h, int status,
		   enum refused_why why, const void *ticket);

/* One more that was refused, where its gateway answers. */
void hookin_count(struct hookin *in, enum refused_why why, struct mine_one *of);

/* An answer that nobody counts; text is plain, or NULL. */
void hookin_answer(struct hit *h, int status, const char *text);

/* GET /healthz and /readyz. known: are the connections? false: it is another
 * path. */
bool hookin_health(struct hookin *in, struct hit *h, bool known);

/* Begin nothing more: deliveries are answered with 503 from now on. */
void hookin_leave(struct hookin *in);

/* Deliveries under way. */
size_t hookin_busy(const struct hookin *in);

#endif

#ifndef POSTIGO_HITPUT_H
#define POSTIGO_HITPUT_H

/*
 * hitput: the file that is the body of a request, made durable by the daemon:
 * blob.put in parts, then the answer to the browser.
 *
 * Invariants: of each at most two chunks are in memory; few are sent to the
 * daemon at once, the others wait for their turn and are not read meanwhile;
 * whoever comes slowly gives the turn to one who waits (upload_turn.h); what
 * nobody will finish is ended, so that the daemon forgets it.
 *
 * Source: schema/PROTOCOL.md, "blob.put".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

#define HITPUT_CHUNK_BYTES ((size_t)256 * 1024)
#define HITPUT_TURNS_MAX 3 /* the daemon allows 4 uploads a connection */

struct bus;
struct hit;
struct hitput;
struct hitputs;
struct server;

/* What a gateway does about one; arg is that of hitput_new(). */
struct hitput_hooks {
	/*
	 * In whose name it is stored: the session's handle, borrowed. NULL: it
	 * does not stand now, and the put fails. No such hook: in the
	 * gateway's own.
	 */
	const char *(*handle)(void *arg);
	/* Octets have come. May be absent. */
	void (*came)(void *arg, const char *p, size_t n);
	/*
	 * May it be stored? Asked before a chunk goes, and while the first one
	 * grows. Else it is answered with e. May be absent.
	 * p, n   what is not sent yet, from the file's first octet in the
	 *        first chunk
	 * ended  nothing comes after it
	 */
	enum outcome (*judge)(void *arg, struct hit *h, const char *p, size_t n,
			      bool ended, struct err *e);
	/* Answer that it was not stored. retry_ms  0: nothing is said of it. */
	void (*fail)(void *arg, struct hit *h, enum outcome o,
		     const struct err *e, int64_t retry_ms);
	/* Answer that it is durable. sha256  64 hexadecimal digits */
	void (*stored)(void *arg, struct hit *h, const char *sha256,
		       int64_t bytes);
	/* The last call: the put is gone, answered or not. */
	void (*gone)(void *arg);
};

/*
 * All those of a gateway, of which `turns` (at most HITPUT_TURNS_MAX) are sent
 * at once. The bus is borrowed; hooks are copied.
 */
struct hitputs *hitputs_new(struct server *s, struct bus *bus, size_t turns,
			    const struct hitput_hooks *hooks);
/* Before the server is closed. NULL is taken. */
void hitputs_stop(struct hitputs *all);
/* After it. */
void hitputs_free(struct hitputs **all);

size_t hitputs_count(const struct hitputs *all);   /* all of them */
size_t hitputs_waiting(const struct hitputs *all); /* for their turn */

/*
 * A request whose body is a file. It is not read before hitput_ready(). Exactly
 * one of hitput_ready() and hitput_fail() is to follow, even if the browser
 * went meanwhile; each may end the put, and call hooks, before it returns.
 */
struct hitput *hitput_new(struct hitputs *all, struct hit *h, void *arg);

/* It may be sent: it gets a turn, or waits for one. */
void hitput_ready(struct hitput *u);

/* It may not: it is answered, and gone. */
void hitput_fail(struct hitput *u, enum outcome o, const struct err *e);

#endif

#ifndef POSTIGO_WORKER_H
#define POSTIGO_WORKER_H

/*
 * worker: the thread of a gateway that does everything but take deliveries
 * in, so that nothing slow delays an answer that their sender waits for. It
 * has a bus and a client of its own, and runs the parts (part.h) that its
 * gateway gives it.
 *
 * It does nothing more where the daemon refuses this program's protocol: the
 * server's thread is refused as well, and ends the program.
 */

#include <jansson.h>

#include "gateways/common/part.h"

#define WORKER_PARTS_MAX 8

struct bus;
struct http_client;
struct worker;

/* What a gateway's worker does. Static. Its functions run in the thread. */
struct worker_kind {
	const char *role;    /* of the gateway, for the log: "shop" */
	const char *program; /* for the daemon: "postigo-shop" */
	/* Make what works, and give its parts to worker_add(). own: what
	 * worker_start() was given. */
	void *(*open)(struct worker *w, const void *own);
	/* A note `wake` came; the parts hear of it next. NULL: nothing. */
	void (*note)(void *work, const char *what, json_t *params);
	/* Requests of the client have ended, without their functions; the bus
	 * has not. NULL: nothing. */
	void (*hangup)(void *work);
	/* Calls of the bus have ended, with their functions: free it all. */
	void (*close)(void *work);
};

/*
 * Start it. Signals have been blocked (gw_signals), http_start() was called.
 * socket  of the role
 * own     for open(), or NULL
 * All three are borrowed until its end. NULL: there is no thread to be had.
 */
struct worker *worker_start(const struct worker_kind *kind, const char *socket,
			    const void *own);

/* Begin nothing more; it ends by itself when nothing is under way, after ms at
 * the latest. */
void worker_leave(struct worker *w, int ms);

/* Wait for its end; one that was not told to leave ends at once. NULL: none. */
void worker_stop(struct worker **w);

/* --- for open() ------------------------------------------------------------ */

/* Both are borrowed: the client until hangup(), the bus until close(). */
struct bus *worker_bus(const struct worker *w);
struct http_client *worker_client(const struct worker *w);

/* One more part, after those before it; at most WORKER_PARTS_MAX. */
void worker_add(struct worker *w, struct part p);

#endif

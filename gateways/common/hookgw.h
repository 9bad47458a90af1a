#ifndef POSTIGO_HOOKGW_H
#define POSTIGO_HOOKGW_H

/*
 * hookgw: the program of a gateway to which others' servers deliver: its
 * options, the loop of its server, the worker beside it (worker.h), signals,
 * the end.
 *
 * Not here: how a delivery is read and stored (hookin.h), whose it is and who
 * signed it, what it says.
 *
 * Invariants: SIGTERM and SIGINT begin the end, in which nothing new is taken
 * and what is under way has HOOKGW_DRAIN_MS; a second one ends at once. SIGHUP
 * asks for the connections again.
 *
 * Source: gateways/common/README.md, "Deliveries that come in".
 */

#include <stdbool.h>

#include "gateways/common/part.h"
#include "gateways/common/worker.h"

#define HOOKGW_DRAIN_MS 2800

struct bus;
struct hit;
struct hookin;
struct server;

/* What takes deliveries in, in the server's thread. */
struct hookgw_receive {
	struct hookin *in;
	struct part part; /* the connections that it knows */
	/* The server's hook. */
	void (*hit)(void *arg, struct hit *h);
	/* All of it, `in` too; after the server and the bus. */
	void (*free)(void *arg);
	void *arg;
};

struct hookgw_kind {
	const char *role;    /* "shop": of the socket, and for the log */
	const char *program; /* "postigo-shop" */
	const char *usage;   /* what --help prints */
	const char *listen;  /* ADDR:PORT where --listen is not given */
	/* An option of its own, as struct webopt has it; or NULL. */
	bool (*option)(void *own, const char *name, const char *value);
	/* The word `parse`: argv[0] is the word. Gives the exit code. */
	int (*parse)(int argc, char **argv);
	/* Make what takes deliveries in; both are borrowed until its free. */
	struct hookgw_receive (*receive)(struct server *s, struct bus *bus);
	const struct worker_kind *worker;
	void *own; /* for option(), and the worker's open(); or NULL */
};

/*
 * The program, from its line to its end. Everything is borrowed.
 * Gives its exit code: of gw.h, or of parse().
 */
int hookgw_main(const struct hookgw_kind *kind, int argc, char **argv);

#endif

#ifndef POSTIGO_PART_H
#define POSTIGO_PART_H

/*
 * part: one job of a gateway inside a loop that has a bus: the connections
 * (mine.h), hooks that are taken and applied, answers that are sent, jobs.
 *
 * Two threads, a bus each, nothing shared between them:
 *
 *   the server's (hookgw.h)  deliveries in, and connections of its own
 *   the worker (worker.h)    everything else, and connections of its own
 *
 * So reading a delivery of 3 MB, or a server that does not answer, never
 * delays the answer that a sender waits for. Whoever runs a loop calls, for each
 * of its parts: wake() for each note `wake` of the bus, step() once a turn,
 * wait_ms() before it sleeps, lost() when the bus was lost, and at the end
 * drain() until it says true.
 */

#include <stdbool.h>

struct part {
	/* Do what can be done without blocking. */
	void (*step)(void *arg);
	/* There may be something of this kind ("hooks", "jobs", "outbox",
	 * "connections"); NULL: of any kind. */
	void (*wake)(void *arg, const char *what);
	/* Milliseconds until step() has something to do; -1: only when the
	 * bus, or what it waits for itself, is ready. */
	int (*wait_ms)(void *arg);
	/* Begin nothing more. true: nothing is under way. */
	bool (*drain)(void *arg);
	/* The bus was lost: what was asked ended with OUT_UNSURE. */
	void (*lost)(void *arg);
	void *arg;
};

#endif

#ifndef POSTIGO_LANES_H
#define POSTIGO_LANES_H

/*
 * lanes: requests of the bus in so many queues, one under way in each. What
 * has the same word goes to the same queue, and keeps its order; so a person
 * needs no queue of their own.
 *
 * What the daemon cannot do now, or whose answer was lost, is asked again from
 * its place until it is too late.
 */

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct bus;
struct lanes;

/* A request, and how it ended. */
struct lanes_end {
	enum outcome outcome;  /* OUT_TEMP: it was too late */
	const json_t *result;  /* OUT_OK: borrowed */
	const struct err *err; /* else */
};

/*
 * Runs once for each request, never from lanes_put().
 * Returns a request to ask in its place, at once, or NULL. It may put others.
 */
struct lanes_ask;
typedef struct lanes_ask *lanes_fn(void *arg, struct lanes_ask *q,
				   const struct lanes_end *end);

struct lanes_ask {
	const char *method; /* static */
	json_t *params;     /* owned */
	int64_t until_ms; /* monotonic: asked again until then; 0: never was */
	lanes_fn *fn;
	void *arg;
	struct lanes_ask *next; /* of lanes */
};

struct lanes *lanes_new(struct bus *bus);
/* After the bus. What waits is dropped. */
void lanes_free(struct lanes **l);

/* Put a request (mem_new; taken) behind those of the same word. */
void lanes_put(struct lanes *l, const char *word, struct lanes_ask *q);

/* Ask what can be asked now. */
void lanes_step(struct lanes *l);

/* Requests that wait or are under way. */
size_t lanes_count(const struct lanes *l);

/* Milliseconds until lanes_step() has something to do; -1: only an answer. */
int lanes_wait_ms(const struct lanes *l);

#endif

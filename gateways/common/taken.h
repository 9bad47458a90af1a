#ifndef POSTIGO_TAKEN_H
#define POSTIGO_TAKEN_H

/*
 * taken: a hook that was taken: what its body says is asked for, and then it
 * is ended: done, dead or again.
 *
 * Invariant: hook.end is asked once all its requests were answered, and once.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/buf.h"

#define TAKEN_WHY_MAX 300 /* octets of what is wrong, with NUL */

struct about;
struct lanes;
struct lanes_ask;
struct taken;

/* What all of them share. */
struct taken_ways {
	struct lanes *lanes;
	/* Its body is whole: ask with taken_ask() for what it says, or say
	 * with taken_blame() why not. */
	void (*read)(void *arg, struct taken *t);
	/* It is over: free it. */
	void (*ended)(void *arg, struct taken *t);
	void *read_arg;
	void *ended_arg;
};

/* A request that a body makes. */
struct taken_call {
	const char *method; /* static */
	json_t *params;     /* taken */
	/* where the answer is {stored: false}, this is asked instead; taken;
	 * or NULL */
	const char *instead; /* static */
	json_t *otherwise;
	/* those of one word keep their order; NULL: asked when all others
	 * have been */
	const char *word;
	const char *id; /* what it is about, for people; or NULL */
	/* Of an answer: why what was asked will not be had; borrowed from it;
	 * NULL: it is well. Or no function: it always is. */
	const char *(*wrong)(const json_t *result);
};

struct taken {
	const struct taken_ways *ways;
	struct taken *next; /* of its owner */
	json_int_t id;
	json_int_t attempt;
	json_int_t bytes; /* of the body */
	char *connection; /* its name */
	char *sha256;
	int64_t received_ms;
	int64_t until_ms; /* monotonic: nothing is begun afterwards */
	int64_t lease_ms; /* monotonic: end of its lease */
	struct buf body;  /* what of it has come */
	bool begun;
	bool asking;      /* its owner: for a part of the body */
	int64_t after_ms; /* its owner, monotonic: not asked before */
	/* its own, from here on */
	size_t left;            /* requests that were not answered */
	struct about *abouts;   /* of its requests; they live as long as it */
	struct lanes_ask *late; /* asked one by one, after the others */
	struct lanes_ask *late_last;
	bool dead;
	bool again;
	char why[TAKEN_WHY_MAX];
};

/*
 * One of hook.take's response.
 * margin_ms  so long before the end of its lease it begins nothing
 */
struct taken *taken_new(const struct taken_ways *ways, const json_t *row,
			int64_t lease_ms, int64_t margin_ms);
void taken_free(struct taken *t);

/* Its body is whole: have it read. The body is dropped then. */
void taken_begin(struct taken *t);

/* While it is read: ask for this. */
void taken_ask(struct taken *t, const struct taken_call *c);

/*
 * While it is read: something is wrong with it. The first reason counts, and
 * that it is taken again before that it is dead.
 * what, id  where; id may be NULL
 */
void taken_blame(struct taken *t, bool again, const char *what, const char *id,
		 const char *why);

/* Its body cannot be had: it is dead. */
void taken_bodiless(struct taken *t, const char *why);

#endif

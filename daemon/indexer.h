#ifndef POSTIGO_INDEXER_H
#define POSTIGO_INDEXER_H

/*
 * indexer: the thread that keeps search.db up with the messages. It is woken
 * after commits, gathers for a moment, and indexes what came; nobody ever waits
 * for it. It runs at the lowest priority of processor and disk.
 *
 * Invariants: it has handles of its own; none of its failures reaches the
 * turn; while the disk is short it writes nothing.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"

struct engine;

#define INDEXER_GATHER_MS 100  /* after the first commit of a burst */
#define INDEXER_LOOK_MS 30000  /* without being woken */
#define INDEXER_RETRY_MS 10000 /* after a failure */
/* bytes left on the disk, above the reserve and half of it */
#define INDEXER_SPACE_MIN (64 * 1024 * 1024)

struct indexer {
	struct engine *en;
	pthread_t thread;
	bool runs;
	atomic_bool woken;
	atomic_bool stopped;
	atomic_bool damaged;
	atomic_bool look;
	pthread_mutex_t lock; /* what follows */
	pthread_cond_t some;
	char why[256]; /* the last failure; "": none since */
};

/* Before anything else of it, and after everything. */
void indexer_init(struct indexer *ix, struct engine *en);
void indexer_release(struct indexer *ix);

enum outcome indexer_start(struct indexer *ix, struct err *e) MUST_CHECK;
void indexer_stop(struct indexer *ix);

/* There are new messages. Costs next to nothing; thread safe. */
void indexer_wake(struct indexer *ix);

/* A reader found the file damaged: it is made anew. Thread safe. */
void indexer_damaged(struct indexer *ix);

/* A reader could not open it: is it still an index? Thread safe. */
void indexer_look(struct indexer *ix);

/* Why it cannot go on, or "". Thread safe. */
void indexer_why(struct indexer *ix, char *out, size_t n);

#endif

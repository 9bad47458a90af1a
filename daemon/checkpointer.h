#ifndef POSTIGO_CHECKPOINTER_H
#define POSTIGO_CHECKPOINTER_H

/*
 * checkpointer: the thread that copies what the store's log holds into its
 * file, so that no contact waits for it.
 *
 * Invariants: it has a handle of its own, and writes no row; after a sync of
 * its that failed the process ends at once (turn_die()). What it cannot do,
 * the turn does once the log is over STORE_LOG_MAX.
 */

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "daemon/base/err.h"

struct store;

#define CHECKPOINTER_PAGES 256     /* in the log and not copied: 1 MiB */
#define CHECKPOINTER_RETRY_MS 1000 /* after a failure: the disk is full */

struct checkpointer {
	struct store *store;
	pthread_t thread;
	bool runs;
	atomic_bool stopped;
	atomic_bool woken;
	atomic_int copied;     /* pages of the log that the file has */
	atomic_llong retry_ms; /* tick before which nothing is tried */
	sem_t some;
};

/* Open the store in DIR, which is there, and begin. Outcomes: as store_open(),
 * and OUT_TEMP without a thread. */
enum outcome checkpointer_start(struct checkpointer *c, const char *dir,
				struct err *e) MUST_CHECK;

/* Wait for what it has begun. Nobody tells it anything any more. */
void checkpointer_stop(struct checkpointer *c);

/* So many pages are in the log: from CHECKPOINTER_PAGES on that are not copied
 * it sets about it. After each commit; the turn's thread. */
void checkpointer_told(struct checkpointer *c, int pages);

#endif

#ifndef POSTIGO_READERS_H
#define POSTIGO_READERS_H

/*
 * readers: threads that run reads, each with a reading handle of its own and
 * each answer from one snapshot.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/engine.h"

struct engine;
struct store;

struct reader {
	struct engine *en;
	struct store *store;
	pthread_t thread;
	bool counts; /* begins with the first count of what is active */
};

struct readers {
	struct reader list[ENGINE_READERS];
	size_t n;
};

/* Open the handles and start the threads, before the turn's: the first of them
 * counts what is active (tally.h) as it is now. OUT_TEMP, OUT_PERM: as store_open. */
enum outcome readers_start(struct readers *r, struct engine *en,
			   struct err *e) MUST_CHECK;

/* One of them (a struct reader): runs until the read queue is closed and
 * empty. */
void *reader_main(void *reader);

/* Wait for them; the read queue was closed. */
void readers_join(struct readers *r);

#endif

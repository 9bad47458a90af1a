#ifndef POSTIGO_ENGINE_P_H
#define POSTIGO_ENGINE_P_H

/*
 * engine_p: the engine's parts, for its own files alone.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "daemon/checkpointer.h"
#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/indexer.h"
#include "daemon/net.h"
#include "daemon/queue.h"
#include "daemon/space.h"
#include "daemon/turn.h"

struct left;
struct settings;
struct store;

struct engine {
	struct desk *d;
	struct store *store; /* writes; the turn's thread alone */
	const char *config_path;
	struct settings *reloaded; /* by SIGHUP, or NULL */

	struct net net;
	struct queue turn_queue; /* requests on their way to the turn */
	struct queue read_queue; /* reads whose earlier writes are durable */
	struct queue file_queue; /* requests that bring large octets */
	struct queue calm_queue; /* requests that hash a password */
	struct queue slow_queue; /* requests that take seconds or minutes */
	struct queue test_queue; /* back-tests, so that no backup waits */

	struct space space; /* left on the disk */

	pthread_mutex_t gone_lock;
	json_t *gone; /* digests whose files the worker may unlink */

	pthread_mutex_t left_lock;
	struct left *left; /* handles that were dropped; see visit.h */
	size_t left_count;
	size_t left_cap;

	struct checkpointer checkpointer;
	struct indexer indexer;
	struct turn turn;
};

/* An engine without threads and sockets, and its end once both are gone; it is
 * d->engine meanwhile. */
struct engine *engine_new(struct desk *d, struct store *s,
			  const char *config_path);
void engine_free(struct engine *en);

/* SIGHUP: read the settings again; all are valid or the old ones stay. */
void engine_reload(struct engine *en);

#endif

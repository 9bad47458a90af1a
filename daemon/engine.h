#ifndef POSTIGO_ENGINE_H
#define POSTIGO_ENGINE_H

/*
 * engine: threads, peers and queues between a socket and the store. This
 * header is what handlers and main see of it; how it works is told in
 * ARCHITECTURE.md, "How a request travels".
 *
 * Invariants: a reply leaves only in turn_release(), after the commit of what
 * it promises; every queue has a ceiling; one thread writes the store.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/request.h"
#include "daemon/wire/method.h"

struct desk;
struct engine;
struct settings;
struct store;

/* Ceilings. What settings may lower is in struct settings. */
#define ENGINE_BATCH_MAX 256            /* requests of one commit */
#define ENGINE_BATCH_MS 5               /* of work, if several peers wait */
#define ENGINE_TURN_QUEUE_MAX 8192      /* requests waiting for the turn */
#define ENGINE_READ_QUEUE_MAX 4096      /* reads waiting for a reader */
#define ENGINE_FILE_QUEUE_MAX 1024      /* requests waiting for their files */
#define ENGINE_CALM_QUEUE_MAX 32        /* waiting for a password's hash */
#define ENGINE_SLOW_QUEUE_MAX 8         /* waiting for a backup to end */
#define ENGINE_TEST_QUEUE_MAX 4         /* waiting for a back-test to end */
#define ENGINE_READERS 2                /* threads that read */
#define ENGINE_READER_KIB 6144          /* of the store that each keeps */
#define ENGINE_TICK_MS_MAX 30000        /* longest time between two ticks */
#define ENGINE_FULL_MS 2000             /* retry_after_ms of "full" */
#define ENGINE_STOP_MS 5000             /* an orderly stop takes at most */
#define ENGINE_IDLE_MS (60 * 60 * 1000) /* a session without use ends */
#define ENGINE_CATCHUP_MAX 1000         /* events sent when one subscribes */

#define EXIT_STORE 74 /* a sync failed: nothing more is answered */

/*
 * Make the engine: listen, start threads, serve until told to stop.
 *
 * d            complete but for d->engine
 * s            the writing handle; used by the turn's thread until the return
 * config_path  read again at SIGHUP, or NULL
 * settings     swapped at SIGHUP
 *
 * OUT_OK    an orderly stop was asked for and done
 * else      it could not start; e->code is "create" if a folder or socket
 *           could not be made
 */
enum outcome engine_run(struct desk *d, struct store *s,
			const char *config_path, struct err *e) MUST_CHECK;

/* Was it told to end? For what takes minutes, on any thread. */
bool engine_stopping(const struct desk *d);

/* There is something that a reader is to measure. Any thread. */
void engine_measure(struct desk *d);

/* Has whoever asked hung up? For what takes seconds, on any thread. */
bool engine_asker_gone(const struct request *rq);

/* --- for handlers, in the turn -------------------------------------------- */

/*
 * A handle on the request's connection that stands for an agent. It works
 * once this request's reply has left, and is dropped if the request or its
 * batch fails.
 *
 * name          shown to others while the agent types, copied
 * session_hash  of the cookie or token, copied
 * expires_ms    0: never
 *
 * Returns its name, borrowed until the request is done; NULL: the connection
 * has HANDLES_MAX already.
 */
const char *engine_handle_open(struct request *rq, int64_t agent_id,
			       enum staff staff, const char *name,
			       const char *session_hash, int64_t expires_ms);

/*
 * A handle that stands for a visitor, as engine_handle_open().
 *
 * incident_id  that the visitor writes in; 0: none yet
 * name         shown to staff while the visitor types, copied
 * idle_ms      unused so long, it ends
 */
const char *engine_visitor_open(struct request *rq, int64_t visitor_id,
				int64_t incident_id, const char *name,
				int64_t idle_ms);

/*
 * Take a handle of the request's connection away once its reply has left.
 * false: there is no such handle.
 */
bool engine_handle_close(struct request *rq, const char *handle,
			 char session_hash_out[65]);

/*
 * At the commit of this turn, give every handle of an agent another role.
 * Turn's thread only.
 */
void engine_agent_role(struct desk *d, int64_t agent_id, enum staff staff);

/*
 * At the commit of this turn: the visitor's handles are of another incident;
 * staff are told how the visitor is ("visitor.state"); the visitor's handles
 * end. Turn's thread only.
 */
void engine_visitor_moved(struct desk *d, int64_t visitor_id,
			  int64_t incident_id);
void engine_visitor_state(struct desk *d, int64_t visitor_id);
void engine_visitor_gone(struct desk *d, int64_t visitor_id);

/* Has the visitor a live handle? Thread safe. */
bool engine_visitor_online(struct desk *d, int64_t visitor_id);

/* Why the index of search.db cannot go on, or "". Thread safe. */
void engine_index_why(struct desk *d, char *out, size_t n);

/* A reader found it damaged: it is made anew. Thread safe. */
void engine_index_damaged(struct desk *d);

/* A reader could not open it: its writer is to see whether it is one. Thread
 * safe. */
void engine_index_look(struct desk *d);

/* What is left on the disk, as last looked at. */
struct engine_space {
	int64_t left;    /* bytes; -1: not known */
	int64_t reserve; /* bytes */
	bool low;        /* contacts, chats and uploads are refused */
};

/* Thread safe. */
void engine_space(struct desk *d, struct engine_space *out);

/*
 * What waits and what was refused since the start, as in status.get: objects
 * "backlog" and "refused" (new reference). Thread safe.
 */
json_t *engine_load(struct desk *d);

/* How many peers of each role are connected. Thread safe. */
void engine_peer_counts(struct desk *d, size_t counts_out[ROLE_COUNT]);

#endif

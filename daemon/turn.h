#ifndef POSTIGO_TURN_H
#define POSTIGO_TURN_H

/*
 * turn: the one thread that writes. It takes what waits, decides who may
 * call what, runs each write in its savepoint, commits once, and only then
 * lets replies go.
 *
 * Invariants
 * 1. turn_release() is the only place from which a write's reply leaves, and
 *    it runs after the commit of its batch.
 * 2. A request that fails undoes only itself.
 * 3. A read is handed to the readers after the commit of everything that
 *    came before it.
 * 4. After a failed sync the process ends at once with EXIT_STORE.
 */

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct engine;
struct task;

/* Sessions that end, and roles that change, at this turn's commit. */
struct turn_end {
	int64_t agent_id; /* 0: any */
	char session[65]; /* "": all of the agent's */
	char except[65];
	int staff; /* a new role for the agent's handles; -1: they end */
};

#define TURN_ENDS_MAX 4096
#define TURN_DENIALS_MAX 10 /* audit rows of denials in a second */

/* What a turn's commit changes for visitors; see visit.h. */
enum visit_kind {
	VISIT_MOVED, /* their incident is another one now */
	VISIT_STATE, /* staff are told how they are */
	VISIT_GONE   /* their handles end */
};

struct visit {
	enum visit_kind kind;
	int64_t visitor_id;
	int64_t incident_id; /* VISIT_MOVED */
};

struct visits {
	struct visit *list;
	size_t n;
	size_t cap;
};

#define VISITS_QUEUES 16 /* queues that moved at once; beyond, untold */
#define VISITS_QUEUE 256 /* octets of a queue's name */

struct turn {
	struct turn_end *ends;
	size_t end_count;
	size_t end_cap;
	int64_t now_ms;
	int64_t tick_ms;        /* instant of the next desk_tick() */
	atomic_llong done_ms;   /* as tick_ms, once the last one is done; any
				   thread */
	int64_t full_logged_ms; /* tick of the last "store.full" */
	int64_t denied_ms;      /* begin of the second that denied counts in */
	int denied;
	struct visits visits;
	int64_t *states; /* visitors of whom staff are yet to be told */
	size_t state_count;
	size_t state_cap;
	int64_t state_ms; /* tick at which staff were told last */
	char moved[VISITS_QUEUES][VISITS_QUEUE]; /* where fewer chats wait */
	size_t moved_count;
	json_t *gone;     /* digests of blobs whose files go at the commit */
	bool watch_clock; /* a test moves the clock: look at it often */
};

/* The thread: runs until the engine's turn queue is closed and empty. */
void *turn_main(void *engine);

/* Is the calling thread in turn_main()? Thread safe. */
bool turn_here(void);

/*
 * Who does the request act for, and may they? Fills agent_id, staff and
 * session. Thread safe.
 * OUT_PERM: code "not_allowed" or "no_session"; rq->outcome and err say so
 */
enum outcome turn_authorise(struct task *t) MUST_CHECK;

/*
 * A sync failed, or the store cannot say what is true: what is on the disk
 * decides, after a new start. Nothing more may leave, so nothing is closed in
 * order: the process ends here, with EXIT_STORE. Thread safe.
 */
_Noreturn void turn_die(const struct err *e);

#endif

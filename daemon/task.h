#ifndef POSTIGO_TASK_H
#define POSTIGO_TASK_H

/*
 * task: a request together with what only the engine knows about it. A task
 * belongs to one thread at a time and is handed on through a queue.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/handle.h"
#include "daemon/request.h"

struct peer;

/* What must happen before it may join the turn. */
enum task_prep {
	PREP_NONE,
	PREP_FILES, /* octets over BLOB_ROW_BYTES become files; an upload */
	PREP_CALM   /* a password's hash */
};

struct task {
	struct request rq; /* first: a request is its task */
	json_t *frame;     /* owns params, id, as, key */
	const char *as;    /* the handle named, or NULL */
	size_t bytes;      /* of the frame */
	enum task_prep prep;
	bool over; /* outcome is settled: no handler runs */

	/* network thread: the peer's line */
	struct task *line_next;
	bool in_line;
	bool ready;

	bool in_turn; /* it counts among its peer's */

	/* turn */
	char session[HASH_HEX];   /* of the staff's handle in "as" */
	char opened[HANDLE_NAME]; /* handle made by it, or "" */
	char closing[HANDLE_NAME];
	json_t *catchup;    /* events.subscribe: what to send first */
	int64_t subscribed; /* events after this number are live; -1: none */
	char params_hash[HASH_HEX]; /* of a command with a key */
	bool touch;     /* the store is to be told that the session is used */
	bool repeated;  /* the first answer to its command key */
	int64_t number; /* of the reply; -1: none */
};

/*
 * A task for a frame.
 * peer   one reference is taken
 * frame  taken
 */
struct task *task_new(struct peer *peer, json_t *frame, size_t bytes);

struct task *task_of(struct request *rq);

/* The turn has it, and lets it go: what it wrote is durable. */
void task_to_turn(struct task *t);
void task_left_turn(struct task *t);

/* Settle it with an error. */
void task_fail(struct task *t, enum outcome o, const char *code,
	       int64_t retry_after_ms, const char *text);

/*
 * Nothing that the thread fell short of memory in is promised: the request is
 * refused for the moment. false: it did not fall short.
 */
bool task_short(struct task *t);

/*
 * The reply as a JSON-RPC object (new reference): result or error.
 */
json_t *task_reply(struct task *t);

/*
 * It was answered, or there is nobody to answer: count it off its peer and
 * free everything.
 */
void task_done(struct task *t);

#endif

#ifndef POSTIGO_DESK_H
#define POSTIGO_DESK_H

/*
 * desk: what the whole daemon shares, passed down to every handler.
 *
 * Invariants: members under "fixed" never change after the start; the book
 * is swapped under its mutex and read through desk_book(); everything under
 * "turn" is touched by the turn's thread alone.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"
#include "daemon/wire/method.h"

struct answer_times;
struct looked;
struct book;
struct people;
struct store;
struct settings;
struct engine;

#define DESK_OLD_MAX 8 /* versions before the applied one kept parsed */

/* A version of the desk book of which clocks still run. */
struct desk_old {
	int64_t version; /* 0: free */
	struct book *book;
	uint64_t asked; /* the place of its last use */
};

struct desk {
	/* fixed */
	const struct settings *settings;
	unsigned char key[HASH_BYTES]; /* DIR/desk.key: seals and signs */
	int64_t started_ms;
	struct engine *engine;      /* peers, threads; see engine.h */
	struct people *people;      /* who may log in; see people.h */
	struct answer_times *times; /* how long answers take; its own lock */
	struct looked *looked; /* what agents look at; its own lock, or NULL */

	/* the desk book now applied */
	pthread_mutex_t book_lock;
	struct book *book;      /* never NULL after the start */
	int64_t book_version;   /* 0: the built-in empty book */
	struct book *left_book; /* the one before, or NULL: the worker of
				   files lets go of it */
	struct desk_old old[DESK_OLD_MAX]; /* what desk_book_of() read */
	uint64_t old_asked;
	uint64_t old_forgotten; /* how often desk_forget_old() was called */

	/* turn: what the turn's commit will make true */
	unsigned wake_outbox; /* bit 1 << enum role: tell them */
	unsigned wake_jobs;
	unsigned wake_connections;
	unsigned wake_hooks;
	int64_t ticked_ms;      /* desk_tick() has looked up to here */
	int64_t templates_ms;   /* template_tick() asks again from here on */
	int64_t zone_ms;        /* desk_zone_day() looks from here on */
	struct book *next_book; /* applied by this turn, or NULL */
	int64_t next_version;
	/* turn: on which events that book has rules, see decide_asks() */
	const struct book *asked_book;
	int64_t asked_version;
	unsigned asked_events; /* bits of rules/field.h */
	bool asked_again;      /* of a contact that is not the first */
};

/* The applied book, one reference (book_unref), and its version. In the turn
 * the book that this turn applied, if it did. Thread safe. */
struct book *desk_book(struct desk *d, int64_t *version_out);

/*
 * A version of the desk book, one reference (book_unref). Of the applied one
 * all of it; of an older one its promises alone (book_promises_read), of which
 * DESK_OLD_MAX are kept. Thread safe; s is the calling thread's handle.
 * OUT_PERM  code "not_found"; or its text cannot be read by this program
 */
enum outcome desk_book_of(struct desk *d, struct store *s, int64_t version,
			  struct book **out, struct err *e) MUST_CHECK;

/* Forget what desk_book_of() kept. Thread safe. */
void desk_forget_old(struct desk *d);

/*
 * Once a day: are the system's zone data others than those that deadlines are
 * made with? Then the book is read again, and clocks_zone() has it seen to. In
 * the turn, inside its transaction.
 */
enum outcome desk_zone_day(struct desk *d, struct store *s, int64_t now_ms,
			   struct err *e) MUST_CHECK;

/* Facts of the writing handle name the teams of queues by this desk's book. */
void desk_teams(struct desk *d, struct store *s);

/* Let go of the book before the applied one: to free thousands of patterns
 * takes milliseconds. Thread safe. */
void desk_leave_book(struct desk *d);

/*
 * End sessions at the commit of this turn: every handle of that agent, or of
 * that cookie's hash, stops working on every connection, and the connection
 * is told with "session.ended". Turn's thread only.
 *
 * agent_id  0: any
 * session   hash, or NULL: all of the agent's
 * except    a session's hash to leave alone, or NULL
 */
void desk_end_sessions(struct desk *d, int64_t agent_id, const char *session,
		       const char *except);

/*
 * At the commit of this turn, a blob's file is no longer named by any row: the
 * worker unlinks it unless it was put again meanwhile. Turn's thread only.
 */
void desk_blob_gone(struct desk *d, const char *sha256);

/*
 * Run what is due: deadlines that passed, leases that ran out, rows past
 * their time. In the turn, inside its transaction.
 *
 * next_ms_out  instant at which it has something to do again
 */
enum outcome desk_tick(struct desk *d, struct store *s, int64_t now_ms,
		       int64_t *next_ms_out, struct err *e) MUST_CHECK;

#endif

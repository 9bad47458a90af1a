#ifndef POSTIGO_STORE_H
#define POSTIGO_STORE_H

/*
 * store: one handle on postigo.db. The daemon opens one that writes, a few that
 * only read, and one that copies the log into the file.
 *
 * Only files of daemon/store/ know SQLite; the modules beside this one
 * (incident.h, message.h, ...) are the words in which the daemon speaks to it.
 *
 * Invariants: one writing handle, used by the turn's thread alone; each
 * reading handle is used by one thread; after a failed commit nothing may be
 * answered and the program exits (STORE_DEAD).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

enum store_mode {
	STORE_WRITE, /* create, migrate, lock, write */
	STORE_READ,  /* read-only, no automatic checkpoint */
	STORE_LOG,   /* store_log_copy() and no other: beside one that writes */
	STORE_ALONE  /* read-only, with the lock: nobody writes meanwhile */
};

/*
 * Open DIR/postigo.db. STORE_WRITE creates it, runs the migrations that are
 * missing (each in a transaction of its own) and holds DIR/postigo.lock.
 *
 * OUT_OK    *s_out is to be closed with store_close
 * OUT_TEMP  busy or no space
 * OUT_PERM  locked by another daemon (code "locked"), written by a newer
 *           version (code "newer"), half restored (code "restoring"), or
 *           damaged: the text says which
 */
enum outcome store_open(const char *dir, enum store_mode mode,
			struct store **s_out, struct err *e) MUST_CHECK;

/* Stands in a folder while a backup is restored into it (restore.h). */
#define STORE_RESTORING "restore.unfinished"

/* As store_open() to write, in a folder where STORE_RESTORING stands, and whose
 * lock the caller has. */
enum outcome store_open_restored(const char *dir, struct store **s_out,
				 struct err *e) MUST_CHECK;
void store_close(struct store **s);

/*
 * The transaction of one turn. store_begin is BEGIN IMMEDIATE, and does
 * nothing if one is open. store_commit does nothing if none is.
 *
 * store_commit
 * OUT_OK    durable: written and synced
 * OUT_TEMP  not written, rolled back, and the store is sound: disk full
 * OUT_UNSURE  a sync failed: nothing may be answered; exit (invariant 5)
 */
enum outcome store_begin(struct store *s, struct err *e) MUST_CHECK;
enum outcome store_commit(struct store *s, struct err *e) MUST_CHECK;
void store_rollback(struct store *s);
/* Did a sync fail, at whatever was done? Then nothing may be answered. */
bool store_sync_failed(const struct store *s);
/* Did a handle of the process meet a page that is damaged? Then store_begin
 * and store_commit give OUT_TEMP, code "damaged"; sound pages can be read. */
bool store_damaged(void);
/* Is a transaction open, and did it change a row? */
bool store_changed(const struct store *s);

/*
 * A savepoint around one request. Exactly one of release and undo follows.
 * The events that event_add() noted since are undone with it.
 *
 * OUT_UNSURE from undo: SQLite ended the whole transaction (disk full,
 * input/output error); every request of the turn must be failed.
 */
enum outcome store_save(struct store *s, struct err *e) MUST_CHECK;
enum outcome store_release(struct store *s, struct err *e) MUST_CHECK;
enum outcome store_undo(struct store *s, struct err *e) MUST_CHECK;

/*
 * A savepoint within that one, around work whose failure costs itself alone.
 * Exactly one of keep and drop follows; they do not nest.
 */
struct store_inner {
	int64_t number;
	size_t notes;
	size_t tally;
};
enum outcome store_inner(struct store *s, struct store_inner *in,
			 struct err *e) MUST_CHECK;
enum outcome store_inner_keep(struct store *s, struct err *e) MUST_CHECK;
/* OUT_UNSURE  as store_undo */
enum outcome store_inner_drop(struct store *s, const struct store_inner *in,
			      struct err *e) MUST_CHECK;

/* A read transaction (readers), so that all of one answer is one snapshot. */
enum outcome store_read_begin(struct store *s, struct err *e) MUST_CHECK;
void store_read_end(struct store *s);

/* Last event number in this handle's view; 0 in an empty store. Known in
 * every transaction; a reader outside of one gets 0 if it cannot be read. */
int64_t store_number(struct store *s);

/*
 * Keep count of what is active in memory from now on (tally.h): the writing
 * handle, outside of transactions, once. What is there already is counted by
 * store_tally_load(), of a handle that shares it.
 */
void store_tally_start(struct store *s);

/* A reading handle asks that count. The writer is closed after it. */
void store_tally_share(struct store *reader, struct store *writer);

/* Count what was there when this handle's read transaction began, and nothing
 * had been committed since store_tally_start(). Outcomes: as a read; then
 * counts are made by looking at rows. */
enum outcome store_tally_load(struct store *s, struct err *e) MUST_CHECK;

/* Pages in the log after the last commit of the writing handle. It begins the
 * log anew by itself, in a transaction that finds all of it copied. */
int store_log_pages(const struct store *s);

/*
 * Checkpoint: sync the log, copy into the file what no reader needs to find
 * there as it was, sync the file. Whoever writes goes on meanwhile. By a handle
 * of STORE_LOG; the one that writes does it where the log is over
 * STORE_LOG_MAX octets, before it begins a transaction.
 *
 * pages_out   in the log
 * copied_out  of those, what the file has
 * OUT_TEMP    another handle is at it, or the disk is full: the log stays
 * OUT_UNSURE  a sync failed: nothing may be answered; exit
 *
 * Source: https://www.sqlite.org/wal.html, "Checkpointing"
 */
#define STORE_LOG_MAX (32 * 1024 * 1024)
enum outcome store_log_copy(struct store *s, int *pages_out, int *copied_out,
			    struct err *e) MUST_CHECK;

/* How much of the store's file a handle of STORE_READ may keep in memory, KiB:
 * 2,048 if nobody says otherwise. OUT_TEMP: no memory. */
enum outcome store_keep(struct store *reader, int kib,
			struct err *e) MUST_CHECK;

/* Octets of the log's file. It does not get smaller when the log begins anew. */
int64_t store_log_bytes(const struct store *s);

/* The folder it was opened in. */
const char *store_dir(const struct store *s);

#endif

#ifndef POSTIGO_SEARCH_H
#define POSTIGO_SEARCH_H

/*
 * search: a handle on DIR/search.db, the full text of every message. The file
 * is derived: whatever is wrong with it, it is removed and made anew from the
 * messages, and it is in no backup.
 *
 * A search writes nothing that matters: none of its failures, not even that of a
 * sync, says anything about postigo.db. Not here: what is read from the words
 * that a person typed (terms.h), and pages of hits (hits.h).
 *
 * Invariants: one handle writes, in the indexer's thread; the cursor is
 * committed with the rows that it counts; a row's number is its message's.
 * Source: schema/STORE.md, "search.db".
 */

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct search;
struct store;

#define SEARCH_BATCH 1000                    /* messages of one transaction */
#define SEARCH_BATCH_BYTES (4 * 1024 * 1024) /* of their texts */

/* How far the index is. */
struct search_state {
	int64_t cursor; /* every message up to this row is in it */
	int64_t count;  /* how many those are */
};

/*
 * Open DIR/search.db to write, and make it if it is not there, is damaged, of
 * another version, of another desk, or ahead of the store.
 *
 * s         a reading handle on the store, without a transaction
 * made_out  it was made anew
 *
 * OUT_OK    *out is to be closed with search_close
 * OUT_TEMP  no space, busy
 * OUT_PERM  this SQLite has no FTS5
 */
enum outcome search_open(struct store *s, struct search **out, bool *made_out,
			 struct err *e) MUST_CHECK;

/*
 * Open it to read; a whole one, also while a thread of this process makes it
 * anew. OUT_TEMP, code "absent": there is none now.
 */
enum outcome search_open_read(const char *dir, struct search **out,
			      struct err *e) MUST_CHECK;

void search_close(struct search **s);

/* Is it still the file of that name? A file that was made anew is another. */
bool search_current(const struct search *s);

/* Remove the file and what SQLite keeps beside it; nobody may be writing. */
void search_remove(const char *dir);

/* How far it is, in the transaction that is open or as of now. */
enum outcome search_state(struct search *s, struct search_state *out,
			  struct err *e) MUST_CHECK;

/*
 * Index the next messages, at most SEARCH_BATCH, in one transaction.
 *
 * from       a reading handle on the store, without a transaction; its read
 *            transaction ends before the first word is written
 * stop       becomes true: leave off, nothing is kept
 * n_out      how many messages; 0: it is complete
 *
 * OUT_TEMP  no space (code "full"), busy, or stopped (code "stopped")
 * OUT_PERM  damaged (code "index"): close, remove, open again
 */
enum outcome search_step(struct search *s, struct store *from,
			 const atomic_bool *stop, int *n_out,
			 struct err *e) MUST_CHECK;

/* --- for daemon/store alone ------------------------------------------------- */

sqlite3 *search_db(struct search *s);

/* Cuts text into words as the index does. */
struct search_words {
	fts5_tokenizer fn;
	Fts5Tokenizer *self;
};
const struct search_words *search_words(struct search *s);

/* What the handle's last failure means; never aborts. */
enum outcome search_fail(struct search *s, const char *what, struct err *e);

/* A message as the index sees it. Everything is the statement's. */
struct search_doc {
	int64_t id;
	const char *column[4]; /* never NULL */
	int bytes[4];
};
#define SEARCH_SUBJECT 0
#define SEARCH_BODY 1
#define SEARCH_PEOPLE 2
#define SEARCH_FILES 3
#define SEARCH_COLUMNS 4

/* Messages after id $1 up to id $2, at most $3, in order. */
sqlite3_stmt *search_docs(struct store *s, int64_t after, int64_t upto,
			  int limit);
void search_doc_read(sqlite3_stmt *st, struct search_doc *out);

#endif

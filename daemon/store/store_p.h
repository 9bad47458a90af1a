#ifndef POSTIGO_STORE_P_H
#define POSTIGO_STORE_P_H

/*
 * store_p: the inside of a store handle, shared by store.c, sql.c, event.c,
 * fact.c, incident.c and tally.c alone.
 */

#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/buf.h"
#include "daemon/store/fact.h"
#include "daemon/store/sql.h"
#include "daemon/store/store.h"

/* One event of the transaction now open. */
struct event_note {
	int64_t number;
	int64_t at_ms;
	const char *kind; /* static */
	int64_t incident_id;
	int64_t seq;
	int64_t agent_id;
	json_t *data;
};

struct search;
struct tally;

struct store {
	sqlite3 *db;
	enum store_mode mode;
	char *dir;
	int lock_fd;
	bool dead;  /* a sync failed: nothing may be promised any more */
	bool begun; /* a transaction of ours is open */
	bool saved; /* a savepoint is open */
	int64_t changes_base; /* total changes that do not count as ours */
	int64_t save_changes;
	int wal_pages;  /* in the log after the last commit */
	int prepare_rc; /* why the last sql_stmt() gave NULL */
	int prepare_errno;

	struct { /* open addressing by the constant's address */
		const struct sql *q;
		sqlite3_stmt *st;
	} cache[SQL_CACHE_MAX];
	size_t cached;

	int64_t number; /* last event; -1: a reader outside of transactions */
	int64_t begin_number;
	int64_t save_number;
	struct event_note *notes; /* events of this transaction */
	size_t note_count;
	size_t note_cap;
	size_t save_notes;
	/* The incident whose sequence is counted in memory until event_flush:
	 * one UPDATE for all events of a request. */
	int64_t seq_incident;
	int64_t seq_value;
	bool seq_dirty;

	struct buf text;       /* of the event that is written */
	fact_team_fn *team_of; /* who works in a queue; may be NULL */
	void *team_arg;

	struct search *search; /* to read, when first asked for; hits.c */

	struct tally *tally; /* the writer's; NULL: none is kept */
	size_t save_tally;
	bool tally_own; /* else it is that of another handle */
};

/* Write what event_add() still holds in memory. */
enum outcome event_flush(struct store *s, struct err *e) MUST_CHECK;
/* Forget it, and notes from that one on. */
void event_forget(struct store *s, size_t from);

#endif

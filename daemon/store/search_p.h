#ifndef POSTIGO_SEARCH_P_H
#define POSTIGO_SEARCH_P_H

/*
 * search_p: the inside of a handle on search.db, shared by search.c and
 * search_step.c alone.
 */

#include <sqlite3.h>
#include <stdint.h>
#include <sys/stat.h>

#include "daemon/base/err.h"
#include "daemon/store/search.h"

struct search {
	sqlite3 *db;
	char *path;
	struct stat file; /* that was opened */
	struct search_words words;
	sqlite3_stmt *get; /* the state */
	sqlite3_stmt *put;
	sqlite3_stmt *add; /* a message */
	int log_pages;
	int64_t looked; /* events up to this one were looked at */
};

/* What tells a message of this desk from one of that number elsewhere. */
struct search_mark {
	int64_t desk_ms;
	int64_t incident_id;
	int64_t committed_ms;
};

/* Of the store. incident_id 0: it has no such message. */
enum outcome search_mark_of(struct store *from, int64_t cursor,
			    struct search_mark *out, struct err *e) MUST_CHECK;

/* The number of the newest event of the store; 0: there is none. */
enum outcome search_event_of(struct store *from, int64_t *out,
			     struct err *e) MUST_CHECK;

/* what: for the message of an error. */
enum outcome search_exec(struct search *s, const char *sql, const char *what,
			 struct err *e) MUST_CHECK;

/* The first column of the first row. */
enum outcome search_number(struct search *s, const char *sql, int64_t *out,
			   struct err *e) MUST_CHECK;

#endif

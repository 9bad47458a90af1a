#ifndef POSTIGO_CHECK_H
#define POSTIGO_CHECK_H

/*
 * check: is the store sound? SQLite's own checks, schema/store/checks.sql,
 * the chain of audit rows, events folded against what was made of them
 * (fold.h), and octets against their hashes.
 *
 * Nothing is changed here, and no snapshot is held for long: everything that
 * is large is read in slices, so that the log can be checkpointed meanwhile.
 * Source: schema/STORE.md, "What fsck looks at".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define CHECK_ROWS_MAX 100  /* problems listed of one check */
#define CHECK_LIST_MAX 2000 /* problems listed at all */
#define CHECKS_MAX 200      /* in checks.sql */

/* What is looked at, how far it is, of how much (0: not known). */
typedef void check_progress_fn(void *arg, const char *what, int64_t done,
			       int64_t all);

/* Should it end before it has seen everything? Asked often. */
typedef bool check_stop_fn(void *arg);

/* What was found. Made with check_begin, freed with check_release. */
struct check_report {
	json_t *problems;  /* list of {check, row}, row a list of values */
	json_t *notices;   /* the same: worth knowing, and no fault */
	json_t *counts;    /* how many of what were looked at */
	int64_t found;     /* problems, listed or not */
	int64_t noticed;   /* notices, listed or not */
	size_t checks;     /* how many were run */
	bool other_schema; /* set: rows were not looked at */
	bool alone;        /* nobody writes: set by who holds the lock */

	check_progress_fn *progress; /* or NULL */
	check_stop_fn *stop;         /* or NULL */
	void *arg;                   /* of both */

	json_t *seen; /* how often each check found something */
};

void check_begin(struct check_report *r);
void check_release(struct check_report *r);

/* Add a problem, or a notice, of a check. row is taken. */
void check_problem(struct check_report *r, const char *check, json_t *row);
void check_notice(struct check_report *r, const char *check, json_t *row);

/* Tell how far it is. OUT_TEMP, code "stopped": it should end. */
enum outcome check_pulse(struct check_report *r, const char *what, int64_t done,
			 int64_t all, struct err *e) MUST_CHECK;

/*
 * SQLite's checks, checks.sql, the audit rows and the fold of the events.
 *
 * s  a handle; without an open transaction nothing is held for long
 *
 * OUT_OK    the report says what was found
 * OUT_TEMP  code "stopped", or the disk failed
 */
enum outcome check_rows(struct store *s, struct check_report *r,
			struct err *e) MUST_CHECK;

/*
 * Octets: every row's against its hash, every file that a row names, and
 * files that no row names (notice "orphan").
 */
enum outcome check_octets(struct store *s, struct check_report *r,
			  struct err *e) MUST_CHECK;

/* search.db, if there is one, against the messages. */
enum outcome check_search(struct store *s, struct check_report *r,
			  struct err *e) MUST_CHECK;

/* Everything about a desk's folder: rows, octets, search.db. */
enum outcome check_all(struct store *s, struct check_report *r,
		       struct err *e) MUST_CHECK;

/* Call fn with the path and the digest of each file that no row names.
 * fn returns false to end. */
enum outcome check_orphans(struct store *s, struct check_report *r,
			   bool (*fn)(void *arg, const char *path,
				      const char *sha256),
			   void *arg, struct err *e) MUST_CHECK;

/*
 * check_rows, for callers that want the list alone.
 *
 * problems_out  new list of {check, row}; empty in a sound store
 * checks_out    how many were run
 */
enum outcome store_check(struct store *s, json_t **problems_out,
			 size_t *checks_out, struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_HITS_H
#define POSTIGO_HITS_H

/*
 * hits: pages of what a search finds: one hit an incident, by its newest
 * message that matches, newest first.
 *
 * The index is walked from its newest row down and left off when the page is
 * full or the time is over; nothing is sorted or counted. Pages of one search
 * see the index as it was at the first one.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct book;
struct store;

#define HITS_LIMIT_MAX 100
#define HITS_BYTES_MAX (400 * 1024) /* of a page; it ends with the next hit */
#define HITS_CURSOR_MAX 48
#define HITS_DEADLINE_MS 1000 /* of one page */
#define HITS_NEWER_MAX 500    /* messages of an incident that are looked at */

struct hits_query {
	const char *text;  /* as typed: terms.h */
	const char *after; /* cursor of the page before, or NULL */
	int limit;         /* 1 to HITS_LIMIT_MAX */
	int deadline_ms;   /* HITS_DEADLINE_MS */
};

struct hits_page {
	json_t *hits;               /* new list of SearchHit objects */
	char next[HITS_CURSOR_MAX]; /* "": that was the last page */
	int64_t indexed;            /* messages up to this row can be found */
	int64_t last; /* the newest message; complete when equal */
	bool cut;     /* the time was over: there may be more */
	bool broken;  /* the index cannot be opened: its writer must look */
};

/*
 * One page. s is in a read transaction or in the turn's.
 *
 * OUT_OK    the caller owns out->hits
 * OUT_TEMP  the index cannot be read now
 * OUT_PERM  code "bad_params": too many words, or not a cursor; code "index":
 *           it is damaged, and is to be made anew
 */
enum outcome hits_page(struct store *s, const struct book *b,
		       const struct hits_query *q, struct hits_page *out,
		       struct err *e) MUST_CHECK;

/* How far the index is: as in a page. An absent one is at 0. */
enum outcome hits_progress(struct store *s, int64_t *indexed, int64_t *last,
			   struct err *e) MUST_CHECK;

#endif

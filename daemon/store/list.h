#ifndef POSTIGO_LIST_H
#define POSTIGO_LIST_H

/*
 * list: pages of incidents, and how many there are of each kind.
 *
 * Pages are walked by keys, never by offset: a page begins after the last
 * incident of the page before, whatever came or went since. Every order is an
 * index's own, or that of fewer than LIST_FEW incidents, which are sorted; no
 * page looks at more than LIST_SCAN_MAX.
 */

#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct book;
struct buf;
struct store;

#define LIST_LIMIT_MAX 200
#define LIST_CURSOR_MAX 100
#define LIST_COUNT_MAX 10000 /* ended incidents are not counted beyond */
#define LIST_FEW 1000        /* incidents that are sorted for one page */
#define LIST_SCAN_MAX 10000  /* incidents that are looked at for one page */

enum list_view {
	LIST_ACTIVE,
	LIST_MINE,
	LIST_UNASSIGNED,
	LIST_PENDING,
	LIST_SOLVED,
	LIST_SPAM,
	LIST_ALL,
	LIST_VIEWS
};

enum list_sort {
	LIST_DUE,   /* nearest deadline first; what has none by age, last */
	LIST_NEWEST /* last message first; ended views are always so */
};

struct list_query {
	enum list_view view;
	enum list_sort sort;
	int64_t me;          /* the agent of LIST_MINE; 0: nobody */
	const char *queue;   /* NULL: any */
	const char *state;   /* NULL: any */
	const char *channel; /* NULL: any */
	const char *reason;  /* NULL: any */
	const char *tag;     /* NULL: any */
	int64_t assignee;    /* 0: any */
	int64_t customer;    /* 0: any */
	bool undecided;      /* only those whose rules were not decided */
	const char *after;   /* cursor of the page before, or NULL */
	int limit;           /* 1 to LIST_LIMIT_MAX */
};

/* "active", ... LIST_VIEWS if it is none of them. */
enum list_view list_view_parse(const char *s);
const char *list_view_name(enum list_view v);

/* Is it a state of an incident that is not ended? */
bool list_state_active(const char *state);

/*
 * One page.
 * out       gets the Incident objects, as the text of a JSON array; nothing is
 *           added unless OUT_OK
 * next_out  cursor of the next page; "" if this was the last. A page that looked
 *           at LIST_SCAN_MAX incidents may be short, or empty, and not the last
 *
 * OUT_PERM  code "bad_params": q->after is not a cursor of this list;
 *           "too_large": over out's ceiling
 */
enum outcome list_page(struct store *s, const struct book *b,
		       const struct list_query *q, struct buf *out,
		       char next_out[LIST_CURSOR_MAX],
		       struct err *e) MUST_CHECK;

/*
 * {views, queues, overdue, risk, ontime} as incident.counts gives it. A view
 * of ended incidents that has LIST_COUNT_MAX or more is null.
 * me  for "mine"; 0: nobody
 */
enum outcome list_counts(struct store *s, const struct book *b, int64_t me,
			 int64_t now_ms, json_t **out,
			 struct err *e) MUST_CHECK;

/* The walks' statements, for the test of their plans; NULL after the last. */
const char *list_statement(size_t i, const char **name_out);

#endif

#ifndef POSTIGO_SHOP_ASK_H
#define POSTIGO_SHOP_ASK_H

/*
 * ask: what the pulls share: URLs with a query, pages that are gone on from,
 * and what a status says before a body is read. Pure.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateways/shop/pull.h"

struct buf;

#define ASK_REST_MS 30000      /* where the shop says none */
#define ASK_REST_MS_MAX 900000 /* of what it says */

/* Begin a URL: that of the shop, without slashes at its end, and a path. */
void ask_begin(struct buf *b, const struct pull_shop *shop, const char *path);

/* Add name=value, percent-encoded, behind '?' or '&'. */
void ask_query(struct buf *b, const char *name, const char *value);
void ask_query_number(struct buf *b, const char *name, int64_t value);

/* Hand the URL and one header line (taken) over. false: the URL is too long. */
bool ask_end(struct buf *b, char *header, struct pull_ask *ask);

/*
 * What a status means whoever answers.
 *
 * true   there is a body to be read
 * false  there is none, and *o is what to return: told->again with a rest for
 *        429 and what a server could not do now, OUT_PERM "auth" for 401
 */
bool ask_status(const struct pull_answer *a, struct pull_told *told,
		enum outcome *o, struct err *e);

/* Is it a page for people, as shops in maintenance show one? */
bool ask_is_page(const struct pull_answer *a);

/*
 * Pages that do not lose what changes while they are read. An order that
 * changes goes to the end of the list, and all behind it move up by one: the
 * next page of a fixed list would miss one. So a full page is gone on from the
 * last time in it, and by place only among those of that same time.
 *
 * Members of run: from (a label), offset (records of that label read so far),
 * seen ({id: label}: what that page had of its last label), end.
 */
struct ask_page {
	const char *id;      /* member: the record's */
	const char *changed; /* member: its label of change */
	size_t full;         /* records of a full page */
};

/* Where the next page begins: the run's label, or first at the beginning. */
const char *ask_from(const json_t *run, const char *first);
int64_t ask_offset(const json_t *run);

/* Note what came; the records that the page before had as well are removed
 * from it. */
void ask_page(const struct ask_page *p, json_t *run, json_t *records);

/* The text of a member of each record, once each: new array of strings. "0"
 * is none. */
json_t *ask_ids(const json_t *records, const char *member);
/* Add those of other records, or of another member. */
void ask_ids_more(json_t *ids, const json_t *records, const char *member);

/* Strings with a separator between them. */
void ask_join(struct buf *b, const json_t *ids, const char *separator);

#endif

#ifndef POSTIGO_SHOPCURSOR_H
#define POSTIGO_SHOPCURSOR_H

/*
 * shopcursor: how far a shop was read, one row for each thing that is read of
 * it. The words are its reader's own. Source: schema/STORE.md, "shop_cursor".
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* What to set; NULL and 0: as it was. Borrowed. */
struct shopcursor_new {
	int64_t connection_id;
	const char *resource;
	const char *mark;
	const char *page;
	int64_t looked_ms;
	int64_t seen_hook_ms;
};

/* Set it; one that is not there is made. */
enum outcome shopcursor_set(struct store *s, const struct shopcursor_new *c,
			    struct err *e) MUST_CHECK;

/* {mark, page, looked_at, seen_hook_at}, of one that is not there as of a shop
 * that was never read. New. */
enum outcome shopcursor_get(struct store *s, int64_t connection_id,
			    const char *resource, json_t **out,
			    struct err *e) MUST_CHECK;

#endif

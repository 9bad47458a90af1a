#ifndef POSTIGO_CHAT_ORDER_PAGE_H
#define POSTIGO_CHAT_ORDER_PAGE_H

/*
 * order_page: an OrderSheet as HTML. Pure.
 *
 * Invariant: texts of others are escaped; a link is one of http or https.
 */

#include <jansson.h>

struct buf;

/* Append the page of a sheet. Members may be missing or of another type: they
 * are left out. */
void order_page(struct buf *b, const json_t *sheet);

/* Append a page that only says something. language: "es" or "en". */
void order_page_notice(struct buf *b, const char *language, const char *text);

#endif

#ifndef POSTIGO_ORDERSHEET_H
#define POSTIGO_ORDERSHEET_H

/*
 * ordersheet: all that a buyer is shown of an order, in words of their
 * language: once as an OrderSheet for the page, once as the text of a mail.
 *
 * Invariants: what is not known is left out; a link of a carrier is one of
 * http or https; properties whose names begin with '_' are the shop's own.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct desk;
struct store;

#define ORDERSHEET_TEXT_MAX (32 * 1024) /* of a mail */

/*
 * An OrderSheet (schema/wire/methods.tbl). A read.
 * language  "es" or "en"; NULL: the buyer's, else the desk's
 * out       new reference on OUT_OK
 * OUT_PERM  code "not_found": there is no such order, it is deleted, or none
 *           that somebody made
 */
enum outcome ordersheet_make(struct desk *d, struct store *s, int64_t order_id,
			     const char *language, int64_t now_ms, json_t **out,
			     struct err *e) MUST_CHECK;

/*
 * What a sheet says, as text (free with mem_free).
 * url   of its page; NULL: no page is named
 * whole every line and sum; else what fits a short message
 */
char *ordersheet_text(const json_t *sheet, const char *url, bool whole);

/* "Your order 1042", in the sheet's language (free with mem_free). */
char *ordersheet_subject(const json_t *sheet);

#endif

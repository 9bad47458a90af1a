#ifndef POSTIGO_ORDER_IN_H
#define POSTIGO_ORDER_IN_H

/*
 * order_in: the neutral order, as somebody told it, made ready to be stored:
 * checked, cut, amounts as minor units, instants as milliseconds. Pure.
 *
 * What is made has the members of schema/ORDERS.md under the same names, with
 * these differences: amounts are integers; X_at is X_ms (UTC milliseconds);
 * what is not known is absent; a word that is not in its list is "unknown",
 * as is one that is not told. Beside them number_key, and of parcels
 * tracking_key.
 * Source: schema/ORDERS.md.
 */

#include <jansson.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

#define ORDER_ID_MAX 200           /* octets of ids and numbers */
#define ORDER_ROWS_MAX 1000        /* lines, parcels, refunds of an order */
#define ORDER_RAW_MAX (256 * 1024) /* octets of the source's own text */

/*
 * order  as it came; borrowed
 * out    new object on OUT_OK
 *
 * OUT_PERM  code "bad_order"; the text names the member and what is wrong:
 *           "lines[2].total is not an amount"
 */
enum outcome order_in(const json_t *order, json_t **out,
		      struct err *e) MUST_CHECK;

/* The same of what shipment.put takes. Its instant is updated_ms. */
enum outcome order_in_tracking(const json_t *tracking, json_t **out,
			       struct err *e) MUST_CHECK;

/* Digest of what order_in() made, whatever order its members came in. */
void order_in_digest(const json_t *made, char out[HASH_HEX]);

/* Letters and digits alone, in upper case: "EST 001-002" is "EST001002".
 * Other letters than A to Z stay as they are. out is cut at max octets. */
void order_key(const char *text, char *out, size_t max);

/* Rank of a parcel's status; -1: unknown. See schema/ORDERS.md. */
int order_status_rank(const char *status);

#endif

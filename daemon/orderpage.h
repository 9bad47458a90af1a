#ifndef POSTIGO_ORDERPAGE_H
#define POSTIGO_ORDERPAGE_H

/*
 * orderpage: the link by which a customer sees one order without logging in.
 *
 * o ORDER . UNTIL . MAC, where UNTIL is the second at which it ends and MAC is
 * 32 hexadecimal digits (128 bits) of HMAC-SHA-256 over the rest, under a key
 * derived from the desk's. No row stands for it: a new desk key ends them all.
 * It gives the right to read that one order, and nothing else.
 * Source: schema/PROTOCOL.md, "order.page".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/hash.h"

struct settings;

#define ORDERPAGE_TOKEN_MAX 80                /* with NUL */
#define ORDERPAGE_S ((int64_t)90 * 24 * 3600) /* that a link is good for */

/* The token of an order. order_id, until_s: > 0. */
void orderpage_token(const unsigned char desk_key[HASH_BYTES], int64_t order_id,
		     int64_t until_s, char out[ORDERPAGE_TOKEN_MAX]);

enum orderpage_token {
	ORDERPAGE_GOOD,
	ORDERPAGE_BAD,  /* we did not make it */
	ORDERPAGE_ENDED /* we did; its time is over */
};

/*
 * Read a token; the MAC is compared in constant time.
 * text       anything may come
 * order_out  set unless BAD
 */
enum orderpage_token orderpage_read(const unsigned char desk_key[HASH_BYTES],
				    const char *text, int64_t now_s,
				    int64_t *order_out);

/*
 * Where the page of a token is: the chat gateway's public address, else where
 * it listens. Free with mem_free.
 * public_out  customers can open it; may be NULL
 */
char *orderpage_url(const struct settings *st, const char *token,
		    bool *public_out);

#endif

#ifndef POSTIGO_TOKEN_H
#define POSTIGO_TOKEN_H

/*
 * token: the signed words by which a customer's answer finds its incident.
 *
 * p INCIDENT . MESSAGE . MAC, where MESSAGE is the number within the
 * incident and MAC is 16 characters of lower-case base32 (80 bits) of
 * HMAC-SHA-256 over the rest, under a key derived from the desk's. A token
 * gives the right to append to an incident, never to read it.
 * Source: schema/PROTOCOL.md, "Contacts".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/hash.h"

#define TOKEN_MAC 16 /* characters */
#define TOKEN_MAX 64 /* with NUL */
#define TOKEN_LOOP_MAX (TOKEN_MAC + 1)

/* The token of a message. */
void token_make(const unsigned char desk_key[HASH_BYTES], int64_t incident_id,
		int64_t number, char out[TOKEN_MAX]);

/*
 * Find a token that verifies in a Message-ID "<p42.7.MAC@domain>" or an
 * address "local+p42.7.MAC@domain". The MAC is compared in constant time.
 * Upper case is read as lower: some systems change it.
 *
 * text  of n bytes; anything may come
 * false: there is none
 */
bool token_find(const unsigned char desk_key[HASH_BYTES], const char *text,
		size_t n, int64_t *incident_out, int64_t *number_out);

/*
 * The mark of this desk in every mail that it sends (X-Postigo-Loop): a MAC as
 * above under a key of its own. It is the same for ever, gives no right, and
 * tells nothing of the desk's key.
 */
void token_loop(const unsigned char desk_key[HASH_BYTES],
		char out[TOKEN_LOOP_MAX]);

/* Is this desk's mark among the words of a mail's X-Postigo-Loop? text may be
 * NULL; upper case is read as lower. */
bool token_is_loop(const unsigned char desk_key[HASH_BYTES], const char *text);

#endif

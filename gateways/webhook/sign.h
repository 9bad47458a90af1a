#ifndef POSTIGO_WEBHOOK_SIGN_H
#define POSTIGO_WEBHOOK_SIGN_H

/*
 * sign: how the other side knows that a webhook is ours and is not an old one:
 * HMAC-SHA-256 under the shared secret over "ID.TIMESTAMP.BODY".
 *
 * Source: schema/PROTOCOL.md, "Webhooks". Pure.
 */

#include <stddef.h>
#include <stdint.h>

#define SIGN_MAX 80 /* "v1=", 64 digits, NUL */

/*
 * "v1=" and 64 lower-case hexadecimal digits.
 * at_s  UTC seconds, as the header says them
 */
void sign_webhook(const char *secret, const char *id, int64_t at_s,
		  const char *body, size_t body_n, char out[SIGN_MAX]);

#endif

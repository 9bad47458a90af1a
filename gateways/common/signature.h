#ifndef POSTIGO_SIGNATURE_H
#define POSTIGO_SIGNATURE_H

/*
 * signature: is a delivery from whom it says? Pure.
 *
 * Sources: Meta, "Webhooks", section "Validating payloads":
 * X-Hub-Signature-256 is "sha256=" and the HMAC-SHA-256 of the body's octets
 * as they came, under the app's secret, in lower-case hex. WooCommerce,
 * "Webhooks"; Shopify, "Verify webhook deliveries": the same digest in base64.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/hash.h"

/*
 * The digest that the header names, into mac.
 * false: the header is absent (NULL) or anything but "sha256=" and 64 hex
 * digits, of either case.
 */
bool signature_read(const char *header, unsigned char mac[HASH_BYTES]);

/*
 * The same of a header that is the digest in padded base64.
 * false: the header is absent (NULL) or anything but the 44 letters of
 * HASH_BYTES octets.
 */
bool signature_read_base64(const char *header, unsigned char mac[HASH_BYTES]);

/*
 * Is mac the body's under one of n secrets? A secret that is NULL or empty
 * is none. Each comparison takes the same time wherever the digests differ.
 */
bool signature_good(const char *const *secrets, size_t n, const void *body,
		    size_t body_n, const unsigned char mac[HASH_BYTES]);

/*
 * Are the two words the same? How long it takes says nothing of where they
 * differ. false: one of them is NULL, or the expected one is empty.
 */
bool signature_word(const char *expected, const char *given);

#endif

#ifndef POSTIGO_STORE_CONSENT_H
#define POSTIGO_STORE_CONSENT_H

/*
 * store/consent: what was said of being written to at an address, and last of
 * all addresses that a customer has on a channel.
 * Source: schema/STORE.md, "customer, identity".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

struct consent_row {
	int64_t customer_id; /* 0: there is no such address */
	bool is_out;
};

/* What was said of one address. */
enum outcome consent_row(struct store *s, int64_t identity_id,
			 struct consent_row *out, struct err *e) MUST_CHECK;

/* What the customer of an address said of its channel last, by whichever of
 * their addresses there: is it `value`? */
enum outcome consent_is(struct store *s, int64_t identity_id, const char *value,
			bool *out, struct err *e) MUST_CHECK;

/* Did a customer say no, last, at any address of a channel, also one that is
 * theirs no more? */
enum outcome consent_is_out(struct store *s, int64_t customer_id,
			    const char *channel, bool *out,
			    struct err *e) MUST_CHECK;

/* value: in, out; how: see STORE.md. */
enum outcome consent_put(struct store *s, int64_t identity_id,
			 const char *value, const char *how, int64_t now_ms,
			 struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_BUYER_H
#define POSTIGO_BUYER_H

/*
 * buyer: which customer a shop's buyer is, and which buyers somebody is who
 * writes.
 *
 * Invariants: an order joins a customer who was there only by what proves who
 * they are: the shop's own account, a mail address from which authenticated
 * mail came, a number that WhatsApp vouches for. Anything less makes a customer
 * of its own and a suggestion. Two accounts of one shop are never joined without
 * a person, nor what a person said are two; a shared address (shared.h) proves
 * nothing.
 * Why so: contrib/decisions/0044-joined-by-what-is-proved.md.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* A buyer as the shop tells of them; texts are borrowed, NULL or "": not
 * told. */
struct buyer {
	const char *external_id; /* of the account; NULL: a guest */
	const char *email;
	const char *phone; /* E.164 */
	const char *name;
};

struct buyer_is {
	int64_t customer_id; /* 0: nothing is known of them */
	const char *basis;   /* static: account, email, phone; "" for 0 */
	bool made;           /* nobody known was it */
};

/*
 * Who bought, for an order that has no customer yet: ask once, when the row is
 * written first. The customer is made if nobody known is it, and suggestions of
 * whom it may be.
 */
enum outcome buyer_take(struct store *s, int64_t connection_id,
			const struct buyer *b, int64_t now_ms,
			struct buyer_is *out, struct err *e) MUST_CHECK;

/*
 * Somebody wrote from an address. Who bought under the same is joined with them
 * if it proves who they are, else suggested.
 *
 * kind      email, whatsapp
 * value     the address as stored; a number in digits
 * verified  it proves it
 */
enum outcome buyer_heard(struct store *s, int64_t customer_id, const char *kind,
			 const char *value, bool verified, int64_t now_ms,
			 struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_CUSTOMER_H
#define POSTIGO_CUSTOMER_H

/*
 * customer: people and their addresses. An identity is (kind, scope, value);
 * a mail address is kept in lower case.
 * Source: schema/STORE.md, "customer" and "identity".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

struct identity {
	int64_t id; /* 0: none */
	int64_t customer_id;
	bool made; /* identity_take made the customer just now */
};

/* Kind of identity that an address on that channel is. Static. */
const char *identity_kind(const char *channel, const char *address);

/*
 * The identity of an address; if it is new, a customer and the identity are
 * made. Without an address (NULL or "") a customer without identity is made.
 *
 * kind     static: email, phone, whatsapp, chat
 * address  as received; folded here
 * name     display name or NULL; fills in a customer who has none yet
 */
enum outcome identity_take(struct store *s, const char *kind,
			   const char *address, const char *name,
			   int64_t now_ms, struct identity *out,
			   struct err *e) MUST_CHECK;

/* Give an address that nobody has to a customer. kind, address: as above. */
enum outcome identity_put(struct store *s, int64_t customer_id,
			  const char *kind, const char *address, int64_t now_ms,
			  int64_t *id_out, struct err *e) MUST_CHECK;

/* The identity of an address, if it is known; out->id is 0 if not. */
enum outcome identity_find(struct store *s, const char *kind,
			   const char *address, struct identity *out,
			   struct err *e) MUST_CHECK;

/* Is there such a customer, who is no part of another one? OUT_PERM code
 * "not_found"; code "conflict". */
enum outcome customer_check(struct store *s, int64_t id,
			    struct err *e) MUST_CHECK;

/*
 * The newest identity of a kind that a customer has.
 * out  id is 0 if there is none
 */
enum outcome identity_of(struct store *s, int64_t customer_id, const char *kind,
			 struct identity *out, struct err *e) MUST_CHECK;

/* Its address (free with mem_free). OUT_PERM code "not_found". */
enum outcome identity_value(struct store *s, int64_t id, char **out,
			    struct err *e) MUST_CHECK;

#endif

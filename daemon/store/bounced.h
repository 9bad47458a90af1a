#ifndef POSTIGO_BOUNCED_H
#define POSTIGO_BOUNCED_H

/*
 * bounced: rows of mail that came back: whose delivery it was, to whom it had
 * gone, and addresses that mail does not reach.
 * Source: schema/STORE.md, "delivery" and "customer, identity".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* The delivery of the message of that number; *id_out 0: it has none. */
enum outcome bounced_find(struct store *s, int64_t incident_id, int64_t number,
			  int64_t *id_out, struct err *e) MUST_CHECK;

/* To whom a delivery went: a new object {to, cc}, lists of Address. */
enum outcome bounced_recipients(struct store *s, int64_t delivery_id,
				json_t **out, struct err *e) MUST_CHECK;

/* A delivery came back: it failed, at now_ms. */
enum outcome bounced_delivery(struct store *s, int64_t delivery_id,
			      int64_t now_ms, const char *detail,
			      struct err *e) MUST_CHECK;

/* An address and whether mail reaches it. */
struct bounced_address {
	int64_t id; /* of its identity; 0: no customer has it */
	int64_t customer_id;
	bool failed;
};

/* address: as written; folded here. */
enum outcome bounced_address(struct store *s, const char *address,
			     struct bounced_address *out,
			     struct err *e) MUST_CHECK;
/* The same by its row. OUT_PERM code "not_found". */
enum outcome bounced_identity(struct store *s, int64_t id,
			      struct bounced_address *out,
			      struct err *e) MUST_CHECK;

/* Flag an address, with the reason in short; now_ms 0 takes the flag away. */
enum outcome bounced_flag(struct store *s, int64_t identity_id, int64_t now_ms,
			  const char *detail, struct err *e) MUST_CHECK;

/* Does an outgoing message go to an address with a flag? */
enum outcome bounced_warns(struct store *s, int64_t message_id, bool *yes_out,
			   struct err *e) MUST_CHECK;

#endif

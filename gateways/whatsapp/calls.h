#ifndef POSTIGO_WHATSAPP_CALLS_H
#define POSTIGO_WHATSAPP_CALLS_H

/*
 * calls: the facts of a delivery to requests of the bus. Pure.
 *
 * A delivery was signed with the secret of one connection. It may speak of
 * other numbers of ours that are of the same app; what it says of others is
 * left out, and an administrator is told.
 *
 * Source: schema/PROTOCOL.md, "contact.add", "reaction.put", "echo.add",
 * "status.add", "account.event".
 */

#include <jansson.h>
#include <stdint.h>

struct accounts;
struct account;

/* A request. */
struct call_new {
	const char *method; /* static */
	json_t *params;     /* taken by whom it is given to */
	/* of reaction.put: the contact.add that is asked instead where the
	 * message is not known; taken; else NULL */
	json_t *otherwise;
	/* those of one person keep their order; NULL: it is of no person, and
	 * asked when all others have been */
	const char *person;
	const char *id; /* what it is about, for people; or NULL */
};

typedef void call_fn(void *arg, const struct call_new *c);

/* Where facts come from. */
struct delivery {
	const struct accounts *accounts;
	const struct account *by; /* whose secret signed it */
	int64_t received_ms;
};

/* Give fn each request that the facts make, in their order. */
void calls_make(const struct delivery *d, const json_t *facts, call_fn *fn,
		void *arg);

#endif

#ifndef POSTIGO_REACTION_H
#define POSTIGO_REACTION_H

/*
 * reaction: what somebody made of a message with one sign. One of each person,
 * the newest stands. Source: schema/STORE.md, "reaction".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

struct reaction {
	int64_t message_id;
	int64_t identity_id; /* of these two exactly one is not 0 */
	int64_t agent_id;
	const char *emoji; /* NULL or "": it was taken away */
	int64_t at_ms;     /* the channel's instant */
};

/*
 * Put, change or take away; what was taken away leaves its row without a sign.
 * One that is older than what stands changes nothing, so that the order of
 * arrival does not matter.
 * *changed_out  false: it was so before, or is older
 */
enum outcome reaction_put(struct store *s, const struct reaction *r,
			  bool *changed_out, struct err *e) MUST_CHECK;

/*
 * Under which address a customer reacted to a message before; their addresses
 * are one person.
 * *id_out  0: they did not
 */
enum outcome reaction_identity(struct store *s, int64_t message_id,
			       int64_t customer_id, int64_t *id_out,
			       struct err *e) MUST_CHECK;

/* Reaction objects (methods.tbl) of a message, oldest first; new. */
enum outcome reaction_list(struct store *s, int64_t message_id, json_t **out,
			   struct err *e) MUST_CHECK;

#endif

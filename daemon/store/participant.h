#ifndef POSTIGO_PARTICIPANT_H
#define POSTIGO_PARTICIPANT_H

/*
 * participant: who may write into an incident by naming one of its mails,
 * beside its customer and the desk's agents.
 * Source: schema/STORE.md, "participant".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define PARTICIPANTS_MAX 100        /* of one incident */
#define PARTICIPANT_ADDRESS_MAX 400 /* octets of an address */

/* Does an incident's participant have an address of that customer? */
enum outcome participant_is(struct store *s, int64_t incident_id,
			    int64_t customer_id, bool *out,
			    struct err *e) MUST_CHECK;

/* Let an address take part; nothing if it does, or PARTICIPANTS_MAX do. */
enum outcome participant_add(struct store *s, int64_t incident_id,
			     int64_t identity_id, struct err *e) MUST_CHECK;

/* Is it the address of an active agent? */
enum outcome participant_agent(struct store *s, const char *address, bool *out,
			       struct err *e) MUST_CHECK;

/* Is it an address of the desk's connections, with or without what follows a
 * '+' in it? */
enum outcome participant_own(struct store *s, const char *address, bool *out,
			     struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_NAMED_H
#define POSTIGO_NAMED_H

/*
 * named: the incidents whose mails a mail names. Reads only.
 *
 * A sender takes part in an incident who is its customer, by any of their
 * addresses, a participant (participant.h) or an active agent.
 * Source: schema/STORE.md, "message".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define NAMED_SAME_MAX 100 /* newest messages of one Message-ID */
#define NAMED_LATE_MAX 20  /* newest incidents of one customer */

/* Who wrote, as far as they are known. */
struct named_sender {
	int64_t customer_id; /* 0: nobody that we know */
	const char *address; /* as received, or NULL */
	int64_t connection_id;
};

/* An incident that a mail names. */
struct named_place {
	int64_t incident_id; /* 0: none */
	int64_t connection_id;
	int64_t follows_id;
	int64_t merged_into;
	bool takes_part; /* the sender does; of named_known alone */
};

/* An incident by its row; out->incident_id is 0 if there is none. */
enum outcome named_incident(struct store *s, int64_t id,
			    struct named_place *out, struct err *e) MUST_CHECK;

/*
 * The incident that has a message of that Message-ID: one in which the sender
 * takes part before others, then one of the sender's connection, then the
 * newest.
 */
enum outcome named_known(struct store *s, const char *external_id,
			 const struct named_sender *from,
			 struct named_place *out, struct err *e) MUST_CHECK;

/* Did a mail of that Message-ID come to that incident by the mailing list with
 * that List-Id? */
enum outcome named_by_list(struct store *s, const char *external_id,
			   int64_t incident_id, const char *list_id, bool *out,
			   struct err *e) MUST_CHECK;

/* Did another connection bring that contact into that incident? */
enum outcome named_twice(struct store *s, int64_t incident_id,
			 const char *external_id, int64_t connection_id,
			 bool *out, struct err *e) MUST_CHECK;

/*
 * The newest incident of the sender's customer and connection whose first
 * message was committed at since_ms or later and names that Message-ID.
 * out  0: none
 */
enum outcome named_late(struct store *s, const char *external_id,
			const struct named_sender *from, int64_t since_ms,
			int64_t *incident_out, struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_BOUNCE_H
#define POSTIGO_BOUNCE_H

/*
 * bounce: mails that came back. A report names a mail of ours by its signed
 * Message-ID, or was sent to its signed address; only who got that mail, or
 * carried it, knows either. What is no such word is a mail like any other.
 *
 * Invariants: an address is flagged by a report about a delivery that went to
 * it, never by what else the report names; a delivery fails once.
 * Source: schema/PROTOCOL.md, "Deliveries".
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct contact;
struct desk;
struct request;
struct store;

/* What a contact reports; all 0: nothing of ours. */
struct bounce {
	const json_t *said;  /* parameter bounce of contact.add; borrowed */
	int64_t delivery_id; /* that it is about */
	int64_t incident_id; /* of that delivery's message */
};

/*
 * Which delivery do the parameters of contact.add report on, once match.h has
 * found their incident: by a token of recipients, else of what came back, else
 * of in_reply_to and references.
 * *out is all 0 if on none
 */
enum outcome bounce_find(const struct desk *d, struct store *s,
			 const json_t *params, struct bounce *out,
			 struct err *e) MUST_CHECK;

/*
 * Do what the report of *c asks for, after its message was written into its
 * incident, which is saved, and loaded anew: the delivery fails and its clock
 * and incident are opened again, the address is flagged, or nothing but the
 * event delivery.bounced is written.
 */
enum outcome bounce_apply(struct contact *c, struct err *e) MUST_CHECK;

/*
 * Take an address's flag away, with its event; nothing if it has none.
 * incident_id  of the event; 0: none
 * agent_id     who did it; 0: the customer
 * OUT_PERM     code "not_found"
 */
enum outcome bounce_clear(struct store *s, int64_t identity_id,
			  int64_t incident_id, int64_t agent_id, int64_t now_ms,
			  struct err *e) MUST_CHECK;

/* Flag an address that a channel says it cannot reach, with its event and the
 * reason in short; nothing more if it has a flag. */
enum outcome bounce_flag(struct store *s, int64_t identity_id,
			 int64_t incident_id, const char *detail,
			 int64_t now_ms, struct err *e) MUST_CHECK;

/* A person wrote from the address of *c: mail reaches it again. */
enum outcome bounce_heard(struct contact *c, struct err *e) MUST_CHECK;

/*
 * Codes of what whoever sends a message should know, into the result of their
 * request: member "warnings"; address_failed: mail to one of its recipients
 * came back.
 */
enum outcome bounce_warn(struct store *s, struct request *rq,
			 int64_t message_id, struct err *e) MUST_CHECK;

#endif

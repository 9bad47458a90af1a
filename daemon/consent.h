#ifndef POSTIGO_CONSENT_H
#define POSTIGO_CONSENT_H

/*
 * consent: what a customer said to being written to by a channel. `out`: no
 * message that nobody asked for goes there by itself: no acknowledgement, no
 * answer of a rule, no template. An agent may still answer what was asked.
 *
 * Invariant: the last word counts, whichever address of the channel it came
 * from; only a whole message is one.
 * Source: schema/PROTOCOL.md, "Consent".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct contact;
struct store;

enum consent_word {
	CONSENT_NONE,
	CONSENT_OUT,
	CONSENT_IN
};

/*
 * What a message says, in Spanish or English: all of it, whatever its case,
 * accents, spaces and punctuation.
 * language_out  es, en (static); NULL: it is the same in both
 */
enum consent_word consent_word(const char *text, const char **language_out);

/*
 * May something go to a customer that no person has just asked for?
 * channel  "whatsapp", "email", ...; other addresses of theirs do not matter
 * out      false: they said no, last
 */
enum outcome consent_allows(struct store *s, int64_t customer_id,
			    const char *channel, bool *out,
			    struct err *e) MUST_CHECK;

/*
 * Keep what a customer, their channel or staff said of an address, with the
 * event consent.changed; nothing if it is what was said last.
 * value        "in" or "out"
 * how          "word", "button", "marketing", "staff"
 * incident_id  of the event; 0: none
 * agent_id     who did it; 0: the customer
 * changed_out  it was something else before; NULL: not asked
 * OUT_PERM     code "not_found"
 */
enum outcome consent_set(struct store *s, int64_t identity_id,
			 const char *value, const char *how,
			 int64_t incident_id, int64_t agent_id, int64_t now_ms,
			 bool *changed_out, struct err *e) MUST_CHECK;

/*
 * A contact by WhatsApp was written into c->inc: if it is a word of consent,
 * keep that, and say so, once, if the window is open. Nothing otherwise.
 * c->inc is saved if it was changed.
 */
enum outcome consent_contact(struct contact *c, struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_MATCH_H
#define POSTIGO_MATCH_H

/*
 * match: which incident a mail belongs to. Reads only, so that it can be asked
 * of a mail that nobody takes in (contact.explain).
 *
 * In this order: what a bounce brings back; a signed token in its addresses
 * and Message-IDs; a Message-ID of In-Reply-To, then of References from the
 * newest on, that an incident knows in which the sender takes part; a reply of
 * the same customer that came before it. Never the subject.
 *
 * Invariants: tokens of incidents that are not one and the same prove nothing,
 * and neither does what a stranger names; a mail to two mailboxes is an
 * incident in each.
 * Source: schema/PROTOCOL.md, "Contacts".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct desk;
struct incident;
struct store;

#define MATCH_KNOWN_MAX 50             /* Message-IDs that are looked up */
#define MATCH_NAMES_MAX 20             /* that a first mail is kept with */
#define MATCH_LATE_MS INT64_C(3600000) /* a parent comes after its reply */

/* What is asked; all is borrowed. */
struct match_ask {
	const json_t *mail;      /* parameters of contact.add; NULL: no mail */
	const char *external_id; /* or NULL */
	const char *address;     /* of the sender, or NULL */
	int64_t customer_id;     /* the sender's; 0: not known before */
	int64_t connection_id;   /* that brought it; 0: none */
	int64_t now_ms;
};

struct match {
	int64_t incident_id; /* 0: a new one */
	const char *matched; /* message.matched; static; "": it opens one */
	/* static: that word, or why it opens one: no_reference, unknown (no
	 * mail that we know), stranger, tokens_differ, other_mailbox, gone,
	 * closed */
	const char *why;
	bool takes_part;    /* the sender does, in what they named */
	int64_t claims_id;  /* named by a stranger; 0: none */
	int64_t follows_id; /* ended incident that a new one continues */
};

/* It opens a new one, and nothing was asked. */
#define MATCH_NEW ((struct match){ .matched = "", .why = "no_reference" })

enum outcome match_contact(struct desk *d, struct store *s,
			   const struct match_ask *a, struct match *out,
			   struct err *e) MUST_CHECK;

/*
 * Where it goes on: the survivor of an incident that was merged; nowhere if it
 * has ended for good (m->follows_id names it then) or is not there.
 *
 * customer_id  the sender's
 * *inc         is loaded if m->incident_id is not 0
 */
enum outcome match_load(struct store *s, struct match *m, int64_t customer_id,
			struct incident *inc, struct err *e) MUST_CHECK;

/* Message-IDs that a mail names, newest first, its own left out, at most
 * MATCH_NAMES_MAX. A new array, or NULL: none. */
json_t *match_names(const json_t *mail, const char *external_id);

#endif

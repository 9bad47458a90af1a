#ifndef POSTIGO_ACKNOWLEDGE_H
#define POSTIGO_ACKNOWLEDGE_H

/*
 * acknowledge: the mail, or the message by WhatsApp, that says "we have got
 * yours": its number, and by when an answer may be expected. The setting
 * `acknowledge` of a connection switches it on.
 *
 * Invariants: an address gets one in ACKNOWLEDGE_GAP_MS at most, whatever
 * mailbox or number it writes to; a program gets none, nor does who asked for
 * no messages; by WhatsApp it goes only while the window is open. Nothing that
 * the sender wrote is sent back, and it goes to the address that wrote, never
 * to a Reply-To: so nobody can have it say something to somebody else. It is
 * Postigo's word and fulfils no clock. Why so: contrib/decisions/0020.
 * Source: RFC 3834; schema/PROTOCOL.md, "Acknowledgements".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct contact;
struct decision;
struct store;

#define ACKNOWLEDGE_GAP_MS ((int64_t)24 * 3600 * 1000)
#define ACKNOWLEDGE_LATE_MS ACKNOWLEDGE_GAP_MS /* older mail gets none */
#define ACKNOWLEDGE_HOUR_MS ((int64_t)3600 * 1000)
/* Contacts of an address in an hour: one that writes more is a program. */
#define ACKNOWLEDGE_CONTACTS_MAX 20

/* What is known of a contact before it is written. */
struct ack_ask {
	int64_t connection_id; /* that it came by */
	const char *channel;
	const char *address; /* of a mail's sender; NULL: unknown */
	int64_t identity_id; /* that address; 0: it never wrote before */
	int64_t customer_id; /* whose it is; 0: nobody's yet */
	bool robot;
	bool may_respond;    /* false: its headers forbid an answer */
	bool joins;          /* an incident that is there */
	int64_t received_ms; /* by its channel; 0: now */
	int64_t now_ms;
};

/*
 * Would it be acknowledged, if no rule answers or ends it?
 * why_out  NULL: yes; else why not, static: no_way (it came by nothing that
 *          sends), off, joins, old (it came long ago: a mailbox is imported),
 *          robot, forbidden, no_sender, own_address, day (the address got
 *          one), many (it writes too much), consent (they want none)
 */
enum outcome ack_would(struct store *s, const struct ack_ask *q,
		       const char **why_out, struct err *e) MUST_CHECK;

/*
 * Acknowledge a contact that has opened c->inc, unless something of the above
 * speaks against it, a rule has answered or the incident is ended already. In
 * its savepoint; c->inc is saved if it was changed.
 * dc  what the rules decided about it
 */
enum outcome acknowledge(struct contact *c, const struct decision *dc,
			 struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_CONTACT_H
#define POSTIGO_CONTACT_H

/*
 * contact: how a customer's words become a message of the incident that they
 * belong to, or of a new one that the desk book's rules classify, whatever
 * the channel. Everything is written in the request's savepoint.
 *
 * Invariants: what cannot be read is an incident all the same; an address
 * gives no right beyond appending.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"
#include "daemon/bounce.h"
#include "daemon/match.h"
#include "daemon/orderfind.h"
#include "daemon/store/customer.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"

struct decision;
struct desk;
struct request;
struct store;

/* A contact on its way in. Texts are borrowed; members that are not needed
 * are NULL or 0. */
struct contact {
	struct desk *d;
	struct store *s;
	struct request *rq; /* octets that came along */

	const char *connection; /* rules read it as the mailbox */
	const char *external_id;
	const char *digest;
	const char *channel; /* static */
	const char *address; /* of the sender; NULL: unknown */
	const char *name;
	const char *subject;
	const char *title; /* the subject of the row where there is none */
	const char *text;
	const char *reply_text;
	const char *html;
	const char *raw_sha256;
	const json_t *mail;  /* its addresses are kept with the row, or NULL */
	const json_t *files; /* list of FileIn, or NULL */
	const json_t *headers;  /* list of {name, value}, or NULL */
	const json_t *forward;  /* what it sends on, or NULL */
	const json_t *whatsapp; /* WaContact; NULL: no WhatsApp message */
	const char *language;   /* as the customer said; NULL: they did not */
	const char *page;       /* that they wrote from, or NULL */
	bool robot;
	bool own_loop;    /* a mail of this desk that came back; robot is set */
	bool may_respond; /* its headers forbid no answer by a program */
	int64_t received_ms;
	int64_t now_ms;

	/* called when the message is written and no rule has acted yet; NULL:
	 * nothing is to be done then */
	enum outcome (*written)(struct contact *c, struct err *e);
	void *arg; /* the caller's own */

	int64_t connection_id;
	struct identity from;
	struct match at;            /* where it belongs */
	struct bounce bounce;       /* the delivery that it reports on */
	struct orders_found orders; /* of the sender, that it names */
	json_t *warnings;           /* codes; owned */

	/* of WhatsApp, set by contact_wa_read(): owned */
	struct link by; /* its connection */
	char *card;     /* JSON, as the row keeps it */
	char *title_made;
	char digest_made[HASH_HEX];

	/* set by contact_put */
	struct incident inc;
	struct message_place place;
};

void contact_release(struct contact *c);

/* The first words of a text: what lists show where there is no subject. New. */
char *contact_title(const char *text);

/* Add a code to its warnings. */
void contact_warn(struct contact *c, const char *code);

/* The same id with another body came before: kept, and flagged. */
enum outcome contact_same_id(struct contact *c, struct err *e) MUST_CHECK;

/* Run the rules over a contact that opens an incident; nothing is written.
 * decide_end() whatever the outcome. */
enum outcome contact_decide(struct contact *c, struct decision *dc,
			    struct err *e) MUST_CHECK;

/*
 * Write it: into the incident it belongs to, or into a new one; an incident
 * that is closed for good is followed by a new one. *c says then where.
 */
enum outcome contact_put(struct contact *c, struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_MESSAGE_H
#define POSTIGO_MESSAGE_H

/*
 * message: the entries of incidents: customers' contacts, answers, notes,
 * with their attachments.
 *
 * Invariants: numbers of an incident run from 1 without a gap; a contact is
 * known by (connection, digest, external id). Source: schema/STORE.md,
 * "message" and "attachment".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* A row to write; everything is borrowed. NULL and 0 are NULL in the row. */
struct message_new {
	int64_t incident_id;
	int64_t number;
	const char *direction; /* in, out, note */
	const char *author;    /* customer, agent, bot */
	int64_t agent_id;
	int64_t identity_id;
	int64_t connection_id;
	const char *external_id;
	const char *digest;
	int64_t received_ms;
	int64_t committed_ms;
	const char *subject;
	const char *text;
	const char *reply_text; /* NULL: text has no quotes */
	const char *html;
	const char *raw_sha256;
	bool robot;
	const char *warnings; /* a JSON array */
	const char *mail;     /* a JSON object: the addresses of a mail */
	const char *matched;  /* how it found its incident; NULL: "" */
	const char *forward;  /* a JSON object: what was forwarded */
	const char *whatsapp; /* a JSON object: what it is on WhatsApp */
};

enum outcome message_add(struct store *s, const struct message_new *m,
			 int64_t *id_out, struct err *e) MUST_CHECK;

struct attachment_new {
	int64_t message_id;
	int64_t position; /* from 1 */
	const char *filename;
	const char *content_type;
	const char *sha256;
	const char *content_id; /* or NULL */
	bool inline_part;
};

enum outcome attachment_add(struct store *s, const struct attachment_new *a,
			    struct err *e) MUST_CHECK;

/* Where a message is. */
struct message_place {
	int64_t id; /* 0: there is none */
	int64_t incident_id;
	int64_t number;
};

/* The same contact, if it came before. external_id NULL: it has none. */
enum outcome message_repeat(struct store *s, int64_t connection_id,
			    const char *digest, const char *external_id,
			    struct message_place *out,
			    struct err *e) MUST_CHECK;

/* Did that connection bring that external id before? */
enum outcome message_same_id(struct store *s, int64_t connection_id,
			     const char *external_id, bool *out,
			     struct err *e) MUST_CHECK;

/* The newest message of an incident that is not a note; what Postigo wrote
 * itself tells nobody anything new. */
struct message_last {
	int64_t number; /* 0: there is none */
	int64_t agent_id;
	char direction[8];
	int64_t at_ms;
};
enum outcome message_last(struct store *s, int64_t incident_id,
			  struct message_last *out, struct err *e) MUST_CHECK;

/* Has a human's public answer been committed whose delivery did not fail?
 * id 0 if not; else the first one after message number `after`. */
enum outcome message_answer(struct store *s, int64_t incident_id, int64_t after,
			    struct message_place *out,
			    int64_t *committed_ms_out,
			    struct err *e) MUST_CHECK;

/* When the oldest contact was received that no human's answer follows; 0:
 * nothing is owed. */
enum outcome message_owed(struct store *s, int64_t incident_id,
			  int64_t *received_ms_out, struct err *e) MUST_CHECK;

/* When the customer's first contact was received; 0: there is none. */
enum outcome message_first_contact(struct store *s, int64_t incident_id,
				   int64_t *received_ms_out,
				   struct err *e) MUST_CHECK;

/* How many contacts there are; at most two are counted. */
enum outcome message_contacts(struct store *s, int64_t incident_id,
			      int64_t *n_out, struct err *e) MUST_CHECK;

/*
 * What an answer needs to know of the customer's newest contact: where it
 * goes and what it replies to.
 */
struct message_origin {
	int64_t id;    /* 0: the customer of the incident never wrote a mail */
	char *address; /* the identity's */
	char *name;    /* the customer's */
	char *external_id;
	json_t *mail; /* the row's object, or NULL */
};
void message_origin_release(struct message_origin *o);
enum outcome message_origin(struct store *s, int64_t incident_id,
			    int64_t customer_id, int64_t before,
			    struct message_origin *out,
			    struct err *e) MUST_CHECK;

/* Message-IDs of the incident's messages below a number: the first and the
 * newest limit - 1, oldest first. New array. */
enum outcome message_references(struct store *s, int64_t incident_id,
				int64_t before, int limit, json_t **out,
				struct err *e) MUST_CHECK;

/* The id by which a channel knows the message of a number, where it came or
 * went by that connection; NULL if it has none (free with mem_free). */
enum outcome message_channel_id(struct store *s, int64_t incident_id,
				int64_t connection_id, int64_t number,
				char **out, struct err *e) MUST_CHECK;

/* Subject of message number 1; NULL if it has none (free with mem_free). */
enum outcome message_subject(struct store *s, int64_t incident_id, char **out,
			     struct err *e) MUST_CHECK;

#endif

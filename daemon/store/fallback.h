#ifndef POSTIGO_STORE_FALLBACK_H
#define POSTIGO_STORE_FALLBACK_H

/*
 * store/fallback: what is known of a delivery that did not arrive, and of the
 * other ways to its customer.
 * Source: schema/STORE.md, "message".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define FALLBACK_FILES_MAX 20 /* attachments that go along */

struct fallback_row {
	int64_t message_id; /* 0: there is no such delivery */
	int64_t incident_id;
	int64_t connection_id;
	int64_t customer_id;
	int64_t agent_id; /* who wrote it, or is in a bot's From */
	bool bot;
	bool tied;    /* a reaction, a program's question with buttons: it says
		      nothing elsewhere */
	bool is_one;  /* it is itself another one's other way */
	bool has_one; /* it has gone another way */
	bool failed;  /* for good */
	bool unknown; /* nobody knows */
	bool to_whatsapp; /* it went by mail */
	char *text;
};

void fallback_row_release(struct fallback_row *f);

/* Of a delivery; release *out whatever the outcome. */
enum outcome fallback_row(struct store *s, int64_t delivery_id,
			  struct fallback_row *out, struct err *e) MUST_CHECK;

/* The newest mail address of a customer that mail reaches.
 * address_out  free with mem_free; NULL: there is none */
enum outcome fallback_email(struct store *s, int64_t customer_id,
			    char **address_out, struct err *e) MUST_CHECK;

/*
 * The number that reaches a customer who has an address on WhatsApp that
 * works: the one whose window is open the longest, else the one that names
 * the mailbox, else the first.
 * mail_id  the mailbox
 * id_out   0: there is none
 */
enum outcome fallback_number(struct store *s, int64_t customer_id,
			     int64_t mail_id, int64_t *id_out,
			     struct err *e) MUST_CHECK;

/* The attachments of a message as a list of FileIn; new. */
enum outcome fallback_files(struct store *s, int64_t message_id, json_t **out,
			    struct err *e) MUST_CHECK;

/* A message takes another one on. */
enum outcome fallback_put(struct store *s, int64_t message_id, int64_t of_id,
			  struct err *e) MUST_CHECK;

/* By which channel staff may send a delivery that did not arrive once more.
 * *out static: email, whatsapp; NULL: by none */
enum outcome fallback_offer(struct store *s, int64_t delivery_id,
			    const char **out, struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_CARD_H
#define POSTIGO_CARD_H

/*
 * card: what a WhatsApp message is beside its text, from the WaContact that a
 * gateway brings to what is kept with the row, and its file, which is fetched
 * afterwards.
 *
 * Invariants: a card says nothing of who wrote, since that is the identity's;
 * nothing of it is believed but for showing it. Source: schema/STORE.md,
 * "message" and "media".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

struct desk;
struct store;

#define CARD_MAX (64 * 1024) /* octets of what is kept */
#define CARD_NAME_MAX 200    /* octets of a file's name */

/* What makes a message itself, whatever else a redelivery changes. */
void card_digest(const char *phone_number_id, const char *wamid,
		 char out[HASH_HEX]);

#define CARD_ECHO 1u /* it was sent from the phone */
#define CARD_LATE 2u /* and is older than what it could have answered */

/*
 * The card as text, for the row (free with mem_free). One over CARD_MAX loses
 * its lists (contacts, order, ...) and gets "cut": true.
 * marks  CARD_ECHO, CARD_LATE or 0: members "echo", "late"
 */
char *card_text(const json_t *whatsapp, unsigned marks);

/* A name of a file without folders, controls and what turns text round, at
 * most CARD_NAME_MAX octets; "" for NULL. New. */
char *card_filename(const char *name);

/* A media type without parameters; application/octet-stream for what is none.
 * New. */
char *card_type(const char *mime_type);

/* Where a file belongs. */
struct card_place {
	int64_t message_id;
	int64_t connection_id;
	const char *connection; /* its name */
	int64_t now_ms;
};

/*
 * If the message has a file: its row of media and, unless the channel could
 * not bring it, the job media.fetch.
 */
enum outcome card_media(struct desk *d, struct store *s, const json_t *whatsapp,
			const struct card_place *at, struct err *e) MUST_CHECK;

#endif

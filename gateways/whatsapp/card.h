#ifndef POSTIGO_WHATSAPP_CARD_H
#define POSTIGO_WHATSAPP_CARD_H

/*
 * card: what of a message goes to the daemon. Pure.
 */

#include <jansson.h>

/*
 * What a person reads of a message: its words; of a location, contacts or an
 * order, what they say, in no language. Free with mem_free; "" if there is
 * nothing to read.
 * message  of the facts (read.h)
 */
char *card_text(const json_t *message);

/* A WaContact (schema/PROTOCOL.md): a new reference. */
json_t *card_contact(const json_t *message);

/*
 * A RawIn with its octets: the message as it stood in the body; of one that
 * is too large for a request, its card. A new reference.
 */
json_t *card_raw(const json_t *message);

#endif

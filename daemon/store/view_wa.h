#ifndef POSTIGO_VIEW_WA_H
#define POSTIGO_VIEW_WA_H

/*
 * view_wa: what people see of a message by WhatsApp beside what every message
 * has: its card, files that are fetched, reactions, the message that it
 * quotes; and the order in which a conversation is shown.
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* Add members whatsapp, media, reactions and quotes to a Message, where the
 * row has a card. */
enum outcome view_wa_message(struct store *s, int64_t id, json_t *message,
			     struct err *e) MUST_CHECK;

/*
 * Put a list of Messages of a conversation by WhatsApp in the order of their
 * seconds, since the channel brings them in any order; those of one second,
 * which is all that the channel tells, stay as they came. Any other list is left alone.
 */
void view_wa_order(json_t *messages);

#endif

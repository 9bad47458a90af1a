#ifndef POSTIGO_WHATSAPP_MESSAGE_H
#define POSTIGO_WHATSAPP_MESSAGE_H

/*
 * message: a delivery of the outbox as one message of Graph. Pure.
 *
 * Source: Meta, "Cloud API", "Messages"; schema/PROTOCOL.md, OutDelivery.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "gateways/whatsapp/kind.h"

/*
 * delivery    OutDelivery
 * kind        of its file; NULL: it has none
 * media       the file's id, as Graph gave it; NULL: it has none
 * out         a new object
 * OUT_PERM    it can never go: the reason in words
 */
enum outcome message_build(const json_t *delivery, const struct kind *kind,
			   const char *media, json_t **out,
			   struct err *e) MUST_CHECK;

/* A read mark of a message that came in; typing: with the dots. */
json_t *message_read(const char *external_id, bool typing);

/* Who it is for, as a key: the same for all that goes to one person. The id
 * that it is sent to; "" if there is none. Borrowed. */
const char *message_person(const json_t *delivery);

#endif

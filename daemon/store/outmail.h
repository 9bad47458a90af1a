#ifndef POSTIGO_OUTMAIL_H
#define POSTIGO_OUTMAIL_H

/*
 * outmail: an outgoing message as gateways get it, read from its row. Its
 * addresses and references were fixed when it was committed.
 */

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* Add to, cc, subject, text, in_reply_to, references and attachments of an
 * OutDelivery to out. */
enum outcome outmail_read(struct store *s, int64_t message_id, json_t *out,
			  struct err *e) MUST_CHECK;

/* Add to *bytes roughly what a delivery's message takes in a frame. */
enum outcome outmail_bytes(struct store *s, int64_t delivery_id, size_t *bytes,
			   struct err *e) MUST_CHECK;

/* Name of an agent, "" for 0 (free with mem_free). */
enum outcome outmail_agent(struct store *s, int64_t agent_id, char **out,
			   struct err *e) MUST_CHECK;

#endif

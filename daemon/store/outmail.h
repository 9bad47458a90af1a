#ifndef POSTIGO_OUTMAIL_H
#define POSTIGO_OUTMAIL_H

/*
 * outmail: an outgoing message as gateways get it, read from its row. Its
 * addresses and references were fixed when it was committed.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define OUTMAIL_LANGUAGE_BYTES 8 /* "es", and NUL */
#define OUTMAIL_QUOTE_MAX 16384  /* octets of what is quoted */

/* Add to, cc, subject, text, in_reply_to, references, language, signature,
 * quote and attachments of an OutDelivery to out. What is quoted is read now:
 * words that were erased meanwhile are not quoted any more. */
enum outcome outmail_read(struct store *s, int64_t message_id, json_t *out,
			  struct err *e) MUST_CHECK;

/* Add to *bytes roughly what a delivery's message takes in a frame. */
enum outcome outmail_bytes(struct store *s, int64_t delivery_id, size_t *bytes,
			   struct err *e) MUST_CHECK;

/* Languages that speak for an answer's; "" where none is known. */
struct outmail_languages {
	char customer[OUTMAIL_LANGUAGE_BYTES];
	char desk[OUTMAIL_LANGUAGE_BYTES];
};
enum outcome outmail_languages(struct store *s, int64_t customer_id,
			       struct outmail_languages *out,
			       struct err *e) MUST_CHECK;

/* What stands below an agent's answers, "" for 0 (free with mem_free). */
enum outcome outmail_signature(struct store *s, int64_t agent_id, char **out,
			       struct err *e) MUST_CHECK;

/* Name of an agent, "" for 0 (free with mem_free). */
enum outcome outmail_agent(struct store *s, int64_t agent_id, char **out,
			   struct err *e) MUST_CHECK;

/* Is an outgoing message a template of WhatsApp? */
enum outcome outmail_is_template(struct store *s, int64_t message_id,
				 bool *yes_out, struct err *e) MUST_CHECK;

#endif

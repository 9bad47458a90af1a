#ifndef POSTIGO_OUTGOING_H
#define POSTIGO_OUTGOING_H

/*
 * outgoing: a message of the desk to a customer, with its delivery: who gets
 * it, under which subject, under which key, what it replies to. All of that
 * is fixed when the message is committed.
 *
 * Invariant: an answer goes to the customer of the incident alone and to the
 * copies that its author named, never to whoever else wrote into it.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct desk;
struct incident;
struct link;
struct request;
struct store;

struct outgoing {
	const char *subject; /* NULL: that of the incident, with "Re: " */
	const char *text;
	const char *language;      /* of the text; NULL: the customer's */
	const char *saved_reply;   /* NULL: none was used */
	const json_t *cc;          /* list of Address, or NULL */
	const json_t *attachments; /* list of FileIn, or NULL */
	bool bot;                  /* written by Postigo */
	int64_t agent_id;          /* its author, or who is in a bot's From */
	int64_t connection_id;     /* by which it goes; 0: the incident's */
	int64_t send_ms;     /* the turn's instant; now_ms may be after it */
	const char *only_to; /* to whom alone it goes; NULL: as below */
	/* where it goes, if the customer never wrote by this channel; NULL: to
	 * the address that their order names, or a proved one of theirs */
	const char *address;
	const char *name;
	int64_t identity_id;

	/* by WhatsApp alone */
	const char *quotes;        /* Graph's id of the message it answers */
	const json_t *whats;       /* WaTemplate: the text is what it says */
	const json_t *interactive; /* as split_buttons() makes it: ask so */
	const json_t *reaction;    /* WaReaction: the text is the emoji */
	bool asked_for; /* their own word asks for it: it goes although they
			   want nothing automatic */
};

/*
 * By WhatsApp an answer is as many messages as split.h says, with a delivery
 * each; message_out is the first, which has the text.
 *
 * Write the message, and its delivery if the incident came by a connection
 * that sends. An answer in a chat waits there for its visitor: see onward.h.
 * *inc is changed, not saved.
 * rq  octets that came along, or NULL
 *
 * message_out  row
 * OUT_PERM     code "bad_params": there is no address to send it to;
 *              "window_closed", "text_too_long": by WhatsApp it cannot go so
 */
enum outcome outgoing_add(struct desk *d, struct store *s,
			  const struct request *rq, struct incident *inc,
			  const struct outgoing *out, int64_t now_ms,
			  int64_t *message_out, struct err *e) MUST_CHECK;

/* Do answers go by it? A mailbox on a server may be there to be read alone. */
bool outgoing_sends(const struct link *l);

#endif

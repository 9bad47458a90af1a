#ifndef POSTIGO_OUTGOING_P_H
#define POSTIGO_OUTGOING_P_H

/* outgoing_p: what outgoing.c and outgoing_wa.c share, and nobody else. */

#include "daemon/outgoing.h"
#include "daemon/store/incident.h"

/* One message, worked out before its row is written. */
struct draft {
	struct link link; /* id 0: stored, not sent */
	const char *text;
	const json_t *files; /* list of FileIn, or NULL */
	int64_t identity_id; /* to whom, if one address is known */
	char *subject;
	char *key;
	json_t *mail;     /* to, cc, in_reply_to, references, saved_reply, and
			   * what the letterhead adds */
	json_t *whatsapp; /* OutWhatsapp without file and body, or NULL */
};

/* {name, address}; new. name NULL: none. */
json_t *draft_address(const char *name, const char *address);

/* Everything but the link. */
void draft_clear(struct draft *dr);

/* Write a draft's message, with its files, its event, and its delivery if it
 * has a link. As outgoing_add(). */
enum outcome draft_write(struct draft *dr, struct desk *d, struct store *s,
			 const struct request *rq, struct incident *inc,
			 const struct outgoing *out, int64_t now_ms,
			 int64_t *message_out, struct err *e) MUST_CHECK;

/* outgoing_add() by a connection of WhatsApp, which is dr->link. */
enum outcome outgoing_whatsapp(struct draft *dr, struct desk *d,
			       struct store *s, const struct request *rq,
			       struct incident *inc, const struct outgoing *out,
			       int64_t now_ms, int64_t *message_out,
			       struct err *e) MUST_CHECK;

#endif

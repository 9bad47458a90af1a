#ifndef POSTIGO_FALLBACK_H
#define POSTIGO_FALLBACK_H

/*
 * fallback: an answer that did not arrive goes to its customer by the other
 * channel: of WhatsApp by the mailbox that its number names in `mail`; of mail
 * by WhatsApp, while the window is open, or as a template.
 *
 * Invariants: a message goes another way once at most, and what went another
 * way goes no third: so nothing goes round. What nobody knows of goes by hand
 * alone. It is a message of its own, of the same author, and names the one
 * that it takes on; if a human wrote it, it answers.
 * Why so: contrib/decisions/0034. Source: schema/PROTOCOL.md, "Another way".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct decision;
struct delivery;
struct desk;
struct incident;
struct store;

struct fallback_ask {
	int64_t delivery_id;
	const json_t *template; /* WaTemplateIn to go by WhatsApp; NULL: the
				   text as it is */
	int64_t agent_id;       /* who wants it; 0: nobody, it goes by itself */
	int64_t now_ms;         /* the turn's */
};

/*
 * Send it by the other channel; its incident is loaded and saved here.
 *
 * message_out   row of the message that goes
 * incident_out  row of its incident
 * data_out      set on OUT_PERM code "window_closed": {can_reply, until?, way,
 *              connection}; new, or NULL
 * OUT_PERM     code "not_found"; "conflict": it did not fail, or went another
 *              way before, or is such a way; "no_way": there is none;
 *              "window_closed", "text_too_long", "template"
 */
enum outcome fallback_send(struct desk *d, struct store *s,
			   const struct fallback_ask *q, int64_t *message_out,
			   int64_t *incident_out, json_t **data_out,
			   struct err *e) MUST_CHECK;

/*
 * A delivery failed for good, and its incident was opened again and saved:
 * send it by the other channel if its connection says so (`fallback` is
 * "send", of the number that it went by or would go by); then the rules of
 * "undelivered" run. What speaks against it is no error: staff see that it
 * failed.
 */
enum outcome fallback_failed(struct desk *d, struct store *s,
			     const struct delivery *dl, int64_t now_ms,
			     struct err *e) MUST_CHECK;

/*
 * The action "fallback" of a rule on dc->delivery_id. *inc is changed, not
 * saved.
 * message_out  row of the message that goes; 0: none does
 * why_out      then why, static: unknown (the event is of no delivery),
 *              second (it has gone another way, or is one), no_way, window
 */
enum outcome fallback_rule(struct decision *dc, struct incident *inc,
			   int64_t *message_out, const char **why_out,
			   struct err *e) MUST_CHECK;

#endif

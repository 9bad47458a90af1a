#ifndef POSTIGO_ONWARD_H
#define POSTIGO_ONWARD_H

/*
 * onward: an answer in a chat that its visitor is not there to see goes on by
 * mail, if the visitor gave an address and the site names a mailbox.
 *
 * Invariants: a line goes by mail once at most; ONWARD_WAIT_MS pass before the
 * first, ONWARD_GAP_MS between two mails, but for an incident that the visitor
 * leaves; what was shown does not go.
 */

#include <stdint.h>

#include "daemon/base/err.h"

struct desk;
struct incident;
struct store;

#define ONWARD_WAIT_MS ((int64_t)10 * 60 * 1000)
#define ONWARD_GAP_MS ((int64_t)15 * 60 * 1000)
#define ONWARD_TEXT_MAX (60 * 1024) /* octets of lines in one mail */

/*
 * The connection by which an answer in a chat leaves at once: that by which
 * the customer wrote last, if it was a mail; the site's mailbox, if the
 * visitor's token has ended and the address is known.
 * id_out  0: it waits in the chat
 */
enum outcome onward_connection(struct store *s, const struct incident *inc,
			       int64_t *id_out, struct err *e) MUST_CHECK;

/* An answer now waits in a chat: if it may go on by mail, note when. */
enum outcome onward_answered(struct store *s, const struct incident *inc,
			     int64_t now_ms, struct err *e) MUST_CHECK;

/* The visitor leaves an incident for a new one: what waits there to go by mail
 * goes now, for its wait ends with the visitor's place in it. */
enum outcome onward_leave(struct desk *d, struct store *s, int64_t visitor_id,
			  int64_t now_ms, struct err *e) MUST_CHECK;

/* Mails that are due, at most max. n_out: how many visitors were looked at. */
enum outcome onward_tick(struct desk *d, struct store *s, int64_t now_ms,
			 int max, int *n_out, struct err *e) MUST_CHECK;

#endif

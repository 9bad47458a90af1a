#ifndef POSTIGO_WINDOW_H
#define POSTIGO_WINDOW_H

/*
 * window: may this customer be written to by this channel now? Where a channel
 * lets one write freely only for some time after a customer's own word, an
 * answer past it is refused before it is written, with the reason and the way
 * out.
 *
 * Source: schema/PROTOCOL.md, "The window".
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/window.h"

struct desk;
struct incident;
struct store;

/*
 * A customer's own word (a contact or a reaction; no echo, no status) came by
 * a connection: the window is open for a day from at_ms on, which is Meta's
 * instant of it. One that is older than what opened it changes nothing. Of a
 * connection of another kind: do not call it.
 * external_id  of a contact: what is marked as read when an agent looks; NULL
 *              or "" of a reaction
 */
enum outcome window_open(struct store *s, int64_t connection_id,
			 int64_t customer_id, int64_t at_ms,
			 const char *external_id, struct err *e) MUST_CHECK;

/* What may be sent in an incident. As window_get(). */
enum outcome window_of(struct store *s, const struct incident *inc,
		       int64_t now_ms, struct window *out,
		       struct err *e) MUST_CHECK;

/*
 * May this go, a template or not?
 * data_out  set on OUT_PERM: {can_reply, until?, way?}; new
 * OUT_PERM  code "window_closed"
 */
enum outcome window_allows(const struct window *w, bool is_template,
			   json_t **data_out, struct err *e) MUST_CHECK;

/* The channel refused a message of an incident because the window is closed:
 * it is, from now on. */
enum outcome window_refused(struct store *s, int64_t incident_id,
			    int64_t connection_id, int64_t now_ms,
			    struct err *e) MUST_CHECK;

/* Tell of windows that close within the hour while their customer waits: event
 * window.closing, once a window. */
enum outcome window_tick(struct store *s, int64_t now_ms, bool *more_out,
			 struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_STORE_WINDOW_H
#define POSTIGO_STORE_WINDOW_H

/*
 * store/window: until when one may write freely to a person by one of our
 * numbers, and what may be written after that.
 *
 * Invariants: the window is a number's and a person's, not an incident's; it
 * is reckoned from the instant that Meta gives of a contact, and only ever
 * moves later, but for window_end(). Source: schema/STORE.md,
 * "contact_window".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define WINDOW_MS ((int64_t)24 * 60 * 60 * 1000)
#define WINDOW_MARGIN_MS ((int64_t)2 * 60 * 1000) /* ours, before its end */
#define WINDOW_WARN_MS ((int64_t)60 * 60 * 1000)  /* before our end */

enum can_reply {
	CAN_REPLY_NONE,     /* its connection knows no window */
	CAN_REPLY_FREE,     /* anything */
	CAN_REPLY_TEMPLATE, /* a template, nothing else */
	CAN_REPLY_NO        /* nothing: they do not want it, or cannot be
			       reached */
};

/* free, template, no; NULL of CAN_REPLY_NONE. */
const char *can_reply(enum can_reply can);

struct window {
	enum can_reply can;
	int64_t until_ms; /* our end of it, margin taken off; 0: it was never
			     open */
	bool opted_out;   /* they want nothing that they did not ask for */
	bool unreachable; /* no address of theirs works */
};

/*
 * What may be sent at an instant.
 * until_ms  Meta's end of the window, or 0
 */
void window_judge(int64_t until_ms, bool opted_out, bool unreachable,
		  int64_t now_ms, struct window *out);

/* Of an incident's customer by its connection. An incident that is not there
 * has none. */
enum outcome window_get(struct store *s, int64_t incident_id, int64_t now_ms,
			struct window *out, struct err *e) MUST_CHECK;

/* The same of a customer, by a connection. */
enum outcome window_between(struct store *s, int64_t connection_id,
			    int64_t customer_id, int64_t now_ms,
			    struct window *out, struct err *e) MUST_CHECK;

/*
 * A contact was received at at_ms: the window is open for WINDOW_MS from
 * then, unless a later one opened it.
 * external_id  of the contact
 */
enum outcome window_put(struct store *s, int64_t connection_id,
			int64_t customer_id, int64_t at_ms,
			const char *external_id, struct err *e) MUST_CHECK;

/* The channel says that it is closed. */
enum outcome window_end(struct store *s, int64_t connection_id,
			int64_t customer_id, int64_t now_ms,
			struct err *e) MUST_CHECK;

/* A window about whose end somebody may have to be told. */
struct window_due {
	int64_t connection_id;
	int64_t customer_id;
	int64_t until_ms;    /* our end of it */
	int64_t incident_id; /* the newest active one; 0: none */
};

/* One whose end is nearer than WINDOW_WARN_MS and that was not looked at.
 * *found_out false: there is none. */
enum outcome window_due(struct store *s, int64_t now_ms, struct window_due *out,
			bool *found_out, struct err *e) MUST_CHECK;

/* It was looked at. */
enum outcome window_warned(struct store *s, const struct window_due *w,
			   int64_t now_ms, struct err *e) MUST_CHECK;

/* When window_due() finds one next; INT64_MAX: never. */
enum outcome window_next(struct store *s, int64_t *ms_out,
			 struct err *e) MUST_CHECK;

/*
 * The newest contact that opened the window of an incident's customer, if it
 * lies in that incident and was not marked as read: marked from now on.
 * connection_out  0: there is nothing to mark
 * external_out    its external id; new, or NULL
 */
enum outcome window_mark(struct store *s, int64_t incident_id,
			 int64_t *connection_out, char **external_out,
			 struct err *e) MUST_CHECK;

/* The newest message of the customer in an incident that came by a connection:
 * its external id; new, or NULL. */
enum outcome window_newest(struct store *s, int64_t incident_id,
			   int64_t connection_id, char **external_out,
			   struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_MAILBOX_H
#define POSTIGO_MAILBOX_H

/*
 * mailbox: the mailboxes by network of the desk: what connection.mine gave,
 * their threads, and what the daemon was told of them. Used by the main loop
 * alone.
 *
 * A mailbox whose settings or secrets change is ended, and another one takes
 * its place at once; the old one goes when its threads have ended.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "gateways/mail/standing.h"

#define MAILBOX_MAX 200
#define MAILBOX_GONE_MAX 400 /* that still end, beside those in use */

struct bus;
struct fetch;
struct mailset;
struct port;
struct sender;

struct mailbox {
	char *name;
	json_t *origin;      /* settings and secrets, to see changes */
	struct mailset *set; /* NULL: the settings cannot be used */
	struct fetch *fetch;
	struct sender *sender; /* NULL: it does not send */
	struct standing in, out;
	bool gone;
	unsigned users; /* tests that borrow it */
	int reported;   /* -1 nothing yet, 0 failing, 1 ok */
	char detail[STANDING_TEXT_MAX];
};

struct mailboxes {
	struct mailbox *list[MAILBOX_MAX + MAILBOX_GONE_MAX];
	size_t count;
	struct bus *bus;
	struct port *port;
};

void mailboxes_init(struct mailboxes *m, struct bus *bus, struct port *port);

/* Take over the result of connection.mine; kinds that are not ours are
 * skipped. */
void mailboxes_update(struct mailboxes *m, const json_t *connections);

/* NULL: no such one, or its settings cannot be used. */
struct mailbox *mailboxes_find(const struct mailboxes *m, const char *name);

/* Does any of them send? */
bool mailboxes_send(const struct mailboxes *m);

/* Report what changed, watch over deadlines, free what has ended. */
void mailboxes_step(struct mailboxes *m);

/* The daemon is there again: tell it anew, and look at everything. */
void mailboxes_up(struct mailboxes *m);

/* End all threads; cut: also transactions under way. */
void mailboxes_stop(struct mailboxes *m, bool cut);
bool mailboxes_ended(const struct mailboxes *m);

/* Free those whose threads have ended. One that does not end (a name server
 * that hangs) is left to the end of the process. */
void mailboxes_release(struct mailboxes *m);

#endif

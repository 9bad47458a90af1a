#ifndef POSTIGO_VERBS_H
#define POSTIGO_VERBS_H

/*
 * verbs: `postigo-mail mailbox test` and `fetch`: mailboxes tried and looked
 * at here and now, beside the gateway that runs or without it.
 */

struct child;

/*
 * Both ask the daemon for the mailboxes on its mail socket.
 * name  of one; NULL: all of them
 *
 * Return GW_OK, 1 if one does not work, GW_DATA for no such mailbox, GW_TEMP
 * without a daemon.
 */

/* Print each step of a test. */
int verb_mailbox_test(const char *socket, const char *name);

/* Look once at all of a mailbox; print how many mails were taken, known and
 * refused. */
int verb_mailbox_fetch(const char *socket, const char *name,
		       struct child *parser);

#endif

#ifndef POSTIGO_LOOK_H
#define POSTIGO_LOOK_H

/*
 * look: what lies in a mailbox's folder and is not in the ledger goes into
 * the store. Flags decide nothing: the daemon's ledger does.
 *
 * A mail that cannot be taken now stays missing in the ledger, and so the
 * next look finds it again; one that never can is written down as refused
 * and stays on the server untouched.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "gateways/mail/net/imap.h"

struct mailset;
struct net_cancel;
struct port;

struct look {
	/* set by the caller, all borrowed */
	struct port *port;
	const struct mailset *set;
	struct imap *imap;
	const struct net_cancel *cancel; /* may be NULL */
	/* where the folder stands, by look_open() */
	bool open;             /* it is selected, and the daemon knows */
	bool told;             /* what the daemon said of validity holds */
	bool careful;          /* the daemon said later: one mail at a time */
	struct imap_folder is; /* as it was when it was selected */
	int64_t open_ms;       /* when that was; monotonic */
	uint32_t validity;
	uint32_t first_uid;
	uint32_t next_uid;
	int64_t from_ms; /* older mails are not taken; 0: all are */
	/* counted by look_window() */
	unsigned taken;
	unsigned known;
	unsigned refused;
	unsigned skipped; /* older than from_ms */
	unsigned unread;  /* the server would not give them */
	int64_t retry_ms; /* what the daemon asked for with "later"; 0 none */
	char why[300];    /* of the last one refused or unread, "" none */
};

/*
 * Select the folder and ask the daemon where it stands, unless it has said so
 * since look.told was last false.
 * OUT_TEMP  with code PORT_CODE: the daemon could not say; else the server
 * OUT_PERM  NET_NO_FOLDER and the like: the text says it
 */
enum outcome look_open(struct look *l, struct err *e) MUST_CHECK;

/*
 * Take in what is not known of the next window of mails.
 * from      first UID that is looked at; *next_out: where to go on
 * more_out  there may be others
 *
 * OUT_OK    all of the window was dealt with
 * OUT_TEMP  with code PORT_CODE: some wait for the daemon; look again at the
 *           same place later; else the session's failure
 * OUT_PERM  the session's failure
 */
enum outcome look_window(struct look *l, uint32_t from, uint32_t *next_out,
			 bool *more_out, struct err *e) MUST_CHECK;

/* A good look is over: tell the daemon, also if nothing was new. */
enum outcome look_done(struct look *l, struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_MAIL_IMAP_H
#define POSTIGO_MAIL_IMAP_H

/*
 * imap: one session with an IMAP server (RFC 3501, 9051), by libetpan over
 * our own stream.
 *
 * Invariants: (1) no credentials before TLS, unless the address is loopback;
 * (2) after any failure of class NETWORK, TLS, PROTOCOL, CANCELLED or
 * TOO_BIG of a reply the session is dead: every later call fails with that
 * first reason, and imap_close() is all that is left; after REFUSED, AUTH,
 * GONE and NO_FOLDER it lives; (3) no call outlasts its time, reads more
 * than its octets, or lets libetpan see deeper or longer replies than guard.h
 * says; (4) neither ENVELOPE nor BODYSTRUCTURE is ever asked for; (5) plain
 * EXPUNGE is never sent, so no mail goes that others have marked.
 *
 * Folder names are UTF-8 with the server's own separator ("INBOX",
 * "Sent", "Soporte/Hechos"); the session converts them. A name with control
 * characters or over IMAP_FOLDER_MAX octets is refused (OUT_PERM,
 * NET_NO_FOLDER).
 *
 * A session is used by one thread at a time; net_cancel_set() interrupts it
 * from any.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateways/mail/net/net.h"

struct imap;

#define IMAP_FOLDER_MAX 500              /* octets of a folder's name */
#define IMAP_LIST_MAX 1000               /* mails a call */
#define IMAP_FOLDERS_MAX 5000            /* folders that are listed */
#define IMAP_SLICE ((size_t)256 * 1024)  /* of a body, a request */
#define IMAP_COMMAND_MS 60000            /* each request but those below */
#define IMAP_SLICE_MS 120000             /* a slice of a body */
#define IMAP_APPEND_MS 300000            /* a whole append */
#define IMAP_CLOSE_MS 3000               /* logout */
#define IMAP_REPLY_MAX ((size_t)4 << 20) /* octets of any other reply */
#define IMAP_IDLE_MAX_S (25 * 60)        /* servers may end it at 30 min */

/*
 * Connect, secure, read the capabilities, log in.
 * With a password: AUTHENTICATE PLAIN where offered, else LOGIN; with a token
 * XOAUTH2. The session lives for the thread that uses it; *out is NULL unless
 * OUT_OK.
 *
 * OUT_OK    ready for imap_select()
 * OUT_TEMP  NETWORK, CANCELLED; PROTOCOL (no sense in what it says)
 * OUT_PERM  TLS (the certificate and why), AUTH, REFUSED (the server offers
 *           no way to log in that we have; clear text beyond loopback)
 * A certificate or a password can be mended at the other end: the caller
 * asks again, seldom.
 */
enum outcome imap_open(const struct net_server *server,
		       const struct net_login *login, struct imap **out,
		       struct err *e) MUST_CHECK;

/* LOGOUT if it lives (IMAP_CLOSE_MS at most), then free. Accepts NULL in *i. */
void imap_close(struct imap **i);

bool imap_alive(const struct imap *i);

/* What the server can do. */
bool imap_has_idle(const struct imap *i);
bool imap_has_move(const struct imap *i);
bool imap_has_uidplus(const struct imap *i);

struct imap_folder {
	uint32_t uidvalidity; /* 0: the server has none to speak of */
	uint32_t uidnext;     /* 0: not said */
	uint32_t exists;      /* mails in it */
	uint64_t modseq;      /* HIGHESTMODSEQ (RFC 7162); 0: not said */
	bool read_only;       /* mails can be neither marked nor moved */
};

/*
 * Select a folder for reading and writing. What follows is about it.
 * OUT_PERM NET_NO_FOLDER: there is none; another folder may have been
 * selected before: none is now.
 */
enum outcome imap_select(struct imap *i, const char *folder,
			 struct imap_folder *out, struct err *e) MUST_CHECK;

#define IMAP_SEEN 1u
#define IMAP_ANSWERED 2u
#define IMAP_FLAGGED 4u
#define IMAP_DELETED 8u
#define IMAP_DRAFT 16u

struct imap_mail {
	uint32_t uid;
	uint32_t size_bytes; /* as the server says; not to be relied on */
	int64_t received_ms; /* INTERNALDATE, UTC since 1970; 0: none given */
	unsigned flags;      /* IMAP_SEEN ... */
};

/*
 * The mails of the selected folder with a UID of at least from_uid, in
 * ascending order, at most max (<= IMAP_LIST_MAX).
 *
 * Mails are asked for by place, found by halving, so that neither a folder of
 * a million nor large gaps between UIDs make a long reply. Mails that go
 * while we ask are left out; none that stays is.
 *
 * from_uid  1 for all; else the last UID that is known plus one
 * mails     room for max
 * n_out     how many there are; 0: none
 * more_out  there may be others above the last one; may be NULL
 */
enum outcome imap_list(struct imap *i, uint32_t from_uid,
		       struct imap_mail *mails, size_t max, size_t *n_out,
		       bool *more_out, struct err *e) MUST_CHECK;

/*
 * The UID of the mail at the last place, for servers that say no uidnext.
 * place  imap_folder.exists; 0: *uid_out is 0
 * OUT_TEMP NET_REFUSED: it has gone, select again
 */
enum outcome imap_last(struct imap *i, uint32_t place, uint32_t *uid_out,
		       struct err *e) MUST_CHECK;

/*
 * The lowest UID of a mail that the server received on that day or later, by
 * its own reckoning of days (SEARCH SINCE), for servers that say it without
 * listing all others (ESEARCH, RFC 4731).
 * day_ms    an instant of that day, UTC
 * uid_out   0: there is none
 * said_out  false: the server has no way to say it
 */
enum outcome imap_first_since(struct imap *i, int64_t day_ms, uint32_t *uid_out,
			      bool *said_out, struct err *e) MUST_CHECK;

/* Takes a piece of a mail. false: no more is wanted (OUT_PERM, TOO_BIG). */
typedef bool imap_sink(void *ctx, const void *p, size_t n);

/*
 * The octets of a mail, as they are, in slices of IMAP_SLICE, without setting
 * any flag.
 * max_bytes  over it the rest is not asked for: OUT_PERM, NET_TOO_BIG (the
 *            session lives); the sink has had max_bytes at most
 * n_out      octets that the sink had; may be NULL
 *
 * OUT_PERM   NET_GONE: no such mail; NET_TOO_BIG; NET_REFUSED
 */
enum outcome imap_fetch(struct imap *i, uint32_t uid, size_t max_bytes,
			imap_sink *sink, void *ctx, size_t *n_out,
			struct err *e) MUST_CHECK;

/*
 * Wait for new mails in the selected folder: IDLE, or where the server has
 * none, a wait and then NOOP. Mails that came since the last imap_list() (or
 * imap_select()) looked, also before IDLE began, end the wait at once. Look
 * again after every return, news or not: a server may forget to say.
 *
 * seconds   1 to IMAP_IDLE_MAX_S, more counts as that
 * news_out  mails came
 * Cancelling ends the session as it does everywhere.
 */
enum outcome imap_idle(struct imap *i, int seconds, bool *news_out,
		       struct err *e) MUST_CHECK;

/* As imap_idle, but another flag of the caller's also ends it (OUT_OK, no
 * news) and leaves the session alive: "there is other work". */
enum outcome imap_idle_until(struct imap *i, int seconds,
			     const struct net_cancel *wake, bool *news_out,
			     struct err *e) MUST_CHECK;

/* Set \Seen. A mail that is gone is no error. */
enum outcome imap_mark_seen(struct imap *i, uint32_t uid,
			    struct err *e) MUST_CHECK;

/*
 * Move a mail of the selected folder to another one, which is created if it
 * is absent. By MOVE; else COPY, \Deleted and UID EXPUNGE of that mail alone;
 * without UIDPLUS the mail stays, marked \Deleted, and *left_out is true.
 *
 * OUT_OK      it is there (or was moved before by us: see below)
 * OUT_PERM    NET_GONE: not in the selected folder (moved already?);
 *             NET_REFUSED: not to this folder
 * OUT_UNSURE  the answer was lost: look in both
 */
enum outcome imap_move(struct imap *i, uint32_t uid, const char *folder,
		       bool *left_out, struct err *e) MUST_CHECK;

/*
 * Put a mail into a folder, as read (\Seen), dated now; the folder is created
 * if it is absent. octets with CRLF, at least one.
 *
 * OUT_OK      it is there; *uid_out (may be NULL) its UID, 0 if not said
 * OUT_UNSURE  the answer was lost after octets had gone: imap_find() tells
 * OUT_TEMP    no octet of it was accepted
 * OUT_PERM    REFUSED (quota, rights), TOO_BIG for that server
 */
enum outcome imap_append(struct imap *i, const char *folder, const void *octets,
			 size_t n, uint32_t *uid_out, struct err *e) MUST_CHECK;

/*
 * Is a mail with this Message-ID (with its brackets) in that folder? The
 * folder is opened for reading; afterwards it is the selected one (select
 * yours again). A folder that does not exist has no mail: OUT_OK, *uid_out 0.
 * uid_out  the highest UID that matches, 0: none
 */
enum outcome imap_find(struct imap *i, const char *folder,
		       const char *message_id, uint32_t *uid_out,
		       struct err *e) MUST_CHECK;

/* Create a folder; one that is there already is OUT_OK. */
enum outcome imap_create(struct imap *i, const char *folder,
			 struct err *e) MUST_CHECK;

/* Takes a folder's name and its attributes as words ("\Sent \HasNoChildren"). */
typedef void imap_folder_seen(void *ctx, const char *folder,
			      const char *attributes, char separator);

/* All folders; over IMAP_FOLDERS_MAX the rest is left out. */
enum outcome imap_folders(struct imap *i, imap_folder_seen *seen, void *ctx,
			  struct err *e) MUST_CHECK;

/* Is it still there? */
enum outcome imap_noop(struct imap *i, struct err *e) MUST_CHECK;

#endif

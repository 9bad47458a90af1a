#ifndef POSTIGO_MAIL_NET_H
#define POSTIGO_MAIL_NET_H

/*
 * net: what the mail gateway's connections have in common: where a server
 * is, how we log in, what went wrong, and how any call is interrupted.
 *
 * Every failure has, besides its outcome, a class in err.code (below). A
 * text never holds a password, a token or octets of a mail; what a server
 * said is cut, cleaned to UTF-8 and put between single quotes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

/*
 * Classes, in err.code. The outcome says whether a repeat may help (OUT_TEMP),
 * not (OUT_PERM), or whether it may have happened already (OUT_UNSURE).
 */
#define NET_NETWORK "network"     /* no way there, cut, too slow: back off */
#define NET_TLS "tls"             /* certificate refused, no TLS to be had */
#define NET_AUTH "auth"           /* user, password or token refused */
#define NET_PROTOCOL "protocol"   /* the server breaks the protocol */
#define NET_REFUSED "refused"     /* the server said no to this request */
#define NET_CANCELLED "cancelled" /* net_cancel_set() */
#define NET_TOO_BIG "too_big"     /* over a ceiling of ours or of theirs */
#define NET_GONE "gone"           /* no such mail any more */
#define NET_NO_FOLDER "no_folder" /* no such folder */

enum net_class {
	NET_C_NONE, /* err.code is none of ours */
	NET_C_NETWORK,
	NET_C_TLS,
	NET_C_AUTH,
	NET_C_PROTOCOL,
	NET_C_REFUSED,
	NET_C_CANCELLED,
	NET_C_TOO_BIG,
	NET_C_GONE,
	NET_C_NO_FOLDER
};

/* The class of an error that came from this folder. */
enum net_class net_class(const struct err *e);

enum net_security {
	NET_SEC_TLS,      /* TLS from the first octet: 993, 465 */
	NET_SEC_STARTTLS, /* upgraded before anything else, or refused */
	NET_SEC_NONE      /* in clear: only to 127.0.0.0/8 and ::1 */
};

/* Read "tls", "starttls" or "none". OUT_PERM: none of them. */
enum outcome net_security_parse(const char *s, enum net_security *out,
				struct err *e) MUST_CHECK;

/*
 * A flag that interrupts: while it is set every call of every session that
 * was opened with it fails at once with NET_CANCELLED (and that session is
 * dead). Setting is safe from any thread and from a signal handler.
 */
struct net_cancel;

/* NULL: no descriptor could be had (errno). */
struct net_cancel *net_cancel_new(void);
void net_cancel_free(struct net_cancel **c); /* after its sessions */
void net_cancel_set(struct net_cancel *c);
void net_cancel_clear(struct net_cancel *c);
bool net_cancel_is_set(const struct net_cancel *c);
int net_cancel_fd(const struct net_cancel *c); /* readable while set */

#define NET_OPEN_MS 60000 /* a default for wait_ms */

/* Where a server is; everything borrowed during the call that takes it. */
struct net_server {
	const char *host; /* a name, or an address as text */
	uint16_t port;
	enum net_security security;
	const char *ca_file; /* PEM; NULL: the system's store */
	int64_t wait_ms;     /* for the whole of opening; 0: NET_OPEN_MS */
	struct net_cancel *cancel; /* NULL: none; outlives the session */
};

/* How we log in: exactly one of password and token. */
struct net_login {
	const char *user;
	const char *password;
	const char *token; /* an OAuth 2 access token, for XOAUTH2 */
};

/*
 * Can it be a login: user of 1 to 320 octets, secret of 1 to 16,384, no NUL,
 * CR or LF in either? OUT_PERM (NET_AUTH) says which is not.
 */
enum outcome net_login_check(const struct net_login *login,
			     struct err *e) MUST_CHECK;

struct buf;

/*
 * Append a server's text as words for people: one line, UTF-8, controls and
 * quotes as blanks, at most max bytes.
 */
void net_words(struct buf *out, const char *p, size_t n, size_t max);

/* SIGPIPE is ignored from now on; called by opening, harmless to repeat. */
void net_ignore_sigpipe(void);

#endif

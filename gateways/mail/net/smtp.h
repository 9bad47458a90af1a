#ifndef POSTIGO_MAIL_SMTP_H
#define POSTIGO_MAIL_SMTP_H

/*
 * smtp: one session with a submission server (RFC 5321, 6409), over our own
 * stream.
 *
 * Invariants: (1) no credentials and no mail in clear, unless the address is
 * loopback; (2) after a failure of the stream, of TLS, or of the protocol the
 * session is dead; (3) only the class of a code decides, 4 or 5; (4) commands
 * go one at a time, each after the reply of the one before; (5) what leaves
 * as a mail has CRLF alone as its line ends, dots stuffed, whatever came in:
 * no octets of a mail end it early.
 *
 * A session is used by one thread at a time; net_cancel_set() interrupts it
 * from any.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateways/mail/net/net.h"

struct smtp;

#define SMTP_RECIPIENTS_MAX 100
#define SMTP_ADDRESS_MAX 320     /* octets of an address */
#define SMTP_ENVELOPE_ID_MAX 100 /* octets as it travels, RFC 3461 4.4 */
#define SMTP_TEXT_MAX 300        /* of a server's words we keep */
#define SMTP_LINE_MAX 4096       /* octets of a reply's line */
#define SMTP_LINES_MAX 200       /* lines of a reply */
#define SMTP_COMMAND_MS 120000   /* a reply, RFC 5321 4.5.3.2 */
#define SMTP_OCTETS_MS 600000    /* all octets of a mail to leave */
#define SMTP_END_MS 600000       /* the reply after the final dot */
#define SMTP_CLOSE_MS 3000       /* QUIT */

/*
 * Connect, secure, greet, log in.
 * login  NULL: none is asked for
 * Outcomes and classes as imap_open(). A server that says 4xx is OUT_TEMP
 * (REFUSED).
 */
enum outcome smtp_open(const struct net_server *server,
		       const struct net_login *login, struct smtp **out,
		       struct err *e) MUST_CHECK;

/* The same on a stream that is there already (taken), for tests too. */
struct stream;
enum outcome smtp_open_over(struct stream *stream,
			    const struct net_server *server,
			    const struct net_login *login, struct smtp **out,
			    struct err *e) MUST_CHECK;

/* QUIT if it lives, then free. Accepts NULL in *s. */
void smtp_close(struct smtp **s);

bool smtp_alive(const struct smtp *s);

/* Does the server report what becomes of mails (DSN)? */
bool smtp_reports(const struct smtp *s);

/* The largest mail that the server takes, in octets; 0: not said. */
uint64_t smtp_size_max(const struct smtp *s);

struct smtp_mail {
	const char *from;      /* envelope; "" for none (<>) */
	const char *const *to; /* envelope */
	size_t to_count;       /* 1 to SMTP_RECIPIENTS_MAX */
	size_t needed;      /* of to, the first ones without all of whom nothing
			* goes; 0: any one is enough */
	const void *octets; /* header, empty line, body */
	size_t n;
	/* Ask for reports of failure and delay (RFC 3461), with the header of
	 * the mail, where the server offers them. Never without a sender. */
	bool reports;
	const char *envelope_id; /* what reports name it by; NULL: nothing */
};

/* A recipient that the server did not take. */
struct smtp_refusal {
	size_t recipient; /* place in mail.to */
	int code;         /* 450, 550, ... */
	char text[SMTP_TEXT_MAX];
};

struct smtp_result {
	int code;                 /* of the reply that decided; 0: none came */
	char text[SMTP_TEXT_MAX]; /* its words, one line of UTF-8 */
	size_t taken;             /* recipients for whom it was accepted */
	struct smtp_refusal refused[SMTP_RECIPIENTS_MAX];
	size_t refused_count;
	bool at_sender; /* the sender was refused for good, not the mail */
	bool at_end;    /* a refusal came after the mail's octets, not before */
};

/*
 * Send one mail. *out (caller's memory, large: keep it off small stacks) is
 * filled whatever the outcome; *e says it in words unless OUT_OK.
 *
 * OUT_OK      sent: the server took it for out->taken recipients; those that
 *             it refused are listed, each with its code
 * OUT_TEMP    not sent, and a repeat is safe: 4xx, or the connection ended
 *             before all octets had gone
 * OUT_PERM    not sent, and a repeat will not help: 5xx, or the server cannot
 *             carry it (SIZE, an address that needs SMTPUTF8)
 * OUT_UNSURE  the final dot went and its reply did not come: it may have been
 *             sent; never repeat blindly
 * If all recipients are refused no octet of the mail goes; it is OUT_TEMP if
 * any of them may be taken later, else OUT_PERM. If one that is needed is
 * refused none goes either: OUT_PERM if it will never be taken.
 * After a refusal the session lives and is reset for the next mail.
 */
enum outcome smtp_send(struct smtp *s, const struct smtp_mail *mail,
		       struct smtp_result *out, struct err *e) MUST_CHECK;

/* Is it still there? */
enum outcome smtp_noop(struct smtp *s, struct err *e) MUST_CHECK;

#endif

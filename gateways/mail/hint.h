#ifndef POSTIGO_HINT_H
#define POSTIGO_HINT_H

/*
 * hint: was a mail written by a program, and why do we think so; is it an
 * automatic answer or a bounce; whom could it not reach, of which mails does
 * it speak; may it be answered automatically.
 *
 * The parts of the judgement: robot.h (header), absence.h (subject),
 * challenge.h, report.h (reports), returned.h (a bounce in plain words).
 * Sources: RFC 3834; RFC 3464; RFC 5965; headers of vendors as seen in real
 * mail.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gateways/mail/codes.h"
#include "gateways/mail/head.h"

#define HINT_RECIPIENTS_MAX 50
#define HINT_IDS_MAX 20
#define HINT_LOOP_MAX 200

struct hint_recipient {
	char address[CODES_ADDRESS_MAX];
	char original[CODES_ADDRESS_MAX]; /* as the sender wrote it, or "" */
	char status[CODES_STATUS_MAX];    /* "5.1.1", "" if unknown */
	char reason[CODES_WORDS_MAX];     /* the server's words, or "" */
	bool permanent;
};

struct hint {
	bool robot;
	bool auto_reply;
	bool bounce;
	bool may_respond; /* an automatic answer may be sent */
	bool nobody;      /* sent by a mail system, or with the null path */
	bool titled;      /* its subject is one of mail systems */
	bool delayed;     /* somebody has not got it yet */
	bool failed;      /* a report names somebody who will not get it */
	bool report;      /* a delivery report was read */
	bool receipt;     /* a recipient's program says that it was shown */
	bool complaint;   /* a recipient called a mail of ours spam */
	const char *why;  /* of robot: a code, static; NULL: a person */
	struct hint_recipient list[HINT_RECIPIENTS_MAX];
	size_t count;
	/* Message-IDs of the mails that came back, with brackets */
	char ids[HINT_IDS_MAX][HEAD_ID_MAX + 1];
	size_t id_count;
	char sent_to[CODES_ADDRESS_MAX]; /* To of the first of them, or "" */
	char loop[HINT_LOOP_MAX];        /* X-Postigo-Loop as found, or "" */
};

/*
 * Judge the header.
 * from     address of the sender, "" if none
 * subject  decoded
 * kind     content type, lower case, and its report-type, "" if none
 */
void hint_head(struct hint *t, const struct head *h, const char *from,
	       const char *subject, const char *kind, const char *report);

/*
 * Last, when all parts were read.
 * text  clean, ended by NUL
 */
void hint_end(struct hint *t, const struct head *h, const char *text, size_t n);

/* What it tells of our mails, for contact.add: "failed", "delayed",
 * "delivered", "complaint"; NULL: nothing. */
const char *hint_kind(const struct hint *t);

/* For the parts: a program wrote it; the first reason stays. code: static */
void hint_robot(struct hint *t, const char *code);

/* For the parts: the recipient of that address, made if it is new; NULL: there
 * are HINT_RECIPIENTS_MAX of them. */
struct hint_recipient *hint_recipient(struct hint *t, const char *address);

/* For the parts: note a Message-ID once; those over the ceiling are left. */
void hint_id(struct hint *t, const char *id, size_t n);

#endif

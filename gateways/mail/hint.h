#ifndef POSTIGO_HINT_H
#define POSTIGO_HINT_H

/*
 * hint: was it written by a program, is it an automatic answer or a bounce,
 * whom could it not reach, may it be answered automatically.
 *
 * Sources: RFC 3834; RFC 3464; headers of vendors as seen in real mail.
 */

#include <stdbool.h>
#include <stddef.h>

struct head;

#define HINT_RECIPIENTS_MAX 50
#define HINT_ADDRESS_MAX 255

struct hint_recipient {
	char address[HINT_ADDRESS_MAX];
	char status[16]; /* "5.1.1", "" if unknown */
	bool permanent;
};

struct hint {
	bool robot;
	bool auto_reply;
	bool bounce;
	bool may_respond; /* an automatic answer may be sent */
	bool delayed;     /* a report that says so: nothing has failed yet */
	bool report;      /* a delivery report was read */
	struct hint_recipient list[HINT_RECIPIENTS_MAX];
	size_t count;
};

/*
 * Judge the header.
 * from     address of the sender, "" if none
 * subject  decoded
 * kind     content type, lower case, and its report-type, "" if none
 */
void hint_head(struct hint *t, const struct head *h, const char *from,
	       const char *subject, const char *kind, const char *report);

/* Read the octets of a message/delivery-status part. */
void hint_report(struct hint *t, const char *p, size_t n);

/* Last: the text of a mail that looks like a bounce without a report. */
void hint_text(struct hint *t, const struct head *h, const char *text,
	       size_t n);

#endif

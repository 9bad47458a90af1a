#ifndef POSTIGO_FORWARD_H
#define POSTIGO_FORWARD_H

/*
 * forward: a mail that somebody sent on, taken apart: the sender's own words
 * and the mail that they sent on.
 *
 * Not here: a mail that came as an attachment (parts.c keeps it whole).
 * Source: gateways/mail/README.md, "What is new".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct buf;

struct forward {
	size_t at;  /* octet of the text where the forwarded part begins */
	bool own;   /* there are words of the sender's own before it */
	json_t *as; /* {"from": {name, address}?, "subject"?, "at"} */
};

/*
 * Is UTF-8 text a mail that was sent on?
 * subject  of the mail: "Fwd:", "RV:", "WG:"... say that a block of From:,
 *          Sent:, To:, Subject: begins a forwarded mail, not a reply's history
 * own_out  its own words without their signature are appended, if f->own
 * Returns true if so; *f is then filled (free with forward_release).
 */
bool forward_find(struct forward *f, const char *subject, const char *text,
		  size_t n, struct buf *own_out);
void forward_release(struct forward *f);

/* Does a subject say that the mail was sent on? */
bool forward_subject(const char *subject);

#endif

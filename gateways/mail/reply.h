#ifndef POSTIGO_REPLY_H
#define POSTIGO_REPLY_H

/*
 * reply: what is new in a mail: the author's own words, without what they
 * quote, sign with or send on.
 *
 * Invariant: never nothing: when everything would go, everything stays.
 * Source: gateways/mail/README.md, "What is new".
 */

#include <jansson.h>
#include <stddef.h>

struct buf;

struct reply_of {
	const char *subject; /* decoded */
	const char *text;    /* all of it, as it is shown */
	size_t text_len;
	const char *source; /* text; or that of an HTML mail without the quotes
			     * that its mail program marked */
	size_t source_len;
};

/*
 * Append what is new in a mail to out, which was empty.
 * Returns what it sends on, as contact.add takes it: new, or null.
 */
json_t *reply_find(const struct reply_of *r, struct buf *out);

#endif

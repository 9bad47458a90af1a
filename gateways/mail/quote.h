#ifndef POSTIGO_QUOTE_H
#define POSTIGO_QUOTE_H

/*
 * quote: what is new in a mail's text: our own marker and what is below it,
 * quoted history, the signature and legal notices are cut off.
 *
 * Invariants: time linear in the text; when everything would go, everything
 * stays; answers between quotes are left with them.
 * Source: gateways/mail/README.md, "What is new".
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* By which html_reply() tells where our own marker was: a line of its own. */
#define QUOTE_OWN_MARKER "-- Reply above this line --"

/*
 * Append what is left of UTF-8 text, or the very text if nothing was cut.
 * false: nothing would be left, and all of it was appended.
 */
bool quote_cut(struct buf *out, const char *p, size_t n);

/*
 * Append what is left of UTF-8 text, if that is more than a word of the
 * author's own: "FYI" says nothing. Was it?
 */
bool quote_own(struct buf *out, const char *p, size_t n);

#endif

#ifndef POSTIGO_MAIL_DOT_H
#define POSTIGO_MAIL_DOT_H

/*
 * dot: a mail as it travels between DATA and its end (RFC 5321, 4.5.2).
 *
 * Invariant: in what comes out CR and LF only ever stand together, and a line
 * never begins with a dot that is not doubled; so whatever octets went in,
 * CR LF . CR LF appears once, at the end.
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;

struct dot {
	bool mid; /* within a line */
	bool cr;  /* the last octet was CR */
};

/*
 * Append n octets of a mail: CR, LF and CR LF all end a line. Pieces may be
 * cut anywhere. What comes out is at most 2 n + 2.
 */
void dot_add(struct dot *d, struct buf *out, const char *p, size_t n);

/* Append the end: a line end if one is missing, the dot, CR LF. */
void dot_end(struct dot *d, struct buf *out);

/* What a mail's size is with CR LF alone, dots as they are (RFC 1870). */
size_t dot_size(const char *p, size_t n);

#endif

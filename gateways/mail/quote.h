#ifndef POSTIGO_QUOTE_H
#define POSTIGO_QUOTE_H

/*
 * quote: what is new in a mail's text: quoted history and the signature are
 * cut off. Linear in the text; when everything would go, everything stays.
 */

#include <stddef.h>

struct buf;

#define QUOTE_LINES_MAX 20000 /* longer texts are left whole */

/* Append what is left of UTF-8 text. */
void quote_cut(struct buf *out, const char *p, size_t n);

#endif

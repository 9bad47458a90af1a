#ifndef POSTIGO_MARKUP_H
#define POSTIGO_MARKUP_H

/*
 * markup: text made safe between HTML's tags and inside its quotes: & < > "
 * and ' become character references, all else stays. What is over the
 * ceiling of the buffer is left out, as buf_puts() leaves it out.
 */

#include <stddef.h>

struct buf;

/* Append a string, as content or in a quoted attribute. */
void markup_escape(struct buf *b, const char *s);

/* Append n octets of text whose lines end as given: "<br>\n". */
void markup_escape_lines(struct buf *b, const char *p, size_t n,
			 const char *line_end);

#endif

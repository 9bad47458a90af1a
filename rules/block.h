#ifndef POSTIGO_BLOCK_H
#define POSTIGO_BLOCK_H

/*
 * block: what a text between three double quotes says.
 */

#include <stddef.h>

struct buf;

/*
 * Append what is meant to out: without a line end right after the opening
 * quotes, without the blanks that all lines begin with (the one before the
 * closing quotes counts, empty ones do not), without blanks at ends of lines
 * and line ends at the end.
 *
 * s, n  what stands between the quotes
 */
void block_text(const char *s, size_t n, struct buf *out);

#endif

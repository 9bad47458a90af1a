#ifndef POSTIGO_LIGHT_H
#define POSTIGO_LIGHT_H

/*
 * light: light Markdown before it is parsed as CommonMark. People write words
 * that CommonMark would swallow (definitions of links, underlines of
 * headings, marks within an address); with a backslash before them they stay
 * what was written.
 *
 * Source: contrib/decisions, "light Markdown".
 */

#include <stddef.h>

struct buf;

/* Text (UTF-8) with what would be swallowed escaped, appended to out: at most
 * twice as long. Code stays as it is. */
void light_protect(const char *text, size_t n, struct buf *out);

/* Is there "http://" or "https://" at p? Its length, or 0. */
size_t light_scheme(const char *p, const char *end);

/* The end of the page's address that begins at p: signs that close a sentence
 * or a bracket do not belong to it. */
const char *light_address_end(const char *p, const char *end);

#endif

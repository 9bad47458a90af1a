#ifndef POSTIGO_RTF_H
#define POSTIGO_RTF_H

/*
 * rtf: the text of a rich text, or the HTML that a mail program has wrapped
 * in one ([MS-OXRTFEX]). Fonts with a charset of their own are read in the
 * document's.
 *
 * Invariants: linear; groups nest at most RTF_DEPTH_MAX deep, deeper ones are
 * left out.
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;

#define RTF_DEPTH_MAX 100

/*
 * Append what p says, as UTF-8. *html_out: it is HTML. false: p is no rich
 * text.
 */
bool rtf_read(struct buf *out, const char *p, size_t n, bool *html_out);

#endif

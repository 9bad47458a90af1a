#ifndef POSTIGO_MARKDOWN_H
#define POSTIGO_MARKDOWN_H

/*
 * markdown: what an agent wrote as HTML. It is light Markdown: emphasis,
 * lists, quotes, code and links as CommonMark has them, and addresses of pages
 * that stand in the text are links too.
 *
 * Invariants: (1) nothing that was written disappears: raw HTML, definitions
 * of links, underlines of headings and addresses that are no links are shown
 * as they were typed; (2) the only elements are p, br, hr, em, strong, code,
 * pre, blockquote, ul, ol (with start), li and a (with href, which is http,
 * https or mailto); (3) every end of a line is one in the HTML too.
 *
 * Source: contrib/decisions, "light Markdown".
 */

#include <stddef.h>

struct buf;

/* Beyond this many octets a text is shown as it is, without marks. */
#define MARKDOWN_MAX ((size_t)64 * 1024)

/* text (UTF-8 without NUL) as HTML, appended to out. */
void markdown_html(const char *text, size_t n, struct buf *out);

/* text as HTML in which nothing is a mark: escaped, with its line ends. */
void markdown_plain(const char *text, size_t n, struct buf *out);

#endif

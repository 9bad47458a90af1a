#ifndef POSTIGO_HTML_H
#define POSTIGO_HTML_H

/*
 * html: HTML of mails, read by libxml2 and written anew from an allow-list.
 * Nothing of the input is copied as markup: what comes out was assembled
 * here, each text and attribute escaped.
 *
 * Not here: showing it. The console puts it into a sandboxed frame as well.
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct html;

#define HTML_INPUT_MAX ((size_t)4 * 1024 * 1024) /* octets that are read */
#define HTML_DEPTH_MAX 256
#define HTML_OUT_MAX ((size_t)190 * 1024) /* octets of cleaned HTML */

/* Read UTF-8 text; NULL: not even a document. Over HTML_INPUT_MAX it is cut. */
struct html *html_read(const char *p, size_t n);
void html_free(struct html **h);

/*
 * Append the cleaned document. Pictures keep cid: sources; remote ones go.
 * remote_out  set if something remote was taken out
 * cut_out     set if the ceiling was met; what is there is well-formed
 */
void html_clean(const struct html *h, struct buf *out, bool *remote_out,
		bool *cut_out);

/* Append the visible text: blocks become lines. */
void html_text(const struct html *h, struct buf *out);

/*
 * As html_text, without what mail programs wrap as quotes (gmail_quote...) and
 * what is below our own marker. out was empty; it is so again if all is a
 * quote, or if there are words of the author's own above and below one.
 */
void html_reply(const struct html *h, struct buf *out);

/* Append a text as HTML: its marks escaped, its lines ended by br. */
void html_of_text(const char *p, size_t n, struct buf *out);

/* The charset that a meta element declares into out[64], "" if none. */
void html_charset(const char *p, size_t n, char out[64]);

/* A style attribute cut to safe declarations, appended. */
void html_style(struct buf *out, const char *style);

#endif

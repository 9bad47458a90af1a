#ifndef POSTIGO_WHATSAPP_MARKS_H
#define POSTIGO_WHATSAPP_MARKS_H

/*
 * marks: light Markdown as the marks of WhatsApp: *bold*, _italic_, `code`,
 * ```blocks```, lists with "- " and "1. ", quotes with "> ". Pure.
 *
 * Invariants: nothing that was written disappears; each end of a line is one;
 * a mark never goes over an end of a line, where WhatsApp would not see it.
 *
 * WhatsApp has no escapes. A sign that was meant as itself, and that WhatsApp
 * could take for a mark, gets a zero-width space on its inner side, which
 * breaks the mark and is not seen.
 *
 * Source: WhatsApp, "How to format your messages"; contrib/decisions, "light
 * Markdown".
 */

#include <stddef.h>

#include "daemon/base/err.h"

struct buf;

#define MARKS_TEXT_MAX 4096    /* characters of a message */
#define MARKS_CAPTION_MAX 1024 /* of a caption, and of a text with buttons */
#define MARKS_OCTETS_MAX ((size_t)64 * 1024) /* of what is given */

/*
 * Text (UTF-8) with marks, appended to out. Where marks make it longer than
 * max characters, it goes as it was written.
 *
 * OUT_PERM  code "too_long": it is longer as it was written
 */
enum outcome marks_write(const char *text, size_t n, size_t max,
			 struct buf *out, struct err *e) MUST_CHECK;

/* Characters of UTF-8, as Graph counts them. */
size_t marks_count(const char *text, size_t n);

#endif

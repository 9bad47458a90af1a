#ifndef POSTIGO_PARSE_H
#define POSTIGO_PARSE_H

/*
 * parse: raw octets of a mail to the fields that the bus and the command
 * line show, and the octets of its attachments.
 *
 * Invariants: parts nest at most PARSE_DEPTH_MAX deep and count at most
 * PARSE_PARTS_MAX; every string is clean UTF-8 without NUL. It may die on a
 * hostile mail: it runs in a child that is cheap to replace.
 *
 * Source: gateways/mail/README.md, "What a mail becomes".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct buf;

#define PARSE_DEPTH_MAX 32
#define PARSE_PARTS_MAX 1000
#define PARSE_ATTACHMENTS_MAX 200
#define PARSE_TEXT_MAX ((size_t)128 * 1024) /* octets of a text */

/* Once per process, before the first parse_mail(). */
void parse_start(void);

/*
 * raw     borrowed
 * octets  attachments are appended; each names its "offset"
 * Returns a new object, never NULL.
 */
json_t *parse_mail(const char *raw, size_t n, struct buf *octets);

/* What is new in a text, or in an HTML body (as HTML), appended to out. */
void parse_strip(const char *p, size_t n, bool html, struct buf *out);

#endif

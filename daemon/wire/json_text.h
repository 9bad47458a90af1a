#ifndef POSTIGO_JSON_TEXT_H
#define POSTIGO_JSON_TEXT_H

/*
 * json_text: JSON as compact text, octet for octet what json_dump_callback()
 * with JSON_COMPACT makes of it, in a third of the time: strings are copied in
 * runs, and no table of what was seen is kept (what is sent has no loops; a
 * nesting of 128 is the ceiling all the same).
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct buf;

/* JSON text that stands for one value of a tree: whoever has many rows to tell
 * writes them (json_out.h) and makes no tree of them. Borrowed. */
struct json_part {
	const json_t *place; /* of the tree, by its address */
	const char *text;
	size_t len;
};

/*
 * Append a value.
 * part  what is written in the place of one value, or NULL
 * false: it is over b's ceiling, or nested too deep; part of it may have been
 * added
 */
bool json_text(struct buf *b, const json_t *v,
	       const struct json_part *part) MUST_CHECK;

/* Append n octets of UTF-8 as a string. false: over b's ceiling. */
bool json_text_string(struct buf *b, const char *s, size_t n);

/* Append an integer. false: over b's ceiling. */
bool json_text_integer(struct buf *b, int64_t n);

/*
 * Octets from s[i] on, eight at a time and none from s[to] on, that a string
 * holds as they are: no control characters, quotes, backslashes. Returns where
 * that ends.
 * all  gets a high bit if one of them has it
 */
size_t json_text_run(const char *s, size_t i, size_t to, unsigned *all);

#endif

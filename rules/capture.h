#ifndef POSTIGO_CAPTURE_H
#define POSTIGO_CAPTURE_H

/*
 * capture: "{order}" in the text of an action: the name of a pattern's group
 * "(?<order>...)". A name is letters, digits, dots and underscores and begins
 * with a letter; other braces are text.
 */

#include <stdbool.h>
#include <stddef.h>

/*
 * The next "{name}" at or after *i.
 * from_out, n_out  the name inside the braces
 * false: there is none; else *i is after it.
 */
bool capture_next(const char *text, size_t *i, size_t *from_out, size_t *n_out);

/* What a name stands for; NULL: nothing. */
typedef const char *capture_value(void *arg, const char *name, size_t n);

enum captured {
	CAPTURED,
	CAPTURE_ABSENT, /* a name stands for nothing */
	CAPTURE_LONG    /* it does not fit */
};

/*
 * Write text with its names replaced, and a NUL.
 * out, room  where to
 * n_out      bytes written without the NUL, set on CAPTURED
 */
enum captured capture_expand(const char *text, capture_value *value, void *arg,
			     char *out, size_t room, size_t *n_out);

#endif

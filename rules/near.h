#ifndef POSTIGO_NEAR_H
#define POSTIGO_NEAR_H

/*
 * near: why a text does not fit a pattern, for whoever wrote both: how far
 * the pattern gets, and which word was nearly there. For the checker alone.
 */

#include <stdbool.h>
#include <stddef.h>

struct matcher;

#define NEAR_WORD_BYTES 61

struct near_miss {
	/* bytes of the pattern's source that fit, from its beginning to the
	 * end of one of its parts; 0: none, or it has alternatives */
	size_t reach;
	size_t from; /* bytes of the text that they fit */
	size_t to;
	/* a word of the pattern, and what the text has instead; "" */
	char wanted[NEAR_WORD_BYTES];
	char found[NEAR_WORD_BYTES];
};

/*
 * text     well-formed UTF-8; its first 16 KiB are looked at
 * literal  the source is text, not a pattern
 * exact    accents count
 */
void near_find(const char *source, size_t n, bool literal, bool exact,
	       struct matcher *m, const char *text, struct near_miss *out);

#endif

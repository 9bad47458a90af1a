#ifndef POSTIGO_SLIP_H
#define POSTIGO_SLIP_H

/*
 * slip: what people write who know another language, and what this one wants
 * instead.
 */

#include <stddef.h>

struct slip {
	const char *got;  /* the name of the token: "a word", "queue" */
	const char *word; /* as written, cut */
	char before;      /* the octet right before it; '\0' at the start */
	const char *const *expected; /* names of tokens */
	size_t n;
};

/* A hint for a token that the grammar did not expect, or NULL. Static. */
const char *slip_hint(const struct slip *s);

/* A hint for a character that no word begins with, or NULL. Static. */
const char *slip_sign(char c);

#endif

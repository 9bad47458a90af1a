#ifndef POSTIGO_PATTERNS_H
#define POSTIGO_PATTERNS_H

/*
 * patterns: patterns by chance, over all the syntax that PCRE2 knows, each
 * with a text that it was made to match, and texts made of pieces of that.
 * The same seed makes the same ones.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADE_BYTES 1500 /* ceiling of a pattern and of its text */
#define MADE_TEXT_BYTES 4096

/* A sequence of numbers (xorshift64*), never 0. */
struct chance {
	uint64_t state;
};

void chance_start(struct chance *c, uint64_t seed);
uint64_t chance_next(struct chance *c);
/* 0 to n - 1 */
size_t chance_below(struct chance *c, size_t n);
/* true once in n */
bool chance_one_in(struct chance *c, size_t n);
/* Numbers after --pairs and --seed, where they are given. */
void chance_options(int argc, char **argv, unsigned long *pairs,
		    unsigned long *seed);

struct made {
	char source[MADE_BYTES];
	size_t source_n;
	char text[MADE_BYTES]; /* it most likely matches this */
	size_t text_n;
	int groups;
	int depth;
};

/* A pattern without a '/' and without a line's end. */
void made_pattern(struct chance *c, struct made *m);

/* A string to look for as it is. */
void made_literal(struct chance *c, struct made *m);

/*
 * A text of pieces: what the pattern was made to match, with letters changed
 * to others that may be the same, damaged or whole, among other words.
 * out has room for MADE_TEXT_BYTES; returns its bytes.
 */
size_t made_text(struct chance *c, const struct made *m, char *out);

#endif

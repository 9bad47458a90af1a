#ifndef POSTIGO_LITERAL_H
#define POSTIGO_LITERAL_H

/*
 * literal: what a text must contain for a pattern to match it. Reads the
 * source of a pattern as PCRE2 does, and keeps of it sets of strings: of each
 * set at least one string is in every text that matches.
 *
 * Invariants: strings are of plain letters (letter.h) of folded text, also
 * for a pattern that is exact. What is not surely understood makes no set:
 * then the pattern must be tried on every text.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LITERAL_BYTES_MAX 24 /* of one string; the rest is left out */
#define LITERAL_BYTES_MIN 2  /* a shorter one is in nearly every text */
#define LITERAL_SET_MAX 256  /* strings in a set */
#define LITERAL_SETS_MAX 3   /* of one pattern: all of them are needed */
#define LITERAL_LEADS_MAX 32 /* strings that all matches begin with */

struct literal {
	const char *s; /* not terminated */
	size_t n;
};

struct literal_set {
	const struct literal *at;
	size_t n;
};

struct literals {
	struct literal_set sets[LITERAL_SETS_MAX];
	size_t n; /* 0: nothing is known, try it always */
	/* each match begins with a string of sets[0], in a text that is folded
	 * as the pattern is; never of a pattern that is exact */
	bool leads;
	/* a bound of the steps that a match may take from one place to begin;
	 * LITERAL_STEPS_MANY: no small one */
	unsigned steps;
	size_t most; /* largest number of a repeat; SIZE_MAX: not known */
};

#define LITERAL_STEPS_MANY 1000000U

/*
 * Read a pattern that PCRE2 compiled.
 *
 * s, n     what PCRE2 was given: folded, unless the pattern is exact
 * literal  it is text, not an expression
 * exact    it was not folded
 *
 * Returns one block with everything in it; free with mem_free.
 */
struct literals *literals_read(const char *s, size_t n, bool literal,
			       bool exact);

#endif

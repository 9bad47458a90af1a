#ifndef POSTIGO_COMPLAIN_H
#define POSTIGO_COMPLAIN_H

/*
 * complain: collect what is wrong with a book, and guess what was meant.
 */

#include <stddef.h>

#include "rules/book.h"
#include "rules/tree.h"

/*
 * Add one error. Over BOOK_ERRORS_MAX it is only counted.
 * hint  NULL for none
 */
void complain(struct book_errors *errs, struct loc at, const char *hint,
	      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The place of the first octet that is not UTF-8 text. */
struct loc complain_bad_byte(const char *s, size_t n);

/* Order by line and column. */
void complain_sort(struct book_errors *errs);

/*
 * Guess a name. Start with a zeroed struct, offer candidates, then ask.
 * A candidate is near if at most a third of its letters differ.
 */
struct guess {
	const char *meant; /* the word that was read */
	const char *best;  /* borrowed from the caller; NULL: nothing near */
	size_t distance;
};

void guess_start(struct guess *g, const char *meant);
void guess_offer(struct guess *g, const char *candidate);

/* "did you mean 'x'?" into out, or otherwise if nothing was near. */
const char *guess_hint(const struct guess *g, const char *otherwise,
		       char out[160]);

#endif

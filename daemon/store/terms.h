#ifndef POSTIGO_TERMS_H
#define POSTIGO_TERMS_H

/*
 * terms: the words that a person typed into a search, as conditions.
 *
 *   word      a message must have it
 *   "a b"     these, one behind the other
 *   -word     it must not have it (-"a b": nor these)
 *   word*     one that begins so; the very last word too, as long as no space
 *             follows: it is being typed
 *
 * Whatever was typed is first cut into words by the index's own tokenizer, and
 * the index is asked for these in quotes: no character of the typed text ever
 * is syntax. Accents and case do not matter. A beginning has at least
 * TERMS_BEGINNING characters; a shorter one is a word.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/search.h"

struct buf;
struct terms;

#define TERMS_MAX 32        /* conditions of one search */
#define TERMS_TOKENS_MAX 32 /* words of one condition */
#define TERMS_BEGINNING 3   /* characters */

/*
 * OUT_OK    *out is to be freed with terms_free
 * OUT_PERM  code "bad_params": too many words
 */
enum outcome terms_read(const struct search_words *w, const char *text,
			struct terms **out, struct err *e) MUST_CHECK;
void terms_free(struct terms **t);

/* Is there a word that messages must have? If not, nothing is found. */
bool terms_any(const struct terms *t);

/*
 * Is one a beginning of more than TERMS_BEGINNING characters? The index has
 * lists of its own for beginnings of just so many; longer ones it puts together
 * from the lists of all words that begin so, before it gives the first row.
 */
bool terms_long(const struct terms *t);

/*
 * The question to the index, appended.
 * wide  long beginnings are asked for by their first TERMS_BEGINNING
 *       characters: what is found must be asked terms_hold()
 */
void terms_match(const struct terms *t, bool wide, struct buf *out);

/* Part of a text that a condition matches: bytes. */
struct terms_span {
	size_t from;
	size_t to;
};

/*
 * Find words in a text.
 * spans_out  the first max ones, in order; they may overlap
 * Returns how many.
 */
size_t terms_find(const struct terms *t, const struct search_words *w,
		  const char *text, size_t n, struct terms_span *spans_out,
		  size_t max);

/* Do all conditions hold for a message? As the index would say. */
bool terms_hold(const struct terms *t, const struct search_words *w,
		const struct search_doc *d);

#endif

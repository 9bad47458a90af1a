#ifndef POSTIGO_FOLD_H
#define POSTIGO_FOLD_H

/*
 * fold: text without its marks: each letter is decomposed (NFD) and the marks
 * are dropped, so "devolución" and "devolucion" are the same. Case stays; PCRE2
 * does that. Hangul and ideographs stay as they came.
 *
 * Invariants: folded text is well-formed UTF-8 and never longer than the
 * original; the map leads from each byte of the folded text, and from its
 * end, back to a byte of the original.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOLD_TEXT_MAX UINT16_MAX /* bytes of one text */

/* The letter without its marks; 0 if cp itself is a mark. */
uint32_t fold_char(uint32_t cp);

/*
 * Fold n bytes (at most FOLD_TEXT_MAX).
 *
 * out   room for n bytes; not terminated
 * map   room for n + 1 offsets: map[i] is where the character of out[i]
 *       begins in s, so a span [i, j) of out is [map[i], map[j]) of s, with
 *       the marks that follow its last letter
 * bad   set if s has malformed bytes; each reads as '?'
 *
 * Returns the folded length.
 */
size_t fold_text(const char *s, size_t n, char *out, uint16_t *map, bool *bad);

/* s with each malformed byte replaced by '?': same length, into out. */
void fold_clean(const char *s, size_t n, char *out);

struct fold_trouble {
	size_t at;        /* byte of the pattern */
	const char *text; /* what is wrong; static */
	const char *hint; /* static */
};

/*
 * Fold a regular expression: its literals and classes as fold_text does,
 * with code point escapes. out and map as there (n at most FOLD_TEXT_MAX).
 * false: it has something that cannot be folded; *t says where.
 */
bool fold_pattern(const char *s, size_t n, char *out, uint16_t *map,
		  size_t *n_out, struct fold_trouble *t);

#endif

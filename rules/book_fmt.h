#ifndef POSTIGO_BOOK_FMT_H
#define POSTIGO_BOOK_FMT_H

/*
 * book_fmt: the one canonical form of a desk book's text.
 *
 * Invariants: the tokens are those of the text, spelling included, and so are
 * the comments; what is formatted is formatted to itself. Names and meaning do
 * not matter: a part of a book is formatted as a whole one is.
 */

#include <stddef.h>

#include "daemon/base/err.h"
#include "rules/book.h"

struct buf;

#define FMT_COLUMNS 100 /* a longer line is broken where it may be */

/*
 * Append the text in its canonical form: four blanks for a level, an item a
 * line, conditions broken before "and" and "or", actions after commas, one
 * empty line between things and at most one elsewhere, comments before what
 * they stand beside or at the end of its line.
 *
 * text, n  UTF-8
 * errs     initialised to zero by the caller; filled on OUT_PERM: what cannot
 *          be read, braces that have no other
 */
enum outcome book_fmt(const char *text, size_t n, struct buf *out,
		      struct book_errors *errs) MUST_CHECK;

#endif

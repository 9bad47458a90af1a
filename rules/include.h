#ifndef POSTIGO_INCLUDE_H
#define POSTIGO_INCLUDE_H

/*
 * include: a desk book that is kept in several files. A line of its own
 *
 *	include "other.book"
 *
 * outside of every brace stands for the text of that file, or, if it names a
 * folder, of all its *.book in the order of their names. Names are looked for
 * beside the file that includes, and must stay in the folder of the book,
 * with what symbolic links lead to. A file is read once: its second include
 * is passed over.
 *
 * For whoever reads books from files, never for the daemon: that gets one
 * text.
 *
 * Invariants: the text is well-formed UTF-8 of at most BOOK_BYTES_MAX octets;
 * each line of it is a line of one file, and an include's own line stays as a
 * comment.
 */

#include <stddef.h>

#include "daemon/base/err.h"
#include "rules/book.h"

struct buf;
struct include;

#define INCLUDE_FILES_MAX 64 /* of one book */
#define INCLUDE_DEPTH_MAX 8  /* of includes in includes */

/*
 * Read a book.
 *
 * path  a file; a folder, for all its *.book; "-" for standard input
 * out   set on OUT_OK, and on OUT_PERM if the first file could be read; free
 *       with include_free
 * errs  initialised to zero by the caller; what is wrong with includes, by
 *       line of the whole
 * e     set if *out is NULL: the first file cannot be read
 */
enum outcome include_read(const char *path, struct include **out,
			  struct book_errors *errs, struct err *e) MUST_CHECK;

/* Free; clears *f, accepts a pointer to NULL. */
void include_free(struct include **f);

/* The whole as one text, NUL-terminated. Borrowed. */
const char *include_text(const struct include *f, size_t *n_out);

/*
 * Where a line of the whole is from.
 * line_out  its line there, from 1
 * Returns the file's name as it was reached: the given path's folder, then
 * what includes say. Borrowed.
 */
const char *include_place(const struct include *f, int line, int *line_out);

/*
 * Append each error to b: "FILE:LINE:COLUMN: TEXT (HINT)", the line of the
 * file, and a caret below the place.
 * errs  by line of the whole, as from include_read and book_read
 */
void include_print(const struct include *f, const struct book_errors *errs,
		   struct buf *b);

#endif

#ifndef POSTIGO_CTL_BOOK_FILE_H
#define POSTIGO_CTL_BOOK_FILE_H

/*
 * book_file: desk books in files, for the verbs that read them: includes put
 * together, and errors told by file, line and column.
 */

#include <jansson.h>

struct book_errors;
struct ctl;
struct include;

/*
 * Read a file, a folder or standard input with what it includes.
 * out  free with include_free
 *
 * 0, or an exit code after every error on standard error.
 */
int book_file_read(const char *path, struct include **out);

/* Print errors of the whole to standard error, each with its line and a
 * caret. */
void book_file_errors(const struct include *f, const struct book_errors *errs);

/* The same of errors as the daemon answers them: an array of objects with
 * line, column, text and hint. */
void book_file_refused(const struct include *f, const json_t *errors);

/*
 * Ask the daemon about a book, as ctl_ask(); what is wrong in the book is told
 * too.
 * f       the book that params have; NULL: none
 * params  taken
 * what    stands before the reason of a refusal; NULL: nothing does
 */
int book_file_ask(struct ctl *c, const struct include *f, const char *what,
		  const char *method, json_t *params, int timeout_ms,
		  json_t **out);

#endif

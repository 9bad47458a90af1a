#ifndef POSTIGO_M_BOOK_H
#define POSTIGO_M_BOOK_H

/* m_book: the desk book that a request brings. */

#include <stdbool.h>

#include "daemon/base/err.h"

struct book;
struct request;

/*
 * Read the member "text" of a request.
 *
 * trusted  it was checked before: patterns are not timed, examples not run
 * out      one reference (book_unref)
 *
 * OUT_PERM  code "book"; rq->error_data has "errors", all of them
 */
enum outcome book_of_text(struct request *rq, bool trusted, struct book **out,
			  struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_TEST_BOOK_HELP_H
#define POSTIGO_TEST_BOOK_HELP_H

/* Reading books in tests; include after cmocka.h. */

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "rules/book.h"
#include "rules/match.h"

#define HELP_PATIENCE_US 60000000 /* sanitizers are slow */

/* Read a whole book that must be right; its examples are run. */
static inline struct book *
help_book(const char *text)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	struct buf out;

	buf_init(&out, 65536);
	if (book_read(text, strlen(text), &b, &errs) != OUT_OK) {
		book_errors_print(&errs, "book", &out);
		fail_msg("refused:\n%s\n%s", buf_str(&out), text);
	}
	buf_release(&out);
	book_patient(b, HELP_PATIENCE_US);
	return b;
}

/* What is said of a text: "" if it is right. Freed by the caller. */
static inline char *
help_errors(const char *text)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	struct buf out;

	buf_init(&out, 65536);
	if (book_read(text, strlen(text), &b, &errs) == OUT_OK)
		book_unref(&b);
	book_errors_print(&errs, "b", &out);
	book_errors_release(&errs);
	return buf_take(&out);
}

#endif

#ifndef POSTIGO_FMT_SCAN_H
#define POSTIGO_FMT_SCAN_H

/*
 * fmt_scan: a desk book as tokens that keep their spelling, comments and
 * blank lines, for book_fmt. It knows how tokens look, not what they mean.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "rules/book.h"

enum fmt_kind {
	FMT_WORD,   /* a name, number, date, time, duration, percentage */
	FMT_STRING, /* "..." */
	FMT_BLOCK,  /* between three quotes */
	FMT_PATTERN,
	FMT_PUNCT, /* { } ( ) , - < <= = >= > */
	FMT_COMMENT
};

struct fmt_token {
	enum fmt_kind kind;
	const char *s; /* of the text, with its quotes */
	size_t n;
	bool line;  /* first of its line */
	bool blank; /* an empty line before it */
};

struct fmt_tokens {
	struct fmt_token *at;
	size_t n;
};

/*
 * Cut a text into tokens; free with fmt_tokens_release.
 *
 * text, n  UTF-8, borrowed while the tokens live
 * errs     initialised by the caller; what cannot be read, on OUT_PERM
 */
enum outcome fmt_scan(const char *text, size_t n, struct fmt_tokens *out,
		      struct book_errors *errs) MUST_CHECK;

void fmt_tokens_release(struct fmt_tokens *t);

/* Is it that word or sign? */
bool fmt_is(const struct fmt_token *t, const char *s);

#endif

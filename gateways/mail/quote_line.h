#ifndef POSTIGO_QUOTE_LINE_H
#define POSTIGO_QUOTE_LINE_H

/*
 * quote_line: a mail's text as lines, and what one line is: a delimiter, a
 * field of a header block, a rule, a signature's begin.
 *
 * Not here: lines that name who wrote ("On ..., N wrote:", quote_attr.h),
 * what is cut (quote.h).
 */

#include <stdbool.h>
#include <stddef.h>

#include "gateways/mail/quote_word.h"

#define QUOTE_LINES_MAX 20000 /* longer texts are left whole */

struct quote_line {
	const char *p;
	size_t n;    /* without its ending and trailing blanks */
	bool quoted; /* starts with > */
	bool empty;
};

/* Lines borrow the text that they were split from. */
struct quote_text {
	struct quote_line *lines;
	size_t count; /* lines that are kept so far */
};

/* false: more than QUOTE_LINES_MAX; t is empty then. */
bool quote_split(struct quote_text *t, const char *p, size_t n);
void quote_release(struct quote_text *t);

/* The first line from i on that is not empty, or t->count. */
size_t quote_skip_empty(const struct quote_text *t, size_t i);

/* Without any of those octets at its ends. */
struct quote_line quote_trim(struct quote_line l, const char *front,
			     const char *back);

/* "-----Original Message-----" and its kin. */
bool quote_is_original(const struct quote_line *l);

/*
 * A line after which a mail that was sent on follows: "---------- Forwarded
 * message ---------"; "Begin forwarded message:" if a field follows it.
 */
bool quote_is_forward(const struct quote_text *t, size_t i);

/* Our own "-- Reply above this line --", quoted or not. */
bool quote_is_marker(const struct quote_line *l);

/*
 * Does the line begin with a field of that list and its colon? Bold or quoted
 * ones too.
 * value_out  what follows, or NULL
 */
bool quote_is_field(const struct quote_line *l, enum quote_words list,
		    struct quote_line *value_out);

/* Of any of the four lists of fields. */
bool quote_is_any_field(const struct quote_line *l);

/* Lines of a block of From:, Sent:, To:, Subject: that begins at line i, as
 * Outlook writes it; 0: none. */
size_t quote_block(const struct quote_text *t, size_t i);

/* A rule of dashes and the like, or nothing that is seen. */
bool quote_is_rule(const struct quote_line *l);

/* "-- ": below it is the signature. */
bool quote_is_dashes(const struct quote_line *l);

/* "Sent from my phone" and its kin. */
bool quote_is_mobile(const struct quote_line *l);

#endif

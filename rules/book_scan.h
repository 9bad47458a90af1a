#ifndef POSTIGO_BOOK_SCAN_H
#define POSTIGO_BOOK_SCAN_H

/*
 * book_scan: the words of the desk book, from flex.
 */

#include "rules/book_parse.h"

struct build;

/* Make a scanner of p's text. NULL: memory is out. */
void *book_scan_open(struct build *p);
void book_scan_close(void *scanner);

int book_yylex(union BOOK_YYSTYPE *value, struct text_span *at, void *scanner);

/* --- what the scanner calls, in book_word.c ----------------------------- */

/* Move the place over n bytes of text. */
void word_step(struct build *p, const char *s, size_t n);
/* The token of a bare word: a keyword, a weekday, a field, a flag or WORD. */
int word_token(struct build *p, const char *s, size_t n,
	       union BOOK_YYSTYPE *value);
/* A "string" between its quotes: escapes undone. */
struct word word_string(struct build *p, const char *s, size_t n);
/* A """string""" between its quotes: the common indent removed. */
struct word word_block(struct build *p, const char *s, size_t n);
/* Text as it stands. */
struct word word_plain(struct build *p, const char *s, size_t n);
int64_t word_time(struct build *p, const char *s);
struct duration word_duration(struct build *p, const char *s);
int64_t word_percent(struct build *p, const char *s);
/* Complain about something unreadable. */
void word_bad(struct build *p, const char *s, size_t n, const char *what,
	      const char *hint);

#endif

#ifndef POSTIGO_BOOK_CHECK_H
#define POSTIGO_BOOK_CHECK_H

/*
 * book_check: what is right only as a whole: names that meet, calendars in
 * their zones, patterns compiled and timed, examples run. It completes the
 * tree.
 */

#include <stdbool.h>

struct build;
struct scratch;

/*
 * Check p->book, complaining to p->errs.
 * trusted  patterns are compiled but not timed, and no example is run
 */
void book_check(struct build *p, bool trusted);

/* The rules' part of it, in rule_check.c. */
void rules_check(struct build *p, bool trusted, struct scratch *s);

#endif

#ifndef POSTIGO_BOOK_CHECK_H
#define POSTIGO_BOOK_CHECK_H

/*
 * book_check: what is right only as a whole: names that meet, calendars in
 * their zones, patterns compiled and timed, examples run. It completes the
 * tree.
 */

#include <stdbool.h>

struct book;
struct build;
struct ptrs;
struct scratch;
struct word;

/*
 * Check p->book, complaining to p->errs.
 * trusted  patterns are compiled but not timed, and no example is run
 */
void book_check(struct build *p, bool trusted);

/* "no KIND "NAME" in this book", with the nearest of the list. */
void check_missing(struct build *p, const struct word *name,
		   const struct ptrs *list, const char *kind);

/* "'x' is no e-mail address", with the nearest of the teams' members. */
void check_address(struct build *p, const struct word *w);

/* Fill in what book.h gives out, in book_finish.c. Calendars are made. */
void book_finish(struct build *p);
/* The same of queues, teams and policies alone. */
void book_finish_promises(struct book *b);

/*
 * Check what promises rest on alone: calendars and policies. Rules and texts
 * are left as they are.
 */
void book_check_promises(struct build *p);

/* The rules' part of it, in rule_check.c. */
void rules_check(struct build *p, bool trusted, struct scratch *s);

#endif

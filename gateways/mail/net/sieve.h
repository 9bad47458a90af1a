#ifndef POSTIGO_MAIL_SIEVE_H
#define POSTIGO_MAIL_SIEVE_H

/*
 * sieve: what of an IMAP server's replies libetpan gets to see: FETCH with
 * the five attributes that we ask for, LIST, SEARCH, and how requests ended,
 * each written anew. What is well formed and not needed is left out; its
 * parser breaks on too much of it.
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;

#define SIEVE_DEPTH_MAX 16 /* of parentheses in what is left out */

enum sieve_is {
	SIEVE_PASS,    /* out has a whole line */
	SIEVE_DROP,    /* nothing of this line goes on */
	SIEVE_LITERAL, /* out ends with {n}: n octets follow, then a piece */
	SIEVE_BROKEN   /* no such reply: *why, static text */
};

/* Where a line with literals is; all zero before a line. */
struct sieve {
	enum {
		SIEVE_START,
		SIEVE_FETCH,
		SIEVE_LIST
	} in;
	bool some; /* an attribute was passed */
};

/*
 * One line without its end, or what follows a literal.
 * out        appended to
 * literal    set with SIEVE_LITERAL: its octets
 */
enum sieve_is sieve_line(struct sieve *s, const char *p, struct buf *out,
			 size_t *literal, const char **why);

/* "123" at *p, moved beyond it. false: no number of 32 bits. */
bool sieve_number(const char **p, unsigned long *out);

/* Is p the word, in any case, and then a blank or the end? */
bool sieve_word(const char *p, const char *word);

#endif

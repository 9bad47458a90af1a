#ifndef POSTIGO_QUOTE_WORD_H
#define POSTIGO_QUOTE_WORD_H

/*
 * quote_word: the words by which mail programs, in many languages, mark what
 * they quote, send on and sign; and how a text is compared with them.
 *
 * Not here: what a line is (quote_line.h). A language is added by adding its
 * words to the lists of quote_word.c.
 */

#include <stdbool.h>
#include <stddef.h>

enum quote_words {
	QUOTE_VERBS,       /* "wrote" */
	QUOTE_TO_ME,       /* "wrote to me": a sentence, of the author's */
	QUOTE_STARTS,      /* "On ", how a line of that kind begins */
	QUOTE_STARTS_DAY,  /* those of them that a day follows */
	QUOTE_ORIGINAL,    /* "original message" */
	QUOTE_FORWARDED,   /* "forwarded message" */
	QUOTE_FIELD_FROM,  /* names of fields */
	QUOTE_FIELD_DATE,  /* ... */
	QUOTE_FIELD_TITLE, /* the subject's */
	QUOTE_FIELD_OTHER, /* ... */
	QUOTE_MOBILE,      /* "sent from my" */
	QUOTE_DEVICE,      /* what it was sent from: mine, or a product */
	QUOTE_MARKER,      /* our own "reply above this line" */
	QUOTE_LEGAL,       /* what a disclaimer is made of */
	QUOTE_LEGAL_TITLE, /* how one is headed */
	QUOTE_LEGAL_ALONE, /* what is one without more */
	QUOTE_SENT_ON,     /* subjects' "Fwd:" without the colon */
	QUOTE_LISTS
};

/* The text begins with a word of the list, in any case. Returns its octets,
 * 0: none does. */
size_t quote_starts(enum quote_words list, const char *p, size_t n);

/* The text ends with one. */
bool quote_ends(enum quote_words list, const char *p, size_t n);

/* One stands within, at the begin of a word. Linear in the text. */
bool quote_within(enum quote_words list, const char *p, size_t n);

/* How many different ones of the list stand within, up to max. */
size_t quote_count(enum quote_words list, const char *p, size_t n, size_t max);

#endif

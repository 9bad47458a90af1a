#ifndef POSTIGO_PREFILTER_H
#define POSTIGO_PREFILTER_H

/*
 * prefilter: which of many patterns can match a text at all, found in one
 * pass over it. One Aho-Corasick automaton holds the strings of all patterns
 * (literal.h); a pattern whose strings are not all in the text is answered
 * "no" without being tried.
 *
 * Invariants: a pattern that matches the text is never left out; once
 * finished a prefilter does not change and may be used by many threads.
 *
 * The automaton is a double array: state s goes on with byte class c to
 * base(s) + c, if that slot says that it belongs to s. Source: A. V. Aho and
 * M. J. Corasick, 1975; J. Aoe, 1989.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct literals;
struct prefilter;

#define PREFILTER_STATES_MAX 400000 /* a pattern over it is always tried */
#define PREFILTER_ALWAYS UINT32_MAX /* the number of such a pattern */

#define PREFILTER_PLACES_MAX 4096 /* in one text; more are not kept */

struct prefilter *prefilter_new(void);
/* Free; clears *f, accepts a pointer to NULL. */
void prefilter_free(struct prefilter **f);

/*
 * Take a pattern in. Not after prefilter_finish.
 * Returns its number, from 0, or PREFILTER_ALWAYS: it has no strings, or
 * there is no room for them.
 */
uint32_t prefilter_add(struct prefilter *f, const struct literals *l);

/* Make the automaton of what was taken in. */
void prefilter_finish(struct prefilter *f);

/* How many patterns it numbers, and the bytes that it takes. */
size_t prefilter_count(const struct prefilter *f);
size_t prefilter_bytes(const struct prefilter *f);

/* Where a string begins in the text. */
struct prefilter_at {
	uint32_t place;
	uint32_t
		before; /* the one before of the same string, from 1; 0: none */
};

/* What one text has; of one thread at a time. */
struct prefilter_marks {
	uint8_t *missing; /* of each pattern: sets that were not seen, a bit
			     each; 0: it may match */
	uint32_t *may;    /* the patterns that may match, in no order */
	size_t may_n;
	uint8_t *seen;  /* of each string */
	uint32_t *hits; /* the strings that were seen */
	size_t hit_n;
	uint32_t *last; /* of each string: its last place, from 1 */
	struct prefilter_at
		*at; /* places of strings that patterns begin with */
	size_t at_n;
	bool lost; /* there are too many, or they are not known */
};

void marks_init(struct prefilter_marks *m, const struct prefilter *f);
void marks_release(struct prefilter_marks *m);

/* Look through n bytes of folded, well-formed text. */
void prefilter_scan(const struct prefilter *f, const char *s, size_t n,
		    struct prefilter_marks *m);

/*
 * Where matches of a pattern may begin in the text that was looked through.
 * out  room for max places, filled in order
 * Returns how many; SIZE_MAX: not known, or more than max.
 */
size_t prefilter_places(const struct prefilter *f, uint32_t pattern,
			const struct prefilter_marks *m, uint32_t *out,
			size_t max);

#endif

#ifndef POSTIGO_PART_H
#define POSTIGO_PART_H

/*
 * part: what is known of a part of a pattern: the strings that it takes, what
 * a text must have for it to match, and in how many steps it is walked. Parts
 * are joined to sequences and alternatives; literal.c reads them. All of it
 * lives in an arena.
 */

#include <stdbool.h>
#include <stddef.h>

#include "rules/literal.h"

struct arena;

struct set {
	struct literal *at;
	size_t n;
};

/* What is known of a part of a pattern. */
struct part {
	bool exact; /* it takes one of strs, and nothing else */
	struct set strs;
	struct set needs[LITERAL_SETS_MAX]; /* best first */
	size_t need_n;
	struct set lead; /* it begins with one of them; n is 0: not known */
	unsigned paths;  /* ways to match from one place, at most */
	unsigned steps;  /* to walk them all, at most */
};

/* A sequence so far: what was joined, and the strings that its end takes. */
struct sequence {
	struct part all;
	struct set end;
	bool begun; /* something is before its end */
};

/* a + b, at most LITERAL_STEPS_MANY. */
unsigned many_add(unsigned a, unsigned b);

/* A set with room for n strings, which are empty. */
struct set set_new(struct arena *arena, size_t n);
/* Bytes of the shortest string; 0 of no string. */
size_t set_shortest(const struct set *s);
/* All of a and of b. */
struct set set_join(struct arena *arena, const struct set *a,
		    const struct set *b);
/* A copy without what begins with another string of the set. */
struct set set_fronts(struct arena *arena, const struct set *from);

/* Nothing is known; one character that is one of many; nothing is taken. */
struct part part_unknown(void);
struct part part_any(void);
struct part part_nothing(struct arena *arena);

/* The part needs one of s, if s is fit for that; all that from needs. */
void part_need(struct arena *arena, struct part *p, struct set s);
void part_needs_of(struct arena *arena, struct part *to,
		   const struct part *from);

/* What a part surely begins with; n is 0: not known. */
struct set part_lead(const struct part *p);

/* One of both. */
struct part part_or(struct arena *arena, const struct part *a,
		    const struct part *b);

/* One part after the other, each at least min and at most max (0: no end)
 * times. */
void sequence_begin(struct arena *arena, struct sequence *q);
void sequence_add(struct arena *arena, struct sequence *q,
		  const struct part *p);
void sequence_repeat(struct arena *arena, struct sequence *q,
		     const struct part *p, size_t min, size_t max);
struct part sequence_end(struct arena *arena, struct sequence *q);

#endif

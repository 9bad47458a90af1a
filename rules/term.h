#ifndef POSTIGO_TERM_H
#define POSTIGO_TERM_H

/*
 * term: what one condition says, as a set of facts, so that two can be
 * compared: does one include the other, do they exclude each other? For the
 * checker alone.
 *
 * Invariants: "yes" is sure, "no" may mean that it cannot be told; an absent
 * fact is in no set, so two "not" never exclude each other.
 */

#include <stdbool.h>
#include <stdint.h>

#include "rules/tree.h"

#define TERM_SPANS_MAX 4 /* more are not compared */

enum term_kind {
	TERM_NONE,  /* nothing is known of it */
	TERM_WORD,  /* field is one of words */
	TERM_RANGE, /* number of a field from low to high */
	TERM_FLAG,
	TERM_TEXT,  /* one of fields has the text or fits the pattern */
	TERM_HOURS, /* seconds of the local day, as spans */
	TERM_DAY,
	TERM_OPEN
};

struct term_span {
	int64_t low;
	int64_t high; /* the last that is in it */
};

struct term {
	enum term_kind kind;
	bool no; /* "not" of the set */
	struct loc at;
	const char *source; /* as written, not terminated */
	int source_n;
	enum rule_field field;
	const struct word *const *words; /* TERM_WORD */
	size_t word_count;
	/* TERM_RANGE: one; TERM_HOURS: seconds of the day */
	struct term_span spans[TERM_SPANS_MAX];
	size_t span_count;
	const char *unit; /* currency; calendar, "" for the first; NULL */
	unsigned days;    /* TERM_DAY: bit 0 is Monday */
	uint64_t fields;  /* TERM_TEXT: bits */
	const char *name; /* the header's name or NULL */
	const char *text; /* the pattern's source, the list's name */
	bool list, literal, exact;
};

/*
 * What a condition that is not and, or, not says.
 * text  the book's, which the term's source points into
 */
struct term term_of(const struct cond *c, bool no, const char *text);

/*
 * What "via" of a rule says. words has room for TREE_CHANNELS words and their
 * addresses, and lives as long as the term.
 */
struct term_via {
	struct word words[TREE_CHANNELS];
	const struct word *list[TREE_CHANNELS];
	char text[100]; /* "via email, chat" */
};
struct term term_via(const struct rule_node *r, struct term_via *room);

/* A field that is this word. */
struct term term_is(enum rule_field f, const struct word *const *word);

/* Whenever a holds, b does. */
bool term_implies(const struct term *a, const struct term *b);
/* a and b never hold both. */
bool term_excludes(const struct term *a, const struct term *b);

#endif

#ifndef POSTIGO_RULE_INDEX_H
#define POSTIGO_RULE_INDEX_H

/*
 * rule_index: which rules of a book can fire on an event at all. Made when a
 * book was found right. A rule whose conditions need one of some patterns in
 * some texts is looked at when the prefilter saw one of them there; all
 * others are always looked at.
 *
 * Invariants: a rule that would fire is never left out; made once, then read
 * by many threads.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct book;
struct prefilter;
struct prefilter_marks;
struct rule_index;

#define RULE_INDEX_TRIGGERS_MAX 200000 /* rules over it: always looked at */

/* Of a book whose patterns are made: gives them their numbers. */
struct rule_index *rule_index_new(struct book *b);
/* Free; clears *x, accepts a pointer to NULL. */
void rule_index_free(struct rule_index **x);

const struct prefilter *rule_index_filter(const struct rule_index *x);
/* The texts that rules wait for, as bits of 1 << rule_field. */
unsigned rule_index_fields(const struct rule_index *x);
/* Bytes of all of it. */
size_t rule_index_bytes(const struct rule_index *x);

/* Sets of rules, a bit each: 64-bit words, rule_index_words of them. */
size_t rule_index_words(const struct rule_index *x);

/* The rules of an event (a bit) that are looked at without any text. */
void rule_index_begin(const struct rule_index *x, unsigned event,
		      uint64_t *rules);

/* Add those that a text brings. */
void rule_index_add(const struct rule_index *x, unsigned event, unsigned field,
		    const struct prefilter_marks *m, uint64_t *rules);

/* How many rules of an event are before the rule of this number. */
size_t rule_index_before(const struct rule_index *x, unsigned event,
			 size_t rule);

#endif

#ifndef POSTIGO_BENCH_WORDS_H
#define POSTIGO_BENCH_WORDS_H

/*
 * words: what people of a made-up shop write. All of it follows from numbers,
 * so that the same seed gives the same texts.
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/buf.h"

#define WORDS_TOPICS 12     /* what a contact may be about */
#define WORDS_RARE 40000    /* different words that hardly ever occur */
#define WORDS_RARE_EVERY 12 /* one text in so many has one */
#define WORDS_NAME_MAX 64
#define WORDS_ADDRESS_MAX 96

/* A sequence of numbers (xorshift64*), never 0. */
struct dice {
	uint64_t at;
};

void dice_begin(struct dice *d, uint64_t seed);
/* From 0 to n - 1. */
uint64_t dice_below(struct dice *d, uint64_t n);
/* From 0 up to, but not, 1. */
double dice_share(struct dice *d);
/* True once in n times. */
int dice_once_in(struct dice *d, uint64_t n);

/* The desk book that the texts were written for: 8 queues, 20 rules. */
const char *words_book(void);

/* What is in the subject of a contact. */
void words_subject(struct dice *d, unsigned topic, struct buf *out);

/* About bytes long; the first sentence is what the topic is about. */
void words_contact(struct dice *d, unsigned topic, size_t bytes,
		   struct buf *out);
void words_answer(struct dice *d, size_t bytes, struct buf *out);

/* Rare word n, of WORDS_RARE. */
void words_rare(unsigned n, char out[24]);

/* A person's name and address. */
void words_name(uint64_t person, char out[WORDS_NAME_MAX]);
void words_address(uint64_t person, char out[WORDS_ADDRESS_MAX]);

#endif

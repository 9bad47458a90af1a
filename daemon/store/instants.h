#ifndef POSTIGO_INSTANTS_H
#define POSTIGO_INSTANTS_H

/*
 * instants: a bag of numbers that says how many are below one of them, without
 * looking at each. Pure.
 *
 * Sorted blocks in a sorted list: adding or taking one away moves at most a
 * block and the list of blocks; counting looks at each block's size. A number
 * takes 8 octets, and up to twice that in blocks that are half full.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSTANTS_BLOCK 512 /* numbers in one block */

struct instants_block;

struct instants {
	struct instants_block **list; /* none is empty */
	size_t n;
	size_t cap;
	size_t total; /* numbers */
};

/* Zeroed memory is an empty bag. */
void instants_release(struct instants *b);

/* Put v in once more. */
void instants_add(struct instants *b, int64_t v);

/* Take v out once. false: it is not in it, and nothing changed. */
bool instants_remove(struct instants *b, int64_t v);

/* How many are less than v. */
size_t instants_below(const struct instants *b, int64_t v);

#endif

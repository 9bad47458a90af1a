#ifndef POSTIGO_REPORT_TALLY_H
#define POSTIGO_REPORT_TALLY_H

/* report_tally: what is counted under each key of a group. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/report_sum.h"

#define TALLY_COUNTS 6
#define TALLY_KEY                                                              \
	400 /* octets of a key and its end; names have 100 characters */

struct cell {
	char *key;
	int64_t count[TALLY_COUNTS];
	struct samples business;
	struct samples calendar;
};

struct tally {
	struct cell *cells;
	size_t n;
	size_t max;
	uint32_t *slots; /* open addressing: place in cells and 1, or 0 */
	size_t slot_count;
	bool cut; /* there were more keys than max */
};

void tally_init(struct tally *t, size_t max);
void tally_release(struct tally *t);

/* The cell of a key, made if need be; valid until the next is made. NULL:
 * there are max others. */
struct cell *tally_cell(struct tally *t, const char *key);

/* Order the cells: numbers first, by their value, then the others by octets.
 * No cell can be found or made afterwards. */
void tally_sort(struct tally *t);

#endif

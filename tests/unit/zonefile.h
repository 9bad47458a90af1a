#ifndef POSTIGO_TEST_ZONEFILE_H
#define POSTIGO_TEST_ZONEFILE_H

/* zonefile: time zone files (TZif) made up by a test. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

#define ZONEFILE_TIMES 256

struct zonefile {
	int64_t at[ZONEFILE_TIMES]; /* changes, in order */
	unsigned char type[ZONEFILE_TIMES];
	size_t times;
	int32_t offset[4]; /* of the types, seconds east */
	size_t types;
	const char *footer;
	bool fat; /* the same changes in the 32-bit block too */
};

/* Append the file. */
void zonefile_put(struct buf *b, const struct zonefile *f);

/*
 * The same zone as zic -b fat would write it: the footer's changes up to
 * 2037 written out. The file has no more than 256 of them.
 */
void zonefile_fatten(const struct zonefile *slim, struct zonefile *out);

#endif

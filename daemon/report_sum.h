#ifndef POSTIGO_REPORT_SUM_H
#define POSTIGO_REPORT_SUM_H

/*
 * report_sum: the arithmetic of reports, in whole numbers.
 * Source: schema/REPORTS.md, "Arithmetic".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPORT_UNKNOWN INT64_MIN /* a value that there is not */

/* part / whole in basis points, to the nearest, halves up; whole 0: unknown.
 * 0 <= part <= whole. */
int64_t report_share(int64_t part, int64_t whole);

/* sum / n to the nearest, halves up (towards more); n 0: unknown. */
int64_t report_mean(int64_t sum, int64_t n);

/* Times that are kept to be ordered. Zeroed memory is an empty one. */
struct samples {
	int64_t *at;
	size_t n;
	size_t room;
	int64_t sum;
	bool sorted;
};

void samples_add(struct samples *x, int64_t v);
void samples_release(struct samples *x);

/* The smallest of them that at least `percent` of 100 do not exceed (nearest
 * rank); percent 1 to 100; unknown of none. */
int64_t samples_percentile(struct samples *x, int percent);

#endif

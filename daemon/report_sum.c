#include "daemon/report_sum.h"

#include <assert.h>
#include <stdlib.h>

#include "daemon/base/mem.h"

#define BASIS 10000

/* The whole number below or at a / b; b > 0. */
static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t
report_share(int64_t part, int64_t whole)
{
	assert(part >= 0 && part <= whole);
	return whole > 0 ? report_mean(part * BASIS, whole) : REPORT_UNKNOWN;
}

int64_t
report_mean(int64_t sum, int64_t n)
{
	return n > 0 ? floor_div(2 * sum + n, 2 * n) : REPORT_UNKNOWN;
}

void
samples_add(struct samples *x, int64_t v)
{
	if (x->n == x->room) {
		x->room = x->room != 0 ? x->room * 2 : 64;
		x->at = mem_resize(x->at, x->room, sizeof *x->at);
	}
	x->at[x->n++] = v;
	x->sum += v;
	x->sorted = false;
}

void
samples_release(struct samples *x)
{
	mem_free(x->at);
	*x = (struct samples){ .at = NULL };
}

static int
less(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int64_t
samples_percentile(struct samples *x, int percent)
{
	size_t rank;

	assert(percent >= 1 && percent <= 100);
	if (x->n == 0)
		return REPORT_UNKNOWN;
	if (!x->sorted)
		qsort(x->at, x->n, sizeof *x->at, less);
	x->sorted = true;
	rank = (x->n * (size_t)percent + 99) / 100;
	return x->at[rank - 1];
}

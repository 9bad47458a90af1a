#ifndef POSTIGO_BENCH_H
#define POSTIGO_BENCH_H

/*
 * bench: what the benchmark programs share: a monotonic clock, sorted
 * quantiles and one way to end with a message. No test depends on them.
 */

#include <stddef.h>
#include <stdint.h>

/* Monotonic microseconds. */
double bench_us(void);

/* Sort n figures; then bench_quantile(v, n, 0.99) reads one. */
void bench_sort(double *v, size_t n);
double bench_quantile(const double *sorted, size_t n, double q);

/* Say what went wrong on standard error and exit 1. */
void bench_die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* A whole number argument within bounds, or exit 1 naming it. */
long bench_number(const char *name, const char *s, long min, long max);

/*
 * The text of sample contact i: about bytes long, Spanish or English, with a
 * few words that rules look for. out holds bytes + 1.
 */
void bench_text(long i, char *out, size_t bytes);

#endif

/*
 * bench_sla: what a deadline costs: within a month, at worst (three years of
 * 24 intervals a day with 5,000 dates and 1,000 pauses), where there is none,
 * in working days, and after a change; and what reading an old version of a
 * desk book costs.
 *
 *   bench_sla [ROUNDS]
 *
 * Prints one JSON line; microseconds, or milliseconds where it says so.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "rules/book.h"
#include "rules/calendar.h"
#include "rules/deadline.h"
#include "rules/zone.h"
#include "tests/bench/bench.h"

#define START_S INT64_C(1792314000) /* 2026-10-18T09:00:00Z */
#define BOOK_BYTES 450000
#define READS 21  /* of an old version */
#define WORST 500 /* deadlines at worst */

static struct calendar *
calendar_in(const char *name)
{
	struct zone *z = NULL;
	struct err e;

	if (zone_open(name, &z, &e) != OUT_OK)
		bench_die("%s", e.text);
	return calendar_new(name, z);
}

/* A shop in two shifts, with the holidays of some years. */
static struct calendar *
shop(void)
{
	struct calendar *c = calendar_in("Europe/Madrid");
	int i;

	for (i = 0; i < 5; i++) {
		(void)calendar_open(c, i, 9 * 3600, 14 * 3600);
		(void)calendar_open(c, i, 16 * 3600, 19 * 3600);
	}
	for (i = 0; i < 40; i++)
		(void)calendar_date(c, START_S / DAY_S + (int64_t)i * 23);
	calendar_finish(c);
	return c;
}

/* As many intervals and dates as there may be. */
static struct calendar *
crowded(void)
{
	struct calendar *c = calendar_in("America/Santiago");
	int day;
	int i;

	for (day = 0; day < 7; day++)
		for (i = 0; i < CALENDAR_SPANS_MAX; i++)
			(void)calendar_open(c, day, i * 3600, i * 3600 + 600);
	for (i = 0; i < CALENDAR_DATES_MAX; i++) {
		int64_t date = START_S / DAY_S + (int64_t)i;
		int k;

		(void)calendar_date(c, date);
		for (k = 0; k < CALENDAR_SPANS_MAX; k++)
			(void)calendar_date_open(c, date, k * 3600,
						 k * 3600 + 60);
	}
	calendar_finish(c);
	return c;
}

static void
put(const char *name, double *v, size_t n)
{
	bench_sort(v, n);
	printf("\"%s\":%.2f,\"%s_p99\":%.2f,", name, bench_quantile(v, n, 0.5),
	       name, bench_quantile(v, n, 0.99));
}

/* Up to a month away, with two pauses, as a resolution has them. */
static void
within_a_month(const struct calendar *c, double *v, size_t rounds)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < rounds; i++) {
		int64_t start_s = START_S + (int64_t)i * 617;
		struct pause p[2] = { { start_s + 9000, start_s + 95000 },
				      { start_s + 200000, start_s + 201000 } };
		double t = bench_us();

		sum += deadline_due(c, start_s,
				    (int64_t)(3600 + i % 140 * 3600), p, 2);
		v[i] = bench_us() - t;
	}
	if (sum == 0)
		bench_die("no deadline was found");
	put("month_us", v, rounds);
}

static void
in_days(const struct calendar *c, double *v, size_t rounds)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < rounds; i++) {
		double t = bench_us();

		sum += deadline_days(c, START_S + (int64_t)i * 617, 15, NULL,
				     0);
		v[i] = bench_us() - t;
	}
	if (sum == 0)
		bench_die("no deadline was found");
	put("days_us", v, rounds);
}

/* The calendar changed twice while the clock ran. */
static void
chained(const struct calendar *c, double *v, size_t rounds)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < rounds; i++) {
		int64_t at = START_S + (int64_t)i * 617;
		struct deadline_span s[3] = { { at, c, 400000, 0 },
					      { at + 500000, c, 300000, 0 },
					      { at + 700000, c, 350000, 0 } };
		double t = bench_us();

		sum += deadline_chain(s, 3, NULL, 0);
		v[i] = bench_us() - t;
	}
	if (sum == 0)
		bench_die("no deadline was found");
	put("chain_us", v, rounds);
}

#define PAUSES 1000

/* To the horizon, where a budget is not used up; WORST times. */
static void
at_worst(const struct calendar *c, const char *name)
{
	static struct pause p[PAUSES];
	static double v[WORST];
	size_t i;

	for (i = 0; i < PAUSES; i++) {
		p[i].from_s = START_S + (int64_t)i * 95000;
		p[i].to_s = p[i].from_s + 1801;
	}
	for (i = 0; i < WORST; i++) {
		double t = bench_us();

		if (deadline_due(c, START_S, INT64_C(1) << 40, p, PAUSES) !=
		    DEADLINE_NEVER)
			bench_die("a deadline that there is not");
		v[i] = bench_us() - t;
	}
	put(name, v, WORST);
}

/* Many policies and a large rule, of about BOOK_BYTES. */
static void
write_book(struct buf *b)
{
	int i;

	(void)buf_puts(b, "queue \"q\" { }\ncalendar \"c\" { timezone "
			  "\"Europe/Madrid\" mon-fri 09:00-18:00 }\n");
	for (i = 0; b->len < BOOK_BYTES; i++) {
		(void)buf_printf(b,
				 "rule \"r%d\" { on contact if body matches "
				 "/\\b(pedido|order) %d\\b/ then tag \"t%d\" "
				 "example \"pedido %d\" }\n",
				 i, i, i, i);
		if (i % 100 == 0)
			(void)buf_printf(b,
					 "policy \"p%d\" { calendar \"c\" "
					 "first response 4h resolution 16h }\n",
					 i);
	}
}

static void
old_version(void)
{
	struct book_errors errs = { 0 };
	struct book *book = NULL;
	struct buf b;
	double v[READS];
	size_t i;

	buf_init(&b, BOOK_BYTES_MAX);
	write_book(&b);
	for (i = 0; i < READS; i++) {
		double t = bench_us();

		if (book_promises_read(b.data, b.len, &book, &errs) != OUT_OK)
			bench_die("the book has errors");
		v[i] = (bench_us() - t) / 1000;
		book_unref(&book);
	}
	put("promises_ms", v, READS);
	buf_release(&b);
}

int
main(int argc, char **argv)
{
	struct calendar *c = shop();
	struct calendar *full = crowded();
	struct calendar *closed = calendar_in("Europe/Madrid");
	size_t rounds = 20000;
	double *v;

	if (argc > 2)
		bench_die("usage: bench_sla [ROUNDS]");
	if (argc == 2)
		rounds = (size_t)bench_number("ROUNDS", argv[1], 1, 10000000);
	v = mem_new(rounds, sizeof *v);
	calendar_finish(closed);
	putchar('{');
	within_a_month(c, v, rounds);
	in_days(c, v, rounds);
	chained(c, v, rounds);
	at_worst(full, "worst_us");
	at_worst(closed, "never_us");
	old_version();
	printf("\"rounds\":%zu}\n", rounds);
	mem_free(v);
	calendar_free(&c);
	calendar_free(&full);
	calendar_free(&closed);
	return 0;
}

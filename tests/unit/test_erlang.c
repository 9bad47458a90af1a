/* Erlang B, C and A: against published tables, against the worked example of
 * 30 chats an hour, and against a simulation event by event. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/erlang.h"

static void
near(double got, double wanted, double by)
{
	if (!(fabs(got - wanted) <= by))
		fail_msg("%g is not %g within %g", got, wanted, by);
}

/* Traffic tables: the load at which n lines lose 1 of 100 calls. */
static void
loss_tables(void **state)
{
	static const struct {
		int n;
		double a;
	} one_percent[] = { { 1, 0.0101 }, { 2, 0.153 },  { 5, 1.361 },
			    { 10, 4.461 }, { 20, 12.03 }, { 50, 37.90 },
			    { 100, 84.06 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof one_percent / sizeof one_percent[0]; i++)
		near(erlang_b(one_percent[i].a, one_percent[i].n), 0.01,
		     0.00005);
	near(erlang_b(1, 1), 0.5, 1e-12);
	near(erlang_b(3, 0), 1, 0);
	near(erlang_b(5, 10), 0.018385, 1e-6);
}

/* 30 chats an hour of 8 minutes, answered within 60 s, nobody leaves. */
static void
thirty_chats_an_hour(void **state)
{
	static const double within[] = { 0.51, 0.78, 0.91, 0.96 };
	static const struct erlang_load l = { .per_hour = 30,
					      .handling_s = 480 };
	struct erlang e;
	int n;

	(void)state;
	near(erlang_offered(&l), 4, 1e-12);
	for (n = 5; n <= 8; n++) {
		erlang_serve(&l, n, 60, &e);
		near(e.within, within[n - 5], 0.005);
	}
	assert_int_equal(erlang_needed(&l, 0.8, 60, 20), 7);
	assert_int_equal(erlang_needed(&l, 0.95, 60, 20), 8);
	assert_int_equal(erlang_needed(&l, 0.8, 60, 6), 7);
	/* four cannot ever catch up */
	erlang_serve(&l, 4, 60, &e);
	near(e.within, 0, 0);
	assert_true(isinf(e.wait_s));
}

/* The call centre that Garnett, Mandelbaum and Reiman compare both models
 * with: 48 calls a minute of a minute, 50 agents, patience of 2 minutes. */
static void
published_call_centre(void **state)
{
	struct erlang_load l = { .per_hour = 48 * 60,
				 .handling_s = 60,
				 .patience_s = 120 };
	struct erlang e;

	(void)state;
	erlang_serve(&l, 50, 20, &e);
	near(e.left, 0.031, 0.0005);
	near(e.wait_s, 3.7, 0.05);
	near(e.busy, 0.93, 0.005);
	l.patience_s = 0;
	erlang_serve(&l, 50, 58.1, &e);
	near(e.wait_s, 20.8, 0.05);
	near(e.busy, 0.96, 0.005);
	near(e.within, 0.90, 0.0005);
}

/* With endless patience the one is the other. */
static void
patience_without_end_is_erlang_c(void **state)
{
	struct erlang_load l = { .per_hour = 30, .handling_s = 480 };
	struct erlang c;
	struct erlang a;
	int n;

	(void)state;
	for (n = 5; n <= 12; n++) {
		l.patience_s = 0;
		erlang_serve(&l, n, 45, &c);
		l.patience_s = 1e9;
		erlang_serve(&l, n, 45, &a);
		near(a.within, c.within, 1e-4);
		near(a.waits, c.waits, 1e-4);
		near(a.wait_s, c.wait_s, 0.05);
	}
}

static uint64_t seed;

static double
draw(double mean)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return -log(1 - (double)((seed * 0x2545F4914F6CDD1DULL) >> 11) /
				9007199254740992.0) *
	       mean;
}

#define SERVERS_MAX 16
#define ARRIVALS 400000

/* First come, first served: each arrival waits for the first of n who is
 * free, or leaves before. */
static void
simulate(const struct erlang_load *l, int n, double within_s,
	 struct erlang *out)
{
	double free_at[SERVERS_MAX] = { 0 };
	double now = 0;
	int i;
	int k;

	*out = (struct erlang){ .within = 0 };
	for (i = 0; i < ARRIVALS; i++) {
		double patience = draw(l->patience_s);
		double wait;
		int first = 0;

		now += draw(3600 / l->per_hour);
		for (k = 1; k < n; k++)
			if (free_at[k] < free_at[first])
				first = k;
		wait = free_at[first] > now ? free_at[first] - now : 0;
		out->waits += wait > 0;
		if (wait > patience) {
			out->left++;
			out->wait_s += patience;
			continue;
		}
		out->wait_s += wait;
		out->within += wait <= within_s;
		free_at[first] = now + wait + draw(l->handling_s);
	}
	out->within /= ARRIVALS;
	out->left /= ARRIVALS;
	out->waits /= ARRIVALS;
	out->wait_s /= ARRIVALS;
}

/* Quiet and overloaded, patient and not. */
static void
against_a_simulation(void **state)
{
	static const struct {
		struct erlang_load l;
		int n;
		double within_s;
	} cases[] = {
		{ { 30, 480, 180 }, 5, 60 },  { { 30, 480, 180 }, 3, 60 },
		{ { 30, 480, 30 }, 4, 20 },   { { 120, 300, 600 }, 10, 30 },
		{ { 120, 300, 600 }, 8, 90 }, { { 6, 600, 240 }, 1, 120 },
		{ { 60, 600, 120 }, 2, 10 },
	};
	size_t i;

	(void)state;
	seed = 0x9E3779B97F4A7C15ULL;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct erlang sum;
		struct erlang e;

		simulate(&cases[i].l, cases[i].n, cases[i].within_s, &sum);
		erlang_serve(&cases[i].l, cases[i].n, cases[i].within_s, &e);
		near(e.within, sum.within, 0.006);
		near(e.left, sum.left, 0.006);
		near(e.waits, sum.waits, 0.006);
		near(e.wait_s, sum.wait_s, 0.01 * cases[i].l.patience_s);
	}
}

/* More agents never serve worse, patience never lets more leave; nothing is
 * outside of what a share may be. */
static void
laws(void **state)
{
	static const double loads[] = { 0.1, 3, 30, 300, 20000 };
	static const double patience[] = { 0, 1, 60, 900, 86400 };
	size_t i;
	size_t k;
	int n;

	(void)state;
	for (i = 0; i < 5; i++)
		for (k = 0; k < 5; k++) {
			struct erlang_load l = { loads[i], 480, patience[k] };
			double before = -1;

			for (n = 0; n <= 60; n++) {
				struct erlang e;

				erlang_serve(&l, n, 60, &e);
				assert_true(e.within >= before - 1e-9);
				assert_true(e.within <= 1);
				assert_true(e.left >= 0 && e.left <= 1);
				assert_true(e.within + e.left <= 1 + 1e-6);
				before = e.within;
			}
		}
}

static void
nobody_comes(void **state)
{
	static const struct erlang_load l = { .per_hour = 0,
					      .handling_s = 480 };
	struct erlang e;

	(void)state;
	erlang_serve(&l, 0, 60, &e);
	near(e.within, 1, 0);
	assert_int_equal(erlang_needed(&l, 1, 0, 10), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(loss_tables),
		cmocka_unit_test(thirty_chats_an_hour),
		cmocka_unit_test(published_call_centre),
		cmocka_unit_test(patience_without_end_is_erlang_c),
		cmocka_unit_test(against_a_simulation),
		cmocka_unit_test(laws),
		cmocka_unit_test(nobody_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What will come, and which mails will be late. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/forecast.h"
#include "daemon/mailsim.h"

#define MONDAY_10 20 /* the half hour from Monday 10:00 on */
#define HOUR 3600

static void
near(double got, double wanted, double by)
{
	if (!(fabs(got - wanted) <= by))
		fail_msg("%g is not %g within %g", got, wanted, by);
}

static struct forecast_week weeks[FORECAST_WEEKS + 4];
static struct forecast f;

static void
every_week(int n, int slot, int count)
{
	memset(weeks, 0, sizeof weeks);
	while (n > 0)
		weeks[--n].count[slot] = count;
}

/* --- forecast -------------------------------------------------------------- */

static void
the_same_every_week(void **state)
{
	(void)state;
	every_week(8, MONDAY_10, 9);
	forecast_make(weeks, 8, &f);
	assert_int_equal(f.weeks, 8);
	near(f.trend, 1, 1e-12);
	near(f.half[MONDAY_10].mean, 9, 1e-9);
	/* Poisson's deviation is 3 */
	near(f.half[MONDAY_10].low, 9 - 1.2816 * 3, 1e-9);
	near(f.half[MONDAY_10].high, 9 + 1.2816 * 3, 1e-9);
	near(f.half[MONDAY_10 + 1].mean, 0, 0);
	near(f.half[MONDAY_10 + 1].high, 0, 0);
}

/* A campaign's day of one week moves nothing. */
static void
one_outlier_is_left_out(void **state)
{
	(void)state;
	every_week(8, MONDAY_10, 10);
	weeks[3].count[MONDAY_10] = 500;
	forecast_make(weeks, 8, &f);
	near(f.half[MONDAY_10].mean, 10, 1e-9);
	near(f.trend, 1, 1e-12);
}

static void
unusual_days_are_left_out(void **state)
{
	(void)state;
	every_week(8, MONDAY_10, 10);
	weeks[5].count[MONDAY_10] = weeks[6].count[MONDAY_10] = 0;
	weeks[5].unusual[0] = weeks[6].unusual[0] = true;
	forecast_make(weeks, 8, &f);
	near(f.half[MONDAY_10].mean, 10, 1e-9);
}

/* 10 more each week: the mean of the weeks is 135 at 3.5, the trend moves it
 * on, but by less than the 4.5 weeks that lie between. */
static void
a_trend_is_followed_damped(void **state)
{
	int i;

	(void)state;
	every_week(8, MONDAY_10, 100);
	for (i = 0; i < 8; i++)
		weeks[i].count[MONDAY_10] = 100 + 10 * i;
	forecast_make(weeks, 8, &f);
	assert_true(f.half[MONDAY_10].mean > 135);
	assert_true(f.half[MONDAY_10].mean < 180);
	/* 0.8 + 0.64 + 0.512 + 0.4096 + 0.32768 steps of 10 */
	near(f.half[MONDAY_10].mean, 135 + 26.8928, 1e-6);
}

static void
few_weeks(void **state)
{
	(void)state;
	every_week(8, MONDAY_10, 4);
	forecast_make(weeks, 0, &f);
	assert_int_equal(f.weeks, 0);
	near(f.half[MONDAY_10].mean, 0, 0);
	forecast_make(weeks, 1, &f);
	near(f.half[MONDAY_10].mean, 4, 1e-9);
	/* of more than 8 the last ones count */
	every_week(12, MONDAY_10, 6);
	weeks[0].count[MONDAY_10] = weeks[1].count[MONDAY_10] = 900;
	weeks[2].count[MONDAY_10] = weeks[3].count[MONDAY_10] = 900;
	forecast_make(weeks, 12, &f);
	assert_int_equal(f.weeks, 8);
	near(f.half[MONDAY_10].mean, 6, 1e-9);
}

static void
how_far_it_was_off(void **state)
{
	static struct forecast_week came;
	struct forecast_error off;

	(void)state;
	every_week(8, MONDAY_10, 10);
	forecast_make(weeks, 8, &f);
	memset(&came, 0, sizeof came);
	forecast_error(&f, &came, &off);
	near(off.halves, -1, 0);
	/* all of them half an hour later: wrong by all, right by the day */
	came.count[MONDAY_10 + 1] = 10;
	forecast_error(&f, &came, &off);
	near(off.halves, 2, 1e-9);
	near(off.days, 0, 1e-9);
	came.count[MONDAY_10] = 10;
	forecast_error(&f, &came, &off);
	near(off.halves, 0.5, 1e-9);
	near(off.days, 0.5, 1e-9);
}

/* --- the simulation ---------------------------------------------------------- */

static struct mailsim_slot slots[16];

/* Eight hours from 0 on, with so many people in each half hour. */
static void
day(double people)
{
	int i;

	for (i = 0; i < 16; i++)
		slots[i] = (struct mailsim_slot){ .from_s = i * HOUR / 2,
						  .to_s = (i + 1) * HOUR / 2,
						  .people = people,
						  .due_s = INT64_MAX };
}

static struct mailsim_result
run(const int64_t *waiting, size_t n, double handling_s)
{
	struct mailsim m = { .slots = slots,
			     .slot_count = 16,
			     .waiting = waiting,
			     .waiting_count = n,
			     .handling_s = handling_s,
			     .target = 0.9,
			     .until_s = 8 * HOUR };
	struct mailsim_result r;

	mailsim_run(&m, &r);
	return r;
}

static void
nobody_there_all_late(void **state)
{
	static const int64_t waiting[] = { HOUR, 2 * HOUR, 9 * HOUR, -HOUR,
					   INT64_MAX };
	struct mailsim_result r;

	(void)state;
	day(0);
	r = run(waiting, 5, 300);
	/* two are due within the day; one is due later, one was before, one
	 * never is */
	near(r.due, 2, 1e-9);
	near(r.late, 2, 1e-9);
	near(r.open, 5, 1e-9);
	near(r.sure, 0, 0);
}

static void
enough_people_none_late(void **state)
{
	static const int64_t waiting[] = { HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR };
	struct mailsim_result r;

	(void)state;
	day(2);
	r = run(waiting, 4, 300);
	near(r.due, 4, 1e-9);
	near(r.late, 0, 1e-9);
	near(r.sure, 1, 1e-9);
	near(r.open, 0, 0);
}

/* What is due first is done first, in whatever order it lies there: 40 mails
 * of 10 minutes by one person take 6:40 h on average. */
static void
earliest_deadline_first(void **state)
{
	int64_t waiting[40];
	struct mailsim_result r;
	int i;

	(void)state;
	day(1);
	for (i = 0; i < 40; i++)
		waiting[i] = i % 2 == 0 ? 8 * HOUR : 6 * HOUR;
	r = run(waiting, 40, 600);
	near(r.due, 40, 1e-9);
	/* 20 take 3:20 h, far from 6 h; the others end about at 6:40 h */
	assert_true(r.late < 4);
	for (i = 0; i < 40; i++)
		waiting[i] = 6 * HOUR;
	/* the last four or so end after 6 h */
	assert_true(run(waiting, 40, 600).late > r.late);
	assert_true(run(waiting, 40, 600).late < 12);
}

/* Twice the work than there are people for: by deadlines alone nearly all of
 * it is late, since what is nearly late is always done first. */
static void
half_the_people(void **state)
{
	struct mailsim_result r;
	int i;

	(void)state;
	day(1);
	for (i = 0; i < 16; i++) {
		slots[i].arrivals = 6;
		slots[i].due_s = slots[i].from_s + HOUR;
	}
	r = run(NULL, 0, 600);
	/* what comes in the last hour is due later and is not judged */
	near(r.due, 6 * 14, 6);
	assert_true(r.late > 0.5 * r.due);
	near(r.sure, 0, 0);
	for (i = 0; i < 16; i++)
		slots[i].people = 3;
	r = run(NULL, 0, 600);
	assert_true(r.late < 0.02 * r.due);
	assert_true(r.sure > 0.9);
}

/* Closed hours do nothing, and more people never make more late. */
static void
more_people_never_worse(void **state)
{
	int64_t waiting[60];
	double before = INFINITY;
	int halves; /* of a person */
	int i;

	(void)state;
	for (i = 0; i < 60; i++)
		waiting[i] = (i % 8 + 1) * HOUR;
	for (halves = 0; halves <= 12; halves++) {
		struct mailsim_result r;

		day(halves / 2.0);
		for (i = 4; i < 8; i++)
			slots[i].people = 0;
		r = run(waiting, 60, 600);
		assert_true(r.late <= before + 1e-9);
		before = r.late;
	}
	assert_true(before < 1);
}

static void
the_same_question_the_same_answer(void **state)
{
	static const int64_t waiting[] = { HOUR, HOUR, HOUR, HOUR, HOUR };
	struct mailsim_result a;
	struct mailsim_result b;

	(void)state;
	day(1);
	slots[2].arrivals = 3.5;
	slots[2].due_s = 2 * HOUR;
	a = run(waiting, 5, 900);
	b = run(waiting, 5, 900);
	assert_memory_equal(&a, &b, sizeof a);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_every_week),
		cmocka_unit_test(one_outlier_is_left_out),
		cmocka_unit_test(unusual_days_are_left_out),
		cmocka_unit_test(a_trend_is_followed_damped),
		cmocka_unit_test(few_weeks),
		cmocka_unit_test(how_far_it_was_off),
		cmocka_unit_test(nobody_there_all_late),
		cmocka_unit_test(enough_people_none_late),
		cmocka_unit_test(earliest_deadline_first),
		cmocka_unit_test(half_the_people),
		cmocka_unit_test(more_people_never_worse),
		cmocka_unit_test(the_same_question_the_same_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

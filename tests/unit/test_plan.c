/* When a plan runs and what it tells of: instants by hand, and a walk through
 * every second near the changes of clocks of many zones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "daemon/plan.h"
#include "rules/zone.h"

#define DAY_LONG 86400

static struct zone *
zone_named(const char *name)
{
	struct zone *z = NULL;
	struct err e;

	assert_int_equal(zone_open(name, &z, &e), OUT_OK);
	return z;
}

static int64_t
at(const char *iso)
{
	int64_t ms = 0;

	assert_true(clock_parse(iso, &ms));
	return ms / 1000;
}

static void
assert_next(const char *zone, enum plan_period p, int minute, const char *now,
	    const char *then)
{
	struct zone *z = zone_named(zone);
	char iso[32];

	clock_iso_s(plan_next(z, p, minute, at(now)), iso);
	zone_free(&z);
	assert_string_equal(iso, then);
}

static void
next_of_each_period(void **state)
{
	(void)state;
	/* Sunday 2026-11-22 in Madrid, UTC+1 */
	assert_next("Europe/Madrid", PLAN_DAY, 480, "2026-11-22T06:59:59Z",
		    "2026-11-22T07:00:00Z");
	assert_next("Europe/Madrid", PLAN_DAY, 480, "2026-11-22T07:00:00Z",
		    "2026-11-23T07:00:00Z");
	assert_next("Europe/Madrid", PLAN_WEEK, 480, "2026-11-22T07:00:00Z",
		    "2026-11-23T07:00:00Z");
	assert_next("Europe/Madrid", PLAN_WEEK, 480, "2026-11-23T07:00:00Z",
		    "2026-11-30T07:00:00Z");
	assert_next("Europe/Madrid", PLAN_MONTH, 0, "2026-11-22T07:00:00Z",
		    "2026-11-30T23:00:00Z");
	assert_next("Europe/Madrid", PLAN_MONTH, 1439, "2026-12-01T22:59:00Z",
		    "2027-01-01T22:59:00Z");
	/* the local date counts, not that of UTC */
	assert_next("America/Mexico_City", PLAN_MONTH, 1380,
		    "2026-12-01T06:30:00Z", "2026-12-02T05:00:00Z");
}

static void
a_minute_that_is_skipped_runs_after_the_gap(void **state)
{
	(void)state;
	/* Madrid, 2026-03-29: 02:00 is 03:00 */
	assert_next("Europe/Madrid", PLAN_DAY, 150, "2026-03-28T12:00:00Z",
		    "2026-03-29T01:00:00Z");
	assert_next("Europe/Madrid", PLAN_DAY, 150, "2026-03-29T01:00:00Z",
		    "2026-03-30T00:30:00Z");
	/* Samoa had no 30 December 2011 */
	assert_next("Pacific/Apia", PLAN_DAY, 480, "2011-12-29T19:00:00Z",
		    "2011-12-30T10:00:00Z");
	assert_next("Pacific/Apia", PLAN_DAY, 480, "2011-12-30T10:00:00Z",
		    "2011-12-30T18:00:00Z");
}

static void
a_minute_that_is_repeated_runs_once(void **state)
{
	(void)state;
	/* Madrid, 2026-10-25: 03:00 is 02:00 again */
	assert_next("Europe/Madrid", PLAN_DAY, 150, "2026-10-24T12:00:00Z",
		    "2026-10-25T00:30:00Z");
	assert_next("Europe/Madrid", PLAN_DAY, 150, "2026-10-25T00:30:00Z",
		    "2026-10-26T01:30:00Z");
	/* also for who starts within the second occurrence */
	assert_next("Europe/Madrid", PLAN_DAY, 150, "2026-10-25T01:10:00Z",
		    "2026-10-26T01:30:00Z");
	/* Sao Paulo, 2018-02-18: midnight is 23:00 of the day before again */
	assert_next("America/Sao_Paulo", PLAN_DAY, 1410, "2018-02-17T12:00:00Z",
		    "2018-02-18T01:30:00Z");
	assert_next("America/Sao_Paulo", PLAN_DAY, 1410, "2018-02-18T01:30:00Z",
		    "2018-02-19T02:30:00Z");
}

static void
assert_range(enum plan_period p, const char *run, const char *since,
	     const char *until)
{
	struct zone *z = zone_named("Europe/Madrid");
	int64_t from_s;
	int64_t to_s;
	char iso[32];

	plan_range(z, p, at(run), &from_s, &to_s);
	zone_free(&z);
	clock_iso_s(from_s, iso);
	assert_string_equal(iso, since);
	clock_iso_s(to_s, iso);
	assert_string_equal(iso, until);
}

static void
a_run_tells_of_the_dates_before(void **state)
{
	(void)state;
	assert_range(PLAN_DAY, "2026-11-22T07:00:00Z", "2026-11-20T23:00:00Z",
		     "2026-11-21T23:00:00Z");
	assert_range(PLAN_WEEK, "2026-11-23T07:00:00Z", "2026-11-15T23:00:00Z",
		     "2026-11-22T23:00:00Z");
	/* a run that somebody tries in between */
	assert_range(PLAN_WEEK, "2026-11-26T07:00:00Z", "2026-11-15T23:00:00Z",
		     "2026-11-22T23:00:00Z");
	/* a month in which the clocks change */
	assert_range(PLAN_MONTH, "2026-11-01T07:00:00Z", "2026-09-30T22:00:00Z",
		     "2026-10-31T23:00:00Z");
	/* a day of 23 hours */
	assert_range(PLAN_DAY, "2026-03-30T06:00:00Z", "2026-03-28T23:00:00Z",
		     "2026-03-29T22:00:00Z");
}

/* What the clocks of a zone show, in seconds since 1970-01-01 of the label. */
static int64_t
label_of(const struct zone *z, int64_t t_s)
{
	int64_t until_s;

	return t_s + zone_offset(z, t_s, &until_s);
}

/* Against a walk minute by minute from two days before. */
static void
first_instant_of_a_label_is_the_first(void **state)
{
	static const char *const zones[] = {
		"Europe/Madrid",
		"Australia/Lord_Howe",
		"Pacific/Apia",
		"America/Havana",
		"Africa/Casablanca",
		"America/Sao_Paulo",
		"Asia/Kathmandu",
		"Antarctica/Troll",
		"America/St_Johns",
		"Atlantic/Canary",
		"UTC",
	};
	static const char *const dates[] = { "2011-12-30T00:00:00Z",
					     "2018-02-18T00:00:00Z",
					     "2026-03-29T00:00:00Z",
					     "2026-10-25T00:00:00Z" };
	size_t i;
	size_t k;

	(void)state;
	for (i = 0; i < sizeof zones / sizeof *zones; i++) {
		struct zone *z = zone_named(zones[i]);

		for (k = 0; k < sizeof dates / sizeof *dates; k++) {
			int64_t day = at(dates[k]) / DAY_LONG;
			int minute;

			for (minute = 0; minute < PLAN_MINUTES; minute += 10) {
				int64_t label = day * DAY_LONG + minute * 60;
				int64_t t = label - (int64_t)2 * DAY_LONG;

				while (label_of(z, t) < label)
					t += 60;
				assert_int_equal(plan_label_at(z, day, minute),
						 t);
			}
		}
		zone_free(&z);
	}
}

/* Through two years, each run is later than the one before, once a date, and
 * the stretches that they tell of follow each other without gap. */
static void
runs_follow_each_other(void **state)
{
	static const int minutes[] = { 0, 90, 150, 480, 1439 };
	struct zone *z = zone_named("Europe/Madrid");
	int p;
	size_t i;

	(void)state;
	for (p = 0; p < PLAN_PERIOD_COUNT; p++) {
		for (i = 0; i < sizeof minutes / sizeof *minutes; i++) {
			int64_t run = at("2025-12-31T12:00:00Z");
			int64_t end = at("2027-12-31T12:00:00Z");
			int64_t told = 0;

			while (run < end) {
				int64_t next = plan_next(z, (enum plan_period)p,
							 minutes[i], run);
				int64_t since;
				int64_t until;

				assert_true(next > run);
				plan_range(z, (enum plan_period)p, next, &since,
					   &until);
				assert_true(until <= next);
				assert_true(told == 0 || since == told);
				told = until;
				run = next;
			}
		}
	}
	zone_free(&z);
}

static void
names_of_periods(void **state)
{
	int p;

	(void)state;
	for (p = 0; p < PLAN_PERIOD_COUNT; p++)
		assert_int_equal(plan_period_parse(
					 plan_period_name((enum plan_period)p)),
				 p);
	assert_int_equal(plan_period_parse("year"), PLAN_PERIOD_COUNT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next_of_each_period),
		cmocka_unit_test(a_minute_that_is_skipped_runs_after_the_gap),
		cmocka_unit_test(a_minute_that_is_repeated_runs_once),
		cmocka_unit_test(a_run_tells_of_the_dates_before),
		cmocka_unit_test(first_instant_of_a_label_is_the_first),
		cmocka_unit_test(runs_follow_each_other),
		cmocka_unit_test(names_of_periods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

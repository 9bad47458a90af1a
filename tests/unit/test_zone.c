/* The zones of the system against libc's own, and zones made up here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "rules/zone.h"
#include "tests/unit/zonefile.h"

static const char *const names[] = {
	"Europe/Madrid",
	"Atlantic/Canary",
	"America/Mexico_City",
	"America/Argentina/Buenos_Aires",
	"America/Santiago",
	"America/New_York",
	"Pacific/Auckland",
	"Asia/Kolkata",
	"Australia/Lord_Howe",
	"Pacific/Apia",
	"Africa/Casablanca",
	"Europe/Dublin",
	"Asia/Kathmandu",
	"America/St_Johns",
	"Asia/Gaza",
	"Antarctica/Troll",
	"America/Sao_Paulo",
	"Asia/Tehran",
	"UTC",
};

#define NAMES (sizeof names / sizeof *names)

static uint64_t seed = 20260105;

static uint64_t
draw(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static long
libc_offset(int64_t t_s)
{
	time_t t = (time_t)t_s;
	struct tm tm;

	assert_non_null(localtime_r(&t, &tm));
	return tm.tm_gmtoff;
}

static void
same_as_libc(const char *name)
{
	struct zone *z = NULL;
	struct err e;
	int i;

	assert_int_equal(zone_open(name, &z, &e), OUT_OK);
	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
	for (i = 0; i < 4000; i++) {
		/* 1970 to 2400 */
		int64_t t = (int64_t)draw(UINT64_C(13569465600));
		int64_t until = 0;
		int32_t off = zone_offset(z, t, &until);

		if (off != libc_offset(t))
			fail_msg("%s at %lld: %d, libc %ld", name, (long long)t,
				 off, libc_offset(t));
		assert_true(until > t);
		/* the end of the run is a second that libc knows too */
		if (until < INT64_C(13569465600)) {
			assert_int_equal(libc_offset(until - 1), off);
			assert_int_equal(zone_offset(z, until, &until),
					 libc_offset(until));
		}
	}
	zone_free(&z);
}

static void
libc_agrees(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < NAMES; i++)
		same_as_libc(names[i]);
}

static void
unknown_zones_are_refused(void **state)
{
	static const char *const bad[] = {
		"",       "Europe/Madird", "/etc/passwd",    "../../etc/passwd",
		"Europe", "tzdata.zi",     "Europe/Madrid\n"
	};
	struct zone *z = NULL;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(zone_open(bad[i], &z, &e), OUT_PERM);
	assert_null(z);
}

static struct zone *
made_zone(const struct zonefile *m)
{
	struct zone *z = NULL;
	struct buf b;
	struct err e;

	buf_init(&b, 4096);
	zonefile_put(&b, m);
	assert_int_equal(
		zone_read((const unsigned char *)b.data, b.len, &z, &e),
		OUT_OK);
	buf_release(&b);
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
half_hour_summer_time(void **state)
{
	static const struct zonefile lord_howe = {
		.offset = { 37800 },
		.types = 1,
		.footer = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"
	};
	struct zone *z = made_zone(&lord_howe);
	int64_t until;

	(void)state;
	assert_int_equal(zone_offset(z, at("2026-01-15T00:00:00Z"), &until),
			 39600);
	/* first Sunday of April, 02:00 +11 */
	assert_int_equal(until, at("2026-04-04T15:00:00Z"));
	assert_int_equal(zone_offset(z, until, &until), 37800);
	assert_int_equal(until, at("2026-10-03T15:30:00Z"));
	assert_int_equal(zone_offset(z, at("2400-01-15T00:00:00Z"), &until),
			 39600);
	assert_int_equal(zone_offset(z, at("2400-07-15T00:00:00Z"), &until),
			 37800);
	zone_free(&z);
}

static void
a_jump_of_a_day(void **state)
{
	/* 2011-12-30 was left out in Samoa */
	struct zonefile samoa = { .times = 1,
				  .type = { 1 },
				  .offset = { -36000, 50400 },
				  .types = 2,
				  .footer = "<+14>-14" };
	struct zone *z;
	int64_t until;

	(void)state;
	samoa.at[0] = at("2011-12-30T10:00:00Z");
	z = made_zone(&samoa);
	assert_int_equal(zone_offset(z, samoa.at[0] - 1, &until), -36000);
	assert_int_equal(until, samoa.at[0]);
	assert_int_equal(zone_offset(z, samoa.at[0], &until), 50400);
	assert_true(until == INT64_MAX);
	zone_free(&z);
}

static void
days_of_the_year_in_a_footer(void **state)
{
	static const struct zonefile julian = {
		.offset = { 0 }, .types = 1, .footer = "AAA0BBB,J60/0,300/-1"
	};
	struct zone *z = made_zone(&julian);
	int64_t until;

	(void)state;
	/* J60 is 1 March in any year */
	(void)zone_offset(z, at("2028-01-01T00:00:00Z"), &until);
	assert_int_equal(until, at("2028-03-01T00:00:00Z"));
	(void)zone_offset(z, at("2027-01-01T00:00:00Z"), &until);
	assert_int_equal(until, at("2027-03-01T00:00:00Z"));
	/* day 300 counts 29 February; one hour before its midnight, summer */
	assert_int_equal(zone_offset(z, at("2028-05-01T00:00:00Z"), &until),
			 3600);
	assert_int_equal(until, at("2028-10-26T22:00:00Z"));
	zone_free(&z);
}

static void
bad_files_are_refused(void **state)
{
	static const struct zonefile good = {
		.offset = { 3600 },
		.types = 1,
		.footer = "CET-1CEST,M3.5.0,M10.5.0/3"
	};
	static const char *const footers[] = { "CET",
					       "C-1",
					       "CET-1CEST",
					       "CET-1CEST,M3.5.0",
					       "CET-200",
					       "CET-1CEST,M13.5.0,J1",
					       "CET-1CEST,M3.6.0,J1",
					       "<+1-1" };
	struct zonefile bad = good;
	struct zone *z = NULL;
	struct buf b;
	struct err e;
	size_t i;

	(void)state;
	buf_init(&b, 4096);
	zonefile_put(&b, &good);
	for (i = 0; i < b.len - 1; i++)
		assert_int_equal(
			zone_read((const unsigned char *)b.data, i, &z, &e),
			OUT_PERM);
	for (i = 0; i < sizeof footers / sizeof *footers; i++) {
		bad.footer = footers[i];
		buf_clear(&b);
		zonefile_put(&b, &bad);
		assert_int_equal(
			zone_read((const unsigned char *)b.data, b.len, &z, &e),
			OUT_PERM);
	}
	buf_release(&b);
	assert_null(z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libc_agrees),
		cmocka_unit_test(unknown_zones_are_refused),
		cmocka_unit_test(half_hour_summer_time),
		cmocka_unit_test(a_jump_of_a_day),
		cmocka_unit_test(days_of_the_year_in_a_footer),
		cmocka_unit_test(bad_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

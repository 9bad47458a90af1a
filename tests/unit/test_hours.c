/* Opening hours of a site: open or not, and the next change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "daemon/hours.h"
#include "rules/calendar.h"
#include "rules/zone.h"

static int64_t
instant(const char *iso)
{
	int64_t ms = 0;

	assert_true(clock_parse(iso, &ms));
	return ms / 1000;
}

static struct calendar *
madrid(void)
{
	struct zone *z = NULL;
	struct err e;

	assert_int_equal(zone_open("Europe/Madrid", &z, &e), OUT_OK);
	return calendar_new("Europe/Madrid", z);
}

static void
open_until(const struct calendar *c, const char *at, const char *until)
{
	struct hours h;

	hours_at(c, instant(at), &h);
	assert_true(h.open);
	assert_int_equal(h.opens_s, 0);
	assert_int_equal(h.closes_s, until != NULL ? instant(until) : 0);
}

static void
closed_until(const struct calendar *c, const char *at, const char *until)
{
	struct hours h;

	hours_at(c, instant(at), &h);
	assert_false(h.open);
	assert_int_equal(h.closes_s, 0);
	assert_int_equal(h.opens_s, until != NULL ? instant(until) : 0);
}

/* Half-open: the second of the opening is open, that of the closing is not. */
static void
a_shop_with_a_pause_at_noon(void **state)
{
	struct calendar *c = madrid();
	int day;

	(void)state;
	for (day = 0; day < 5; day++) {
		assert_true(calendar_open(c, day, 9 * 3600, 14 * 3600));
		assert_true(calendar_open(c, day, 16 * 3600, 19 * 3600));
	}
	assert_true(calendar_date(c, instant("2026-01-06T00:00:00Z") / DAY_S));
	calendar_finish(c);
	open_until(c, "2026-01-05T08:00:00Z", "2026-01-05T13:00:00Z");
	open_until(c, "2026-01-05T12:59:59Z", "2026-01-05T13:00:00Z");
	closed_until(c, "2026-01-05T13:00:00Z", "2026-01-05T15:00:00Z");
	closed_until(c, "2026-01-05T07:59:59Z", "2026-01-05T08:00:00Z");
	/* Monday's evening, a holiday, Wednesday */
	closed_until(c, "2026-01-05T18:00:00Z", "2026-01-07T08:00:00Z");
	/* over the night in which clocks go forward */
	closed_until(c, "2026-03-27T18:00:00Z", "2026-03-30T07:00:00Z");
	calendar_free(&c);
}

static void
a_night_shift_closes_once(void **state)
{
	struct calendar *c = madrid();

	(void)state;
	/* Monday 22:00 to Tuesday 06:00 */
	assert_true(calendar_open(c, 0, 22 * 3600, 6 * 3600));
	calendar_finish(c);
	open_until(c, "2026-01-05T21:30:00Z", "2026-01-06T05:00:00Z");
	open_until(c, "2026-01-05T23:30:00Z", "2026-01-06T05:00:00Z");
	calendar_free(&c);
}

static void
always_open_and_never(void **state)
{
	struct calendar *always = madrid();
	struct calendar *never = madrid();
	int day;

	(void)state;
	for (day = 0; day < 7; day++)
		assert_true(calendar_open(always, day, 0, DAY_S));
	calendar_finish(always);
	calendar_finish(never);
	open_until(always, "2026-01-05T09:00:00Z", NULL);
	closed_until(never, "2026-01-05T09:00:00Z", NULL);
	calendar_free(&always);
	calendar_free(&never);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shop_with_a_pause_at_noon),
		cmocka_unit_test(a_night_shift_closes_once),
		cmocka_unit_test(always_open_and_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The expected answer: when it comes, rounded up, and the words for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "daemon/expect.h"
#include "rules/calendar.h"
#include "rules/deadline.h"
#include "rules/zone.h"

#define HOUR 3600

static int64_t
instant(const char *iso)
{
	int64_t ms = 0;

	assert_true(clock_parse(iso, &ms));
	return ms / 1000;
}

/* Monday to Friday from 9:00 to 14:00 and from 16:00 to 19:00 in Madrid,
 * closed at Epiphany. */
static struct calendar *
shop(void)
{
	struct zone *z = NULL;
	struct calendar *c;
	struct err e;
	int day;

	assert_int_equal(zone_open("Europe/Madrid", &z, &e), OUT_OK);
	c = calendar_new("Europe/Madrid", z);
	for (day = 0; day < 5; day++) {
		assert_true(calendar_open(c, day, 9 * HOUR, 14 * HOUR));
		assert_true(calendar_open(c, day, 16 * HOUR, 19 * HOUR));
	}
	assert_true(calendar_date(c, instant("2026-01-06T00:00:00Z") / DAY_S));
	calendar_finish(c);
	return c;
}

static struct calendar *
hours(const char *zone, int32_t from_s, int32_t to_s)
{
	struct zone *z = NULL;
	struct calendar *c;
	struct err e;
	int day;

	assert_int_equal(zone_open(zone, &z, &e), OUT_OK);
	c = calendar_new(zone, z);
	for (day = 0; day < 7; day++)
		assert_true(calendar_open(c, day, from_s, to_s));
	calendar_finish(c);
	return c;
}

struct wanted {
	const char *now;
	int64_t takes_s;
	const char *due; /* NULL: none */
	const char *code;
	const char *by;
	const char *es;
	const char *en;
};

static void
tells(const struct calendar *c, const struct calendar *team,
      const struct wanted *w)
{
	struct expect_ask q = { .calendar = c,
				.team = team,
				.now_s = instant(w->now),
				.takes_s = w->takes_s,
				.due_s = w->due != NULL ? instant(w->due)
							: DEADLINE_NEVER };
	char text[EXPECT_TEXT_MAX];
	char by[32];
	struct expect x;

	assert_true(expect_when(&q, &x));
	clock_iso_s(x.by_s, by);
	assert_string_equal(by, w->by);
	assert_string_equal(expect_code_name(x.code), w->code);
	expect_print(&x, c, q.now_s, "es", text);
	assert_string_equal(text, w->es);
	expect_print(&x, c, q.now_s, "en", text);
	assert_string_equal(text, w->en);
}

/* Winter: Madrid is an hour ahead of UTC. 2026-01-05 is a Monday. */
static void
steps_are_rounded_up(void **state)
{
	static const struct wanted cases[] = {
		{ "2026-01-05T09:00:00Z", 0, NULL, "15m",
		  "2026-01-05T09:15:00Z", "en menos de 15 minutos",
		  "within 15 minutes" },
		{ "2026-01-05T09:00:00Z", 900, NULL, "15m",
		  "2026-01-05T09:15:00Z", "en menos de 15 minutos",
		  "within 15 minutes" },
		{ "2026-01-05T09:00:00Z", 901, NULL, "30m",
		  "2026-01-05T09:30:00Z", "en menos de 30 minutos",
		  "within 30 minutes" },
		{ "2026-01-05T09:00:00Z", 1801, NULL, "1h",
		  "2026-01-05T10:00:00Z", "en menos de una hora",
		  "within an hour" },
		{ "2026-01-05T09:00:00Z", 3601, NULL, "2h",
		  "2026-01-05T11:00:00Z", "en menos de 2 horas",
		  "within 2 hours" },
		{ "2026-01-05T08:00:00Z", 7201, NULL, "4h",
		  "2026-01-05T12:00:00Z", "en menos de 4 horas",
		  "within 4 hours" },
		/* over the pause at noon: half an hour of work at 16:20 */
		{ "2026-01-05T12:50:00Z", 1800, NULL, "4h",
		  "2026-01-05T16:50:00Z", "en menos de 4 horas",
		  "within 4 hours" },
		/* five hours of work from 9:00 on end at 14:00 */
		{ "2026-01-05T08:00:00Z", 5 * HOUR, NULL, "today",
		  "2026-01-05T18:00:00Z", "hoy", "today" },
	};
	struct calendar *c = shop();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		tells(c, NULL, &cases[i]);
	calendar_free(&c);
}

static void
other_days_have_an_hour(void **state)
{
	static const struct wanted cases[] = {
		/* 18:30 on a Thursday, an hour of work: 9:30 on Friday */
		{ "2026-01-08T17:30:00Z", HOUR, NULL, "tomorrow",
		  "2026-01-09T09:00:00Z", "mañana antes de las 10:00",
		  "tomorrow before 10:00" },
		/* on a Friday: Monday */
		{ "2026-01-09T17:30:00Z", 2 * HOUR, NULL, "weekday",
		  "2026-01-12T10:00:00Z", "el lunes antes de las 11:00",
		  "on Monday before 11:00" },
		/* over a holiday: Monday evening, closed on Tuesday */
		{ "2026-01-05T17:59:00Z", HOUR, NULL, "weekday",
		  "2026-01-07T09:00:00Z", "el miércoles antes de las 10:00",
		  "on Wednesday before 10:00" },
		/* a week of work: eight open days, Epiphany not among them */
		{ "2026-01-05T08:00:00Z", 48 * HOUR, NULL, "date",
		  "2026-01-13T18:00:00Z", "el 13 de enero antes de las 19:00",
		  "on 13 January before 19:00" },
		/* the full hour is no later than the closing */
		{ "2026-01-08T17:30:00Z", 8 * HOUR, NULL, "tomorrow",
		  "2026-01-09T18:00:00Z", "mañana antes de las 19:00",
		  "tomorrow before 19:00" },
	};
	struct calendar *c = shop();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		tells(c, NULL, &cases[i]);
	calendar_free(&c);
}

static void
never_later_than_the_deadline(void **state)
{
	static const struct wanted cases[] = {
		/* an hour would be too late: it is due in 50 minutes */
		{ "2026-01-05T09:00:00Z", 40 * 60, "2026-01-05T09:50:30Z",
		  "today_before", "2026-01-05T09:50:00Z",
		  "hoy antes de las 10:50", "today before 10:50" },
		/* what is promised is less than the first step */
		{ "2026-01-05T09:00:00Z", 30, "2026-01-05T09:02:00Z", "1m",
		  "2026-01-05T09:01:00Z", "en menos de un minuto",
		  "within a minute" },
		{ "2026-01-05T09:00:00Z", 120, "2026-01-05T09:02:00Z", "2m",
		  "2026-01-05T09:02:00Z", "en menos de 2 minutos",
		  "within 2 minutes" },
		{ "2026-01-05T09:00:00Z", 200, "2026-01-05T09:14:59Z", "5m",
		  "2026-01-05T09:05:00Z", "en menos de 5 minutos",
		  "within 5 minutes" },
		{ "2026-01-05T09:00:00Z", 700, "2026-01-05T09:12:30Z",
		  "today_before", "2026-01-05T09:12:00Z",
		  "hoy antes de las 10:12", "today before 10:12" },
		/* what answers took is longer than what is promised */
		{ "2026-01-05T09:00:00Z", 20 * HOUR, "2026-01-05T10:00:00Z",
		  "1h", "2026-01-05T10:00:00Z", "en menos de una hora",
		  "within an hour" },
		{ "2026-01-05T08:00:00Z", 6 * HOUR, "2026-01-05T16:20:00Z",
		  "today_before", "2026-01-05T16:00:00Z",
		  "hoy antes de las 17:00", "today before 17:00" },
		{ "2026-01-08T17:30:00Z", HOUR, "2026-01-09T08:45:59Z",
		  "tomorrow", "2026-01-09T08:45:00Z",
		  "mañana antes de las 9:45", "tomorrow before 9:45" },
	};
	struct calendar *c = shop();
	struct expect_ask q = { .calendar = c,
				.now_s = instant("2026-01-05T09:00:00Z"),
				.takes_s = 60 };
	struct expect x;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		tells(c, NULL, &cases[i]);
	/* it has passed: nothing is told */
	q.due_s = q.now_s;
	assert_false(expect_when(&q, &x));
	q.due_s = q.now_s - 1;
	assert_false(expect_when(&q, &x));
	/* nor of what is due within this minute */
	q.due_s = q.now_s + 30;
	assert_false(expect_when(&q, &x));
	calendar_free(&c);
}

/* The promise counts from 8:00, but the team comes at 15:00. */
static void
not_before_the_team_is_there(void **state)
{
	static const struct wanted w = {
		"2026-01-05T07:00:00Z", 60,    NULL,   "today",
		"2026-01-05T21:00:00Z", "hoy", "today"
	};
	struct calendar *c = hours("Europe/Madrid", 8 * HOUR, 22 * HOUR);
	struct calendar *team = hours("Europe/Madrid", 15 * HOUR, 20 * HOUR);

	(void)state;
	tells(c, team, &w);
	calendar_free(&c);
	calendar_free(&team);
}

/* Where it never closes a length may run over midnight, and a day ends at
 * 24:00. */
static void
round_the_clock(void **state)
{
	static const struct wanted cases[] = {
		{ "2026-01-05T22:30:00Z", 80 * 60, NULL, "2h",
		  "2026-01-06T00:30:00Z", "en menos de 2 horas",
		  "within 2 hours" },
		{ "2026-01-05T12:00:00Z", 6 * HOUR, NULL, "today",
		  "2026-01-05T23:00:00Z", "hoy", "today" },
		{ "2026-01-05T18:00:00Z", 29 * HOUR, NULL, "tomorrow",
		  "2026-01-06T23:00:00Z", "mañana antes de las 24:00",
		  "tomorrow before 24:00" },
		{ "2026-01-05T18:00:00Z", 6 * HOUR - 1, NULL, "tomorrow",
		  "2026-01-06T00:00:00Z", "mañana antes de la 1:00",
		  "tomorrow before 1:00" },
	};
	struct calendar *c = hours("Europe/Madrid", 0, DAY_S);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		tells(c, NULL, &cases[i]);
	calendar_free(&c);
}

/* What was told yesterday as "tomorrow" is read today as "today". */
static void
words_are_of_the_day_they_are_read(void **state)
{
	struct calendar *c = shop();
	struct expect x = { EXPECT_TOMORROW, instant("2026-01-09T10:00:00Z") };
	char text[EXPECT_TEXT_MAX];

	(void)state;
	expect_print(&x, c, instant("2026-01-09T08:00:00Z"), "es", text);
	assert_string_equal(text, "hoy antes de las 11:00");
	expect_print(&x, c, instant("2026-01-05T08:00:00Z"), "en", text);
	assert_string_equal(text, "on Friday before 11:00");
	assert_string_equal(expect_nothing("es"), "en cuanto podamos");
	assert_string_equal(expect_nothing(NULL), "as soon as we can");
	calendar_free(&c);
}

/*
 * Laws, at each minute of two weeks over a change of the clocks: what is told
 * lies ahead, no later than the deadline, and unless the deadline came first,
 * no earlier than what answers took.
 */
static void
laws(void **state)
{
	static const int64_t takes[] = { 1, 700, HOUR, 5 * HOUR, 30 * HOUR };
	struct calendar *c = shop();
	int64_t from = instant("2026-10-19T00:00:00Z");
	size_t k;
	int i;

	(void)state;
	for (i = 0; i < 14 * 24 * 60; i += 7)
		for (k = 0; k < sizeof takes / sizeof takes[0]; k++) {
			struct expect_ask q = { .calendar = c,
						.now_s = from + i * 60,
						.takes_s = takes[k] };
			struct expect x;
			int64_t t;

			q.due_s = deadline_due(c, q.now_s, 8 * HOUR, NULL, 0);
			t = deadline_due(c, q.now_s, takes[k], NULL, 0);
			assert_true(expect_when(&q, &x));
			assert_true(x.by_s > q.now_s);
			assert_true(x.by_s <= q.due_s);
			assert_true(x.by_s >= t || q.due_s - x.by_s < 60);
		}
	calendar_free(&c);
}

static void
codes_have_names(void **state)
{
	enum expect_code c;
	int i;

	(void)state;
	for (i = 0; i < EXPECT_CODES; i++) {
		assert_true(expect_code_parse(
			expect_code_name((enum expect_code)i), &c));
		assert_int_equal(c, i);
		assert_int_equal(expect_code_span(c), i <= EXPECT_4H);
	}
	assert_false(expect_code_parse("soon", &c));
}

static void
nearest_rank(void **state)
{
	int64_t v[] = { 50, 10, 40, 20, 30 };
	int64_t one[] = { 7 };
	int64_t ten[] = { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 };

	(void)state;
	assert_int_equal(expect_p80(v, 5), 40);
	assert_int_equal(expect_p80(one, 1), 7);
	assert_int_equal(expect_p80(ten, 10), 8);
	/* 80 of 100 of 6 are 4.8: the fifth */
	assert_int_equal(expect_p80(ten, 6), 5);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_rounded_up),
		cmocka_unit_test(other_days_have_an_hour),
		cmocka_unit_test(never_later_than_the_deadline),
		cmocka_unit_test(not_before_the_team_is_there),
		cmocka_unit_test(round_the_clock),
		cmocka_unit_test(words_are_of_the_day_they_are_read),
		cmocka_unit_test(laws),
		cmocka_unit_test(codes_have_names),
		cmocka_unit_test(nearest_rank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

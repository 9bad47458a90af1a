/* Business time: the worked cases, and edges of opening hours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "rules/calendar.h"
#include "rules/deadline.h"
#include "rules/zone.h"

#define DAYS 7
#define PAUSES_MAX 32

static const char *const weekdays[DAYS] = { "mon", "tue", "wed", "thu",
					    "fri", "sat", "sun" };

static int64_t
instant(const char *iso)
{
	int64_t ms = 0;

	assert_true(clock_parse(iso, &ms));
	return ms / 1000;
}

static struct calendar *
calendar_in(const char *name)
{
	struct zone *z = NULL;
	struct err e;

	assert_int_equal(zone_open(name, &z, &e), OUT_OK);
	return calendar_new(name, z);
}

/* --- the worked cases --------------------------------------------------- */

static int32_t
clock_time(json_t *v)
{
	int h = 0;
	int m = 0;

	assert_int_equal(sscanf(json_string_value(v), "%d:%d", &h, &m), 2);
	return h * 3600 + m * 60;
}

static void
add_hours(struct calendar *c, json_t *cal)
{
	int day;

	for (day = 0; day < DAYS; day++) {
		json_t *list = json_object_get(cal, weekdays[day]);
		json_t *span;
		size_t i;

		json_array_foreach(list, i, span)
		{
			int32_t from = clock_time(json_array_get(span, 0));
			int32_t to = clock_time(json_array_get(span, 1));

			assert_true(calendar_open(c, day, from, to));
		}
	}
}

static void
add_holiday(struct calendar *c, json_t *h)
{
	const char *date =
		json_is_string(h)
			? json_string_value(h)
			: json_string_value(json_object_get(h, "date"));
	char iso[32];
	int64_t day;
	json_t *span;
	size_t i;

	(void)snprintf(iso, sizeof iso, "%.10sT00:00:00Z", date);
	day = instant(iso) / DAY_S;
	assert_true(calendar_date(c, day));
	json_array_foreach(json_object_get(h, "hours"), i, span) assert_true(
		calendar_date_open(c, day, clock_time(json_array_get(span, 0)),
				   clock_time(json_array_get(span, 1))));
}

static void
run_case(json_t *t)
{
	const char *id = json_string_value(json_object_get(t, "id"));
	struct calendar *c =
		calendar_in(json_string_value(json_object_get(t, "tz")));
	struct pause pauses[PAUSES_MAX];
	struct working *w = mem_new(1, sizeof *w);
	json_t *v;
	size_t n = 0;
	size_t i;
	int64_t start;
	int64_t budget;
	int64_t want = DEADLINE_NEVER;
	int64_t got;

	add_hours(c, json_object_get(t, "calendar"));
	json_array_foreach(json_object_get(t, "holidays"), i, v)
		add_holiday(c, v);
	calendar_finish(c);
	json_array_foreach(json_object_get(t, "pauses"), i, v)
	{
		json_t *to = json_array_get(v, 1);

		assert_true(n < PAUSES_MAX);
		pauses[n].from_s =
			instant(json_string_value(json_array_get(v, 0)));
		pauses[n++].to_s = json_is_null(to)
					   ? DEADLINE_NEVER
					   : instant(json_string_value(to));
	}
	start = instant(json_string_value(json_object_get(t, "start")));
	budget = json_integer_value(json_object_get(t, "budget_seconds"));
	v = json_object_get(t, "due");
	if (!json_is_null(v))
		want = instant(json_string_value(v));
	got = deadline_due(c, start, budget, pauses, n);
	if (got != want)
		fail_msg("%s: due %lld, want %lld", id, (long long)got,
			 (long long)want);
	if (got != DEADLINE_NEVER) {
		assert_int_equal(deadline_used(c, start, got, pauses, n),
				 budget);
		deadline_working(c, start, got, pauses, n, w);
		assert_int_equal(w->counted_s, budget);
	}
	mem_free(w);
	calendar_free(&c);
}

static FILE *
open_cases(void)
{
	const char *shared = getenv("POSTIGO_SHARED");
	const char *src = getenv("POSTIGO_SRCDIR");
	char *path;
	FILE *f;

	path = shared != NULL
		       ? mem_printf("%s/corpus/sla/cases.jsonl", shared)
		       : mem_printf("%s/../shared/corpus/sla/cases.jsonl",
				    src != NULL ? src : ".");
	f = fopen(path, "re");
	if (f == NULL)
		print_message("worked cases are absent: no %s\n", path);
	mem_free(path);
	return f;
}

static void
the_worked_cases(void **state)
{
	static char line[65536];
	FILE *f = open_cases();
	int n = 0;

	(void)state;
	if (f == NULL)
		skip();
	while (fgets(line, sizeof line, f) != NULL) {
		json_t *t = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		assert_non_null(t);
		run_case(t);
		json_decref(t);
		n++;
	}
	(void)fclose(f);
	print_message("%d worked cases\n", n);
	assert_true(n >= 60);
}

/* --- a small table that is always here ---------------------------------- */

static struct calendar *
shop(void)
{
	struct calendar *c = calendar_in("Europe/Madrid");
	int day;

	for (day = 0; day < 5; day++) {
		assert_true(calendar_open(c, day, 9 * 3600, 14 * 3600));
		assert_true(calendar_open(c, day, 16 * 3600, 19 * 3600));
	}
	day = (int)(instant("2026-12-25T00:00:00Z") / DAY_S);
	assert_true(calendar_date(c, day));
	assert_true(calendar_date(c, day - 1));
	assert_true(calendar_date_open(c, day - 1, 9 * 3600, 13 * 3600));
	calendar_finish(c);
	return c;
}

static void
due_in_the_shop(void **state)
{
	static const struct {
		const char *start;
		int64_t budget_s;
		const char *due;
	} t[] = {
		{ "2026-11-18T12:30:00Z", 3600, "2026-11-18T15:30:00Z" },
		{ "2026-11-18T13:30:00Z", 3600, "2026-11-18T16:00:00Z" },
		{ "2026-11-18T22:00:00Z", 1800, "2026-11-19T08:30:00Z" },
		{ "2026-12-24T08:00:00Z", 8 * 3600, "2026-12-28T12:00:00Z" },
		{ "2026-11-18T17:00:00Z", 3600, "2026-11-18T18:00:00Z" },
		{ "2026-11-18T17:00:00Z", 3601, "2026-11-19T08:00:01Z" },
		{ "2026-11-21T03:04:05Z", 0, "2026-11-21T03:04:05Z" },
	};
	struct calendar *c = shop();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		assert_int_equal(deadline_due(c, instant(t[i].start),
					      t[i].budget_s, NULL, 0),
				 instant(t[i].due));
	assert_string_equal(calendar_zone(c), "Europe/Madrid");
	calendar_free(&c);
}

static void
the_working_is_adjacent(void **state)
{
	struct calendar *c = shop();
	struct working *w = mem_new(1, sizeof *w);
	struct pause p = { .from_s = instant("2026-12-24T09:00:00Z"),
			   .to_s = instant("2026-12-24T10:00:00Z") };
	int64_t start = instant("2026-12-24T08:00:00Z");
	int64_t due = deadline_due(c, start, 8 * 3600, &p, 1);
	size_t i;

	(void)state;
	deadline_working(c, start, due, &p, 1, w);
	assert_int_equal(w->steps[0].from_s, start);
	assert_int_equal(w->steps[w->n - 1].to_s, due);
	assert_int_equal(w->counted_s, 8 * 3600);
	assert_int_equal(w->cut, 0);
	for (i = 1; i < w->n; i++) {
		assert_int_equal(w->steps[i].from_s, w->steps[i - 1].to_s);
		/* a step is of one kind, and a holiday's of one date */
		assert_true(w->steps[i].kind != w->steps[i - 1].kind ||
			    w->steps[i].day == w->steps[i - 1].day + 1);
	}
	assert_int_equal(w->steps[0].kind, WORKING_OPEN);
	assert_int_equal(w->steps[1].kind, WORKING_PAUSED);
	assert_int_equal(w->steps[2].kind, WORKING_OPEN);
	assert_int_equal(w->steps[3].kind, WORKING_HOLIDAY);
	assert_int_equal(w->steps[3].day, clock_days(2026, 12, 24));
	assert_int_equal(w->steps[4].kind, WORKING_HOLIDAY);
	assert_int_equal(w->steps[4].day, clock_days(2026, 12, 25));
	assert_int_equal(w->steps[5].kind, WORKING_CLOSED);
	assert_string_equal(working_name(WORKING_HOLIDAY), "holiday");
	/* a working too long is cut, its sum is not */
	deadline_working(c, start, start + 400 * (int64_t)DAY_S, NULL, 0, w);
	assert_int_equal(w->n, WORKING_MAX);
	assert_true(w->cut > 0);
	assert_int_equal(
		w->counted_s,
		deadline_used(c, start, start + 400 * (int64_t)DAY_S, NULL, 0));
	mem_free(w);
	calendar_free(&c);
}

static void
what_never_comes_is_never(void **state)
{
	struct calendar *c = calendar_in("Europe/Madrid");
	struct pause p = { .from_s = instant("2026-01-05T12:00:00Z"),
			   .to_s = DEADLINE_NEVER };
	int64_t start = instant("2026-01-05T09:00:00Z");

	(void)state;
	calendar_finish(c);
	assert_false(calendar_ever_open(c));
	assert_true(deadline_due(c, start, 1, NULL, 0) == DEADLINE_NEVER);
	calendar_free(&c);
	c = shop();
	/* 10:00 to 13:00 local is open: three hours before the pause */
	assert_int_equal(deadline_due(c, start, 3 * 3600, &p, 1), p.from_s);
	assert_true(deadline_due(c, start, 3 * 3600 + 1, &p, 1) ==
		    DEADLINE_NEVER);
	assert_int_equal(deadline_used(c, start, start, &p, 1), 0);
	assert_int_equal(deadline_used(c, start + 1, start, &p, 1), 0);
	calendar_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worked_cases),
		cmocka_unit_test(due_in_the_shop),
		cmocka_unit_test(the_working_is_adjacent),
		cmocka_unit_test(what_never_comes_is_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

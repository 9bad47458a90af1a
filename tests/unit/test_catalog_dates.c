/* The holidays of the catalogue's calendars, against the laws they come from:
 * the test works out each date for itself, Easter included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "rules/book.h"
#include "rules/calendar.h"

#define FIRST_YEAR 2026
#define LAST_YEAR 2027
#define HOLIDAYS_MAX 100

static struct book *book;

/* Days since 1970-01-01 of a Gregorian date. */
static int64_t
day_of(int year, int month, int day)
{
	static const int before[] = { 0,   31,  59,  90,  120, 151,
				      181, 212, 243, 273, 304, 334 };
	int64_t n = 365 * (int64_t)(year - 1970) + (year - 1969) / 4;

	assert_in_range(year, 1970, 2099); /* every fourth is a leap year */
	if (month > 2 && year % 4 == 0)
		n++;
	return n + before[month - 1] + day - 1;
}

/* 0 is Monday. */
static int
weekday_of(int64_t day)
{
	return (int)((day + 3) % 7);
}

/* Easter Sunday after Gauss, for the years 1900 to 2099. */
static int64_t
easter(int year)
{
	int a = year % 19;
	int d = (19 * a + 24) % 30;
	int e = (2 * (year % 4) + 4 * (year % 7) + 6 * d + 5) % 7;
	int march = 22 + d + e;

	if (d == 29 && e == 6)
		march = 50;
	if (d == 28 && e == 6 && a > 10)
		march = 49;
	return day_of(year, 3, 1) + march - 1;
}

struct holidays {
	int64_t day[HOLIDAYS_MAX];
	size_t n;
};

static void
add(struct holidays *h, int64_t day)
{
	assert_true(h->n < HOLIDAYS_MAX);
	h->day[h->n++] = day;
}

static void
add_fixed(struct holidays *h, int year, const int (*dates)[2], size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		add(h, day_of(year, dates[i][0], dates[i][1]));
}

static void
spain(struct holidays *h, int year)
{
	static const int fixed[][2] = { { 1, 1 },  { 1, 6 },   { 5, 1 },
					{ 8, 15 }, { 10, 12 }, { 11, 1 },
					{ 12, 6 }, { 12, 8 },  { 12, 25 } };

	add_fixed(h, year, fixed, sizeof fixed / sizeof *fixed);
	add(h, easter(year) - 2);
}

static int64_t
nth_monday(int year, int month, int nth)
{
	int64_t first = day_of(year, month, 1);

	return first + (7 - weekday_of(first)) % 7 + 7 * (nth - 1);
}

static void
mexico(struct holidays *h, int year)
{
	static const int fixed[][2] = {
		{ 1, 1 }, { 5, 1 }, { 9, 16 }, { 12, 25 }
	};

	add_fixed(h, year, fixed, sizeof fixed / sizeof *fixed);
	add(h, nth_monday(year, 2, 1));
	add(h, nth_monday(year, 3, 3));
	add(h, nth_monday(year, 11, 3));
}

/* Ley 27.399, article 6: Tuesday and Wednesday go to the Monday before,
 * Thursday and Friday to the Monday after. */
static int64_t
moved(int64_t day)
{
	int w = weekday_of(day);

	if (w == 1 || w == 2)
		return day - w;
	return w == 3 || w == 4 ? day + 7 - w : day;
}

static void
argentina(struct holidays *h, int year)
{
	static const int fixed[][2] = { { 1, 1 }, { 3, 24 }, { 4, 2 },
					{ 5, 1 }, { 5, 25 }, { 6, 20 },
					{ 7, 9 }, { 12, 8 }, { 12, 25 } };
	static const int movable[][2] = {
		{ 6, 17 }, { 8, 17 }, { 10, 12 }, { 11, 20 }
	};
	/* decreed for this year alone */
	static const int bridges_2026[][2] = { { 3, 23 },
					       { 7, 10 },
					       { 12, 7 } };
	size_t i;

	add_fixed(h, year, fixed, sizeof fixed / sizeof *fixed);
	for (i = 0; i < sizeof movable / sizeof *movable; i++)
		add(h, moved(day_of(year, movable[i][0], movable[i][1])));
	add(h, easter(year) - 48);
	add(h, easter(year) - 47);
	add(h, easter(year) - 2);
	if (year == 2026)
		add_fixed(h, year, bridges_2026,
			  sizeof bridges_2026 / sizeof *bridges_2026);
}

static bool
is_holiday(const struct holidays *h, int64_t day)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (h->day[i] == day)
			return true;
	return false;
}

static void
check(const char *name, void (*law)(struct holidays *, int))
{
	const struct calendar *c = book_calendar(book, name);
	struct holidays h = { .n = 0 };
	int64_t day;
	int year;

	assert_non_null(c);
	for (year = FIRST_YEAR; year <= LAST_YEAR; year++)
		law(&h, year);
	for (day = day_of(FIRST_YEAR - 1, 1, 1);
	     day < day_of(LAST_YEAR + 2, 1, 1); day++) {
		bool special = false;
		size_t n = 0;

		(void)calendar_day(c, day, &n, &special);
		if (special != is_holiday(&h, day))
			fail_msg("%s: day %lld since 1970 is %s", name,
				 (long long)day,
				 special ? "no holiday by law"
					 : "a holiday by law");
		if (special)
			assert_int_equal(n, 0);
		else
			assert_int_equal(n, weekday_of(day) < 5 ? 2 : 0);
	}
}

static void
holidays_are_those_of_the_law(void **state)
{
	(void)state;
	check("es", spain);
	check("mx", mexico);
	check("ar", argentina);
}

/* The test's own arithmetic, on dates that everybody can look up. */
static void
dates_are_worked_out_right(void **state)
{
	(void)state;
	assert_int_equal(day_of(1970, 1, 1), 0);
	assert_int_equal(day_of(2000, 3, 1), 11017);
	assert_int_equal(weekday_of(day_of(2026, 11, 22)), 6);
	assert_int_equal(easter(2025), day_of(2025, 4, 20));
	assert_int_equal(easter(2026), day_of(2026, 4, 5));
	assert_int_equal(easter(2027), day_of(2027, 3, 28));
	assert_int_equal(easter(2049), day_of(2049, 4, 18));
	assert_int_equal(easter(2076), day_of(2076, 4, 19));
	assert_int_equal(nth_monday(2026, 2, 1), day_of(2026, 2, 2));
	assert_int_equal(moved(day_of(2026, 6, 17)), day_of(2026, 6, 15));
	assert_int_equal(moved(day_of(2026, 11, 20)), day_of(2026, 11, 23));
	assert_int_equal(moved(day_of(2027, 11, 20)), day_of(2027, 11, 20));
}

/* Each works eight hours of an ordinary day, which the policies count on. */
static void
a_day_has_eight_hours(void **state)
{
	static const char *const names[] = { "es", "mx", "ar" };
	size_t i;
	size_t k;

	(void)state;
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		size_t n = 0;
		const struct open_span *s =
			calendar_week(book_calendar(book, names[i]), 0, &n);
		int32_t sum_s = 0;

		for (k = 0; k < n; k++)
			sum_s += s[k].to_s - s[k].from_s;
		assert_int_equal(sum_s, 8 * 3600);
	}
}

static void
add_file(struct buf *b, const char *name)
{
	const char *src = getenv("POSTIGO_SRCDIR");
	char *path = mem_printf("%s/rules/catalog/%s", src != NULL ? src : "..",
				name);
	FILE *f = fopen(path, "re");
	char chunk[4096];
	size_t n;

	mem_free(path);
	if (f == NULL)
		return;
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		(void)buf_add(b, chunk, n);
	(void)fclose(f);
}

static int
read_calendars(void **state)
{
	struct book_errors errs = { 0 };
	struct buf text;
	struct buf out;

	(void)state;
	buf_init(&text, BOOK_BYTES_MAX);
	buf_init(&out, 65536);
	add_file(&text, "queues.book");
	add_file(&text, "calendars.book");
	if (book_read(buf_str(&text), strlen(buf_str(&text)), &book, &errs) !=
	    OUT_OK) {
		book_errors_print(&errs, "calendars.book", &out);
		print_error("%s", buf_str(&out));
	}
	book_errors_release(&errs);
	buf_release(&out);
	buf_release(&text);
	return book != NULL ? 0 : -1;
}

static int
free_book(void **state)
{
	(void)state;
	book_unref(&book);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_worked_out_right),
		cmocka_unit_test(holidays_are_those_of_the_law),
		cmocka_unit_test(a_day_has_eight_hours),
	};

	return cmocka_run_group_tests(tests, read_calendars, free_book);
}

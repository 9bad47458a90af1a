/*
 * Cells of a spreadsheet: what is money, a count, an instant; what one of them
 * gives away about the whole file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/ctl/import_cell.h"

static void
money(const char *s, enum cell_mark mark, const char *expected)
{
	char out[CELL_MONEY_MAX] = "";

	if (cell_money(s, mark, out) != (expected != NULL))
		fail_msg("'%s' is%s money", s, expected != NULL ? " not" : "");
	if (expected != NULL)
		assert_string_equal(out, expected);
}

static void
test_money(void **state)
{
	(void)state;
	money("12", MARK_POINT, "12");
	money("12.50", MARK_POINT, "12.50");
	money("12,50", MARK_COMMA, "12.50");
	money("1.234,50", MARK_COMMA, "1234.50");
	money("1,234,567.8", MARK_POINT, "1234567.8");
	money("1.234.567", MARK_COMMA, "1234567");
	money("1 234,50", MARK_COMMA, "1234.50");
	money("1\xc2\xa0"
	      "234,50 \xe2\x82\xac",
	      MARK_COMMA, "1234.50");
	money("1\xe2\x80\xaf"
	      "234.5",
	      MARK_POINT, "1234.5");
	money("1'234.50", MARK_POINT, "1234.50");
	money("$ 5", MARK_POINT, "5");
	money("-$5.00", MARK_POINT, "-5.00");
	money("$-5.00", MARK_POINT, "-5.00");
	money("\xe2\x88\x92"
	      "5",
	      MARK_POINT, "-5");
	money("EUR 5,10", MARK_COMMA, "5.10");
	money("5,10 EUR", MARK_COMMA, "5.10");
	money(",5", MARK_COMMA, "0.5");
	money("+7", MARK_COMMA, "7");
	money("1.234", MARK_COMMA, "1234");
	money("1.234", MARK_POINT, "1.234");
	money("61.800000", MARK_POINT, "61.800000");
	money("0", MARK_POINT, "0");
}

static void
test_no_money(void **state)
{
	static const char *const none[] = {
		"",
		" ",
		"abc",
		"-",
		"1e5",
		"0x10",
		"NaN",
		"Infinity",
		"1,23,456",
		"12,34.5",
		"1,2345",
		"1..2",
		"1.",
		"--5",
		"5-",
		"5 EURO",
		"1 2",
		"1,",
		",234.5",
		"\xc2\xa0",
		"=1+1",
		"1.2.3",
		"5\n6",
		"1,234,56",
		"12345,678",
		"5 eur",
		"5%",
		"1234567890123456",
		"123456789012345.1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		money(none[i], MARK_POINT, NULL);
	money("12.50", MARK_COMMA, NULL);
	money("1.234.50", MARK_COMMA, NULL);
	money("123456789012345", MARK_POINT, "123456789012345");
}

static void
test_mark(void **state)
{
	static const struct {
		const char *s;
		enum cell_mark mark;
	} cases[] = {
		{ "12", MARK_NONE },         { "1 234", MARK_NONE },
		{ "12.5", MARK_POINT },      { "12,50", MARK_COMMA },
		{ "1.234", MARK_EITHER },    { "1,234", MARK_EITHER },
		{ "999,999", MARK_EITHER },  { "1234.567", MARK_POINT },
		{ "0.500", MARK_POINT },     { ",500", MARK_COMMA },
		{ "1.234,5", MARK_COMMA },   { "1,234.5", MARK_POINT },
		{ "1.234.567", MARK_COMMA }, { "1,234,567", MARK_POINT },
		{ "1 234.567", MARK_POINT }, { "61.800000", MARK_POINT },
		{ "abc", MARK_BAD },         { "", MARK_BAD },
		{ "1.2,3.4", MARK_BAD },     { "1.2.3", MARK_BAD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (cell_mark(cases[i].s) != cases[i].mark)
			fail_msg("'%s': %d", cases[i].s,
				 (int)cell_mark(cases[i].s));
}

static void
test_count(void **state)
{
	int64_t v = 0;

	(void)state;
	assert_true(cell_count("3", MARK_POINT, &v));
	assert_int_equal(v, 3);
	assert_true(cell_count("2,00", MARK_COMMA, &v));
	assert_int_equal(v, 2);
	assert_true(cell_count("-1", MARK_POINT, &v));
	assert_int_equal(v, -1);
	assert_true(cell_count("1,000", MARK_POINT, &v));
	assert_int_equal(v, 1000);
	assert_false(cell_count("1.5", MARK_POINT, &v));
	assert_false(cell_count("1000001", MARK_POINT, &v));
	assert_false(cell_count("two", MARK_POINT, &v));
	assert_false(cell_count("", MARK_POINT, &v));
}

static void
test_order(void **state)
{
	static const struct {
		const char *s;
		enum cell_order order;
	} cases[] = {
		{ "2026-01-31", ORDER_ISO },
		{ "2026/01/31 10:00", ORDER_ISO },
		{ "31/01/2026", ORDER_DAY },
		{ "01/31/2026", ORDER_MONTH },
		{ "1.2.2026", ORDER_EITHER },
		{ "", ORDER_NONE },
		{ "0000-00-00 00:00:00", ORDER_NONE },
		{ "31/31/2026", ORDER_BAD },
		{ "0/1/2026", ORDER_BAD },
		{ "yesterday", ORDER_BAD },
		{ "1/2/26", ORDER_BAD },
		{ "1-2/2026", ORDER_BAD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (cell_order(cases[i].s) != cases[i].order)
			fail_msg("'%s': %d", cases[i].s,
				 (int)cell_order(cases[i].s));
}

#define NO_OFFSET (-1)

static void
instant(const char *s, enum cell_order order, const char *label, int offset_s)
{
	struct cell_time t;
	char iso[32];

	if (!cell_time(s, order, &t))
		fail_msg("'%s' is no time", s);
	clock_iso_s(t.label_s, iso);
	assert_string_equal(iso, label);
	assert_int_equal(t.offset, offset_s != NO_OFFSET);
	if (t.offset)
		assert_int_equal(t.offset_s, offset_s);
}

static void
test_time(void **state)
{
	(void)state;
	instant("2025-03-01 09:00", ORDER_ISO, "2025-03-01T09:00:00Z",
		NO_OFFSET);
	instant("2025-03-01", ORDER_ISO, "2025-03-01T00:00:00Z", NO_OFFSET);
	instant("2025-03-01T09:00:05Z", ORDER_ISO, "2025-03-01T09:00:05Z", 0);
	instant("2025-03-01T09:00:05.250+01:00", ORDER_ISO,
		"2025-03-01T09:00:05Z", 3600);
	instant("2025-03-01 09:00:05 -0530", ORDER_ISO, "2025-03-01T09:00:05Z",
		-19800);
	instant("2025-03-01 09:00:05 UTC", ORDER_ISO, "2025-03-01T09:00:05Z",
		0);
	instant("02/03/2025 9:05", ORDER_DAY, "2025-03-02T09:05:00Z",
		NO_OFFSET);
	instant("02/03/2025 12:05 AM", ORDER_MONTH, "2025-02-03T00:05:00Z",
		NO_OFFSET);
	instant("2/3/2025 11:05 pm", ORDER_MONTH, "2025-02-03T23:05:00Z",
		NO_OFFSET);
	instant("29.02.2024", ORDER_DAY, "2024-02-29T00:00:00Z", NO_OFFSET);
	instant(" 2024-02-29 ", ORDER_DAY, "2024-02-29T00:00:00Z", NO_OFFSET);
}

static void
test_no_time(void **state)
{
	static const char *const none[] = {
		"",
		"2025-02-29",
		"2025-13-01",
		"2025-00-10",
		"2025-01-32",
		"1969-12-31",
		"2025-03-01 24:00",
		"2025-03-01 10:60",
		"2025-03-01 10",
		"2025-03-01x",
		"2025-03-01 10:00 CET",
		"2025-03-01T10:00+",
		"2025-03-01 10:00 +25:00",
		"2025-03-01 13:00 PM",
		"2025-03-01 10:00 Zulu",
		"20250301",
		"=NOW()",
	};
	struct cell_time t;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (cell_time(none[i], ORDER_DAY, &t))
			fail_msg("'%s' is a time", none[i]);
	assert_false(cell_time("01/02/2025", ORDER_ISO, &t));
	assert_false(cell_time("31/01/2025", ORDER_MONTH, &t));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_money),   cmocka_unit_test(test_no_money),
		cmocka_unit_test(test_mark),    cmocka_unit_test(test_count),
		cmocka_unit_test(test_order),   cmocka_unit_test(test_time),
		cmocka_unit_test(test_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

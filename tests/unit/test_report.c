/* The arithmetic of reports, what they count under, and their CSV. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/report_sum.h"
#include "daemon/report_tally.h"
#include "daemon/wire/csv.h"

static void
shares_are_rounded_to_the_nearest_halves_up(void **state)
{
	(void)state;
	assert_int_equal(report_share(0, 7), 0);
	assert_int_equal(report_share(7, 7), 10000);
	assert_int_equal(report_share(1, 3), 3333);
	assert_int_equal(report_share(2, 3), 6667);
	/* 1/16 is 625, 1/32 is 312.5, 3/32 is 937.5 */
	assert_int_equal(report_share(1, 16), 625);
	assert_int_equal(report_share(1, 32), 313);
	assert_int_equal(report_share(3, 32), 938);
	assert_true(report_share(0, 0) == REPORT_UNKNOWN);
	/* no sum is too large to be told exactly */
	assert_int_equal(report_share(99999999999, 100000000000), 10000);
	assert_int_equal(report_share(99994999999, 100000000000), 9999);
}

static void
means_are_rounded_up_on_both_sides_of_nought(void **state)
{
	(void)state;
	assert_int_equal(report_mean(7, 2), 4);
	assert_int_equal(report_mean(-7, 2), -3);
	assert_int_equal(report_mean(-8, 3), -3);
	assert_int_equal(report_mean(-7, 3), -2);
	assert_int_equal(report_mean(0, 5), 0);
	assert_true(report_mean(0, 0) == REPORT_UNKNOWN);
}

static void
a_percentile_is_the_nearest_rank(void **state)
{
	static const int64_t values[] = { 50, 20, 15, 40, 35 };
	struct samples x = { .at = NULL };

	(void)state;
	assert_true(samples_percentile(&x, 50) == REPORT_UNKNOWN);
	for (size_t i = 0; i < 5; i++)
		samples_add(&x, values[i]);
	assert_int_equal(samples_percentile(&x, 1), 15);
	assert_int_equal(samples_percentile(&x, 20), 15);
	assert_int_equal(samples_percentile(&x, 21), 20);
	assert_int_equal(samples_percentile(&x, 40), 20);
	assert_int_equal(samples_percentile(&x, 50), 35);
	assert_int_equal(samples_percentile(&x, 80), 40);
	assert_int_equal(samples_percentile(&x, 81), 50);
	assert_int_equal(samples_percentile(&x, 100), 50);
	assert_int_equal(x.sum, 160);
	/* one more is put in its place */
	samples_add(&x, 1);
	assert_int_equal(samples_percentile(&x, 1), 1);
	samples_release(&x);
	assert_int_equal(x.n, 0);
}

static void
keys_are_counted_once_and_ordered(void **state)
{
	static const char *const in[] = { "b", "10", "9", "1a", "b", "", "-3" };
	static const char *const out[] = { "-3", "9", "10", "", "1a", "b" };
	struct tally t;

	(void)state;
	tally_init(&t, 100);
	for (size_t i = 0; i < sizeof in / sizeof in[0]; i++)
		tally_cell(&t, in[i])->count[0]++;
	assert_int_equal(t.n, 6);
	tally_sort(&t);
	for (size_t i = 0; i < t.n; i++)
		assert_string_equal(t.cells[i].key, out[i]);
	assert_int_equal(t.cells[5].count[0], 2);
	assert_false(t.cut);
	tally_release(&t);
}

static void
beyond_the_ceiling_keys_are_cut(void **state)
{
	struct tally t;
	char key[TALLY_KEY];

	(void)state;
	tally_init(&t, 50);
	for (int i = 0; i < 50; i++) {
		(void)snprintf(key, sizeof key, "key %d", i);
		assert_non_null(tally_cell(&t, key));
	}
	assert_false(t.cut);
	assert_null(tally_cell(&t, "one more"));
	assert_true(t.cut);
	assert_non_null(tally_cell(&t, "key 49"));
	tally_release(&t);
}

static void
field(const char *text, const char *want)
{
	struct buf b;

	buf_init(&b, CSV_BYTES);
	csv_field(&b, text);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
fields_are_quoted_and_no_formula(void **state)
{
	(void)state;
	field("", "");
	field("Envíos", "Envíos");
	field("a,b", "\"a,b\"");
	field("a;b", "\"a;b\"");
	field("say \"no\"", "\"say \"\"no\"\"\"");
	field("two\r\nlines", "\"two\r\nlines\"");
	field("=1+1", "'=1+1");
	field("+34 600", "'+34 600");
	field("@SUM(A1)", "'@SUM(A1)");
	field("-", "'-");
	field("-1+1", "'-1+1");
	field("-12", "-12");
	field("\t=1", "\"'\t=1\"");
	field("\r=1", "\"'\r=1\"");
	field("=\"x\"", "\"'=\"\"x\"\"\"");
}

static void
a_report_is_a_table(void **state)
{
	json_t *r = json_pack(
		"{s:[{s:s, s:s}, {s:s, s:s}],"
		" s:[{s:s, s:s, s:[i, n]}, {s:s, s:s, s:[i, i]}]}",
		"columns", "name", "met", "unit", "count", "name", "share",
		"unit", "share", "rows", "key", "=a", "title", "A, b", "values",
		7, "key", "2", "title", "", "values", -3, 9);
	struct csv_form plain = { false, false };
	struct csv_form spanish = { true, true };
	struct err e;
	struct buf b;

	(void)state;
	assert_non_null(r);
	buf_init(&b, CSV_BYTES);
	assert_int_equal(csv_report(r, &plain, &b, &e), OUT_OK);
	assert_string_equal(buf_str(&b), "key,title,met,share\r\n"
					 "'=a,\"A, b\",7,\r\n"
					 "2,,-3,9\r\n");
	buf_clear(&b);
	assert_int_equal(csv_report(r, &spanish, &b, &e), OUT_OK);
	assert_string_equal(buf_str(&b), "\xef\xbb\xbfkey;title;met;share\r\n"
					 "'=a;\"A, b\";7;\r\n"
					 "2;;-3;9\r\n");
	buf_release(&b);
	buf_init(&b, 20);
	assert_int_equal(csv_report(r, &plain, &b, &e), OUT_PERM);
	assert_string_equal(e.code, "too_large");
	buf_release(&b);
	json_decref(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_are_rounded_to_the_nearest_halves_up),
		cmocka_unit_test(means_are_rounded_up_on_both_sides_of_nought),
		cmocka_unit_test(a_percentile_is_the_nearest_rank),
		cmocka_unit_test(keys_are_counted_once_and_ordered),
		cmocka_unit_test(beyond_the_ceiling_keys_are_cut),
		cmocka_unit_test(fields_are_quoted_and_no_formula),
		cmocka_unit_test(a_report_is_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

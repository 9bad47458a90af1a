/* Amounts: decimal text to minor units and back, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "daemon/base/money.h"

static void
text_is_read_by_the_digits_of_its_currency(void **state)
{
	static const struct {
		const char *text;
		const char *currency;
		int64_t minor;
		const char *back;
	} cases[] = {
		{ "19.5", "EUR", 1950, "19.50" },
		{ "19", "EUR", 1900, "19.00" },
		{ "61.800000", "EUR", 6180, "61.80" },
		{ "-10.00", "EUR", -1000, "-10.00" },
		{ "-0.05", "EUR", -5, "-0.05" },
		{ "+1", "EUR", 100, "1.00" },
		{ "-0", "EUR", 0, "0.00" },
		{ "0.005", "EUR", 1, "0.01" },
		{ "0.0049999", "EUR", 0, "0.00" },
		{ "-0.005", "EUR", -1, "-0.01" },
		{ "0.999", "EUR", 100, "1.00" },
		{ "1500", "JPY", 1500, "1500" },
		{ "1500.00", "JPY", 1500, "1500" },
		{ "9990", "CLP", 9990, "9990" },
		{ "1.2345", "KWD", 1235, "1.235" },
		{ "0.1", "TND", 100, "0.100" },
		{ "105.49999999999999", "EUR", 10550, "105.50" },
		/* 2^53 + 1 hundredths: no double has it */
		{ "90071992547409.93", "EUR", INT64_C(9007199254740993), NULL },
		{ "1.10", "XXX", 110, "1.10" },
		{ "1.10", "", 110, "1.10" },
	};
	char back[MONEY_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *t = cases[i].text;
		int64_t v = -1;
		bool read = money_parse(t, strlen(t), cases[i].currency, &v);

		if (cases[i].back == NULL) {
			assert_false(read); /* 16 digits */
			continue;
		}
		assert_true(read);
		assert_int_equal(v, cases[i].minor);
		money_print(v, cases[i].currency, back);
		assert_string_equal(back, cases[i].back);
	}
}

static void
what_is_no_amount_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		".",
		"-",
		"+",
		"x",
		"1e3",
		"1E3",
		"NaN",
		"nan",
		"inf",
		"1,50",
		"1.",
		".5",
		" 1",
		"1 ",
		"1.5 ",
		"--1",
		"1.2.3",
		"0x10",
		"1_000",
		"1.5EUR",
		"€1",
		"1.-5",
		"- 1",
		"1000000000000000",
		"10000000000000.00",
		"1.000000000000000000001",
	};
	int64_t v = 77;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (money_parse(bad[i], strlen(bad[i]), "EUR", &v))
			fail_msg("'%s' was read", bad[i]);
	assert_int_equal(v, 77);
	/* the length counts, not a NUL */
	assert_true(money_parse("12345", 2, "JPY", &v));
	assert_int_equal(v, 12);
	assert_false(money_parse("1\0", 2, "JPY", &v));
}

static void
the_widest_amounts_have_their_text(void **state)
{
	char back[MONEY_TEXT_MAX];
	int64_t v;

	(void)state;
	assert_true(money_parse("9999999999999.99", 16, "EUR", &v));
	money_print(v, "EUR", back);
	assert_string_equal(back, "9999999999999.99");
	assert_true(money_parse("-999999999999999", 16, "JPY", &v));
	money_print(v, "JPY", back);
	assert_string_equal(back, "-999999999999999");
	money_print(INT64_MIN, "EUR", back);
	assert_string_equal(back, "-92233720368547758.08");
	money_print(INT64_MIN, "JPY", back);
	assert_string_equal(back, "-9223372036854775808");
}

static void
a_currency_is_three_capital_letters(void **state)
{
	(void)state;
	assert_true(money_currency("EUR"));
	assert_false(money_currency("eur"));
	assert_false(money_currency("EU"));
	assert_false(money_currency("EURO"));
	assert_false(money_currency("E1R"));
	assert_false(money_currency(""));
	assert_false(money_currency(NULL));
	assert_int_equal(money_exponent("KWD"), 3);
	assert_int_equal(money_exponent("KRW"), 0);
	assert_int_equal(money_exponent(NULL), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_read_by_the_digits_of_its_currency),
		cmocka_unit_test(what_is_no_amount_is_refused),
		cmocka_unit_test(the_widest_amounts_have_their_text),
		cmocka_unit_test(a_currency_is_three_capital_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

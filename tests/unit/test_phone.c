/* Telephone numbers as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "daemon/base/phone.h"

struct one {
	const char *raw;
	const char *country;
	const char *want; /* "": it is none */
};

static const struct one table[] = {
	/* Spain has nothing to drop */
	{ "600 11 22 33", "ES", "+34600112233" },
	{ "600112233", "es", "+34600112233" },
	{ "+34 600 11 22 33", "", "+34600112233" },
	{ "0034 600-11.22.33", "ES", "+34600112233" },
	{ "34600112233", "ES", "+34600112233" },
	{ "(+34) 600 112 233", NULL, "+34600112233" },
	{ "tel:+34-600-112-233", NULL, "+34600112233" },
	{ "91 123 45 67 ext. 12", "ES", "+34911234567" },
	{ "911234567#12", "ES", "+34911234567" },
	{ "600\xc2\xa0"
	  "112\xe2\x80\xaf"
	  "233",
	  "ES", "+34600112233" },
	/* without a country only what has its code */
	{ "600112233", NULL, "" },
	{ "600112233", "", "" },
	{ "600112233", "ZZ", "" },
	{ "+34600112233", "FR", "+34600112233" },
	/* the 0 goes */
	{ "06 12 34 56 78", "FR", "+33612345678" },
	{ "030/12345678", "DE", "+493012345678" },
	{ "+49 (0)30 12345678", NULL, "+493012345678" },
	{ "07700 900123", "GB", "+447700900123" },
	{ "+44 07700 900123", NULL, "+447700900123" },
	{ "06 20 123 4567", "HU", "+36201234567" },
	{ "8 (912) 345-67-89", "RU", "+79123456789" },
	/* and stays in Italy */
	{ "06 6982 1234", "IT", "+390669821234" },
	{ "+39 06 6982 1234", NULL, "+390669821234" },
	{ "+39 (0)6 6982 1234", NULL, "+390669821234" },
	{ "347 1234567", "IT", "+393471234567" },
	{ "0549 882345", "SM", "+3780549882345" },
	/* North America */
	{ "(212) 555-0123", "US", "+12125550123" },
	{ "1 212 555 0123", "US", "+12125550123" },
	{ "011 34 600 112 233", "US", "+34600112233" },
	{ "212-555-0123 x45", "US", "+12125550123" },
	/* Mexico */
	{ "+52 1 55 1234 5678", NULL, "+525512345678" },
	{ "044 55 1234 5678", "MX", "+525512345678" },
	{ "55 1234 5678", "MX", "+525512345678" },
	{ "01 55 1234 5678", "MX", "+525512345678" },
	/* Argentina */
	{ "011 15 1234-5678", "AR", "+5491112345678" },
	{ "0351 15 123-4567", "AR", "+5493511234567" },
	{ "02966 15 123456", "AR", "+5492966123456" },
	{ "011 4123-4567", "AR", "+541141234567" },
	{ "+54 9 11 1234 5678", NULL, "+5491112345678" },
	/* Brazil */
	{ "(11) 98765-4321", "BR", "+5511987654321" },
	{ "(11) 8765-4321", "BR", "+5511987654321" },
	{ "0 15 11 98765-4321", "BR", "+5511987654321" },
	{ "(11) 3123-4567", "BR", "+551131234567" },
	/* what is no number */
	{ NULL, "ES", "" },
	{ "", "ES", "" },
	{ "-", "ES", "" },
	{ "no tengo", "ES", "" },
	{ "60011223", "ES", "" },
	{ "6001122334", "ES", "" },
	{ "600112233 / 911223344", "ES", "" },
	{ "+0600112233", "ES", "" },
	{ "+34 600 11 22 33 44 55 66 77 88", NULL, "" },
	{ "600+112233", "ES", "" },
	{ "600112233\r\nBcc: x", "ES", "" },
	{ "+34 60011", NULL, "" },
	/* a plan that is not in the table */
	{ "+679 700 1234", NULL, "+6797001234" },
};

static void
as_written(void **state)
{
	char out[PHONE_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		const struct one *x = &table[i];
		bool is = phone_e164(x->raw, x->country, out);

		if (strcmp(out, x->want) != 0 || is != (*x->want != '\0'))
			fail_msg("'%s' in %s: '%s', not '%s'",
				 x->raw != NULL ? x->raw : "(null)",
				 x->country != NULL ? x->country : "-", out,
				 x->want);
	}
}

/* What came out is itself a number, the same one, wherever it is read. */
static void
twice(void **state)
{
	char again[PHONE_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		if (*table[i].want == '\0')
			continue;
		(void)phone_e164(table[i].want, "DE", again);
		assert_string_equal(again, table[i].want);
	}
}

static void
a_text_without_end(void **state)
{
	char raw[PHONE_RAW_MAX + 50];
	char out[PHONE_MAX];

	(void)state;
	memset(raw, ' ', sizeof raw);
	memcpy(raw + sizeof raw - 10, "600112233", 10);
	assert_false(phone_e164(raw, "ES", out));
	assert_string_equal(out, "");
}

static void
nobody_has_it(void **state)
{
	(void)state;
	assert_true(phone_is_dummy("+34000000000"));
	assert_true(phone_is_dummy("+34999999999"));
	assert_true(phone_is_dummy("+34123456789"));
	assert_true(phone_is_dummy("+34612345678"));
	assert_false(phone_is_dummy("+34600112233"));
	assert_false(phone_is_dummy("+34600000012"));
	assert_false(phone_is_dummy("+34911234560"));
	assert_false(phone_is_dummy(""));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_written),
		cmocka_unit_test(twice),
		cmocka_unit_test(a_text_without_end),
		cmocka_unit_test(nobody_has_it),
	};

	return cmocka_run_group_tests_name("phone", tests, NULL, NULL);
}

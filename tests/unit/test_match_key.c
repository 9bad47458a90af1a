/* The forms of one WhatsApp number. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/match_key.h"

struct form {
	const char *wa_id;
	const char *key;
	const char *written; /* match_key_written() */
};

static const struct form forms[] = {
	/* Mexico: with the old prefix of mobiles, and without */
	{ "5215512345678", "525512345678", "" },
	{ "525512345678", "525512345678", "" },
	{ "52155123456789", "52155123456789", "" }, /* a digit too many */
	{ "521551234567", "521551234567", "" },     /* no prefix: one less */
	/* Argentina: a mobile, and what may be a landline */
	{ "5491123456789", "5491123456789", "541123456789" },
	{ "541123456789", "541123456789", "" },
	{ "549112345678", "549112345678", "" },
	/* Brazil: mobiles without the ninth digit, and with it */
	{ "551187654321", "5511987654321", "" },
	{ "5511987654321", "5511987654321", "" },
	{ "558565432109", "5585965432109", "" },
	/* landlines are left alone, also with a 9 before them */
	{ "551132345678", "551132345678", "" },
	{ "555152345678", "555152345678", "" },
	{ "5511932345678", "5511932345678", "" },
	/* nothing to be done elsewhere */
	{ "34600111222", "34600111222", "" },
	{ "16505551234", "16505551234", "" },
	{ "5712345678", "5712345678", "" },
	/* no number of E.164 */
	{ "", "", "" },
	{ "123456", "", "" },
	{ "1234567890123456", "", "" },
	{ "0034600111222", "", "" },
	{ "+34600111222", "", "" },
	{ "34 600111222", "", "" },
	{ "US.13491208655302741918", "", "" },
	{ "3460011122\xd9\xa2", "", "" },
	{ NULL, "", "" },
};

static void
keys_are_those_of_the_plans(void **state)
{
	char key[MATCH_KEY_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		match_key(forms[i].wa_id, key);
		assert_string_equal(key, forms[i].key);
		match_key_written(forms[i].wa_id, key);
		assert_string_equal(key, forms[i].written);
	}
}

/* A key is its own key. */
static void
a_key_is_its_own(void **state)
{
	char key[MATCH_KEY_MAX];
	char again[MATCH_KEY_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		match_key(forms[i].wa_id, key);
		match_key(key, again);
		assert_string_equal(again, key);
	}
}

static void
what_people_write_becomes_digits(void **state)
{
	static const struct {
		const char *written;
		const char *digits; /* NULL: it is no number */
	} rows[] = {
		{ "+34 600 111 222", "34600111222" },
		{ "0034600111222", "34600111222" },
		{ "34600111222", "34600111222" },
		{ "+1 (650) 555-1234", "16505551234" },
		{ "  +52.155.1234.5678", "5215512345678" },
		{ "600", NULL },
		{ "+34 600 111 222 ext 5", NULL },
		{ "ana@example.org", NULL },
		{ "+12345678901234567890", NULL },
		{ "+0 600 111 222", NULL },
		{ "", NULL },
		{ NULL, NULL },
	};
	char out[MATCH_KEY_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool is = match_key_digits(rows[i].written, out);

		assert_int_equal(is, rows[i].digits != NULL);
		assert_string_equal(out, is ? rows[i].digits : "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_those_of_the_plans),
		cmocka_unit_test(a_key_is_its_own),
		cmocka_unit_test(what_people_write_becomes_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Octets to JSON whose numbers are as they were written: never a double, never
 * more lenient than JSON is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "gateways/common/scan.h"

#define DEPTH 4

/* What a text becomes, as compact JSON; NULL: it is refused. To be let go. */
static char *
made(const char *text)
{
	struct err e = { .text = "" };
	json_t *v = NULL;
	char *out;

	if (scan_json_text(text, strlen(text), DEPTH, &v, &e) != OUT_OK) {
		assert_null(v);
		assert_true(e.text[0] != '\0');
		return NULL;
	}
	out = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(v);
	return out;
}

static void
becomes(const char *text, const char *want)
{
	char *out = made(text);

	if (out == NULL)
		fail_msg("%s is refused", text);
	else
		assert_string_equal(out, want);
	mem_free(out);
}

static void
refused(const char *text)
{
	char *out = made(text);

	if (out != NULL)
		fail_msg("%s became %s", text, out);
}

static void
numbers_are_as_they_were_written(void **s)
{
	(void)s;
	becomes("1", "\"1\"");
	becomes("[0.10,-5,1e3,1E+2,2.50e-1,-0]",
		"[\"0.10\",\"-5\",\"1e3\",\"1E+2\",\"2.50e-1\",\"-0\"]");
	becomes("{\"id\": 5940139491234567890123, \"n\":1}",
		"{\"id\":\"5940139491234567890123\",\"n\":\"1\"}");
	becomes("[1,1,1,1,1,1,1,1,1]", "[\"1\",\"1\",\"1\",\"1\",\"1\",\"1\","
				       "\"1\",\"1\",\"1\"]");
	becomes("1e999999", "\"1e999999\"");
}

static void
what_is_no_number_stays(void **s)
{
	(void)s;
	becomes("[true,false,null,\"1\",\"a1\"]",
		"[true,false,null,\"1\",\"a1\"]");
	becomes("\"\\\"1,2\"", "\"\\\"1,2\"");
	becomes("{\"1\":\"\\\\\",\"2\":3}", "{\"1\":\"\\\\\",\"2\":\"3\"}");
	becomes("\"\\u0000\\ud83d\"", "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	becomes("\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"");
}

static void
what_is_no_json_is_refused(void **s)
{
	static const char *const bad[] = {
		"",           "01",       "+1",       "1.",
		".5",         "1e",       "1e+",      "--1",
		"1-1",        "[1 2]",    "[1,]",     "1 1",
		"{\"a\":1,}", "{1:2}",    "{1 :2}",   "{\"a\":{-0.5e1\n:[]}}",
		"tru1",       "1true",    "\"a\"1",   "[1",
		"\"1",        "\xff",     "nul",      "NaN",
		"[-]",        "Infinity", "{\"a\"1}", "1\"1\"1",
	};

	(void)s;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refused(bad[i]);
}

static void
depth_has_a_ceiling(void **s)
{
	(void)s;
	becomes("[[[[1]]]]", "[[[[\"1\"]]]]");
	becomes("[\"[[[[[\"]", "[\"[[[[[\"]");
	refused("[[[[[1]]]]]");
}

/* A text that ends where its octets end: nothing behind them is read. */
static void
octets_end_where_they_end(void **s)
{
	static const char text[] = { '[', '1', ']', '9' };
	struct err e = { .text = "" };
	json_t *v = NULL;

	(void)s;
	assert_int_equal(scan_json_text(text, 3, DEPTH, &v, &e), OUT_OK);
	assert_string_equal(json_string_value(json_array_get(v, 0)), "1");
	json_decref(v);
	assert_int_equal(scan_json_text(text, 2, DEPTH, &v, &e), OUT_PERM);
	assert_int_equal(scan_json_text("\"\\u12", 5, DEPTH, &v, &e), OUT_PERM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_as_they_were_written),
		cmocka_unit_test(what_is_no_number_stays),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(depth_has_a_ceiling),
		cmocka_unit_test(octets_end_where_they_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

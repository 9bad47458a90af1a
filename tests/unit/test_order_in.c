/* The neutral order: what is made of it, what is refused, and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/order_in.h"
#include "daemon/parcel.h"

#define FILE_MAX 65536

static json_t *
parse(const char *text)
{
	json_error_t at;
	json_t *v = json_loads(text, 0, &at);

	if (v == NULL)
		fail_msg("%s: %s", text, at.text);
	return v;
}

/* What is made of an order's text. */
static json_t *
made(const char *text)
{
	json_t *order = parse(text);
	json_t *out = NULL;
	struct err e = { 0 };

	if (order_in(order, &out, &e) != OUT_OK)
		fail_msg("%s: %s", text, e.text);
	json_decref(order);
	return out;
}

static void
refused(const char *text, const char *why)
{
	json_t *order = parse(text);
	json_t *out = NULL;
	struct err e = { 0 };

	assert_int_equal(order_in(order, &out, &e), OUT_PERM);
	assert_null(out);
	assert_string_equal(e.code, "bad_order");
	assert_string_equal(e.text, why);
	json_decref(order);
}

static const char *
text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static int64_t
int_of(const json_t *o, const char *name)
{
	assert_true(json_is_integer(json_object_get(o, name)));
	return json_integer_value(json_object_get(o, name));
}

/* The one block of JSON in ORDERS.md. */
static char *
example(void)
{
	const char *src = getenv("POSTIGO_SRCDIR");
	char path[512];
	char *text = mem_new(FILE_MAX, 1);
	char *begin;
	size_t n;
	FILE *f;

	assert_non_null(src);
	(void)snprintf(path, sizeof path, "%s/schema/ORDERS.md", src);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, FILE_MAX - 1, f);
	(void)fclose(f);
	text[n] = '\0';
	begin = strstr(text, "```json\n");
	assert_non_null(begin);
	begin += strlen("```json\n");
	*strstr(begin, "```") = '\0';
	(void)memmove(text, begin, strlen(begin) + 1);
	return text;
}

static void
the_example_of_the_page_is_an_order(void **state)
{
	char *text = example();
	json_t *o = made(text);
	const json_t *line = json_array_get(json_object_get(o, "lines"), 1);
	const json_t *parcel =
		json_array_get(json_object_get(o, "shipments"), 0);

	(void)state;
	assert_string_equal(text_of(o, "number_key"), "20261042");
	assert_int_equal(int_of(o, "total"), 8075);
	assert_int_equal(int_of(o, "refunded_total"), 795);
	assert_int_equal(int_of(o, "placed_ms"), INT64_C(1780308000000));
	assert_int_equal(int_of(line, "unit_price"), 795);
	assert_string_equal(text_of(parcel, "status"), "shipped");
	assert_int_equal(int_of(parcel, "status_ms"),
			 int_of(parcel, "shipped_ms"));
	json_decref(o);
	mem_free(text);
}

static void
what_is_wrong_is_named_with_its_place(void **state)
{
	(void)state;
	refused("[]", "it is not an object");
	refused("{\"placed_at\":\"2026-01-05T09:00:00Z\"}",
		"external_id is missing");
	refused("{\"external_id\":\"1\"}", "placed_at is missing");
	refused("{\"external_id\":1}", "external_id is not a text");
	refused("{\"external_id\":\"1\",\"total\":\"1\"}",
		"total has no currency");
	refused("{\"external_id\":\"1\",\"currency\":\"EUR\",\"total\":1.5}",
		"total is not a text");
	refused("{\"external_id\":\"1\",\"currency\":\"EUR\","
		"\"lines\":[{},{\"total\":\"1,5\"}]}",
		"lines[1].total is not an amount");
	refused("{\"external_id\":\"1\",\"lines\":{}}", "lines is not a list");
	refused("{\"external_id\":\"1\",\"lines\":[[]]}",
		"lines[0] is not an object");
	refused("{\"external_id\":\"1\",\"lines\":[{\"quantity\":1.5}]}",
		"lines[0].quantity is not a whole number");
	refused("{\"external_id\":\"1\",\"lines\":[{\"quantity\":-1}]}",
		"lines[0].quantity is not a number from 0 to 10^9");
	refused("{\"external_id\":\"1\",\"placed_at\":\"yesterday\"}",
		"placed_at is not an instant");
	refused("{\"external_id\":\"1\",\"placed_at\":"
		"\"2026-01-05T09:00:00Z\",\"refunds\":[{\"external_id\":"
		"\"r\"},{\"external_id\":\"r\"}]}",
		"refunds[1].external_id is there twice");
}

static void
a_thousand_lines_are_the_most(void **state)
{
	json_t *order = parse("{\"external_id\":\"1\",\"placed_at\":"
			      "\"2026-01-05T09:00:00Z\",\"lines\":[]}");
	json_t *list = json_object_get(order, "lines");
	json_t *out = NULL;
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < ORDER_ROWS_MAX; i++)
		(void)json_array_append_new(list, json_object());
	assert_int_equal(order_in(order, &out, &e), OUT_OK);
	json_decref(out);
	out = NULL;
	(void)json_array_append_new(list, json_object());
	assert_int_equal(order_in(order, &out, &e), OUT_PERM);
	assert_string_equal(e.text, "lines has more than 1000 members");
	json_decref(order);
}

static void
instants_are_of_whatever_offset(void **state)
{
	static const char *const same[] = {
		"2026-01-05T09:00:00Z",
		"2026-01-05T09:00:00.000Z",
		"2026-01-05T10:00:00+01:00",
		"2026-01-05T03:30:00-05:30",
	};
	static const char *const bad[] = {
		"2026-01-05T09:00:00",       "2026-01-05",
		"2026-01-05T09:00:00+1:00",  "2026-01-05T09:00:00+15:00",
		"2026-01-05T25:00:00+01:00",
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
		json_t *o;

		(void)snprintf(text, sizeof text,
			       "{\"external_id\":\"1\",\"placed_at\":\"%s\"}",
			       same[i]);
		o = made(text);
		assert_int_equal(int_of(o, "placed_ms"),
				 INT64_C(1767603600000));
		assert_int_equal(int_of(o, "updated_ms"),
				 INT64_C(1767603600000));
		json_decref(o);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		(void)snprintf(text, sizeof text,
			       "{\"external_id\":\"1\",\"placed_at\":\"%s\"}",
			       bad[i]);
		refused(text, "placed_at is not an instant");
	}
}

static void
what_is_unknown_fails_nothing(void **state)
{
	json_t *o = made("{\"external_id\":\"a b\",\"placed_at\":"
			 "\"2026-01-05T09:00:00Z\",\"state\":\"teleported\","
			 "\"payment_state\":\"paid voided\",\"url\":"
			 "\"javascript:alert(1)\",\"colour\":{},\"customer\":"
			 "{\"email\":\" Ana@Example.COM \",\"phone\":\"600\","
			 "\"country\":\"es\",\"name\":\"A\\r\\nBcc: x\"},"
			 "\"items\":[{\"name\":\"x\"}],\"returns\":[{}]}");
	const json_t *c = json_object_get(o, "customer");
	const json_t *r = json_array_get(json_object_get(o, "returns"), 0);

	(void)state;
	assert_string_equal(text_of(o, "state"), "unknown");
	assert_string_equal(text_of(o, "payment_state"), "unknown");
	assert_string_equal(text_of(o, "fulfilment_state"), "unknown");
	assert_string_equal(text_of(o, "number"), "a b");
	assert_null(json_object_get(o, "url"));
	assert_null(json_object_get(o, "colour"));
	assert_string_equal(text_of(c, "email"), "ana@example.com");
	assert_string_equal(text_of(c, "phone_raw"), "600");
	assert_string_equal(text_of(c, "country"), "ES");
	assert_string_equal(text_of(c, "name"), "A  Bcc: x");
	assert_int_equal(json_array_size(json_object_get(o, "lines")), 1);
	assert_string_equal(text_of(r, "external_id"), "#1");
	assert_string_equal(text_of(r, "status"), "unknown");
	json_decref(o);
}

static void
the_digest_is_of_the_order_not_of_its_text(void **state)
{
	char a[HASH_HEX];
	char b[HASH_HEX];
	char c[HASH_HEX];
	json_t *x = made("{\"external_id\":\"1\",\"placed_at\":"
			 "\"2026-01-05T09:00:00Z\",\"note\":\"n\"}");
	json_t *y = made("{\"note\":\"n \",\"placed_at\":"
			 "\"2026-01-05T10:00:00+01:00\",\"url\":\"\","
			 "\"external_id\":\"1\"}");
	json_t *z = made("{\"external_id\":\"1\",\"placed_at\":"
			 "\"2026-01-05T09:00:00Z\",\"note\":\"m\"}");

	(void)state;
	order_in_digest(x, a);
	order_in_digest(y, b);
	order_in_digest(z, c);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	json_decref(x);
	json_decref(y);
	json_decref(z);
}

static void
numbers_are_compared_by_letters_and_digits(void **state)
{
	char key[8];

	(void)state;
	order_key("est 001", key, sizeof key);
	assert_string_equal(key, "EST001");
	order_key("#1-0_0/1", key, sizeof key);
	assert_string_equal(key, "1001");
	order_key("12345678901", key, sizeof key);
	assert_string_equal(key, "1234567");
	order_key("--", key, sizeof key);
	assert_string_equal(key, "");
}

/* --- what is shown of a parcel -------------------------------------------- */

static void
shown_is(const char *listed, const char *tracked, const char *status)
{
	json_t *a = listed != NULL ? parse(listed) : NULL;
	json_t *b = tracked != NULL ? parse(tracked) : NULL;
	json_t *o = parcel_shown(a, b);

	assert_string_equal(text_of(o, "status"), status);
	json_decref(a);
	json_decref(b);
	json_decref(o);
}

static void
the_newer_status_is_shown_and_then_the_higher(void **state)
{
	static const char *const sent =
		"{\"status\":\"shipped\",\"status_ms\":5}";
	static const char *const there =
		"{\"status\":\"delivered\",\"status_ms\":5}";
	static const char *const back =
		"{\"status\":\"returned\",\"status_ms\":6}";
	static const char *const unknown = "{\"status\":\"unknown\"}";

	(void)state;
	shown_is(sent, NULL, "shipped");
	shown_is(NULL, sent, "shipped");
	shown_is(sent, there, "delivered");
	shown_is(there, sent, "delivered");
	shown_is(there, back, "returned");
	shown_is(back, there, "returned");
	shown_is(unknown, sent, "shipped");
	shown_is(sent, unknown, "shipped");
	assert_int_equal(order_status_rank("nonsense"), -1);
}

static void
shown_at(const char *listed, const char *tracked, const char *url)
{
	json_t *a = parse(listed);
	json_t *b = tracked != NULL ? parse(tracked) : NULL;
	json_t *o = parcel_shown(a, b);
	const char *got = text_of(o, "tracking_url");

	if (url == NULL)
		assert_null(got);
	else
		assert_string_equal(got, url);
	json_decref(a);
	json_decref(b);
	json_decref(o);
}

static void
a_carriers_page_stands_for_one_that_nobody_told(void **state)
{
#define UPS_9 "{\"carrier\":\"UPS\",\"tracking_number\":\"9\""

	(void)state;
	shown_at(UPS_9 "}", NULL, "https://www.ups.com/track?tracknum=9");
	shown_at(UPS_9 ",\"tracking_url\":\"https://a.example/9\"}", NULL,
		 "https://a.example/9");
	shown_at(UPS_9 "}", "{\"tracking_url\":\"https://b.example/9\"}",
		 "https://b.example/9");
	shown_at("{\"carrier\":\"UPS\"}", NULL, NULL);
	shown_at("{\"carrier\":\"Pepe\",\"tracking_number\":\"9\"}", NULL,
		 NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_carriers_page_stands_for_one_that_nobody_told),
		cmocka_unit_test(the_example_of_the_page_is_an_order),
		cmocka_unit_test(what_is_wrong_is_named_with_its_place),
		cmocka_unit_test(a_thousand_lines_are_the_most),
		cmocka_unit_test(instants_are_of_whatever_offset),
		cmocka_unit_test(what_is_unknown_fails_nothing),
		cmocka_unit_test(the_digest_is_of_the_order_not_of_its_text),
		cmocka_unit_test(numbers_are_compared_by_letters_and_digits),
		cmocka_unit_test(the_newer_status_is_shown_and_then_the_higher),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

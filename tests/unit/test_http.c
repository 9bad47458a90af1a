/*
 * test_http: cookies, forms, escapes, languages, origins, names of files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/common/http.h"
#include "gateways/common/server.h"

static void
cookie_is_found_by_its_whole_name(void **state)
{
	char v[16];

	(void)state;
	assert_true(
		http_cookie("a=1; postigo=abc; b=2", "postigo", v, sizeof v));
	assert_string_equal(v, "abc");
	assert_true(http_cookie("postigo=x;postigo=y", "postigo", v, sizeof v));
	assert_string_equal(v, "x");
	assert_true(http_cookie("postigo=", "postigo", v, sizeof v));
	assert_string_equal(v, "");
	assert_false(http_cookie("xpostigo=abc", "postigo", v, sizeof v));
	assert_false(http_cookie("postigo-lang=es", "postigo", v, sizeof v));
	assert_false(http_cookie("postigo", "postigo", v, sizeof v));
	assert_false(http_cookie(NULL, "postigo", v, sizeof v));
	assert_false(http_cookie("postigo=0123456789abcdef", "postigo", v,
				 sizeof v));
}

static void
unescape_refuses_what_is_malformed(void **state)
{
	static const char *const bad[] = { "%",   "a%4", "%zz",
					   "%00", "%ff", "%c3",
					   "%",   "a%",  "%ed%a0%80" };
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 100);
	assert_true(http_unescape(&b, "a+b%20c%C3%B1", 13, true));
	assert_string_equal(buf_str(&b), "a b cñ");
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_false(http_unescape(&b, bad[i], strlen(bad[i]), true));
		assert_string_equal(buf_str(&b), "a b cñ");
	}
	buf_clear(&b);
	assert_true(http_unescape(&b, "a+b", 3, false));
	assert_string_equal(buf_str(&b), "a+b");
	buf_release(&b);
	buf_init(&b, 3);
	assert_false(http_unescape(&b, "abcd", 4, false));
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void
form_gives_the_first_field_of_a_name(void **state)
{
	const char body[] = "email=a%40b.c&x=1&email=z&empty=&bad=%0";
	char *v = http_form(body, strlen(body), "email");

	(void)state;
	assert_string_equal(v, "a@b.c");
	mem_free(v);
	v = http_form(body, strlen(body), "empty");
	assert_string_equal(v, "");
	mem_free(v);
	assert_null(http_form(body, strlen(body), "bad"));
	assert_null(http_form(body, strlen(body), "mail"));
	assert_null(http_form(body, strlen(body), "emai"));
}

static void
language_follows_the_weights(void **state)
{
	(void)state;
	assert_string_equal(http_language("es-ES,es;q=0.9,en;q=0.8", "en"),
			    "es");
	assert_string_equal(http_language("fr,en;q=0.4,es;q=0.6", "en"), "es");
	assert_string_equal(http_language("est,ens", "es"), "es");
	assert_string_equal(http_language("en;q=0", "es"), "es");
	assert_string_equal(http_language(NULL, "en"), "en");
	assert_string_equal(http_language("e", "en"), "en");
}

static void
origin_must_be_the_same_in_every_part(void **state)
{
	(void)state;
	assert_true(http_same_origin("http://a:1", "http", "a:1"));
	assert_false(http_same_origin("https://a:1", "http", "a:1"));
	assert_false(http_same_origin("http://a:12", "http", "a:1"));
	assert_false(http_same_origin("http://a:1.evil", "http", "a:1"));
	assert_false(http_same_origin("null", "http", "a:1"));
	assert_false(http_same_origin(NULL, "http", "a:1"));
	assert_false(http_same_origin("http://", "http", ""));
	assert_false(http_same_origin("http://a", "http", NULL));
}

static void
loopback_hosts_are_three(void **state)
{
	(void)state;
	assert_true(http_host_loopback("localhost:8480"));
	assert_true(http_host_loopback("127.0.0.1"));
	assert_true(http_host_loopback("[::1]:80"));
	assert_false(http_host_loopback("localhost.evil"));
	assert_false(http_host_loopback("127.0.0.1.evil:80"));
	assert_false(http_host_loopback("127.0.0.1:"));
	assert_false(http_host_loopback("127.0.0.1:80@evil"));
	assert_false(http_host_loopback(""));
}

static void
tags_and_encodings_are_read_from_lists(void **state)
{
	(void)state;
	assert_true(http_etag_in("\"x\", W/\"y\"", "\"y\""));
	assert_true(http_etag_in("*", "\"y\""));
	assert_false(http_etag_in("\"yy\"", "\"y\""));
	assert_false(http_etag_in(NULL, "\"y\""));
	assert_true(http_gzip("deflate, gzip, br"));
	assert_false(http_gzip("gzip;q=0"));
	assert_false(http_gzip("xgzip"));
	assert_true(http_is_type("application/json; charset=utf-8",
				 "application/json"));
	assert_false(http_is_type("application/jsonx", "application/json"));
	assert_false(http_is_type(NULL, "application/json"));
}

static void
names_cannot_leave_their_header(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4000);
	http_disposition(&b, "a\"\r\nx: ñ/..;.pdf");
	assert_string_equal(
		buf_str(&b),
		"attachment; filename*=UTF-8''a%22%0D%0Ax%3A%20%C3%B1"
		"%2F..%3B.pdf");
	buf_release(&b);
}

static void
listening_addresses_are_told_apart(void **state)
{
	int port = -1;

	(void)state;
	assert_true(server_is_loopback("127.0.0.1:8480", &port));
	assert_int_equal(port, 8480);
	assert_true(server_is_loopback("127.9.9.9:1", &port));
	assert_true(server_is_loopback("[::1]:0", &port));
	assert_false(server_is_loopback("0.0.0.0:8480", &port));
	assert_false(server_is_loopback("[::]:8480", &port));
	assert_false(server_is_loopback("10.0.0.1:8480", &port));
	assert_false(server_is_loopback("127.0.0.1", &port));
	assert_false(server_is_loopback("127.0.0.1:99999", &port));
	assert_false(server_is_loopback(":80", &port));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cookie_is_found_by_its_whole_name),
		cmocka_unit_test(unescape_refuses_what_is_malformed),
		cmocka_unit_test(form_gives_the_first_field_of_a_name),
		cmocka_unit_test(language_follows_the_weights),
		cmocka_unit_test(origin_must_be_the_same_in_every_part),
		cmocka_unit_test(loopback_hosts_are_three),
		cmocka_unit_test(tags_and_encodings_are_read_from_lists),
		cmocka_unit_test(names_cannot_leave_their_header),
		cmocka_unit_test(listening_addresses_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

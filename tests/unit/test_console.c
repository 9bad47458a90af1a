/*
 * test_console: paths of the API, what their texts become, statuses, types.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "gateways/console/console.h"
#include "gateways/console/file.h"
#include "gateways/console/rest.h"
#include "gateways/console/text.h"

static void
every_line_of_the_table_is_a_method(void **state)
{
	size_t i;

	(void)state;
	assert_true(rest_count > 10);
	for (i = 0; i < rest_count; i++)
		assert_non_null(method_find(rest_routes[i].method));
}

static void
paths_are_found_with_their_parameters(void **state)
{
	json_t *params = json_object();
	const struct rest_route *r;
	bool known;

	(void)state;
	r = rest_find("POST", "/incidents/42/answer", params, &known);
	assert_non_null(r);
	assert_string_equal(r->method, "incident.answer");
	assert_string_equal(json_string_value(json_object_get(params, "id")),
			    "42");
	r = rest_find("GET", "/incidents", params, &known);
	assert_string_equal(r->method, "incident.list");
	assert_int_equal(json_object_size(params), 0);
	assert_null(rest_find("DELETE", "/incidents", params, &known));
	assert_true(known);
	assert_null(rest_find("GET", "/incidents/", params, &known));
	assert_false(known);
	assert_null(rest_find("GET", "/incidents/1/2", params, &known));
	assert_null(rest_find("GET", "/incidentsx", params, &known));
	json_decref(params);
}

static enum outcome
convert(const char *name, const char *value, json_t **out)
{
	const struct method *m = method_find("incident.list");
	json_t *params = json_pack("{s:s}", name, value);
	struct err e;
	enum outcome o = rest_convert(m, params, &e);

	if (o != OUT_OK)
		assert_string_equal(e.code, "bad_params");
	*out = json_incref(json_object_get(params, name));
	json_decref(params);
	return o;
}

static void
texts_become_what_the_method_wants(void **state)
{
	json_t *v = NULL;

	(void)state;
	assert_int_equal(convert("limit", "20", &v), OUT_OK);
	assert_int_equal(json_integer_value(v), 20);
	json_decref(v);
	assert_int_equal(convert("queue", "20", &v), OUT_OK);
	assert_string_equal(json_string_value(v), "20");
	json_decref(v);
	assert_int_equal(convert("limit", "", &v), OUT_PERM);
	json_decref(v);
	assert_int_equal(convert("limit", "20x", &v), OUT_PERM);
	json_decref(v);
	assert_int_equal(convert("limit", "99999999999999999999", &v),
			 OUT_PERM);
	json_decref(v);
	assert_int_equal(convert("nonsense", "1", &v), OUT_PERM);
	json_decref(v);
}

static void
keys_are_plain_and_short(void **state)
{
	char over[66];

	(void)state;
	memset(over, 'a', sizeof over - 1);
	over[65] = '\0';
	assert_true(rest_key_good("A-z_0.9:x"));
	assert_false(rest_key_good(""));
	assert_false(rest_key_good("a b"));
	assert_false(rest_key_good(over));
	assert_true(rest_key_good(over + 1));
}

static void
statuses_follow_the_words(void **state)
{
	(void)state;
	assert_int_equal(console_status(OUT_PERM, "bad_params"), 400);
	assert_int_equal(console_status(OUT_PERM, "no_session"), 401);
	assert_int_equal(console_status(OUT_PERM, "not_allowed"), 403);
	assert_int_equal(console_status(OUT_PERM, "not_found"), 404);
	assert_int_equal(console_status(OUT_PERM, "conflict"), 409);
	assert_int_equal(console_status(OUT_PERM, "seen"), 409);
	assert_int_equal(console_status(OUT_TEMP, "too_many"), 429);
	assert_int_equal(console_status(OUT_TEMP, ""), 503);
	assert_int_equal(console_status(OUT_UNSURE, ""), 503);
	assert_int_equal(console_status(OUT_PERM, ""), 400);
}

static void
only_raster_pictures_keep_their_type(void **state)
{
	(void)state;
	assert_string_equal(file_raster("\x89PNG\r\n\x1a\n", 8), "image/png");
	assert_string_equal(file_raster("\xff\xd8\xff\xe0", 4), "image/jpeg");
	assert_string_equal(file_raster("GIF89a", 6), "image/gif");
	assert_string_equal(file_raster("RIFF....WEBP", 12), "image/webp");
	assert_null(file_raster("RIFF....WAVE", 12));
	assert_null(file_raster("<svg xmlns=", 11));
	assert_null(file_raster("\x89PN", 3));
	assert_null(file_raster("", 0));
}

static void
what_is_played_is_known_by_its_first_octets(void **state)
{
	(void)state;
	assert_string_equal(file_played("OggS\0\2", 6), "audio/ogg");
	assert_string_equal(file_played("#!AMR\n", 6), "audio/amr");
	assert_string_equal(file_played("ID3\4", 4), "audio/mpeg");
	assert_string_equal(file_played("\xff\xfb\x90", 3), "audio/mpeg");
	assert_string_equal(file_played("\xff\xf1\x50", 3), "audio/aac");
	assert_string_equal(file_played("\0\0\0\x20"
					"ftypM4A ",
					12),
			    "audio/mp4");
	assert_string_equal(file_played("\0\0\0\x20"
					"ftyp3gp4",
					12),
			    "video/3gpp");
	assert_string_equal(file_played("\0\0\0\x20"
					"ftypisom",
					12),
			    "video/mp4");
	assert_null(file_played("<html><script>", 14));
	assert_null(file_played("\xff\xd8\xff", 3));
	assert_null(file_played("OggS", 3));
	assert_null(file_played("\0\0\0\x20"
				"ftypiso",
				11));
	assert_null(file_played("", 0));
}

static void
one_range_of_octets_is_read(void **state)
{
	static const char *const others[] = {
		"",           "bytes",      "bytes=-5",
		"bytes=5",    "bytes=5-4",  "bytes=0-1,3-4",
		"bytes= 1-2", "bytes=1-2 ", "items=1-2",
		"bytes=a-",   "bytes=1-b",  "bytes=9999999999999999999-",
	};
	int64_t from = 0;
	int64_t until = 0;
	size_t i;

	(void)state;
	assert_true(file_range("bytes=0-", &from, &until));
	assert_int_equal(from, 0);
	assert_true(until == INT64_MAX);
	assert_true(file_range("bytes=7-7", &from, &until));
	assert_int_equal(from, 7);
	assert_int_equal(until, 8);
	assert_false(file_range(NULL, &from, &until));
	for (i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(file_range(others[i], &from, &until));
}

static void
every_text_is_in_both_languages(void **state)
{
	int t;

	(void)state;
	for (t = 0; t < TEXT_COUNT; t++) {
		const char *es = text_get((enum text)t, "es");
		const char *en = text_get((enum text)t, "en");

		assert_non_null(es);
		assert_non_null(en);
		assert_string_not_equal(es, en);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_of_the_table_is_a_method),
		cmocka_unit_test(paths_are_found_with_their_parameters),
		cmocka_unit_test(texts_become_what_the_method_wants),
		cmocka_unit_test(keys_are_plain_and_short),
		cmocka_unit_test(statuses_follow_the_words),
		cmocka_unit_test(only_raster_pictures_keep_their_type),
		cmocka_unit_test(what_is_played_is_known_by_its_first_octets),
		cmocka_unit_test(one_range_of_octets_is_read),
		cmocka_unit_test(every_text_is_in_both_languages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Frames: what is read is what was sent, long octets included.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/wire/frame.h"
#include "daemon/wire/json_text.h"

#define LONG 3000

static char octets[LONG + 1];

static int
begin(void **state)
{
	(void)state;
	hash_start();
	(void)memset(octets, 'Q', LONG);
	return 0;
}

/* A frame with octets at a %s. */
static enum outcome
parse(const char *fmt, json_t **o, struct err *e)
{
	char line[4 * LONG];
	int n = snprintf(line, sizeof line, fmt, octets, octets);

	return frame_parse(line, (size_t)n, o, e);
}

static void
long_octets_are_read_as_they_are(void **state)
{
	const char *first;
	const char *second;
	json_t *o;
	struct err e;

	(void)state;
	assert_int_equal(parse("{\"a\":[1,{\"data\":\"%s\"},\"%s\"],"
			       "\"t\":\"a\\\"b\"}",
			       &o, &e),
			 OUT_OK);
	assert_int_equal(json_unpack(o, "{s:[i,{s:s},s]}", "a", &(int){ 0 },
				     "data", &first, &second),
			 0);
	assert_string_equal(first, octets);
	assert_string_equal(second, octets);
	assert_string_equal(json_string_value(json_object_get(o, "t")), "a\"b");
	json_decref(o);
}

static void
a_long_name_is_a_name(void **state)
{
	json_t *o;
	struct err e;

	(void)state;
	assert_int_equal(parse("{\"%s\":1,\"x\" : \"%s\" }", &o, &e), OUT_OK);
	assert_int_equal(json_integer_value(json_object_get(o, octets)), 1);
	assert_string_equal(json_string_value(json_object_get(o, "x")), octets);
	json_decref(o);
}

/* A long text with something in it is read as the library reads it. */
static void
long_texts_are_read_as_the_library_reads_them(void **state)
{
	static const char *const parts[] = {
		"a\\nb\\t\\\"c\\\\ \\/ \\b\\f\\r",
		"ñ € \\n",
		"\xf0\x9f\x98\x80",
		"\\u00f1 \\ud83d\\ude00",
		"\\ud83d",
		"\\x",
		"\x01",
		"\xc3(",
		"\xed\xa0\x80",
		"\\u0000",
		"\\\\",
		"\t",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		char line[2 * LONG];
		int n = snprintf(line, sizeof line,
				 "{\"t\":\"%.600s%s%.10s\",\"n\":[\"x%s\"]}",
				 octets, parts[i], octets, parts[i]);
		json_t *want = json_loadb(line, (size_t)n,
					  JSON_REJECT_DUPLICATES, NULL);
		json_t *o;
		struct err e;

		assert_int_equal(frame_parse(line, (size_t)n, &o, &e),
				 want != NULL ? OUT_OK : OUT_PERM);
		assert_int_equal(want != NULL, i < 4 || i == 10);
		assert_true(want == NULL || json_equal(o, want));
		json_decref(o);
		json_decref(want);
	}
}

static void
what_is_not_a_frame_is_refused(void **state)
{
	json_t *o;
	struct err e;

	(void)state;
	assert_int_equal(parse("{\"a\":\"%s\",\"a\":\"%s\"}", &o, &e),
			 OUT_PERM);
	assert_null(o);
	assert_int_equal(parse("{\"a\":\"%s\",}", &o, &e), OUT_PERM);
	assert_non_null(strstr(e.text, "at byte 300"));
	assert_int_equal(parse("[\"%s\"]", &o, &e), OUT_PERM);
	assert_int_equal(parse("{\"a\":\"%s", &o, &e), OUT_PERM);
	assert_int_equal(parse("{\"a\":\"%s\\", &o, &e), OUT_PERM);
}

static void
nesting_has_a_ceiling(void **state)
{
	const char *text = "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}";
	char deep[FRAME_DEPTH * 2 + 20];
	json_t *o;
	struct err e;

	(void)state;
	(void)memset(deep, '[', sizeof deep);
	(void)memcpy(deep, "{\"a\":", 5);
	assert_int_equal(frame_parse(deep, sizeof deep, &o, &e), OUT_PERM);
	assert_non_null(strstr(e.text, "deeper"));
	assert_int_equal(frame_parse(text, strlen(text), &o, &e), OUT_OK);
	json_decref(o);
}

static void
what_is_written_is_what_the_library_writes(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"a\":[],\"b\":{},\"c\":[1,-2,[3,{\"d\":null}],true,false]}",
		"{\"ñ\\n\\\"\":\"\\u0001\\u001f\\b\\f\\n\\r\\t\\\\ "
		"\\/ \\u007f\",\"emoji\":\"\\ud83d\\ude00 €\"}",
		"{\"real\":1.5,\"big\":9007199254740993,\"e\":1e300,"
		"\"min\":-9223372036854775808}",
	};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 10000);
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		json_t *o = json_loads(texts[i], 0, NULL);
		char *want = json_dumps(o, JSON_COMPACT);
		struct err e;

		assert_non_null(want);
		buf_clear(&b);
		assert_int_equal(frame_put(&b, o, &e), OUT_OK);
		assert_int_equal(b.data[--b.len], '\n');
		b.data[b.len] = '\0';
		assert_string_equal(b.data, want);
		free(want);
		json_decref(o);
	}
	buf_release(&b);
}

static void
a_frame_that_has_no_room_leaves_nothing(void **state)
{
	json_t *o = json_pack("{s:s}", "a", octets);
	struct buf b;
	struct err e;

	(void)state;
	buf_init(&b, LONG);
	assert_true(buf_puts(&b, "before"));
	assert_int_equal(frame_put(&b, o, &e), OUT_PERM);
	assert_string_equal(buf_str(&b), "before");
	assert_false(b.full);
	buf_release(&b);
	json_decref(o);
}

static void
a_result_is_found_without_parsing(void **state)
{
	static const char *const others[] = {
		"",
		"{}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"result\":1}}",
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{}}",
		"{\"jsonrpc\":\"2.0\",\"result\":{}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"number\":2}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"wake\",\"params\":{}}",
		"{\"id\":1,\"result\":{}",
		"{\"id\":1,\"result\":{\"a\":\"}",
		"{\"id\":1,\"result\":{}}}",
		"{\"id\":99999999999999999999999999,\"result\":{}}",
		"{\"id\"",
		"{\"id\":1,\"result\":}",
	};
	static const char line[] =
		"{\"jsonrpc\":\"2.0\",\"id\":17,\"result\":{\"a\":\"},]\\\"\","
		"\"id\":3,\"b\":[{\"number\":4}]},\"number\":42}";
	struct frame_result f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(frame_result(others[i], strlen(others[i]), &f));
	assert_true(frame_result(line, strlen(line), &f));
	assert_int_equal(f.id, 17);
	assert_int_equal(f.number, 42);
	assert_int_equal(f.text - line, 34);
	assert_int_equal(f.len, strlen(line) - 34 - strlen(",\"number\":42}"));
	/* cut anywhere, it is no result, and nothing past it is read */
	for (i = 0; i < strlen(line); i++) {
		char *part = malloc(i + 1);

		assert_non_null(part);
		memcpy(part, line, i);
		assert_false(frame_result(part, i, &f));
		free(part);
	}
}

/* Strings are looked at eight octets at a time: each one that is written in
 * another way, at each place, beside each neighbour. */
static void
each_octet_at_each_place(void **state)
{
	static const unsigned char odd[] = { 1,   '\n', 0x1f, ' ', '!', '"',
					     '#', '[',  '\\', ']', 0x7f };
	static const char *const fillers[] = { "a", "!", "\xc3\xb1", "[" };
	struct buf text;
	struct buf line;
	struct err e;

	(void)state;
	buf_init(&text, 1000);
	buf_init(&line, 8000);
	for (size_t k = 0; k < sizeof odd * 4 * 20; k++) {
		const char *filler = fillers[k / sizeof odd % 4];
		size_t at = k / sizeof odd / 4;
		json_t *o = json_object();
		json_t *back = NULL;
		char *same;

		buf_clear(&text);
		buf_clear(&line);
		for (size_t i = 0; i < 300; i++)
			(void)(i == at || i == 290 - at
				       ? buf_putc(&text,
						  (char)odd[k % sizeof odd])
				       : buf_puts(&text, filler));
		assert_int_equal(
			json_object_set_new(o, "t", json_string(text.data)), 0);
		same = json_dumps(o, JSON_COMPACT);
		assert_true(json_text(&line, o, NULL));
		assert_string_equal(line.data, same);
		assert_int_equal(frame_parse(line.data, line.len, &back, &e),
				 OUT_OK);
		assert_true(json_equal(o, back));
		json_decref(back);
		json_decref(o);
		free(same);
	}
	buf_release(&text);
	buf_release(&line);
}

static void
numbers_are_written_as_the_library_writes_them(void **state)
{
	static const int64_t some[] = {
		0, 1, -1, 9, 10, -10, INT64_MAX, INT64_MIN, 99, 1795325533411
	};
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		json_t *list = json_array();
		char *same;

		(void)json_array_append_new(list, json_integer(some[i]));
		(void)json_array_append_new(list, json_boolean(i % 2 == 0));
		(void)json_array_append_new(list, json_null());
		(void)json_array_append_new(list, json_real(0.1 * (double)i));
		same = json_dumps(list, JSON_COMPACT);
		buf_clear(&b);
		assert_true(json_text(&b, list, NULL));
		assert_string_equal(b.data, same);
		json_decref(list);
		free(same);
	}
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_octets_are_read_as_they_are),
		cmocka_unit_test(a_long_name_is_a_name),
		cmocka_unit_test(long_texts_are_read_as_the_library_reads_them),
		cmocka_unit_test(what_is_not_a_frame_is_refused),
		cmocka_unit_test(nesting_has_a_ceiling),
		cmocka_unit_test(what_is_written_is_what_the_library_writes),
		cmocka_unit_test(a_frame_that_has_no_room_leaves_nothing),
		cmocka_unit_test(a_result_is_found_without_parsing),
		cmocka_unit_test(each_octet_at_each_place),
		cmocka_unit_test(
			numbers_are_written_as_the_library_writes_them),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}

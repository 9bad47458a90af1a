/* JSON written at once is what the library writes of the same tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "daemon/base/buf.h"
#include "daemon/wire/frame.h"
#include "daemon/wire/json_out.h"
#include "daemon/wire/json_text.h"

/* One of each value, in each place that there is. */
static void
write_all(struct json_out *out)
{
	json_out_object(out, NULL);
	json_out_array(out, "none");
	json_out_end(out);
	json_out_int(out, "least", INT64_MIN);
	json_out_array(out, "list");
	json_out_int(out, NULL, 1);
	json_out_object(out, NULL);
	json_out_end(out);
	json_out_object(out, NULL);
	json_out_string(out, "a", "\"\xc3\xb1\\", 4);
	json_out_string(out, "empty", "", 0);
	json_out_end(out);
	json_out_null(out, NULL);
	json_out_bool(out, NULL, true);
	json_out_ms(out, NULL, 1767603600123);
	json_out_end(out);
	json_out_object(out, "deep");
	json_out_array(out, "deeper");
	json_out_bool(out, NULL, false);
	json_out_end(out);
	json_out_null(out, "nothing");
	json_out_end(out);
	json_out_ms(out, "at", 0);
	json_out_end(out);
}

static void
a_tree_and_a_text_are_the_same(void **state)
{
	struct json_out out;
	struct buf b;
	json_t *tree;
	char *same;

	(void)state;
	json_out_tree(&out);
	write_all(&out);
	tree = json_out_take(&out);
	assert_null(json_out_take(&out));
	same = json_dumps(tree, JSON_COMPACT);
	assert_string_equal(
		same, "{\"none\":[],\"least\":-9223372036854775808,"
		      "\"list\":[1,{},{\"a\":\"\\\"\xc3\xb1\\\\\",\"empty\":"
		      "\"\"},null,true,\"2026-01-05T09:00:00.123Z\"],"
		      "\"deep\":{\"deeper\":[false],\"nothing\":null},"
		      "\"at\":\"1970-01-01T00:00:00.000Z\"}");
	buf_init(&b, 1000);
	json_out_text(&out, &b);
	write_all(&out);
	assert_string_equal(b.data, same);
	buf_release(&b);
	json_decref(tree);
	free(same);
}

static void
what_is_no_text_is_made_readable(void **state)
{
	static const char bad[] = "a\xff"
				  "b\0c";
	struct json_out out;
	struct buf b;
	json_t *v;

	(void)state;
	json_out_tree(&out);
	json_out_string(&out, NULL, bad, sizeof bad - 1);
	v = json_out_take(&out);
	assert_string_equal(json_string_value(v), "a\xef\xbf\xbd"
						  "b\xef\xbf\xbd"
						  "c");
	json_decref(v);
	buf_init(&b, 100);
	json_out_text(&out, &b);
	json_out_string(&out, NULL, bad, sizeof bad - 1);
	assert_string_equal(b.data, "\"a\xef\xbf\xbd"
				    "b\xef\xbf\xbd"
				    "c\"");
	buf_release(&b);
}

/* Whatever has no room, the buffer says so in the end. */
static void
text_without_room_is_told(void **state)
{
	struct json_out out;
	struct buf b;
	size_t whole;

	(void)state;
	buf_init(&b, 1000);
	json_out_text(&out, &b);
	write_all(&out);
	assert_false(b.full);
	whole = b.len;
	buf_release(&b);
	for (size_t max = 0; max < whole; max++) {
		buf_init(&b, max);
		json_out_text(&out, &b);
		write_all(&out);
		assert_true(b.full);
		buf_release(&b);
	}
}

/* Short strings are looked at eight octets at a time and at their end: each
 * octet that is written in another way, at each place of each length. */
static void
each_octet_of_a_short_string(void **state)
{
	static const unsigned char odd[] = { 1,   '\n', 0x1f, ' ', '!', '"',
					     '#', '[',  '\\', ']', 0x7f };
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t k = 0; k < sizeof odd * 28 * 28; k++) {
		size_t n = k / sizeof odd / 28;
		size_t at = k / sizeof odd % 28;
		char text[28];
		json_t *v;
		char *same;

		memset(text, 'a', sizeof text);
		text[at] = (char)odd[k % sizeof odd];
		v = json_stringn(text, n);
		same = json_dumps(v, JSON_ENCODE_ANY);
		buf_clear(&b);
		assert_true(json_text_string(&b, text, n));
		assert_string_equal(b.data, same);
		json_decref(v);
		free(same);
	}
	buf_release(&b);
}

/* Text stands for the one value that it was made for, and for no other that
 * is equal to it. */
static void
a_part_has_its_place(void **state)
{
	json_t *place = json_array();
	json_t *o = json_pack("{s:[], s:{s:o, s:i}}", "a", "result", "list",
			      place, "n", 7);
	struct json_part part = { .place = place, .text = "[1,2]", .len = 5 };
	struct err e;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(frame_put_part(&b, o, &part, &e), OUT_OK);
	assert_string_equal(b.data,
			    "{\"a\":[],\"result\":{\"list\":[1,2],\"n\":7}}\n");
	buf_clear(&b);
	assert_int_equal(frame_put(&b, o, &e), OUT_OK);
	assert_string_equal(b.data,
			    "{\"a\":[],\"result\":{\"list\":[],\"n\":7}}\n");
	buf_release(&b);

	/* what has no room leaves nothing behind, as with any frame */
	buf_init(&b, 30);
	assert_int_equal(frame_put_part(&b, o, &part, &e), OUT_PERM);
	assert_int_equal(b.len, 0);
	buf_release(&b);
	json_decref(o);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_and_a_text_are_the_same),
		cmocka_unit_test(what_is_no_text_is_made_readable),
		cmocka_unit_test(text_without_room_is_told),
		cmocka_unit_test(each_octet_of_a_short_string),
		cmocka_unit_test(a_part_has_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

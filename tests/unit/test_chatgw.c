/*
 * The pure parts of the visitors' gateway: frames, limits, kinds of files.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/chat/kind.h"
#include "gateways/chat/rate.h"
#include "gateways/chat/up.h"

/* --- frames ---------------------------------------------------------------- */

static enum up_read
read_text(const char *text, struct up_frame *f, const char **code)
{
	return up_parse(text, strlen(text), f, code);
}

static void
expect(const char *text, enum up_read wanted)
{
	struct up_frame f;
	const char *code;
	enum up_read r = read_text(text, &f, &code);

	if (r != wanted)
		fail_msg("%s gave %d, not %d", text, r, wanted);
	if (r == UP_GOOD || r == UP_REFUSE)
		up_release(&f);
	assert_true((r == UP_REFUSE) == (code != NULL));
}

static void
frames_are_read(void **state)
{
	struct up_frame f;
	const char *code;

	(void)state;
	assert_int_equal(read_text("{\"t\":\"open\",\"token\":\"abc_-1\","
				   "\"from\":7,\"incident\":3,\"x\":[]}",
				   &f, &code),
			 UP_GOOD);
	assert_int_equal(f.kind, UP_OPEN);
	assert_string_equal(f.token, "abc_-1");
	assert_int_equal(f.from, 7);
	assert_int_equal(f.incident, 3);
	up_release(&f);
	assert_int_equal(read_text("{\"t\":\"start\",\"name\":\"Ñandú\","
				   "\"email\":\"\",\"remember\":true,"
				   "\"language\":\"en\"}",
				   &f, &code),
			 UP_GOOD);
	assert_string_equal(f.name, "Ñandú");
	assert_null(f.email);
	assert_true(f.remember);
	assert_string_equal(f.language, "en");
	up_release(&f);
	assert_int_equal(read_text("{\"t\":\"rate\",\"score\":5,\"comment\":"
				   "\" \"}",
				   &f, &code),
			 UP_GOOD);
	assert_int_equal(f.score, 5);
	assert_null(f.comment);
	up_release(&f);
	expect("{\"t\":\"open\"}", UP_GOOD);
	expect("{\"t\":\"open\",\"token\":null,\"from\":0}", UP_GOOD);
	expect("{\"t\":\"typing\",\"on\":false}", UP_GOOD);
	expect("{\"t\":\"got\",\"number\":12}", UP_GOOD);
	expect("{\"t\":\"end\"}", UP_GOOD);
	expect("{\"t\":\"ping\"}", UP_GOOD);
}

static void
a_line_is_read(void **state)
{
	static const char sha[] =
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	struct up_frame f;
	const char *code;
	char *text =
		mem_printf("{\"t\":\"write\",\"id\":\"a.1:b-c_D\",\"text\":"
			   "\"hola\",\"page\":\"https://x\",\"files\":"
			   "[{\"sha256\":\"%s\",\"filename\":\"a\"}]}",
			   sha);

	(void)state;
	assert_int_equal(read_text(text, &f, &code), UP_GOOD);
	assert_string_equal(f.id, "a.1:b-c_D");
	assert_string_equal(f.text, "hola");
	assert_string_equal(f.page, "https://x");
	assert_int_equal(json_array_size(f.files), 1);
	up_release(&f);
	mem_free(text);
}

static void
what_is_malformed_costs_the_socket(void **state)
{
	static const char *const not_json[] = {
		"",
		"x",
		"[]",
		"1",
		"\"t\"",
		"{\"t\":\"ping\"",
		"{\"t\":\"ping\"}{}",
		"{\"t\":\"ping\",\"t\":\"end\"}",
		"{\"t\":\"ping\",\"a\":\"\\u0000\"}",
		"{\"t\":\"\xff\"}"
	};
	static const char *const wrong[] = {
		"{}",
		"{\"t\":1}",
		"{\"t\":\"nope\"}",
		"{\"t\":\"open\",\"token\":1}",
		"{\"t\":\"open\",\"token\":\"\"}",
		"{\"t\":\"open\",\"token\":\"a b\"}",
		"{\"t\":\"open\",\"from\":-1}",
		"{\"t\":\"open\",\"from\":1.5}",
		"{\"t\":\"open\",\"from\":\"1\"}",
		"{\"t\":\"start\"}",
		"{\"t\":\"start\",\"name\":{}}",
		"{\"t\":\"start\",\"name\":\"a\",\"language\":\"fr\"}",
		"{\"t\":\"start\",\"name\":\"a\",\"remember\":1}",
		"{\"t\":\"write\",\"text\":\"a\"}",
		"{\"t\":\"write\",\"id\":\"\",\"text\":\"a\"}",
		"{\"t\":\"write\",\"id\":\"a b\",\"text\":\"a\"}",
		"{\"t\":\"write\",\"id\":\"a\",\"text\":[]}",
		"{\"t\":\"write\",\"id\":\"a\",\"text\":\"a\",\"files\":{}}",
		"{\"t\":\"write\",\"id\":\"a\",\"text\":\"a\",\"files\":[1]}",
		"{\"t\":\"write\",\"id\":\"a\",\"files\":[{\"sha256\":\"b\"}]}",
		"{\"t\":\"typing\"}",
		"{\"t\":\"typing\",\"on\":1}",
		"{\"t\":\"got\"}",
		"{\"t\":\"got\",\"number\":-2}",
		"{\"t\":\"rate\"}",
		"{\"t\":\"rate\",\"score\":0}",
		"{\"t\":\"rate\",\"score\":6}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof not_json / sizeof not_json[0]; i++)
		expect(not_json[i], UP_NOT_JSON);
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		expect(wrong[i], UP_WRONG);
}

static void
depth_and_length_have_ceilings(void **state)
{
	char deep[256] = "{\"t\":\"ping\",\"a\":";
	char *lengthy = mem_new(UP_BYTES + 64, 1);

	(void)state;
	memset(deep + strlen(deep), '[', 40);
	memset(deep + strlen(deep), ']', 40);
	deep[strlen(deep)] = '}';
	expect(deep, UP_NOT_JSON);
	memset(lengthy, ' ', UP_BYTES + 1);
	memcpy(lengthy, "{\"t\":\"ping\"}", 12);
	expect(lengthy, UP_NOT_JSON);
	lengthy[UP_BYTES] = '\0';
	expect(lengthy, UP_GOOD);
	mem_free(lengthy);
}

/* A text of n times c in a frame. */
static void
expect_text(const char *member, const char *c, size_t n, const char *wanted)
{
	char *frame = mem_new(n * strlen(c) + 256, 1);
	struct up_frame f;
	const char *code;
	char *at;
	size_t i;

	(void)snprintf(frame, 256, "{\"t\":\"%s\",\"id\":\"i\",\"%s\":\"",
		       strcmp(member, "comment") == 0 ? "rate"
		       : strcmp(member, "name") == 0  ? "start"
						      : "write",
		       member);
	at = frame + strlen(frame);
	for (i = 0; i < n; i++, at += strlen(c))
		memcpy(at, c, strlen(c));
	memcpy(at, "\",\"score\":3}", 13);
	assert_int_equal(read_text(frame, &f, &code),
			 wanted == NULL ? UP_GOOD : UP_REFUSE);
	if (wanted != NULL) {
		assert_string_equal(code, wanted);
		if (f.kind == UP_WRITE)
			assert_string_equal(f.id, "i");
	}
	up_release(&f);
	mem_free(frame);
}

static void
texts_over_their_ceiling_are_refused(void **state)
{
	(void)state;
	expect_text("text", "a", UP_TEXT_MAX, NULL);
	expect_text("text", "a", UP_TEXT_MAX + 1, "too_long");
	expect_text("text", "ñ", 8000, NULL);
	expect_text("name", "ñ", UP_NAME_MAX, NULL);
	expect_text("name", "ñ", UP_NAME_MAX + 1, "too_long");
	expect_text("comment", "a", UP_COMMENT_MAX, NULL);
	expect_text("comment", "a", UP_COMMENT_MAX + 1, "too_long");
	expect_text("text", " ", 5, "empty");
	expect("{\"t\":\"write\",\"id\":\"a\"}", UP_REFUSE);
}

/* --- limits ---------------------------------------------------------------- */

static void
a_bucket_empties_and_fills(void **state)
{
	struct bucket b = { 0 };
	int64_t now = 1000000;
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		assert_int_equal(bucket_take(&b, 1000, 10, now), 0);
	assert_int_equal(bucket_take(&b, 1000, 10, now), 1000);
	assert_int_equal(bucket_take(&b, 1000, 10, now + 400), 600);
	assert_int_equal(bucket_take(&b, 1000, 10, now + 1000), 0);
	assert_int_equal(bucket_take(&b, 1000, 10, now + 1000), 1000);
	/* Full again after ten seconds, and no fuller. */
	now += 100000;
	for (i = 0; i < 10; i++)
		assert_int_equal(bucket_take(&b, 1000, 10, now), 0);
	assert_true(bucket_take(&b, 1000, 10, now) > 0);
}

static void
pages_of_orders_are_counted_by_network(void **state)
{
	struct networks *n = networks_new(NULL, 0);
	struct network *a = networks_find(n, "203.0.113.7", 1000);
	struct network *here = networks_find(n, "127.0.0.1", 1000);
	int i;

	(void)state;
	for (i = 0; i < NETWORK_PAGES; i++)
		assert_int_equal(network_page(a, 1000), 0);
	assert_int_equal(network_page(a, 1000), NETWORK_PAGE_MS);
	assert_int_equal(network_page(a, 1000 + NETWORK_PAGE_MS), 0);
	assert_true(network_page(a, 1000 + NETWORK_PAGE_MS) > 0);
	for (i = 0; i <= NETWORK_PAGES; i++)
		assert_int_equal(network_page(here, 1000), 0);
	networks_free(&n);
}

static void
networks_are_addresses_and_halves(void **state)
{
	struct networks *n = networks_new(NULL, 0);
	struct network *a = networks_find(n, "203.0.113.7", 1);

	(void)state;
	assert_ptr_equal(networks_find(n, "203.0.113.7", 2), a);
	assert_ptr_equal(networks_find(n, "::ffff:203.0.113.7", 2), a);
	assert_ptr_not_equal(networks_find(n, "203.0.113.8", 2), a);
	assert_false(a->exempt);
	assert_ptr_equal(networks_find(n, "2001:db8:0:1::1", 2),
			 networks_find(n, "2001:db8:0:1:ffff::9", 2));
	assert_ptr_not_equal(networks_find(n, "2001:db8:0:1::1", 2),
			     networks_find(n, "2001:db8:0:2::1", 2));
	assert_true(networks_find(n, "127.0.0.1", 2)->exempt);
	assert_true(networks_find(n, "127.9.9.9", 2)->exempt);
	assert_true(networks_find(n, "::1", 2)->exempt);
	assert_false(networks_find(n, "128.0.0.1", 2)->exempt);
	assert_ptr_equal(networks_find(n, "nonsense", 2),
			 networks_find(n, "other", 2));
	assert_false(networks_find(n, "nonsense", 2)->exempt);
	networks_free(&n);
}

static void
networks_can_be_exempt(void **state)
{
	const char *const good[] = { "10.0.0.0/8", "2001:db8::/32",
				     "192.0.2.1" };
	const char *const bad[] = { "10.0.0.0/33" };
	struct networks *n = networks_new(good, 3);

	(void)state;
	assert_non_null(n);
	assert_true(networks_find(n, "10.200.3.4", 1)->exempt);
	assert_false(networks_find(n, "11.0.0.1", 1)->exempt);
	assert_true(networks_find(n, "192.0.2.1", 1)->exempt);
	assert_false(networks_find(n, "192.0.2.2", 1)->exempt);
	assert_true(networks_find(n, "2001:db8:7::1", 1)->exempt);
	networks_free(&n);
	assert_null(networks_new(bad, 1));
}

static void
starts_are_counted_by_minute_and_hour(void **state)
{
	struct networks *n = networks_new(NULL, 0);
	struct network *w = networks_find(n, "203.0.113.7", 1);
	int64_t now = 5000;
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(network_start(w, now + i), 0);
	assert_int_equal(network_start(w, now + 10), 60000 - 10);
	for (i = 0; i < 15; i++) {
		now += 60000;
		assert_int_equal(network_start(w, now), 0);
	}
	/* Twenty in this hour: the first of them must be an hour old. */
	assert_int_equal(network_start(w, now + 60000),
			 5000 + 3600000 - (now + 60000));
	assert_int_equal(network_start(w, 5000 + 3600000), 0);
	networks_free(&n);
}

static void
open_chats_and_sockets_are_counted(void **state)
{
	struct networks *n = networks_new(NULL, 0);
	struct network *w = networks_find(n, "203.0.113.7", 1);
	struct network *home = networks_find(n, "127.0.0.1", 1);
	int i;

	(void)state;
	for (i = 0; i < NETWORK_SOCKETS; i++)
		assert_true(network_join(w));
	assert_false(network_join(w));
	network_leave(w);
	assert_true(network_join(w));
	w->chats = NETWORK_CHATS;
	assert_int_equal(network_start(w, 10), NETWORK_WAIT_MS);
	w->chats--;
	assert_int_equal(network_start(w, 10), 0);
	for (i = 0; i < 100; i++) {
		assert_true(network_join(home));
		assert_int_equal(network_start(home, 10), 0);
	}
	networks_free(&n);
}

static void
networks_have_a_ceiling(void **state)
{
	struct networks *n = networks_new(NULL, 0);
	struct network *first = networks_find(n, "203.0.113.7", 1);
	char text[32];
	int i;

	(void)state;
	assert_true(network_join(first));
	for (i = 0; i < NETWORKS_MAX + 100; i++) {
		(void)snprintf(text, sizeof text, "10.%d.%d.%d", i >> 16,
			       i >> 8 & 255, i & 255);
		assert_non_null(networks_find(n, text, 2 + i));
	}
	/* What holds a socket was never forgotten. */
	assert_ptr_equal(networks_find(n, "203.0.113.7", 3), first);
	assert_int_equal(first->sockets, 1);
	networks_free(&n);
}

static void
a_network_is_written_back(void **state)
{
	struct networks *n = networks_new(NULL, 0);
	char text[NETWORK_TEXT];

	(void)state;
	network_text(networks_find(n, "203.0.113.7", 1), text);
	assert_string_equal(text, "203.0.113.7");
	network_text(networks_find(n, "2001:db8:0:1:ffff::9", 1), text);
	assert_string_equal(text, "2001:db8:0:1::");
	networks_free(&n);
}

/* --- kinds of files ---------------------------------------------------------- */

static void
files_are_what_their_octets_say(void **state)
{
	static const char png[] = "\x89PNG\r\n\x1a\n........";
	static const char pdf[] = "%PDF-1.7 .......";
	static const char html[] = "<html>..........";

	(void)state;
	assert_string_equal(kind_of("image/png", png, 16), "image/png");
	assert_string_equal(kind_of("image/jpeg", png, 16), "image/png");
	assert_null(kind_of("text/plain", png, 16));
	assert_null(kind_of("application/pdf", png, 16));
	assert_string_equal(kind_of("application/pdf", pdf, 16),
			    "application/pdf");
	assert_null(kind_of("image/png", html, 16));
	assert_null(kind_of("image/svg+xml", "<svg xmlns=.....", 16));
	assert_null(kind_of("text/html", html, 16));
	assert_null(kind_of(NULL, png, 16));
	assert_string_equal(kind_of("text/plain; charset=utf-8", html, 16),
			    "text/plain");
	assert_string_equal(kind_of("image/gif", "GIF89a", 6), "image/gif");
	assert_string_equal(kind_of("image/webp", "RIFF....WEBP", 12),
			    "image/webp");
	assert_null(kind_of("image/webp", "RIFF....WEB", 11));
}

static bool
is_text(const char *p, size_t n, size_t step)
{
	struct kind_text t = { .len = 0 };
	size_t i;

	for (i = 0; i < n; i += step)
		kind_text_more(&t, p + i, n - i < step ? n - i : step);
	return kind_text_good(&t);
}

static void
a_text_is_text_in_any_parts(void **state)
{
	static const char good[] = "Hola, ñandú 😀\r\n\tfin\n";
	static const struct {
		const char *p;
		size_t n;
	} bad[] = {
		{ "a\0b", 3 },
		{ "\xff", 1 },
		{ "\xc3", 1 },
		{ "\xc0\x80", 2 },
		{ "\xed\xa0\x80", 3 },
		{ "a\x01", 2 },
		{ "\x1b[2J", 4 },
		{ "ok \xf0\x9f\x98", 6 },
		{ "\xf5\x80\x80\x80", 4 },
	};
	size_t step;
	size_t i;

	(void)state;
	for (step = 1; step < 8; step++) {
		assert_true(is_text(good, sizeof good - 1, step));
		for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
			assert_false(is_text(bad[i].p, bad[i].n, step));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_read),
		cmocka_unit_test(a_line_is_read),
		cmocka_unit_test(what_is_malformed_costs_the_socket),
		cmocka_unit_test(depth_and_length_have_ceilings),
		cmocka_unit_test(texts_over_their_ceiling_are_refused),
		cmocka_unit_test(a_bucket_empties_and_fills),
		cmocka_unit_test(pages_of_orders_are_counted_by_network),
		cmocka_unit_test(networks_are_addresses_and_halves),
		cmocka_unit_test(networks_can_be_exempt),
		cmocka_unit_test(starts_are_counted_by_minute_and_hour),
		cmocka_unit_test(open_chats_and_sockets_are_counted),
		cmocka_unit_test(networks_have_a_ceiling),
		cmocka_unit_test(a_network_is_written_back),
		cmocka_unit_test(files_are_what_their_octets_say),
		cmocka_unit_test(a_text_is_text_in_any_parts),
	};

	hash_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

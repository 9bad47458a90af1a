/*
 * What Graph's answers and codes mean to who sends, how long somebody rests,
 * and what a message looks like.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/common/http_client.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/graph.h"
#include "gateways/whatsapp/graph_error.h"
#include "gateways/whatsapp/kind.h"
#include "gateways/whatsapp/marks.h"
#include "gateways/whatsapp/message.h"
#include "gateways/whatsapp/pace.h"
#include "gateways/whatsapp/pairs.h"

/* --- codes ----------------------------------------------------------------- */

static const struct graph_rule *
rule_of(int code, long status, bool transient)
{
	const struct graph_error x = { .code = code,
				       .status = status,
				       .transient = transient };

	return graph_error_rule(&x);
}

/* Every code that Meta documents for sending, with what it must lead to. */
static void
each_code_has_its_row(void **state)
{
	static const struct {
		enum graph_end end;
		enum graph_scope scope;
		int codes[32];
	} want[] = {
		{ GRAPH_STOP,
		  GRAPH_CONNECTION,
		  { 190, 3, 10, 200, 230, 299, 131005, 368, 131031 } },
		{ GRAPH_LATER, GRAPH_CONNECTION, { 4, 80007 } },
		{ GRAPH_LATER, GRAPH_NUMBER, { 130429, 131057, 2494100 } },
		{ GRAPH_LATER, GRAPH_PERSON, { 131056 } },
		{ GRAPH_LATER,
		  GRAPH_MESSAGE,
		  { 1, 2, 131000, 131016, 132069, 133004 } },
		{ GRAPH_FAILED, GRAPH_NUMBER, { 131048 } },
		{ GRAPH_FAILED,
		  GRAPH_MESSAGE,
		  { 33,     100,    131008, 131009, 131051, 135000,
		    130472, 130497, 131021, 131026, 131030, 131037,
		    131042, 131045, 133010, 131047, 131049, 131050,
		    131052, 131053, 131062, 131063, 131064, 132000,
		    132001, 132005, 132007, 132008, 132012, 132068 } },
		{ GRAPH_FAILED,
		  GRAPH_MESSAGE,
		  { 132015, 132016, 133016, 137000 } },
	};

	(void)state;
	assert_int_equal(rule_of(0, 401, false)->end, GRAPH_STOP);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		for (size_t k = 0; want[i].codes[k] != 0; k++) {
			const struct graph_rule *r =
				rule_of(want[i].codes[k], 400, false);

			assert_int_not_equal(r->code, GRAPH_NO_CODE);
			assert_int_equal(r->end, want[i].end);
			assert_int_equal(r->scope, want[i].scope);
		}
}

/* Sorted, so that nobody adds a code a second time; what waits says how long,
 * what stops says so. */
static void
rows_are_sound(void **state)
{
	const struct graph_rule *r;
	int before = -1;

	(void)state;
	for (size_t i = 0; (r = graph_error_row(i)) != NULL; i++) {
		assert_true(r->code > before);
		before = r->code;
		assert_true(r->end != GRAPH_LATER || r->seconds > 0);
		assert_true(r->end != GRAPH_STOP || r->alert);
	}
	assert_true(before > 0);
}

static void
alerts_are_for_who_can_help(void **state)
{
	(void)state;
	assert_true(rule_of(131042, 400, false)->alert);
	assert_true(rule_of(131045, 500, false)->alert);
	assert_true(rule_of(131048, 400, false)->alert);
	assert_true(rule_of(132015, 400, false)->alert);
	assert_false(rule_of(131047, 400, false)->alert);
	assert_false(rule_of(130429, 400, false)->alert);
}

static void
unknown_codes_follow_a_rule(void **state)
{
	(void)state;
	assert_int_equal(rule_of(987654, 400, false)->end, GRAPH_FAILED);
	assert_int_equal(rule_of(987654, 400, true)->end, GRAPH_LATER);
	assert_int_equal(rule_of(987654, 400, true)->tries, 3);
	assert_int_equal(rule_of(987654, 503, false)->end, GRAPH_LATER);
	assert_int_equal(rule_of(GRAPH_NO_CODE, 404, false)->end, GRAPH_FAILED);
	assert_int_equal(rule_of(GRAPH_NO_CODE, 429, false)->scope,
			 GRAPH_NUMBER);
}

static void
waits_grow_to_their_ceiling(void **state)
{
	const struct graph_rule *pair = rule_of(131056, 400, false);
	const struct graph_rule *number = rule_of(130429, 400, false);
	const struct graph_rule *calls = rule_of(80007, 400, false);

	(void)state;
	assert_int_equal(graph_error_wait_s(pair, 1, 0), 1);
	assert_int_equal(graph_error_wait_s(pair, 2, 0), 4);
	assert_int_equal(graph_error_wait_s(pair, 4, 0), 64);
	assert_int_equal(graph_error_wait_s(pair, 4000, 0), GRAPH_WAIT_S_MAX);
	assert_int_equal(graph_error_wait_s(number, 1, 7), 1);
	assert_int_equal(graph_error_wait_s(number, 4, 0), 8);
	assert_in_range(graph_error_wait_s(number, 4, 0xffffffff), 8, 10);
	assert_int_equal(graph_error_wait_s(calls, 1, 0), 300);
}

/* --- answers ----------------------------------------------------------------- */

static enum outcome
read_answer(long status, const char *text, struct graph_answer *a)
{
	graph_answer_read(status, text, strlen(text), a);
	json_decref(a->body);
	a->body = NULL;
	return a->outcome;
}

static void
only_what_is_certain_is_certain(void **state)
{
	static const struct {
		long status;
		const char *text;
		enum outcome want;
	} rows[] = {
		{ 200, "{\"messages\":[{\"id\":\"wamid.x\"}]}", OUT_OK },
		{ 200, "{\"messages\":[{\"id\":\"wam", OUT_UNSURE },
		{ 200, "", OUT_UNSURE },
		{ 200, "[1]", OUT_UNSURE },
		{ 200, "<html>", OUT_UNSURE },
		{ 200, "{\"error\":{\"message\":\"x\"}}", OUT_UNSURE },
		{ 200, "{\"error\":{\"code\":131026}}", OUT_PERM },
		{ 400, "{\"error\":{\"code\":131026}}", OUT_PERM },
		{ 500, "{\"error\":{\"code\":131000}}", OUT_PERM },
		{ 500, "{\"error\":{\"code\":\"131000\"}}", OUT_UNSURE },
		{ 503, "<html>down</html>", OUT_UNSURE },
		{ 502, "", OUT_UNSURE },
		{ 404, "", OUT_PERM },
		{ 302, "", OUT_PERM },
		{ 408, "", OUT_UNSURE },
	};
	struct graph_answer a;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(read_answer(rows[i].status, rows[i].text, &a),
				 rows[i].want);
}

static void
an_error_is_one_line_of_text(void **state)
{
	struct graph_answer a;

	(void)state;
	assert_int_equal(
		read_answer(400,
			    "{\"error\":{\"code\":100,\"error_subcode\":33,"
			    "\"message\":\"a\\nb\",\"fbtrace_id\":\"A1\","
			    "\"error_data\":{\"details\":\"\\u00f1\\u0007\"}}}",
			    &a),
		OUT_PERM);
	assert_int_equal(a.error.code, 100);
	assert_int_equal(a.error.subcode, 33);
	assert_string_equal(a.error.title, "a b");
	assert_string_equal(a.error.details, "\xc3\xb1 ");
	assert_string_equal(a.error.trace, "A1");
	(void)read_answer(400, "{\"error\":{\"code\":1,\"error_data\":\"d\"}}",
			  &a);
	assert_string_equal(a.error.details, "d");
}

static void
a_proof_that_is_refused_stops_the_connection(void **state)
{
	struct graph_answer a;

	(void)state;
	(void)read_answer(400,
			  "{\"error\":{\"code\":100,\"message\":"
			  "\"Invalid appsecret_proof provided\"}}",
			  &a);
	assert_true(a.error.proof);
	assert_int_equal(graph_error_rule(&a.error)->end, GRAPH_STOP);
}

static void
an_answer_may_not_be_too_deep(void **state)
{
	struct graph_answer a;
	struct buf b;

	(void)state;
	for (int depth = 60; depth <= 70; depth += 10) {
		buf_init(&b, 1000);
		(void)buf_puts(&b, "{\"a\":\"]]\\\"[[[\",\"x\":");
		for (int i = 1; i < depth; i++)
			(void)buf_putc(&b, '[');
		for (int i = 1; i < depth; i++)
			(void)buf_putc(&b, ']');
		(void)buf_putc(&b, '}');
		assert_int_equal(read_answer(200, buf_str(&b), &a),
				 depth <= GRAPH_DEPTH_MAX ? OUT_OK
							  : OUT_UNSURE);
		buf_release(&b);
	}
}

/* --- hosts ------------------------------------------------------------------- */

static void
the_token_goes_to_listed_hosts_alone(void **state)
{
	struct account k = { .graph_base = "https://graph.facebook.com",
			     .media_hosts = "media.olmo.example, 10.1.2.3" };
	struct account here = { .graph_base = "http://127.0.0.1:8080/",
				.media_hosts = "" };

	(void)state;
	assert_true(graph_may_fetch(&k, "https://graph.facebook.com/v25.0/1"));
	assert_true(graph_may_fetch(&k, "https://lookaside.fbsbx.com/w/?a=1"));
	assert_true(graph_may_fetch(&k, "https://LOOKASIDE.FBSBX.COM:443/w"));
	assert_true(graph_may_fetch(&k, "https://scontent.xx.fbcdn.net/w"));
	assert_true(graph_may_fetch(&k, "https://media.olmo.example/a"));
	assert_true(graph_may_fetch(&k, "https://10.1.2.3/a"));
	assert_false(graph_may_fetch(&k, "http://lookaside.fbsbx.com/w"));
	assert_false(graph_may_fetch(&k, "https://fbsbx.com/w"));
	assert_false(graph_may_fetch(&k, "https://evilfbsbx.com/w"));
	assert_false(graph_may_fetch(&k, "https://fbsbx.com.evil.example/w"));
	assert_false(graph_may_fetch(&k, "https://evil.example/.fbsbx.com"));
	assert_false(graph_may_fetch(&k, "https://x@evil.example/.fbsbx.com"));
	assert_false(graph_may_fetch(&k, "https://a.fbsbx.com\\@evil.example"));
	assert_false(graph_may_fetch(&k, "https://169.254.169.254/latest"));
	assert_false(graph_may_fetch(&k, "file:///etc/passwd"));
	assert_false(graph_may_fetch(&k, ""));
	assert_true(graph_may_fetch(&here, "http://127.0.0.1:8080/look/1"));
	assert_false(graph_may_fetch(&here, "http://127.0.0.1:80801/look/1"));
	assert_false(graph_may_fetch(&here, "http://127.0.0.1:8081/look/1"));
	assert_false(graph_may_fetch(&here, "http://127.0.0.1:8080@evil/1"));
}

static void
ids_that_may_stand_in_a_path(void **state)
{
	char longer[GRAPH_ID_MAX + 2];

	(void)state;
	memset(longer, '1', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_true(graph_is_id("1234_ab-Z"));
	assert_false(graph_is_id("12/messages"));
	assert_false(graph_is_id("12?x"));
	assert_false(graph_is_id(".."));
	assert_false(graph_is_id(""));
	assert_false(graph_is_id(NULL));
	assert_false(graph_is_id(longer));
	longer[GRAPH_ID_MAX] = '\0';
	assert_true(graph_is_id(longer));
}

/* --- pace ---------------------------------------------------------------------- */

/* Within any second no more than the number may, and not much less. */
static void
a_number_keeps_its_pace(void **state)
{
	struct pace p = { 0 };
	int64_t at[1000];
	size_t n = 0;

	(void)state;
	for (int64_t now = 5000; n < 1000; now++)
		while (n < 1000 && pace_take(&p, now))
			at[n++] = now;
	for (size_t i = PACE_PER_S; i < n; i++)
		assert_true(at[i] - at[i - PACE_PER_S] >= 1000);
	assert_true(at[999] - at[0] < 1000 * 1000 / 70);
	assert_true(pace_left_ms(&p, at[999]) > 0);
	assert_int_equal(pace_left_ms(&p, at[999] + 1000), 0);
}

static void
rests_grow_and_end(void **state)
{
	const struct graph_rule *pair = rule_of(131056, 400, false);
	struct rest r = { 0 };

	(void)state;
	assert_int_equal(rest_left_ms(&r, 100), 0);
	rest_begin(&r, pair, 0, 0, 1000);
	assert_int_equal(rest_left_ms(&r, 1000), 1000);
	/* what was under way with it makes it no longer */
	rest_begin(&r, pair, 0, 0, 1500);
	assert_int_equal(rest_left_ms(&r, 1500), 500);
	rest_begin(&r, pair, 0, 0, 2000);
	assert_int_equal(rest_left_ms(&r, 2000), 4000);
	rest_begin(&r, pair, 30, 0, 6000);
	assert_int_equal(rest_left_ms(&r, 6000), 30000);
	rest_end(&r);
	assert_int_equal(rest_left_ms(&r, 6000), 0);
	rest_begin(&r, pair, 0, 0, 7000);
	assert_int_equal(rest_left_ms(&r, 7000), 1000);
}

static void
people_that_rest_have_a_ceiling(void **state)
{
	const struct graph_rule *pair = rule_of(131056, 400, false);
	struct pairs *p = pairs_new();
	char who[16];
	size_t kept = 0;

	(void)state;
	for (int i = 0; i < PAIRS_MAX + 10; i++) {
		(void)snprintf(who, sizeof(who), "%d", i);
		rest_begin(pairs_make(p, "1", who, i), pair, 0, 0, i);
	}
	for (int i = 0; i < PAIRS_MAX + 10; i++) {
		(void)snprintf(who, sizeof(who), "%d", i);
		kept += pairs_find(p, "1", who) != NULL;
	}
	assert_int_equal(kept, PAIRS_MAX);
	assert_null(pairs_find(p, "1", "0"));
	assert_null(pairs_find(p, "2", "500"));
	pairs_drop(p, "1", "500");
	assert_null(pairs_find(p, "1", "500"));
	(void)pairs_make(p, "1", "x", 10 * PAIR_FORGET_MS);
	assert_null(pairs_find(p, "1", "600"));
	pairs_free(&p);
	assert_null(p);
}

/* --- files ----------------------------------------------------------------------- */

static void
a_file_is_what_its_octets_say(void **state)
{
#define MIB ((size_t)1024 * 1024)
	static const struct {
		const char *head;
		size_t n, size;
		const char *declared, *name, *type;
	} rows[] = {
		{ "\xff\xd8\xff\xe0", 4, 9, "text/html", "image",
		  "image/jpeg" },
		{ "\x89PNG\r\n\x1a\n", 8, 5 * MIB, "", "image", "image/png" },
		{ "\x89PNG\r\n\x1a\n", 8, 5 * MIB + 1, "", "document",
		  "image/png" },
		{ "RIFF0000WEBPVP8 ", 16, 9, "image/webp", "document",
		  "image/webp" },
		{ "\0\0\0\x18"
		  "ftypheic",
		  12, 9, "image/heic", "document", "image/heic" },
		{ "\0\0\0\x18"
		  "ftypisom",
		  12, 9, "video/mp4", "video", "video/mp4" },
		{ "\0\0\0\x18"
		  "ftypisom",
		  12, 9, "audio/mp4", "audio", "audio/mp4" },
		{ "\0\0\0\x18"
		  "ftyp3gp4",
		  12, 17 * MIB, "", "document", "video/3gpp" },
		{ "%PDF-1.4", 8, 9, "image/png", "document",
		  "application/pdf" },
		{ "<html>", 6, 9, "image/png", "document", "image/png" },
		{ "x", 1, 9, "a/b\r\nX: y", "document",
		  "application/octet-stream" },
		{ "", 0, 9, "", "document", "application/octet-stream" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kind k = kind_sniff(rows[i].head, rows[i].n,
					   rows[i].size, rows[i].declared);

		assert_string_equal(k.name, rows[i].name);
		assert_string_equal(k.type, rows[i].type);
	}
}

/* --- marks ------------------------------------------------------------------------- */

#define Z "\xe2\x80\x8b"

static void
markdown_becomes_marks(void **state)
{
	static const char *const rows[][2] = {
		{ "hola", "hola" },
		{ "**a** *b* `c`", "*a* _b_ `c`" },
		{ "***a***", "_*a*_" },
		{ "a\nb", "a\nb" },
		{ "a\n\nb", "a\n\nb" },
		{ "**a\nb**", "*a*\n*b*" },
		{ "# T\ntexto", "*T*\n\ntexto" },
		{ "- a\n- b", "- a\n- b" },
		{ "3. a\n4. b", "3. a\n4. b" },
		{ "- a\n  - b", "- a\n  - b" },
		{ "> a\n> b", "> a\n> b" },
		{ "```\nx *y*\nz\n```", "```x *y*\nz```" },
		{ "[web](https://x.example/a_b)",
		  "web (https://x.example/a_b)" },
		{ "https://x.example/a_b_c*d*",
		  "https://x.example/a_b_c*d" Z "*" },
		{ "5*3*2 y 5 * 3 * 2", "5*3*2 y 5 * 3 * 2" },
		{ "\\*literal\\*", "*" Z "literal" Z "*" },
		{ "~no~", "~" Z "no" Z "~" },
		{ "snake_case_name", "snake_case_name" },
		{ "a**b**c", "a**b**c" },
		{ "<b>x</b>", "<b>x</b>" },
		{ "P.S.\n--\nLaura", "P.S.\n--\nLaura" },
		{ "[x]: https://x.example", "[x]: https://x.example" },
	};
	struct buf b;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&b, 10000);
		assert_int_equal(marks_write(rows[i][0], strlen(rows[i][0]),
					     MARKS_TEXT_MAX, &b, &e),
				 OUT_OK);
		assert_string_equal(buf_str(&b), rows[i][1]);
		buf_release(&b);
	}
}

static void
texts_have_a_ceiling_of_characters(void **state)
{
	char *s = mem_new(2 * MARKS_TEXT_MAX + 3, 1);
	struct buf b;
	struct err e;

	(void)state;
	for (int i = 0; i < MARKS_TEXT_MAX; i++)
		memcpy(s + 2 * i, "\xc3\xb1", 2);
	buf_init(&b, 100000);
	assert_int_equal(marks_write(s, strlen(s), MARKS_TEXT_MAX, &b, &e),
			 OUT_OK);
	assert_int_equal(marks_count(buf_str(&b), b.len), MARKS_TEXT_MAX);
	buf_clear(&b);
	memcpy(s + 2 * MARKS_TEXT_MAX, "x", 2);
	assert_int_equal(marks_write(s, strlen(s), MARKS_TEXT_MAX, &b, &e),
			 OUT_PERM);
	assert_string_equal(e.code, "too_long");
	assert_int_equal(b.len, 0);
	/* marks that make it too long are left out */
	assert_int_equal(marks_write("~a~", 3, 3, &b, &e), OUT_OK);
	assert_string_equal(buf_str(&b), "~a~");
	buf_release(&b);
	mem_free(s);
}

/* --- messages ------------------------------------------------------------------------ */

static void
check_message(const char *card, const char *text, const struct kind *kind,
	      const char *media, const char *want)
{
	json_error_t why;
	json_t *d = json_pack("{s:s, s:s, s:o}", "key", "<k@x>", "text", text,
			      "whatsapp", json_loads(card, 0, &why));
	json_t *expected = json_loads(want, 0, &why);
	json_t *got = NULL;
	struct err e;

	assert_non_null(d);
	assert_non_null(expected);
	(void)json_object_set_new(expected, "messaging_product",
				  json_string("whatsapp"));
	(void)json_object_set_new(expected, "recipient_type",
				  json_string("individual"));
	(void)json_object_set_new(expected, "biz_opaque_callback_data",
				  json_string("<k@x>"));
	assert_int_equal(message_build(d, kind, media, &got, &e), OUT_OK);
	assert_true(json_equal(got, expected));
	json_decref(got);
	json_decref(expected);
	json_decref(d);
}

static void
a_delivery_is_one_message(void **state)
{
	struct kind png = { KIND_IMAGE, "image", "image/png" };
	struct kind ogg = { KIND_AUDIO, "audio", "audio/ogg" };
	struct kind pdf = { KIND_DOCUMENT, "document", "application/pdf" };

	(void)state;
	check_message("{\"kind\":\"text\",\"to\":{\"wa_id\":\"34600\"},"
		      "\"quotes\":\"wamid.q\"}",
		      "**a**", NULL, NULL,
		      "{\"to\":\"+34600\",\"type\":\"text\",\"text\":{"
		      "\"body\":\"*a*\"},\"context\":{\"message_id\":"
		      "\"wamid.q\"}}");
	check_message("{\"kind\":\"text\",\"to\":{\"user_id\":\"ES.1\"}}", "a",
		      NULL, NULL,
		      "{\"recipient\":\"ES.1\",\"type\":\"text\",\"text\":{"
		      "\"body\":\"a\"}}");
	check_message("{\"kind\":\"media\",\"to\":{\"wa_id\":\"1\"},"
		      "\"file\":{\"filename\":\"a.png\"}}",
		      "pie", &png, "77",
		      "{\"to\":\"+1\",\"type\":\"image\",\"image\":{\"id\":"
		      "\"77\",\"caption\":\"pie\"}}");
	check_message("{\"kind\":\"media\",\"to\":{\"wa_id\":\"1\"},"
		      "\"file\":{\"filename\":\"a.ogg\"}}",
		      "", &ogg, "77",
		      "{\"to\":\"+1\",\"type\":\"audio\",\"audio\":{\"id\":"
		      "\"77\"}}");
	/* a sound has no caption */
	check_message("{\"kind\":\"media\",\"to\":{\"wa_id\":\"1\"},"
		      "\"file\":{\"filename\":\"a.ogg\"}}",
		      "pie", &ogg, "77",
		      "{\"to\":\"+1\",\"type\":\"document\",\"document\":{"
		      "\"id\":\"77\",\"caption\":\"pie\",\"filename\":"
		      "\"a.ogg\"}}");
	check_message("{\"kind\":\"media\",\"to\":{\"wa_id\":\"1\"},"
		      "\"file\":{\"filename\":\"a.pdf\"}}",
		      "", &pdf, "77",
		      "{\"to\":\"+1\",\"type\":\"document\",\"document\":{"
		      "\"id\":\"77\",\"filename\":\"a.pdf\"}}");
	check_message("{\"kind\":\"template\",\"to\":{\"wa_id\":\"1\"},"
		      "\"template\":{\"name\":\"t\",\"language\":\"es\","
		      "\"components\":[{\"type\":\"body\"}]}}",
		      "", NULL, NULL,
		      "{\"to\":\"+1\",\"type\":\"template\",\"template\":{"
		      "\"name\":\"t\",\"language\":{\"code\":\"es\"},"
		      "\"components\":[{\"type\":\"body\"}]}}");
	check_message("{\"kind\":\"interactive\",\"to\":{\"wa_id\":\"1\"},"
		      "\"interactive\":{\"buttons\":[{\"id\":\"a\",\"title\":"
		      "\"A\"}]}}",
		      "q", NULL, NULL,
		      "{\"to\":\"+1\",\"type\":\"interactive\",\"interactive\":"
		      "{\"type\":\"button\",\"body\":{\"text\":\"q\"},"
		      "\"action\":{\"buttons\":[{\"type\":\"reply\",\"reply\":{"
		      "\"id\":\"a\",\"title\":\"A\"}}]}}}");
	check_message("{\"kind\":\"interactive\",\"to\":{\"wa_id\":\"1\"},"
		      "\"interactive\":{\"list\":{\"button\":\"B\",\"rows\":[{"
		      "\"id\":\"a\",\"title\":\"A\"}]}}}",
		      "q", NULL, NULL,
		      "{\"to\":\"+1\",\"type\":\"interactive\",\"interactive\":"
		      "{\"type\":\"list\",\"body\":{\"text\":\"q\"},"
		      "\"action\":{\"button\":\"B\",\"sections\":[{\"rows\":[{"
		      "\"id\":\"a\",\"title\":\"A\"}]}]}}}");
	check_message("{\"kind\":\"reaction\",\"to\":{\"wa_id\":\"1\"},"
		      "\"quotes\":\"wamid.q\",\"reaction\":{\"message\":"
		      "\"wamid.m\"}}",
		      "", NULL, NULL,
		      "{\"to\":\"+1\",\"type\":\"reaction\",\"reaction\":{"
		      "\"message_id\":\"wamid.m\",\"emoji\":\"\"}}");
}

static void
what_can_never_go_says_why(void **state)
{
	static const char *const cards[] = {
		"{\"kind\":\"text\",\"to\":{\"wa_id\":\"1\"}}",
		"{\"kind\":\"media\",\"to\":{\"wa_id\":\"1\"}}",
		"{\"kind\":\"poll\",\"to\":{\"wa_id\":\"1\"}}",
		"{\"kind\":\"reaction\",\"to\":{}}",
	};
	json_error_t why;
	json_t *got;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
		json_t *d =
			json_pack("{s:s, s:s, s:o}", "key", "k", "text", "",
				  "whatsapp", json_loads(cards[i], 0, &why));

		assert_int_equal(message_build(d, NULL, NULL, &got, &e),
				 OUT_PERM);
		assert_null(got);
		assert_true(e.text[0] != '\0');
		json_decref(d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_code_has_its_row),
		cmocka_unit_test(rows_are_sound),
		cmocka_unit_test(alerts_are_for_who_can_help),
		cmocka_unit_test(unknown_codes_follow_a_rule),
		cmocka_unit_test(waits_grow_to_their_ceiling),
		cmocka_unit_test(only_what_is_certain_is_certain),
		cmocka_unit_test(an_error_is_one_line_of_text),
		cmocka_unit_test(a_proof_that_is_refused_stops_the_connection),
		cmocka_unit_test(an_answer_may_not_be_too_deep),
		cmocka_unit_test(the_token_goes_to_listed_hosts_alone),
		cmocka_unit_test(ids_that_may_stand_in_a_path),
		cmocka_unit_test(a_number_keeps_its_pace),
		cmocka_unit_test(rests_grow_and_end),
		cmocka_unit_test(people_that_rest_have_a_ceiling),
		cmocka_unit_test(a_file_is_what_its_octets_say),
		cmocka_unit_test(markdown_becomes_marks),
		cmocka_unit_test(texts_have_a_ceiling_of_characters),
		cmocka_unit_test(a_delivery_is_one_message),
		cmocka_unit_test(what_can_never_go_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

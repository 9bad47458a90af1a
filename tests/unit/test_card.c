/* What is kept of a WhatsApp message beside its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/card.h"
#include "daemon/store/account.h"
#include "tests/unit/fixture.h"

/* The digest is the seam between repeats: of number and id alone. */
static void
a_digest_is_of_number_and_id(void **state)
{
	char a[HASH_HEX];
	char b[HASH_HEX];

	(void)state;
	card_digest("111", "wamid.A", a);
	hash_hex("whatsapp\n111\nwamid.A", strlen("whatsapp\n111\nwamid.A"), b);
	assert_string_equal(a, b);
	card_digest("112", "wamid.A", b);
	assert_string_not_equal(a, b);
}

static void
filename_is(const char *name, const char *want)
{
	char *got = card_filename(name);

	assert_string_equal(got, want);
	mem_free(got);
}

static void
file_names_are_names(void **state)
{
	char longer[400];
	char *got;

	(void)state;
	filename_is(NULL, "");
	filename_is("factura nº 7.pdf", "factura nº 7.pdf");
	filename_is("../../etc/passwd", "_._.._etc_passwd");
	filename_is("a\\b", "a_b");
	filename_is(".bashrc", "_bashrc");
	filename_is("a\tb\r\nc\x7f.txt", "abc.txt");
	/* U+202E, U+2066, U+200F turn what follows */
	filename_is("x\xE2\x80\xAEgpj.exe", "xgpj.exe");
	filename_is("a\xE2\x81\xA6"
		    "b\xE2\x80\x8F",
		    "ab");
	/* an ellipsis, U+2026, stays */
	filename_is("a\xE2\x80\xA6.txt", "a\xE2\x80\xA6.txt");
	/* cut between characters: 199 letters and half of an eñe */
	(void)memset(longer, 'a', sizeof longer);
	(void)memcpy(longer + CARD_NAME_MAX - 1, "\xC3\xB1zzz", 6);
	got = card_filename(longer);
	assert_int_equal(strlen(got), CARD_NAME_MAX - 1);
	mem_free(got);
}

static void
type_is(const char *mime, const char *want)
{
	char *got = card_type(mime);

	assert_string_equal(got, want);
	mem_free(got);
}

static void
types_have_no_parameters(void **state)
{
	(void)state;
	type_is("audio/ogg; codecs=opus", "audio/ogg");
	type_is("image/svg+xml", "image/svg+xml");
	type_is("image/jpeg", "image/jpeg");
	type_is(NULL, "application/octet-stream");
	type_is("", "application/octet-stream");
	type_is("image", "application/octet-stream");
	type_is("image/", "application/octet-stream");
	type_is("/jpeg", "application/octet-stream");
	type_is("text/html\r\nX: y", "application/octet-stream");
	type_is("text/html<script>", "application/octet-stream");
}

/* The card of a message, parsed. */
static json_t *
card_of(const char *text, unsigned marks)
{
	json_t *wa = json_loads(text, 0, NULL);
	char *card = card_text(wa, marks);
	json_t *o = json_loads(card, 0, NULL);

	assert_non_null(wa);
	assert_non_null(o);
	assert_true(strlen(card) <= CARD_MAX);
	mem_free(card);
	json_decref(wa);
	return o;
}

static void
a_card_names_nobody(void **state)
{
	json_t *got = card_of(
		"{\"id\":\"w\",\"type\":\"image\",\"supported\":true,"
		"\"from\":\"1\",\"wa_id\":\"1\",\"user_id\":\"ES.1\","
		"\"parent_user_id\":\"p\",\"username\":\"ana\",\"to\":\"2\","
		"\"to_user_id\":\"ES.2\",\"profile_name\":\"Ana\","
		"\"context_id\":\"q\",\"context_from\":\"1\",\"order\":null,"
		"\"media\":{\"kind\":\"image\",\"url\":\"https://x\"}}",
		CARD_ECHO);
	json_t *want = json_loads("{\"id\":\"w\",\"type\":\"image\","
				  "\"supported\":true,\"context_id\":\"q\","
				  "\"media\":{\"kind\":\"image\"},"
				  "\"echo\":true}",
				  0, NULL);

	(void)state;
	assert_true(json_equal(got, want));
	json_decref(got);
	json_decref(want);
}

static void
a_large_card_loses_its_lists(void **state)
{
	json_t *wa = json_pack("{s:s, s:s, s:b, s:[], s:{s:s}}", "id", "w",
			       "type", "contacts", "supported", 1, "contacts",
			       "location", "name", "plaza");
	json_t *list = json_object_get(wa, "contacts");
	json_t *card;
	char *text;

	(void)state;
	for (int i = 0; i < 10000; i++)
		(void)json_array_append_new(list, json_string("0123456789"));
	text = card_text(wa, 0);
	assert_true(strlen(text) <= CARD_MAX);
	card = json_loads(text, 0, NULL);
	assert_null(json_object_get(card, "contacts"));
	assert_true(json_is_true(json_object_get(card, "cut")));
	assert_non_null(json_object_get(card, "location"));
	json_decref(card);
	json_decref(wa);
	mem_free(text);
}

static void
accounts_keep_their_newest_events(void **state)
{
	struct account_event a = { .connection_id = 70,
				   .severity = "info",
				   .field = "account_update",
				   .code = "x",
				   .detail = "" };
	struct err e;
	int64_t id;
	int64_t last = 0;

	(void)state;
	fixture_exec("INSERT INTO connection (id, name, kind, role, settings, "
		     "created_ms) VALUES (70, 'uno', 'whatsapp', 'whatsapp', "
		     "'{}', 1)");
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	for (a.at_ms = 1; a.at_ms <= ACCOUNT_EVENTS_MAX + 5; a.at_ms++)
		assert_int_equal(account_event_add(fx.store, &a, &last, &e),
				 OUT_OK);
	a.at_ms--;
	assert_int_equal(account_event_add(fx.store, &a, &id, &e), OUT_OK);
	assert_int_equal(id, last);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	assert_int_equal(fixture_int("SELECT count(*) FROM account_event"),
			 ACCOUNT_EVENTS_MAX);
	assert_int_equal(fixture_int("SELECT min(at_ms) FROM account_event"),
			 6);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_digest_is_of_number_and_id),
		cmocka_unit_test(file_names_are_names),
		cmocka_unit_test(types_have_no_parameters),
		cmocka_unit_test(a_card_names_nobody),
		cmocka_unit_test(a_large_card_loses_its_lists),
		TEST(accounts_keep_their_newest_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

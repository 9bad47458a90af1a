/*
 * Bodies of WhatsApp's deliveries to facts: the traps, each with a small body
 * of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "gateways/whatsapp/read.h"

#define BODY_MAX ((size_t)8 * 1024 * 1024)
#define OURS                                                                   \
	"\"metadata\":{\"display_phone_number\":\"15550001111\","              \
	"\"phone_number_id\":\"100\"}"
#define ANA                                                                    \
	"\"contacts\":[{\"wa_id\":\"34600\",\"profile\":{\"name\":\"Ana\"}}]"

/* Facts of one change; its value's members are given. */
static json_t *
change(const char *field, const char *members)
{
	json_t *facts = NULL;
	struct err e = { .text = "" };
	struct buf b;

	buf_init(&b, BODY_MAX);
	assert_true(buf_printf(
		&b,
		"{\"object\":\"whatsapp_business_account\",\"entry\":[{"
		"\"id\":\"9\",\"time\":1781000000,\"changes\":[{\"field\":"
		"\"%s\",\"value\":{%s}}]}]}",
		field, members));
	assert_int_equal(wa_read(buf_str(&b), b.len, &facts, &e), OUT_OK);
	buf_release(&b);
	return facts;
}

static json_t *
nth(const json_t *facts, const char *list, size_t i)
{
	return json_array_get(json_object_get(facts, list), i);
}

static size_t
count(const json_t *facts, const char *list)
{
	return json_array_size(json_object_get(facts, list));
}

static const char *
text(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

/* Facts of messages, each `{"id":...}` without its braces. */
static json_t *
messages(const char *contacts, const char *list)
{
	struct buf b;
	json_t *facts;

	buf_init(&b, BODY_MAX);
	assert_true(
		buf_printf(&b, OURS ",%s\"messages\":[%s]", contacts, list));
	facts = change("messages", buf_str(&b));
	buf_release(&b);
	return facts;
}

/* Is the body refused as a whole, with these words? */
static void
refuses(const char *body, size_t n, const char *words)
{
	json_t *facts = NULL;
	struct err e = { .text = "" };

	assert_int_equal(wa_read(body, n, &facts, &e), OUT_PERM);
	assert_null(facts);
	if (strstr(e.text, words) == NULL)
		fail_msg("'%s' does not say '%s'", e.text, words);
}

static void
contacts_are_found_by_id(void **state)
{
	json_t *f = messages(
		"\"contacts\":["
		"{\"wa_id\":\"2\",\"profile\":{\"name\":\"Two\"}},"
		"{\"user_id\":\"ES.3\",\"profile\":{\"name\":\"Three\"}},"
		"{\"wa_id\":\"1\",\"profile\":{\"name\":\"One\"}}],",
		"{\"id\":\"a\",\"from\":\"1\",\"type\":\"text\"},"
		"{\"id\":\"b\",\"from_user_id\":\"ES.3\",\"type\":\"text\"},"
		"{\"id\":\"c\",\"from\":\"2\",\"type\":\"text\"},"
		"{\"id\":\"d\",\"from\":\"4\",\"type\":\"text\"}");

	(void)state;
	assert_int_equal(count(f, "messages"), 4);
	assert_string_equal(text(nth(f, "messages", 0), "profile_name"), "One");
	assert_string_equal(text(nth(f, "messages", 1), "profile_name"),
			    "Three");
	assert_null(text(nth(f, "messages", 1), "from"));
	assert_string_equal(text(nth(f, "messages", 2), "profile_name"), "Two");
	assert_null(text(nth(f, "messages", 3), "profile_name"));
	json_decref(f);
}

/* A lone contact names a lone sender; never one of two. */
static void
a_lone_contact_is_the_sender(void **state)
{
	json_t *f = messages(
		ANA ",", "{\"id\":\"a\",\"from\":\"521\",\"type\":\"text\"}");

	(void)state;
	assert_string_equal(text(nth(f, "messages", 0), "wa_id"), "34600");
	json_decref(f);
	f = messages(ANA ",",
		     "{\"id\":\"a\",\"from\":\"521\",\"type\":\"text\"},"
		     "{\"id\":\"b\",\"from\":\"522\",\"type\":\"text\"}");
	assert_null(text(nth(f, "messages", 0), "wa_id"));
	assert_null(text(nth(f, "messages", 1), "profile_name"));
	json_decref(f);
	f = messages("\"contacts\":[{\"user_id\":\"ES.1\"}],",
		     "{\"id\":\"a\",\"from_user_id\":\"ES.2\","
		     "\"type\":\"text\"}");
	assert_string_equal(text(nth(f, "messages", 0), "user_id"), "ES.2");
	json_decref(f);
}

static void
one_bad_message_costs_no_other(void **state)
{
	json_t *f = messages(
		ANA ",", "{\"id\":\"a\",\"from\":\"34600\",\"type\":\"text\","
			 "\"text\":\"bare\"},7,"
			 "{\"from\":\"34600\",\"type\":\"text\"},"
			 "{\"id\":\"b\",\"from\":\"34600\",\"type\":7},"
			 "{\"id\":\"c\",\"from\":\"34600\",\"type\":\"text\","
			 "\"text\":{\"body\":\"fine\"}}");
	static const char *const why[] = { "another shape", "is no object",
					   "no id", "no type" };

	(void)state;
	assert_int_equal(count(f, "messages"), 1);
	assert_string_equal(text(nth(f, "messages", 0), "text"), "fine");
	assert_int_equal(count(f, "refused"), 4);
	for (size_t i = 0; i < 4; i++) {
		if (strstr(text(nth(f, "refused", i), "why"), why[i]) == NULL)
			fail_msg("%s", text(nth(f, "refused", i), "why"));
	}
	assert_string_equal(text(nth(f, "refused", 1), "where"),
			    "entry[0].changes[0].messages[1]");
	json_decref(f);
}

static void
a_message_is_read_once(void **state)
{
	json_t *f = messages(ANA ",",
			     "{\"id\":\"a\",\"from\":\"1\",\"type\":\"text\"},"
			     "{\"id\":\"a\",\"from\":\"1\",\"type\":\"text\"}");

	(void)state;
	assert_int_equal(count(f, "messages"), 1);
	assert_int_equal(count(f, "refused"), 0);
	json_decref(f);
}

static void
our_own_number_is_no_customer(void **state)
{
	json_t *f = messages("", "{\"id\":\"a\",\"from\":\"+1 555 000 1111\","
				 "\"type\":\"text\"}");

	(void)state;
	/* blanks are in no id, so there is no sender either */
	assert_int_equal(count(f, "messages") + count(f, "own"), 0);
	json_decref(f);
	f = messages("", "{\"id\":\"a\",\"from\":\"15550001111\","
			 "\"type\":\"text\",\"text\":{\"body\":\"loop\"}}");
	assert_int_equal(count(f, "messages"), 0);
	assert_int_equal(count(f, "own"), 1);
	json_decref(f);
}

static void
times_are_believed_within_reason(void **state)
{
	json_t *f =
		messages("", "{\"id\":\"a\",\"from\":\"1\",\"type\":\"text\","
			     "\"timestamp\":\"1781000000\"},"
			     "{\"id\":\"b\",\"from\":\"1\",\"type\":\"text\","
			     "\"timestamp\":\"99999999999999\"},"
			     "{\"id\":\"c\",\"from\":\"1\",\"type\":\"text\","
			     "\"timestamp\":\"-1\"},"
			     "{\"id\":\"d\",\"from\":\"1\",\"type\":\"text\","
			     "\"timestamp\":1781000000},"
			     "{\"id\":\"e\",\"from\":\"1\",\"type\":\"text\","
			     "\"timestamp\":\"17e8\"}");

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(
				 nth(f, "messages", 0), "timestamp")),
			 1781000000);
	for (size_t i = 1; i < 5; i++) {
		assert_non_null(nth(f, "messages", i));
		assert_null(
			json_object_get(nth(f, "messages", i), "timestamp"));
	}
	json_decref(f);
}

/* NUL and halves of pairs become U+FFFD; whole pairs stay. */
static void
escapes_become_text(void **state)
{
	json_t *f = messages(
		"", "{\"id\":\"a\",\"from\":\"1\",\"type\":\"text\",\"text\":{"
		    "\"body\":\"a\\u0000b\\ud83dc\\ude00d\\ud83d\\ude00"
		    "\\\\u0000\\ud83d\\ud83d\\ude00\"}}");

	(void)state;
	assert_string_equal(text(nth(f, "messages", 0), "text"),
			    "a\xef\xbf\xbd"
			    "b\xef\xbf\xbd"
			    "c\xef\xbf\xbd"
			    "d\xf0\x9f\x98\x80\\u0000\xef\xbf\xbd"
			    "\xf0\x9f\x98\x80");
	json_decref(f);
}

static void
numbers_are_finite_or_none(void **state)
{
	json_t *f = messages(
		"",
		"{\"id\":\"a\",\"from\":\"1\",\"type\":\"location\","
		"\"location\":{\"latitude\":1e400,\"longitude\":1}},"
		"{\"id\":\"b\",\"from\":\"1\",\"type\":\"location\","
		"\"location\":{\"latitude\":"
		"1234567890123456789012345678901234567890,\"longitude\":1}},"
		"{\"id\":\"c\",\"from\":\"1\",\"type\":\"location\","
		"\"location\":{\"latitude\":\"-3.5\",\"longitude\":4}}");
	const json_t *place;

	(void)state;
	assert_int_equal(count(f, "messages"), 1);
	assert_int_equal(count(f, "refused"), 2);
	place = json_object_get(nth(f, "messages", 0), "location");
	assert_true(json_real_value(json_object_get(place, "latitude")) ==
		    -3.5);
	json_decref(f);
}

static void
media_ids_are_safe_in_a_url(void **state)
{
	json_t *f = messages(
		"",
		"{\"id\":\"a\",\"from\":\"1\",\"type\":\"document\","
		"\"document\":{\"id\":\"../me?x=\",\"filename\":\"../../a\\nb\","
		"\"mime_type\":\"text/plain\\r\\nX: y\"}},"
		"{\"id\":\"b\",\"from\":\"1\",\"type\":\"voice\",\"voice\":{"
		"\"id\":\"AZ-az_09\",\"mime_type\":\"audio/ogg; codecs=opus\"}"
		"}");
	const json_t *bad;
	const json_t *good;

	(void)state;
	bad = json_object_get(nth(f, "messages", 0), "media");
	good = json_object_get(nth(f, "messages", 1), "media");
	assert_null(text(bad, "id"));
	assert_null(text(bad, "mime_type"));
	assert_string_equal(text(bad, "filename"), "a b");
	assert_string_equal(text(good, "id"), "AZ-az_09");
	assert_string_equal(text(good, "kind"), "audio");
	assert_true(json_is_true(json_object_get(good, "voice")));
	assert_string_equal(text(good, "mime_type"), "audio/ogg; codecs=opus");
	json_decref(f);
}

/* An id is refused whole, a text is cut with a mark, between characters. */
static void
sizes_are_capped(void **state)
{
	char *id = malloc(WA_ID_MAX + 2);
	char *long_text = malloc(WA_TEXT_MAX + 64);
	struct buf b;
	json_t *f;
	const char *cut;

	(void)state;
	assert_non_null(id);
	assert_non_null(long_text);
	memset(id, 'A', WA_ID_MAX + 1);
	id[WA_ID_MAX + 1] = '\0';
	long_text[0] = 'x';
	for (size_t i = 1; i + 2 < WA_TEXT_MAX + 64; i += 2)
		memcpy(long_text + i, "\xc3\xb1", 3);
	buf_init(&b, BODY_MAX);
	assert_true(buf_printf(
		&b,
		"{\"id\":\"%s\",\"from\":\"1\",\"type\":\"text\"},"
		"{\"id\":\"b\",\"from\":\"1\",\"type\":\"text\",\"text\":{"
		"\"body\":\"%s\"}}",
		id, long_text));
	f = messages("", buf_str(&b));
	assert_int_equal(count(f, "refused"), 1);
	cut = text(nth(f, "messages", 0), "text");
	assert_true(strlen(cut) <= WA_TEXT_MAX);
	assert_true(strlen(cut) >= WA_TEXT_MAX - 8);
	assert_string_equal(cut + strlen(cut) - 5, "\xc3\xb1\xe2\x80\xa6");
	json_decref(f);
	buf_release(&b);
	free(id);
	free(long_text);
}

static void
unknown_types_are_kept(void **state)
{
	json_t *f = messages(
		"",
		"{\"id\":\"a\",\"from\":\"1\",\"type\":\"poll_creation\","
		"\"poll_creation\":[]},"
		"{\"id\":\"b\",\"from\":\"1\",\"type\":\"request_welcome\"},"
		"{\"id\":\"c\",\"from\":\"1\",\"type\":\"unsupported\","
		"\"unsupported\":{\"type\":\"poll\"},"
		"\"errors\":[{\"code\":131051},{\"code\":\"x\"}]}");
	const json_t *codes;

	(void)state;
	assert_int_equal(count(f, "messages"), 3);
	assert_true(json_is_false(
		json_object_get(nth(f, "messages", 0), "supported")));
	assert_true(json_is_false(
		json_object_get(nth(f, "messages", 1), "supported")));
	assert_true(json_is_true(
		json_object_get(nth(f, "messages", 2), "supported")));
	assert_string_equal(text(nth(f, "messages", 2), "unsupported_type"),
			    "poll");
	codes = json_object_get(nth(f, "messages", 2), "error_codes");
	assert_int_equal(json_array_size(codes), 1);
	json_decref(f);
}

static void
reactions_may_be_taken_back(void **state)
{
	json_t *f = messages(
		"", "{\"id\":\"a\",\"from\":\"1\",\"type\":\"reaction\","
		    "\"reaction\":{\"message_id\":\"m\",\"emoji\":\"\"}},"
		    "{\"id\":\"b\",\"from\":\"1\",\"type\":\"reaction\","
		    "\"reaction\":{\"emoji\":\"x\"}}");
	const json_t *r;

	(void)state;
	r = json_object_get(nth(f, "messages", 0), "reaction");
	assert_string_equal(text(r, "message_id"), "m");
	assert_null(json_object_get(r, "emoji"));
	assert_int_equal(count(f, "refused"), 1);
	json_decref(f);
}

/* What a form was filled with: as JSON, or as it came if that is broken. */
static void
forms_may_be_broken(void **state)
{
	json_t *f = messages(
		"", "{\"id\":\"a\",\"from\":\"1\",\"type\":\"interactive\","
		    "\"interactive\":{\"type\":\"nfm_reply\",\"nfm_reply\":{"
		    "\"name\":\"flow\",\"body\":\"Sent\",\"response_json\":"
		    "\"{\\\"a\\\":1}\"}}},"
		    "{\"id\":\"b\",\"from\":\"1\",\"type\":\"interactive\","
		    "\"interactive\":{\"type\":\"nfm_reply\",\"nfm_reply\":{"
		    "\"body\":\"Sent\",\"response_json\":\"{a:\"}}},"
		    "{\"id\":\"c\",\"from\":\"1\",\"type\":\"interactive\"}");
	const json_t *form;

	(void)state;
	assert_int_equal(count(f, "messages"), 3);
	form = json_object_get(nth(f, "messages", 0), "interactive");
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(form, "response"), "a")),
			 1);
	assert_string_equal(text(nth(f, "messages", 0), "text"), "Sent");
	form = json_object_get(nth(f, "messages", 1), "interactive");
	assert_null(json_object_get(form, "response"));
	assert_string_equal(text(form, "response_raw"), "{a:");
	json_decref(f);
}

/* Fields decide: statuses of calls are none, echoes are not inbound. */
static void
fields_are_told_apart(void **state)
{
	static const char both[] =
		OURS ",\"statuses\":[{\"id\":\"s\",\"status\":\"read\"},"
		     "{\"id\":\"t\",\"status\":3}],\"messages\":[{\"id\":\"a\","
		     "\"from\":\"1\",\"type\":\"text\"}],\"message_echoes\":[{"
		     "\"id\":\"e\",\"to\":\"2\",\"type\":\"text\",\"text\":{"
		     "\"body\":\"x\"}}],\"errors\":[{\"code\":130429,"
		     "\"title\":\"Rate\",\"error_data\":{\"details\":\"D\"}}]";
	json_t *f = change("messages", both);

	(void)state;
	assert_int_equal(count(f, "messages"), 1);
	assert_int_equal(count(f, "statuses"), 1);
	assert_int_equal(count(f, "refused"), 1);
	assert_int_equal(count(f, "echoes"), 0);
	assert_string_equal(text(nth(f, "errors", 0), "detail"), "D");
	json_decref(f);
	f = change("calls", both);
	assert_int_equal(count(f, "statuses") + count(f, "messages"), 0);
	assert_string_equal(text(nth(f, "events", 0), "field"), "calls");
	json_decref(f);
	f = change("smb_message_echoes", both);
	assert_int_equal(count(f, "messages") + count(f, "statuses"), 0);
	assert_string_equal(text(nth(f, "echoes", 0), "to"), "2");
	json_decref(f);
}

/* Nothing of a customer is in an event's words. */
static void
events_say_what_they_may(void **state)
{
	json_t *f =
		change("account_alerts",
		       "\"alert_info\":{\"alert_severity\":\"CRITICAL\","
		       "\"alert_type\":\"T\"},\"limits\":[1,{\"a\":\"b\"}]");

	(void)state;
	assert_string_equal(text(nth(f, "events", 0), "severity"), "CRITICAL");
	assert_string_equal(text(nth(f, "events", 0), "waba_id"), "9");
	assert_string_equal(text(nth(f, "events", 0), "detail"),
			    "alert_severity: CRITICAL, alert_type: T, "
			    "limits: 1, a: b");
	json_decref(f);
	f = change("history", OURS ",\"history\":[{\"text\":\"secret\"}]");
	assert_null(text(nth(f, "events", 0), "detail"));
	json_decref(f);
}

static void
bodies_that_are_none_are_refused(void **state)
{
	struct buf b;
	json_t *f = NULL;
	struct err e;

	(void)state;
	refuses("", 0, "not JSON at byte 0");
	refuses("[]", 2, "no object");
	refuses("null", 4, "no object");
	refuses("{\"object\":", 10, "not JSON at byte 10");
	refuses("{\"a\":\"\xff\"}", 9, "not JSON at byte");
	refuses("\xef\xbb\xbf{}", 5, "not JSON at byte");
	refuses("{\"a\":\"\\", 7, "not JSON");
	refuses("{\"a\":\"\\u00", 10, "not JSON");
	buf_init(&b, BODY_MAX);
	for (int i = 0; i < 20000; i++)
		assert_true(buf_putc(&b, '['));
	refuses(buf_str(&b), b.len, "nested more than 64 deep at byte 64");
	buf_release(&b);
	assert_int_equal(
		wa_read("{\"object\":\"page\",\"entry\":7}", 27, &f, &e),
		OUT_OK);
	assert_int_equal(count(f, "refused"), 0);
	json_decref(f);
}

static void
a_body_holds_so_many_facts(void **state)
{
	struct buf b;
	json_t *f;

	(void)state;
	buf_init(&b, BODY_MAX);
	assert_true(buf_puts(&b, OURS ",\"statuses\":["));
	for (int i = 0; i < WA_FACTS_MAX + 5; i++)
		assert_true(buf_printf(&b,
				       "%s{\"id\":\"s%d\",\"status\":\"sent\"}",
				       i != 0 ? "," : "", i));
	assert_true(buf_puts(&b, "]"));
	f = change("messages", buf_str(&b));
	assert_int_equal(count(f, "statuses"), WA_FACTS_MAX);
	assert_int_equal(count(f, "refused"), 1);
	json_decref(f);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contacts_are_found_by_id),
		cmocka_unit_test(a_lone_contact_is_the_sender),
		cmocka_unit_test(one_bad_message_costs_no_other),
		cmocka_unit_test(a_message_is_read_once),
		cmocka_unit_test(our_own_number_is_no_customer),
		cmocka_unit_test(times_are_believed_within_reason),
		cmocka_unit_test(escapes_become_text),
		cmocka_unit_test(numbers_are_finite_or_none),
		cmocka_unit_test(media_ids_are_safe_in_a_url),
		cmocka_unit_test(sizes_are_capped),
		cmocka_unit_test(unknown_types_are_kept),
		cmocka_unit_test(reactions_may_be_taken_back),
		cmocka_unit_test(forms_may_be_broken),
		cmocka_unit_test(fields_are_told_apart),
		cmocka_unit_test(events_say_what_they_may),
		cmocka_unit_test(bodies_that_are_none_are_refused),
		cmocka_unit_test(a_body_holds_so_many_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

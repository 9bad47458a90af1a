/* Answers by a mail server: what is sent again when nobody knows, and what a
 * letter carries besides its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/outgoing.h"
#include "daemon/store/incident.h"
#include "daemon/store/outmail.h"
#include "daemon/store/store.h"
#include "tests/unit/fixture.h"

method_fn m_incident_answer;
method_fn m_outbox_report;
method_fn m_outbox_take;

#define LOST_MS INT64_C(300000)
#define LEASE_MS 60000

static const struct letter first = { .id = "<a1@lucia.example>",
				     .from = "lucia@example.org",
				     .subject = "Mi pedido",
				     .text = "¿Dónde está **todo**?" };

/* A mail, which came by a mailbox with these settings beside its address. */
static void
mail_by_mailbox(const char *settings)
{
	struct call c = fixture_mail(&first);
	char *sql =
		mem_printf("UPDATE connection SET kind = 'mailbox', settings = "
			   "json_patch(settings, '%s') WHERE id = 1",
			   settings);

	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	fixture_exec(sql);
	mem_free(sql);
}

static void
answer(int seen)
{
	struct call c =
		fixture_call(m_incident_answer, ROLE_CONSOLE, fx.agent_id,
			     json_pack("{s:i, s:s, s:i}", "id", 1, "text",
				       "Sale hoy", "seen", seen));

	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	call_release(&c);
}

/* The only delivery that is due, or NULL. */
static json_t *
take(void)
{
	struct call c = fixture_call(
		m_outbox_take, ROLE_MAIL, 0,
		json_pack("{s:i, s:i}", "max", 10, "lease_ms", LEASE_MS));
	json_t *list = json_object_get(c.result, "deliveries");
	json_t *d = json_incref(json_array_get(list, 0));

	assert_int_equal(c.outcome, OUT_OK);
	assert_true(json_array_size(list) <= 1);
	call_release(&c);
	return d;
}

static bool
takes(void)
{
	json_t *d = take();
	bool there = d != NULL;

	json_decref(d);
	return there;
}

static void
reported(int attempt, const char *result, bool retry, const char *state)
{
	struct call c =
		fixture_call(m_outbox_report, ROLE_MAIL, 0,
			     json_pack("{s:i, s:i, s:s, s:b, s:s}", "delivery",
				       1, "attempt", attempt, "result", result,
				       "retry", retry, "detail", "cut"));

	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	assert_string_equal(
		json_string_value(json_object_get(c.result, "state")), state);
	call_release(&c);
}

static const char *
text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "(none)";
}

/* --- nobody knows ---------------------------------------------------------- */

static void
waits_for(int64_t ms)
{
	assert_int_equal(fixture_int("SELECT due_ms FROM delivery"),
			 fx.now_ms + ms);
	fx.now_ms += ms - 1;
	assert_false(takes());
	fx.now_ms += 1;
	assert_true(takes());
}

/* Twice again, five minutes later each, under one key; then staff decide. */
static void
test_unknown_is_sent_again(void **state)
{
	(void)state;
	mail_by_mailbox("{}");
	answer(1);
	assert_true(takes());
	reported(1, "unknown", false, "queued");
	assert_int_equal(fixture_int("SELECT lost FROM delivery"), 1);
	waits_for(LOST_MS);
	reported(2, "unknown", false, "queued");
	waits_for(LOST_MS);
	reported(3, "unknown", false, "unknown");
	assert_int_equal(fixture_int("SELECT lost FROM delivery"), 2);
	fx.now_ms += INT64_C(5) * 24 * 3600 * 1000;
	assert_false(takes());
	assert_int_equal(fixture_int("SELECT count(DISTINCT key) "
				     "FROM delivery"),
			 1);
	assert_string_equal(
		fixture_text("SELECT group_concat(data ->> '$.state' || "
			     "ifnull(data ->> '$.lost', ''), ' ') FROM event "
			     "WHERE kind = 'delivery.changed'"),
		"queued queued1 queued2 unknown2");
	/* the truth may still come */
	reported(3, "sent", false, "sent");
}

/* What fails for the moment in between does not begin the count anew. */
static void
test_failures_between(void **state)
{
	(void)state;
	mail_by_mailbox("{}");
	answer(1);
	assert_true(takes());
	reported(1, "unknown", false, "queued");
	fx.now_ms += LOST_MS;
	assert_true(takes());
	reported(2, "failed", true, "queued");
	waits_for(60000);
	reported(3, "unknown", false, "queued");
	waits_for(LOST_MS);
	reported(4, "unknown", false, "unknown");
}

static void
test_lease_that_ends(void **state)
{
	(void)state;
	mail_by_mailbox("{}");
	answer(1);
	for (int lost = 1; lost <= 2; lost++) {
		assert_true(takes());
		fx.now_ms += LEASE_MS;
		(void)fixture_tick();
		assert_int_equal(fixture_int("SELECT lost FROM delivery"),
				 lost);
		assert_int_equal(fixture_int("SELECT due_ms FROM delivery"),
				 fx.now_ms + LOST_MS);
		fx.now_ms += LOST_MS;
	}
	assert_true(takes());
	fx.now_ms += LEASE_MS;
	(void)fixture_tick();
	assert_string_equal(fixture_text("SELECT state FROM delivery"),
			    "unknown");
}

/* A gateway that was not heard in time tells the truth later: a word that is
 * said twice counts once, and what did not go was not lost. */
static void
test_truth_that_comes_late(void **state)
{
	(void)state;
	mail_by_mailbox("{}");
	answer(1);
	assert_true(takes());
	fx.now_ms += LEASE_MS;
	(void)fixture_tick();
	reported(1, "unknown", false, "queued");
	assert_int_equal(fixture_int("SELECT lost FROM delivery"), 1);
	assert_int_equal(fixture_int("SELECT due_ms FROM delivery"),
			 fx.now_ms + LOST_MS);
	reported(1, "failed", true, "queued");
	assert_int_equal(fixture_int("SELECT lost FROM delivery"), 0);
	reported(1, "failed", true, "queued");
	waits_for(30000);
	reported(2, "unknown", false, "queued");
	reported(2, "unknown", false, "queued");
	assert_int_equal(fixture_int("SELECT lost FROM delivery"), 1);
	fx.now_ms += LOST_MS;
	assert_true(takes());
	fx.now_ms += LEASE_MS;
	(void)fixture_tick();
	reported(3, "sent", false, "sent");
}

/* After four days nothing is sent by itself any more. */
static void
test_unknown_when_it_is_late(void **state)
{
	(void)state;
	mail_by_mailbox("{}");
	answer(1);
	fx.now_ms += INT64_C(4) * 24 * 3600 * 1000;
	assert_true(takes());
	reported(1, "unknown", false, "unknown");
	assert_int_equal(fixture_int("SELECT lost FROM delivery"), 0);
}

/* --- the letter ------------------------------------------------------------ */

static void
signs(const char *signature)
{
	char *sql = mem_printf("UPDATE agent SET signature = '%s' "
			       "WHERE id = 1",
			       signature);

	fixture_exec(sql);
	mem_free(sql);
}

static void
test_bare_letter(void **state)
{
	json_t *d;

	(void)state;
	mail_by_mailbox("{}");
	answer(1);
	d = take();
	assert_string_equal(text_of(d, "text"), "Sale hoy");
	assert_string_equal(text_of(d, "language"), "es");
	assert_true(json_is_null(json_object_get(d, "signature")));
	assert_true(json_is_null(json_object_get(d, "quote")));
	assert_true(json_is_true(json_object_get(d, "dsn")));
	assert_true(json_is_false(json_object_get(d, "automatic")));
	json_decref(d);
}

static void
test_full_letter(void **state)
{
	json_t *d, *quote;

	(void)state;
	mail_by_mailbox("{\"signature\": {\"es\": \"*Olmo*\", \"en\": "
			"\"Olmo Ltd\"}, \"quote_history\": true, "
			"\"delivery_reports\": false}");
	signs("Ana\nAtención");
	answer(1);
	/* what is fixed does not change, what was erased is not quoted */
	signs("otra");
	d = take();
	assert_string_equal(text_of(d, "signature"), "Ana\nAtención\n*Olmo*");
	quote = json_object_get(d, "quote");
	assert_string_equal(text_of(quote, "text"), first.text);
	assert_string_equal(text_of(quote, "name"), "lucia@example.org");
	assert_memory_equal(text_of(quote, "at"), "2026-01-05T", 11);
	assert_true(json_is_false(json_object_get(d, "dsn")));
	json_decref(d);
	reported(1, "failed", true, "queued");
	fixture_exec("UPDATE message SET text = 'otra cosa' WHERE number = 1");
	fx.now_ms += 30000;
	d = take();
	assert_string_equal(text_of(json_object_get(d, "quote"), "text"),
			    "otra cosa");
	json_decref(d);
}

/* The customer's language comes first, then the mailbox's; a signature in the
 * other language is better than none. */
static void
test_languages(void **state)
{
	json_t *d;

	(void)state;
	mail_by_mailbox("{\"language\": \"en\", \"signature\": "
			"{\"es\": \"Olmo\"}}");
	answer(1);
	d = take();
	assert_string_equal(text_of(d, "language"), "en");
	assert_string_equal(text_of(d, "signature"), "Olmo");
	json_decref(d);
	reported(1, "sent", false, "sent");
	fixture_exec("UPDATE customer SET language = 'es'");
	answer(2);
	d = take();
	assert_string_equal(text_of(d, "language"), "es");
	json_decref(d);
}

/* What a program writes is signed by the desk and quotes nobody. */
static void
test_programs_quote_nobody(void **state)
{
	struct outgoing out = { .text = "Lo tenemos.",
				.bot = true,
				.send_ms = 0 };
	struct incident inc;
	struct err e;
	int64_t message;
	json_t *d;

	(void)state;
	mail_by_mailbox("{\"signature\": {\"es\": \"Olmo\"}, "
			"\"quote_history\": true}");
	signs("Ana");
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(incident_load(fx.store, 1, &inc, &e), OUT_OK);
	out.send_ms = fx.now_ms;
	assert_int_equal(outgoing_add(&fx.desk, fx.store, NULL, &inc, &out,
				      fx.now_ms, &message, &e),
			 OUT_OK);
	assert_int_equal(incident_save(fx.store, &inc, &e), OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	incident_release(&inc);
	d = take();
	assert_true(json_is_true(json_object_get(d, "automatic")));
	assert_string_equal(text_of(d, "signature"), "Olmo");
	assert_true(json_is_null(json_object_get(d, "quote")));
	assert_true(json_is_false(json_object_get(d, "dsn")));
	json_decref(d);
}

/* A quote is cut between letters, and counted where a frame must fit. */
static void
test_long_quotes(void **state)
{
	size_t bytes = 0, before = 0;
	struct err e;
	const char *text;
	json_t *d;

	(void)state;
	mail_by_mailbox("{\"quote_history\": true}");
	answer(1);
	assert_int_equal(outmail_bytes(fx.store, 1, &before, &e), OUT_OK);
	fixture_exec("UPDATE message SET text = 'x' || replace(hex(zeroblob("
		     "20000)), '00', 'ñ') WHERE number = 1");
	assert_int_equal(outmail_bytes(fx.store, 1, &bytes, &e), OUT_OK);
	assert_true(bytes >= before + OUTMAIL_QUOTE_MAX);
	d = take();
	text = text_of(json_object_get(d, "quote"), "text");
	assert_int_equal(strlen(text), OUTMAIL_QUOTE_MAX - 1);
	json_decref(d);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unknown_is_sent_again),
		TEST(test_failures_between),
		TEST(test_lease_that_ends),
		TEST(test_truth_that_comes_late),
		TEST(test_unknown_when_it_is_late),
		TEST(test_bare_letter),
		TEST(test_full_letter),
		TEST(test_languages),
		TEST(test_programs_quote_nobody),
		TEST(test_long_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

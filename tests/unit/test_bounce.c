/*
 * Mail that came back: the delivery, its clock, the incident, the address; and
 * who may not say so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/view.h"
#include "tests/unit/fixture.h"

method_fn m_identity_retry;
method_fn m_incident_answer;
method_fn m_incident_merge;
method_fn m_incident_set;
method_fn m_outbox_report;
method_fn m_outbox_take;

#define LUCIA "lucia@example.org"
#define FAILED(address, permanent)                                             \
	"[{\"address\":\"" address                                             \
	"\",\"status\":\"5.1.1\",\"permanent\":" permanent                     \
	",\"reason\":\"550 5.1.1 User unknown\"}]"

static struct call
staff(method_fn *fn, json_t *params)
{
	return fixture_call(fn, ROLE_CONSOLE, fx.agent_id, params);
}

static void
staff_does(method_fn *fn, json_t *params)
{
	struct call c = staff(fn, params);

	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	call_release(&c);
}

/* The incident of a new mail. */
static int64_t
mail_from(const char *from, const char *id)
{
	struct letter m = { .id = id,
			    .from = from,
			    .subject = "Mi pedido",
			    .text = "¿Dónde está?" };
	struct call c = fixture_mail(&m);
	int64_t incident = got_int(&c, "incident");

	call_release(&c);
	return incident;
}

/* Answer incident 1 and have it delivered; true: it warned. */
static bool
answer(int seen, const char *copy)
{
	json_t *p =
		json_pack("{s:i, s:s, s:i, s:s}", "id", 1, "text",
			  "Sale hoy mismo", "seen", seen, "state", "solved");
	struct call c;
	const json_t *warnings;
	bool warned;

	if (copy != NULL)
		(void)json_object_set_new(
			p, "cc", json_pack("[{s:s}]", "address", copy));
	c = staff(m_incident_answer, p);
	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	warnings = json_object_get(c.result, "warnings");
	assert_true(json_is_array(warnings));
	warned = json_array_size(warnings) == 1;
	if (warned)
		assert_string_equal(
			json_string_value(json_array_get(warnings, 0)),
			"address_failed");
	call_release(&c);
	return warned;
}

/* What the gateway does with what is queued. */
static void
deliver(void)
{
	struct call c = fixture_call(
		m_outbox_take, ROLE_MAIL, 0,
		json_pack("{s:i, s:i}", "max", 10, "lease_ms", 60000));
	const json_t *list = json_object_get(c.result, "deliveries");
	const json_t *d;
	size_t i;

	assert_true(json_array_size(list) > 0);
	json_array_foreach(list, i, d)
	{
		struct call r = fixture_call(
			m_outbox_report, ROLE_MAIL, 0,
			json_pack("{s:O, s:O, s:s}", "delivery",
				  json_object_get(d, "id"), "attempt",
				  json_object_get(d, "attempt"), "result",
				  "sent"));

		assert_int_equal(r.outcome, OUT_OK);
		call_release(&r);
	}
	call_release(&c);
}

/* An answer on its way, then there. */
static void
answered(const char *copy)
{
	assert_int_equal(mail_from(LUCIA, "<a1@example.org>"), 1);
	assert_false(answer(1, copy));
	deliver();
	fx.now_ms += 60000;
}

static const char *
key(void)
{
	return fixture_text("SELECT key FROM delivery WHERE id = 1");
}

/* A report; ids: JSON list of Message-IDs, or NULL: that of the answer. */
static int64_t
reported(const char *id, const char *kind, const char *ids,
	 const char *recipients, const char *to)
{
	char *own = mem_printf("[\"%s\"]", key());
	char *bounce = mem_printf(
		"{\"kind\":\"%s\",\"message_ids\":%s,\"recipients\":%s}", kind,
		ids != NULL ? ids : own, recipients);
	struct letter m = { .id = id,
			    .from = "mailer-daemon@example.org",
			    .to = to,
			    .subject = "Undelivered Mail",
			    .text = "I'm sorry",
			    .robot = true,
			    .bounce = bounce };
	struct call c = fixture_mail(&m);
	int64_t incident = got_int(&c, "incident");

	call_release(&c);
	mem_free(bounce);
	mem_free(own);
	return incident;
}

static const char *
delivery(void)
{
	return fixture_text("SELECT state || ' ' || (bounced_ms IS NOT NULL) "
			    "|| ' ' || detail FROM delivery WHERE id = 1");
}

static const char *
clock_state(void)
{
	return fixture_text("SELECT state FROM clock WHERE id = 1");
}

static const char *
incident_state(void)
{
	return fixture_text("SELECT state FROM incident WHERE id = 1");
}

static int64_t
flags(void)
{
	return fixture_int("SELECT count(*) FROM identity "
			   "WHERE failed_ms IS NOT NULL");
}

static const char *
told(void)
{
	return fixture_text("SELECT group_concat(json_extract(data, '$.kind'), "
			    "' ') FROM event WHERE kind = 'delivery.bounced'");
}

/* Nothing happened but what is told. */
static void
unharmed(const char *kinds)
{
	assert_string_equal(delivery(), "sent 0 ");
	assert_string_equal(clock_state(), "fulfilled");
	assert_int_equal(flags(), 0);
	assert_string_equal(told(), kinds);
}

/* --- what came back ---------------------------------------------------------- */

static void
test_failed(void **state)
{
	(void)state;
	answered(NULL);
	assert_string_equal(incident_state(), "solved");
	assert_int_equal(reported("<b1@mx>", "failed", NULL,
				  FAILED("Lucia@Example.org", "true"), NULL),
			 1);
	assert_string_equal(delivery(), "failed 1 550 5.1.1 User unknown");
	assert_string_equal(clock_state(), "running");
	assert_string_equal(incident_state(), "open");
	assert_string_equal(told(), "failed");
	assert_string_equal(
		fixture_text("SELECT value || ' ' || failed_detail "
			     "FROM identity WHERE failed_ms IS NOT NULL"),
		LUCIA " 550 5.1.1 User unknown");
	assert_string_equal(
		fixture_text("SELECT matched || ' ' || robot FROM message "
			     "WHERE incident_id = 1 AND number = 3"),
		"bounce 1");
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE kind = "
				     "'identity.changed' AND incident_id = 1"),
			 1);
	/* the same report once more, of another system */
	assert_int_equal(reported("<b2@mx>", "failed", NULL,
				  FAILED(LUCIA, "true"), NULL),
			 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE kind = "
				     "'delivery.changed' AND data LIKE "
				     "'%bounced%'"),
			 1);
}

/* Returned, but the address may do another time. */
static void
test_failed_for_now(void **state)
{
	(void)state;
	answered(NULL);
	assert_int_equal(reported("<b1@mx>", "failed", NULL,
				  "[{\"address\":\"" LUCIA
				  "\",\"status\":\"4.4.7\","
				  "\"permanent\":false}]",
				  NULL),
			 1);
	assert_string_equal(delivery(), "failed 1 4.4.7");
	assert_string_equal(clock_state(), "running");
	assert_int_equal(flags(), 0);
}

/* The report names where the mail was forwarded to, and our address too. */
static void
test_failed_original(void **state)
{
	(void)state;
	answered(NULL);
	assert_int_equal(
		reported("<b1@mx>", "failed", NULL,
			 "[{\"address\":\"l@elsewhere.example\",\"original\":"
			 "\"" LUCIA "\",\"permanent\":true}]",
			 NULL),
		1);
	assert_string_equal(delivery(), "failed 1 it came back");
	assert_int_equal(flags(), 1);
}

/* It names nobody, but was sent to the address of that answer. */
static void
test_failed_by_address(void **state)
{
	char *to;
	size_t n;

	(void)state;
	answered(NULL);
	n = strcspn(key() + 1, "@");
	to = mem_printf("hola+%.*s@olmo.example", (int)n, key() + 1);
	assert_int_equal(reported("<b1@mx>", "failed", "[]", "[]", to), 1);
	mem_free(to);
	assert_string_equal(delivery(), "failed 1 it came back");
	assert_int_equal(flags(), 0);
}

/* It is back before the gateway has told that it went. */
static void
test_failed_before_sent(void **state)
{
	struct call c;

	(void)state;
	assert_int_equal(mail_from(LUCIA, "<a1@example.org>"), 1);
	assert_false(answer(1, NULL));
	c = fixture_call(m_outbox_take, ROLE_MAIL, 0,
			 json_pack("{s:i, s:i}", "max", 10, "lease_ms", 60000));
	call_release(&c);
	assert_int_equal(reported("<b1@mx>", "failed", NULL,
				  FAILED(LUCIA, "true"), NULL),
			 1);
	assert_string_equal(delivery(), "failed 1 550 5.1.1 User unknown");
	c = fixture_call(m_outbox_report, ROLE_MAIL, 0,
			 json_pack("{s:i, s:i, s:s}", "delivery", 1, "attempt",
				   1, "result", "sent"));
	assert_string_equal(c.err.code, "conflict");
	call_release(&c);
	fx.now_ms += 120000; /* nor does the lease end it again */
	(void)fixture_tick();
	assert_string_equal(delivery(), "failed 1 550 5.1.1 User unknown");
	assert_string_equal(clock_state(), "running");
}

static void
test_failed_closed(void **state)
{
	(void)state;
	answered(NULL);
	staff_does(m_incident_set,
		   json_pack("{s:i, s:s}", "id", 1, "state", "closed"));
	assert_int_equal(reported("<b1@mx>", "failed", NULL,
				  FAILED(LUCIA, "true"), NULL),
			 1);
	assert_string_equal(incident_state(), "open");
	assert_string_equal(clock_state(), "running");
}

/* A delay in what is closed is noted there, and opens nothing. */
static void
test_delayed_closed(void **state)
{
	(void)state;
	answered(NULL);
	staff_does(m_incident_set,
		   json_pack("{s:i, s:s}", "id", 1, "state", "closed"));
	assert_int_equal(reported("<b1@mx>", "delayed", NULL,
				  FAILED(LUCIA, "false"), NULL),
			 1);
	assert_string_equal(incident_state(), "closed");
	unharmed("delayed");
}

/* What was merged goes on in another one: that is opened. */
static void
test_failed_merged(void **state)
{
	(void)state;
	answered(NULL);
	assert_int_equal(mail_from("eva@example.org", "<e1@example.org>"), 2);
	staff_does(m_incident_merge,
		   json_pack("{s:i, s:i}", "id", 1, "into", 2));
	staff_does(m_incident_set,
		   json_pack("{s:i, s:s}", "id", 2, "state", "solved"));
	assert_int_equal(reported("<b1@mx>", "failed", NULL,
				  FAILED(LUCIA, "true"), NULL),
			 2);
	assert_string_equal(
		fixture_text("SELECT state FROM incident WHERE id = 2"),
		"open");
	assert_string_equal(delivery(), "failed 1 550 5.1.1 User unknown");
}

/* --- what did not --------------------------------------------------------------- */

static void
test_notes(void **state)
{
	static const char *const kinds[] = { "delayed", "delivered",
					     "complaint" };
	size_t i;

	(void)state;
	answered(NULL);
	for (i = 0; i < 3; i++) {
		char id[32];

		(void)snprintf(id, sizeof id, "<n%zu@mx>", i);
		assert_int_equal(reported(id, kinds[i], NULL,
					  FAILED(LUCIA, "true"), NULL),
				 1);
	}
	assert_string_equal(incident_state(), "solved");
	unharmed("delayed delivered complaint");
}

static void
test_copy(void **state)
{
	(void)state;
	answered("copia@example.org");
	assert_int_equal(reported("<b1@mx>", "failed", NULL,
				  FAILED("copia@example.org", "true"), NULL),
			 1);
	assert_string_equal(incident_state(), "solved");
	unharmed("copy");
}

/* --- who may not say so ------------------------------------------------------------ */

/* A stranger knows the numbers, but no token. */
static void
test_forged(void **state)
{
	static const char *const ids[] = {
		"[\"<p1.2.aaaaaaaaaaaaaaaa@olmo.example>\"]",
		"[\"<a1@example.org>\"]", /* the customer's own */
		"[\"<b@mx>\", \"p1.2.\", \"\"]",
	};
	size_t i;

	(void)state;
	answered(NULL);
	for (i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		char id[32];

		(void)snprintf(id, sizeof id, "<f%zu@mx>", i);
		assert_int_not_equal(reported(id, "failed", ids[i],
					      FAILED(LUCIA, "true"), NULL),
				     1);
	}
	unharmed("");
}

/* Who got a mail of ours cannot flag somebody else's address. */
static void
test_other_recipient(void **state)
{
	(void)state;
	answered(NULL);
	assert_int_equal(mail_from("eva@example.org", "<e1@example.org>"), 2);
	assert_int_equal(reported("<b1@mx>", "failed", NULL,
				  FAILED("eva@example.org", "true"), NULL),
			 1);
	unharmed("other");
	assert_string_equal(incident_state(), "open");
}

/* --- the flag ------------------------------------------------------------------------ */

static void
fail_address(void)
{
	answered(NULL);
	assert_int_equal(reported("<b1@mx>", "failed", NULL,
				  FAILED(LUCIA, "true"), NULL),
			 1);
	assert_int_equal(flags(), 1);
}

static void
test_warns(void **state)
{
	(void)state;
	fail_address();
	assert_true(answer(3, NULL));
	deliver(); /* and goes */
	assert_int_equal(fixture_int("SELECT count(*) FROM delivery "
				     "WHERE state = 'sent'"),
			 1);
}

static void
test_heard(void **state)
{
	struct letter robot = { .id = "<r1@example.org>",
				.from = LUCIA,
				.text = "Estoy fuera",
				.robot = true };
	struct call c;

	(void)state;
	fail_address();
	c = fixture_mail(&robot);
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_int_equal(flags(), 1);
	(void)mail_from("LUCIA@example.org", "<a2@example.org>");
	assert_int_equal(flags(), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE "
				     "kind = 'identity.changed'"),
			 2);
}

static void
test_retry(void **state)
{
	int64_t id;
	struct call c;
	const json_t *identity;

	(void)state;
	fail_address();
	id = fixture_int("SELECT id FROM identity WHERE failed_ms > 0");
	c = staff(m_identity_retry, json_pack("{s:I}", "id", (json_int_t)id));
	assert_int_equal(c.outcome, OUT_OK);
	identity = json_object_get(c.result, "identity");
	assert_null(json_object_get(identity, "failed_at"));
	call_release(&c);
	assert_int_equal(flags(), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE kind = "
				     "'identity.changed' AND agent_id > 0"),
			 1);
	c = staff(m_identity_retry, json_pack("{s:i}", "id", 999));
	assert_string_equal(c.err.code, "not_found");
	call_release(&c);
}

/* What staff see. */
static void
test_shapes(void **state)
{
	const json_t *identity;
	const json_t *d;
	json_t *customer;
	json_t *message;
	struct err e;

	(void)state;
	fail_address();
	assert_int_equal(view_customer(fx.store, 1, &customer, &e), OUT_OK);
	identity = json_array_get(json_object_get(customer, "identities"), 0);
	assert_true(json_is_string(json_object_get(identity, "failed_at")));
	assert_string_equal(
		json_string_value(json_object_get(identity, "failed_detail")),
		"550 5.1.1 User unknown");
	json_decref(customer);
	assert_int_equal(view_message(fx.store, 2, false, &message, &e),
			 OUT_OK);
	d = json_object_get(message, "delivery");
	assert_true(json_is_string(json_object_get(d, "bounced_at")));
	assert_string_equal(json_string_value(json_object_get(d, "state")),
			    "failed");
	json_decref(message);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_failed),
		TEST(test_failed_for_now),
		TEST(test_failed_original),
		TEST(test_failed_by_address),
		TEST(test_failed_before_sent),
		TEST(test_failed_closed),
		TEST(test_delayed_closed),
		TEST(test_failed_merged),
		TEST(test_notes),
		TEST(test_copy),
		TEST(test_forged),
		TEST(test_other_recipient),
		TEST(test_warns),
		TEST(test_heard),
		TEST(test_retry),
		TEST(test_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

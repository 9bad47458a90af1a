/*
 * What customers say to being written to: words, how long they hold, and what
 * goes no more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "daemon/consent.h"
#include "tests/unit/wa_desk.h"

method_fn m_consent_add;
method_fn m_customer_consent;
method_fn m_identity_add;
method_fn m_incident_set;

#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* --- words ------------------------------------------------------------------- */

struct row {
	const char *text;
	enum consent_word word;
	const char *language; /* NULL: of both */
};

static const struct row rows[] = {
	{ "STOP", CONSENT_OUT, NULL },
	{ "  stop. ", CONSENT_OUT, NULL },
	{ "\"Stop\"", CONSENT_OUT, NULL },
	{ "BAJA", CONSENT_OUT, "es" },
	{ "¡Baja!", CONSENT_OUT, "es" },
	{ "Dar de baja", CONSENT_OUT, "es" },
	{ "Cancelar  Suscripción", CONSENT_OUT, "es" },
	{ "CANCELAR SUSCRIPCION", CONSENT_OUT, "es" },
	{ "cancelar suscripcio\xcc\x81n", CONSENT_OUT, "es" },
	{ "No quiero más mensajes", CONSENT_OUT, "es" },
	{ "Unsubscribe", CONSENT_OUT, "en" },
	{ "opt-out", CONSENT_OUT, "en" },
	{ "STOP \xf0\x9f\x9b\x91", CONSENT_OUT, NULL },
	{ "START", CONSENT_IN, NULL },
	{ "Alta", CONSENT_IN, "es" },
	{ "Darme de alta, por favor", CONSENT_NONE, NULL },
	{ "subscribe!", CONSENT_IN, "en" },
	{ "opt in", CONSENT_IN, "en" },
	/* part of a message is no word */
	{ "Stop sending broken shoes", CONSENT_NONE, NULL },
	{ "Quiero dar de baja la luz", CONSENT_NONE, NULL },
	{ "¿Está de baja?", CONSENT_NONE, NULL },
	{ "baja baja", CONSENT_NONE, NULL },
	/* these are about orders */
	{ "Cancelar", CONSENT_NONE, NULL },
	{ "cancel", CONSENT_NONE, NULL },
	{ "No", CONSENT_NONE, NULL },
	/* other alphabets, nothing, much */
	{ "ѕtop", CONSENT_NONE, NULL },
	{ "stop停", CONSENT_NONE, NULL },
	{ "", CONSENT_NONE, NULL },
	{ "...", CONSENT_NONE, NULL },
	{ "st\xffop", CONSENT_NONE, NULL },
	{ NULL, CONSENT_NONE, NULL },
};

static void
words_are_whole_messages(void **state)
{
	const char *language;
	char dots[500];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (consent_word(rows[i].text, &language) != rows[i].word)
			fail_msg("'%s'", rows[i].text);
		if (rows[i].language == NULL)
			assert_null(language);
		else
			assert_string_equal(language, rows[i].language);
	}
	memset(dots, '.', sizeof dots);
	memcpy(dots, "stop", 4);
	dots[sizeof dots - 1] = '\0';
	assert_int_equal(consent_word(dots, &language), CONSENT_NONE);
}

/* --- contacts ------------------------------------------------------------------ */

static int serial;

/* Somebody writes by the number "tienda", as the gateway tells it. */
static void
writes(const char *wa_id, const char *text)
{
	char id[32];

	(void)snprintf(id, sizeof id, "wamid.%d", ++serial);
	fx.now_ms += 1000;
	wa_card_at(id, wa_id, text, fx.now_ms);
}

static int64_t
sent(const char *like)
{
	char sql[300];

	(void)snprintf(sql, sizeof sql,
		       "SELECT count(*) FROM message WHERE direction = 'out' "
		       "AND author = 'bot' AND text LIKE '%s'",
		       like);
	return fixture_int(sql);
}

static int
setup(void **state)
{
	serial = 0;
	return wa_setup(state);
}

static void
acknowledges(void)
{
	fixture_exec("UPDATE connection SET settings = "
		     "json_set(settings, '$.acknowledge', json('true')) "
		     "WHERE name = 'tienda'");
}

static void
is_spam(int incident)
{
	wa_does(fixture_call(
		m_incident_set, ROLE_CONSOLE, fx.agent_id,
		json_pack("{s:i, s:s}", "id", incident, "state", "spam")));
}

static void
a_word_is_kept_and_confirmed_once(void **state)
{
	(void)state;
	writes(WA_LUCIA, "BAJA");
	assert_string_equal(fixture_text("SELECT consent || consent_how FROM "
					 "identity WHERE consent <> ''"),
			    "outword");
	assert_int_equal(sent("Hecho: no te enviaremos%"), 1);
	writes(WA_LUCIA, "stop");
	assert_int_equal(sent("%"), 1);
	writes(WA_LUCIA, "ALTA");
	assert_int_equal(sent("Hecho: volver%"), 1);
	writes(WA_LUCIA, "alta.");
	assert_int_equal(sent("%"), 2);
	assert_int_equal(fixture_int("SELECT count(*) FROM event "
				     "WHERE kind = 'consent.changed'"),
			 2);
}

static void
english_is_answered_in_english(void **state)
{
	(void)state;
	writes(WA_LUCIA, "Unsubscribe");
	assert_int_equal(sent("Done: we will send you no more%"), 1);
}

static void
an_old_word_is_kept_without_a_word(void **state)
{
	(void)state;
	fx.now_ms += 2 * DAY_MS;
	wa_card_at("wamid.old", WA_LUCIA, "stop", fx.now_ms - DAY_MS - 1);
	assert_int_equal(sent("%"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM identity "
				     "WHERE consent = 'out'"),
			 1);
}

/* --- acknowledgements ------------------------------------------------------------ */

static void
a_new_message_is_acknowledged_once_a_day(void **state)
{
	(void)state;
	acknowledges();
	writes("34600111333", "Hola");
	assert_int_equal(sent("Hemos recibido tu mensaje.%P-2%"), 1);
	/* it answers nothing */
	assert_int_equal(fixture_int("SELECT count(*) FROM clock WHERE "
				     "incident_id = 2 AND state = 'running'"),
			 1);
	/* the same incident, and then another one on the same day */
	writes("34600111333", "¿Hola?");
	is_spam(2);
	writes("34600111333", "Otra cosa");
	assert_int_equal(sent("%"), 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM delivery d JOIN "
				     "message m ON m.id = d.message_id "
				     "WHERE m.author = 'bot'"),
			 1);
}

static void
it_is_off_where_nobody_asked_for_it(void **state)
{
	(void)state;
	writes("34600111333", "Hola");
	assert_int_equal(sent("%"), 0);
}

static void
nobody_is_told_who_wants_nothing(void **state)
{
	(void)state;
	acknowledges();
	writes("34600111333", "STOP");
	assert_int_equal(sent("%"), 1); /* the confirmation */
	is_spam(2);
	fx.now_ms += 2 * DAY_MS;
	writes("34600111333", "Hola");
	assert_int_equal(sent("%"), 1);
}

static void
an_old_message_is_not_acknowledged(void **state)
{
	(void)state;
	acknowledges();
	fx.now_ms += 2 * DAY_MS;
	wa_card_at("wamid.old", "34600111333", "Hola", fx.now_ms - DAY_MS - 1);
	assert_int_equal(sent("%"), 0);
}

static void
our_own_numbers_are_not_acknowledged(void **state)
{
	(void)state;
	acknowledges();
	fixture_exec("UPDATE connection SET settings = json_set(settings, "
		     "'$.display_number', '+34 600 (111) 333') "
		     "WHERE name = 'tienda'");
	writes("34600111333", "Hola");
	assert_int_equal(sent("%"), 0);
}

/* --- staff, and the channel ----------------------------------------------------------- */

static struct call
staff(method_fn *fn, json_t *params)
{
	return fixture_call(fn, ROLE_CONSOLE, fx.agent_id, params);
}

static bool
allowed(void)
{
	struct err e;
	bool yes = false;

	assert_int_equal(consent_allows(fx.store, 1, "whatsapp", &yes, &e),
			 OUT_OK);
	return yes;
}

static void
staff_may_note_it(void **state)
{
	struct call c;

	(void)state;
	assert_true(allowed());
	c = staff(m_customer_consent,
		  json_pack("{s:i, s:s}", "identity", 1, "consent", "out"));
	assert_int_equal(c.outcome, OUT_OK);
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(c.result, "identity"), "consent_how")),
		"staff");
	call_release(&c);
	assert_false(allowed());
	c = staff(m_customer_consent,
		  json_pack("{s:i, s:s}", "identity", 1, "consent", "maybe"));
	assert_string_equal(c.err.code, "bad_params");
	call_release(&c);
	c = staff(m_customer_consent,
		  json_pack("{s:i, s:s}", "identity", 99, "consent", "in"));
	assert_string_equal(c.err.code, "not_found");
	call_release(&c);
}

static void
the_channel_may_say_it(void **state)
{
	struct call c;

	(void)state;
	c = fixture_call(m_consent_add, ROLE_WHATSAPP, 0,
			 json_pack("{s:s, s:s, s:s}", "connection", "tienda",
				   "wa_id", WA_LUCIA, "consent", "out"));
	assert_int_equal(c.outcome, OUT_OK);
	assert_true(json_is_true(json_object_get(c.result, "known")));
	call_release(&c);
	assert_false(allowed());
	c = fixture_call(m_consent_add, ROLE_WHATSAPP, 0,
			 json_pack("{s:s, s:s, s:s}", "connection", "tienda",
				   "wa_id", "34999999999", "consent", "out"));
	assert_int_equal(c.outcome, OUT_OK);
	assert_false(json_is_true(json_object_get(c.result, "known")));
	call_release(&c);
}

static void
code_131050_says_it(void **state)
{
	struct wa_sent d = wa_taken("Sale hoy");

	(void)state;
	assert_string_equal(wa_report(&d, "sent", "wamid.out", 0), "sent");
	assert_string_equal(wa_status("wamid.out", NULL, "failed", 131050),
			    "failed");
	assert_string_equal(fixture_text("SELECT consent || consent_how FROM "
					 "identity WHERE consent <> ''"),
			    "outmarketing");
}

static void
an_address_is_one_customers(void **state)
{
	struct call c;

	(void)state;
	c = staff(m_identity_add,
		  json_pack("{s:i, s:s, s:s}", "customer", 1, "kind", "email",
			    "value", "Lucia@Example.ORG"));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_string_equal(fixture_text("SELECT value FROM identity "
					 "WHERE kind = 'email'"),
			    "lucia@example.org");
	writes("34600111333", "Hola");
	c = staff(m_identity_add,
		  json_pack("{s:i, s:s, s:s}", "customer", 1, "kind",
			    "whatsapp", "value", "+34 600 111 333"));
	assert_string_equal(c.err.code, "conflict");
	call_release(&c);
	c = staff(m_identity_add,
		  json_pack("{s:i, s:s, s:s}", "customer", 1, "kind",
			    "whatsapp", "value", "+52 1 55 1234 5678"));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	/* and is found in its other form */
	writes("525512345678", "Hola");
	assert_int_equal(fixture_int("SELECT customer_id FROM message m JOIN "
				     "identity i ON i.id = m.identity_id "
				     "ORDER BY m.id DESC LIMIT 1"),
			 1);
}

int
main(void)
{
#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_whole_messages),
		CASE(a_word_is_kept_and_confirmed_once),
		CASE(english_is_answered_in_english),
		CASE(an_old_word_is_kept_without_a_word),
		CASE(a_new_message_is_acknowledged_once_a_day),
		CASE(it_is_off_where_nobody_asked_for_it),
		CASE(nobody_is_told_who_wants_nothing),
		CASE(an_old_message_is_not_acknowledged),
		CASE(our_own_numbers_are_not_acknowledged),
		CASE(staff_may_note_it),
		CASE(the_channel_may_say_it),
		CASE(code_131050_says_it),
		CASE(an_address_is_one_customers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

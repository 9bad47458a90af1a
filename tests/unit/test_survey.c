/* Who is asked what they thought, once, in which words; which tap counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/store/window.h"
#include "daemon/survey.h"
#include "tests/unit/wa_desk.h"

method_fn m_incident_set;

#define ASKED "SELECT count(*) FROM survey"

static void
setting(const char *name, const char *json)
{
	char sql[200];

	(void)snprintf(sql, sizeof sql,
		       "UPDATE connection SET settings = json_set(settings, "
		       "'$.%s', json('%s')) WHERE id = %d",
		       name, json, WA_CONNECTION);
	fixture_exec(sql);
}

static int
setup(void **state)
{
	(void)wa_setup(state);
	setting("survey", "true");
	return 0;
}

static void
becomes(const char *word)
{
	wa_does(fixture_call(m_incident_set, ROLE_CONSOLE, fx.agent_id,
			     json_pack("{s:i, s:s}", "id", 1, "state", word)));
}

/* The last message that went out, and what it asks. */
static const char *
question(void)
{
	return fixture_text("SELECT text FROM message WHERE direction = 'out' "
			    "ORDER BY id DESC LIMIT 1");
}

static const char *
rows(void)
{
	return fixture_text(
		"SELECT json_extract(whatsapp, '$.interactive.list.button') "
		"|| ': ' || (SELECT group_concat(json_extract(value, '$.id') "
		"|| ' ' || json_extract(value, '$.title'), ', ') FROM "
		"json_each(whatsapp, '$.interactive.list.rows')) FROM message "
		"WHERE direction = 'out' ORDER BY id DESC LIMIT 1");
}

/* --- asking ----------------------------------------------------------------------- */

static void
asked_when_solved(void **state)
{
	(void)state;
	becomes("pending_customer");
	assert_int_equal(fixture_int(ASKED), 0);
	becomes("solved");
	assert_int_equal(fixture_int(ASKED), 1);
	assert_string_equal(question(),
			    "Hemos dado por resuelta tu consulta P-1. ¿Qué te "
			    "ha parecido nuestra atención?");
	assert_string_equal(rows(), "Valorar: rate:1:5 5 · Muy bien, "
				    "rate:1:4 4 · Bien, rate:1:3 3 · Regular, "
				    "rate:1:2 2 · Mal, rate:1:1 1 · Muy mal");
	/* it is nobody's answer */
	assert_int_equal(fixture_int("SELECT count(*) FROM message WHERE "
				     "direction = 'out' AND author = 'bot'"),
			 1);
	becomes("open");
	becomes("solved");
	assert_int_equal(fixture_int("SELECT count(*) FROM message WHERE "
				     "direction = 'out'"),
			 1);
}

static void
asked_behind_an_answer(void **state)
{
	struct call c =
		wa_answer("Ya está", json_pack("{s:s}", "state", "solved"));

	(void)state;
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_string_equal(
		fixture_text("SELECT group_concat(author, ' ') FROM (SELECT "
			     "author FROM message WHERE direction = 'out' "
			     "ORDER BY number)"),
		"agent bot");
}

static void
asked_in_a_language(void **state)
{
	(void)state;
	setting("language", "\"en\"");
	becomes("solved");
	assert_string_equal(question(), "We have closed your question P-1 as "
					"solved. How did we do?");
	assert_non_null(strstr(rows(), "Rate us: rate:1:5 5 · Very good"));
}

static void
the_customers_language_first(void **state)
{
	(void)state;
	setting("language", "\"es\"");
	fixture_exec("UPDATE customer SET language = 'en'");
	becomes("solved");
	assert_non_null(strstr(question(), "How did we do?"));
}

static void
not_asked_unless_wanted(void **state)
{
	(void)state;
	setting("survey", "false");
	becomes("solved");
	assert_int_equal(fixture_int(ASKED), 0);
}

static void
not_asked_outside_of_the_window(void **state)
{
	(void)state;
	fx.now_ms += WINDOW_MS - WINDOW_MARGIN_MS;
	becomes("solved");
	assert_int_equal(fixture_int(ASKED), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM delivery"), 0);
}

static void
asked_in_its_last_moment(void **state)
{
	(void)state;
	fx.now_ms += WINDOW_MS - WINDOW_MARGIN_MS - 1;
	becomes("solved");
	assert_int_equal(fixture_int(ASKED), 1);
}

static void
not_asked_who_wants_nothing(void **state)
{
	(void)state;
	fixture_exec("UPDATE identity SET consent = 'out', consent_ms = 1, "
		     "consent_how = 'word' WHERE kind = 'whatsapp'");
	becomes("solved");
	assert_int_equal(fixture_int(ASKED), 0);
}

/* --- what is a tap ------------------------------------------------------------------- */

static void
only_our_ids_are_taps(void **state)
{
	static const struct {
		const char *id;
		int64_t incident; /* 0: it is none */
		int score;
	} ids[] = {
		{ "rate:1:5", 1, 5 },
		{ "rate:9223372036854775807:1", INT64_MAX, 1 },
		{ "rate:9223372036854775808:1", 0, 0 },
		{ "rate:1:0", 0, 0 },
		{ "rate:1:6", 0, 0 },
		{ "rate:1:55", 0, 0 },
		{ "rate:1:", 0, 0 },
		{ "rate:1", 0, 0 },
		{ "rate::5", 0, 0 },
		{ "rate:-1:5", 0, 0 },
		{ "rate: 1:5", 0, 0 },
		{ "rate:01:5", 0, 0 },
		{ "rate:0:5", 0, 0 },
		{ "Rate:1:5", 0, 0 },
		{ "xrate:1:5", 0, 0 },
		{ "answer:1:2:3", 0, 0 },
		{ "", 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		json_t *card =
			json_pack("{s:{s:s}}", "interactive", "id", ids[i].id);
		int64_t incident = 0;
		int score = 0;

		if (survey_tap(card, &incident, &score) !=
		    (ids[i].incident != 0))
			fail_msg("'%s'", ids[i].id);
		assert_true(incident == ids[i].incident);
		assert_int_equal(score, ids[i].score);
		json_decref(card);
	}
	assert_false(survey_tap(NULL, NULL, NULL));
}

/* Who taps, with which id. */
static void
tap(const char *wamid, const char *from, const char *id)
{
	json_t *card =
		json_pack("{s:s, s:s, s:b, s:s, s:s, s:{s:s, s:s, s:s}}", "id",
			  wamid, "type", "interactive", "supported", 1, "from",
			  from, "wa_id", from, "interactive", "type",
			  "list_reply", "id", id, "title", "x");

	wa_bring(card, "x", fx.now_ms);
}

static void
the_first_tap_rates(void **state)
{
	(void)state;
	becomes("solved");
	fx.now_ms += 1000;
	tap("wamid.t1", WA_LUCIA, "rate:1:4");
	tap("wamid.t1", WA_LUCIA, "rate:1:4"); /* the same once more */
	tap("wamid.t2", WA_LUCIA, "rate:1:1");
	assert_int_equal(fixture_int("SELECT score FROM rating "
				     "WHERE incident_id = 1"),
			 4);
	assert_int_equal(fixture_int("SELECT count(*) FROM event "
				     "WHERE kind = 'rating.added'"),
			 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM message WHERE "
				     "direction = 'note' AND author = "
				     "'customer' AND incident_id = 1"),
			 2);
	assert_string_equal(fixture_text("SELECT state FROM incident "
					 "WHERE id = 1"),
			    "solved");
	assert_int_equal(fixture_int("SELECT answered_ms FROM survey"),
			 fx.now_ms);
	/* it is their own word all the same */
	assert_int_equal(fixture_int("SELECT until_ms FROM contact_window"),
			 fx.now_ms + WINDOW_MS);
}

static void
others_cannot_rate(void **state)
{
	(void)state;
	becomes("solved");
	tap("wamid.t1", "34600999888", "rate:1:1");
	assert_int_equal(fixture_int("SELECT count(*) FROM rating"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM incident"), 2);
	assert_int_equal(fixture_int("SELECT count(*) FROM message WHERE "
				     "direction = 'in' AND incident_id = 2"),
			 1);
}

static void
nobody_rates_unasked(void **state)
{
	(void)state;
	tap("wamid.t1", WA_LUCIA, "rate:1:1");
	assert_int_equal(fixture_int("SELECT count(*) FROM rating"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM message WHERE "
				     "direction = 'in' AND incident_id = 1"),
			 2);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(asked_when_solved),
		TEST(asked_behind_an_answer),
		TEST(asked_in_a_language),
		TEST(the_customers_language_first),
		TEST(not_asked_unless_wanted),
		TEST(not_asked_outside_of_the_window),
		TEST(asked_in_its_last_moment),
		TEST(not_asked_who_wants_nothing),
		cmocka_unit_test(only_our_ids_are_taps),
		TEST(the_first_tap_rates),
		TEST(others_cannot_rate),
		TEST(nobody_rates_unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

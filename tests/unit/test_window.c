/*
 * Until when a customer may be written to, to the second; what an answer
 * becomes; who is warned, and what the customer sees before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/looked.h"
#include "daemon/split.h"
#include "daemon/store/view.h"
#include "daemon/store/window.h"
#include "daemon/window.h"
#include "tests/unit/wa_desk.h"

method_fn m_incident_opened;
method_fn m_incident_react;

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* --- the edges, to the second ------------------------------------------------ */

static const char *
at(int64_t now_ms, bool opted_out, bool unreachable)
{
	struct window w;

	window_judge(T0_MS + DAY_MS, opted_out, unreachable, now_ms, &w);
	return can_reply(w.can);
}

static void
the_window_ends_two_minutes_before(void **state)
{
	const int64_t end = T0_MS + DAY_MS - 2 * MINUTE_MS;
	struct window w;

	(void)state;
	assert_string_equal(at(T0_MS, false, false), "free");
	assert_string_equal(at(end - 1, false, false), "free");
	assert_string_equal(at(end, false, false), "template");
	assert_string_equal(at(end + 2 * MINUTE_MS, false, false), "template");
	assert_string_equal(at(end - 1, true, false), "free");
	assert_string_equal(at(end, true, false), "no");
	assert_string_equal(at(T0_MS, false, true), "no");
	window_judge(0, false, false, T0_MS, &w);
	assert_int_equal(w.can, CAN_REPLY_TEMPLATE);
	assert_int_equal(w.until_ms, 0);
}

/* --- what an answer becomes ---------------------------------------------------- */

/* A list of FileIn of these types. */
static json_t *
files_of(const char *const *types, size_t n)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s}", "filename", types[i],
					"content_type", types[i]));
	return list;
}

/* "media+ media text+": kinds in order, + where the text rides. */
static void
parts(const struct split_ask *q, const char *want)
{
	struct split sp;
	struct err e;
	char got[600] = "";
	size_t i;

	assert_int_equal(split_answer(q, &sp, &e), OUT_OK);
	for (i = 0; i < sp.n; i++) {
		const struct split_part *p = &sp.parts[i];
		size_t len = strlen(got);

		(void)snprintf(got + len, sizeof got - len, "%s%s%s%s%s",
			       i > 0 ? " " : "", p->kind, p->text ? "+" : "",
			       p->file != NULL ? ":" : "",
			       p->file != NULL
				       ? json_string_value(json_object_get(
						 p->file, "filename"))
				       : "");
	}
	assert_string_equal(got, want);
}

static void
an_answer_is_split(void **state)
{
	static const char *const picture[] = { "image/jpeg", "application/pdf",
					       "audio/ogg" };
	static const char *const sound[] = { "audio/ogg; codecs=opus",
					     "video/mp4" };
	char *fits = mem_new(1, SPLIT_CAPTION_MAX * 2 + 1);
	char *over = mem_new(1, SPLIT_CAPTION_MAX * 2 + 3);
	struct split_ask q = { .text = "Hola" };
	json_t *three = files_of(picture, 3);
	json_t *two = files_of(sound, 2);
	json_t *one = files_of(sound, 1);
	int i;

	(void)state;
	/* characters are counted, not octets */
	for (i = 0; i < SPLIT_CAPTION_MAX; i++) {
		memcpy(fits + 2 * i, "ñ", 2);
		memcpy(over + 2 * i, "ñ", 2);
	}
	memcpy(over + 2 * i, "ñ", 2);
	parts(&q, "text+");
	q.files = three;
	parts(&q, "media+:image/jpeg media:application/pdf media:audio/ogg");
	q.text = fits;
	parts(&q, "media+:image/jpeg media:application/pdf media:audio/ogg");
	q.text = over;
	parts(&q,
	      "text+ media:image/jpeg media:application/pdf media:audio/ogg");
	q.text = "";
	parts(&q, "media:image/jpeg media:application/pdf media:audio/ogg");
	q.text = "Hola";
	q.files = two;
	parts(&q, "media+:video/mp4 media:audio/ogg; codecs=opus");
	q.files = one;
	parts(&q, "text+ media:audio/ogg; codecs=opus");
	q.is_template = true;
	parts(&q, "template+:audio/ogg; codecs=opus");
	q.is_template = false;
	q.files = NULL;
	q.is_reaction = true;
	q.text = "";
	parts(&q, "reaction+");
	mem_free(fits);
	mem_free(over);
	json_decref(three);
	json_decref(two);
	json_decref(one);
}

static void
refused(const struct split_ask *q, const char *code)
{
	struct split sp;
	struct err e;

	assert_int_equal(split_answer(q, &sp, &e), OUT_PERM);
	assert_string_equal(e.code, code);
}

static void
what_is_too_long_is_refused_with_its_length(void **state)
{
	char *text = mem_new(1, SPLIT_TEXT_MAX + 2);
	struct split_ask q = { .text = text };
	json_t *buttons = json_pack("{s:[]}", "buttons");
	struct split sp;
	struct err e;

	(void)state;
	memset(text, 'a', SPLIT_TEXT_MAX);
	parts(&q, "text+");
	text[SPLIT_TEXT_MAX] = 'a';
	refused(&q, "text_too_long");
	assert_int_equal(split_answer(&q, &sp, &e), OUT_PERM);
	assert_non_null(strstr(e.text, "4097"));
	text[SPLIT_ABOVE_MAX] = '\0';
	q.interactive = buttons;
	parts(&q, "interactive+");
	text[SPLIT_ABOVE_MAX] = 'a';
	text[SPLIT_ABOVE_MAX + 1] = '\0';
	refused(&q, "text_too_long");
	q.text = "";
	refused(&q, "bad_params");
	q.interactive = NULL;
	refused(&q, "bad_params");
	mem_free(text);
	json_decref(buttons);
}

/* The text of what split_buttons() makes, or its refusal. */
static void
buttons(const char *titles, const char *language, const char *want)
{
	json_t *list = json_loads(titles, 0, NULL);
	json_t *made = NULL;
	struct err e;
	char *text;

	if (split_buttons(list, "answer:1:2:", language, &made, &e) == OUT_OK) {
		text = json_dumps(made, JSON_COMPACT | JSON_SORT_KEYS);
		assert_string_equal(text, want);
		free(text);
	} else {
		assert_string_equal(want, e.code);
	}
	json_decref(made);
	json_decref(list);
}

static void
choices_are_buttons_or_a_list(void **state)
{
	(void)state;
	buttons("[\"Sí\", \"No\"]", "es",
		"{\"buttons\":[{\"id\":\"answer:1:2:0\",\"title\":\"Sí\"},"
		"{\"id\":\"answer:1:2:1\",\"title\":\"No\"}]}");
	buttons("[\"A\", \"B\", \"C\", \"D\"]", "en",
		"{\"list\":{\"button\":\"Choose\",\"rows\":["
		"{\"id\":\"answer:1:2:0\",\"title\":\"A\"},"
		"{\"id\":\"answer:1:2:1\",\"title\":\"B\"},"
		"{\"id\":\"answer:1:2:2\",\"title\":\"C\"},"
		"{\"id\":\"answer:1:2:3\",\"title\":\"D\"}]}}");
	buttons("[]", "es", "bad_params");
	buttons("[\"A\", \"A\"]", "es", "bad_params");
	buttons("[\"\"]", "es", "bad_params");
	buttons("[\"123456789012345678901\"]", "es", "bad_params");
	buttons("[\"1234567890123456789012345\",\"b\",\"c\",\"d\"]", "es",
		"bad_params");
	buttons("[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\","
		"\"10\",\"11\"]",
		"es", "bad_params");
}

/* --- at the desk ------------------------------------------------------------------ */

/* A member of OutWhatsapp of what is taken next. */
static void
taken(const char *member, const char *want)
{
	json_t *list = wa_take();
	const json_t *wa = json_object_get(json_array_get(list, 0), "whatsapp");
	char *got = json_dumps(json_object_get(wa, member),
			       JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(got, want);
	free(got);
	json_decref(list);
}

static void
an_answer_quotes_and_asks(void **state)
{
	(void)state;
	wa_does(wa_answer("Hola", json_pack("{s:i}", "quotes", 1)));
	taken("quotes", "\"" WA_ID "\"");
	wa_does(wa_answer("Hola", NULL));
	taken("to", "{\"wa_id\":\"" WA_LUCIA "\"}");
	wa_does(wa_answer("¿Sí?", json_pack("{s:[s]}", "buttons", "Sí")));
	taken("interactive",
	      "{\"body\":\"¿Sí?\",\"buttons\":[{\"id\":\"answer:1:4:0\","
	      "\"title\":\"Sí\"}]}");
	/* a message of ours can be quoted once WhatsApp named it */
	wa_does(wa_answer("Otra", NULL));
	fixture_exec("UPDATE delivery SET external_id = 'wamid.ours' "
		     "WHERE id = 1");
	taken("kind", "\"text\"");
	wa_does(wa_answer("Como dije", json_pack("{s:i}", "quotes", 2)));
	taken("quotes", "\"wamid.ours\"");
}

static void
not_sent(const char *text, json_t *params, const char *code)
{
	struct call c = wa_answer(text, params);

	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, code);
	call_release(&c);
}

static void
an_answer_is_refused_before_it_is_written(void **state)
{
	char *text = mem_new(1, SPLIT_TEXT_MAX + 2);
	struct call c;

	(void)state;
	memset(text, 'a', SPLIT_TEXT_MAX + 1);
	c = wa_answer(text, NULL);
	assert_string_equal(c.err.code, "text_too_long");
	assert_int_equal(
		json_integer_value(json_object_get(c.error_data, "characters")),
		SPLIT_TEXT_MAX + 1);
	call_release(&c);
	mem_free(text);
	not_sent("", NULL, "bad_params");
	not_sent("x", json_pack("{s:i}", "quotes", 9), "bad_params");
	not_sent("x", json_pack("{s:[{s:s}]}", "cc", "address", "a@b.example"),
		 "bad_params");
	not_sent("x",
		 json_pack("{s:{s:s, s:s}}", "template", "name", "hola",
			   "language", "es"),
		 "template");
	assert_int_equal(fixture_int("SELECT count(*) FROM delivery"), 0);
	assert_int_equal(fixture_int("SELECT messages FROM incident"), 1);
}

/* The second decides; the refusal says until when, and the way out. */
static void
a_closed_window_refuses(void **state)
{
	const int64_t end = T0_MS + DAY_MS - 2 * MINUTE_MS;
	struct call c;

	(void)state;
	fx.now_ms = end - 1;
	wa_does(wa_answer("Todavía", NULL));
	fx.now_ms = end;
	c = wa_answer("Tarde", NULL);
	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, "window_closed");
	assert_string_equal(
		json_string_value(json_object_get(c.error_data, "can_reply")),
		"template");
	assert_string_equal(
		json_string_value(json_object_get(c.error_data, "way")),
		"template");
	assert_string_equal(
		json_string_value(json_object_get(c.error_data, "until")),
		"2026-01-06T08:58:00.000Z");
	call_release(&c);
	assert_int_equal(fixture_int("SELECT count(*) FROM delivery"), 1);
	fixture_exec("UPDATE identity SET consent = 'out', consent_ms = 1, "
		     "consent_how = 'word' WHERE kind = 'whatsapp'");
	c = wa_answer("Tarde", NULL);
	assert_string_equal(
		json_string_value(json_object_get(c.error_data, "way")),
		"opted_out");
	call_release(&c);
}

static void
opens(int64_t at_ms, const char *external_id)
{
	struct err e;

	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(
		window_open(fx.store, WA_CONNECTION, 1, at_ms, external_id, &e),
		OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
}

static void
whoever_wants_nothing_may_be_answered(void **state)
{
	(void)state;
	fixture_exec("UPDATE identity SET consent = 'out', consent_ms = 1, "
		     "consent_how = 'word' WHERE kind = 'whatsapp'");
	wa_does(wa_answer("Lo que preguntabas", NULL));
	taken("kind", "\"text\"");
	fixture_exec("UPDATE identity SET failed_ms = 1, failed_detail = 'x' "
		     "WHERE kind = 'whatsapp'");
	fx.now_ms += HOUR_MS;
	fixture_exec("UPDATE identity SET failed_ms = 1 + (SELECT until_ms - "
		     "86400000 FROM contact_window)");
	not_sent("Hola", NULL, "window_closed");
	/* who writes can be reached, before anything else is known of it */
	opens(fx.now_ms, "wamid.dos");
	wa_does(wa_answer("Hola", NULL));
}

/* --- reactions ------------------------------------------------------------------------ */

static void
an_agent_reacts(void **state)
{
	json_t *p = json_pack("{s:i, s:i, s:s}", "id", 1, "number", 1, "emoji",
			      "👍");
	struct call c;

	(void)state;
	wa_does(fixture_call(m_incident_react, ROLE_CONSOLE, fx.agent_id,
			     json_incref(p)));
	taken("reaction", "{\"emoji\":\"👍\",\"message\":\"" WA_ID "\"}");
	/* it answers nothing, and the same once more is nothing */
	assert_string_equal(fixture_text("SELECT state FROM clock"), "running");
	assert_string_equal(fixture_text("SELECT state FROM incident"), "new");
	wa_does(fixture_call(m_incident_react, ROLE_CONSOLE, fx.agent_id, p));
	assert_int_equal(fixture_int("SELECT count(*) FROM delivery"), 1);
	wa_does(fixture_call(m_incident_react, ROLE_CONSOLE, fx.agent_id,
			     json_pack("{s:i, s:i}", "id", 1, "number", 1)));
	taken("reaction", "{\"message\":\"" WA_ID "\"}");
	fx.now_ms += DAY_MS;
	c = fixture_call(m_incident_react, ROLE_CONSOLE, fx.agent_id,
			 json_pack("{s:i, s:i, s:s}", "id", 1, "number", 1,
				   "emoji", "x"));
	assert_string_equal(c.err.code, "window_closed");
	call_release(&c);
}

/* --- opening and closing ------------------------------------------------------------ */

static void
older_words_change_nothing(void **state)
{
	(void)state;
	opens(T0_MS - HOUR_MS, "wamid.older");
	assert_int_equal(fixture_int("SELECT until_ms FROM contact_window"),
			 T0_MS + DAY_MS);
	assert_string_equal(fixture_text("SELECT last_external_id "
					 "FROM contact_window"),
			    WA_ID);
	/* a reaction opens it, and is nothing to read */
	opens(T0_MS + HOUR_MS, NULL);
	assert_int_equal(fixture_int("SELECT until_ms FROM contact_window"),
			 T0_MS + HOUR_MS + DAY_MS);
	assert_string_equal(fixture_text("SELECT last_external_id "
					 "FROM contact_window"),
			    WA_ID);
}

#define CLOSING "SELECT count(*) FROM event WHERE kind = 'window.closing'"

static void
staff_are_warned_an_hour_before(void **state)
{
	const int64_t warn = T0_MS + DAY_MS - 2 * MINUTE_MS - HOUR_MS;

	(void)state;
	fx.now_ms = warn - 1;
	assert_true(fixture_tick() <= warn);
	assert_int_equal(fixture_int(CLOSING), 0);
	fx.now_ms = warn;
	(void)fixture_tick();
	(void)fixture_tick();
	assert_int_equal(fixture_int(CLOSING), 1);
	assert_int_equal(
		fixture_int("SELECT json_extract(data, '$.until_s') FROM event "
			    "WHERE kind = 'window.closing'"),
		(warn + HOUR_MS) / 1000);
	/* another word, another window, another warning */
	fx.now_ms += MINUTE_MS;
	opens(fx.now_ms, "wamid.dos");
	fx.now_ms += DAY_MS - HOUR_MS;
	(void)fixture_tick();
	assert_int_equal(fixture_int(CLOSING), 2);
}

static void
nobody_is_warned_of_what_was_answered(void **state)
{
	(void)state;
	wa_does(wa_answer("Sale hoy", NULL));
	fx.now_ms = T0_MS + DAY_MS - HOUR_MS;
	(void)fixture_tick();
	assert_int_equal(fixture_int(CLOSING), 0);
	assert_int_equal(fixture_int("SELECT warned_ms IS NOT NULL "
				     "FROM contact_window"),
			 1);
}

/* --- what the customer sees --------------------------------------------------------- */

static void
opened(void)
{
	wa_does(fixture_call(m_incident_opened, ROLE_CONSOLE, fx.agent_id,
			     json_pack("{s:i}", "id", 1)));
}

#define READS "SELECT count(*) FROM job WHERE kind = 'whatsapp.read'"

static void
what_is_opened_is_marked_once(void **state)
{
	struct looked_message m;

	(void)state;
	fx.desk.looked = looked_new();
	assert_false(looked_types(fx.desk.looked, 1, 0, &m));
	opened();
	opened();
	assert_int_equal(fixture_int(READS), 1);
	assert_string_equal(
		fixture_text("SELECT json_extract(payload, '$.message') "
			     "FROM job WHERE kind = 'whatsapp.read'"),
		WA_ID);
	wa_contact("wamid.dos", "¿Hola?");
	opened();
	opened();
	assert_int_equal(fixture_int(READS), 2);
	/* typing is told of the newest, every 20 seconds */
	assert_true(looked_types(fx.desk.looked, 1, 1000, &m));
	assert_string_equal(m.connection, "tienda");
	assert_string_equal(m.external_id, "wamid.dos");
	assert_false(looked_types(fx.desk.looked, 1, 20999, &m));
	assert_true(looked_types(fx.desk.looked, 1, 21000, &m));
	looked_free(&fx.desk.looked);
}

static void
a_number_may_keep_it_to_itself(void **state)
{
	(void)state;
	fixture_exec("UPDATE connection SET settings = "
		     "json_set(settings, '$.read_receipts', json('false')) "
		     "WHERE id = 3");
	opened();
	assert_int_equal(fixture_int(READS), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, wa_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_window_ends_two_minutes_before),
		cmocka_unit_test(an_answer_is_split),
		cmocka_unit_test(what_is_too_long_is_refused_with_its_length),
		cmocka_unit_test(choices_are_buttons_or_a_list),
		TEST(an_answer_quotes_and_asks),
		TEST(an_answer_is_refused_before_it_is_written),
		TEST(a_closed_window_refuses),
		TEST(whoever_wants_nothing_may_be_answered),
		TEST(an_agent_reacts),
		TEST(older_words_change_nothing),
		TEST(staff_are_warned_an_hour_before),
		TEST(nobody_is_warned_of_what_was_answered),
		TEST(what_is_opened_is_marked_once),
		TEST(a_number_may_keep_it_to_itself),
	};

	return cmocka_run_group_tests_name("windows", tests, NULL, NULL);
}

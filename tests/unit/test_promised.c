/* What customers are told about the answer, and whether it was kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/answer_time.h"
#include "daemon/promised.h"
#include "daemon/store/expect.h"
#include "tests/unit/fixture.h"

#define MINUTE_MS ((int64_t)60000)
#define DAY_MS (1440 * MINUTE_MS)

method_fn m_chat_end;
method_fn m_chat_get;
method_fn m_chat_site;
method_fn m_chat_write;
method_fn m_incident_answer;
method_fn m_incident_merge;
method_fn m_outbox_report;
method_fn m_outbox_take;
method_fn m_visitor_start;

/* Round the clock; first answers in chats within an hour, in mails in 4 h. */
static const char book_text[] =
	"queue \"general\" { title \"General\" }\n"
	"calendar \"siempre\" {\n"
	"    timezone \"Europe/Madrid\"\n"
	"    mon-sun 00:00-24:00\n"
	"}\n"
	"policy \"correo\" {\n"
	"    via email\n"
	"    calendar \"siempre\"\n"
	"    first response 4h\n"
	"}\n"
	"policy \"chat\" {\n"
	"    via chat\n"
	"    calendar \"siempre\"\n"
	"    first response 1h\n"
	"}\n"
	"reply \"acuse\" {\n"
	"    title \"Acuse\"\n"
	"    language es\n"
	"    text \"Te contestamos {expected.answer}.\"\n"
	"}\n"
	"rule \"acuse\" {\n"
	"    on contact via email\n"
	"    if subject matches /pedido/\n"
	"    then send reply \"acuse\"\n"
	"    example subject \"mi pedido\"\n"
	"    counterexample \"hola\"\n"
	"}\n";

/* The book of this test, as the next version. */
static void
apply(void)
{
	fixture_apply(book_text, "", 1);
}

static int
setup(void **state)
{
	int rc = fixture_setup(state);

	fixture_exec(
		"INSERT INTO connection (id, name, kind, role, settings, "
		"active, created_ms) VALUES (11, 'tienda', 'chat', 'chat', "
		"'{\"origins\":\"https://olmo.example\",\"title\":\"Olmo\","
		"\"remember_days\":10}', 1, 1)");
	apply();
	fx.desk.times = answer_times_new();
	return rc;
}

static int
teardown(void **state)
{
	answer_times_free(&fx.desk.times);
	return fixture_teardown(state);
}

static void
done(struct call c)
{
	if (c.outcome != OUT_OK)
		fail_msg("refused: %s", c.err.text);
	call_release(&c);
}

static int64_t
visitor(void)
{
	struct call c = fixture_call(m_visitor_start, ROLE_CHAT, 0,
				     json_pack("{s:s, s:s, s:s}", "connection",
					       "tienda", "name", "Ana",
					       "network", "192.0.2.1"));
	int64_t id = got_int(&c, "visitor");

	call_release(&c);
	return id;
}

static int64_t
line(int64_t visitor_id, const char *id)
{
	struct call c = fixture_visit(
		m_chat_write, visitor_id,
		json_pack("{s:s, s:s}", "id", id, "text", "hola"));
	int64_t incident;

	assert_int_equal(c.outcome, OUT_OK);
	incident = got_int(&c, "incident");
	call_release(&c);
	return incident;
}

static void
answer(int64_t incident, const char *text, const char *reply)
{
	json_t *p =
		json_pack("{s:I, s:s, s:i, s:b}", "id", (json_int_t)incident,
			  "text", text, "seen", 0, "override", 1);

	if (reply != NULL)
		(void)json_object_set_new(p, "saved_reply", json_string(reply));
	done(fixture_call(m_incident_answer, ROLE_CONSOLE, fx.agent_id, p));
}

/* "words by_at" of what a visitor sees; "": nothing. */
static const char *
expected(struct call c, const char *member)
{
	static char out[80];
	const json_t *x =
		json_object_get(json_object_get(c.result, member), "expected");
	const char *by = json_string_value(json_object_get(x, "by_at"));

	assert_int_equal(c.outcome, OUT_OK);
	out[0] = '\0';
	if (json_is_object(x))
		(void)snprintf(out, sizeof out, "%s %s",
			       json_string_value(json_object_get(x, "words")),
			       by != NULL ? by : "-");
	call_release(&c);
	return out;
}

static const char *
in_chat(int64_t visitor_id)
{
	return expected(fixture_visit(m_chat_get, visitor_id,
				      json_pack("{s:i}", "from", 0)),
			"chat");
}

static const char *
on_site(void)
{
	return expected(
		fixture_call(m_chat_site, ROLE_CHAT, 0,
			     json_pack("{s:s}", "connection", "tienda")),
		"site");
}

static const char *
promise(void)
{
	return fixture_text("SELECT channel || ' ' || queue || ' ' || basis "
			    "|| ' ' || words || ' ' || (by_s - told_ms / 1000) "
			    "|| ' ' || ifnull(answered_s - told_ms / 1000, '-')"
			    " || ' ' || ifnull(kept, '-') FROM promise "
			    "ORDER BY id DESC LIMIT 1");
}

static void
measure(int64_t now_ms)
{
	struct err e;

	assert_int_equal(answer_times_measure(fx.desk.times, fx.store,
					      fx.desk.book, now_ms, &e),
			 OUT_OK);
}

/* A day of chats that were answered after so many seconds each; then it is
 * T0 again, a day later. */
static void
answered_in(int n, int first_s, int step_s)
{
	int i;

	for (i = 0; i < n; i++) {
		int64_t incident = line(visitor(), "x");

		fx.now_ms += (first_s + (int64_t)i * step_s) * 1000;
		answer(incident, "hola", NULL);
	}
	assert_true(fx.now_ms < T0_MS + DAY_MS);
	fx.now_ms = T0_MS + DAY_MS;
	measure(fx.now_ms);
}

/* --- told --------------------------------------------------------------------- */

static void
few_answers_say_nothing_the_policy_does(void **state)
{
	int64_t v = visitor();

	(void)state;
	answered_in(19, 60, 0);
	assert_string_equal(on_site(), "1h -");
	assert_string_equal(in_chat(v), "");
	(void)line(v, "a");
	assert_string_equal(promise(), "chat general policy 1h 3600 - -");
	assert_string_equal(in_chat(v), "1h 2026-01-06T10:00:00.000Z");
}

static void
twenty_answers_are_measured(void **state)
{
	int64_t v = visitor();
	int64_t p80 = 0;

	(void)state;
	/* 100, 200, ... 2000 seconds: the 16th of 20 is 1600 */
	answered_in(20, 100, 100);
	assert_true(answer_time(fx.desk.times, "chat", "general", &p80));
	assert_int_equal(p80, 1600);
	assert_false(answer_time(fx.desk.times, "email", "general", &p80));
	assert_false(answer_time(fx.desk.times, "chat", "other", &p80));
	assert_string_equal(on_site(), "30m -");
	(void)line(v, "a");
	assert_string_equal(promise(), "chat general measured 30m 1800 - -");
	/* what was told stands, whatever is measured later, and a second line
	 * tells nothing new */
	fx.now_ms += 10 * MINUTE_MS;
	(void)line(v, "b");
	assert_string_equal(in_chat(v), "30m 2026-01-06T09:30:00.000Z");
	assert_int_equal(fixture_int("SELECT count(*) FROM promise"), 21);
}

static void
answers_of_long_ago_do_not_count(void **state)
{
	int64_t p80;

	(void)state;
	answered_in(20, 100, 100);
	measure(T0_MS + 13 * DAY_MS);
	assert_true(answer_time(fx.desk.times, "chat", "general", &p80));
	measure(T0_MS + 16 * DAY_MS);
	assert_false(answer_time(fx.desk.times, "chat", "general", &p80));
}

/* --- kept ---------------------------------------------------------------------- */

static void
an_answer_in_time_keeps_it(void **state)
{
	int64_t v = visitor();
	int64_t incident = line(v, "a");

	(void)state;
	fx.now_ms += 60 * MINUTE_MS;
	answer(incident, "hola", NULL);
	assert_string_equal(promise(), "chat general policy 1h 3600 3600 1");
	/* an agent is there: nothing is expected any more */
	assert_string_equal(in_chat(v), "");
	fx.now_ms += 600 * MINUTE_MS;
	(void)fixture_tick();
	assert_string_equal(promise(), "chat general policy 1h 3600 3600 1");
}

static void
it_breaks_one_second_after(void **state)
{
	int64_t incident = line(visitor(), "a");

	(void)state;
	fx.now_ms = T0_MS + 60 * MINUTE_MS;
	(void)fixture_tick();
	assert_string_equal(promise(), "chat general policy 1h 3600 - -");
	fx.now_ms += 1000;
	(void)fixture_tick();
	assert_string_equal(promise(), "chat general policy 1h 3600 - 0");
	/* a late answer is noted and changes nothing */
	fx.now_ms += 1000;
	answer(incident, "hola", NULL);
	assert_string_equal(promise(), "chat general policy 1h 3600 3602 0");
}

/* The tick asks to be called when a promise passes. */
static void
the_tick_knows_its_instant(void **state)
{
	(void)state;
	(void)line(visitor(), "a");
	fixture_exec("UPDATE promise SET by_s = by_s - 1800");
	assert_int_equal(fixture_tick(), T0_MS + 30 * MINUTE_MS + 1000);
	assert_int_equal(engine_seen.measures, 0);
}

/* What the customer was told in one is answered in the other. */
static void
a_merged_one_is_answered_where_it_went(void **state)
{
	int64_t survivor = line(visitor(), "a");
	int64_t v = visitor();
	int64_t merged = line(v, "b");

	(void)state;
	done(fixture_visit(m_chat_end, v, json_object()));
	done(fixture_call(m_incident_merge, ROLE_CONSOLE, fx.agent_id,
			  json_pack("{s:I, s:I}", "id", (json_int_t)merged,
				    "into", (json_int_t)survivor)));
	fx.now_ms += 10 * MINUTE_MS;
	answer(survivor, "hola", NULL);
	assert_int_equal(fixture_int("SELECT count(*) FROM promise WHERE "
				     "kept = 1 AND answered_s - told_ms / 1000 "
				     "= 600"),
			 2);
}

/* --- in saved replies ------------------------------------------------------------ */

static int64_t
mail(void)
{
	struct letter m = { .id = "<1@x.example>",
			    .from = "ana@x.example",
			    .to = "demo@shop.example",
			    .subject = "mi pedido",
			    .text = "hola" };
	struct call c = fixture_mail(&m);
	int64_t incident = got_int(&c, "incident");

	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	return incident;
}

static void
an_automatic_answer_says_it(void **state)
{
	int64_t incident = mail();

	(void)state;
	assert_string_equal(
		fixture_text("SELECT text FROM message WHERE author = 'bot'"),
		"Te contestamos en menos de 4 horas.");
	assert_string_equal(promise(), "email general policy 4h 14400 - -");
	assert_int_equal(fixture_int("SELECT p.message_id = m.id FROM promise "
				     "p, message m WHERE m.author = 'bot'"),
			 1);
	fx.now_ms += 30 * MINUTE_MS;
	answer(incident, "ya lo miro", NULL);
	assert_string_equal(promise(), "email general policy 4h 14400 1800 1");
}

/* The customer never got the answer: it was none. */
static void
a_failed_answer_is_none(void **state)
{
	int64_t incident = mail();
	struct call c;

	(void)state;
	fx.now_ms += 30 * MINUTE_MS;
	answer(incident, "ya lo miro", NULL);
	c = fixture_call(m_outbox_take, ROLE_MAIL, 0,
			 json_pack("{s:i, s:i}", "max", 10, "lease_ms", 60000));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	done(fixture_call(
		m_outbox_report, ROLE_MAIL, 0,
		json_pack(
			"{s:I, s:i, s:s, s:s}", "delivery",
			(json_int_t)fixture_int("SELECT max(id) FROM delivery"),
			"attempt", 1, "result", "failed", "detail", "550 no")));
	assert_string_equal(promise(), "email general policy 4h 14400 - -");
}

/* An agent's own words count where the reply's are still in them. */
static void
an_agent_may_say_it(void **state)
{
	int64_t incident = mail();

	(void)state;
	fixture_exec("DELETE FROM promise");
	answer(incident, "Otra cosa.", "acuse");
	assert_int_equal(fixture_int("SELECT count(*) FROM promise"), 0);
	fx.now_ms += MINUTE_MS;
	answer(incident, "Te contestamos en menos de 4 horas. Un saludo",
	       "acuse");
	/* it is no answer to itself */
	assert_string_equal(promise(), "email general policy 4h 14400 - -");
	fx.now_ms += MINUTE_MS;
	answer(incident, "Aquí está.", NULL);
	assert_string_equal(promise(), "email general policy 4h 14400 60 1");
}

/* --- measuring anew -------------------------------------------------------------- */

static void
measured_once_a_minute(void **state)
{
	struct answer_times *t = fx.desk.times;
	int64_t number = store_number(fx.store);

	(void)state;
	/* at the start it is wanted; nobody else asks for it */
	assert_false(answer_times_ask(t, number + 1, T0_MS));
	assert_true(answer_times_wanted(t));
	assert_false(answer_times_wanted(t));
	measure(T0_MS);
	assert_false(answer_times_ask(t, number + 1, T0_MS + 59999));
	assert_true(answer_times_ask(t, number + 1, T0_MS + 60000));
	assert_false(answer_times_ask(t, number + 1, T0_MS + 60001));
	assert_true(answer_times_wanted(t));
	measure(T0_MS);
	/* nothing happened since: an hour */
	assert_false(answer_times_ask(t, number, T0_MS + 3599999));
	assert_true(answer_times_ask(t, number, T0_MS + 3600000));
	assert_true(answer_times_wanted(t));
	/* the clock was set back */
	measure(T0_MS);
	assert_true(answer_times_ask(t, number, T0_MS - 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(few_answers_say_nothing_the_policy_does),
		TEST(twenty_answers_are_measured),
		TEST(answers_of_long_ago_do_not_count),
		TEST(an_answer_in_time_keeps_it),
		TEST(it_breaks_one_second_after),
		TEST(the_tick_knows_its_instant),
		TEST(a_merged_one_is_answered_where_it_went),
		TEST(an_automatic_answer_says_it),
		TEST(a_failed_answer_is_none),
		TEST(an_agent_may_say_it),
		TEST(measured_once_a_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

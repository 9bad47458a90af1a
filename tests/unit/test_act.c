/*
 * What the desk book's rules do, and how often: ceilings of a tick, walks
 * and plans of timed rules, answers that go by themselves. After each test
 * the rows are what the events tell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/fixture.h"

method_fn m_incident_answer;
method_fn m_incident_create;
method_fn m_incident_note;
method_fn m_incident_set;

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

static const char head[] =
	"queue \"general\" { title \"General\" }\n"
	"calendar \"siempre\" { timezone \"Europe/Madrid\" "
	"mon-sun 00:00-24:00 }\n"
	"calendar \"tienda\" { timezone \"Europe/Madrid\" "
	"mon-fri 09:00-13:00 }\n"
	"policy \"correo\" { calendar \"siempre\" first response 4h }\n"
	"policy \"tienda\" { calendar \"tienda\" first response 4h }\n"
	"policy \"nada\" { calendar \"siempre\" resolution 9h }\n"
	"reply \"acuse\" { title \"Acuse\" language es text "
	"\"\"\"Recibido.\"\"\" }\n";

/* Apply rules, as the next version of the desk book. */
static void
apply(const char *rules)
{
	fixture_apply(head, rules, fx.now_ms);
}

static int64_t
mail(const char *who, const char *text)
{
	static int n;
	char id[64];
	const struct letter m = { .id = id, .from = who, .text = text };
	struct call c;
	int64_t incident;

	(void)snprintf(id, sizeof id, "<m%d@x>", ++n);
	c = fixture_mail(&m);
	incident = got_int(&c, "incident");
	call_release(&c);
	return incident;
}

static void
set_state(int64_t id, const char *state)
{
	struct call c = fixture_call(
		m_incident_set, ROLE_CONSOLE, fx.agent_id,
		json_pack("{s:I, s:s}", "id", (json_int_t)id, "state", state));

	if (c.outcome != OUT_OK)
		fail_msg("refused: %s", c.err.text);
	call_release(&c);
}

static void
many(int n)
{
	char who[64];
	int i;

	for (i = 0; i < n; i++) {
		(void)snprintf(who, sizeof who, "c%d@x.example", i);
		(void)mail(who, "hola");
	}
}

static int64_t
notes(void)
{
	return fixture_int("SELECT count(*) FROM message "
			   "WHERE direction = 'note'");
}

/* --- rules of time --------------------------------------------------------------- */

static const char daily[] =
	"rule \"diario\" { on every day at 10:30 if state is new, on_hold "
	"then state on_hold, note \"x\" }\n";

/* 09:00 UTC is 10:00 in Madrid. What the rule moves on is not met again. */
static void
a_tick_runs_so_many(void **state)
{
	(void)state;
	apply(daily);
	many(150);
	assert_int_equal(fixture_tick(), fx.now_ms + HOUR_MS / 2);
	assert_int_equal(notes(), 0);
	fx.now_ms += HOUR_MS / 2;
	assert_int_equal(fixture_tick(), fx.now_ms);
	assert_int_equal(notes(), 64);
	assert_int_equal(fixture_tick(), fx.now_ms);
	assert_int_equal(notes(), 128);
	(void)fixture_tick();
	assert_int_equal(notes(), 150);
	(void)fixture_tick();
	fx.now_ms += HOUR_MS;
	(void)fixture_tick();
	assert_int_equal(notes(), 150);
	assert_int_equal(fixture_int("SELECT count(*) FROM incident "
				     "WHERE state = 'on_hold'"),
			 150);
}

/* A walk that another book breaks off goes on, and no instant comes twice. */
static void
a_walk_goes_on_under_another_book(void **state)
{
	(void)state;
	apply(daily);
	many(100);
	(void)fixture_tick();
	fx.now_ms += HOUR_MS / 2;
	(void)fixture_tick();
	apply(daily);
	(void)fixture_tick();
	(void)fixture_tick();
	assert_int_equal(notes(), 100);
	apply("");
	(void)fixture_tick();
	apply(daily);
	(void)fixture_tick();
	fx.now_ms += 1000;
	(void)fixture_tick();
	assert_int_equal(notes(), 100);
}

/* What cannot be done for one incident costs neither others nor the tick. */
static void
a_rule_that_fails_costs_itself(void **state)
{
	(void)state;
	apply(daily);
	many(3);
	(void)fixture_tick();
	fixture_exec("CREATE TEMP TRIGGER poison BEFORE INSERT ON main.message "
		     "WHEN new.incident_id = 2 BEGIN "
		     "SELECT RAISE(ABORT, 'no'); END");
	fx.now_ms += HOUR_MS / 2;
	(void)fixture_tick();
	fixture_exec("DROP TRIGGER poison");
	(void)fixture_tick();
	assert_int_equal(notes(), 2);
	assert_string_equal(fixture_text("SELECT group_concat(state) FROM "
					 "(SELECT state FROM incident "
					 "ORDER BY id)"),
			    "on_hold,new,on_hold");
}

/* Nobody looked for a month: the last instant is enough. */
static void
missed_instants_are_one(void **state)
{
	(void)state;
	apply(daily);
	(void)mail("c@x.example", "hola");
	(void)fixture_tick();
	fx.now_ms += 30 * DAY_MS;
	(void)fixture_tick();
	(void)fixture_tick();
	assert_int_equal(notes(), 1);
	assert_int_equal(fixture_int("SELECT at_s FROM rule_time"),
			 (T0_MS + HOUR_MS / 2) / 1000 + 29 * 86400);
}

/* The clock was years ahead, and is right again: the rule goes on. */
static void
a_clock_that_was_ahead(void **state)
{
	(void)state;
	apply(daily);
	(void)mail("c@x.example", "hola");
	(void)fixture_tick();
	fixture_exec("UPDATE rule_time SET at_s = at_s + 3000000000");
	assert_int_equal(fixture_tick(), fx.now_ms + HOUR_MS / 2);
	fx.now_ms += HOUR_MS / 2;
	(void)fixture_tick();
	assert_int_equal(notes(), 1);
	/* set back a little: it does not run again */
	fx.now_ms -= HOUR_MS / 4;
	(void)fixture_tick();
	fx.now_ms += HOUR_MS / 4;
	(void)fixture_tick();
	assert_int_equal(notes(), 1);
}

static int64_t
planned(void)
{
	return fixture_int("SELECT count(*) FROM rule_wait");
}

static void
a_plan_follows_the_book(void **state)
{
	int64_t id;

	(void)state;
	apply("rule \"cierra\" { on 4h after solved then state closed }\n");
	id = mail("c@x.example", "hola");
	set_state(id, "solved");
	assert_int_equal(planned(), 1);
	assert_int_equal(fixture_tick(), fx.now_ms + 4 * HOUR_MS);
	/* later by now: the plan that comes first is moved on */
	apply("rule \"cierra\" { on 6h after solved then state closed }\n");
	fx.now_ms += 4 * HOUR_MS;
	(void)fixture_tick();
	assert_string_equal(fixture_text("SELECT state FROM incident"),
			    "solved");
	fx.now_ms += 2 * HOUR_MS;
	(void)fixture_tick();
	assert_string_equal(fixture_text("SELECT state FROM incident"),
			    "closed");
	assert_int_equal(planned(), 0);
}

static void
a_plan_of_a_rule_that_is_gone(void **state)
{
	int64_t id;

	(void)state;
	apply("rule \"cierra\" { on 4h after solved then state closed }\n");
	id = mail("c@x.example", "hola");
	set_state(id, "solved");
	apply("");
	fx.now_ms += 5 * HOUR_MS;
	(void)fixture_tick();
	assert_int_equal(planned(), 0);
	assert_string_equal(fixture_text("SELECT state FROM incident"),
			    "solved");
}

/* In open hours of the incident's policy: Monday 09:30 to 13:00 in Madrid
 * are three and a half, the rest is Tuesday's. */
static void
open_hours_after(void **state)
{
	int64_t id;

	(void)state;
	fx.now_ms -= HOUR_MS / 2;
	apply("rule \"p\" { on contact if channel is email then policy "
	      "\"tienda\" }\n"
	      "rule \"cierra\" { on 4h open after solved then state closed "
	      "}\n");
	id = mail("c@x.example", "hola");
	set_state(id, "solved");
	assert_int_equal(fixture_int("SELECT due_s - base_s FROM rule_wait"),
			 24 * 3600);
}

/* A book is applied over incidents that are there. */
static void
incidents_that_were_there(void **state)
{
	int64_t i;

	(void)state;
	many(300);
	fx.now_ms += HOUR_MS;
	for (i = 1; i <= 300; i += 3)
		set_state(i, "solved");
	fx.now_ms += HOUR_MS;
	apply("rule \"a\" { on 90m after created then tag \"a\" }\n"
	      "rule \"b\" { on 3h after created then tag \"b\" }\n"
	      "rule \"c\" { on 2h after solved then tag \"c\" }\n");
	while (fixture_tick() == fx.now_ms)
		;
	assert_int_equal(planned(), 300);
	fx.now_ms += HOUR_MS;
	while (fixture_tick() == fx.now_ms)
		;
	assert_int_equal(planned(), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM incident_tag "
				     "WHERE tag = 'a'"),
			 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM incident_tag "
				     "WHERE tag = 'b'"),
			 200);
	assert_int_equal(fixture_int("SELECT count(*) FROM incident_tag "
				     "WHERE tag = 'c'"),
			 100);
}

/* --- other events ------------------------------------------------------------------ */

static void
breaches_of_one_tick(void **state)
{
	(void)state;
	apply("rule \"tarde\" { on clock.breach then tag \"tarde\" }\n");
	many(100);
	fx.now_ms += 5 * HOUR_MS;
	assert_int_equal(fixture_tick(), fx.now_ms);
	assert_int_equal(fixture_int("SELECT count(*) FROM incident_tag"), 64);
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM incident_tag"), 100);
	assert_int_equal(fixture_int("SELECT count(*) FROM breach"), 100);
}

static void
no_more_tags_than_fit(void **state)
{
	json_t *list = json_array();
	char tag[16];
	int64_t id;
	int i;
	struct call c;

	(void)state;
	apply("rule \"e\" { on state then tag \"una\", tag \"otra\" }\n");
	id = mail("c@x.example", "hola");
	for (i = 0; i < 49; i++) {
		(void)snprintf(tag, sizeof tag, "t%d", i);
		(void)json_array_append_new(list, json_string(tag));
	}
	c = fixture_call(m_incident_set, ROLE_CONSOLE, fx.agent_id,
			 json_pack("{s:I, s:o, s:s}", "id", (json_int_t)id,
				   "add_tags", list, "state", "open"));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_int_equal(fixture_int("SELECT count(*) FROM incident_tag"), 50);
	assert_string_equal(
		fixture_text("SELECT json_extract(data, '$.left[0].why') FROM "
			     "event WHERE kind = 'incident.classified'"),
		"too_many");
}

static void
a_policy_that_promises_another(void **state)
{
	int64_t id;

	(void)state;
	apply("rule \"n\" { on state then policy \"nada\" }\n");
	id = mail("c@x.example", "hola");
	assert_int_equal(fixture_int("SELECT due_ms IS NULL FROM incident"), 0);
	set_state(id, "open");
	assert_string_equal(fixture_text("SELECT group_concat(state || cause) "
					 "FROM clock"),
			    "cancelledpolicy,running");
	assert_string_equal(fixture_text("SELECT name || (start_s * 1000 = "
					 "created_ms) FROM clock c JOIN "
					 "incident i ON i.id = c.incident_id "
					 "WHERE c.state = 'running'"),
			    "resolution1");
}

/* A rule that fires and changes nothing is told of all the same; what comes
 * after it is not of an earlier instant, though the clock was set back. */
static void
told_and_set_back(void **state)
{
	int64_t id;

	(void)state;
	apply("rule \"diario\" { on every day at 10:30 then tag \"a\" }\n");
	id = mail("c@x.example", "hola");
	fx.now_ms += DAY_MS;
	(void)fixture_tick();
	fx.now_ms += DAY_MS;
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE kind = "
				     "'incident.classified'"),
			 2);
	fx.now_ms -= 3 * HOUR_MS;
	set_state(id, "on_hold");
	assert_int_equal(
		fixture_int("SELECT count(*) FROM event a JOIN event b "
			    "ON b.number > a.number WHERE b.at_ms < "
			    "a.at_ms"),
		0);
}

/* --- answers that go by themselves --------------------------------------------------- */

static int64_t
sent(void)
{
	return fixture_int("SELECT count(*) FROM message "
			   "WHERE direction = 'out' AND author = 'bot'");
}

static void
an_answer_once_in_its_period(void **state)
{
	(void)state;
	apply("rule \"a\" { on contact if channel is email then send reply "
	      "\"acuse\" once per customer in 3d }\n");
	(void)mail("c@x.example", "uno");
	(void)mail("c@x.example", "dos");
	(void)mail("otro@x.example", "tres");
	assert_int_equal(sent(), 2);
	fx.now_ms += 2 * DAY_MS;
	(void)fixture_tick();
	(void)mail("c@x.example", "cuatro");
	assert_int_equal(sent(), 2);
	fx.now_ms += 2 * DAY_MS;
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM rule_sent"), 0);
	(void)mail("c@x.example", "cinco");
	assert_int_equal(sent(), 3);
	assert_int_equal(fixture_int("SELECT count(*) FROM clock WHERE state = "
				     "'fulfilled'"),
			 0);
}

/* What the desk writes first is answered by nobody, and noted by rules. */
static void
the_desk_writes_first(void **state)
{
	struct call c;

	(void)state;
	apply("rule \"a\" { on contact if channel is email then send reply "
	      "\"acuse\", tag \"a\" }\n");
	c = fixture_call(m_incident_create, ROLE_CONSOLE, fx.agent_id,
			 json_pack("{s:s, s:s, s:s, s:s, s:s}", "channel",
				   "email", "direction", "out", "address",
				   "c@x.example", "subject", "Hola", "text",
				   "Una cosa"));
	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	call_release(&c);
	assert_int_equal(sent(), 0);
	assert_string_equal(fixture_text("SELECT tag FROM incident_tag"), "a");
	assert_string_equal(
		fixture_text("SELECT json_extract(data, '$.left[0].why') FROM "
			     "event WHERE kind = 'incident.classified'"),
		"desk");
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_tick_runs_so_many),
		TEST(a_walk_goes_on_under_another_book),
		TEST(a_rule_that_fails_costs_itself),
		TEST(missed_instants_are_one),
		TEST(a_clock_that_was_ahead),
		TEST(a_plan_follows_the_book),
		TEST(a_plan_of_a_rule_that_is_gone),
		TEST(open_hours_after),
		TEST(incidents_that_were_there),
		TEST(breaches_of_one_tick),
		TEST(no_more_tags_than_fit),
		TEST(a_policy_that_promises_another),
		TEST(told_and_set_back),
		TEST(an_answer_once_in_its_period),
		TEST(the_desk_writes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

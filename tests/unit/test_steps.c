/*
 * Steps of a clock: when they are due, that each is done once and in time,
 * what they do, whom they tell; absences that end by themselves. After each
 * test the rows are what the events tell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "daemon/mailjob.h"
#include "daemon/presence.h"
#include "daemon/steps.h"
#include "daemon/store/agent.h"
#include "daemon/store/away.h"
#include "daemon/store/clock.h"
#include "daemon/store/step.h"
#include "rules/book.h"
#include "rules/deadline.h"
#include "tests/unit/fixture.h"

method_fn m_incident_answer;
method_fn m_incident_assign;
method_fn m_job_take;

#define HOUR_S INT64_C(3600)
#define HOUR_MS (HOUR_S * 1000)
#define T0_S (T0_MS / 1000)

/* The connection that a fixture has; see fixture.c. */
static const char head[] =
	"queue \"general\" { title \"General\" team \"caja\" }\n"
	"queue \"tarde\" { title \"Tarde\" }\n"
	"team \"caja\" { members \"laura@x.example\", \"iker@x.example\" }\n"
	"calendar \"siempre\" { timezone \"Europe/Madrid\" "
	"mon-sun 00:00-24:00 }\n"
	"calendar \"tienda\" { timezone \"Europe/Madrid\" "
	"mon-fri 09:00-13:00 }\n";

/* Apply a policy for mails and rules, as the next version of the book. */
static void
apply(const char *rest)
{
	fixture_apply(head, rest, fx.now_ms);
}

static int64_t
mail(const char *who)
{
	static int n;
	char id[64];
	const struct letter m = { .id = id, .from = who, .text = "hola" };
	struct call c;
	int64_t incident;

	(void)snprintf(id, sizeof id, "<s%d@x>", ++n);
	c = fixture_mail(&m);
	assert_int_equal(c.outcome, OUT_OK);
	incident = got_int(&c, "incident");
	call_release(&c);
	return incident;
}

static void
at(int64_t s)
{
	fx.now_ms = s * 1000;
	while (fixture_tick() <= fx.now_ms)
		;
}

static int64_t
count(const char *kind)
{
	char *sql = sqlite3_mprintf(
		"SELECT count(*) FROM event WHERE kind = %Q", kind);
	int64_t n = fixture_int(sql);

	sqlite3_free(sql);
	return n;
}

/* --- when -------------------------------------------------------------------- */

static struct steps_clock
clock_of(int64_t budget_s, int64_t used_s, int64_t due_s)
{
	struct steps_clock c = { .id = 1,
				 .clock = BOOK_CLOCK_RESOLUTION,
				 .budget_s = budget_s,
				 .used_s = used_s,
				 .due_s = due_s,
				 .now_s = T0_S };

	return c;
}

/* Monday 10:00 in Madrid; the shop opens 09:00 to 13:00. */
static void
instants_are_of_open_time(void **state)
{
	const struct book_warning half = { .percent = 50 };
	const struct book_warning left = { .left_s = 900 };
	const struct book_escalation broken = { .when = BOOK_AT_BREACH };
	const struct book_escalation later = { .when = BOOK_AFTER_BREACH,
					       .seconds = 2 * HOUR_S };
	const struct book_escalation share = { .when = BOOK_AT_PERCENT,
					       .percent = 75 };
	struct steps_clock c = clock_of(4 * HOUR_S, 0, 0);

	(void)state;
	apply("policy \"correo\" { calendar \"tienda\" first response 4h }\n");
	c.calendar = book_calendar(fx.desk.book, "tienda");
	c.due_s = deadline_due(c.calendar, T0_S, c.budget_s, NULL, 0);
	assert_int_equal(c.due_s, T0_S + 24 * HOUR_S); /* Tuesday 10:00 */
	assert_int_equal(steps_warning_at(&c, &half), T0_S + 2 * HOUR_S);
	assert_int_equal(steps_warning_at(&c, &left), c.due_s - 900);
	assert_int_equal(steps_escalation_at(&c, &share), T0_S + 3 * HOUR_S);
	assert_int_equal(steps_escalation_at(&c, &broken), c.due_s + 1);
	assert_int_equal(steps_escalation_at(&c, &later), c.due_s + 2 * HOUR_S);
	/* half is used already: at once */
	c.used_s = 3 * HOUR_S;
	assert_int_equal(steps_warning_at(&c, &half), T0_S);
	/* the share is rounded up, never before it is used */
	c = clock_of(10, 0, T0_S + 10);
	c.calendar = book_calendar(fx.desk.book, "siempre");
	assert_int_equal(steps_escalation_at(&c, &share), T0_S + 8);
	/* without a calendar every second counts */
	c.calendar = NULL;
	assert_int_equal(steps_warning_at(&c, &half), T0_S + 5);
}

/* --- what is done ------------------------------------------------------------- */

/* Nothing is done before its second, everything once, in order; the tick
 * sleeps until the next. */
static void
each_step_is_done_once_and_at_its_second(void **state)
{
	int64_t id;

	(void)state;
	apply("policy \"correo\" { calendar \"siempre\" first response 4h\n"
	      "warn at 50%, 15m left\n"
	      "escalate first response at 75% then priority high\n"
	      "escalate first response at breach then queue \"tarde\"\n"
	      "escalate first response 1h after breach then priority urgent, "
	      "tag \"tarde\" }\n");
	id = mail("ana@x.example");
	assert_int_equal(id, 1);
	fx.now_ms = T0_MS;
	assert_int_equal(fixture_tick(), T0_MS + 2 * HOUR_MS);
	at(T0_S + 2 * HOUR_S - 1);
	assert_int_equal(count("clock.warned"), 0);
	at(T0_S + 2 * HOUR_S);
	assert_int_equal(count("clock.warned"), 1);
	at(T0_S + 2 * HOUR_S);
	assert_int_equal(count("clock.warned"), 1);
	assert_string_equal(fixture_text("SELECT json_extract(data, '$.left_s')"
					 " FROM event WHERE kind = "
					 "'clock.warned'"),
			    "7200");
	at(T0_S + 3 * HOUR_S);
	assert_string_equal(fixture_text("SELECT priority FROM incident"),
			    "high");
	assert_int_equal(
		fixture_int("SELECT json_extract(data, '$.level') FROM "
			    "event WHERE kind = 'clock.escalated'"),
		1);
	assert_string_equal(
		fixture_text("SELECT json_extract(data, '$.by.priority') FROM "
			     "event WHERE kind = 'incident.classified'"),
		"correo");
	at(T0_S + 4 * HOUR_S);
	assert_int_equal(count("clock.warned"), 2);
	assert_int_equal(count("clock.breached"), 0);
	assert_string_equal(fixture_text("SELECT queue FROM incident"),
			    "general");
	at(T0_S + 4 * HOUR_S + 1);
	assert_int_equal(count("clock.breached"), 1);
	assert_string_equal(fixture_text("SELECT queue FROM incident"),
			    "tarde");
	at(T0_S + 5 * HOUR_S);
	assert_string_equal(fixture_text("SELECT priority FROM incident"),
			    "urgent");
	assert_int_equal(fixture_int("SELECT count(*) FROM incident_tag"), 1);
	at(T0_S + 50 * HOUR_S);
	assert_int_equal(count("clock.warned"), 2);
	assert_int_equal(count("clock.escalated"), 3);
}

/* The daemon slept over it: a warning after the deadline warns of nothing,
 * what an escalation does is done. */
static void
a_warning_found_after_the_deadline_is_left(void **state)
{
	(void)state;
	apply("policy \"correo\" { calendar \"siempre\" first response 4h\n"
	      "warn at 50%\n"
	      "escalate first response at 75% then priority high }\n");
	(void)mail("ana@x.example");
	at(T0_S + 9 * HOUR_S);
	assert_int_equal(count("clock.warned"), 0);
	assert_int_equal(count("clock.escalated"), 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM clock_step WHERE "
				     "done_ms IS NULL"),
			 0);
}

/* A warning that was due before the clock began is sent at once. */
static void
a_warning_due_before_the_start_is_sent_at_once(void **state)
{
	(void)state;
	apply("policy \"correo\" { calendar \"siempre\" first response 10m\n"
	      "warn at 15m left }\n");
	(void)mail("ana@x.example");
	at(T0_S);
	assert_int_equal(count("clock.warned"), 1);
	assert_string_equal(fixture_text("SELECT json_extract(data, '$.left_s')"
					 " FROM event WHERE kind = "
					 "'clock.warned'"),
			    "600");
}

/* After its end a clock has no steps. */
static void
nothing_is_done_after_the_end(void **state)
{
	struct call c;

	(void)state;
	apply("policy \"correo\" { calendar \"siempre\" first response 4h\n"
	      "warn at 50%\n"
	      "escalate first response at breach then priority urgent }\n");
	(void)mail("ana@x.example");
	c = fixture_call(
		m_incident_answer, ROLE_CONSOLE, fx.agent_id,
		json_pack("{s:i, s:s, s:i}", "id", 1, "text", "ya", "seen", 1));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_int_equal(fixture_int("SELECT count(*) FROM clock_step"), 0);
	at(T0_S + 9 * HOUR_S);
	assert_int_equal(count("clock.warned"), 0);
	assert_int_equal(count("clock.escalated"), 0);
}

/* Rules of clock.warning run, with what they ask. */
static void
rules_of_a_warning_run(void **state)
{
	(void)state;
	apply("policy \"correo\" { calendar \"siempre\" first response 4h\n"
	      "warn at 50% }\n"
	      "rule \"avisa\" { on clock.warning if clock is first_response "
	      "and clock.left <= 2h then tag \"pronto\" }\n");
	(void)mail("ana@x.example");
	at(T0_S + 2 * HOUR_S);
	assert_string_equal(fixture_text("SELECT tag FROM incident_tag"),
			    "pronto");
	assert_string_equal(
		fixture_text("SELECT json_extract(data, '$.on') FROM event "
			     "WHERE kind = 'incident.classified'"),
		"clock.warning");
}

/* What was done stays done when the clock is planned again, unless its instant
 * is to come again. */
static void
a_plan_is_made_again(void **state)
{
	struct steps_clock c = clock_of(4 * HOUR_S, 0, 0);
	struct err e;

	(void)state;
	apply("policy \"correo\" { calendar \"siempre\" first response 4h\n"
	      "warn at 50%, 75% }\n");
	(void)mail("ana@x.example");
	at(T0_S + 2 * HOUR_S);
	assert_int_equal(count("clock.warned"), 1);
	c.clock = BOOK_CLOCK_FIRST_RESPONSE;
	c.policy = book_policy(fx.desk.book, "correo");
	c.calendar = book_calendar(fx.desk.book, "siempre");
	c.due_s = T0_S + 4 * HOUR_S;
	c.used_s = 2 * HOUR_S;
	c.now_s = T0_S + 2 * HOUR_S;
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(steps_plan(fx.store, &c, &e), OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	assert_int_equal(fixture_int("SELECT count(*) FROM clock_step WHERE "
				     "done_ms IS NULL"),
			 1);
	/* twice the time: half of it is to come again */
	c.budget_s = 8 * HOUR_S;
	c.due_s = T0_S + 8 * HOUR_S;
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(steps_plan(fx.store, &c, &e), OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	assert_int_equal(fixture_int("SELECT min(at_s) FROM clock_step WHERE "
				     "done_ms IS NULL"),
			 T0_S + 4 * HOUR_S);
	assert_int_equal(fixture_int("SELECT count(*) FROM clock_step WHERE "
				     "done_ms IS NULL"),
			 2);
}

/* One tick does a bounded share, and comes again at once. */
static void
a_tick_does_so_many(void **state)
{
	char who[64];
	int i;

	(void)state;
	apply("policy \"correo\" { calendar \"siempre\" first response 4h\n"
	      "warn at 50% }\n");
	for (i = 0; i < STEPS_RUNS_MAX + 3; i++) {
		(void)snprintf(who, sizeof who, "c%d@x.example", i);
		(void)mail(who);
	}
	fx.now_ms = T0_MS + 2 * HOUR_MS;
	assert_int_equal(fixture_tick(), fx.now_ms);
	assert_int_equal(count("clock.warned"), STEPS_RUNS_MAX);
	assert_true(fixture_tick() > fx.now_ms);
	assert_int_equal(count("clock.warned"), STEPS_RUNS_MAX + 3);
}

/* --- who is told -------------------------------------------------------------- */

static void
agents_of_the_team(void)
{
	fixture_exec("UPDATE agent SET email = 'laura@x.example', language = "
		     "'en' WHERE id = 1");
	fixture_exec("UPDATE agent SET email = 'iker@x.example', language = '' "
		     "WHERE id = 2");
	fixture_exec("UPDATE agent SET mail_notices = 1");
}

/* Nobody has it: its queue's team is warned, each by a mail in their own
 * language, and it says what is due and nothing of the customer. */
static void
those_who_ask_get_a_mail(void **state)
{
	(void)state;
	apply("policy \"correo\" { calendar \"tienda\" first response 4h\n"
	      "warn at 50% }\n");
	agents_of_the_team();
	(void)mail("ana@x.example");
	at(T0_S + 2 * HOUR_S);
	assert_string_equal(fixture_text("SELECT json_extract(data, '$.agents')"
					 " FROM event WHERE kind = "
					 "'clock.warned'"),
			    "[1,2]");
	assert_int_equal(fixture_int("SELECT count(*) FROM job WHERE kind = "
				     "'mail.notice'"),
			 2);
	assert_string_equal(
		fixture_text("SELECT json_extract(payload, '$.subject') FROM "
			     "job WHERE json_extract(payload, '$.to[0]') = 2"),
		"P-1: primera respuesta, vence el 06/01/2026, 10:00 "
		"(Europe/Madrid)");
	assert_string_equal(
		fixture_text("SELECT json_extract(payload, '$.subject') FROM "
			     "job WHERE json_extract(payload, '$.to[0]') = 1"),
		"P-1: first response, is due 2026-01-06 10:00 "
		"(Europe/Madrid)");
	assert_int_equal(fixture_int("SELECT count(*) FROM job WHERE payload "
				     "LIKE '%ana%' OR payload LIKE '%hola%'"),
			 0);
}

/* The assignee alone is warned; who did not ask gets no mail. */
static void
the_assignee_is_warned(void **state)
{
	struct call c;

	(void)state;
	apply("policy \"correo\" { calendar \"siempre\" first response 4h\n"
	      "warn at 50% }\n");
	agents_of_the_team();
	fixture_exec("UPDATE agent SET mail_notices = 0 WHERE id = 2");
	(void)mail("ana@x.example");
	c = fixture_call(m_incident_assign, ROLE_CONSOLE, fx.agent_id,
			 json_pack("{s:i, s:i}", "id", 1, "agent", 2));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	at(T0_S + 2 * HOUR_S);
	assert_string_equal(fixture_text("SELECT json_extract(data, '$.agents')"
					 " FROM event WHERE kind = "
					 "'clock.warned'"),
			    "[2]");
	assert_int_equal(fixture_int("SELECT count(*) FROM job"), 0);
}

/* What an escalation says goes to its team; a gateway is not given the mail
 * with its job, and who is no longer active has no address. */
static void
a_notice_of_an_escalation_is_mailed(void **state)
{
	json_t *address = NULL;
	struct call c;
	struct err e;

	(void)state;
	apply("policy \"correo\" { calendar \"siempre\" first response 4h\n"
	      "escalate first response at 50% then notify team \"caja\" "
	      "\"mirad\" }\n");
	agents_of_the_team();
	fixture_exec("UPDATE agent SET language = 'es'");
	(void)mail("ana@x.example");
	at(T0_S + 2 * HOUR_S);
	assert_int_equal(count("notice.added"), 1);
	assert_string_equal(fixture_text("SELECT json_extract(payload, "
					 "'$.subject') FROM job"),
			    "P-1: aviso de correo");
	assert_string_equal(
		fixture_text("SELECT json_extract(payload, '$.to') FROM job"),
		"[1,2]");
	assert_int_equal(fixture_int("SELECT instr(payload, 'mirad') > 0 "
				     "FROM job"),
			 1);
	c = fixture_call(m_job_take, ROLE_MAIL, 0,
			 json_pack("{s:i, s:i}", "max", 5, "lease_ms", 60000));
	assert_int_equal(c.outcome, OUT_OK);
	assert_int_equal(
		json_object_size(json_object_get(
			json_array_get(json_object_get(c.result, "jobs"), 0),
			"payload")),
		0);
	call_release(&c);
	fixture_exec("UPDATE agent SET active = 0 WHERE id = 1");
	assert_int_equal(agent_address(fx.store, 1, &address, &e), OUT_OK);
	assert_null(address);
	assert_int_equal(agent_address(fx.store, 2, &address, &e), OUT_OK);
	assert_string_equal(
		json_string_value(json_object_get(address, "address")),
		"iker@x.example");
	json_decref(address);
}

/* A mail over its ceiling is refused, and no agents are no mail. */
static void
a_mail_has_a_ceiling(void **state)
{
	char *text = sqlite3_mprintf("%*s", MAILJOB_BYTES_MAX, "x");
	json_t *agents = json_pack("[i]", 1);
	json_t *none = json_array();
	struct mailjob m = { .agents = agents, .subject = "x", .text = text };
	struct err e;
	int64_t job;

	(void)state;
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(mailjob_add(&fx.desk, fx.store, &m, T0_MS, &job, &e),
			 OUT_PERM);
	assert_string_equal(e.code, "too_large");
	m.agents = none;
	assert_int_equal(mailjob_add(&fx.desk, fx.store, &m, T0_MS, &job, &e),
			 OUT_OK);
	assert_int_equal(job, 0);
	store_rollback(fx.store);
	json_decref(agents);
	json_decref(none);
	sqlite3_free(text);
}

/* --- absences ------------------------------------------------------------------ */

static void
an_absence_ends_when_it_was_said_to(void **state)
{
	struct err e;
	bool was = false;

	(void)state;
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(
		away_begin(fx.store, 1, "break", T0_MS + HOUR_MS, T0_MS, &e),
		OUT_OK);
	assert_int_equal(away_begin(fx.store, 2, "meeting", 0, T0_MS, &e),
			 OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	fx.now_ms = T0_MS;
	assert_int_equal(fixture_tick(), T0_MS + HOUR_MS);
	at(T0_S + 9 * HOUR_S);
	assert_int_equal(fixture_int("SELECT to_ms FROM agent_away WHERE "
				     "agent_id = 1"),
			 T0_MS + HOUR_MS);
	assert_int_equal(count("agent.changed"), 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM agent_away WHERE "
				     "to_ms IS NULL"),
			 1);
	/* another reason: the one before ends */
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(away_begin(fx.store, 2, "training", 0, fx.now_ms, &e),
			 OUT_OK);
	/* a clock that was set back does not end it before it began */
	assert_int_equal(away_end(fx.store, 2, T0_MS - HOUR_MS, &was, &e),
			 OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	assert_true(was);
	assert_int_equal(fixture_int("SELECT count(*) FROM agent_away WHERE "
				     "to_ms < from_ms OR to_ms IS NULL"),
			 0);
	assert_false(away_reason("lunch"));
}

#define STEP_TEST(f)                                                           \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STEP_TEST(instants_are_of_open_time),
		STEP_TEST(each_step_is_done_once_and_at_its_second),
		STEP_TEST(a_warning_found_after_the_deadline_is_left),
		STEP_TEST(a_warning_due_before_the_start_is_sent_at_once),
		STEP_TEST(nothing_is_done_after_the_end),
		STEP_TEST(rules_of_a_warning_run),
		STEP_TEST(a_plan_is_made_again),
		STEP_TEST(a_tick_does_so_many),
		STEP_TEST(those_who_ask_get_a_mail),
		STEP_TEST(the_assignee_is_warned),
		STEP_TEST(a_notice_of_an_escalation_is_mailed),
		STEP_TEST(a_mail_has_a_ceiling),
		STEP_TEST(an_absence_ends_when_it_was_said_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

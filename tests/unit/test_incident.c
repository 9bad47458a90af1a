#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

#include "tests/unit/fixture.h"
#include "tests/unit/lucia.h"

method_fn m_incident_answer;
method_fn m_incident_assign;
method_fn m_incident_create;
method_fn m_incident_note;
method_fn m_incident_set;
method_fn m_outbox_take;

#define HOUR_MS INT64_C(3600000)

static void
set(const char *name, const char *value)
{
	struct call c = lucia_staff(
		m_incident_set, json_pack("{s:i, s:s}", "id", 1, name, value));

	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	call_release(&c);
}

static json_t *
take(void)
{
	struct call c = fixture_call(
		m_outbox_take, ROLE_MAIL, 0,
		json_pack("{s:i, s:i}", "max", 10, "lease_ms", 60000));
	json_t *list;

	assert_int_equal(c.outcome, OUT_OK);
	list = json_incref(json_object_get(c.result, "deliveries"));
	call_release(&c);
	return list;
}

static const char *
clock_state(void)
{
	return fixture_text("SELECT state || ' ' || cause || ' ' || breached "
			    "FROM clock WHERE id = 1");
}

/* --- answers -------------------------------------------------------------- */

static void
test_answer(void **state)
{
	struct call c;
	json_t *inc;

	(void)state;
	lucia_mail(lucia_first.id);
	fx.now_ms += HOUR_MS;
	c = lucia_answer(1, NULL);
	assert_int_equal(c.outcome, OUT_OK);
	inc = json_object_get(c.result, "incident");
	assert_string_equal(json_string_value(json_object_get(inc, "state")),
			    "pending_customer");
	assert_true(json_is_null(json_object_get(inc, "due_at")));
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(inc, "assignee"), "id")),
			 fx.agent_id);
	call_release(&c);
	assert_string_equal(clock_state(), "fulfilled answered 0");
	assert_int_equal(fixture_int("SELECT ended_s FROM clock"),
			 fx.now_ms / 1000);
	assert_true(fx.desk.wake_outbox & 1u << ROLE_MAIL);
	assert_string_equal(fixture_text("SELECT subject FROM message "
					 "WHERE number = 2"),
			    "Re: Mi pedido");
}

static void
test_seen(void **state)
{
	struct call c;

	(void)state;
	lucia_mail(lucia_first.id);
	lucia_mail("<a2@lucia.example>");
	c = lucia_answer(1, NULL);
	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, "seen");
	assert_int_equal(
		json_integer_value(json_object_get(c.error_data, "last")), 2);
	assert_string_equal(
		json_string_value(json_object_get(c.error_data, "by")),
		"customer");
	call_release(&c);
	assert_int_equal(fixture_int("SELECT count(*) FROM delivery"), 0);
	c = lucia_staff(m_incident_answer,
			json_pack("{s:i, s:s, s:i, s:b}", "id", 1, "text", "va",
				  "seen", 1, "override", 1));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	/* a colleague's answer is news as well */
	c = lucia_answer(2, NULL);
	assert_string_equal(c.err.code, "seen");
	assert_string_equal(
		json_string_value(json_object_get(c.error_data, "by")),
		"agent");
	call_release(&c);
}

static void
test_note(void **state)
{
	struct call c;

	(void)state;
	lucia_mail(lucia_first.id);
	c = lucia_staff(m_incident_note, json_pack("{s:i, s:s}", "id", 1,
						   "text", "ojo con este"));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_string_equal(clock_state(), "running  0");
	/* a note is not news to whoever answers */
	lucia_answered(1, NULL);
	assert_int_equal(fixture_int("SELECT count(*) FROM delivery"), 1);
}

/* What the control socket does for nobody was written by a program. */
static void
test_nobody(void **state)
{
	struct call c;

	(void)state;
	lucia_mail(lucia_first.id);
	c = fixture_call(m_incident_note, ROLE_CONTROL, 0,
			 json_pack("{s:i, s:s}", "id", 1, "text", "copiado"));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	c = fixture_call(m_incident_create, ROLE_CONTROL, 0,
			 json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "channel",
				   "email", "direction", "out", "name", "Eva",
				   "address", "eva@mail.example", "subject",
				   "Aviso", "text", "Cerramos el lunes"));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_int_equal(fixture_int("SELECT count(*) FROM message "
				     "WHERE author = 'bot'"),
			 2);
}

static void
test_assign(void **state)
{
	struct call c;

	(void)state;
	lucia_mail(lucia_first.id);
	c = lucia_staff(m_incident_assign, json_pack("{s:i, s:i, s:i}", "id", 1,
						     "agent", 2, "expect", 0));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	c = lucia_staff(m_incident_assign, json_pack("{s:i, s:i, s:i}", "id", 1,
						     "agent", 1, "expect", 0));
	assert_string_equal(c.err.code, "conflict");
	assert_int_equal(
		json_integer_value(json_object_get(c.error_data, "assignee")),
		2);
	call_release(&c);
	c = lucia_staff(m_incident_assign,
			json_pack("{s:i, s:i}", "id", 1, "agent", 77));
	assert_string_equal(c.err.code, "not_found");
	call_release(&c);
	c = lucia_staff(m_incident_assign, json_pack("{s:i}", "id", 1));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_int_equal(fixture_int("SELECT assignee_id IS NULL "
				     "FROM incident"),
			 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE "
				     "kind = 'incident.assigned'"),
			 2);
}

static void
test_set(void **state)
{
	struct call c;

	(void)state;
	lucia_mail(lucia_first.id);
	set("queue", "devoluciones");
	set("priority", "urgent");
	set("reason", "claim");
	set("priority", "urgent"); /* nothing changes: no event */
	c = lucia_staff(m_incident_set, json_pack("{s:i, s:[s,s]}", "id", 1,
						  "add_tags", "b", "a"));
	call_release(&c);
	c = lucia_staff(m_incident_set,
			json_pack("{s:i, s:[s]}", "id", 1, "remove_tags", "b"));
	call_release(&c);
	assert_string_equal(fixture_text("SELECT queue || priority || reason "
					 "FROM incident"),
			    "devolucionesurgentclaim");
	assert_string_equal(fixture_text("SELECT data FROM event ORDER BY "
					 "number DESC LIMIT 1"),
			    "{\"set\":{\"tags\":[[\"a\",\"b\"],[\"a\"]]}}");
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE "
				     "kind = 'incident.changed'"),
			 5);
	c = lucia_staff(m_incident_set,
			json_pack("{s:i, s:s}", "id", 1, "queue", "nada"));
	assert_string_equal(c.err.code, "bad_params");
	call_release(&c);
	c = lucia_staff(m_incident_set,
			json_pack("{s:i, s:s}", "id", 9, "queue", "general"));
	assert_string_equal(c.err.code, "not_found");
	call_release(&c);
}

/* What an undo gives back is what the desk had, not what a page had seen. */
static void
test_state_before(void **state)
{
	static const char *const steps[][2] = {
		{ "on_hold", "new" },
		{ "solved", "on_hold" },
		{ "solved", NULL },
		{ "open", "solved" },
	};
	struct call c;
	const char *before;
	size_t i;

	(void)state;
	lucia_mail(lucia_first.id);
	for (i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		c = lucia_staff(
			m_incident_set,
			json_pack("{s:i, s:s}", "id", 1, "state", steps[i][0]));
		assert_int_equal(c.outcome, OUT_OK);
		before = json_string_value(
			json_object_get(c.result, "state_before"));
		if (steps[i][1] == NULL)
			assert_null(before);
		else
			assert_string_equal(before, steps[i][1]);
		call_release(&c);
	}
}

static void
test_steps(void **state)
{
	struct call c;

	(void)state;
	lucia_mail(lucia_first.id);
	c = lucia_staff(m_incident_set,
			json_pack("{s:i, s:s}", "id", 1, "state", "closed"));
	assert_string_equal(c.err.code, "conflict");
	call_release(&c);
	c = lucia_staff(m_incident_set,
			json_pack("{s:i, s:s}", "id", 1, "state", "new"));
	assert_string_equal(c.err.code, "bad_params");
	call_release(&c);
	set("state", "solved");
	set("state", "closed");
	c = lucia_answer(1, NULL);
	assert_string_equal(c.err.code, "conflict");
	call_release(&c);
}

static void
test_create_call(void **state)
{
	struct call c;

	(void)state;
	c = lucia_staff(m_incident_create,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "channel",
				  "phone", "direction", "in", "name", "Marta",
				  "address", "+34600111222", "subject",
				  "Llamada", "text", "Pregunta por su pedido"));
	assert_int_equal(got_int(&c, "message"), 1);
	call_release(&c);
	/* an answer by phone is stored, not sent */
	lucia_answered(1, "solved");
	assert_int_equal(fixture_int("SELECT count(*) FROM delivery"), 0);
	assert_string_equal(fixture_text("SELECT kind FROM identity"), "phone");
}

static void
test_create_mail(void **state)
{
	struct call c;
	json_t *list;
	json_t *to;

	(void)state;
	c = lucia_staff(m_incident_create,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
				  "channel", "email", "direction", "out",
				  "name", "Marta", "address",
				  "Marta@Example.org", "subject",
				  "Su pedido 12", "text", "Ha salido",
				  "connection", "demo"));
	assert_int_equal(got_int(&c, "message"), 1);
	call_release(&c);
	assert_int_equal(fixture_int("SELECT count(*) FROM clock"), 0);
	assert_string_equal(fixture_text("SELECT state FROM incident"),
			    "pending_customer");
	list = take();
	to = json_array_get(json_object_get(json_array_get(list, 0), "to"), 0);
	assert_string_equal(json_string_value(json_object_get(to, "address")),
			    "marta@example.org");
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(list, 0), "subject")),
			    "Su pedido 12");
	json_decref(list);
}

/* --- clocks --------------------------------------------------------------- */

/* The very second of the deadline is in time; the next is not. */
static void
test_exact(void **state)
{
	(void)state;
	lucia_mail(lucia_first.id);
	fx.now_ms += 4 * HOUR_MS + 999;
	(void)fixture_tick();
	lucia_answered(1, NULL);
	assert_string_equal(clock_state(), "fulfilled answered 0");
	assert_int_equal(fixture_int("SELECT count(*) FROM breach"), 0);
}

static void
test_breach(void **state)
{
	int64_t due = T0_MS + 4 * HOUR_MS;

	(void)state;
	lucia_mail(lucia_first.id);
	assert_int_equal(fixture_tick(), due + 1000);
	fx.now_ms = due + 1000;
	(void)fixture_tick();
	assert_string_equal(clock_state(), "running  1");
	assert_int_equal(fixture_int("SELECT at_s FROM breach"), due / 1000);
	assert_int_equal(fixture_int("SELECT late FROM breach"), 0);
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE "
				     "kind = 'clock.breached'"),
			 1);
	assert_int_equal(fixture_int("SELECT due_ms FROM incident"), due);
	lucia_answered(1, NULL);
	assert_string_equal(clock_state(), "fulfilled answered 1");
}

/* Answered late before any tick: the breach is written all the same. */
static void
test_breach_at_answer(void **state)
{
	(void)state;
	lucia_mail(lucia_first.id);
	fx.now_ms += 4 * HOUR_MS + 1000;
	lucia_answered(1, NULL);
	assert_string_equal(clock_state(), "fulfilled answered 1");
	assert_int_equal(fixture_int("SELECT at_s FROM breach"),
			 (T0_MS + 4 * HOUR_MS) / 1000);
}

/* The daemon was down when it happened. */
static void
test_breach_late(void **state)
{
	(void)state;
	lucia_mail(lucia_first.id);
	fx.now_ms += 30 * HOUR_MS;
	fx.desk.started_ms = fx.now_ms;
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT late FROM breach"), 1);
	assert_int_equal(fixture_int("SELECT at_s FROM breach"),
			 (T0_MS + 4 * HOUR_MS) / 1000);
	assert_int_equal(fixture_int("SELECT found_ms FROM breach"), fx.now_ms);
}

static void
test_solved_without_answer(void **state)
{
	(void)state;
	lucia_mail(lucia_first.id);
	set("state", "solved");
	assert_string_equal(clock_state(), "cancelled solved 0");
	assert_int_equal(fixture_int("SELECT due_ms IS NULL FROM incident"), 1);
	/* it is still owed, from the first contact on */
	fx.now_ms += HOUR_MS;
	set("state", "open");
	assert_int_equal(fixture_int("SELECT start_s FROM clock WHERE "
				     "state = 'running'"),
			 T0_MS / 1000);
}

/* Back from an end, a program that wrote last is owed no answer. */
static void
test_robot_is_owed_nothing(void **state)
{
	struct call c;
	const struct letter robot = { .id = "<auto@mail>",
				      .from = lucia_first.from,
				      .text = "Estoy fuera de la oficina",
				      .references = lucia_first.id,
				      .robot = true };

	(void)state;
	lucia_mail(lucia_first.id);
	lucia_answered(1, "open");
	fx.now_ms += HOUR_MS;
	c = fixture_mail(&robot);
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_int_equal(fixture_int("SELECT messages FROM incident"), 3);
	set("state", "solved");
	set("state", "open");
	assert_int_equal(fixture_int("SELECT count(*) FROM clock WHERE "
				     "state = 'running'"),
			 0);
}

static void
test_spam_cancels(void **state)
{
	(void)state;
	lucia_mail(lucia_first.id);
	set("state", "spam");
	assert_string_equal(clock_state(), "cancelled spam 0");
}

static void
test_next_response(void **state)
{
	(void)state;
	lucia_mail(lucia_first.id);
	lucia_answered(1, NULL);
	fx.now_ms += HOUR_MS;
	lucia_mail("<a2@lucia.example>");
	fx.now_ms += HOUR_MS;
	lucia_mail("<a3@lucia.example>");
	assert_string_equal(fixture_text("SELECT group_concat(name) "
					 "FROM clock"),
			    "first_response,next_response");
	assert_int_equal(fixture_int("SELECT due_s FROM clock WHERE id = 2"),
			 (T0_MS + 9 * HOUR_MS) / 1000);
	lucia_answered(4, NULL);
	assert_int_equal(fixture_int("SELECT count(*) FROM clock WHERE "
				     "state = 'fulfilled'"),
			 2);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answer),
		TEST(test_seen),
		TEST(test_note),
		TEST(test_nobody),
		TEST(test_assign),
		TEST(test_set),
		TEST(test_state_before),
		TEST(test_steps),
		TEST(test_create_call),
		TEST(test_create_mail),
		TEST(test_exact),
		TEST(test_breach),
		TEST(test_breach_at_answer),
		TEST(test_breach_late),
		TEST(test_solved_without_answer),
		TEST(test_robot_is_owed_nothing),
		TEST(test_spam_cancels),
		TEST(test_next_response),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

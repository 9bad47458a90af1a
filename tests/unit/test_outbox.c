#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "daemon/change.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/job.h"
#include "tests/unit/fixture.h"
#include "tests/unit/lucia.h"

method_fn m_job_get;
method_fn m_job_report;
method_fn m_job_take;
method_fn m_outbox_report;
method_fn m_outbox_take;

#define HOUR_MS INT64_C(3600000)

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

static int
take_count(void)
{
	json_t *list = take();
	int n = (int)json_array_size(list);

	json_decref(list);
	return n;
}

static struct call
report(int attempt, const char *result, bool retry)
{
	return fixture_call(m_outbox_report, ROLE_MAIL, 0,
			    json_pack("{s:i, s:i, s:s, s:b, s:s}", "delivery",
				      1, "attempt", attempt, "result", result,
				      "retry", retry, "detail", "x"));
}

static void
reported(int attempt, const char *result, bool retry, const char *state)
{
	struct call c = report(attempt, result, retry);

	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	assert_string_equal(
		json_string_value(json_object_get(c.result, "state")), state);
	call_release(&c);
}

static const char *
clock_state(void)
{
	return fixture_text("SELECT state || ' ' || cause || ' ' || breached "
			    "FROM clock WHERE id = 1");
}

/* --- outbox --------------------------------------------------------------- */

static void
test_take(void **state)
{
	json_t *list;
	json_t *d;
	const char *key;

	(void)state;
	lucia_mail(lucia_first.id);
	lucia_answered(1, NULL);
	list = take();
	assert_int_equal(json_array_size(list), 1);
	d = json_array_get(list, 0);
	key = json_string_value(json_object_get(d, "key"));
	assert_memory_equal(key, "<p1.2.", 6);
	assert_non_null(strstr(key, "@olmo.example>"));
	assert_string_equal(
		json_string_value(json_object_get(d, "in_reply_to")),
		lucia_first.id);
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(d, "references"), 0)),
			    lucia_first.id);
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(d, "from"), "name")),
			    "Ana (Tienda Olmo)");
	assert_memory_equal(json_string_value(json_object_get(
				    json_object_get(d, "reply_to"), "address")),
			    "hola+p1.2.", 10);
	assert_int_equal(json_integer_value(json_object_get(d, "attempt")), 1);
	json_decref(list);
	assert_int_equal(take_count(), 0); /* leased */
	reported(1, "sent", false, "sent");
	reported(1, "sent", false, "sent"); /* a repeat */
	assert_int_equal(take_count(), 0);
}

/* The customer's answer to our answer joins by its Message-ID alone. */
static void
test_round_trip(void **state)
{
	struct letter m = { .id = "<b1@x>",
			    .from = "lucia@example.org",
			    .text = "gracias" };
	char key[256];
	struct call c;

	(void)state;
	lucia_mail(lucia_first.id);
	lucia_answered(1, NULL);
	(void)snprintf(key, sizeof key, "%s",
		       fixture_text("SELECT key FROM delivery"));
	m.in_reply_to = key;
	c = fixture_mail(&m);
	assert_int_equal(got_int(&c, "incident"), 1);
	assert_int_equal(got_int(&c, "number"), 3);
	call_release(&c);
	assert_string_equal(fixture_text("SELECT state FROM incident"), "open");
}

static void
test_retry(void **state)
{
	int i;
	int64_t wait = 30000;

	(void)state;
	lucia_mail(lucia_first.id);
	lucia_answered(1, NULL);
	for (i = 1; i <= 10; i++) {
		assert_int_equal(take_count(), 1);
		reported(i, "failed", true, "queued");
		assert_int_equal(fixture_int("SELECT due_ms FROM delivery"),
				 fx.now_ms + wait);
		fx.now_ms += wait - 1;
		assert_int_equal(take_count(), 0);
		fx.desk.wake_outbox = 0;
		(void)fixture_tick();
		assert_int_equal(fx.desk.wake_outbox, 0);
		fx.now_ms += 1;
		(void)fixture_tick();
		assert_true(fx.desk.wake_outbox & 1u << ROLE_MAIL);
		wait = wait * 2 > HOUR_MS ? HOUR_MS : wait * 2;
	}
	/* after four days it has failed, and somebody must know */
	fx.now_ms += INT64_C(4) * 24 * HOUR_MS;
	assert_int_equal(take_count(), 1);
	reported(11, "failed", true, "failed");
	assert_string_equal(clock_state(), "running  0");
}

static void
test_failed_reopens(void **state)
{
	(void)state;
	lucia_mail(lucia_first.id);
	fx.now_ms += HOUR_MS;
	lucia_answered(1, "solved");
	assert_int_equal(take_count(), 1);
	fx.now_ms += 4 * HOUR_MS;
	reported(1, "failed", false, "failed");
	assert_string_equal(fixture_text("SELECT state FROM incident"), "open");
	assert_string_equal(clock_state(), "running  0");
	assert_int_equal(fixture_int("SELECT start_s FROM clock"),
			 T0_MS / 1000);
	assert_int_equal(fixture_int("SELECT due_ms FROM incident"),
			 T0_MS + 4 * HOUR_MS);
	(void)fixture_tick();
	assert_string_equal(clock_state(), "running  1");
	assert_int_equal(fixture_int("SELECT at_s FROM breach"),
			 (T0_MS + 4 * HOUR_MS) / 1000);
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE kind "
				     "IN ('clock.reopened')"),
			 1);
}

/* The customer wrote meanwhile: one reply clock runs, the first one. */
static void
test_failed_one_clock(void **state)
{
	(void)state;
	lucia_mail(lucia_first.id);
	lucia_answered(1, NULL);
	lucia_mail("<a2@lucia.example>");
	assert_int_equal(fixture_int("SELECT count(*) FROM clock"), 2);
	assert_int_equal(take_count(), 1);
	reported(1, "failed", false, "failed");
	assert_string_equal(clock_state(), "running  0");
	assert_string_equal(fixture_text("SELECT state || ' ' || cause "
					 "FROM clock WHERE id = 2"),
			    "cancelled delivery_failed");
	assert_int_equal(fixture_int("SELECT due_ms FROM incident"),
			 T0_MS + 4 * HOUR_MS);
}

/* Two answers that fail in order: the second had fulfilled both clocks. */
static void
test_failed_twice(void **state)
{
	struct call c;

	(void)state;
	lucia_mail(lucia_first.id);
	lucia_answered(1, NULL);
	lucia_mail("<a2@lucia.example>");
	lucia_answered(3, NULL);
	assert_int_equal(take_count(), 2);
	reported(1, "failed", false, "failed");
	assert_string_equal(clock_state(), "fulfilled answered 0");
	c = fixture_call(m_outbox_report, ROLE_MAIL, 0,
			 json_pack("{s:i, s:i, s:s}", "delivery", 2, "attempt",
				   1, "result", "failed"));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_string_equal(clock_state(), "running  0");
	assert_string_equal(fixture_text("SELECT state || ' ' || cause "
					 "FROM clock WHERE id = 2"),
			    "cancelled delivery_failed");
}

/* The clock is set back by a day: what waits does not wait for a day. */
static void
test_clock_back(void **state)
{
	json_t *list;

	(void)state;
	(void)fixture_tick();
	lucia_mail(lucia_first.id);
	lucia_answered(1, NULL);
	(void)fixture_tick();
	fx.now_ms -= 24 * HOUR_MS;
	assert_int_equal(take_count(), 0);
	(void)fixture_tick();
	assert_true(fx.desk.wake_outbox & 1u << ROLE_MAIL);
	list = take();
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	(void)fixture_tick();
	fx.now_ms -= 24 * HOUR_MS;
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT lease_ms FROM delivery"),
			 fx.now_ms + 600000);
	reported(1, "failed", true, "queued");
	(void)fixture_tick();
	fx.now_ms -= 24 * HOUR_MS;
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT due_ms FROM delivery"),
			 fx.now_ms + HOUR_MS);
	/* an answer in an incident whose instants are ahead */
	lucia_answered(2, NULL);
	assert_int_equal(take_count(), 1);
}

/* What was sent stays sent, whatever the same attempt says later. */
static void
test_sent_stays(void **state)
{
	static const struct {
		const char *result;
		bool retry;
	} later[] = { { "failed", false },
		      { "failed", true },
		      { "unknown", false } };
	size_t i;

	(void)state;
	lucia_mail(lucia_first.id);
	lucia_answered(1, "solved");
	assert_int_equal(take_count(), 1);
	reported(1, "sent", false, "sent");
	for (i = 0; i < sizeof later / sizeof later[0]; i++) {
		struct call c = report(1, later[i].result, later[i].retry);

		assert_int_equal(c.outcome, OUT_PERM);
		assert_string_equal(c.err.code, "conflict");
		assert_string_equal(json_string_value(json_object_get(
					    c.error_data, "state")),
				    "sent");
		call_release(&c);
		assert_string_equal(fixture_text("SELECT state FROM delivery"),
				    "sent");
		assert_string_equal(fixture_text("SELECT state FROM incident"),
				    "solved");
	}
	reported(1, "sent", false, "sent");
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE "
				     "kind = 'delivery.changed'"),
			 2);
}

/* So does what failed, and a repeat gives the first response. */
static void
test_failed_stays(void **state)
{
	struct call c;

	(void)state;
	lucia_mail(lucia_first.id);
	lucia_answered(1, NULL);
	assert_int_equal(take_count(), 1);
	reported(1, "failed", false, "failed");
	reported(1, "failed", false, "failed");
	c = report(1, "sent", false);
	assert_string_equal(c.err.code, "conflict");
	call_release(&c);
	assert_string_equal(fixture_text("SELECT state FROM delivery"),
			    "failed");
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE "
				     "kind = 'delivery.changed'"),
			 2);
}

/* A failure for good does what the table of change.c says, in each state. */
static void
failed_in(enum incident_state from, enum incident_state to)
{
	int active = from != INCIDENT_SOLVED && from != INCIDENT_CLOSED &&
		     from != INCIDENT_SPAM && from != INCIDENT_MERGED;
	char sql[400];

	lucia_mail(lucia_first.id);
	lucia_answered(1, "solved");
	assert_int_equal(take_count(), 1);
	(void)snprintf(sql, sizeof sql,
		       "UPDATE incident SET state = '%s', active = %d;"
		       "UPDATE event SET data = json_set(data, "
		       "'$.set.state[1]', '%s') "
		       "WHERE kind = 'incident.changed';"
		       "DELETE FROM fact WHERE kind = 'out' AND %d",
		       incident_state_name(from), active,
		       incident_state_name(from), active);
	fixture_exec(sql);
	reported(1, "failed", false, "failed");
	assert_string_equal(fixture_text("SELECT state FROM incident"),
			    incident_state_name(to));
	assert_int_equal(change_after_failure(from), to);
	(void)snprintf(sql, sizeof sql,
		       "SELECT count(*) FROM event WHERE "
		       "kind = 'incident.changed' AND "
		       "data LIKE '%%[\"%s\",\"open\"]%%'",
		       incident_state_name(from));
	assert_int_equal(fixture_int(sql), from != to);
}

#define FAILED_IN(from, to)                                                    \
	static void test_failed_in_##from(void **state)                        \
	{                                                                      \
		(void)state;                                                   \
		failed_in(INCIDENT_##from, INCIDENT_##to);                     \
	}
FAILED_IN(NEW, NEW)
FAILED_IN(OPEN, OPEN)
FAILED_IN(PENDING, OPEN)
FAILED_IN(ON_HOLD, OPEN)
FAILED_IN(SNOOZED, OPEN)
FAILED_IN(SOLVED, OPEN)
FAILED_IN(CLOSED, OPEN)
FAILED_IN(SPAM, SPAM)
FAILED_IN(MERGED, MERGED)

/* A step that no table has is refused by whoever writes it. */
static void
test_no_such_step(void **state)
{
	static const struct {
		enum incident_state from;
		enum incident_state to;
		bool ok;
	} step[] = {
		{ INCIDENT_CLOSED, INCIDENT_OPEN, true },
		{ INCIDENT_CLOSED, INCIDENT_PENDING, false },
		{ INCIDENT_CLOSED, INCIDENT_SOLVED, false },
		{ INCIDENT_CLOSED, INCIDENT_NEW, false },
		{ INCIDENT_MERGED, INCIDENT_OPEN, false },
		{ INCIDENT_SPAM, INCIDENT_SOLVED, false },
		{ INCIDENT_OPEN, INCIDENT_NEW, false },
		{ INCIDENT_OPEN, INCIDENT_CLOSED, false },
		{ INCIDENT_SOLVED, INCIDENT_CLOSED, true },
		{ INCIDENT_SNOOZED, INCIDENT_OPEN, true },
	};
	struct incident inc;
	struct err e;
	size_t i;

	(void)state;
	lucia_mail(lucia_first.id);
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(incident_load(fx.store, 1, &inc, &e), OUT_OK);
	for (i = 0; i < sizeof step / sizeof step[0]; i++) {
		inc.state = step[i].from;
		assert_int_equal(change_state(fx.store, &inc, step[i].to, 0,
					      fx.now_ms, &e),
				 step[i].ok ? OUT_OK : OUT_PERM);
		assert_int_equal(inc.state,
				 step[i].ok ? step[i].to : step[i].from);
	}
	incident_release(&inc);
	store_rollback(fx.store);
	event_batch_drop(fx.store);
}

/* A second answer had been given: it counts, at its own instant. */
static void
test_failed_second_counts(void **state)
{
	(void)state;
	lucia_mail(lucia_first.id);
	lucia_answered(1, NULL);
	fx.now_ms += HOUR_MS;
	lucia_answered(2, NULL);
	assert_int_equal(take_count(), 2);
	reported(1, "failed", false, "failed");
	assert_string_equal(clock_state(), "fulfilled answered 0");
	assert_int_equal(fixture_int("SELECT ended_s FROM clock"),
			 fx.now_ms / 1000);
	assert_int_equal(fixture_int("SELECT message_id FROM clock"), 3);
}

static void
test_stale_attempt(void **state)
{
	struct call c;

	(void)state;
	lucia_mail(lucia_first.id);
	lucia_answered(1, NULL);
	assert_int_equal(take_count(), 1);
	fx.now_ms += 60000;
	(void)fixture_tick(); /* the lease ran out; a Maildir can be asked */
	assert_string_equal(fixture_text("SELECT state FROM delivery"),
			    "queued");
	assert_int_equal(take_count(), 1);
	c = report(1, "sent", false);
	assert_string_equal(c.err.code, "conflict");
	assert_string_equal(
		json_string_value(json_object_get(c.error_data, "state")),
		"taken");
	call_release(&c);
	reported(2, "sent", false, "sent");
	assert_int_equal(fixture_int("SELECT count(DISTINCT key) "
				     "FROM delivery"),
			 1);
}

/* Where the outside cannot be asked, nobody tries again by themselves. */
static void
test_lease_unknown(void **state)
{
	(void)state;
	lucia_mail(lucia_first.id);
	fixture_exec("UPDATE message SET connection_id = 2");
	fixture_exec("UPDATE incident SET connection_id = 2;"
		     "UPDATE event SET data = json_set(data, '$.connection', 2)"
		     " WHERE kind = 'incident.created'");
	lucia_answered(1, NULL);
	assert_int_equal(take_count(), 1);
	assert_int_equal(fixture_tick(), fx.now_ms + 60000);
	fx.now_ms += 60000;
	(void)fixture_tick();
	assert_string_equal(fixture_text("SELECT state FROM delivery"),
			    "unknown");
	assert_int_equal(take_count(), 0);
	/* its gateway may still learn the truth */
	reported(1, "sent", false, "sent");
}

static void
test_inactive(void **state)
{
	(void)state;
	lucia_mail(lucia_first.id);
	lucia_answered(1, NULL);
	fixture_exec("UPDATE connection SET active = 0");
	assert_int_equal(take_count(), 0);
	fixture_exec("UPDATE connection SET active = 1");
	assert_int_equal(take_count(), 1);
}

static void
test_other_role(void **state)
{
	struct call c;

	(void)state;
	lucia_mail(lucia_first.id);
	lucia_answered(1, NULL);
	c = fixture_call(m_outbox_take, ROLE_CHAT, 0,
			 json_pack("{s:i, s:i}", "max", 10, "lease_ms", 1000));
	assert_int_equal(
		json_array_size(json_object_get(c.result, "deliveries")), 0);
	call_release(&c);
	assert_int_equal(take_count(), 1);
	c = fixture_call(m_outbox_report, ROLE_CHAT, 0,
			 json_pack("{s:i, s:i, s:s}", "delivery", 1, "attempt",
				   1, "result", "sent"));
	assert_string_equal(c.err.code, "not_found");
	call_release(&c);
}

/* Answers go to the customer of the incident, not to whoever else wrote. */
static void
test_recipient(void **state)
{
	struct letter m = { .id = "<s1@x>",
			    .from = "extra@example.net",
			    .text = "soy otro" };
	char key[256];
	json_t *list;
	json_t *to;
	struct call c;

	(void)state;
	lucia_mail(lucia_first.id);
	lucia_answered(1, NULL);
	(void)snprintf(key, sizeof key, "%s",
		       fixture_text("SELECT key FROM delivery"));
	m.in_reply_to = key;
	c = fixture_mail(&m);
	assert_int_equal(got_int(&c, "incident"), 1);
	call_release(&c);
	lucia_answered(3, NULL);
	list = take();
	to = json_object_get(json_array_get(list, 1), "to");
	assert_int_equal(json_array_size(to), 1);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(to, 0), "address")),
			    "lucia@example.org");
	json_decref(list);
}

/* --- jobs ----------------------------------------------------------------- */

static struct call
job_took(int64_t now_ms)
{
	fx.now_ms = now_ms;
	return fixture_call(
		m_job_take, ROLE_MAIL, 0,
		json_pack("{s:i, s:i}", "max", 5, "lease_ms", 1000));
}

/* A mail that a send server may have is not taken again by guessing; one that
 * was told to wait is. */
static void
test_job_begun(void **state)
{
	json_t *payload = json_object();
	struct call c;
	struct err e;
	int64_t one;
	int64_t second;

	(void)state;
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(job_add(fx.store, "mail.notice", 1, payload, fx.now_ms,
				 &one, &e),
			 OUT_OK);
	assert_int_equal(job_add(fx.store, "mail.notice", 1, payload, fx.now_ms,
				 &second, &e),
			 OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	json_decref(payload);
	c = job_took(fx.now_ms);
	assert_int_equal(json_array_size(json_object_get(c.result, "jobs")), 2);
	call_release(&c);
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(job_begun(fx.store, one, &e), OUT_OK);
	assert_int_equal(job_begun(fx.store, second, &e), OUT_OK);
	assert_int_equal(job_requeue(fx.store, second, fx.now_ms, NULL, &e),
			 OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	fx.now_ms += 1000;
	(void)fixture_tick(); /* the lease of the first one ran out */
	c = job_took(fx.now_ms);
	assert_int_equal(json_array_size(json_object_get(c.result, "jobs")), 1);
	call_release(&c);
	fx.now_ms += 1000;
	(void)fixture_tick(); /* that of the second one, which had not begun */
	c = job_took(fx.now_ms);
	assert_int_equal(json_array_size(json_object_get(c.result, "jobs")), 1);
	call_release(&c);
	c = lucia_staff(m_job_get, json_pack("{s:I}", "id", (json_int_t)one));
	assert_string_equal(
		json_string_value(json_object_get(c.result, "state")),
		"failed");
	call_release(&c);
}

static void
test_job(void **state)
{
	json_t *payload = json_object();
	struct call c;
	struct err e;
	int64_t id;

	(void)state;
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(job_add(fx.store, "connection.test", 1, payload,
				 fx.now_ms, &id, &e),
			 OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	json_decref(payload);
	c = job_took(fx.now_ms);
	assert_int_equal(json_array_size(json_object_get(c.result, "jobs")), 1);
	call_release(&c);
	fx.now_ms += 1000;
	(void)fixture_tick(); /* the lease ran out */
	c = job_took(fx.now_ms);
	assert_int_equal(json_array_size(json_object_get(c.result, "jobs")), 1);
	call_release(&c);
	c = fixture_call(
		m_job_report, ROLE_MAIL, 0,
		json_pack("{s:i, s:i, s:b}", "job", 1, "attempt", 1, "ok", 1));
	assert_string_equal(c.err.code, "conflict");
	call_release(&c);
	c = fixture_call(m_job_report, ROLE_MAIL, 0,
			 json_pack("{s:i, s:i, s:b, s:{s:s}}", "job", 1,
				   "attempt", 2, "ok", 1, "result", "a", "b"));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	c = lucia_staff(m_job_get, json_pack("{s:i}", "id", 1));
	assert_string_equal(
		json_string_value(json_object_get(c.result, "state")), "done");
	call_release(&c);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_take),
		TEST(test_round_trip),
		TEST(test_retry),
		TEST(test_failed_reopens),
		TEST(test_failed_one_clock),
		TEST(test_failed_twice),
		TEST(test_clock_back),
		TEST(test_sent_stays),
		TEST(test_failed_stays),
		TEST(test_failed_in_NEW),
		TEST(test_failed_in_OPEN),
		TEST(test_failed_in_PENDING),
		TEST(test_failed_in_ON_HOLD),
		TEST(test_failed_in_SNOOZED),
		TEST(test_failed_in_SOLVED),
		TEST(test_failed_in_CLOSED),
		TEST(test_failed_in_SPAM),
		TEST(test_failed_in_MERGED),
		TEST(test_no_such_step),
		TEST(test_failed_second_counts),
		TEST(test_stale_attempt),
		TEST(test_lease_unknown),
		TEST(test_inactive),
		TEST(test_other_role),
		TEST(test_recipient),
		TEST(test_job),
		TEST(test_job_begun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What did not arrive goes by the customer's other channel: by hand, by
 * itself, by a rule; once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "rules/book.h"
#include "tests/unit/wa_desk.h"

method_fn m_delivery_again;
method_fn m_delivery_fallback;
method_fn m_identity_add;
method_fn m_incident_answer;
method_fn m_outbox_report;
method_fn m_outbox_take;

#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define BY_MAIL                                                                \
	"SELECT count(*) FROM delivery d JOIN message m ON m.id = "            \
	"d.message_id WHERE d.connection_id <> 3 AND m.text LIKE "             \
	"'No hemos podido%Sale hoy%' AND m.fallback_of IS NOT NULL"

static void
setting(const char *name, const char *value)
{
	char sql[300];

	(void)snprintf(sql, sizeof sql,
		       "UPDATE connection SET settings = json_set(settings, "
		       "'$.%s', '%s') WHERE id = 3",
		       name, value);
	fixture_exec(sql);
}

static void
has(const char *kind, const char *value)
{
	wa_does(fixture_call(m_identity_add, ROLE_CONSOLE, fx.agent_id,
			     json_pack("{s:i, s:s, s:s}", "customer", 1, "kind",
				       kind, "value", value)));
}

/* The number names the mailbox of the fixture, and Lucia has an address. */
static int
setup(void **state)
{
	wa_setup(state);
	setting("mail", fixture_text("SELECT name FROM connection "
				     "WHERE role = 'mail'"));
	has("email", "lucia@example.org");
	return 0;
}

/* An answer by WhatsApp that fails for good; its delivery. */
static int64_t
fails(void)
{
	struct wa_sent d = wa_taken("Sale hoy");

	assert_string_equal(wa_report(&d, "failed", NULL, 131026), "failed");
	return d.id;
}

static struct call
other_way(int64_t delivery)
{
	return fixture_call(
		m_delivery_fallback, ROLE_CONSOLE, fx.agent_id,
		json_pack("{s:I}", "delivery", (json_int_t)delivery));
}

static void
refused(int64_t delivery, const char *code)
{
	struct call c = other_way(delivery);

	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, code);
	call_release(&c);
}

static const char *
state(void)
{
	return fixture_text("SELECT state FROM incident WHERE id = 1");
}

/* --- by hand ------------------------------------------------------------------- */

static void
an_answer_goes_by_mail(void **st)
{
	int64_t id = fails();
	struct call c;

	(void)st;
	assert_string_equal(state(), "open");
	assert_int_equal(fixture_int(BY_MAIL), 0);
	c = other_way(id);
	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	assert_int_equal(
		json_integer_value(json_object_get(
			json_object_get(c.result, "message"), "fallback_of")),
		2);
	call_release(&c);
	assert_int_equal(fixture_int(BY_MAIL), 1);
	/* it is the agent's, and answers */
	assert_string_equal(fixture_text("SELECT author FROM message "
					 "WHERE fallback_of IS NOT NULL"),
			    "agent");
	assert_string_equal(state(), "pending_customer");
	assert_int_equal(fixture_int("SELECT count(*) FROM clock "
				     "WHERE state = 'running'"),
			 0);
	assert_string_equal(
		fixture_text("SELECT json_extract(mail, '$.to[0].address') "
			     "FROM message WHERE fallback_of IS NOT NULL"),
		"lucia@example.org");
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE kind = "
				     "'delivery.fallback'"),
			 1);
	refused(id, "conflict");
}

static void
what_went_so_goes_no_third_way(void **st)
{
	struct call c = other_way(fails());
	int64_t mail;

	(void)st;
	call_release(&c);
	mail = fixture_int("SELECT d.id FROM delivery d JOIN message m ON "
			   "m.id = d.message_id WHERE m.fallback_of IS NOT "
			   "NULL");
	c = fixture_call(m_outbox_take, ROLE_MAIL, 0,
			 json_pack("{s:i, s:i}", "max", 9, "lease_ms", 60000));
	call_release(&c);
	wa_does(fixture_call(m_outbox_report, ROLE_MAIL, 0,
			     json_pack("{s:I, s:i, s:s}", "delivery",
				       (json_int_t)mail, "attempt", 1, "result",
				       "failed")));
	assert_string_equal(state(), "open");
	refused(mail, "conflict");
	assert_int_equal(fixture_int("SELECT count(*) FROM message WHERE "
				     "fallback_of IS NOT NULL"),
			 1);
}

static void
what_went_another_way_is_not_sent_again(void **st)
{
	int64_t id = fails();
	struct call c = other_way(id);

	(void)st;
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	c = fixture_call(m_delivery_again, ROLE_CONSOLE, fx.agent_id,
			 json_pack("{s:I}", "delivery", (json_int_t)id));
	assert_string_equal(c.err.code, "conflict");
	call_release(&c);
}

/* A reaction, and a program's question with buttons, say nothing by mail. */
static void
what_means_nothing_elsewhere_stays(void **st)
{
	int64_t id;

	(void)st;
	id = fails();
	fixture_exec("UPDATE message SET whatsapp = json_set(whatsapp, "
		     "'$.kind', 'reaction') WHERE number = 2");
	refused(id, "conflict");
	fixture_exec("UPDATE message SET whatsapp = json_set(whatsapp, "
		     "'$.kind', 'interactive'), author = 'bot' "
		     "WHERE number = 2");
	refused(id, "conflict");
	fixture_exec("UPDATE message SET author = 'agent' WHERE number = 2");
	assert_int_equal(fixture_int(BY_MAIL), 0);
}

static void
what_has_no_other_way_stays(void **st)
{
	struct wa_sent d = wa_taken("Sale hoy");

	(void)st;
	refused(d.id, "conflict"); /* it is under way */
	refused(999, "not_found");
	assert_string_equal(wa_report(&d, "failed", NULL, 131026), "failed");
	setting("mail", "");
	refused(d.id, "no_way");
	setting("mail", "nobody");
	refused(d.id, "no_way");
	setting("mail", fixture_text("SELECT name FROM connection "
				     "WHERE role = 'mail'"));
	fixture_exec("UPDATE identity SET failed_ms = 1, failed_detail = 'x' "
		     "WHERE kind = 'email'");
	refused(d.id, "no_way");
}

/* Nobody knows whether it arrived: a person may say so, no program. */
static void
what_nobody_knows_goes_by_hand_alone(void **st)
{
	struct wa_sent d;
	struct call c;

	(void)st;
	setting("fallback", "send");
	d = wa_taken("Sale hoy");
	assert_string_equal(wa_report(&d, "unknown", NULL, 0), "unknown");
	assert_int_equal(fixture_int(BY_MAIL), 0);
	c = other_way(d.id);
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_int_equal(fixture_int(BY_MAIL), 1);
}

/* --- by itself ------------------------------------------------------------------- */

static void
it_goes_by_itself_where_the_number_says_so(void **st)
{
	(void)st;
	setting("fallback", "send");
	(void)fails();
	assert_int_equal(fixture_int(BY_MAIL), 1);
	assert_string_equal(state(), "pending_customer");
}

static void
a_later_failure_does_it_too(void **st)
{
	struct wa_sent d;

	(void)st;
	setting("fallback", "send");
	d = wa_taken("Sale hoy");
	assert_string_equal(wa_report(&d, "sent", "wamid.out", 0), "sent");
	assert_int_equal(fixture_int(BY_MAIL), 0);
	assert_string_equal(wa_status("wamid.out", NULL, "failed", 131026),
			    "failed");
	assert_int_equal(fixture_int(BY_MAIL), 1);
	/* the same word once more does nothing */
	(void)wa_status("wamid.out", NULL, "failed", 131026);
	assert_int_equal(fixture_int(BY_MAIL), 1);
}

static void
where_there_is_no_way_it_failed_and_nothing_more(void **st)
{
	(void)st;
	setting("fallback", "send");
	setting("mail", "nobody");
	(void)fails();
	assert_string_equal(state(), "open");
	assert_int_equal(fixture_int("SELECT count(*) FROM message WHERE "
				     "fallback_of IS NOT NULL"),
			 0);
}

static void
read_rule(const char *rule)
{
	char text[600];
	struct book_errors errs = { 0 };

	(void)snprintf(text, sizeof text,
		       "queue \"general\" { title \"General\" }\n%s\n", rule);
	book_unref(&fx.desk.book);
	if (book_read_trusted(text, strlen(text), &fx.desk.book, &errs) !=
	    OUT_OK)
		fail_msg("line %d: %s", errs.list[0].line, errs.list[0].text);
	book_errors_release(&errs);
	fx.desk.book_version++;
}

static void
a_rule_does_it(void **st)
{
	(void)st;
	read_rule("rule \"mail\" { on undelivered via whatsapp then fallback, "
		  "tag \"por-correo\" }");
	(void)fails();
	assert_int_equal(fixture_int(BY_MAIL), 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM incident_tag"), 1);
	assert_string_equal(
		fixture_text("SELECT json_extract(data, '$.by.fallback') FROM "
			     "event WHERE kind = 'incident.classified' "
			     "ORDER BY number DESC LIMIT 1"),
		"mail");
}

static void
a_rule_that_cannot_leaves_it(void **st)
{
	(void)st;
	setting("mail", "nobody");
	read_rule("rule \"mail\" { on undelivered then fallback, "
		  "tag \"perdido\" }");
	(void)fails();
	assert_int_equal(fixture_int(BY_MAIL), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM incident_tag"), 1);
	assert_string_equal(
		fixture_text("SELECT json_extract(data, '$.left[0].why') FROM "
			     "event WHERE kind = 'incident.classified' "
			     "ORDER BY number DESC LIMIT 1"),
		"no_way");
}

/* --- the other direction ------------------------------------------------------------ */

/* A mail of the same customer, whose answer fails; its delivery. */
static int64_t
mail_fails(void)
{
	struct letter m = { .id = "<a@b>",
			    .from = "lucia@example.org",
			    .subject = "Mi pedido",
			    .text = "¿Dónde está?" };
	struct call c = fixture_mail(&m);
	int64_t incident = got_int(&c, "incident");
	int64_t delivery;

	call_release(&c);
	wa_does(fixture_call(m_incident_answer, ROLE_CONSOLE, fx.agent_id,
			     json_pack("{s:I, s:s, s:i}", "id",
				       (json_int_t)incident, "text", "Sale hoy",
				       "seen", 1)));
	c = fixture_call(m_outbox_take, ROLE_MAIL, 0,
			 json_pack("{s:i, s:i}", "max", 9, "lease_ms", 60000));
	delivery = json_integer_value(json_object_get(
		json_array_get(json_object_get(c.result, "deliveries"), 0),
		"id"));
	call_release(&c);
	wa_does(fixture_call(m_outbox_report, ROLE_MAIL, 0,
			     json_pack("{s:I, s:i, s:s}", "delivery",
				       (json_int_t)delivery, "attempt", 1,
				       "result", "failed")));
	return delivery;
}

#define BY_WHATSAPP                                                            \
	"SELECT count(*) FROM delivery d JOIN message m ON m.id = "            \
	"d.message_id WHERE d.connection_id = 3 AND m.text LIKE "              \
	"'No hemos podido%Sale hoy%'"

static void
a_mail_goes_by_whatsapp(void **st)
{
	int64_t id = mail_fails();
	struct call c;

	(void)st;
	assert_int_equal(fixture_int(BY_WHATSAPP), 0);
	c = other_way(id);
	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	call_release(&c);
	assert_int_equal(fixture_int(BY_WHATSAPP), 1);
	assert_string_equal(
		fixture_text("SELECT json_extract(whatsapp, '$.to.wa_id') FROM "
			     "message WHERE fallback_of IS NOT NULL"),
		WA_LUCIA);
}

static void
it_does_so_by_itself_too(void **st)
{
	(void)st;
	setting("fallback", "send");
	(void)mail_fails();
	assert_int_equal(fixture_int(BY_WHATSAPP), 1);
}

static void
outside_of_the_window_a_template_is_offered(void **st)
{
	int64_t id;
	struct call c;

	(void)st;
	setting("fallback", "send");
	fx.now_ms += 2 * DAY_MS;
	id = mail_fails();
	assert_int_equal(fixture_int(BY_WHATSAPP), 0);
	c = other_way(id);
	assert_string_equal(c.err.code, "window_closed");
	assert_string_equal(
		json_string_value(json_object_get(c.error_data, "connection")),
		"tienda");
	assert_string_equal(
		json_string_value(json_object_get(c.error_data, "way")),
		"template");
	call_release(&c);
}

/* An agent may answer who wants nothing automatic. */
static void
who_wants_no_program_hears_the_agent(void **st)
{
	(void)st;
	setting("fallback", "send");
	wa_contact("wamid.stop", "STOP");
	(void)mail_fails();
	assert_int_equal(fixture_int(BY_WHATSAPP), 1);
}

int
main(void)
{
#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(an_answer_goes_by_mail),
		CASE(what_went_so_goes_no_third_way),
		CASE(what_went_another_way_is_not_sent_again),
		CASE(what_means_nothing_elsewhere_stays),
		CASE(what_has_no_other_way_stays),
		CASE(what_nobody_knows_goes_by_hand_alone),
		CASE(it_goes_by_itself_where_the_number_says_so),
		CASE(a_later_failure_does_it_too),
		CASE(where_there_is_no_way_it_failed_and_nothing_more),
		CASE(a_rule_does_it),
		CASE(a_rule_that_cannot_leaves_it),
		CASE(a_mail_goes_by_whatsapp),
		CASE(it_does_so_by_itself_too),
		CASE(outside_of_the_window_a_template_is_offered),
		CASE(who_wants_no_program_hears_the_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

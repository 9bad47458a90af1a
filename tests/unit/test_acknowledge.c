/* Who is told that a mail has come, how often, and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "daemon/acknowledge.h"
#include "daemon/base/hash.h"
#include "daemon/token.h"
#include "tests/unit/fixture.h"

#define HOUR_MS ((int64_t)3600 * 1000)

method_fn m_contact_add;
method_fn m_incident_answer;
method_fn m_outbox_take;

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
	"reply \"acuse\" {\n"
	"    title \"Acuse\"\n"
	"    language es\n"
	"    text \"Hola {customer.first_name}: {incident.ref}, "
	"{expected.answer}. [{subject}]\"\n"
	"}\n"
	"rule \"contesta\" {\n"
	"    on contact via email\n"
	"    if subject matches /contesta/\n"
	"    then send reply \"acuse\"\n"
	"    example subject \"contesta\"\n"
	"    counterexample \"hola\"\n"
	"}\n"
	"rule \"basura\" {\n"
	"    on contact via email\n"
	"    if subject matches /basura/\n"
	"    then state spam\n"
	"    example subject \"basura\"\n"
	"    counterexample \"hola\"\n"
	"}\n";

static void
apply(void)
{
	fixture_apply(book_text, "", 1);
}

/* A setting of connection 1; value is JSON. */
static void
set(const char *name, const char *value)
{
	char *sql = sqlite3_mprintf("UPDATE connection SET settings = json_set("
				    "settings, '$.%s', json(%Q)) WHERE id = 1",
				    name, value);

	fixture_exec(sql);
	sqlite3_free(sql);
}

static int
setup(void **state)
{
	int rc = fixture_setup(state);

	apply();
	set("acknowledge", "true");
	return rc;
}

/* A mail from an address, with its incident. */
static int64_t
write_in(const char *from, const char *subject)
{
	static int serial;
	char id[40];
	struct letter m = {
		.id = id, .from = from, .subject = subject, .text = "hola"
	};
	struct call c;
	int64_t incident;

	(void)snprintf(id, sizeof id, "<m%d@x.example>", ++serial);
	c = fixture_mail(&m);
	incident = got_int(&c, "incident");
	call_release(&c);
	return incident;
}

static int64_t
sent(void)
{
	return fixture_int("SELECT count(*) FROM delivery");
}

static const char *
column(const char *name)
{
	char sql[200];

	(void)snprintf(sql, sizeof sql,
		       "SELECT %s FROM message m WHERE direction = 'out' "
		       "ORDER BY id DESC LIMIT 1",
		       name);
	return fixture_text(sql);
}

/* --- words ------------------------------------------------------------------- */

static void
it_tells_number_and_time_and_quotes_nothing(void **state)
{
	int64_t incident = write_in("eva@x.example", "Premio en evil.example");

	(void)state;
	assert_int_equal(incident, 1);
	assert_int_equal(sent(), 1);
	assert_string_equal(column("author"), "bot");
	assert_string_equal(column("subject"),
			    "Hemos recibido tu mensaje (P-1)");
	assert_non_null(strstr(column("text"), "Su número es P-1. Te "
					       "responderemos en menos de 4 "
					       "horas."));
	assert_non_null(strstr(column("text"), "Tienda Olmo"));
	assert_null(strstr(column("text"), "evil"));
	assert_string_equal(column("json_extract(mail, '$.to[0].address')"),
			    "eva@x.example");
	/* what was told is kept as told */
	assert_string_equal(fixture_text("SELECT words || ' ' || message_id "
					 "FROM promise"),
			    "4h 2");
	/* and it is no answer */
	assert_string_equal(fixture_text("SELECT state FROM clock"), "running");
	assert_string_equal(fixture_text("SELECT state FROM incident"), "new");
	assert_int_equal(fixture_int("SELECT acked_ms FROM identity"), T0_MS);
}

static void
the_mailbox_says_in_which_language(void **state)
{
	(void)state;
	set("language", "\"en\"");
	(void)write_in("eva@x.example", "hola");
	assert_string_equal(column("subject"),
			    "We have received your message (P-1)");
	assert_non_null(
		strstr(column("text"), "We will answer you within 4 hours."));
}

static void
a_saved_reply_says_it_without_the_subject(void **state)
{
	(void)state;
	set("acknowledge_reply", "\"acuse\"");
	(void)write_in("eva@x.example", "Premio");
	assert_string_equal(column("text"),
			    "Hola : P-1, en menos de 4 horas. []");
	assert_string_equal(column("subject"),
			    "Hemos recibido tu mensaje (P-1)");
	/* one that the book has no more */
	set("acknowledge_reply", "\"otra\"");
	(void)write_in("luz@x.example", "Premio");
	assert_non_null(strstr(column("text"), "Su número es P-2."));
}

/* A name may be said back if it can be nothing else. */
static const char *
greeted(const char *name, const char *from)
{
	struct request_blob raw = { .bytes = 1, .data = (unsigned char *)"x" };
	struct call c;
	json_t *p;

	hash_hex("x", 1, raw.sha256);
	p = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}, "
		      "s:{s:s, s:i}}",
		      "connection", "demo", "digest", raw.sha256, "external_id",
		      from, "received_at", "2026-01-05T09:00:00Z", "channel",
		      "email", "text", "hola", "subject", "hola", "from",
		      "name", name, "address", from, "raw", "sha256",
		      raw.sha256, "bytes", 1);
	c = fixture_call_blobs(m_contact_add, ROLE_MAIL, p, &raw, 1);
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	return column("substr(text, 1, instr(text, ':'))");
}

static void
only_a_plain_name_is_said_back(void **state)
{
	(void)state;
	set("acknowledge_reply", "\"acuse\"");
	assert_string_equal(greeted("Íñigo O'Neill-Peña", "a@x.example"),
			    "Hola Íñigo:");
	assert_string_equal(greeted("Анна", "b@x.example"), "Hola Анна:");
	assert_string_equal(greeted("Gana en evil.example", "c@x.example"),
			    "Hola :");
	assert_string_equal(greeted("Llama al 806", "d@x.example"), "Hola :");
	assert_string_equal(greeted("www\xe3\x80\x82", "e@x.example"),
			    "Hola :");
}

/* --- to whom ----------------------------------------------------------------- */

static void
off_by_default(void **state)
{
	(void)state;
	set("acknowledge", "false");
	(void)write_in("eva@x.example", "hola");
	fixture_exec("UPDATE connection SET settings = "
		     "json_remove(settings, '$.acknowledge') WHERE id = 1");
	(void)write_in("luz@x.example", "hola");
	assert_int_equal(sent(), 0);
}

static void
once_a_day_for_an_address(void **state)
{
	(void)state;
	(void)write_in("eva@x.example", "uno");
	(void)write_in("EVA@x.example", "dos");
	(void)write_in("eva+tres@x.example", "tres");
	assert_int_equal(sent(), 1);
	(void)write_in("eva@y.example", "otra");
	(void)write_in("ev@x.example", "otra");
	assert_int_equal(sent(), 3);
	fx.now_ms += ACKNOWLEDGE_GAP_MS - 1;
	(void)write_in("eva@x.example", "cuatro");
	assert_int_equal(sent(), 3);
	fx.now_ms += 1;
	(void)write_in("eva+x@x.example", "cinco");
	(void)write_in("eva@x.example", "seis");
	assert_int_equal(sent(), 4);
	/* a clock that was set back opens nothing */
	fx.now_ms -= HOUR_MS;
	(void)write_in("eva@x.example", "siete");
	assert_int_equal(sent(), 4);
}

static void
not_to_who_writes_all_the_time(void **state)
{
	int i;

	(void)state;
	set("acknowledge", "false");
	for (i = 0; i < ACKNOWLEDGE_CONTACTS_MAX; i++)
		(void)write_in("eva@x.example", "hola");
	set("acknowledge", "true");
	(void)write_in("eva@x.example", "hola");
	assert_int_equal(sent(), 0);
	fx.now_ms += HOUR_MS;
	(void)write_in("eva@x.example", "hola");
	assert_int_equal(sent(), 1);
}

static void
not_in_a_conversation_that_runs(void **state)
{
	struct letter m = { .id = "<b@x.example>",
			    .from = "eva@x.example",
			    .subject = "Re: hola",
			    .text = "más",
			    .in_reply_to = "<a@x.example>" };
	struct letter first = { .id = "<a@x.example>",
				.from = "eva@x.example",
				.subject = "hola",
				.text = "hola" };
	struct call c;

	(void)state;
	set("acknowledge", "false");
	c = fixture_mail(&first);
	call_release(&c);
	set("acknowledge", "true");
	c = fixture_mail(&m);
	assert_int_equal(got_int(&c, "number"), 2);
	call_release(&c);
	assert_int_equal(sent(), 0);
}

/* A mailbox that is imported writes to nobody. */
static void
not_to_who_wrote_long_ago(void **state)
{
	struct letter m = { .id = "<o@x.example>",
			    .from = "eva@x.example",
			    .text = "hola",
			    .at_ms = T0_MS - ACKNOWLEDGE_LATE_MS - 1 };
	struct call c;

	(void)state;
	c = fixture_mail(&m);
	call_release(&c);
	assert_int_equal(sent(), 0);
	m.id = "<p@x.example>";
	m.at_ms++;
	c = fixture_mail(&m);
	call_release(&c);
	assert_int_equal(sent(), 1);
}

static void
not_to_programs_and_not_to_ourselves(void **state)
{
	struct letter robot = { .id = "<r@x.example>",
				.from = "eva@x.example",
				.text = "hola",
				.robot = true };
	struct letter nobody = { .id = "<n@x.example>", .text = "hola" };
	struct call c;

	(void)state;
	c = fixture_mail(&robot);
	call_release(&c);
	c = fixture_mail(&nobody);
	call_release(&c);
	(void)write_in("hola@olmo.example", "hola");
	(void)write_in("Otra+tag@OLMO.example", "hola");
	assert_int_equal(sent(), 0);
}

static void
not_where_a_rule_answers_or_ends_it(void **state)
{
	(void)state;
	(void)write_in("eva@x.example", "contesta");
	assert_int_equal(sent(), 1);
	assert_string_equal(column("json_extract(mail, '$.saved_reply')"),
			    "acuse");
	(void)write_in("luz@x.example", "basura");
	assert_int_equal(sent(), 1);
}

/* --- loops ------------------------------------------------------------------- */

/* A mail with members besides, which are taken. */
static void
with(const char *from, json_t *more)
{
	struct request_blob raw = { .bytes = 1, .data = (unsigned char *)"x" };
	struct call c;
	json_t *p;

	hash_hex("x", 1, raw.sha256);
	p = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s}, s:{s:s, s:i}}",
		      "connection", "demo", "digest", raw.sha256, "external_id",
		      from, "received_at", "2026-01-05T09:00:00Z", "channel",
		      "email", "text", "hola", "from", "address", from, "raw",
		      "sha256", raw.sha256, "bytes", 1);
	(void)json_object_update(p, more);
	json_decref(more);
	c = fixture_call_blobs(m_contact_add, ROLE_MAIL, p, &raw, 1);
	if (c.outcome != OUT_OK)
		fail_msg("refused: %s", c.err.text);
	call_release(&c);
}

static void
our_own_mark_is_a_programs(void **state)
{
	char loop[TOKEN_LOOP_MAX];

	(void)state;
	token_loop(fx.desk.key, loop);
	with("eva@x.example", json_pack("{s:s}", "loop", loop));
	assert_int_equal(sent(), 0);
	assert_int_equal(fixture_int("SELECT robot FROM message"), 1);
	/* another desk's says nothing */
	loop[0] = loop[0] == 'a' ? 'b' : 'a';
	with("luz@x.example", json_pack("{s:s}", "loop", loop));
	assert_int_equal(sent(), 1);
}

static void
headers_may_forbid_it(void **state)
{
	(void)state;
	with("eva@x.example", json_pack("{s:b}", "may_respond", 0));
	assert_int_equal(sent(), 0);
	assert_int_equal(fixture_int("SELECT robot FROM message"), 0);
	/* a rule's answer too */
	with("paz@x.example",
	     json_pack("{s:b, s:s}", "may_respond", 0, "subject", "contesta"));
	assert_int_equal(sent(), 0);
	assert_string_equal(
		fixture_text("SELECT json_extract(data, '$.left[0].why') "
			     "FROM event WHERE kind = 'incident.classified'"),
		"forbidden");
	with("luz@x.example",
	     json_pack("{s:b, s:s}", "may_respond", 1, "subject", "contesta"));
	assert_int_equal(sent(), 1);
}

static void
nobody_is_written_to_by_a_reply_to(void **state)
{
	(void)state;
	with("eva@x.example", json_pack("{s:[{s:s}]}", "reply_to", "address",
					"victima@y.example"));
	assert_string_equal(column("json_extract(mail, '$.to[0].address')"),
			    "eva@x.example");
	assert_int_equal(sent(), 1);
}

static void
every_mail_carries_the_mark(void **state)
{
	char loop[TOKEN_LOOP_MAX];
	struct call c;
	const json_t *out;

	(void)state;
	(void)write_in("eva@x.example", "hola");
	c = fixture_call(m_outbox_take, ROLE_MAIL, 0,
			 json_pack("{s:i, s:i}", "max", 5, "lease_ms", 60000));
	assert_int_equal(c.outcome, OUT_OK);
	out = json_array_get(json_object_get(c.result, "deliveries"), 0);
	token_loop(fx.desk.key, loop);
	assert_string_equal(json_string_value(json_object_get(out, "loop")),
			    loop);
	assert_true(json_is_true(json_object_get(out, "automatic")));
	call_release(&c);
}

/* --- asked beforehand -------------------------------------------------------- */

static const char *
why(struct ack_ask q)
{
	const char *code = NULL;
	struct err e;

	if (q.connection_id == 0)
		q.connection_id = 1;
	if (q.channel == NULL)
		q.channel = "email";
	q.now_ms = fx.now_ms;
	assert_int_equal(ack_would(fx.store, &q, &code, &e), OUT_OK);
	return code != NULL ? code : "yes";
}

static void
it_can_be_asked(void **state)
{
	const char *eva = "eva@x.example";
	struct ack_ask q = { .address = eva, .may_respond = true };

	(void)state;
	assert_string_equal(why(q), "yes");
	(void)write_in(eva, "hola");
	assert_string_equal(why(q), "day");
	q.address = "luz@x.example";
	q.robot = true;
	assert_string_equal(why(q), "robot");
	q.received_ms = T0_MS - ACKNOWLEDGE_LATE_MS - 1;
	assert_string_equal(why(q), "old");
	q.joins = true;
	assert_string_equal(why(q), "joins");
	q = (struct ack_ask){ .address = "luz@x.example" };
	assert_string_equal(why(q), "forbidden");
	q.may_respond = true;
	q.channel = "chat";
	assert_string_equal(why(q), "no_way");
	q.channel = NULL;
	q.address = NULL;
	assert_string_equal(why(q), "no_sender");
	q.address = "hola+x@olmo.example";
	assert_string_equal(why(q), "own_address");
	q.address = "luz@x.example";
	set("acknowledge", "false");
	assert_string_equal(why(q), "off");
	/* a mailbox that is read alone */
	fixture_exec("UPDATE connection SET kind = 'mailbox' WHERE id = 1");
	assert_string_equal(why(q), "no_way");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(it_tells_number_and_time_and_quotes_nothing),
		T(the_mailbox_says_in_which_language),
		T(a_saved_reply_says_it_without_the_subject),
		T(only_a_plain_name_is_said_back),
		T(off_by_default),
		T(once_a_day_for_an_address),
		T(not_to_who_writes_all_the_time),
		T(not_in_a_conversation_that_runs),
		T(not_to_who_wrote_long_ago),
		T(not_to_programs_and_not_to_ourselves),
		T(not_where_a_rule_answers_or_ends_it),
		T(our_own_mark_is_a_programs),
		T(headers_may_forbid_it),
		T(nobody_is_written_to_by_a_reply_to),
		T(every_mail_carries_the_mark),
		T(it_can_be_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

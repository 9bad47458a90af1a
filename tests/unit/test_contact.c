#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "daemon/store/blob.h"
#include "daemon/token.h"
#include "tests/unit/fixture.h"

method_fn m_contact_add;
method_fn m_incident_answer;
method_fn m_incident_set;

static const struct letter first = { .id = "<a1@lucia.example>",
				     .from = "Lucia@Example.org",
				     .subject = "Quiero una devolución",
				     .text = "La talla no me vale" };

static int64_t
mail(const struct letter *m)
{
	struct call c = fixture_mail(m);
	int64_t incident = got_int(&c, "incident");

	call_release(&c);
	return incident;
}

static void
set_state(int64_t id, const char *state)
{
	struct call c = fixture_call(
		m_incident_set, ROLE_CONSOLE, fx.agent_id,
		json_pack("{s:I, s:s}", "id", (json_int_t)id, "state", state));

	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
}

static void
test_new(void **state)
{
	struct call c = fixture_mail(&first);

	(void)state;
	assert_int_equal(got_int(&c, "number"), 1);
	assert_string_equal(json_string_value(json_object_get(c.result, "ref")),
			    "P-1");
	call_release(&c);
	assert_string_equal(fixture_text("SELECT queue || priority || reason "
					 "|| state || policy FROM incident"),
			    "devolucioneshighreturn_requestnewcorreo");
	assert_string_equal(fixture_text("SELECT tag FROM incident_tag"),
			    "devolucion");
	assert_string_equal(
		fixture_text("SELECT group_concat(kind) FROM event"),
		"incident.created,message.added,incident.classified,"
		"clock.started");
	assert_string_equal(fixture_text("SELECT value FROM identity"),
			    "lucia@example.org");
	assert_int_equal(fixture_int("SELECT due_s - start_s FROM clock"),
			 4 * 3600);
	assert_int_equal(fixture_int("SELECT start_s FROM clock"),
			 T0_MS / 1000);
	assert_int_equal(fixture_int("SELECT count(*) FROM blob WHERE "
				     "staged_until_ms IS NULL"),
			 1);
}

/* The explanation keeps the span, not the text. */
static void
test_explained(void **state)
{
	const char *data;

	(void)state;
	(void)mail(&first);
	data = fixture_text("SELECT data FROM event "
			    "WHERE kind = 'incident.classified'");
	assert_non_null(strstr(data, "\"field\":\"subject\""));
	assert_non_null(strstr(data, "\"from\":11"));
	assert_non_null(strstr(data, "\"rule\":\"devolución\""));
	assert_null(strstr(data, "Quiero"));
}

static void
test_repeat(void **state)
{
	struct call a = fixture_mail(&first);
	struct call b;
	int64_t rows;

	(void)state;
	rows = fixture_int("SELECT count(*) FROM event");
	fx.now_ms += 1000;
	b = fixture_mail(&first);
	assert_true(json_equal(a.result, b.result));
	assert_int_equal(fixture_int("SELECT count(*) FROM message"), 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM event"), rows);
	call_release(&a);
	call_release(&b);
}

/* The first answer also after the incident went on. */
static void
test_repeat_later(void **state)
{
	struct call a = fixture_mail(&first);
	struct letter more = first;
	struct call b;

	(void)state;
	more.id = "<a2@lucia.example>";
	more.in_reply_to = "<a1@lucia.example>";
	assert_int_equal(mail(&more), 1);
	b = fixture_mail(&first);
	assert_true(json_equal(a.result, b.result));
	call_release(&a);
	call_release(&b);
}

static void
test_repeat_without_id(void **state)
{
	struct letter m = { .from = "x@example.org", .text = "hola" };

	(void)state;
	assert_int_equal(mail(&m), 1);
	assert_int_equal(mail(&m), 1);
	m.text = "hola otra vez";
	assert_int_equal(mail(&m), 2);
	assert_int_equal(fixture_int("SELECT count(*) FROM message"), 2);
}

static void
test_same_id_other_body(void **state)
{
	struct letter m = first;

	(void)state;
	(void)mail(&first);
	m.text = "Otro texto";
	assert_int_equal(mail(&m), 2);
	assert_string_equal(
		fixture_text("SELECT warnings FROM message WHERE id = 2"),
		"[\"same_id_other_body\"]");
	assert_int_equal(mail(&m), 2);
	assert_int_equal(fixture_int("SELECT count(*) FROM message"), 2);
}

static void
test_same_mail_two_mailboxes(void **state)
{
	(void)state;
	(void)mail(&first);
	fixture_exec("UPDATE message SET connection_id = 2");
	fixture_exec("UPDATE incident SET connection_id = 2;"
		     "UPDATE event SET data = json_set(data, '$.connection', 2)"
		     " WHERE kind = 'incident.created'");
	assert_int_equal(mail(&first), 2);
	assert_string_equal(
		fixture_text("SELECT warnings FROM message WHERE id = 2"),
		"[]");
}

/* A token in any of the three places joins, whoever writes. */
static void
test_token(void **state)
{
	char token[TOKEN_MAX];
	char text[128];
	struct letter m = { .id = "<b1@x>",
			    .from = "otro@example.org",
			    .text = "respuesta" };

	(void)state;
	(void)mail(&first);
	token_make(fx.desk.key, 1, 1, token);
	(void)snprintf(text, sizeof text, "hola+%s@olmo.example", token);
	m.to = text;
	assert_int_equal(mail(&m), 1);
	(void)snprintf(text, sizeof text, "<%s@olmo.example>", token);
	m.to = NULL;
	m.id = "<b2@x>";
	m.in_reply_to = text;
	assert_int_equal(mail(&m), 1);
	m.id = "<b3@x>";
	m.in_reply_to = NULL;
	m.references = text;
	assert_int_equal(mail(&m), 1);
	/* a stranger writes into it, and owns nothing by that */
	assert_string_equal(
		fixture_text("SELECT warnings FROM message WHERE id = 2"),
		"[\"other_sender\"]");
	assert_int_equal(fixture_int("SELECT customer_id FROM incident"), 1);
	text[5] = text[5] == 'a' ? 'b' : 'a';
	m.id = "<b4@x>";
	text[strlen(text) - 15] ^= 1;
	assert_int_equal(mail(&m), 2);
}

/* Two tokens of different incidents prove nothing. */
static void
test_tokens_differ(void **state)
{
	char token[TOKEN_MAX];
	char to[128];
	char ref[128];
	struct letter m = { .id = "<c1@x>",
			    .from = "otro@example.org",
			    .text = "respuesta",
			    .to = to,
			    .references = ref };
	struct letter second = first;

	(void)state;
	second.id = "<z@x>";
	(void)mail(&first);
	assert_int_equal(mail(&second), 2);
	token_make(fx.desk.key, 1, 1, token);
	(void)snprintf(to, sizeof to, "hola+%s@olmo.example", token);
	token_make(fx.desk.key, 2, 1, token);
	(void)snprintf(ref, sizeof ref, "<%s@olmo.example>", token);
	assert_int_equal(mail(&m), 3);
	assert_string_equal(
		fixture_text("SELECT warnings FROM message WHERE id = 3"),
		"[\"tokens_differ\"]");
}

/* A known Message-ID joins for the same customer alone. */
static void
test_known_id(void **state)
{
	struct letter m = { .id = "<d1@x>",
			    .from = "lucia@example.org",
			    .text = "y otra cosa",
			    .references = "<a1@lucia.example>" };

	(void)state;
	(void)mail(&first);
	assert_int_equal(mail(&m), 1);
	m.id = "<d2@x>";
	m.from = "otro@example.org";
	assert_int_equal(mail(&m), 2);
	m.id = "<d3@x>";
	m.from = "lucia@example.org";
	m.references = "<nobody@knows>";
	assert_int_equal(mail(&m), 3);
}

static void
test_wakes(void **state)
{
	const char *const states[] = { "pending_customer", "on_hold", "snoozed",
				       "solved" };
	struct letter m = { .from = "lucia@example.org",
			    .references = "<a1@lucia.example>" };
	char text[32];
	size_t i;

	(void)state;
	(void)mail(&first);
	for (i = 0; i < 4; i++) {
		set_state(1, states[i]);
		(void)snprintf(text, sizeof text, "texto %zu", i);
		m.text = text;
		assert_int_equal(mail(&m), 1);
		assert_string_equal(fixture_text("SELECT state FROM incident"),
				    "open");
	}
}

static void
test_closed(void **state)
{
	struct letter m = { .id = "<e1@x>",
			    .from = "lucia@example.org",
			    .text = "sigue mal",
			    .references = "<a1@lucia.example>" };

	(void)state;
	(void)mail(&first);
	set_state(1, "solved");
	set_state(1, "closed");
	assert_int_equal(mail(&m), 2);
	assert_int_equal(
		fixture_int("SELECT follows_id FROM incident WHERE id = 2"), 1);
	assert_string_equal(
		fixture_text("SELECT state FROM incident WHERE id = 1"),
		"closed");
}

static void
test_spam(void **state)
{
	struct letter m = { .id = "<f1@x>",
			    .from = "lucia@example.org",
			    .text = "compre ya",
			    .references = "<a1@lucia.example>" };

	(void)state;
	(void)mail(&first);
	set_state(1, "spam");
	assert_int_equal(mail(&m), 1);
	assert_string_equal(fixture_text("SELECT state FROM incident"), "spam");
	assert_int_equal(fixture_int("SELECT count(*) FROM clock "
				     "WHERE state = 'running'"),
			 0);
}

/* What cannot be read is an incident all the same. */
static void
test_unreadable(void **state)
{
	struct letter m = { .text = "" };

	(void)state;
	assert_int_equal(mail(&m), 1);
	assert_string_equal(fixture_text("SELECT queue FROM incident"),
			    "general");
	assert_int_equal(fixture_int("SELECT count(*) FROM identity"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM customer"), 1);
}

/* A channel's clock that is ahead gives no longer time. */
static void
test_future(void **state)
{
	struct letter m = first;

	(void)state;
	m.at_ms = T0_MS + 3600000;
	(void)mail(&m);
	assert_int_equal(fixture_int("SELECT start_s FROM clock"),
			 T0_MS / 1000);
	m.id = "<a9@x>";
	m.at_ms = T0_MS - 7200000;
	(void)mail(&m);
	assert_int_equal(fixture_int("SELECT start_s FROM clock WHERE id = 2"),
			 T0_MS / 1000 - 7200);
}

static json_t *
with_file(const char *sha256)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:i},"
		" s:[{s:s, s:s, s:i, s:s, s:b}]}",
		"connection", "demo", "external_id", "<g1@x>", "digest",
		"5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb"
		"57e9",
		"received_at", "2026-01-05T08:59:00.000Z", "channel", "email",
		"text", "con foto", "raw", "sha256", sha256, "bytes", 3,
		"attachments", "filename", "a.png", "content_type", "image/png",
		"size", 3, "sha256", sha256, "inline", 0);
}

#define SHA_A "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"

static void
test_blob_missing(void **state)
{
	struct call c =
		fixture_call(m_contact_add, ROLE_MAIL, 0, with_file(SHA_A));

	(void)state;
	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, "blob_missing");
	call_release(&c);
	assert_int_equal(fixture_int("SELECT count(*) FROM incident"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM event"), 0);
}

static void
test_blob_staged(void **state)
{
	struct call c;
	struct err e;

	(void)state;
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(blob_stage(fx.store, SHA_A, 3, "abc", fx.now_ms, &e),
			 OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	c = fixture_call(m_contact_add, ROLE_MAIL, 0, with_file(SHA_A));
	assert_int_equal(got_int(&c, "incident"), 1);
	call_release(&c);
	assert_int_equal(fixture_int("SELECT staged_until_ms IS NULL "
				     "FROM blob"),
			 1);
	/* what is referred to outlives the time of staged ones */
	fx.now_ms += INT64_C(2) * 24 * 3600 * 1000;
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM blob"), 1);
}

static void
test_blob_expires(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(
		blob_stage(fx.store, SHA_A, 70000, NULL, fx.now_ms, &e),
		OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	fx.now_ms += BLOB_STAGED_MS - 1;
	assert_int_equal(fixture_tick(), fx.now_ms + 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM blob"), 1);
	fx.now_ms++;
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM blob"), 0);
	assert_int_equal(engine_seen.gone, 1);
}

static void
test_connection(void **state)
{
	json_t *p = with_file(SHA_A);
	struct call c;

	(void)state;
	(void)json_object_set_new(p, "connection", json_string("nadie"));
	c = fixture_call(m_contact_add, ROLE_MAIL, 0, p);
	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, "not_found");
	call_release(&c);
	/* another role's connection is none of the caller's */
	c = fixture_call(m_contact_add, ROLE_CHAT, 0, with_file(SHA_A));
	assert_string_equal(c.err.code, "not_found");
	call_release(&c);
}

/* What a mail sends on is kept as told, where it is a place in its text. */
static void
test_forward(void **state)
{
	struct letter m = first;

	(void)state;
	m.forward = "{\"from\":{\"name\":\"X\",\"address\":\"x@y.es\"},"
		    "\"subject\":\"a\",\"at\":3}";
	assert_int_equal(mail(&m), 1);
	assert_string_equal(fixture_text("SELECT forward FROM message"),
			    m.forward);
	m.id = "<a2@lucia.example>";
	m.text = "corto";
	m.forward = "{\"at\":6}";
	(void)mail(&m);
	assert_int_equal(fixture_int("SELECT count(*) FROM message "
				     "WHERE forward IS NULL"),
			 1);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new),
		TEST(test_explained),
		TEST(test_repeat),
		TEST(test_repeat_later),
		TEST(test_repeat_without_id),
		TEST(test_same_id_other_body),
		TEST(test_same_mail_two_mailboxes),
		TEST(test_token),
		TEST(test_tokens_differ),
		TEST(test_known_id),
		TEST(test_wakes),
		TEST(test_closed),
		TEST(test_spam),
		TEST(test_unreadable),
		TEST(test_future),
		TEST(test_blob_missing),
		TEST(test_blob_staged),
		TEST(test_blob_expires),
		TEST(test_connection),
		TEST(test_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

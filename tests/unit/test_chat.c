/* Chats: what a visitor may do and see, and when an answer goes by mail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/hash.h"
#include "daemon/onward.h"
#include "daemon/store/visitor.h"
#include "tests/unit/fixture.h"

#define HOUR_MS ((int64_t)3600 * 1000)
#define DAY_MS (24 * HOUR_MS)

method_fn m_chat_end;
method_fn m_chat_get;
method_fn m_chat_got;
method_fn m_chat_rate;
method_fn m_chat_site;
method_fn m_chat_write;
method_fn m_contact_add;
method_fn m_incident_answer;
method_fn m_incident_note;
method_fn m_incident_set;
method_fn m_outbox_report;
method_fn m_visitor_open;
method_fn m_visitor_start;

static int
setup(void **state)
{
	int rc = fixture_setup(state);

	fixture_exec(
		"INSERT INTO connection (id, name, kind, role, settings, "
		"active, created_ms) VALUES (11, 'tienda', 'chat', 'chat', "
		"'{\"origins\":\"https://olmo.example\",\"title\":\"Olmo\","
		"\"mail\":\"demo\",\"remember_days\":10}', 1, 1), "
		"(12, 'sola', 'chat', 'chat', '{\"origins\":"
		"\"https://sola.example\",\"title\":\"Sola\","
		"\"language\":\"en\",\"remember_days\":0}', 1, 1), "
		"(13, 'vieja', 'chat', 'chat', '{\"origins\":"
		"\"https://v.example\",\"title\":\"V\"}', 0, 1);");
	return rc;
}

static void
refused(struct call c, const char *code)
{
	assert_int_not_equal(c.outcome, OUT_OK);
	assert_string_equal(c.err.code, code);
	call_release(&c);
}

static void
done(struct call c)
{
	if (c.outcome != OUT_OK)
		fail_msg("refused: %s", c.err.text);
	call_release(&c);
}

static struct call
start(const char *site, const char *name, const char *email, bool remember)
{
	json_t *p =
		json_pack("{s:s, s:s, s:b, s:s}", "connection", site, "name",
			  name, "remember", remember, "network", "192.0.2.1");

	if (email != NULL)
		(void)json_object_set_new(p, "email", json_string(email));
	return fixture_call(m_visitor_start, ROLE_CHAT, 0, p);
}

/* A new visitor of the first site; the row. */
static int64_t
visitor(const char *name, const char *email)
{
	struct call c = start("tienda", name, email, false);
	int64_t id = got_int(&c, "visitor");

	call_release(&c);
	return id;
}

static struct call
write_line(int64_t visitor_id, const char *id, const char *text)
{
	return fixture_visit(m_chat_write, visitor_id,
			     json_pack("{s:s, s:s}", "id", id, "text", text));
}

/* The incident that a line is in. */
static int64_t
line(int64_t visitor_id, const char *id, const char *text)
{
	struct call c = write_line(visitor_id, id, text);
	int64_t incident = got_int(&c, "incident");

	call_release(&c);
	return incident;
}

static void
answer(int64_t incident, const char *text)
{
	done(fixture_call(m_incident_answer, ROLE_CONSOLE, fx.agent_id,
			  json_pack("{s:I, s:s, s:i, s:b}", "id",
				    (json_int_t)incident, "text", text, "seen",
				    0, "override", 1)));
}

static struct call
get(int64_t visitor_id, int from, int limit)
{
	return fixture_visit(
		m_chat_get, visitor_id,
		json_pack("{s:i, s:i}", "from", from, "limit", limit));
}

/* Texts of the lines above a number, joined with "|". */
static const char *
texts(int64_t visitor_id, int from)
{
	static char out[4096];
	struct call c = get(visitor_id, from, 200);
	const json_t *j;
	size_t at = 0;
	size_t i;

	assert_int_equal(c.outcome, OUT_OK);
	out[0] = '\0';
	json_array_foreach(json_object_get(c.result, "lines"), i, j)
	{
		at += (size_t)snprintf(
			out + at, sizeof out - at, "%s%s", i > 0 ? "|" : "",
			json_string_value(json_object_get(j, "text")));
		assert_true(at < sizeof out);
	}
	call_release(&c);
	return out;
}

static const char *
state_of(int64_t visitor_id)
{
	static char out[32];
	struct call c = get(visitor_id, 0, 1);

	assert_int_equal(c.outcome, OUT_OK);
	(void)snprintf(out, sizeof out, "%s",
		       json_string_value(json_object_get(
			       json_object_get(c.result, "chat"), "state")));
	call_release(&c);
	return out;
}

static void
see(int64_t visitor_id, int number)
{
	done(fixture_visit(m_chat_got, visitor_id,
			   json_pack("{s:i}", "number", number)));
}

/* --- coming and going -------------------------------------------------------- */

static void
who_starts_is_looked_at(void **state)
{
	static const char *const bad[] = {
		"nada",    "@x",      "a@",
		"a@b@c",   "a b@c.d", "a@b.c\r\nBcc: x",
		"a,b@c.d", "<a@b.c>",
	};
	size_t i;

	(void)state;
	refused(start("tienda", "", NULL, false), "bad_params");
	refused(start("tienda", "  ", NULL, false), "bad_params");
	refused(start("tienda", "Ana\r\nBcc: x", NULL, false), "bad_params");
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refused(start("tienda", "Ana", bad[i], false), "bad_params");
	refused(start("nada", "Ana", NULL, false), "not_found");
	refused(start("demo", "Ana", NULL, false), "not_found");
	refused(start("vieja", "Ana", NULL, false), "not_found");
	engine_seen.full = true;
	refused(start("tienda", "Ana", NULL, false), "busy");
	assert_int_equal(fixture_int("SELECT count(*) FROM visitor"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM identity"), 0);
}

static void
a_token_lives_as_long_as_was_said(void **state)
{
	struct call c = start("tienda", "Ana", NULL, false);

	(void)state;
	assert_int_equal(engine_seen.opened_idle_ms, DAY_MS);
	call_release(&c);
	done(start("tienda", "Ana", NULL, true));
	assert_int_equal(engine_seen.opened_idle_ms, 10 * DAY_MS);
	/* a site that remembers nobody */
	done(start("sola", "Ana", NULL, true));
	assert_int_equal(engine_seen.opened_idle_ms, DAY_MS);
	assert_int_equal(fixture_int("SELECT sum(remember) FROM visitor"), 1);
}

static struct call
open_token(const char *site, const char *token)
{
	return fixture_call(
		m_visitor_open, ROLE_CHAT, 0,
		json_pack("{s:s, s:s}", "connection", site, "token", token));
}

static void
a_token_ends_at_its_instant_and_is_swept(void **state)
{
	struct call c = start("tienda", "Ana", NULL, false);
	char token[64];
	char hash[HASH_HEX];

	(void)state;
	(void)snprintf(token, sizeof token, "%s",
		       json_string_value(json_object_get(c.result, "token")));
	call_release(&c);
	assert_int_equal(strlen(token), 43);
	hash_hex(token, strlen(token), hash);
	assert_string_equal(fixture_text("SELECT hash FROM visitor"), hash);
	refused(open_token("sola", token), "no_session");
	fx.now_ms = T0_MS + DAY_MS - 1;
	done(open_token("tienda", token));
	/* it was used: a day from here */
	fx.now_ms += DAY_MS - 1;
	assert_int_equal(fixture_tick(), fx.now_ms + 1);
	assert_int_equal(engine_seen.visitors_gone, 0);
	fx.now_ms += 1;
	refused(open_token("tienda", token), "no_session");
	assert_int_equal(fixture_int("SELECT count(*) FROM visitor"), 1);
	(void)fixture_tick();
	assert_int_equal(engine_seen.visitors_gone, 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM visitor"), 0);
	refused(get(1, 0, 10), "no_session");
}

/* A crowd that starts and never writes shuts nobody out. */
static void
visitors_have_a_ceiling(void **state)
{
	int64_t v = visitor("Ana", NULL);
	int64_t first = line(v, "a", "una");

	(void)state;
	fixture_exec("WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL "
		     "SELECT i + 1 FROM n WHERE i < 200098) "
		     "INSERT INTO visitor (id, hash, connection_id, name, "
		     "remember, created_ms, used_ms, expires_ms) "
		     "SELECT i, 'h' || i, 11, 'x', 0, 1, 1, 99999999999999 "
		     "FROM n");
	assert_int_equal(fixture_int("SELECT count(*) FROM visitor"),
			 VISITORS_ROWS_MAX);
	done(start("tienda", "Eva", NULL, false));
	assert_int_equal(fixture_int("SELECT count(*) FROM visitor"),
			 VISITORS_ROWS_MAX - 1000 + 1);
	assert_int_equal(line(v, "b", "dos"), first);
	fixture_exec("DELETE FROM visitor WHERE id > 1100");
	done(start("tienda", "Eva", NULL, false));
}

/* --- lines ------------------------------------------------------------------- */

static void
a_line_is_a_contact(void **state)
{
	int64_t v = visitor("Ana", NULL);
	int64_t i = line(v, "a", "  Hola\nquiero algo");

	(void)state;
	assert_string_equal(fixture_text("SELECT subject FROM message"),
			    "Hola");
	assert_string_equal(fixture_text("SELECT external_id FROM message"),
			    "1:a");
	assert_string_equal(fixture_text("SELECT kind || ':' || value FROM "
					 "identity"),
			    "chat:visitor:1");
	assert_int_equal(fixture_int("SELECT received_ms FROM message"), T0_MS);
	assert_int_equal(fixture_int("SELECT length(data) FROM blob") > 10, 1);
	assert_int_equal(engine_seen.moved_visitor, v);
	assert_int_equal(engine_seen.moved_incident, i);
	engine_seen.moved_visitor = 0;
	assert_int_equal(line(v, "b", "más"), i);
	assert_int_equal(engine_seen.moved_visitor, 0);
	/* a repeat, at another page, later */
	fx.now_ms += 5000;
	assert_int_equal(line(v, "a", "  Hola\nquiero algo"), i);
	assert_int_equal(fixture_int("SELECT count(*) FROM message"), 2);
	/* the same id with another text is kept, and flagged */
	assert_int_equal(line(v, "a", "otra"), i);
	assert_string_equal(
		fixture_text("SELECT warnings FROM message WHERE number = 3"),
		"[\"same_id_other_body\"]");
	refused(write_line(v, "", "x"), "bad_params");
	refused(write_line(v, "c", " \n"), "bad_params");
}

static void
write_from(int64_t visitor_id, const char *id, const char *page)
{
	done(fixture_visit(m_chat_write, visitor_id,
			   json_pack("{s:s, s:s, s:s}", "id", id, "text", "x",
				     "page", page)));
}

static void
a_page_is_an_address_or_nothing(void **state)
{
	int64_t v = visitor("Ana", NULL);

	(void)state;
	write_from(v, "a", "javascript:alert(1)");
	assert_int_equal(fixture_int("SELECT page IS NULL FROM visitor"), 1);
	write_from(v, "b", "https://olmo.example/a?b=c#d");
	write_from(v, "c", "https://olmo.example/ x");
	write_from(v, "d", "data:text/html,x");
	assert_string_equal(fixture_text("SELECT page FROM visitor"),
			    "https://olmo.example/a?b=c#d");
}

static void
a_long_first_line_is_cut_in_lists(void **state)
{
	char text[201];
	int64_t v = visitor("Ana", NULL);
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		(void)snprintf(text + 2 * (size_t)i, 3, "ñ");
	(void)line(v, "a", text);
	assert_int_equal(fixture_int("SELECT length(subject) FROM message"),
			 81);
	assert_string_equal(
		fixture_text("SELECT substr(subject, 80, 2) FROM message"),
		"ñ…");
}

/* Whoever types somebody's address sees nothing of theirs. */
static void
an_address_that_was_typed_proves_nothing(void **state)
{
	struct letter m = { .id = "<1@cliente.example>",
			    .from = "victima@cliente.example",
			    .subject = "Mi secreto",
			    .text = "Texto secreto" };
	struct call c = fixture_mail(&m);
	int64_t theirs = got_int(&c, "incident");
	int64_t v = visitor("Impostor", "Victima@cliente.example");
	int64_t own = line(v, "a", "Hola");
	char *all;

	(void)state;
	call_release(&c);
	fixture_exec("UPDATE customer SET name = 'Nombre Guardado'");
	assert_int_not_equal(own, theirs);
	c = get(v, 0, 200);
	all = json_dumps(c.result, 0);
	assert_null(strstr(all, "secreto"));
	assert_null(strstr(all, "Guardado"));
	assert_non_null(strstr(all, "Impostor"));
	free(all);
	call_release(&c);
	assert_int_equal(fixture_int("SELECT verified FROM identity"), 0);
	assert_string_equal(fixture_text("SELECT warnings FROM message "
					 "ORDER BY id DESC"),
			    "[\"address_given\"]");
	/* whom nobody knows can be nobody else */
	(void)line(visitor("Eva", "eva@cliente.example"), "a", "Hola");
	assert_string_equal(fixture_text("SELECT warnings FROM message "
					 "ORDER BY id DESC"),
			    "[]");
}

static void
what_a_visitor_may_see(void **state)
{
	int64_t v = visitor("Ana", "ana@cliente.example");
	int64_t i = line(v, "a", "una");
	struct letter m = { .id = "<9@x.example>",
			    .from = "extrano@x.example",
			    .subject = "Re",
			    .text = "de un extraño" };
	char token[128];

	(void)state;
	done(fixture_call(
		m_incident_note, ROLE_CONTROL, fx.agent_id,
		json_pack("{s:I, s:s}", "id", (json_int_t)i, "text", "nota")));
	answer(i, "dos");
	fx.now_ms += ONWARD_WAIT_MS;
	(void)fixture_tick(); /* "dos" goes on by mail */
	(void)snprintf(token, sizeof token, "%s",
		       fixture_text("SELECT key FROM delivery"));
	m.references = token;
	done(fixture_mail(&m)); /* a stranger replies to it */
	assert_int_equal(fixture_int("SELECT messages FROM incident"), 5);
	assert_string_equal(texts(v, 0), "una|dos");
	assert_string_equal(texts(v, 1), "dos");
	assert_string_equal(texts(v, 3), "");
	/* what was shown is a line, not a note's number */
	see(v, 99);
	assert_int_equal(fixture_int("SELECT got_number FROM visitor"), 3);
	refused(get(v, -1, 10), "bad_params");
	refused(get(v, 0, 0), "bad_params");
	refused(get(v, 0, 201), "bad_params");
}

static void
pages_have_a_ceiling_in_octets(void **state)
{
	static char big[8001];
	int64_t v = visitor("Ana", NULL);
	int64_t last = 0;
	int pages = 0;
	bool more = true;
	char id[16];
	int i;

	(void)state;
	(void)memset(big, 'x', sizeof big - 1);
	for (i = 0; i < 60; i++) {
		(void)snprintf(id, sizeof id, "%d", i);
		(void)line(v, id, big);
	}
	while (more) {
		struct call c = get(v, (int)last, 200);
		const json_t *lines = json_object_get(c.result, "lines");
		size_t n = json_array_size(lines);

		assert_true(n > 0);
		assert_int_equal(json_integer_value(json_object_get(
					 json_array_get(lines, 0), "number")),
				 last + 1);
		last += (int64_t)n;
		more = json_is_true(json_object_get(c.result, "more"));
		pages++;
		assert_true(json_dumpb(c.result, NULL, 0, 0) <
			    VISITOR_LINES_BYTES + 2 * sizeof big);
		call_release(&c);
	}
	assert_int_equal(last, 60);
	assert_true(pages > 1);
}

/* --- end and rating ------------------------------------------------------------ */

static void
set_state(int64_t incident, const char *to)
{
	done(fixture_call(m_incident_set, ROLE_CONSOLE, fx.agent_id,
			  json_pack("{s:I, s:s}", "id", (json_int_t)incident,
				    "state", to)));
}

static void
an_ended_chat_is_followed(void **state)
{
	int64_t v = visitor("Ana", NULL);
	int64_t first;
	int64_t second;

	(void)state;
	assert_string_equal(state_of(v), "start");
	refused(fixture_visit(m_chat_end, v, json_object()), "conflict");
	first = line(v, "a", "una");
	assert_string_equal(state_of(v), "waiting");
	done(fixture_visit(m_chat_end, v, json_object()));
	done(fixture_visit(m_chat_end, v, json_object()));
	assert_int_equal(fixture_int("SELECT count(*) FROM event "
				     "WHERE kind = 'chat.ended'"),
			 1);
	assert_string_equal(state_of(v), "ended");
	second = line(v, "b", "dos");
	assert_int_not_equal(second, first);
	assert_int_equal(fixture_int("SELECT follows_id FROM incident "
				     "ORDER BY id DESC"),
			 first);
	assert_string_equal(texts(v, 0), "dos");
	answer(second, "tres");
	assert_string_equal(state_of(v), "talking");
	set_state(second, "solved");
	assert_string_equal(state_of(v), "ended");
	assert_int_equal(line(v, "c", "cuatro"), second);
	assert_string_equal(state_of(v), "talking");
	set_state(second, "solved");
	set_state(second, "closed");
	assert_int_not_equal(line(v, "d", "cinco"), second);
	/* spam stays where it is, and nobody is told */
	set_state(fixture_int("SELECT max(id) FROM incident"), "spam");
	assert_int_equal(line(v, "e", "seis"),
			 fixture_int("SELECT max(id) FROM incident"));
	assert_string_equal(state_of(v), "ended");
}

static void
a_chat_without_end_goes_on_in_another_incident(void **state)
{
	int64_t v = visitor("Ana", NULL);
	int64_t first = line(v, "a", "una");

	(void)state;
	fixture_exec("UPDATE incident SET messages = 1999");
	assert_int_equal(line(v, "a", "una"), first); /* a repeat */
	fixture_exec("UPDATE incident SET messages = 2000");
	assert_int_not_equal(line(v, "b", "dos"), first);
	assert_int_equal(fixture_int("SELECT follows_id FROM incident "
				     "ORDER BY id DESC"),
			 first);
	fixture_exec("UPDATE incident SET messages = 1");
}

static struct call
rate(int64_t v, int score, const char *comment)
{
	json_t *p = json_pack("{s:i}", "score", score);

	if (comment != NULL)
		(void)json_object_set_new(p, "comment", json_string(comment));
	return fixture_visit(m_chat_rate, v, p);
}

static void
a_rating_keeps_its_first_comment(void **state)
{
	int64_t v = visitor("Ana", NULL);
	int64_t i;

	(void)state;
	refused(rate(v, 5, NULL), "conflict");
	i = line(v, "a", "una");
	refused(rate(v, 0, NULL), "bad_params");
	refused(rate(v, 6, NULL), "bad_params");
	done(rate(v, 3, "  "));
	assert_int_equal(fixture_int("SELECT count(*) FROM message"), 1);
	done(rate(v, 4, "bien"));
	done(rate(v, 5, "mejor"));
	assert_int_equal(fixture_int("SELECT score FROM rating"), 5);
	assert_int_equal(fixture_int("SELECT count(*) FROM message"), 2);
	assert_string_equal(fixture_text("SELECT text FROM message m JOIN "
					 "rating r ON r.message_id = m.id"),
			    "bien");
	answer(i, "gracias"); /* a note is no contact: nothing is owed for it */
	assert_string_equal(texts(v, 0), "una|gracias");
}

/* --- going on by mail ------------------------------------------------------------ */

static int64_t
mails(void)
{
	return fixture_int("SELECT count(*) FROM delivery");
}

static void
an_answer_waits_ten_minutes(void **state)
{
	int64_t v = visitor("Ana", "ana@cliente.example");
	int64_t seen = visitor("Eva", "eva@cliente.example");
	int64_t nobody = visitor("Sin", NULL);
	int64_t i = line(v, "a", "una");

	(void)state;
	answer(i, "dos");
	answer(line(seen, "a", "una"), "vista");
	answer(line(nobody, "a", "una"), "sin correo");
	see(seen, 2);
	fx.now_ms = T0_MS + ONWARD_WAIT_MS - 1;
	assert_int_equal(fixture_tick(), fx.now_ms + 1);
	assert_int_equal(mails(), 0);
	fx.now_ms++;
	fx.desk.wake_outbox = 0;
	(void)fixture_tick();
	assert_int_equal(mails(), 1);
	assert_int_equal(fx.desk.wake_outbox, 1U << ROLE_MAIL);
	assert_string_equal(fixture_text("SELECT subject FROM message "
					 "WHERE author = 'bot'"),
			    "Tu chat con Tienda Olmo");
	assert_non_null(strstr(fixture_text("SELECT text FROM message "
					    "WHERE author = 'bot'"),
			       "Ana:\ndos\n"));
	assert_string_equal(
		fixture_text("SELECT json_extract(mail, '$.to[0].address') "
			     "FROM message WHERE author = 'bot'"),
		"ana@cliente.example");
	fx.now_ms += DAY_MS / 2;
	(void)fixture_tick();
	assert_int_equal(mails(), 1);
}

static void
the_next_mail_waits_and_carries_what_is_new(void **state)
{
	int64_t v = visitor("Ana", "ana@cliente.example");
	int64_t i = line(v, "a", "una");

	(void)state;
	answer(i, "dos");
	fx.now_ms += ONWARD_WAIT_MS;
	(void)fixture_tick();
	answer(i, "tres");
	fx.now_ms += ONWARD_WAIT_MS;
	(void)fixture_tick();
	assert_int_equal(mails(), 1);
	fx.now_ms += ONWARD_GAP_MS - ONWARD_WAIT_MS - 1;
	(void)fixture_tick();
	assert_int_equal(mails(), 1);
	fx.now_ms += 1;
	(void)fixture_tick();
	assert_int_equal(mails(), 2);
	assert_null(strstr(fixture_text("SELECT text FROM message WHERE "
					"author = 'bot' ORDER BY id DESC"),
			   "dos"));
	/* a mail of Postigo's is nothing that an author must have seen */
	done(fixture_call(m_incident_answer, ROLE_CONSOLE, fx.agent_id,
			  json_pack("{s:I, s:s, s:i}", "id", (json_int_t)i,
				    "text", "cuatro", "seen", 4)));
}

static void
what_does_not_fit_goes_in_the_next(void **state)
{
	static char big[40001];
	int64_t v = visitor("Ana", "ana@cliente.example");
	int64_t i = line(v, "a", "una");

	(void)state;
	(void)memset(big, 'y', sizeof big - 1);
	answer(i, big);
	answer(i, big);
	fx.now_ms += ONWARD_WAIT_MS;
	(void)fixture_tick();
	assert_int_equal(mails(), 1);
	fx.now_ms += ONWARD_GAP_MS;
	(void)fixture_tick();
	assert_int_equal(mails(), 2);
	fx.now_ms += ONWARD_GAP_MS;
	(void)fixture_tick();
	assert_int_equal(mails(), 2);
}

/* Who begins another chat has not seen what the first one still owed. */
static void
what_a_left_chat_owes_goes_by_mail(void **state)
{
	int64_t v = visitor("Ana", "ana@cliente.example");
	int64_t i = line(v, "a", "una");
	int64_t next;

	(void)state;
	answer(i, "dos");
	done(fixture_visit(m_chat_end, v, json_object()));
	assert_int_equal(mails(), 0);
	next = line(v, "b", "otra cosa");
	assert_int_not_equal(next, i);
	assert_int_equal(mails(), 1);
	assert_non_null(strstr(fixture_text("SELECT text FROM message "
					    "WHERE author = 'bot'"),
			       "Ana:\ndos\n"));
	assert_int_equal(fixture_int("SELECT incident_id FROM message "
				     "WHERE author = 'bot'"),
			 i);
	assert_string_equal(texts(v, 0), "otra cosa");
	/* once, and the new chat waits as any */
	answer(next, "tres");
	assert_int_equal(mails(), 1);
	fx.now_ms += ONWARD_GAP_MS;
	(void)fixture_tick();
	assert_int_equal(mails(), 2);
	assert_null(strstr(fixture_text("SELECT text FROM message WHERE "
					"author = 'bot' ORDER BY id DESC"),
			   "dos"));
}

static void
no_mailbox_no_mail(void **state)
{
	int64_t v = visitor("Ana", "ana@cliente.example");
	int64_t i = line(v, "a", "una");

	(void)state;
	answer(i, "dos");
	fixture_exec("UPDATE connection SET active = 0 WHERE name = 'demo'");
	fx.now_ms += ONWARD_WAIT_MS;
	(void)fixture_tick();
	assert_int_equal(mails(), 0);
	assert_int_equal(fixture_int("SELECT mail_due_ms IS NULL FROM visitor"),
			 1);
	fixture_exec("UPDATE connection SET settings = json_set(settings, "
		     "'$.mail', 'nada') WHERE id = 11");
	answer(i, "tres");
	assert_int_equal(fixture_int("SELECT mail_due_ms IS NULL FROM visitor"),
			 1);
	/* one that is only read */
	fixture_exec("INSERT INTO connection (id, name, kind, role, settings, "
		     "created_ms) VALUES (14, 'leer', 'mailbox', 'mail', "
		     "'{\"address\":\"l@olmo.example\"}', 1);"
		     "UPDATE connection SET settings = json_set(settings, "
		     "'$.mail', 'leer') WHERE id = 11");
	answer(i, "cuatro");
	assert_int_equal(fixture_int("SELECT mail_due_ms IS NULL FROM visitor"),
			 1);
	fixture_exec("UPDATE connection SET settings = json_set(settings, "
		     "'$.smtp_host', 'mx.olmo.example') WHERE id = 14");
	answer(i, "cinco");
	assert_int_equal(fixture_int("SELECT mail_due_ms IS NULL FROM visitor"),
			 0);
}

/* The chat is over, the address is known: the answer goes at once. */
static void
after_the_token_answers_go_by_mail(void **state)
{
	int64_t with = line(visitor("Ana", "ana@cliente.example"), "a", "una");
	int64_t without = line(visitor("Sin", NULL), "a", "una");

	(void)state;
	fx.now_ms += DAY_MS;
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM visitor"), 0);
	answer(with, "dos");
	assert_int_equal(mails(), 1);
	answer(without, "dos");
	assert_int_equal(mails(), 1);
	assert_string_equal(
		fixture_text("SELECT json_extract(mail, '$.to[0].address') "
			     "FROM message WHERE external_id LIKE '<%'"),
		"ana@cliente.example");
}

static void
an_answer_in_a_chat_has_no_copies(void **state)
{
	int64_t i = line(visitor("Ana", "ana@cliente.example"), "a", "una");

	(void)state;
	refused(fixture_call(m_incident_answer, ROLE_CONSOLE, fx.agent_id,
			     json_pack("{s:I, s:s, s:i, s:[{s:s}]}", "id",
				       (json_int_t)i, "text", "x", "seen", 1,
				       "cc", "address", "a@b.example")),
		"bad_params");
	answer(i, "dos");
	assert_int_equal(fixture_int("SELECT count(*) FROM message WHERE "
				     "direction = 'out' AND connection_id IS "
				     "NULL AND subject IS NULL"),
			 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_starts_is_looked_at),
		TEST(a_token_lives_as_long_as_was_said),
		TEST(a_token_ends_at_its_instant_and_is_swept),
		TEST(visitors_have_a_ceiling),
		TEST(a_line_is_a_contact),
		TEST(a_page_is_an_address_or_nothing),
		TEST(a_long_first_line_is_cut_in_lists),
		TEST(an_address_that_was_typed_proves_nothing),
		TEST(what_a_visitor_may_see),
		TEST(pages_have_a_ceiling_in_octets),
		TEST(an_ended_chat_is_followed),
		TEST(a_chat_without_end_goes_on_in_another_incident),
		TEST(a_rating_keeps_its_first_comment),
		TEST(an_answer_waits_ten_minutes),
		TEST(the_next_mail_waits_and_carries_what_is_new),
		TEST(what_does_not_fit_goes_in_the_next),
		TEST(what_a_left_chat_owes_goes_by_mail),
		TEST(no_mailbox_no_mail),
		TEST(after_the_token_answers_go_by_mail),
		TEST(an_answer_in_a_chat_has_no_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

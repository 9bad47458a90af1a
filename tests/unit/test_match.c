/* Which incident a mail belongs to, what it may not change, and that
 * contact.explain says so beforehand: each mail is asked about first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/match.h"
#include "daemon/token.h"
#include "tests/unit/fixture.h"

method_fn m_contact_add;
method_fn m_contact_explain;
method_fn m_incident_answer;
method_fn m_incident_merge;
method_fn m_incident_set;

#define MINUTE_MS INT64_C(60000)
#define LUCIA "lucia@example.org"
#define EVE "eve@example.net"

/* A mail to "demo" with one recipient, hola@olmo.example. */
static json_t *
letter(const char *id, const char *from, const char *text)
{
	char at[32];

	clock_iso_ms(fx.now_ms, at);
	return json_pack("{s:s, s:s, s:s, s:s, s:{s:s}, s:s, s:[s]}",
			 "connection", "demo", "external_id", id, "received_at",
			 at, "channel", "email", "from", "address", from,
			 "text", text, "recipients", "hola@olmo.example");
}

static void
with(json_t *p, const char *member, const char *text)
{
	json_t *list = json_object_get(p, member);

	if (list == NULL) {
		list = json_array();
		(void)json_object_set_new(p, member, list);
	}
	(void)json_array_append_new(list, json_string(text));
}

static void
with_copy(json_t *p, const char *address)
{
	json_t *list = json_object_get(p, "cc");

	if (list == NULL) {
		list = json_array();
		(void)json_object_set_new(p, "cc", list);
	}
	(void)json_array_append_new(list,
				    json_pack("{s:s}", "address", address));
}

/* What contact.explain says of it; nothing is written. */
static json_t *
explained(const json_t *p)
{
	int64_t changes = fixture_int("SELECT total_changes()");
	struct call c = fixture_call(m_contact_explain, ROLE_MAIL, 0,
				     json_deep_copy(p));

	if (c.outcome != OUT_OK)
		fail_msg("not explained: %s", c.err.text);
	assert_int_equal(fixture_int("SELECT total_changes()"), changes);
	return c.result;
}

/* What was said is what was done. */
static void
as_explained(json_t *said, int64_t incident)
{
	const json_t *joins = json_object_get(said, "incident");
	const char *why = json_string_value(json_object_get(said, "why"));
	int64_t claimed = json_integer_value(json_object_get(said, "claims"));
	int64_t follows = json_integer_value(json_object_get(said, "follows"));
	char sql[160];

	assert_non_null(why);
	if (joins != NULL)
		assert_int_equal(json_integer_value(joins), incident);
	(void)snprintf(sql, sizeof sql,
		       "SELECT ifnull(claims_id, 0) || ' ' || "
		       "ifnull(follows_id, 0) || ' ' || messages "
		       "FROM incident WHERE id = %d",
		       (int)incident);
	if (joins == NULL) {
		char want[64];

		(void)snprintf(want, sizeof want, "%d %d 1", (int)claimed,
			       (int)follows);
		assert_string_equal(fixture_text(sql), want);
	}
	if (strcmp(why, "repeat") != 0)
		assert_string_equal(
			fixture_text("SELECT matched FROM message "
				     "ORDER BY id DESC LIMIT 1"),
			json_string_value(json_object_get(said, "matched")));
	json_decref(said);
}

/* Ask about it, take it in, compare; its incident. p is taken. */
static int64_t
put(json_t *p)
{
	const char *id = json_string_value(json_object_get(p, "external_id"));
	struct request_blob raw = { .bytes = (int64_t)strlen(id),
				    .data = (unsigned char *)(uintptr_t)id };
	char digest[HASH_HEX];
	int64_t incident;
	json_t *said;
	struct call c;

	hash_hex(id, strlen(id), raw.sha256);
	hash_hex(json_string_value(json_object_get(p, "text")),
		 strlen(json_string_value(json_object_get(p, "text"))), digest);
	(void)json_object_set_new(p, "digest", json_string(digest));
	said = explained(p);
	(void)json_object_set_new(p, "raw",
				  json_pack("{s:s, s:I}", "sha256", raw.sha256,
					    "bytes", (json_int_t)raw.bytes));
	c = fixture_call_blobs(m_contact_add, ROLE_MAIL, p, &raw, 1);
	incident = got_int(&c, "incident");
	call_release(&c);
	as_explained(said, incident);
	return incident;
}

static int64_t
mail(const char *id, const char *from, const char *reference)
{
	json_t *p = letter(id, from, id);

	if (reference != NULL)
		with(p, "references", reference);
	return put(p);
}

/* matched of the newest message */
static const char *
matched(void)
{
	return fixture_text("SELECT matched FROM message "
			    "ORDER BY id DESC LIMIT 1");
}

static int64_t
claims(int64_t incident)
{
	char sql[80];

	(void)snprintf(
		sql, sizeof sql,
		"SELECT ifnull(claims_id, 0) FROM incident WHERE id = %d",
		(int)incident);
	return fixture_int(sql);
}

static const char *
token_id(int64_t incident, char out[TOKEN_MAX + 32])
{
	char token[TOKEN_MAX];

	token_make(fx.desk.key, incident, 1, token);
	(void)snprintf(out, TOKEN_MAX + 32, "<%s@olmo.example>", token);
	return out;
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
merge(int64_t from, int64_t into)
{
	struct call c =
		fixture_call(m_incident_merge, ROLE_CONSOLE, fx.agent_id,
			     json_pack("{s:I, s:I}", "id", (json_int_t)from,
				       "into", (json_int_t)into));

	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
}

/* --- by name ------------------------------------------------------------------- */

static void
the_proof_is_written(void **state)
{
	char token[TOKEN_MAX + 32];
	json_t *p;

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	assert_string_equal(matched(), "");
	assert_int_equal(mail("<b@x>", LUCIA, "<a@x>"), 1);
	assert_string_equal(matched(), "references");
	p = letter("<c@x>", LUCIA, "c");
	with(p, "in_reply_to", "<b@x>");
	assert_int_equal(put(p), 1);
	assert_string_equal(matched(), "in_reply_to");
	assert_int_equal(mail("<d@x>", LUCIA, token_id(1, token)), 1);
	assert_string_equal(matched(), "token");
}

/* Of references in several incidents the newest that is known counts. */
static void
the_newest_reference_counts(void **state)
{
	json_t *p = letter("<c@x>", LUCIA, "c");

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	assert_int_equal(mail("<b@x>", LUCIA, NULL), 2);
	with(p, "references", "<b@x>");
	with(p, "references", "<a@x>");
	with(p, "references", "<nobody@x>");
	assert_int_equal(put(p), 1);
}

/* However many others are named, few are looked up, and none costs the mail. */
static void
a_flood_of_references(void **state)
{
	json_t *p = letter("<c@x>", LUCIA, "c");
	char id[32];
	int i;

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	with(p, "references", "<a@x>");
	for (i = 0; i < MATCH_KNOWN_MAX - 1; i++) {
		(void)snprintf(id, sizeof id, "<n%d@x>", i);
		with(p, "references", id);
	}
	assert_int_equal(put(p), 1);
	p = letter("<d@x>", LUCIA, "d");
	with(p, "references", "<a@x>");
	for (i = 0; i < MATCH_KNOWN_MAX; i++) {
		(void)snprintf(id, sizeof id, "<n%d@x>", i);
		with(p, "references", id);
	}
	assert_int_equal(put(p), 2);
}

static void
never_by_subject(void **state)
{
	json_t *p = letter("<a@x>", LUCIA, "a");
	json_t *q = letter("<b@x>", LUCIA, "b");

	(void)state;
	(void)json_object_set_new(p, "subject", json_string("Factura"));
	(void)json_object_set_new(q, "subject", json_string("Re: Factura"));
	assert_int_equal(put(p), 1);
	assert_int_equal(put(q), 2);
}

static void
a_mail_that_answers_itself(void **state)
{
	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, "<a@x>"), 1);
	assert_int_equal(mail("<b@x>", LUCIA, "<a@x>"), 1);
}

/* --- strangers ------------------------------------------------------------------ */

static void
a_stranger_claims(void **state)
{
	int64_t events;

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	set_state(1, "solved");
	events = fixture_int("SELECT event_seq FROM incident WHERE id = 1");
	assert_int_equal(mail("<e@x>", EVE, "<a@x>"), 2);
	assert_int_equal(claims(2), 1);
	assert_string_equal(matched(), "");
	/* nothing happened to the first one: no reopening, no watcher */
	assert_int_equal(fixture_int("SELECT event_seq FROM incident "
				     "WHERE id = 1"),
			 events);
	assert_int_equal(fixture_int("SELECT count(*) FROM participant"), 0);
	assert_int_equal(fixture_int("SELECT data ->> '$.claims' FROM event "
				     "WHERE kind = 'incident.created' "
				     "AND incident_id = 2"),
			 1);
	/* and their next mail claims again, through their own incident */
	assert_int_equal(mail("<f@x>", EVE, "<e@x>"), 2);
}

/* A token lets in, and makes nobody take part. */
static void
a_token_makes_no_participant(void **state)
{
	char token[TOKEN_MAX + 32];
	json_t *p = letter("<e@x>", EVE, "e");

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	with(p, "references", token_id(1, token));
	with_copy(p, "mallory@example.net");
	assert_int_equal(put(p), 1);
	assert_string_equal(fixture_text("SELECT warnings FROM message "
					 "WHERE id = 2"),
			    "[\"other_sender\"]");
	assert_int_equal(fixture_int("SELECT count(*) FROM participant"), 0);
	assert_int_equal(mail("<f@x>", EVE, "<a@x>"), 2);
	assert_int_equal(claims(2), 1);
}

/* A token with one letter changed is nobody's. */
static void
a_token_that_was_bent(void **state)
{
	char token[TOKEN_MAX + 32];

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	(void)token_id(1, token);
	token[6] ^= 1;
	assert_int_equal(mail("<e@x>", EVE, token), 2);
	assert_int_equal(claims(2), 0);
}

/* Our own mail comes back under its own Message-ID. */
static void
our_own_mail_comes_back(void **state)
{
	char token[TOKEN_MAX + 32];

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	assert_int_equal(mail(token_id(1, token), EVE, NULL), 1);
	assert_string_equal(matched(), "token");
}

/* A token that is good, of an incident that a restored store has not. */
static void
a_token_of_nothing(void **state)
{
	char token[TOKEN_MAX + 32];
	json_t *p = letter("<b@x>", LUCIA, "b");

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, token_id(99, token)), 1);
	with(p, "in_reply_to", token);
	with(p, "references", "<a@x>");
	assert_int_equal(put(p), 1);
	assert_string_equal(matched(), "references");
}

/* Of a known mail and a bent token the mail counts; of somebody else's mail
 * and one's own, one's own. */
static void
what_is_proved_counts(void **state)
{
	json_t *p = letter("<c@x>", LUCIA, "c");

	(void)state;
	assert_int_equal(mail("<a@x>", EVE, NULL), 1);
	assert_int_equal(mail("<b@x>", LUCIA, NULL), 2);
	with(p, "references", "<b@x>");
	with(p, "references", "<a@x>");
	assert_int_equal(put(p), 2);
	assert_int_equal(claims(2), 0);
}

/* --- who takes part ----------------------------------------------------------------- */

static void
copies_of_the_customer_take_part(void **state)
{
	json_t *p = letter("<a@x>", LUCIA, "a");

	(void)state;
	with_copy(p, "Marido@Example.org");
	with_copy(p, "hola+p9@olmo.example"); /* ours */
	with_copy(p, "otra@olmo.example");    /* ours, of another mailbox */
	with_copy(p, "ana@olmo.example");     /* an agent */
	with_copy(p, "not an address");
	assert_int_equal(put(p), 1);
	assert_string_equal(fixture_text("SELECT group_concat(d.value) FROM "
					 "participant p JOIN identity d ON "
					 "d.id = p.identity_id"),
			    "marido@example.org");
	assert_int_equal(mail("<b@x>", "marido@example.org", "<a@x>"), 1);
	assert_string_equal(matched(), "references");
	assert_int_equal(fixture_int("SELECT customer_id FROM incident"), 1);
}

static void
copies_of_a_program_do_not(void **state)
{
	json_t *p = letter("<a@x>", LUCIA, "a");

	(void)state;
	with_copy(p, "lista@example.org");
	(void)json_object_set_new(p, "robot", json_true());
	assert_int_equal(put(p), 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM participant"), 0);
}

static void
copies_of_an_answer_take_part(void **state)
{
	struct call c;

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	assert_int_equal(mail("<p1@x>", "taller@example.net", "<a@x>"), 2);
	c = fixture_call(m_incident_answer, ROLE_CONSOLE, fx.agent_id,
			 json_pack("{s:i, s:i, s:s, s:[{s:s}]}", "id", 1,
				   "seen", 1, "text", "Hola", "cc", "address",
				   "taller@example.net"));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_int_equal(mail("<p2@x>", "taller@example.net", "<a@x>"), 1);
}

static void
agents_take_part(void **state)
{
	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	assert_int_equal(mail("<b@x>", "Ana@Olmo.Example", "<a@x>"), 1);
	fixture_exec("UPDATE agent SET active = 0 WHERE id = 1");
	assert_int_equal(mail("<c@x>", "ana@olmo.example", "<a@x>"), 2);
}

static json_t *
list_letter(const char *id, const char *from, const char *list)
{
	json_t *p = letter(id, from, id);

	(void)json_object_set_new(
		p, "headers",
		json_pack("[{s:s, s:s}]", "name", "List-Id", "value", list));
	return p;
}

/* Members of a mailing list all got the mail that they answer. */
static void
members_of_a_list_take_part(void **state)
{
	json_t *p;

	(void)state;
	assert_int_equal(put(list_letter("<a@x>", LUCIA, "<uno.example>")), 1);
	p = list_letter("<b@x>", EVE, "<uno.example>");
	with(p, "in_reply_to", "<a@x>");
	assert_int_equal(put(p), 1);
	p = list_letter("<c@x>", EVE, "<otra.example>");
	with(p, "in_reply_to", "<a@x>");
	assert_int_equal(put(p), 2);
	assert_int_equal(claims(2), 1);
}

/* --- several tokens ------------------------------------------------------------------- */

static void
tokens_that_differ(void **state)
{
	char one[TOKEN_MAX + 32];
	char two[TOKEN_MAX + 32];
	json_t *p = letter("<c@x>", LUCIA, "c");

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	assert_int_equal(mail("<b@x>", LUCIA, NULL), 2);
	with(p, "in_reply_to", token_id(1, one));
	with(p, "references", token_id(2, two));
	assert_int_equal(put(p), 3);
	assert_int_equal(claims(3), 0);
	assert_string_equal(fixture_text("SELECT warnings FROM message "
					 "WHERE id = 3"),
			    "[\"tokens_differ\"]");
}

/* What was merged, or continued, is one case. */
static void
tokens_of_one_case(void **state)
{
	char one[TOKEN_MAX + 32];
	char two[TOKEN_MAX + 32];
	json_t *p = letter("<c@x>", LUCIA, "c");

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	assert_int_equal(mail("<b@x>", LUCIA, NULL), 2);
	merge(1, 2);
	with(p, "in_reply_to", token_id(1, one));
	with(p, "references", token_id(2, two));
	assert_int_equal(put(p), 2);
	set_state(2, "solved");
	set_state(2, "closed");
	assert_int_equal(mail("<d@x>", LUCIA, two), 3); /* continues 2 */
	p = letter("<e@x>", LUCIA, "e");
	with(p, "in_reply_to", token_id(1, one));
	with(p, "references", token_id(3, two));
	assert_int_equal(put(p), 3);
}

/* --- merged, closed ------------------------------------------------------------------- */

/* Who takes part in what was merged does where it goes on. */
static void
merged_goes_on(void **state)
{
	(void)state;
	assert_int_equal(mail("<a@x>", "uno@example.org", NULL), 1);
	assert_int_equal(mail("<b@x>", LUCIA, NULL), 2);
	merge(1, 2);
	assert_int_equal(mail("<c@x>", "uno@example.org", "<a@x>"), 2);
	assert_string_equal(matched(), "merged");
	assert_int_equal(mail("<d@x>", "uno@example.org", "<c@x>"), 2);
	assert_string_equal(matched(), "references");
	assert_int_equal(mail("<e@x>", EVE, "<a@x>"), 3);
	assert_int_equal(claims(3), 1);
}

static void
closed_is_continued(void **state)
{
	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	set_state(1, "solved");
	set_state(1, "closed");
	assert_int_equal(mail("<b@x>", LUCIA, "<a@x>"), 2);
	assert_string_equal(matched(), "");
	assert_int_equal(fixture_int("SELECT follows_id FROM incident "
				     "WHERE id = 2"),
			 1);
	assert_int_equal(claims(2), 0);
}

/* --- two mailboxes ---------------------------------------------------------------------- */

static int64_t
mail_both(const char *id, const char *connection, const char *reference,
	  const char *token)
{
	json_t *p = letter(id, LUCIA, id);

	(void)json_object_set_new(p, "connection", json_string(connection));
	with(p, "recipients", "otra@olmo.example");
	if (reference != NULL)
		with(p, "references", reference);
	if (token != NULL)
		with(p, "in_reply_to", token);
	return put(p);
}

/* An incident in each, however often and in whichever order it goes on. */
static void
two_mailboxes(void **state)
{
	char token[TOKEN_MAX + 32];

	(void)state;
	assert_int_equal(mail_both("<a@x>", "demo", NULL, NULL), 1);
	assert_int_equal(mail_both("<a@x>", "otra", NULL, NULL), 2);
	assert_int_equal(mail_both("<b@x>", "otra", "<a@x>", NULL), 2);
	assert_int_equal(mail_both("<b@x>", "demo", "<a@x>", NULL), 1);
	/* an answer of the first one, replied to both */
	(void)token_id(1, token);
	assert_int_equal(mail_both("<c@x>", "otra", "<a@x>", token), 2);
	assert_int_equal(mail_both("<c@x>", "demo", "<a@x>", token), 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM incident"), 2);
}

/* Of one mailbox's incident, written to another one alone: it is the same. */
static void
another_mailbox(void **state)
{
	json_t *p = letter("<b@x>", LUCIA, "b");

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	(void)json_object_set_new(p, "connection", json_string("otra"));
	(void)json_object_set_new(p, "recipients",
				  json_pack("[s]", "otra@olmo.example"));
	with(p, "references", "<a@x>");
	assert_int_equal(put(p), 1);
}

/* A mailbox that was replaced by one of the same address goes on in it. */
static void
a_mailbox_that_was_replaced(void **state)
{
	char token[TOKEN_MAX + 32];
	json_t *p = letter("<b@x>", LUCIA, "b");

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	fixture_exec("UPDATE connection SET settings = json_set(settings, "
		     "'$.address', 'Hola@olmo.example') WHERE id = 2");
	(void)json_object_set_new(p, "connection", json_string("otra"));
	with(p, "references", token_id(1, token));
	assert_int_equal(put(p), 1);
	p = letter("<c@x>", LUCIA, "c");
	(void)json_object_set_new(p, "connection", json_string("otra"));
	with(p, "references", "<a@x>");
	assert_int_equal(put(p), 1);
}

/* One that is read no more takes nothing. */
static void
a_mailbox_that_is_off(void **state)
{
	(void)state;
	assert_int_equal(mail_both("<a@x>", "demo", NULL, NULL), 1);
	fixture_exec("UPDATE connection SET active = 0 WHERE id = 1");
	assert_int_equal(mail_both("<b@x>", "otra", "<a@x>", NULL), 1);
}

/* A mailbox that hands everything on to another one. */
static void
a_mailbox_that_hands_on(void **state)
{
	json_t *p = letter("<b@x>", LUCIA, "b");

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	(void)json_object_set_new(p, "connection", json_string("otra"));
	with(p, "references", "<a@x>");
	assert_int_equal(put(p), 1);
}

/* --- a reply before its parent ----------------------------------------------------------- */

static void
a_parent_that_is_late(void **state)
{
	(void)state;
	assert_int_equal(mail("<b@x>", LUCIA, "<a@x>"), 1);
	assert_string_equal(matched(), "");
	fx.now_ms += 59 * MINUTE_MS;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	assert_string_equal(matched(), "late_parent");
}

/* Also where what they name beside is somebody else's. */
static void
a_parent_that_claims(void **state)
{
	json_t *p = letter("<c@x>", EVE, "c");

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	with(p, "references", "<a@x>");
	with(p, "references", "<b@x>");
	assert_int_equal(put(p), 2);
	assert_int_equal(mail("<b@x>", EVE, "<a@x>"), 2);
	assert_string_equal(matched(), "late_parent");
	assert_int_equal(claims(2), 1);
}

static void
a_parent_that_is_too_late(void **state)
{
	(void)state;
	assert_int_equal(mail("<b@x>", LUCIA, "<a@x>"), 1);
	fx.now_ms += 61 * MINUTE_MS;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 2);
}

static void
a_parent_of_somebody_else(void **state)
{
	json_t *p = letter("<a@x>", LUCIA, "a");

	(void)state;
	assert_int_equal(mail("<z@x>", EVE, NULL), 1);
	assert_int_equal(mail("<b@x>", LUCIA, "<a@x>"), 2);
	assert_int_equal(mail("<a@x>", EVE, NULL), 3);
	(void)json_object_set_new(p, "connection", json_string("otra"));
	assert_int_equal(put(p), 4);
}

/* --- what came back ------------------------------------------------------------------------ */

static int64_t
bounce(const char *id, const char *of)
{
	json_t *p = letter(id, "mailer-daemon@example.org", id);

	(void)json_object_set_new(p, "robot", json_true());
	(void)json_object_set_new(p, "bounce",
				  json_pack("{s:s, s:[s], s:[]}", "kind",
					    "failed", "message_ids", of,
					    "recipients"));
	return put(p);
}

static void
a_bounce_finds_its_mail(void **state)
{
	char token[TOKEN_MAX + 32];

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	assert_int_equal(bounce("<m1@x>", token_id(1, token)), 1);
	assert_string_equal(matched(), "bounce");
	set_state(1, "solved");
	set_state(1, "closed");
	assert_int_equal(bounce("<m2@x>", token), 1);
	/* of a mail that is not ours it knows nothing */
	assert_int_equal(bounce("<m3@x>", "<a@x>"), 2);
	assert_int_equal(claims(2), 0);
}

/* An absence is no word of the customer's; what a program writes for once may
 * be one. */
static void
a_reflex_wakes_nobody(void **state)
{
	static const char *const codes[][2] = { { "absence", "solved" },
						{ "auto_submitted", "solved" },
						{ "no_reply", "open" } };
	char id[16];
	size_t i;

	(void)state;
	assert_int_equal(mail("<a@x>", LUCIA, NULL), 1);
	set_state(1, "solved");
	for (i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		json_t *p;

		(void)snprintf(id, sizeof id, "<r%zu@x>", i);
		p = letter(id, LUCIA, id);
		with(p, "references", "<a@x>");
		(void)json_object_set_new(p, "robot", json_true());
		(void)json_object_set_new(p, "automatic",
					  json_string(codes[i][0]));
		assert_int_equal(put(p), 1);
		assert_string_equal(fixture_text("SELECT state FROM incident"),
				    codes[i][1]);
	}
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_proof_is_written),
		TEST(the_newest_reference_counts),
		TEST(a_flood_of_references),
		TEST(never_by_subject),
		TEST(a_mail_that_answers_itself),
		TEST(a_stranger_claims),
		TEST(a_token_makes_no_participant),
		TEST(a_token_that_was_bent),
		TEST(our_own_mail_comes_back),
		TEST(a_token_of_nothing),
		TEST(what_is_proved_counts),
		TEST(copies_of_the_customer_take_part),
		TEST(copies_of_a_program_do_not),
		TEST(copies_of_an_answer_take_part),
		TEST(agents_take_part),
		TEST(members_of_a_list_take_part),
		TEST(tokens_that_differ),
		TEST(tokens_of_one_case),
		TEST(merged_goes_on),
		TEST(closed_is_continued),
		TEST(two_mailboxes),
		TEST(another_mailbox),
		TEST(a_mailbox_that_was_replaced),
		TEST(a_mailbox_that_is_off),
		TEST(a_mailbox_that_hands_on),
		TEST(a_parent_that_is_late),
		TEST(a_parent_that_claims),
		TEST(a_parent_that_is_too_late),
		TEST(a_parent_of_somebody_else),
		TEST(a_bounce_finds_its_mail),
		TEST(a_reflex_wakes_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

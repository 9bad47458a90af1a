/*
 * Why a promise was broken: each cause by a small history of its own, told to
 * the handlers as it would happen; a manager's word beside it; the ledger's
 * pages and counts. After each test the rows are what the events tell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "daemon/store/check.h"
#include "daemon/wire/method.h"
#include "tests/unit/fixture.h"

method_fn m_breach_list;
method_fn m_breach_say;
method_fn m_incident_answer;
method_fn m_incident_assign;
method_fn m_incident_note;
method_fn m_incident_opened;
method_fn m_incident_set;
method_fn m_outbox_report;
method_fn m_outbox_take;

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define ANA 1
#define LUIS 2

/* 09:00 UTC is 10:00 in Madrid. */
static const char open_book[] =
	"queue \"general\" { title \"General\" team \"mesa\" }\n"
	"team \"mesa\" { members \"ana@olmo.example\", "
	"\"luis@olmo.example\" }\n"
	"calendar \"siempre\" { timezone \"Europe/Madrid\" "
	"mon-sun 00:00-24:00 }\n"
	"policy \"correo\" { calendar \"siempre\" first response 4h "
	"next response 8h }\n";
static const char day_book[] =
	"queue \"general\" { title \"General\" }\n"
	"calendar \"tienda\" { timezone \"Europe/Madrid\" "
	"mon-fri 09:00-13:00 }\n"
	"policy \"correo\" { calendar \"tienda\" first response 30m }\n";
static const char shift_book[] =
	"queue \"general\" { title \"General\" team \"tarde\" }\n"
	"team \"tarde\" { members \"ana@olmo.example\" "
	"calendar \"tardes\" }\n"
	"calendar \"siempre\" { timezone \"Europe/Madrid\" "
	"mon-sun 00:00-24:00 }\n"
	"calendar \"tardes\" { timezone \"Europe/Madrid\" "
	"mon-fri 13:00-20:00 }\n"
	"policy \"correo\" { calendar \"siempre\" first response 4h }\n";

static const char promise_book[] =
	"queue \"general\" { title \"General\" }\n"
	"calendar \"siempre\" { timezone \"Europe/Madrid\" "
	"mon-sun 00:00-24:00 }\n"
	"policy \"correo\" { via chat calendar \"siempre\" "
	"first response 4h }\n"
	"rule \"promete\" { on state if state is open then "
	"policy \"correo\" }\n";

static void
apply(const char *text)
{
	fixture_apply(text, "", fx.now_ms);
}

static void
after(int64_t ms)
{
	fx.now_ms += ms;
}

/* A mail that the channel received so long ago. */
static int64_t
mail_of(int64_t ago_ms)
{
	static int n;
	char id[64];
	const struct letter m = { .id = id,
				  .from = "eva@cliente.example",
				  .text = "hola",
				  .at_ms = fx.now_ms - ago_ms };
	struct call c;
	int64_t incident;

	(void)snprintf(id, sizeof id, "<cause%d@x>", ++n);
	c = fixture_mail(&m);
	incident = got_int(&c, "incident");
	call_release(&c);
	return incident;
}

static void
does(method_fn *fn, int64_t agent_id, json_t *params)
{
	struct call c = fixture_call(fn, ROLE_CONSOLE, agent_id, params);

	if (c.outcome != OUT_OK)
		fail_msg("refused: %s", c.err.text);
	call_release(&c);
}

static void
assign(int64_t by, int64_t incident, int64_t to)
{
	does(m_incident_assign, by,
	     json_pack("{s:I, s:I}", "id", (json_int_t)incident, "agent",
		       (json_int_t)to));
}

static void
opens(int64_t agent_id, int64_t incident)
{
	does(m_incident_opened, agent_id,
	     json_pack("{s:I}", "id", (json_int_t)incident));
}

static void
notes(int64_t agent_id, int64_t incident)
{
	does(m_incident_note, agent_id,
	     json_pack("{s:I, s:s}", "id", (json_int_t)incident, "text",
		       "¿alguien sabe?"));
}

/* to_ms 0: still */
static void
away(int64_t agent_id, int64_t from_ms, int64_t to_ms)
{
	char *sql = sqlite3_mprintf(
		"INSERT INTO agent_away (agent_id, from_ms, to_ms, reason) "
		"VALUES (%lld, %lld, nullif(%lld, 0), 'absence')",
		(long long)agent_id, (long long)from_ms, (long long)to_ms);

	fixture_exec(sql);
	sqlite3_free(sql);
}

/* The one breach, as "cause seconds agent". */
static const char *
found(void)
{
	return fixture_text("SELECT cause || ' ' || cause_s || ' ' || "
			    "ifnull(cause_agent_id, 0) FROM breach");
}

/* Four hours after its mail the promise is over. */
static void
over(void)
{
	fx.now_ms = T0_MS + 4 * HOUR_MS + 1000;
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM breach"), 1);
}

/* --- one history each -------------------------------------------------------------- */

static void
nobody_had_it(void **state)
{
	(void)state;
	apply(open_book);
	(void)mail_of(0);
	over();
	assert_string_equal(found(), "nobody_assigned 14400 0");
	assert_string_equal(fixture_text("SELECT queue || ' ' || team || ' ' "
					 "|| channel || ' ' || at_s FROM "
					 "breach"),
			    "general mesa email 1767618000");
}

/* Half is enough, a second less is not. */
static void
nobody_had_it_for_half(void **state)
{
	int64_t id;

	(void)state;
	apply(open_book);
	id = mail_of(0);
	after(2 * HOUR_MS);
	assign(LUIS, id, LUIS);
	over();
	assert_string_equal(found(), "nobody_assigned 7200 0");
}

static void
somebody_had_it_for_more_than_half(void **state)
{
	int64_t id;

	(void)state;
	apply(open_book);
	id = mail_of(0);
	after(2 * HOUR_MS - 1000);
	assign(LUIS, id, LUIS);
	over();
	assert_string_equal(found(), "worked_on 7201 2");
	assert_int_equal(fixture_int("SELECT agent_id FROM breach"), LUIS);
}

static void
whoever_had_it_did_not_open_it(void **state)
{
	int64_t id;

	(void)state;
	apply(open_book);
	id = mail_of(0);
	after(30 * MINUTE_MS);
	assign(ANA, id, LUIS);
	opens(ANA, id);
	over();
	assert_string_equal(found(), "unopened 12600 2");
}

/* 95 minutes nobody's, 85 minutes unopened, an hour open. */
static void
nobody_had_it_open(void **state)
{
	int64_t id;

	(void)state;
	apply(open_book);
	id = mail_of(0);
	after(95 * MINUTE_MS);
	assign(ANA, id, LUIS);
	after(85 * MINUTE_MS);
	opens(LUIS, id);
	over();
	assert_string_equal(found(), "nobody_assigned 5700 0");
}

static void
mostly_unopened(void **state)
{
	int64_t id;

	(void)state;
	apply(open_book);
	id = mail_of(0);
	after(85 * MINUTE_MS);
	assign(ANA, id, LUIS);
	after(95 * MINUTE_MS);
	opens(LUIS, id);
	over();
	assert_string_equal(found(), "unopened 5700 2");
}

static void
opened_in_time(void **state)
{
	int64_t id;

	(void)state;
	apply(open_book);
	id = mail_of(0);
	assign(ANA, id, LUIS);
	after(HOUR_MS);
	opens(LUIS, id);
	opens(LUIS, id);
	over();
	assert_string_equal(found(), "worked_on 10800 2");
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE "
				     "kind = 'incident.opened'"),
			 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM incident_seen"), 1);
}

static void
whoever_had_it_was_away(void **state)
{
	int64_t id;

	(void)state;
	apply(open_book);
	id = mail_of(0);
	assign(ANA, id, LUIS);
	opens(LUIS, id);
	away(LUIS, T0_MS + HOUR_MS, T0_MS + 3 * HOUR_MS);
	over();
	assert_string_equal(found(), "assignee_away 7200 2");
}

/* An absence before it was given does not count, nor one of another. */
static void
away_before_it_had_it(void **state)
{
	int64_t id;

	(void)state;
	apply(open_book);
	id = mail_of(0);
	away(LUIS, T0_MS, T0_MS + 2 * HOUR_MS);
	away(ANA, T0_MS + 3 * HOUR_MS, 0);
	after(HOUR_MS);
	assign(ANA, id, LUIS);
	opens(LUIS, id);
	over();
	assert_string_equal(found(), "worked_on 10800 2");
}

static void
the_desk_had_it_late(void **state)
{
	(void)state;
	apply(open_book);
	fx.now_ms += HOUR_MS;
	(void)mail_of(HOUR_MS);
	over();
	assert_string_equal(found(), "fetched_late 3600 0");
}

static void
the_desk_had_it_soon_enough(void **state)
{
	(void)state;
	apply(open_book);
	fx.now_ms += HOUR_MS - 1000;
	(void)mail_of(HOUR_MS - 1000);
	over();
	/* what nobody could know is nobody's time */
	assert_string_equal(found(), "nobody_assigned 10801 0");
}

/* 12:40 in Madrid: twenty minutes of thirty before closing. */
static void
it_came_before_closing(void **state)
{
	(void)state;
	apply(day_book);
	fx.now_ms += 2 * HOUR_MS + 40 * MINUTE_MS;
	(void)mail_of(0);
	fx.now_ms += 24 * HOUR_MS;
	(void)fixture_tick();
	assert_string_equal(found(), "arrived_near_closing 1200 0");
}

/* Ten minutes of thirty: the morning was long enough. */
static void
it_had_the_morning_after(void **state)
{
	(void)state;
	apply(day_book);
	fx.now_ms += 2 * HOUR_MS + 50 * MINUTE_MS;
	(void)mail_of(0);
	fx.now_ms += 24 * HOUR_MS;
	(void)fixture_tick();
	assert_string_equal(found(), "nobody_assigned 1800 0");
}

static void
a_note_was_the_last_word(void **state)
{
	int64_t id;

	(void)state;
	apply(open_book);
	id = mail_of(0);
	assign(LUIS, id, LUIS);
	after(HOUR_MS);
	notes(LUIS, id);
	over();
	assert_string_equal(found(), "waiting_on_note 10800 2");
}

/* The customer wrote after it. */
static void
a_note_was_not_the_last_word(void **state)
{
	struct letter m = { .id = "<again@x>",
			    .from = "eva@cliente.example",
			    .text = "¿hola?" };
	char references[64];
	struct call c;
	int64_t id;

	(void)state;
	apply(open_book);
	id = mail_of(0);
	assign(LUIS, id, LUIS);
	notes(LUIS, id);
	after(HOUR_MS);
	(void)snprintf(references, sizeof references, "%s",
		       fixture_text("SELECT external_id FROM message"));
	m.in_reply_to = references;
	c = fixture_mail(&m);
	assert_int_equal(got_int(&c, "incident"), id);
	call_release(&c);
	over();
	assert_string_equal(found(), "worked_on 14400 2");
}

static int64_t
member_of(const json_t *list, const char *name)
{
	return json_integer_value(
		json_object_get(json_array_get(list, 0), name));
}

/* The gateway takes the answer, and cannot deliver it. */
static void
bounces(int64_t after_ms)
{
	struct call c = fixture_call(
		m_outbox_take, ROLE_MAIL, 0,
		json_pack("{s:i, s:i}", "max", 1, "lease_ms", 600000));
	const json_t *list = json_object_get(c.result, "deliveries");
	int64_t delivery = member_of(list, "id");
	int64_t attempt = member_of(list, "attempt");

	call_release(&c);
	after(after_ms);
	c = fixture_call(m_outbox_report, ROLE_MAIL, 0,
			 json_pack("{s:I, s:I, s:s}", "delivery",
				   (json_int_t)delivery, "attempt",
				   (json_int_t)attempt, "result", "failed"));
	if (c.outcome != OUT_OK)
		fail_msg("refused: %s", c.err.text);
	call_release(&c);
}

static void
answers(int64_t agent_id, int64_t incident)
{
	does(m_incident_answer, agent_id,
	     json_pack("{s:I, s:s, s:i, s:s}", "id", (json_int_t)incident,
		       "text", "Sale hoy", "seen", 1, "state", "open"));
}

static void
its_answer_came_back(void **state)
{
	int64_t id;

	(void)state;
	apply(open_book);
	id = mail_of(0);
	after(10 * MINUTE_MS);
	answers(LUIS, id);
	bounces(2 * HOUR_MS + 50 * MINUTE_MS);
	over();
	assert_string_equal(found(), "reopened_late 10800 0");
}

/* An hour and a half was left: enough. While it seemed answered nobody had to
 * do anything, so that time is nobody's. */
static void
its_answer_came_back_soon(void **state)
{
	int64_t id;

	(void)state;
	apply(open_book);
	id = mail_of(0);
	after(10 * MINUTE_MS);
	answers(LUIS, id);
	bounces(2 * HOUR_MS + 20 * MINUTE_MS);
	over();
	assert_string_equal(found(), "worked_on 5400 2");
}

static void
the_team_works_in_the_afternoon(void **state)
{
	(void)state;
	apply(shift_book);
	(void)mail_of(0);
	over();
	/* 10:00 to 13:00 of four hours */
	assert_string_equal(found(), "nobody_scheduled 10800 0");
}

static void
all_of_the_team_were_away(void **state)
{
	(void)state;
	apply(open_book);
	(void)mail_of(0);
	away(ANA, T0_MS - HOUR_MS, T0_MS + 3 * HOUR_MS);
	away(LUIS, T0_MS + MINUTE_MS, T0_MS + 2 * HOUR_MS);
	away(LUIS, T0_MS + 3 * HOUR_MS - MINUTE_MS, 0);
	over();
	/* from 00:01 to 02:00, from 02:59 to 03:00: two hours */
	assert_string_equal(found(), "nobody_scheduled 7200 0");
}

static void
one_of_the_team_was_there(void **state)
{
	(void)state;
	apply(open_book);
	(void)mail_of(0);
	away(ANA, T0_MS, 0);
	over();
	assert_string_equal(found(), "nobody_assigned 14400 0");
}

/* A rule gives the promise, with its true start, when the incident is open. */
static void
promised_at(int64_t ms)
{
	int64_t id;

	apply(promise_book);
	id = mail_of(0);
	assign(LUIS, id, LUIS);
	after(ms);
	does(m_incident_set, LUIS,
	     json_pack("{s:I, s:s}", "id", (json_int_t)id, "state", "open"));
	(void)fixture_tick();
}

static void
promised_when_it_was_over(void **state)
{
	(void)state;
	promised_at(5 * HOUR_MS);
	assert_string_equal(found(), "late_applied 14400 0");
	assert_int_equal(fixture_int("SELECT late FROM clock"), 1);
}

static void
promised_with_a_quarter_left(void **state)
{
	(void)state;
	promised_at(3 * HOUR_MS);
	over();
	assert_string_equal(found(), "late_applied 10800 0");
}

static void
promised_with_more_left(void **state)
{
	(void)state;
	promised_at(3 * HOUR_MS - 1000);
	over();
	assert_string_equal(found(), "worked_on 3601 2");
}

/* --- as of the deadline ------------------------------------------------------------ */

/* It was found in the morning; what came after the deadline is another matter. */
static void
what_came_later_does_not_count(void **state)
{
	int64_t id;

	(void)state;
	apply(open_book);
	id = mail_of(0);
	after(30 * MINUTE_MS);
	assign(ANA, id, LUIS);
	fx.now_ms = T0_MS + 9 * HOUR_MS;
	opens(LUIS, id);
	assign(LUIS, id, ANA);
	does(m_incident_set, LUIS,
	     json_pack("{s:I, s:s}", "id", (json_int_t)id, "reason",
		       "warranty"));
	apply(shift_book);
	fx.desk.started_ms = fx.now_ms;
	(void)fixture_tick();
	assert_string_equal(found(), "unopened 12600 2");
	assert_string_equal(fixture_text("SELECT agent_id || ' ' || team || "
					 "' ' || reason || ' ' || late "
					 "FROM breach"),
			    "2 mesa other 1");
}

/* --- what fsck makes of it --------------------------------------------------------- */

/* The one problem that a change of the ledger makes; it is undone. */
static void
told_otherwise(const char *column, const char *value)
{
	char *was = sqlite3_mprintf("SELECT quote(%s) FROM breach", column);
	char *sql = sqlite3_mprintf("UPDATE breach SET %s = %s", column, value);
	char *undo = sqlite3_mprintf("UPDATE breach SET %s = %s", column,
				     fixture_text(was));
	char *check = sqlite3_mprintf("fold_breach_%s", column);
	json_t *problems = NULL;
	struct err e;
	size_t count = 0;

	fixture_exec(sql);
	assert_int_equal(store_check(fx.store, &problems, &count, &e), OUT_OK);
	fixture_exec(undo);
	assert_int_equal(json_array_size(problems), 1);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(problems, 0), "check")),
			    check);
	json_decref(problems);
	sqlite3_free(was);
	sqlite3_free(sql);
	sqlite3_free(undo);
	sqlite3_free(check);
}

static struct call says(int64_t clock, const char *cause, const char *reason);

static void
every_column_is_told_by_events(void **state)
{
	struct call c;

	(void)state;
	apply(open_book);
	(void)mail_of(0);
	over();
	c = says(1, "unopened", "Nadie miró");
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	told_otherwise("cause", "'worked_on'");
	told_otherwise("cause_s", "1");
	told_otherwise("cause_agent_id", "1");
	told_otherwise("team", "'otra'");
	told_otherwise("channel", "'chat'");
	told_otherwise("reason", "'warranty'");
	told_otherwise("agent_id", "2");
	told_otherwise("queue", "'otra'");
	told_otherwise("said_cause", "'worked_on'");
	told_otherwise("said_by", "2");
	told_otherwise("said_ms", "7");
	told_otherwise("said_message_id", "1");
}

/* --- a manager's word --------------------------------------------------------------- */

static struct call
says(int64_t clock, const char *cause, const char *reason)
{
	return fixture_call(m_breach_say, ROLE_CONSOLE, ANA,
			    json_pack("{s:I, s:s, s:s}", "clock",
				      (json_int_t)clock, "cause", cause,
				      "reason", reason));
}

static void
refused_with(struct call c, const char *code)
{
	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, code);
	call_release(&c);
}

static void
a_manager_says_another(void **state)
{
	struct call c;

	(void)state;
	apply(open_book);
	(void)mail_of(0);
	over();
	refused_with(says(1, "the_moon", "so"), "bad_params");
	refused_with(says(1, "worked_on", " \n"), "bad_params");
	refused_with(says(77, "worked_on", "so"), "not_found");
	after(HOUR_MS);
	c = says(1, "nobody_scheduled", "Era fiesta en el almacén");
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_string_equal(found(), "nobody_assigned 14400 0");
	assert_string_equal(
		fixture_text("SELECT b.said_cause || ' ' || b.said_by || ' ' "
			     "|| m.direction || ' ' || m.text FROM breach b "
			     "JOIN message m ON m.id = b.said_message_id"),
		"nobody_scheduled 1 note Era fiesta en el almacén");
	assert_int_equal(fixture_int("SELECT said_ms FROM breach"), fx.now_ms);
	/* the last word stands; each leaves its note */
	c = says(1, "unopened", "No, era otra cosa");
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_string_equal(fixture_text("SELECT said_cause FROM breach"),
			    "unopened");
	assert_int_equal(fixture_int("SELECT count(*) FROM message WHERE "
				     "direction = 'note'"),
			 2);
}

static void
only_managers_say(void **state)
{
	const struct method *say = method_find("breach.say");
	const struct method *list = method_find("breach.list");

	(void)state;
	assert_false(method_may(say, ROLE_CONSOLE, ACTOR_STAFF, STAFF_AGENT));
	assert_false(method_may(say, ROLE_CONSOLE, ACTOR_STAFF, STAFF_LEAD));
	assert_true(method_may(say, ROLE_CONSOLE, ACTOR_STAFF, STAFF_MANAGER));
	assert_true(method_may(say, ROLE_CONSOLE, ACTOR_STAFF, STAFF_ADMIN));
	assert_false(method_may(list, ROLE_CONSOLE, ACTOR_STAFF, STAFF_AGENT));
	assert_true(method_may(list, ROLE_CONSOLE, ACTOR_STAFF, STAFF_LEAD));
}

/* --- the ledger ----------------------------------------------------------------------- */

static struct call
list(json_t *more)
{
	json_t *params =
		json_pack("{s:s, s:s}", "since", "2026-01-05T13:00:00Z",
			  "until", "2026-01-05T13:00:05Z");

	(void)json_object_update_missing(more, params);
	json_decref(params);
	return fixture_call(m_breach_list, ROLE_CONSOLE, ANA, more);
}

static size_t
rows_of(const struct call *c)
{
	return json_array_size(json_object_get(c->result, "breaches"));
}

static const char *
text_at(const struct call *c, const char *array, size_t i, const char *name)
{
	return json_string_value(json_object_get(
		json_array_get(json_object_get(c->result, array), i), name));
}

/* Eight mails a second apart, half of them taken by somebody. */
static void
eight(void)
{
	int i;

	apply(open_book);
	for (i = 0; i < 8; i++) {
		int64_t id = mail_of(0);

		if (i % 2 == 1)
			assign(LUIS, id, LUIS);
		after(1000);
	}
	fx.now_ms += 5 * HOUR_MS;
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM breach"), 8);
}

/* Five have their deadline in the five seconds from 13:00:00 on. */
static void
the_ledger_by_pages(void **state)
{
	char seen[256] = "";
	char next[64] = "";
	struct call c;
	int pages = 0;

	(void)state;
	eight();
	do {
		json_t *more = json_pack("{s:i}", "limit", 2);

		if (next[0] != '\0')
			(void)json_object_set_new(more, "before",
						  json_string(next));
		c = list(more);
		assert_int_equal(c.outcome, OUT_OK);
		assert_int_equal(got_int(&c, "count"), 5);
		for (size_t i = 0; i < rows_of(&c); i++) {
			size_t n = strlen(seen);

			(void)snprintf(seen + n, sizeof seen - n, "%s ",
				       text_at(&c, "breaches", i, "ref"));
		}
		next[0] = '\0';
		if (json_is_string(json_object_get(c.result, "next")))
			(void)snprintf(next, sizeof next, "%s",
				       json_string_value(json_object_get(
					       c.result, "next")));
		call_release(&c);
		pages++;
	} while (next[0] != '\0' && pages < 9);
	assert_int_equal(pages, 3);
	assert_string_equal(seen, "P-5 P-4 P-3 P-2 P-1 ");
	refused_with(list(json_pack("{s:s}", "before", "x")), "bad_params");
	refused_with(list(json_pack("{s:s}", "since", "ayer")), "bad_params");
	refused_with(list(json_pack("{s:s}", "cause", "x")), "bad_params");
	refused_with(list(json_pack("{s:i}", "limit", 0)), "bad_params");
}

static void
the_ledger_by_cause(void **state)
{
	struct call c;

	(void)state;
	eight();
	c = list(json_object());
	assert_int_equal(rows_of(&c), 5);
	assert_string_equal(text_at(&c, "causes", 0, "cause"),
			    "nobody_assigned");
	assert_string_equal(text_at(&c, "causes", 1, "cause"), "worked_on");
	call_release(&c);
	c = says(1, "worked_on", "La vimos y no dijimos nada");
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	c = list(json_pack("{s:s}", "cause", "worked_on"));
	assert_int_equal(rows_of(&c), 3);
	assert_string_equal(text_at(&c, "breaches", 2, "found_cause"),
			    "nobody_assigned");
	call_release(&c);
	c = list(json_pack("{s:i}", "agent", LUIS));
	assert_int_equal(rows_of(&c), 2);
	call_release(&c);
	c = list(json_pack("{s:s, s:s, s:s, s:s, s:s}", "queue", "general",
			   "team", "mesa", "channel", "email", "clock",
			   "first_response", "policy", "correo"));
	assert_int_equal(rows_of(&c), 5);
	call_release(&c);
	c = list(json_pack("{s:s}", "team", "otra"));
	assert_int_equal(rows_of(&c), 0);
	assert_int_equal(got_int(&c, "count"), 0);
	call_release(&c);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_had_it),
		TEST(nobody_had_it_for_half),
		TEST(somebody_had_it_for_more_than_half),
		TEST(whoever_had_it_did_not_open_it),
		TEST(nobody_had_it_open),
		TEST(mostly_unopened),
		TEST(opened_in_time),
		TEST(whoever_had_it_was_away),
		TEST(away_before_it_had_it),
		TEST(the_desk_had_it_late),
		TEST(the_desk_had_it_soon_enough),
		TEST(it_came_before_closing),
		TEST(it_had_the_morning_after),
		TEST(a_note_was_the_last_word),
		TEST(a_note_was_not_the_last_word),
		TEST(its_answer_came_back),
		TEST(its_answer_came_back_soon),
		TEST(the_team_works_in_the_afternoon),
		TEST(all_of_the_team_were_away),
		TEST(one_of_the_team_was_there),
		TEST(promised_when_it_was_over),
		TEST(promised_with_a_quarter_left),
		TEST(promised_with_more_left),
		TEST(what_came_later_does_not_count),
		TEST(every_column_is_told_by_events),
		TEST(a_manager_says_another),
		TEST(only_managers_say),
		TEST(the_ledger_by_pages),
		TEST(the_ledger_by_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

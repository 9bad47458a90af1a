/*
 * What is kept of a clock's course: each column of each row is what the events
 * tell, and a repair makes it so; many clocks that are moved a few at a time;
 * words about orders; zone data that change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clocks.h"
#include "daemon/store/check.h"
#include "daemon/store/repair.h"
#include "daemon/store/sql.h"
#include "daemon/store/store_p.h"
#include "rules/book.h"
#include "tests/unit/fixture.h"

method_fn m_claim_register;
method_fn m_claim_withdraw;
method_fn m_incident_answer;
method_fn m_incident_create;
method_fn m_incident_merge;
method_fn m_incident_set;

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)

static const char head[] = "queue \"general\" { title \"General\" }\n"
			   "calendar \"siempre\" { timezone \"Europe/Madrid\" "
			   "mon-sun 00:00-24:00 }\n"
			   "calendar \"tienda\" { timezone \"Europe/Madrid\" "
			   "mon-fri 09:00-13:00 }\n";

#define POLICY                                                                 \
	"policy \"correo\" { calendar \"siempre\" first response 4h, urgent "  \
	"1h next response 8h resolution 16h proactive 3h claim 15 working "    \
	"days }\n"
#define LONGER "policy \"correo\" { calendar \"tienda\" first response 6h }\n"

/* Apply a book, as the next version. */
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

	(void)snprintf(id, sizeof id, "<c%d@x>", ++n);
	c = fixture_mail(&m);
	incident = got_int(&c, "incident");
	call_release(&c);
	return incident;
}

/* By an agent, a minute before what comes next. */
static void
staff(method_fn *fn, json_t *params)
{
	struct call c = fixture_call(fn, ROLE_CONSOLE, fx.agent_id, params);

	if (c.outcome != OUT_OK)
		fail_msg("refused: %s", c.err.text);
	call_release(&c);
	fx.now_ms += MINUTE_MS;
}

static void
set(int64_t id, const char *name, const char *value)
{
	staff(m_incident_set,
	      json_pack("{s:I, s:s}", "id", (json_int_t)id, name, value));
}

static void
answer(int64_t id, const char *state)
{
	staff(m_incident_answer,
	      json_pack("{s:I, s:s, s:i, s:b, s:s}", "id", (json_int_t)id,
			"text", "Hola", "seen", 1, "override", 1, "state",
			state));
}

/* Move what is open to the applied book. */
static void
move_open(bool anew)
{
	struct err e = { .text = "" };

	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(clocks_apply(fx.store, fx.desk.book_version, anew,
				      fx.now_ms, &e),
			 OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
}

/* --- every column ---------------------------------------------------------------- */

static json_t *
problems_now(void)
{
	json_t *problems = NULL;
	struct err e = { .text = "" };
	size_t count = 0;

	if (store_check(fx.store, &problems, &count, &e) != OUT_OK)
		fail_msg("%s", e.text);
	return problems;
}

static bool
has(const json_t *problems, const char *check)
{
	const json_t *p;
	size_t i;

	json_array_foreach(
		problems, i,
		p) if (strcmp(json_string_value(json_object_get(p, "check")),
			      check) == 0) return true;
	return false;
}

/* What is broken is found by that name, and mended from the events. */
static void
breaks(const char *check, const char *sql)
{
	struct check_report r;
	struct repair p = { .changes = json_array() };
	struct store *s = NULL;
	struct err e = { .text = "" };
	json_t *problems;

	fixture_exec(sql);
	assert_int_not_equal(sqlite3_changes(sql_db(fx.store)), 0);
	problems = problems_now();
	if (!has(problems, check))
		fail_msg("%s: %s was not found", sql, check);
	json_decref(problems);
	assert_int_equal(store_open(fx.dir, STORE_READ, &s, &e), OUT_OK);
	check_begin(&r);
	r.alone = true;
	if (repair_run(fx.store, s, &r, &p, &e) != OUT_OK)
		fail_msg("%s: %s", sql, e.text);
	check_release(&r);
	store_close(&s);
	json_decref(p.changes);
	problems = problems_now();
	if (json_array_size(problems) != 0)
		fail_msg("%s: was not mended", sql);
	json_decref(problems);
}

/* A clock that was paused, moved and reopened; a claim that was withdrawn and
 * registered again; an incident that was merged. */
static void
a_full_course(void)
{
	int64_t a;
	int64_t b;

	apply(POLICY);
	a = mail("ana@x.example");
	b = mail("ana@x.example");
	set(a, "state", "on_hold");
	set(a, "state", "open");
	set(a, "priority", "urgent");
	answer(a, "solved");
	set(a, "state", "open");
	staff(m_claim_register, json_pack("{s:I}", "id", (json_int_t)a));
	staff(m_claim_withdraw, json_pack("{s:I}", "id", (json_int_t)a));
	staff(m_claim_register, json_pack("{s:I}", "id", (json_int_t)a));
	staff(m_incident_merge, json_pack("{s:I, s:I}", "id", (json_int_t)b,
					  "into", (json_int_t)a));
	apply(LONGER "# other\n");
	set(a, "state", "pending_customer");
}

static void
every_column_is_told(void **state)
{
	static const char *const set_to[][2] = {
		{ "used_s", "SET used_s = 1 WHERE id = 1" },
		{ "used_s", "SET used_s = NULL WHERE id = 1" },
		{ "rule", "SET rule = 'otra' WHERE id = 2" },
		{ "late", "SET late = 1 WHERE id = 2" },
		{ "priority", "SET priority = 'low' WHERE id = 1" },
		{ "days", "SET days = 3 WHERE name = 'claim'" },
		{ "due_s", "SET due_s = due_s + 1 WHERE id = 2" },
		{ "start_s", "SET start_s = start_s + 1 WHERE id = 2" },
		{ "message_id", "SET message_id = 1 WHERE id = 2" }
	};
	static const char *const rows[][2] = {
		{ "fold_clock_spans",
		  "UPDATE clock_span SET budget_s = 5 WHERE number = 1" },
		{ "fold_clock_spans", "DELETE FROM clock_span" },
		{ "fold_clock_pauses",
		  "UPDATE clock_pause SET to_s = to_s + 1 WHERE clock_id = 2 "
		  "AND number = 1" },
		{ "fold_clock_pauses",
		  "UPDATE clock_pause SET cause = 'snoozed' WHERE number = 1" },
		{ "fold_clock_pauses", "DELETE FROM clock_pause" },
		{ "fold_clock_paused",
		  "UPDATE clock SET paused = 0 WHERE paused = 1" },
		{ "fold_claim_code", "UPDATE claim SET code = 'R-1'" },
		{ "fold_claim_registered_ms",
		  "UPDATE claim SET registered_ms = 1" },
		{ "fold_claim_agent_id", "UPDATE claim SET agent_id = NULL" },
		{ "fold_claim_withdrawn_ms",
		  "UPDATE claim SET withdrawn_ms = 1" },
		{ "fold_claim_row", "DELETE FROM claim" },
		{ "fold_incident_merged_into",
		  "UPDATE incident SET merged_into = NULL WHERE id = 2" },
		{ "fold_incident_merged_into",
		  "UPDATE incident SET merged_into = 2 WHERE id = 1" }
	};
	char check[64];
	char sql[256];
	size_t i;

	(void)state;
	a_full_course();
	for (i = 0; i < sizeof set_to / sizeof set_to[0]; i++) {
		(void)snprintf(check, sizeof check, "fold_clock_%s",
			       set_to[i][0]);
		(void)snprintf(sql, sizeof sql, "UPDATE clock %s",
			       set_to[i][1]);
		breaks(check, sql);
	}
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		breaks(rows[i][0], rows[i][1]);
}

/* --- many at a time --------------------------------------------------------------- */

static void
thousands_are_moved_a_few_at_a_time(void **state)
{
	char who[64];
	int i;

	(void)state;
	apply(POLICY);
	for (i = 0; i < 150; i++) {
		(void)snprintf(who, sizeof who, "c%d@x.example", i);
		(void)mail(who);
	}
	apply(LONGER);
	fx.now_ms += HOUR_MS;
	move_open(false);
	/* the old deadlines pass; none is judged before the last was moved */
	fx.now_ms += 5 * HOUR_MS;
	for (i = 0; i < 3; i++) {
		(void)fixture_tick();
		assert_int_equal(fixture_int("SELECT count(*) FROM breach"), 0);
	}
	for (i = 0; i < 12; i++)
		(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM clock_walk"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM clock WHERE "
				     "name = 'first_response' AND calendar = "
				     "'tienda' AND budget_s = 21600"),
			 150);
	/* the new version promises no resolution: what was promised stays */
	assert_int_equal(fixture_int("SELECT count(*) FROM clock WHERE "
				     "name = 'resolution' AND state = "
				     "'running' AND budget_s = 57600"),
			 150);
	assert_int_equal(fixture_int("SELECT count(*) FROM clock_span"), 300);
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE kind = "
				     "'clock.retargeted' AND data ->> "
				     "'from_due_s' < data ->> 'to_due_s'"),
			 150);
	assert_int_equal(fixture_int("SELECT count(*) FROM breach"), 0);
}

static void
anew_there_are_no_spans(void **state)
{
	(void)state;
	apply(POLICY);
	(void)mail("ana@x.example");
	fx.now_ms += HOUR_MS;
	apply(LONGER);
	move_open(true);
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM clock_span"), 0);
	/* Monday 10:00 in Madrid: three hours of it, and three of Tuesday */
	assert_int_equal(fixture_int("SELECT due_s FROM clock WHERE name = "
				     "'first_response'"),
			 (T0_MS + 26 * HOUR_MS) / 1000);
}

/* --- versions before the applied one --------------------------------------------------- */

static void
old_versions_are_kept_a_few(void **state)
{
	struct book *first = NULL;
	struct book *again = NULL;
	struct book *b = NULL;
	struct err e = { .text = "" };
	int64_t v;
	int i;

	(void)state;
	for (i = 0; i < 2 * DESK_OLD_MAX; i++)
		apply(POLICY);
	assert_int_equal(desk_book_of(&fx.desk, fx.store, 2, &first, &e),
			 OUT_OK);
	assert_non_null(book_policy(first, "correo"));
	assert_int_equal(desk_book_of(&fx.desk, fx.store, 2, &again, &e),
			 OUT_OK);
	assert_ptr_equal(first, again);
	book_unref(&again);
	for (v = 3; v < 3 + DESK_OLD_MAX; v++) {
		assert_int_equal(desk_book_of(&fx.desk, fx.store, v, &b, &e),
				 OUT_OK);
		book_unref(&b);
	}
	/* it made room for others, and is read again */
	assert_int_equal(desk_book_of(&fx.desk, fx.store, 2, &again, &e),
			 OUT_OK);
	assert_ptr_not_equal(first, again);
	book_unref(&again);
	book_unref(&first);
	assert_int_equal(desk_book_of(&fx.desk, fx.store, 99, &b, &e),
			 OUT_PERM);
	assert_string_equal(e.code, "not_found");
}

static int
forget_meanwhile(unsigned kind, void *desk, void *statement, void *text)
{
	(void)kind;
	(void)statement;
	(void)text;
	desk_forget_old(desk);
	return 0;
}

/* A reader is reading one while the turn forgets all, for new zone data: what
 * it read is its own, and is not found by those who ask afterwards. */
static void
what_was_forgotten_is_not_kept(void **state)
{
	struct book *before = NULL;
	struct book *after = NULL;
	struct err e = { .text = "" };

	(void)state;
	apply(POLICY);
	apply(LONGER);
	(void)sqlite3_trace_v2(fx.store->db, SQLITE_TRACE_STMT,
			       forget_meanwhile, &fx.desk);
	assert_int_equal(desk_book_of(&fx.desk, fx.store, 2, &before, &e),
			 OUT_OK);
	(void)sqlite3_trace_v2(fx.store->db, 0, NULL, NULL);
	assert_int_equal(desk_book_of(&fx.desk, fx.store, 2, &after, &e),
			 OUT_OK);
	assert_ptr_not_equal(before, after);
	book_unref(&before);
	assert_int_equal(desk_book_of(&fx.desk, fx.store, 2, &before, &e),
			 OUT_OK);
	assert_ptr_equal(before, after);
	book_unref(&before);
	book_unref(&after);
}

/* An old version that this program cannot read costs what it alone tells. */
static void
an_old_version_that_cannot_be_read(void **state)
{
	int64_t a;

	(void)state;
	apply(POLICY);
	a = mail("ana@x.example");
	apply(LONGER);
	fixture_exec("UPDATE book SET text = '}' || text WHERE version = 2");
	set(a, "priority", "urgent");
	answer(a, "solved");
	assert_string_equal(fixture_text("SELECT group_concat(name || state || "
					 "ifnull(used_s, '?')) FROM clock"),
			    "first_responsefulfilled?,resolutionfulfilled?");
	fixture_exec("UPDATE book SET text = substr(text, 2) WHERE version = "
		     "2");
}

/* What is only fetched late is a promise like any other. */
static void
fetched_late_is_no_late_promise(void **state)
{
	const struct letter m = { .id = "<late@x>",
				  .from = "ana@x.example",
				  .text = "hola",
				  .at_ms = T0_MS - 6 * HOUR_MS };
	struct call c;

	(void)state;
	apply(POLICY);
	c = fixture_mail(&m);
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT late FROM clock WHERE breached = "
				     "1 AND name = 'first_response'"),
			 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM breach"), 1);
}

/* --- orders ------------------------------------------------------------------------------ */

static void
a_word_about_an_order(void **state)
{
	struct err e = { .text = "" };
	struct incident inc;
	int64_t message;
	struct call c;

	(void)state;
	apply(POLICY);
	c = fixture_call(m_incident_create, ROLE_CONSOLE, fx.agent_id,
			 json_pack("{s:s, s:s, s:s, s:s, s:s}", "channel",
				   "email", "direction", "out", "address",
				   "c@x.example", "subject", "Tu pedido",
				   "text", "Lo preparamos"));
	assert_int_equal(c.outcome, OUT_OK);
	message = got_int(&c, "message");
	call_release(&c);
	/* what the desk writes first is owed nothing */
	assert_int_equal(fixture_int("SELECT count(*) FROM clock"), 0);
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(incident_load(fx.store, 1, &inc, &e), OUT_OK);
	assert_int_equal(clocks_proactive_start(&fx.desk, fx.store, &inc,
						fx.now_ms / 1000 - 3600,
						fx.now_ms, &e),
			 OUT_OK);
	assert_int_equal(inc.due_ms, fx.now_ms + 2 * HOUR_MS);
	assert_int_equal(incident_save(fx.store, &inc, &e), OUT_OK);
	incident_release(&inc);
	fx.now_ms += HOUR_MS;
	assert_int_equal(
		clocks_sent(&fx.desk, fx.store, 1, message, fx.now_ms, &e),
		OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	assert_string_equal(
		fixture_text("SELECT name || state || used_s || calendar "
			     "FROM clock"),
		"proactivefulfilled7200");
	assert_int_equal(fixture_int("SELECT due_ms IS NULL FROM incident"), 1);
}

/* --- zone data -------------------------------------------------------------------------- */

/* A deadline that other zone data gave is corrected, once, and said. */
static void
zone_data_that_change(void **state)
{
	struct err e = { .text = "" };
	bool changed = false;

	(void)state;
	apply(POLICY);
	(void)mail("ana@x.example");
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(
		clocks_zone(fx.store, "2025a", fx.now_ms, &changed, &e),
		OUT_OK);
	assert_false(changed);
	fixture_exec("UPDATE clock SET due_s = due_s - 3600 WHERE id = 1; "
		     "UPDATE incident SET due_ms = due_ms - 3600000; "
		     "UPDATE event SET data = json_set(data, '$.due_s', "
		     "(data ->> 'due_s') - 3600) WHERE kind = 'clock.started' "
		     "AND data ->> 'clock' = 1");
	assert_int_equal(
		clocks_zone(fx.store, "2025b", fx.now_ms, &changed, &e),
		OUT_OK);
	assert_true(changed);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT due_s FROM clock WHERE id = 1"),
			 (T0_MS + 4 * HOUR_MS) / 1000);
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE kind = "
				     "'clock.retargeted' AND data ->> 'cause' "
				     "= 'zone' AND (data ->> 'to_due_s') - "
				     "(data ->> 'from_due_s') = 3600"),
			 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE kind = "
				     "'clock.retargeted'"),
			 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM clock_walk"), 0);
}

/* --- refusals ---------------------------------------------------------------------------- */

static void
refused(method_fn *fn, json_t *params, const char *code)
{
	struct call c = fixture_call(fn, ROLE_CONSOLE, fx.agent_id, params);

	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, code);
	call_release(&c);
}

static void
what_is_refused(void **state)
{
	int64_t a;
	int64_t b;

	(void)state;
	apply(POLICY);
	a = mail("ana@x.example");
	b = mail("ana@x.example");
	refused(m_claim_register,
		json_pack("{s:I, s:s}", "id", (json_int_t)a, "at", "ayer"),
		"bad_params");
	refused(m_claim_register,
		json_pack("{s:I, s:s}", "id", (json_int_t)a, "at",
			  "2030-01-01T00:00:00Z"),
		"bad_params");
	refused(m_incident_merge,
		json_pack("{s:I, s:I, s:i}", "id", (json_int_t)b, "into",
			  (json_int_t)a, "seen", 0),
		"seen");
	refused(m_incident_merge,
		json_pack("{s:I, s:I}", "id", (json_int_t)b, "into",
			  (json_int_t)99),
		"not_found");
	staff(m_claim_register, json_pack("{s:I}", "id", (json_int_t)b));
	/* what the law asks for is not merged away */
	refused(m_incident_merge,
		json_pack("{s:I, s:I}", "id", (json_int_t)b, "into",
			  (json_int_t)a),
		"conflict");
	set(a, "state", "spam");
	refused(m_incident_merge,
		json_pack("{s:I, s:I}", "id", (json_int_t)b, "into",
			  (json_int_t)a),
		"conflict");
	refused(m_claim_register, json_pack("{s:I}", "id", (json_int_t)a),
		"conflict");
}

int
main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_column_is_told),
		TEST(thousands_are_moved_a_few_at_a_time),
		TEST(anew_there_are_no_spans),
		TEST(old_versions_are_kept_a_few),
		TEST(what_was_forgotten_is_not_kept),
		TEST(an_old_version_that_cannot_be_read),
		TEST(fetched_late_is_no_late_promise),
		TEST(a_word_about_an_order),
		TEST(zone_data_that_change),
		TEST(what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

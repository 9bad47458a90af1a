/*
 * The fold of events, column by column: a desk where everything happened that
 * events tell of is sound; then each column of each row is broken alone, and
 * the check of that name must say so. What is derived is mended again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/check.h"
#include "daemon/store/repair.h"
#include "daemon/store/sql.h"
#include "daemon/store/store.h"
#include "tests/unit/fixture.h"

method_fn m_chat_end;
method_fn m_chat_rate;
method_fn m_chat_write;
method_fn m_incident_answer;
method_fn m_incident_assign;
method_fn m_incident_create;
method_fn m_incident_note;
method_fn m_incident_set;
method_fn m_outbox_report;
method_fn m_outbox_take;
method_fn m_visitor_start;

#define HOUR_MS INT64_C(3600000)
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* --- a desk where everything happened ----------------------------------------- */

/* Rows that no event tells of. */
#define CLOCK_99                                                               \
	"INSERT INTO clock (id, incident_id, name, policy, calendar, "         \
	"book_version, state, start_s, budget_s, due_s, ended_s, cause, "      \
	"message_id) SELECT 99, incident_id, name, policy, calendar, "         \
	"book_version, state, start_s, budget_s, due_s, ended_s, cause, "      \
	"message_id FROM clock WHERE id = 1"
#define BREACH_3                                                               \
	"INSERT INTO breach (clock_id, incident_id, at_s, found_ms, late, "    \
	"queue) VALUES (3, 4, 1, 1, 0, 'general')"

static void
done(struct call c)
{
	if (c.outcome != OUT_OK)
		fail_msg("refused: %s", c.err.text);
	call_release(&c);
}

static void
staff(method_fn *fn, json_t *params)
{
	assert_non_null(params);
	done(fixture_call(fn, ROLE_CONSOLE, fx.agent_id, params));
	fx.now_ms += 1000;
}

static void
mail(const char *id, const char *references, const char *text)
{
	const struct letter m = { .id = id,
				  .from = "lucia@example.org",
				  .subject = "Mi pedido",
				  .text = text,
				  .references = references };

	done(fixture_mail(&m));
	fx.now_ms += 1000;
}

static void
answer(int incident, const char *state)
{
	staff(m_incident_answer,
	      json_pack("{s:i, s:s, s:i, s:b, s:s}", "id", incident, "text",
			"Sale hoy mismo", "seen", 0, "override", 1, "state",
			state));
}

static void
take(void)
{
	done(fixture_call(
		m_outbox_take, ROLE_MAIL, 0,
		json_pack("{s:i, s:i}", "max", 1, "lease_ms", 60000)));
	fx.now_ms += 1000;
}

static void
report(int delivery, int attempt, const char *result, bool retry)
{
	done(fixture_call(m_outbox_report, ROLE_MAIL, 0,
			  json_pack("{s:i, s:i, s:s, s:b, s:s}", "delivery",
				    delivery, "attempt", attempt, "result",
				    result, "retry", retry, "detail", "x")));
	fx.now_ms += 1000;
}

/* Incident 1: found late, answered in vain, answered, asked again, solved. */
static void
a_long_one(void)
{
	mail("<a1@x>", NULL, "Quiero una devolución");
	fx.now_ms += 5 * HOUR_MS;
	(void)fixture_tick();
	staff(m_incident_assign, json_pack("{s:i, s:i}", "id", 1, "agent", 2));
	staff(m_incident_set,
	      json_pack("{s:i, s:s, s:s, s:s, s:[s,s], s:[s]}", "id", 1,
			"queue", "general", "priority", "urgent", "reason",
			"refund_status", "add_tags", "vip", "ahora",
			"remove_tags", "devolucion"));
	answer(1, "pending_customer");
	take();
	report(1, 1, "failed", true);
	fx.now_ms += HOUR_MS;
	take();
	report(1, 2, "failed", false);
	answer(1, "pending_customer");
	take();
	report(2, 1, "sent", false);
	mail("<a2@x>", "<a1@x>", "¿Y ahora?");
	staff(m_incident_note,
	      json_pack("{s:i, s:s}", "id", 1, "text", "Llamar mañana"));
	staff(m_incident_set,
	      json_pack("{s:i, s:s}", "id", 1, "state", "solved"));
}

/* Incident 2: a chat, ended and rated. */
static void
a_chat(void)
{
	struct call c;
	int64_t visitor;

	fixture_exec("INSERT INTO connection (id, name, kind, role, settings, "
		     "active, created_ms) VALUES (11, 'tienda', 'chat', "
		     "'chat', '{\"origins\":\"https://olmo.example\","
		     "\"title\":\"Olmo\"}', 1, 1)");
	c = fixture_call(m_visitor_start, ROLE_CHAT, 0,
			 json_pack("{s:s, s:s, s:b, s:s}", "connection",
				   "tienda", "name", "Eva", "remember", 0,
				   "network", "192.0.2.1"));
	visitor = got_int(&c, "visitor");
	call_release(&c);
	done(fixture_visit(
		m_chat_write, visitor,
		json_pack("{s:s, s:s}", "id", "l1", "text", "¿Hay alguien?")));
	fx.now_ms += 1000;
	staff(m_incident_assign, json_pack("{s:i, s:i}", "id", 2, "agent", 1));
	answer(2, "open");
	done(fixture_visit(m_chat_end, visitor, json_object()));
	fx.now_ms += 1000;
	done(fixture_visit(
		m_chat_rate, visitor,
		json_pack("{s:i, s:s}", "score", 4, "comment", "Bien")));
	fx.now_ms += 1000;
}

/* Incident 3: the desk writes first; its delivery is under way. Incident 4: a
 * contact of which nothing is done yet, 5: one that follows a closed one. */
static void
others(void)
{
	staff(m_incident_create,
	      json_pack("{s:s, s:s, s:s, s:s, s:s}", "channel", "email",
			"direction", "out", "address", "ana@example.org",
			"subject", "Su pedido", "text", "Ha salido"));
	take();
	mail("<b1@x>", NULL, "Hola");
	mail("<c1@x>", NULL, "Adiós");
	staff(m_incident_set,
	      json_pack("{s:i, s:s}", "id", 5, "state", "solved"));
	staff(m_incident_set,
	      json_pack("{s:i, s:s}", "id", 5, "state", "closed"));
	mail("<c2@x>", "<c1@x>", "Otra vez");
}

static int
setup(void **state)
{
	int rc = fixture_setup(state);

	a_long_one();
	a_chat();
	others();
	assert_int_equal(fixture_int("SELECT count(*) FROM incident"), 6);
	assert_int_equal(fixture_int("SELECT follows_id FROM incident "
				     "WHERE id = 6"),
			 5);
	assert_int_equal(fixture_int("SELECT count(*) FROM breach"), 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM clock"), 5);
	assert_int_equal(fixture_int("SELECT count(*) FROM delivery"), 3);
	return rc;
}

/* --- breaking it ------------------------------------------------------------------ */

static json_t *
problems_now(void)
{
	json_t *problems = NULL;
	struct err e;
	size_t count = 0;

	if (store_check(fx.store, &problems, &count, &e) != OUT_OK)
		fail_msg("%s", e.text);
	return problems;
}

/* Is there a problem of that check, of that row? row 0: of any. */
static bool
has(const json_t *problems, const char *check, int64_t row)
{
	const json_t *p;
	size_t i;

	json_array_foreach(problems, i, p)
	{
		const json_t *first =
			json_array_get(json_object_get(p, "row"), 0);

		if (strcmp(json_string_value(json_object_get(p, "check")),
			   check) == 0 &&
		    (row == 0 || json_integer_value(first) == row))
			return true;
	}
	return false;
}

static void
finds(const char *check, int64_t row, const char *sql)
{
	json_t *problems;
	char *text;

	fixture_exec("SAVEPOINT broken");
	fixture_exec(sql);
	assert_int_not_equal(sqlite3_changes(sql_db(fx.store)), 0);
	problems = problems_now();
	text = json_dumps(problems, JSON_COMPACT);
	if (!has(problems, check, row))
		fail_msg("%s\n%s %d is not in %s", sql, check, (int)row, text);
	free(text);
	json_decref(problems);
	fixture_exec("ROLLBACK TO broken; RELEASE broken");
}

/* A column of a row that gets another value: it alone must be named. */
struct broken {
	const char *table;
	const char *key;
	int64_t row;
	const char *column;
	const char *value; /* SQL */
};

static const struct broken columns[] = {
	{ "incident", "id", 1, "customer_id", "2" },
	{ "incident", "id", 1, "connection_id", "2" },
	{ "incident", "id", 1, "connection_id", "NULL" },
	{ "incident", "id", 1, "channel", "'form'" },
	{ "incident", "id", 1, "queue", "'devoluciones'" },
	{ "incident", "id", 1, "state", "'open'" },
	{ "incident", "id", 1, "state", "'spam'" },
	{ "incident", "id", 4, "state", "'open'" },
	{ "incident", "id", 1, "priority", "'high'" },
	{ "incident", "id", 1, "reason", "'other'" },
	{ "incident", "id", 1, "policy", "'chat'" },
	{ "incident", "id", 1, "saved_reply", "'gracias'" },
	{ "incident", "id", 1, "assignee_id", "1" },
	{ "incident", "id", 1, "assignee_id", "NULL" },
	{ "incident", "id", 4, "assignee_id", "1" },
	{ "incident", "id", 1, "created_ms", "created_ms - 1" },
	{ "incident", "id", 1, "updated_ms", "updated_ms + 1" },
	{ "incident", "id", 4, "due_ms", "due_ms + 1000" },
	{ "incident", "id", 4, "due_ms", "NULL" },
	{ "incident", "id", 1, "due_ms", "1" },
	{ "incident", "id", 1, "active", "1" },
	{ "incident", "id", 1, "messages", "4" },
	{ "incident", "id", 1, "last_direction", "'in'" },
	{ "incident", "id", 1, "last_ms", "last_ms - 1" },
	{ "incident", "id", 1, "event_seq", "event_seq + 1" },
	{ "incident", "id", 6, "follows_id", "4" },
	{ "incident", "id", 6, "follows_id", "NULL" },
	{ "incident", "id", 6, "claims_id", "4" },
	{ "incident", "id", 1, "team", "'almacen'" },
	{ "incident", "id", 1, "wake_ms", "5" },
	{ "incident", "id", 1, "undecided", "1" },
	{ "clock", "id", 1, "name", "'next_response'" },
	{ "clock", "id", 1, "policy", "'otra'" },
	{ "clock", "id", 1, "calendar", "'otro'" },
	{ "clock", "id", 1, "book_version", "2" },
	{ "clock", "id", 2, "state", "'fulfilled'" },
	{ "clock", "id", 1, "state", "'cancelled'" },
	{ "clock", "id", 3, "state", "'cancelled'" },
	{ "clock", "id", 1, "start_s", "start_s - 1" },
	{ "clock", "id", 1, "budget_s", "budget_s + 1" },
	{ "clock", "id", 3, "due_s", "due_s + 60" },
	{ "clock", "id", 3, "due_s", "NULL" },
	{ "clock", "id", 1, "ended_s", "ended_s + 1" },
	{ "clock", "id", 2, "cause", "'spam'" },
	{ "clock", "id", 1, "breached", "0" },
	{ "clock", "id", 3, "breached", "1" },
	{ "clock", "id", 1, "message_id", "2" },
	{ "breach", "clock_id", 1, "incident_id", "4" },
	{ "breach", "clock_id", 1, "at_s", "at_s + 1" },
	{ "breach", "clock_id", 1, "found_ms", "found_ms + 1" },
	{ "breach", "clock_id", 1, "late", "1" },
	{ "breach", "clock_id", 1, "agent_id", "1" },
	{ "breach", "clock_id", 1, "queue", "'general'" },
	{ "delivery", "id", 2, "state", "'failed'" },
	{ "delivery", "id", 2, "state", "'queued'" },
	{ "delivery", "id", 1, "state", "'sent'" },
	{ "delivery", "id", 3, "state", "'sent'" },
	{ "delivery", "id", 1, "attempts", "1" },
	{ "delivery", "id", 3, "attempts", "2" },
	{ "delivery", "id", 2, "created_ms", "created_ms + 1" },
	{ "delivery", "id", 2, "ended_ms", "ended_ms + 1" },
	{ "delivery", "id", 2, "lost", "1" },
	{ "rating", "incident_id", 2, "score", "5" },
	{ "rating", "incident_id", 2, "message_id", "NULL" },
	{ "rating", "incident_id", 2, "agent_id", "2" },
	{ "rating", "incident_id", 2, "at_ms", "at_ms + 1" },
	{ "visitor", "id", 1, "ended_ms", "ended_ms + 1" },
	{ "visitor", "id", 1, "ended_ms", "NULL" },
};

static void
break_sql(const struct broken *b, char *out, size_t size)
{
	(void)snprintf(out, size, "UPDATE %s SET %s = %s WHERE %s = %d",
		       b->table, b->column, b->value, b->key, (int)b->row);
}

/* Another version of the desk book, for a clock to name. */
static void
second_book(void)
{
	fixture_exec("INSERT INTO book (version, hash, text, applied_ms) "
		     "SELECT 2, hash, text, applied_ms FROM book");
}

static void
test_columns(void **state)
{
	char check[80];
	char sql[200];
	size_t i;

	(void)state;
	second_book();
	for (i = 0; i < sizeof columns / sizeof columns[0]; i++) {
		const struct broken *b = &columns[i];

		(void)snprintf(check, sizeof check, "fold_%s_%s", b->table,
			       b->column);
		break_sql(b, sql, sizeof sql);
		finds(check, b->row, sql);
	}
}

static void
test_tags(void **state)
{
	(void)state;
	finds("fold_incident_tags", 1,
	      "DELETE FROM incident_tag WHERE incident_id = 1 AND tag = 'vip'");
	finds("fold_incident_tags", 1,
	      "INSERT INTO incident_tag VALUES (1, 'devolucion')");
	finds("fold_incident_tags", 4,
	      "INSERT INTO incident_tag VALUES (4, 'nadie')");
	finds("fold_incident_tags", 1,
	      "UPDATE incident_tag SET tag = 'VIP' WHERE tag = 'vip'");
}

static void
test_rows(void **state)
{
	(void)state;
	finds("fold_breach_row", 1, "DELETE FROM breach");
	finds("fold_clock_row", 3, "DELETE FROM clock WHERE id = 3");
	finds("fold_clock_row", 99, CLOCK_99);
	finds("fold_breach_row", 3, BREACH_3);
	finds("fold_delivery_row", 2, "DELETE FROM delivery WHERE id = 2");
	finds("fold_rating_row", 2, "DELETE FROM rating");
	finds("fold_rating_row", 4,
	      "INSERT INTO rating VALUES (4, 5, NULL, NULL, 1)");
	/* a clock that another incident has is missing here and new there */
	finds("fold_clock_row", 3,
	      "UPDATE clock SET incident_id = 6 WHERE id = 3");
	finds("fold_delivery_row", 2,
	      "UPDATE delivery SET message_id = 7 WHERE id = 2");
}

/* Messages are never changed: the events know what they were. */
static void
test_messages(void **state)
{
	(void)state;
	finds("fold_message", 1,
	      "UPDATE message SET direction = 'note', author = 'agent' "
	      "WHERE id = 1");
	finds("fold_message", 1,
	      "UPDATE message SET committed_ms = committed_ms + 1 "
	      "WHERE id = 1");
	finds("fold_message", 1,
	      "UPDATE message SET agent_id = 2 WHERE author = 'agent'");
	finds("fold_message", 4,
	      "UPDATE message SET id = 99 WHERE incident_id = 4");
	finds("fold_message", 4,
	      "INSERT INTO message (id, incident_id, number, direction, "
	      "author, agent_id, received_ms, committed_ms, text) "
	      "SELECT 99, 4, 2, 'note', 'agent', 1, committed_ms, "
	      "committed_ms, 'x' FROM message WHERE incident_id = 4");
	finds("fold_message", 1,
	      "UPDATE message SET incident_id = 4, number = 2 "
	      "WHERE incident_id = 1 AND direction = 'note'");
	finds("fold_message", 1,
	      "UPDATE message SET number = 9 WHERE incident_id = 1 "
	      "AND direction = 'note'");
}

#define LAST "(SELECT max(number) FROM event WHERE incident_id = 1)"
#define SET(kind, path, value)                                                 \
	"UPDATE event SET data = json_set(data, '$." path "', " value ") "     \
	"WHERE number = (SELECT min(number) FROM event WHERE incident_id = 1 " \
	"AND kind = '" kind "')"

/* A lost or changed event is seen by what the others say. */
static void
test_events(void **state)
{
	(void)state;
	finds("fold_events", 1,
	      "DELETE FROM event WHERE incident_id = 1 "
	      "AND kind = 'incident.created'");
	finds("fold_events", 1,
	      "DELETE FROM event WHERE incident_id = 1 "
	      "AND kind = 'incident.assigned'");
	finds("fold_events", 1,
	      "UPDATE event SET data = 'x' WHERE number = " LAST);
	finds("fold_events", 1,
	      "UPDATE event SET kind = 'incident.eaten' WHERE number = " LAST);
	finds("fold_events", 1,
	      "UPDATE event SET seq = seq + 1 WHERE number = " LAST);
	finds("fold_events", 1,
	      "UPDATE event SET at_ms = at_ms - 1 WHERE incident_id = 1 "
	      "AND kind = 'incident.created'");
	finds("fold_events", 1, SET("incident.created", "state", "'open'"));
	finds("fold_events", 1, SET("incident.created", "message", "2"));
	finds("fold_events", 1, SET("incident.created", "priority", "'low'"));
	finds("fold_events", 1, SET("incident.changed", "set.queue[0]", "'x'"));
	finds("fold_events", 1,
	      SET("incident.changed", "set.tags[0]", "json('[]')"));
	finds("fold_events", 1, SET("incident.assigned", "from", "1"));
	finds("fold_events", 1, SET("clock.fulfilled", "clock", "77"));
	finds("fold_events", 1, SET("clock.breached", "at_s", "1"));
	finds("fold_events", 1, SET("delivery.changed", "message", "1"));
	finds("fold_message", 1, SET("message.added", "message", "2"));
	finds("fold_message", 1, SET("message.added", "direction", "'out'"));
	/* what is told last is what the row must be */
	finds("fold_incident_priority", 1,
	      SET("incident.changed", "set.priority[1]", "'low'"));
	finds("fold_incident_tags", 1,
	      SET("incident.changed", "set.tags[1]", "json('[\"x\"]')"));
	finds("fold_incident_customer_id", 1,
	      SET("incident.created", "customer", "2"));
	finds("fold_events", 1, SET("clock.fulfilled", "ended_s", "1"));
	finds("fold_clock_row", 1,
	      "UPDATE event SET incident_id = 4, seq = 90 WHERE number = "
	      "(SELECT min(number) FROM event WHERE kind = 'clock.started')");
}

/* A row and its event may be changed alike: the desk book says otherwise. */
static void
test_promises(void **state)
{
	(void)state;
#define BOTH(column, value, more)                                              \
	"UPDATE clock SET " column " = " value " WHERE id = 3;"                \
	"UPDATE event SET data = json_set(data, '$." column "', " value ") "   \
	"WHERE kind = 'clock.started' AND incident_id = 4;" more
	finds("clock_promise", 3,
	      BOTH("due_s", "1767700000",
		   "UPDATE incident SET due_ms = 1767700000000 WHERE id = 4"));
	finds("clock_promise", 3, BOTH("budget_s", "60", ""));
	finds("clock_promise", 3, BOTH("start_s", "1767600000", ""));
	finds("clock_promise", 3, BOTH("policy", "'otra'", ""));
	finds("clock_promise", 3, BOTH("calendar", "'otro'", ""));
	finds("clock_promise", 3, BOTH("name", "'next_response'", ""));
	finds("book_unreadable", 1, "UPDATE book SET text = 'x'");
}

/* A deadline of other zone data is a promise that stands. */
static void
test_zone_data(void **state)
{
	const char *sql =
		BOTH("due_s", "1767700000",
		     "UPDATE incident SET due_ms = 1767700000000 WHERE id = 4");
	struct check_report r;
	struct err e;

	(void)state;
	fixture_exec("SAVEPOINT broken");
	fixture_exec(sql);
	fixture_exec("INSERT INTO event (number, at_ms, kind, data) SELECT "
		     "max(number) + 1, 1, 'zone.changed', "
		     "'{\"edition\":\"2026a\"}' FROM event");
	check_begin(&r);
	r.alone = true;
	assert_int_equal(check_rows(fx.store, &r, &e), OUT_OK);
	assert_int_equal(r.found, 0);
	assert_int_equal(r.noticed, 1);
	assert_true(has(r.notices, "zone_data", 3));
	check_release(&r);
	fixture_exec("ROLLBACK TO broken; RELEASE broken");
}

/* Events of a time when they told less are folded as far as they tell. */
static void
test_old_events(void **state)
{
	static const char old[] =
		"UPDATE event SET data = json_remove(data, '$.state', "
		"'$.priority', '$.reason', '$.policy', '$.reply', "
		"'$.assignee', '$.connection', '$.follows') "
		"WHERE kind = 'incident.created';"
		"UPDATE event SET data = json_remove(data, '$.policy', "
		"'$.calendar', '$.book', '$.start_s', '$.budget_s') "
		"WHERE kind = 'clock.started';"
		"UPDATE event SET data = json_remove(data, '$.attempts') "
		"WHERE kind = 'delivery.changed';";
	struct check_report r;
	struct err e;

	(void)state;
	fixture_exec("SAVEPOINT old");
	fixture_exec(old);
	check_begin(&r);
	assert_int_equal(check_rows(fx.store, &r, &e), OUT_OK);
	assert_int_equal(r.found, 0);
	assert_int_equal(
		json_integer_value(json_object_get(r.counts, "partly_told")),
		6);
	check_release(&r);
	finds("fold_incident_state", 4,
	      "UPDATE incident SET state = 'open' WHERE id = 4");
	finds("fold_incident_priority", 1,
	      "UPDATE incident SET priority = 'low' WHERE id = 1");
	finds("fold_incident_assignee_id", 3,
	      "UPDATE incident SET assignee_id = 2 WHERE id = 3");
	fixture_exec("ROLLBACK TO old; RELEASE old");
}

/* --- mending it ------------------------------------------------------------------------ */

/* Repair; how many changes were made. */
static int64_t
repaired(int64_t *left)
{
	struct check_report r;
	struct repair p = { .changes = json_array() };
	struct store *s = NULL;
	struct err e;
	int64_t changed;

	assert_int_equal(store_open(fx.dir, STORE_READ, &s, &e), OUT_OK);
	check_begin(&r);
	r.alone = true;
	if (repair_run(fx.store, s, &r, &p, &e) != OUT_OK)
		fail_msg("%s", e.text);
	assert_int_equal(json_array_size(p.changes), p.changed);
	changed = p.changed;
	*left = p.left;
	check_release(&r);
	json_decref(p.changes);
	store_close(&s);
	return changed;
}

static void
mends(const char *sql)
{
	json_t *problems;
	int64_t left;
	char *text;

	fixture_exec(sql);
	assert_int_not_equal(repaired(&left), 0);
	problems = problems_now();
	text = json_dumps(problems, JSON_COMPACT);
	if (json_array_size(problems) != 0)
		fail_msg("%s\n%s", sql, text);
	free(text);
	json_decref(problems);
}

/* What a repair does not touch: it is found before and after. */
static void
lets_be(const char *check, int64_t row, const char *sql, const char *back)
{
	json_t *problems;
	int64_t left;

	fixture_exec(sql);
	(void)repaired(&left);
	problems = problems_now();
	assert_true(has(problems, check, row));
	json_decref(problems);
	fixture_exec(back);
	assert_int_equal(repaired(&left), 0);
	assert_int_equal(left, 0);
}

static bool
is_due_again(const struct broken *b)
{
	return strcmp(b->table, "delivery") == 0 && b->row == 3 &&
	       strcmp(b->column, "state") == 0;
}

static void
test_repair_columns(void **state)
{
	char sql[200];
	size_t i;

	(void)state;
	second_book();
	for (i = 0; i < sizeof columns / sizeof columns[0]; i++) {
		if (is_due_again(&columns[i]))
			continue;
		break_sql(&columns[i], sql, sizeof sql);
		mends(sql);
	}
	fixture_exec("DELETE FROM book WHERE version = 2");
}

static void
test_repair_rows(void **state)
{
	(void)state;
	mends("DELETE FROM breach");
	mends("DELETE FROM clock WHERE id = 3");
	mends(CLOCK_99);
	mends(BREACH_3);
	mends("DELETE FROM delivery WHERE id = 2");
	mends("DELETE FROM rating");
	mends("DELETE FROM incident_tag WHERE incident_id = 1");
	mends("INSERT INTO incident_tag VALUES (4, 'nadie')");
	mends("UPDATE clock SET incident_id = 6 WHERE id = 3");
}

/* What events do not tell because they are not whole, or a message, or what
 * would go out again, is a person's to look at. */
static void
test_repair_lets_be(void **state)
{
	(void)state;
	lets_be("fold_delivery_state", 3,
		"UPDATE delivery SET state = 'sent', lease_ms = NULL, "
		"ended_ms = 5 WHERE id = 3",
		"UPDATE delivery SET state = 'taken', lease_ms = due_ms + "
		"60000, ended_ms = NULL WHERE id = 3");
	lets_be("fold_message", 4,
		"UPDATE message SET committed_ms = committed_ms + 1 "
		"WHERE incident_id = 4;"
		"UPDATE incident SET priority = 'low' WHERE id = 4",
		"UPDATE message SET committed_ms = committed_ms - 1 "
		"WHERE incident_id = 4;"
		"UPDATE incident SET priority = 'normal' WHERE id = 4");
	assert_int_equal(fixture_int("SELECT count(*) FROM event"),
			 fixture_int("SELECT max(number) FROM event"));
}

/* Counts are mended from the messages where events do not help. */
static void
test_repair_repeats(void **state)
{
	int64_t left;

	(void)state;
	fixture_exec("UPDATE event SET kind = 'incident.eaten' "
		     "WHERE incident_id = 4 AND kind = 'incident.created';"
		     "UPDATE incident SET messages = 7, last_ms = 1, "
		     "last_direction = 'note', active = 0, due_ms = 5, "
		     "event_seq = 99 WHERE id = 4");
	assert_int_equal(repaired(&left), 5);
	assert_int_not_equal(left, 0);
	fixture_exec("UPDATE event SET kind = 'incident.created' "
		     "WHERE kind = 'incident.eaten'");
	/* how many events there were is told by the incident alone */
	assert_int_equal(repaired(&left), 1);
}

/* The last events of an incident are lost: its rows are newer than what the
 * others tell, and are not set back, however often it is tried. */
static void
test_repair_lost_end(void **state)
{
	int64_t clocks = fixture_int("SELECT count(*) FROM clock "
				     "WHERE state <> 'running'");
	int64_t seq = fixture_int("SELECT event_seq FROM incident "
				  "WHERE id = 1");
	json_t *problems;
	int64_t left;

	(void)state;
	fixture_exec("CREATE TEMP TABLE kept AS SELECT * FROM event WHERE "
		     "incident_id = 1 AND seq > (SELECT max(seq) FROM event "
		     "WHERE incident_id = 1 AND kind = 'message.added');"
		     "DELETE FROM event WHERE number IN "
		     "(SELECT number FROM kept)");
	(void)repaired(&left);
	(void)repaired(&left);
	assert_int_not_equal(left, 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM incident WHERE "
				     "id = 1 AND state = 'solved'"),
			 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM clock "
				     "WHERE state <> 'running'"),
			 clocks);
	assert_int_equal(fixture_int("SELECT event_seq FROM incident "
				     "WHERE id = 1"),
			 seq);
	problems = problems_now();
	assert_true(has(problems, "fold_events", 1));
	json_decref(problems);
	fixture_exec("INSERT INTO event SELECT * FROM kept; DROP TABLE kept");
}

static void
raw_exec(const char *sql)
{
	char path[200];
	sqlite3 *db = NULL;
	char *why = NULL;

	(void)snprintf(path, sizeof path, "%s/postigo.db", fx.dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A flipped octet can make a value NULL that no statement could. */
static void
test_damaged_types(void **state)
{
	json_t *problems;

	(void)state;
	raw_exec("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = "
		 "replace(sql, 'name TEXT NOT NULL CHECK', 'name TEXT CHECK') "
		 "WHERE name = 'clock'");
	raw_exec("UPDATE clock SET name = NULL WHERE id = 1");
	raw_exec("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = "
		 "replace(sql, 'name TEXT CHECK', 'name TEXT NOT NULL CHECK') "
		 "WHERE name = 'clock'");
	problems = problems_now();
	assert_true(has(problems, "fold_clock_name", 1));
	json_decref(problems);
	mends("UPDATE clock SET name = 'claim' WHERE id = 1");
}

static char *
in_blobs(char out[200], const char *name)
{
	(void)snprintf(out, 200, "%s/blobs/%s", fx.dir, name);
	return out;
}

static void
make_file(const char *name)
{
	char path[200];

	assert_int_equal(
		close(open(in_blobs(path, name), O_CREAT | O_WRONLY, 0600)), 0);
}

/* A row of blob is lost, what names its octets is not; and what somebody else
 * laid there is theirs. */
static void
test_repair_keeps_octets(void **state)
{
	char blob[80];
	char path[200];
	struct stat st;
	int64_t left;

	(void)state;
	(void)snprintf(blob, sizeof blob, "00/%s", ZEROS + 2);
	assert_int_equal(mkdir(in_blobs(path, ""), 0700), 0);
	assert_int_equal(mkdir(in_blobs(path, "00"), 0700), 0);
	assert_int_equal(mkdir(in_blobs(path, "tmp"), 0700), 0);
	make_file(blob);
	make_file("00/read.me");
	make_file("tmp/abcdef");
	raw_exec("CREATE TABLE kept AS SELECT raw_sha256 FROM message "
		 "WHERE id = 1;"
		 "UPDATE message SET raw_sha256 = '" ZEROS "' WHERE id = 1");
	(void)repaired(&left);
	assert_int_equal(stat(in_blobs(path, blob), &st), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(stat(in_blobs(path, "00/read.me"), &st), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(stat(in_blobs(path, "tmp/abcdef"), &st), -1);
	raw_exec("UPDATE message SET raw_sha256 = (SELECT raw_sha256 FROM "
		 "kept) WHERE id = 1; DROP TABLE kept;"
		 "UPDATE blob SET staged_until_ms = NULL");
	assert_int_equal(rmdir(in_blobs(path, "tmp")), 0);
	assert_int_equal(rmdir(in_blobs(path, "00")), 0);
	assert_int_equal(rmdir(in_blobs(path, "")), 0);
}

static void
test_repair_octets(void **state)
{
	char path[200];
	struct stat st;

	(void)state;
	mends("UPDATE blob SET staged_until_ms = 5");
	mends("INSERT INTO blob VALUES ('" ZEROS "', 1, x'00', 1, NULL)");
	fixture_exec("DELETE FROM blob WHERE sha256 = '" ZEROS "'");
	(void)snprintf(path, sizeof path, "%s/blobs", fx.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof path, "%s/blobs/00", fx.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof path, "%s/blobs/00/%s", fx.dir, ZEROS + 2);
	assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
	mends("UPDATE incident SET active = 0 WHERE id = 4");
	assert_int_equal(stat(path, &st), -1);
	(void)snprintf(path, sizeof path, "%s/blobs/00", fx.dir);
	assert_int_equal(rmdir(path), 0);
	(void)snprintf(path, sizeof path, "%s/blobs", fx.dir);
	assert_int_equal(rmdir(path), 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_columns),        TEST(test_tags),
		TEST(test_rows),           TEST(test_messages),
		TEST(test_events),         TEST(test_promises),
		TEST(test_zone_data),      TEST(test_old_events),
		TEST(test_repair_columns), TEST(test_repair_rows),
		TEST(test_repair_lets_be), TEST(test_repair_repeats),
		TEST(test_repair_octets),  TEST(test_repair_lost_end),
		TEST(test_damaged_types),  TEST(test_repair_keeps_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

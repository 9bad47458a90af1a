/* Lists: pages are stable and complete, in every order, by indexes alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "daemon/base/buf.h"
#include "daemon/store/list.h"
#include "daemon/store/sql.h"
#include "daemon/store/view.h"
#include "daemon/wire/frame.h"
#include "tests/unit/people_desk.h"

#define MANY 300

/* Incidents of all states, deadlines and ages; some share each. */
static int
lists_setup(void **state)
{
	test_desk_setup(state);
	(void)add_agent("ana@example.com", "agent", "la puerta verde");
	run_sql("INSERT INTO customer (id, name, created_ms)"
		" VALUES (1, 'Luz', 0), (2, 'Eva', 0);"
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1"
		" FROM n WHERE i < 300)"
		"INSERT INTO incident (id, customer_id, channel, queue, state,"
		" priority, created_ms, updated_ms, due_ms, active, messages,"
		" last_ms, assignee_id)"
		" SELECT i, 1 + (i % 10 = 0),"
		" iif(i % 3, 'email', 'phone'), iif(i % 4, 'general', 'lost'),"
		" s, 'normal', i, i, iif(i % 5 = 0 OR s IN ('solved', 'spam'),"
		" NULL, 1767603600000 + (i * 7 % 11) * 600000),"
		" s NOT IN ('solved', 'spam'), 1, (i * 13 % 17) * 1000,"
		" iif(i % 6 = 0, 1, NULL) FROM (SELECT i, CASE i % 9"
		" WHEN 0 THEN 'solved' WHEN 1 THEN 'spam' WHEN 2 THEN 'open'"
		" WHEN 3 THEN 'pending_customer' WHEN 4 THEN 'on_hold'"
		" ELSE 'new' END AS s FROM n);"
		"INSERT INTO message (incident_id, number, direction, author,"
		" received_ms, committed_ms, subject, text)"
		" SELECT id, 1, 'in', 'customer', last_ms, last_ms,"
		" 'Asunto ' || id, 'texto' FROM incident;"
		"INSERT INTO incident_tag SELECT id, 'raro' FROM incident"
		" WHERE id % 7 = 0;");
	return 0;
}

static int64_t
member(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* list_page(), and what it wrote as a tree: each text is JSON. */
static enum outcome
page_of(struct store *s, const struct book *b, const struct list_query *q,
	json_t **out, char next[LIST_CURSOR_MAX], struct err *e)
{
	struct buf text;
	enum outcome o;

	buf_init(&text, FRAME_BYTES);
	o = list_page(s, b, q, &text, next, e);
	*out = json_loadb(buf_str(&text), text.len, JSON_REJECT_DUPLICATES,
			  NULL);
	assert_int_equal(*out != NULL, o == OUT_OK);
	buf_release(&text);
	return o;
}

/* Walk all pages; ids into out. Returns how many. */
static size_t
walk(struct list_query q, int limit, int64_t out[MANY])
{
	char after[LIST_CURSOR_MAX] = "";
	char next[LIST_CURSOR_MAX];
	size_t n = 0;

	q.limit = limit;
	for (;;) {
		json_t *page = NULL;
		struct err e;
		const json_t *x;
		size_t i;

		q.after = after[0] ? after : NULL;
		assert_int_equal(
			page_of(td.store, td.desk.book, &q, &page, next, &e),
			OUT_OK);
		assert_true(json_array_size(page) <= (size_t)limit);
		json_array_foreach(page, i, x)
		{
			assert_true(n < MANY);
			out[n++] = member(x, "id");
		}
		json_decref(page);
		if (next[0] == '\0')
			return n;
		memcpy(after, next, sizeof(after));
	}
}

/* Every page size gives the same ids in the order that SQL says. */
static void
same_as(struct list_query q, const char *sql)
{
	static const int sizes[] = { 1, 7, 50, 200 };
	int64_t want[MANY];
	int64_t got[MANY];
	sqlite3_stmt *st = NULL;
	size_t n = 0;

	assert_int_equal(
		sqlite3_prepare_v2(sql_db(td.store), sql, -1, &st, NULL),
		SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW)
		want[n++] = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	assert_true(n > 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(walk(q, sizes[i], got), n);
		assert_memory_equal(got, want, n * sizeof(want[0]));
	}
}

#define BY_DUE " ORDER BY due_ms IS NULL, due_ms, id"
#define BY_NEWEST " ORDER BY last_ms DESC, id DESC"

static void
every_view_is_complete_and_in_order(void **state)
{
	(void)state;
	same_as((struct list_query){ .view = LIST_ACTIVE },
		"SELECT id FROM incident WHERE active" BY_DUE);
	same_as((struct list_query){ .view = LIST_MINE, .me = 1 },
		"SELECT id FROM incident WHERE active AND assignee_id = 1" BY_DUE);
	same_as((struct list_query){ .view = LIST_UNASSIGNED },
		"SELECT id FROM incident WHERE active AND assignee_id IS NULL" BY_DUE);
	same_as((struct list_query){ .view = LIST_PENDING },
		"SELECT id FROM incident WHERE state = 'pending_customer'" BY_DUE);
	same_as((struct list_query){ .view = LIST_SOLVED },
		"SELECT id FROM incident WHERE state = 'solved'" BY_NEWEST);
	same_as((struct list_query){ .view = LIST_SPAM },
		"SELECT id FROM incident WHERE state = 'spam'" BY_NEWEST);
	same_as((struct list_query){ .view = LIST_ALL },
		"SELECT id FROM incident ORDER BY active DESC,"
		" due_ms IS NULL, due_ms, id");
}

static void
every_view_can_be_sorted_by_its_last_message(void **state)
{
	(void)state;
	same_as((struct list_query){ .view = LIST_ACTIVE, .sort = LIST_NEWEST },
		"SELECT id FROM incident WHERE active" BY_NEWEST);
	same_as((struct list_query){ .view = LIST_MINE,
				     .me = 1,
				     .sort = LIST_NEWEST },
		"SELECT id FROM incident WHERE active AND assignee_id = 1" BY_NEWEST);
	same_as((struct list_query){ .view = LIST_ALL, .sort = LIST_NEWEST },
		"SELECT id FROM incident" BY_NEWEST);
}

static void
filters_narrow_every_view(void **state)
{
	(void)state;
	same_as((struct list_query){ .queue = "lost" },
		"SELECT id FROM incident WHERE active AND queue = 'lost'" BY_DUE);
	same_as((struct list_query){ .view = LIST_ALL, .queue = "lost" },
		"SELECT id FROM incident WHERE queue = 'lost'"
		" ORDER BY active DESC, due_ms IS NULL, due_ms, id");
	same_as((struct list_query){ .view = LIST_ALL,
				     .tag = "raro",
				     .channel = "phone" },
		"SELECT id FROM incident WHERE id % 7 = 0 AND"
		" channel = 'phone' ORDER BY active DESC,"
		" due_ms IS NULL, due_ms, id");
	same_as((struct list_query){ .view = LIST_ALL, .state = "solved" },
		"SELECT id FROM incident WHERE state = 'solved'" BY_NEWEST);
	same_as((struct list_query){ .state = "open" },
		"SELECT id FROM incident WHERE state = 'open'" BY_DUE);
	same_as((struct list_query){ .view = LIST_ALL, .customer = 2 },
		"SELECT id FROM incident WHERE customer_id = 2"
		" ORDER BY active DESC, due_ms IS NULL, due_ms, id");
	same_as((struct list_query){ .assignee = 1, .reason = "other" },
		"SELECT id FROM incident WHERE active AND assignee_id = 1" BY_DUE);
}

static void
what_cannot_be_is_empty(void **state)
{
	int64_t ids[MANY];

	(void)state;
	assert_int_equal(walk((struct list_query){ .view = LIST_SOLVED,
						   .state = "open" },
			      50, ids),
			 0);
	assert_int_equal(
		walk((struct list_query){ .view = LIST_MINE }, 50, ids), 0);
	assert_int_equal(
		walk((struct list_query){ .state = "solved" }, 50, ids), 0);
}

/* A list writes what incident.get tells, member for member. */
static void
each_row_is_the_incident_that_it_shows(void **state)
{
	struct list_query q = { .view = LIST_ALL, .limit = LIST_LIMIT_MAX };
	char next[LIST_CURSOR_MAX];
	json_t *page = NULL;
	const json_t *x;
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(page_of(td.store, td.desk.book, &q, &page, next, &e),
			 OUT_OK);
	assert_true(json_array_size(page) > 100);
	json_array_foreach(page, i, x)
	{
		json_t *one = NULL;

		assert_int_equal(view_incident(td.store, td.desk.book,
					       member(x, "id"), &one, &e),
				 OUT_OK);
		assert_true(json_equal(x, one));
		json_decref(one);
	}
	json_decref(page);
}

/* A page that has no room is refused, and nothing of it is left. */
static void
a_page_has_a_ceiling(void **state)
{
	struct list_query q = { .limit = 50 };
	char next[LIST_CURSOR_MAX];
	struct buf text;
	struct err e;

	(void)state;
	buf_init(&text, 2000);
	assert_true(buf_puts(&text, "before"));
	assert_int_equal(list_page(td.store, NULL, &q, &text, next, &e),
			 OUT_PERM);
	assert_string_equal(e.code, "too_large");
	assert_string_equal(next, "");
	assert_int_equal(text.len, strlen("before"));
	buf_release(&text);
}

/* What comes or goes before the place where a page ended changes nothing
 * after it. */
static void
a_page_goes_on_where_the_last_one_ended(void **state)
{
	struct list_query q = { .limit = 50 };
	char next[LIST_CURSOR_MAX];
	char again[LIST_CURSOR_MAX];
	json_t *first = NULL;
	json_t *second = NULL;
	json_t *third = NULL;
	struct err e;

	(void)state;
	assert_int_equal(page_of(td.store, NULL, &q, &first, next, &e), OUT_OK);
	q.after = next;
	assert_int_equal(page_of(td.store, NULL, &q, &second, again, &e),
			 OUT_OK);
	run_sql("UPDATE incident SET due_ms = 1 WHERE id IN"
		" (SELECT id FROM incident WHERE active ORDER BY"
		" due_ms IS NULL, due_ms, id LIMIT 20)");
	assert_int_equal(page_of(td.store, NULL, &q, &third, again, &e),
			 OUT_OK);
	assert_true(json_equal(second, third));
	json_decref(first);
	json_decref(second);
	json_decref(third);
}

static void
a_foreign_cursor_is_refused(void **state)
{
	static const char *const bad[] = { "x",      "n2.5.5",  "d2.5",
					   "d9.5.5", "d2.-5.5", "d2.5.5x",
					   "" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct list_query q = { .limit = 5, .after = bad[i] };
		char next[LIST_CURSOR_MAX];
		json_t *page = NULL;

		assert_int_equal(page_of(td.store, NULL, &q, &page, next, &e),
				 OUT_PERM);
		assert_string_equal(e.code, "bad_params");
	}
}

/* No list reads more than its part of an index, and none is sorted by it. */
static void
every_order_is_an_index_s_own(void **state)
{
	const char *name;
	const char *text;

	(void)state;
	for (size_t i = 0; (text = list_statement(i, &name)) != NULL; i++) {
		char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", text);
		sqlite3_stmt *st = NULL;
		bool index = false;

		for (char *p = sql; *p != '\0'; p++)
			if (*p == '$')
				*p = '?';
		assert_int_equal(sqlite3_prepare_v2(sql_db(td.store), sql, -1,
						    &st, NULL),
				 SQLITE_OK);
		while (sqlite3_step(st) == SQLITE_ROW) {
			const char *plan =
				(const char *)sqlite3_column_text(st, 3);

			if (strstr(plan, "SCAN incident") != NULL ||
			    strstr(plan, "TEMP B-TREE") != NULL)
				fail_msg("%s: %s", name, plan);
			index = index || strstr(plan, "INDEX incident_");
		}
		if (!index)
			fail_msg("%s: no index", name);
		(void)sqlite3_finalize(st);
		sqlite3_free(sql);
	}
}

/* What is bound may not make SQLite prepare a statement anew. */
static void
plans_are_made_once(void **state)
{
	static const struct list_query asked[] = {
		{ .view = LIST_ACTIVE, .limit = 5 },
		{ .view = LIST_MINE, .me = 1, .limit = 5 },
		{ .view = LIST_PENDING, .limit = 5 },
		{ .view = LIST_ALL, .queue = "lost", .limit = 5 },
		{ .view = LIST_ALL, .channel = "phone", .limit = 5 },
		{ .view = LIST_ALL, .state = "open", .limit = 5 },
	};
	sqlite3_stmt *st = NULL;
	int64_t ids[MANY];

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(asked) / sizeof(asked[0]); i++)
		(void)walk(asked[i / 2], 5, ids);
	while ((st = sqlite3_next_stmt(sql_db(td.store), st)) != NULL)
		if (sqlite3_stmt_status(st, SQLITE_STMTSTATUS_REPREPARE, 0) > 0)
			fail_msg("prepared anew: %s", sqlite3_sql(st));
}

/* More than a page may look at; what is in two of them is hardly in both. */
#define CROWD 45000

static void
crowd(void)
{
	run_sql("WITH RECURSIVE n (i) AS (SELECT 1001 UNION ALL SELECT i + 1"
		" FROM n WHERE i < 46000)"
		"INSERT INTO incident (id, customer_id, channel, queue, state,"
		" priority, reason, created_ms, updated_ms, due_ms, active,"
		" messages, last_ms) SELECT i, 1,"
		" iif(i % 2 OR i % 9000 = 0, 'form', 'api'), 'masa',"
		" iif(i % 3, 'open', 'solved'), 'normal',"
		" iif(i % 2, 'damaged', 'praise'), i, i,"
		" iif(i % 3, 1767603600000 + i % 100, NULL), i % 3 <> 0, 1,"
		" 1000000 + i % 1000 FROM n;"
		"UPDATE incident SET channel = 'api' WHERE id IN (40501, 40503);"
		"INSERT INTO incident_tag SELECT id, 'masa' FROM incident"
		" WHERE queue = 'masa' AND id % 4 = 0;"
		"INSERT INTO incident_tag VALUES (27001, 'sola');");
}

/* Rows that the page's statement visited: each look at one costs a step of
 * SQLite's machine, and a few dozen more. */
static int
steps_of(struct list_query q)
{
	char next[LIST_CURSOR_MAX];
	json_t *page = NULL;
	sqlite3_stmt *st = NULL;
	struct err e;
	int steps = 0;

	q.limit = 50;
	while ((st = sqlite3_next_stmt(sql_db(td.store), st)) != NULL)
		(void)sqlite3_stmt_status(st, SQLITE_STMTSTATUS_VM_STEP, 1);
	assert_int_equal(page_of(td.store, NULL, &q, &page, next, &e), OUT_OK);
	json_decref(page);
	while ((st = sqlite3_next_stmt(sql_db(td.store), st)) != NULL)
		steps += sqlite3_stmt_status(st, SQLITE_STMTSTATUS_VM_STEP, 1);
	return steps;
}

static void
what_is_rare_is_found_among_many(void **state)
{
	(void)state;
	crowd();
	same_as((struct list_query){ .view = LIST_ALL,
				     .reason = "praise",
				     .channel = "form" },
		"SELECT id FROM incident WHERE reason = 'praise' AND"
		" channel = 'form' ORDER BY active DESC,"
		" due_ms IS NULL, due_ms, id");
	same_as((struct list_query){ .view = LIST_ALL,
				     .sort = LIST_NEWEST,
				     .reason = "praise",
				     .channel = "form" },
		"SELECT id FROM incident WHERE reason = 'praise' AND"
		" channel = 'form'" BY_NEWEST);
	same_as((struct list_query){ .sort = LIST_NEWEST,
				     .reason = "damaged",
				     .channel = "api" },
		"SELECT id FROM incident WHERE active AND reason = 'damaged'"
		" AND channel = 'api'");
	same_as((struct list_query){ .view = LIST_SOLVED,
				     .reason = "damaged",
				     .channel = "api" },
		"SELECT id FROM incident WHERE state = 'solved' AND"
		" reason = 'damaged' AND channel = 'api'" BY_NEWEST);
	same_as((struct list_query){ .view = LIST_ALL, .tag = "sola" },
		"SELECT 27001");
}

/* Two pages of 50 are the first hundred rows of SQL, and each was found without
 * a look at many others. */
static void
first_pages_are(struct list_query q, const char *sql)
{
	char after[LIST_CURSOR_MAX] = "";
	sqlite3_stmt *st = NULL;

	assert_true(steps_of(q) < 4 * 40 * LIST_FEW);
	assert_int_equal(
		sqlite3_prepare_v2(sql_db(td.store), sql, -1, &st, NULL),
		SQLITE_OK);
	q.limit = 50;
	for (int page = 0; page < 2; page++) {
		char next[LIST_CURSOR_MAX];
		json_t *list = NULL;
		struct err e;
		const json_t *x;
		size_t i;

		q.after = page > 0 ? after : NULL;
		assert_int_equal(page_of(td.store, NULL, &q, &list, next, &e),
				 OUT_OK);
		assert_int_equal(json_array_size(list), 50);
		json_array_foreach(list, i, x)
		{
			assert_int_equal(sqlite3_step(st), SQLITE_ROW);
			assert_int_equal(member(x, "id"),
					 sqlite3_column_int64(st, 0));
		}
		json_decref(list);
		memcpy(after, next, sizeof(after));
	}
	(void)sqlite3_finalize(st);
}

/* An agent with much that has ended and little that is active, on a desk where
 * thousands that nobody has are newer than all of it. */
static void
a_crowd_of_active_ones_hides_nothing(void **state)
{
	(void)state;
	crowd();
	run_sql("UPDATE incident SET last_ms = last_ms + 5000000"
		" WHERE active AND queue = 'masa';"
		"UPDATE incident SET assignee_id = 1, channel = 'phone'"
		" WHERE queue = 'masa' AND (NOT active AND id % 6 = 0"
		" OR id % 900 = 1);"
		"UPDATE incident SET state = iif(id % 4, 'closed', 'spam')"
		" WHERE NOT active AND id % 5 = 0;");
	assert_true(number_of("SELECT count(*) FROM incident"
			      " WHERE assignee_id = 1") > LIST_FEW);
	first_pages_are(
		(struct list_query){
			.view = LIST_ALL, .sort = LIST_NEWEST, .assignee = 1 },
		"SELECT id FROM incident WHERE assignee_id = 1" BY_NEWEST);
	first_pages_are((struct list_query){ .view = LIST_ALL,
					     .sort = LIST_NEWEST,
					     .channel = "phone",
					     .queue = "masa" },
			"SELECT id FROM incident WHERE channel = 'phone'"
			" AND queue = 'masa'" BY_NEWEST);
}

static void
no_page_looks_at_every_incident(void **state)
{
	const struct list_query some[] = {
		{ .view = LIST_ALL, .reason = "damaged", .channel = "api" },
		{ .view = LIST_ALL,
		  .sort = LIST_NEWEST,
		  .reason = "damaged",
		  .channel = "api" },
		{ .sort = LIST_NEWEST, .reason = "praise", .channel = "form" },
		{ .view = LIST_ALL, .queue = "masa", .channel = "phone" },
		{ .view = LIST_SOLVED, .tag = "masa", .assignee = 1 },
	};
	int all;

	(void)state;
	crowd();
	all = number_of("SELECT count(*) FROM incident");
	assert_true(all > 2 * LIST_SCAN_MAX);
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		assert_true(steps_of(some[i]) < 40 * LIST_SCAN_MAX);
	/* a rare one is looked up */
	assert_true(steps_of((struct list_query){ .view = LIST_ALL,
						  .tag = "sola" }) < 40000);
	assert_true(steps_of((struct list_query){ .view = LIST_ALL,
						  .reason = "praise",
						  .state = "spam" }) < 60000);
	assert_true(steps_of((struct list_query){ .view = LIST_ALL,
						  .channel = "none" }) < 1000);
	assert_true(steps_of((struct list_query){ .view = LIST_ALL,
						  .reason = "none" }) < 1000);
}

static void
counts_equal_lists(void **state)
{
	struct answer a;
	struct caller ana = { ROLE_CONSOLE, 1, STAFF_AGENT, NULL };
	const json_t *views;
	int64_t ids[MANY];

	(void)state;
	td.now_ms += 3 * 600000;
	a = ask(&ana, "incident.counts", json_object());
	assert_int_equal(a.outcome, OUT_OK);
	views = json_object_get(a.result, "views");
	for (int v = 0; v < LIST_VIEWS; v++) {
		struct list_query q = { .view = (enum list_view)v, .me = 1 };

		assert_int_equal(walk(q, 200, ids),
				 member(views, list_view_name(v)));
	}
	assert_int_equal(member(a.result, "overdue"),
			 number_of("SELECT count(*) FROM incident WHERE active"
				   " AND due_ms < 1767605400000"));
	assert_int_equal(member(a.result, "overdue") +
				 member(a.result, "risk") +
				 member(a.result, "ontime"),
			 number_of("SELECT count(*) FROM incident WHERE active"
				   " AND due_ms IS NOT NULL"));
	/* a queue that the book has no more is still counted */
	assert_int_equal(json_array_size(json_object_get(a.result, "queues")),
			 2);
	answer_release(&a);
}

/* These rows are of lists alone: not what every check asks for. */
static int
lists_teardown(void **state)
{
	run_sql("PRAGMA foreign_keys = OFF; DELETE FROM incident_tag;"
		" DELETE FROM message; DELETE FROM incident;"
		" DELETE FROM customer; PRAGMA foreign_keys = ON;");
	return test_desk_teardown(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, lists_setup, lists_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_view_is_complete_and_in_order),
		TEST(every_view_can_be_sorted_by_its_last_message),
		TEST(filters_narrow_every_view),
		TEST(what_cannot_be_is_empty),
		TEST(each_row_is_the_incident_that_it_shows),
		TEST(a_page_has_a_ceiling),
		TEST(a_page_goes_on_where_the_last_one_ended),
		TEST(a_foreign_cursor_is_refused),
		TEST(every_order_is_an_index_s_own),
		TEST(plans_are_made_once),
		TEST(what_is_rare_is_found_among_many),
		TEST(a_crowd_of_active_ones_hides_nothing),
		TEST(no_page_looks_at_every_incident),
		TEST(counts_equal_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

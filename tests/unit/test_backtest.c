/* A desk book over the past: spans and cuts, ceilings, what is compared, and
 * the words round a match. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/backtest.h"
#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/explain.h"
#include "daemon/replay.h"
#include "daemon/side.h"
#include "rules/book.h"
#include "tests/unit/fixture.h"

#define MAILS 9
#define GENERAL "queue \"general\" { title \"General\" }\n"

static struct book *
book_of(const char *text)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;

	if (book_read(text, strlen(text), &b, &errs) != OUT_OK)
		fail_msg("%s", errs.list[0].text);
	book_errors_release(&errs);
	return b;
}

/* Mails in commits of their own, some of the same instant. */
static void
write_mails(void)
{
	for (int i = 0; i < MAILS; i++) {
		char id[32];
		char from[32];
		struct letter m = { .id = id,
				    .from = from,
				    .subject = "Hola",
				    .text = "Quiero devolver el pedido" };
		struct call c;

		(void)snprintf(id, sizeof id, "<%d@x.example>", i);
		(void)snprintf(from, sizeof from, "c%d@x.example", i);
		if (i % 3 == 0)
			fx.now_ms += 1000;
		c = fixture_mail(&m);
		assert_int_equal(c.outcome, OUT_OK);
		call_release(&c);
	}
}

static json_t *
run(struct backtest *t)
{
	json_t *r = NULL;
	struct err e = { .text = "" };

	t->dir = fx.dir;
	if (backtest_run(t, &r, &e) != OUT_OK)
		fail_msg("%s", e.text);
	return r;
}

static int64_t
int_of(const json_t *o, const char *name)
{
	assert_true(json_is_integer(json_object_get(o, name)));
	return json_integer_value(json_object_get(o, name));
}

static void
the_span_of_time_is_kept(void **state)
{
	struct book *b = book_of(GENERAL);
	struct backtest t = { .book = b,
			      .applied = fx.desk.book,
			      .since_ms = T0_MS + 2000,
			      .until_ms = T0_MS + 3000,
			      .limit = 2,
			      .budget_ms = BACKTEST_MS };
	json_t *r;

	(void)state;
	fx.now_ms = T0_MS;
	write_mails();
	r = run(&t);
	assert_int_equal(int_of(r, "contacts"), 3);
	assert_int_equal(int_of(r, "differ"), 3);
	assert_int_equal(json_array_size(json_object_get(r, "rows")), 2);
	assert_true(json_is_false(json_object_get(r, "cut")));
	json_decref(r);
	t.since_ms = 0;
	t.until_ms = INT64_MAX;
	r = run(&t);
	assert_int_equal(int_of(r, "contacts"), MAILS);
	json_decref(r);
	book_unref(&b);
}

/* With no time at all each test gets on by one instant, and all of them
 * together look at every message once. */
static void
a_cut_test_goes_on_where_it_was(void **state)
{
	struct backtest t = { .book = fx.desk.book,
			      .applied = fx.desk.book,
			      .until_ms = INT64_MAX,
			      .limit = 10,
			      .budget_ms = 0 };
	int64_t contacts = 0;
	bool cut = true;
	int tests = 0;

	(void)state;
	write_mails();
	while (cut) {
		json_t *r = run(&t);
		const char *until =
			json_string_value(json_object_get(r, "until"));

		assert_int_equal(int_of(r, "contacts"), 3);
		assert_int_equal(int_of(r, "differ"), 0);
		contacts += int_of(r, "contacts");
		cut = json_is_true(json_object_get(r, "cut"));
		assert_true(cut == (until != NULL));
		if (cut)
			assert_true(clock_parse(until, &t.until_ms));
		json_decref(r);
		assert_true(++tests <= MAILS);
	}
	assert_int_equal(contacts, MAILS);
	assert_int_equal(tests, 3);
}

static bool
at_once(void *arg)
{
	(void)arg;
	return true;
}

static void
a_test_ends_when_it_is_told_to(void **state)
{
	struct backtest t = { .dir = fx.dir,
			      .book = fx.desk.book,
			      .applied = fx.desk.book,
			      .until_ms = INT64_MAX,
			      .budget_ms = BACKTEST_MS,
			      .stop = at_once };
	json_t *r = NULL;
	struct err e = { .text = "" };

	(void)state;
	write_mails();
	assert_int_equal(backtest_run(&t, &r, &e), OUT_TEMP);
	assert_string_equal(e.code, "stopped");
	assert_null(r);
}

/* What two threads find is put together. */
static void
two_threads_find_what_one_does(void **state)
{
	struct book *b = book_of(
		GENERAL
		"rule \"par\" { on contact if body contains \"par\" then "
		"reason praise, tag \"par\" example \"par\" }\n");
	struct backtest t = { .book = b,
			      .applied = fx.desk.book,
			      .until_ms = INT64_MAX,
			      .limit = 500,
			      .budget_ms = BACKTEST_MS };
	const json_t *rows;
	int64_t last = INT64_MAX;
	const json_t *x;
	json_t *r;
	size_t i;

	(void)state;
	write_mails();
	/* beyond what one thread takes at once */
	fixture_exec(
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
		"FROM n WHERE i < 3000) INSERT INTO message (id, incident_id, "
		"number, direction, author, received_ms, committed_ms, text) "
		"SELECT 100 + i, 1, 100 + i, 'in', 'customer', 0, "
		"(SELECT max(committed_ms) FROM message), "
		"CASE i % 2 WHEN 0 THEN 'par' ELSE 'non' END FROM n");
	r = run(&t);
	assert_int_equal(int_of(r, "contacts"), MAILS);
	assert_int_equal(int_of(r, "differ"), MAILS);
	rows = json_object_get(r, "rows");
	json_array_foreach(rows, i, x)
	{
		assert_true(int_of(x, "message") < last);
		last = int_of(x, "message");
	}
	json_decref(r);
	fixture_exec("DELETE FROM message WHERE id > 100");
	book_unref(&b);
}

struct seen {
	char text[400];
};

static void
note(void *arg, const char *kind, const char *from, const char *to)
{
	struct seen *s = arg;
	size_t n = strlen(s->text);

	(void)snprintf(s->text + n, sizeof s->text - n, "%s:%s>%s ", kind, from,
		       to);
}

static void
sides_are_compared(void **state)
{
	json_t *created =
		json_loads("{\"queue\":\"a\",\"priority\":\"low\"}", 0, NULL);
	json_t *then = json_loads(
		"{\"set\":{\"tags\":[\"x\",\"y\"],\"assign\":3,"
		"\"note\":[17,18],\"team\":\"t\"},"
		"\"left\":[{\"action\":\"send\"},{\"action\":\"reason\"}]}",
		0, NULL);
	json_t *would = json_loads("{\"set\":{\"queue\":\"b\",\"tags\":[\"y\","
				   "\"z\"],\"assign\":4,\"reason\":\"praise\","
				   "\"send\":\"r\",\"team\":\"u\"}}",
				   0, NULL);
	struct seen s = { .text = "" };
	struct side a;
	struct side b;
	json_t *o;

	(void)state;
	side_of_events(created, then, &a);
	side_of_events(NULL, would, &b);
	assert_int_equal(side_compare(&a, &b, note, &s), 7);
	assert_string_equal(s.text, "queue:a>b priority:low> note:17> "
				    "tag:x> tag:>z team:t> team:>u ");
	assert_int_equal(side_compare(&a, &a, NULL, NULL), 0);
	o = side_json(&a);
	assert_string_equal(json_string_value(json_object_get(o, "queue")),
			    "a");
	assert_int_equal(json_array_size(json_object_get(o, "tags")), 2);
	json_decref(o);
	json_decref(created);
	json_decref(then);
	json_decref(would);
}

/* The first condition of the only rule of a book, on a text. */
static json_t *
condition_on(const char *text)
{
	struct book *b =
		book_of(GENERAL "rule \"r\" { on contact if body matches "
				"/ma[ñn]ana/ then tag \"x\" example \"ma"
				"ñana\" }\n");
	struct past p = { .number = 1,
			  .author = "customer",
			  .channel = "email",
			  .name = "",
			  .text = text };
	json_t *data = json_loads("{\"rules\":[{\"rule\":\"r\"}]}", 0, NULL);
	struct explain x = { .end_ms = INT64_MAX };
	struct replay *r = mem_new(1, sizeof *r);
	bool known = false;
	json_t *list;
	json_t *c;

	replay_facts(&p, NULL, NULL, r);
	list = explain_rules(&x, b, &r->facts, data, NULL, &known);
	assert_true(known);
	assert_int_equal(json_array_size(list), 1);
	c = json_incref(json_array_get(
		json_object_get(json_array_get(list, 0), "conditions"), 0));
	json_decref(list);
	json_decref(data);
	mem_free(r);
	book_unref(&b);
	return c;
}

static void
a_match_is_shown_with_its_words(void **state)
{
	struct buf b;
	json_t *c;
	const json_t *mark;
	const char *s;

	(void)state;
	buf_init(&b, 10000);
	for (int i = 0; i < 40; i++)
		(void)buf_puts(&b, "ñandú 😀\n");
	(void)buf_puts(&b, "MAÑANA");
	for (int i = 0; i < 40; i++)
		(void)buf_puts(&b, " 😀ñ");
	c = condition_on(b.data);
	assert_string_equal(json_string_value(json_object_get(c, "verdict")),
			    "yes");
	assert_memory_equal(b.data + int_of(c, "from"), "MAÑANA",
			    strlen("MAÑANA"));
	s = json_string_value(json_object_get(c, "excerpt"));
	assert_null(strchr(s, '\n'));
	assert_true(strlen(s) < 140);
	mark = json_array_get(json_object_get(c, "marks"), 0);
	assert_int_equal(json_integer_value(json_array_get(mark, 1)) -
				 json_integer_value(json_array_get(mark, 0)),
			 6);
	assert_non_null(strstr(s, "MAÑANA"));
	json_decref(c);
	buf_release(&b);
	c = condition_on("mañana");
	assert_string_equal(json_string_value(json_object_get(c, "excerpt")),
			    "mañana");
	json_decref(c);
}

#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_span_of_time_is_kept),
		T(a_cut_test_goes_on_where_it_was),
		T(a_test_ends_when_it_is_told_to),
		T(two_threads_find_what_one_does),
		cmocka_unit_test(sides_are_compared),
		cmocka_unit_test(a_match_is_shown_with_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The receipt of a deadline: on clocks by chance, under several books and
 * calendars, with pauses, its stretches are adjacent, say what they count,
 * and make the budget at the deadline; clock.explain of a clock of the desk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/receipt.h"
#include "rules/book.h"
#include "rules/deadline.h"
#include "tests/unit/fixture.h"

method_fn m_clock_explain;

#define CLOCKS 3000
#define DAY ((int64_t)86400)
/* 2026-01-01 00:00 UTC */
#define YEAR_S INT64_C(1767225600)

static uint64_t seed;

/* 0 to n - 1, the same in each run */
static int64_t
chance(int64_t n)
{
	seed = seed * UINT64_C(6364136223846793005) +
	       UINT64_C(1442695040888963407);
	return (int64_t)((seed >> 33) % (uint64_t)n);
}

/* --- books ------------------------------------------------------------------- */

/* Store a book as a version that was applied a second after the one before;
 * the last is the desk's own. */
static void
apply(const char *text)
{
	struct book_errors errs = { 0 };
	char hash[HASH_HEX];
	char *sql;

	book_unref(&fx.desk.book);
	if (book_read(text, strlen(text), &fx.desk.book, &errs) != OUT_OK)
		fail_msg("line %d: %s", errs.list[0].line, errs.list[0].text);
	book_errors_release(&errs);
	hash_hex(text, strlen(text), hash);
	fx.desk.book_version++;
	sql = sqlite3_mprintf("INSERT INTO book (version, hash, text, note, "
			      "applied_ms) VALUES (%lld, %Q, %Q, '', %lld)",
			      (long long)fx.desk.book_version, hash, text,
			      (long long)fx.now_ms +
				      fx.desk.book_version * 1000);
	fixture_exec(sql);
	sqlite3_free(sql);
}

static const char *const books[] = {
	"queue \"g\" { title \"G\" }\n"
	"calendar \"tienda\" { timezone \"Europe/Madrid\" "
	"mon-fri 09:00-14:00, 16:00-19:00 closed 2026-04-03, 2026-12-07, "
	"2026-12-08 on 2026-12-24 09:00-13:00 }\n"
	"policy \"correo\" { calendar \"tienda\" first response 4h }\n",
	"queue \"g\" { title \"G\" }\n"
	"calendar \"tienda\" { timezone \"America/Mexico_City\" "
	"mon-sat 10:00-18:00 closed 2026-11-16 }\n"
	"policy \"correo\" { calendar \"tienda\" first response 4h }\n",
	"queue \"g\" { title \"G\" }\n"
	"calendar \"tienda\" { timezone \"Europe/Madrid\" "
	"sat 22:00-06:00 mon-wed 20:00-02:00 closed 2026-03-29 }\n"
	"policy \"correo\" { calendar \"tienda\" first response 4h }\n",
};
#define BOOKS (sizeof books / sizeof books[0])

/* --- clocks by chance ---------------------------------------------------------- */

static void
by_chance(struct receipt_rows *r)
{
	size_t i;

	memset(r, 0, sizeof *r);
	r->id = 1;
	r->start_s = YEAR_S + chance(400 * DAY);
	r->span_count = 1 + (size_t)chance(3);
	for (i = 0; i < r->span_count; i++) {
		struct receipt_span *span = &r->spans[i];

		span->from_s =
			i == 0 ? r->start_s
			       : r->spans[i - 1].from_s + chance(4 * DAY);
		span->book_version = 2 + chance(BOOKS);
		span->budget_s = 60 + chance(60 * 3600);
		(void)snprintf(span->policy, sizeof span->policy, "correo");
		/* one in eight counts every second */
		if (chance(8) != 0)
			(void)snprintf(span->calendar, sizeof span->calendar,
				       "tienda");
	}
	r->pause_count = (size_t)chance(5);
	for (i = 0; i < r->pause_count; i++) {
		r->pauses[i].from_s = r->start_s + chance(6 * DAY) - DAY / 2;
		r->pauses[i].to_s = r->pauses[i].from_s + chance(3 * DAY);
		(void)snprintf(r->pauses[i].cause, sizeof r->pauses[i].cause,
			       "on_hold");
	}
}

/* When it is due, by the arithmetic that clocks use. */
static int64_t
due_of(const struct receipt *x, const struct receipt_rows *r)
{
	struct deadline_span spans[RECEIPT_SPANS_MAX] = { 0 };
	struct pause pauses[RECEIPT_PAUSES_MAX];
	size_t i;

	for (i = 0; i < r->span_count; i++) {
		spans[i].from_s = r->spans[i].from_s;
		spans[i].calendar = x->calendars[i];
		spans[i].budget_s = r->spans[i].budget_s;
	}
	for (i = 0; i < r->pause_count; i++)
		pauses[i] = (struct pause){ r->pauses[i].from_s,
					    r->pauses[i].to_s };
	return deadline_chain(spans, r->span_count, pauses, r->pause_count);
}

/* The budget that held when it was due; 0: it became due by a change. */
static int64_t
budget_at(const struct receipt_rows *r, int64_t due_s)
{
	int64_t budget = 0;
	size_t i;

	for (i = 0; i < r->span_count; i++) {
		if (i > 0 && r->spans[i].from_s == due_s)
			return 0;
		if (r->spans[i].from_s < due_s)
			budget = r->spans[i].budget_s;
	}
	return budget;
}

static void
check_stretches(const struct receipt *x, const struct receipt_rows *r,
		int64_t due_s)
{
	int64_t at = r->start_s;
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < x->n; i++) {
		const struct receipt_stretch *s = &x->list[i];

		assert_int_equal(s->from_s, at);
		assert_true(s->to_s > s->from_s);
		assert_int_equal(s->counted_s, s->kind == WORKING_OPEN
						       ? s->to_s - s->from_s
						       : 0);
		assert_true(s->span < r->span_count);
		if (s->kind == WORKING_PAUSED) {
			const struct receipt_pause *p = &r->pauses[s->pause];

			assert_true(p->from_s <= s->from_s);
			assert_true(p->to_s >= s->to_s);
		}
		at = s->to_s;
		sum += s->counted_s;
	}
	assert_int_equal(at, due_s);
	assert_int_equal(sum, x->counted_s);
	assert_false(x->cut);
}

static void
stretches_make_the_budget(void **state)
{
	struct receipt_rows *r = test_calloc(1, sizeof *r);
	int dues = 0;
	int moved = 0;
	size_t b;
	int i;

	(void)state;
	seed = 20260105;
	for (b = 0; b < BOOKS; b++)
		apply(books[b]);
	for (i = 0; i < CLOCKS; i++) {
		struct receipt x;
		struct err e;
		int64_t due;
		int64_t budget;

		by_chance(r);
		if (receipt_open(&fx.desk, fx.store, r, &x, &e) != OUT_OK)
			fail_msg("%s", e.text);
		due = due_of(&x, r);
		if (due != DEADLINE_NEVER) {
			receipt_walk(&x, r, due);
			check_stretches(&x, r, due);
			assert_int_equal(receipt_used(&x, r, due), x.counted_s);
			budget = budget_at(r, due);
			if (budget > 0) {
				assert_int_equal(x.counted_s, budget);
				/* a second before it was not yet due */
				assert_int_equal(receipt_used(&x, r, due - 1),
						 budget - 1);
			}
			dues++;
			moved += r->span_count > 1;
		}
		receipt_release(&x);
	}
	test_free(r);
	assert_true(dues > CLOCKS / 2);
	assert_true(moved > CLOCKS / 3);
}

/* --- clock.explain --------------------------------------------------------------- */

static json_t *
explained(int64_t clock)
{
	struct call c =
		fixture_call(m_clock_explain, ROLE_CONSOLE, fx.agent_id,
			     json_pack("{s:I}", "id", (json_int_t)clock));
	json_t *result = json_incref(c.result);

	if (c.outcome != OUT_OK)
		fail_msg("refused: %s", c.err.text);
	call_release(&c);
	return result;
}

static json_int_t
number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static const char *
text(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static const json_t *
at(const json_t *o, const char *list, size_t i)
{
	return json_array_get(json_object_get(o, list), i);
}

/* A mail on the eve of two holidays: each is told by its date. */
static void
holidays_by_date(void **state)
{
	const struct letter m = { .id = "<h@x>",
				  .from = "eva@cliente.example",
				  .text = "hola" };
	struct call c;
	json_t *x;

	(void)state;
	apply(books[0]);
	/* Friday 2026-12-04 18:30 in Madrid */
	fx.now_ms = INT64_C(1796405400000);
	c = fixture_mail(&m);
	call_release(&c);
	x = explained(1);
	assert_int_equal(number(x, "used_s"), 0);
	assert_int_equal(number(x, "left_s"), 4 * 3600);
	assert_string_equal(text(x, "zone"), "Europe/Madrid");
	assert_int_equal(json_array_size(json_object_get(x, "spans")), 1);
	assert_string_equal(text(at(x, "spans", 0), "calendar"), "tienda");
	assert_string_equal(text(at(x, "steps", 0), "kind"), "open");
	assert_int_equal(number(at(x, "steps", 0), "counted_s"), 1800);
	assert_string_equal(text(at(x, "steps", 2), "kind"), "holiday");
	assert_string_equal(text(at(x, "steps", 2), "date"), "2026-12-07");
	assert_string_equal(text(at(x, "steps", 3), "kind"), "holiday");
	assert_string_equal(text(at(x, "steps", 3), "date"), "2026-12-08");
	assert_true(json_is_null(json_object_get(x, "breach")));
	json_decref(x);
	/* on Wednesday at 12:35 five minutes are over */
	fx.now_ms = INT64_C(1796816100000);
	(void)fixture_tick();
	x = explained(1);
	assert_int_equal(number(x, "left_s"), -300);
	assert_string_equal(text(json_object_get(x, "breach"), "cause"),
			    "nobody_assigned");
	json_decref(x);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stretches_make_the_budget),
		TEST(holidays_by_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

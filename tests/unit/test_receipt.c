/*
 * The receipt of a deadline: on clocks by chance, under several books and
 * calendars, with pauses, its stretches are adjacent, say what they count,
 * and make the budget at the deadline; clock.explain of a clock of the desk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

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
	int64_t version = fx.desk.book_version + 1;

	fixture_apply(text, "", fx.now_ms + version * 1000);
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
by_chance(struct course *c)
{
	struct course_terms terms = { .policy = "correo" };
	int64_t at_s = YEAR_S + chance(400 * DAY);
	int64_t spans = 1 + chance(3);
	int64_t pauses = chance(5);
	int64_t i;

	for (i = 0; i < spans; i++) {
		terms.book_version = 2 + chance(BOOKS);
		terms.budget_s = 60 + chance(60 * 3600);
		/* one in eight counts every second */
		(void)snprintf(terms.calendar, sizeof terms.calendar, "%s",
			       chance(8) != 0 ? "tienda" : "");
		if (i == 0)
			course_init(c, at_s, &terms);
		else
			assert_true(course_move(c, at_s, &terms));
		at_s += 1 + chance(4 * DAY);
	}
	at_s = c->start_s;
	for (i = 0; i < pauses; i++) {
		at_s += chance(3 * DAY);
		assert_true(course_pause(c, at_s, at_s + chance(3 * DAY),
					 "on_hold"));
	}
}

static enum outcome
book_of(void *arg, int64_t version, struct book **out, struct err *e)
{
	(void)arg;
	return desk_book_of(&fx.desk, fx.store, version, out, e);
}

/* The budget that held when it was due; 0: it became due by a change. */
static int64_t
budget_at(const struct course *c, int64_t due_s)
{
	int64_t budget = 0;
	size_t i;

	for (i = 0; i < c->span_count; i++) {
		if (i > 0 && c->spans[i].from_s == due_s)
			return 0;
		if (c->spans[i].from_s < due_s)
			budget = c->spans[i].terms.budget_s;
	}
	return budget;
}

static void
check_stretches(const struct receipt *x, const struct course *c, int64_t due_s)
{
	int64_t at = c->start_s;
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < x->n; i++) {
		const struct receipt_stretch *s = &x->list[i];

		assert_int_equal(s->from_s, at);
		assert_true(s->to_s > s->from_s);
		assert_int_equal(s->counted_s, s->kind == WORKING_OPEN
						       ? s->to_s - s->from_s
						       : 0);
		assert_true(s->span < c->span_count);
		assert_true(c->spans[s->span].from_s <= s->from_s);
		if (s->kind == WORKING_PAUSED) {
			const struct course_pause *p = &c->pauses[s->pause];

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

/* What the stretches count is what clocks use, and the budget at the end. */
static void
check_receipt(const struct course *c, int64_t due_s)
{
	struct receipt x = { .n = 0 };
	int64_t budget = budget_at(c, due_s);

	receipt_walk(&x, c, due_s);
	check_stretches(&x, c, due_s);
	assert_int_equal(course_used(c, due_s), x.counted_s);
	if (budget > 0) {
		assert_int_equal(x.counted_s, budget);
		receipt_walk(&x, c, due_s - 1);
		assert_int_equal(x.counted_s, budget - 1);
	}
	receipt_release(&x);
}

static void
stretches_make_the_budget(void **state)
{
	int dues = 0;
	int moved = 0;
	size_t b;
	int i;

	(void)state;
	seed = 20260105;
	for (b = 0; b < BOOKS; b++)
		apply(books[b]);
	for (i = 0; i < CLOCKS; i++) {
		struct course c = { .span_count = 0 };
		struct err e;
		int64_t due;

		by_chance(&c);
		if (course_resolve(&c, book_of, NULL, &e) != OUT_OK)
			fail_msg("%s", e.text);
		due = course_due(&c);
		if (due != DEADLINE_NEVER) {
			check_receipt(&c, due);
			dues++;
			moved += c.span_count > 1;
		}
		course_release(&c);
	}
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

/*
 * What a desk book says of promises: budgets by clock and priority, working
 * days, pauses, reopening, teams' calendars; and what it may not say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "rules/book_fmt.h"
#include "rules/calendar.h"
#include "rules/deadline.h"
#include "tests/unit/book_help.h"

#define HEAD                                                                   \
	"queue \"q\" { title \"Q\" }\n"                                        \
	"calendar \"c\" { timezone \"Europe/Madrid\" mon-fri 09:00-18:00 }\n"

static const char whole[] =
	HEAD "team \"noche\" { title \"Noche\" calendar \"c\" members "
	     "\"ana@shop.example\" }\n"
	     "team \"dia\" { members \"eva@shop.example\" }\n"
	     "policy \"p\" {\n"
	     "    calendar \"c\"\n"
	     "    first response 4h, high 2h, urgent 30m\n"
	     "    next response 8h\n"
	     "    resolution 3 working days, urgent 6h\n"
	     "    proactive 3h, urgent 1h open\n"
	     "    claim 15 working days\n"
	     "    pauses resolution while on_hold, snoozed\n"
	     "    reopen resolution begins\n"
	     "    warn at 75%, 15m left\n"
	     "    escalate claim at 80% then priority high\n"
	     "    escalate proactive at breach then tag \"late\"\n"
	     "}\n"
	     "policy \"plain\" { calendar \"c\" resolution 1h }\n"
	     "policy \"never\" { calendar \"c\" resolution 1h "
	     "pauses resolution never }\n";

static void
same_budget(struct book_budget got, int64_t seconds, int days, bool wall)
{
	assert_int_equal(got.seconds, seconds);
	assert_int_equal(got.days, days);
	assert_int_equal(got.wall, wall);
}

static void
five_promises_by_priority(void **state)
{
	struct book *b = help_book(whole);
	const struct book_policy *p = book_policy(b, "p");

	(void)state;
	same_budget(book_policy_budget(p, BOOK_CLOCK_FIRST_RESPONSE, NULL),
		    4 * 3600, 0, false);
	same_budget(book_policy_budget(p, BOOK_CLOCK_FIRST_RESPONSE, "low"),
		    4 * 3600, 0, false);
	same_budget(book_policy_budget(p, BOOK_CLOCK_FIRST_RESPONSE, "high"),
		    2 * 3600, 0, false);
	same_budget(book_policy_budget(p, BOOK_CLOCK_FIRST_RESPONSE, "urgent"),
		    1800, 0, false);
	same_budget(book_policy_budget(p, BOOK_CLOCK_NEXT_RESPONSE, "urgent"),
		    8 * 3600, 0, false);
	same_budget(book_policy_budget(p, BOOK_CLOCK_RESOLUTION, "normal"), 0,
		    3, false);
	same_budget(book_policy_budget(p, BOOK_CLOCK_RESOLUTION, "urgent"),
		    6 * 3600, 0, false);
	same_budget(book_policy_budget(p, BOOK_CLOCK_PROACTIVE, "odd"),
		    3 * 3600, 0, true);
	same_budget(book_policy_budget(p, BOOK_CLOCK_PROACTIVE, "urgent"), 3600,
		    0, false);
	same_budget(book_policy_budget(p, BOOK_CLOCK_CLAIM, "high"), 0, 15,
		    false);
	p = book_policy(b, "plain");
	same_budget(book_policy_budget(p, BOOK_CLOCK_CLAIM, NULL), 0, 0, false);
	book_unref(&b);
}

static void
clocks_have_names(void **state)
{
	static const char *const names[] = { "first_response", "next_response",
					     "resolution", "proactive",
					     "claim" };
	enum book_clock clock;
	size_t i;

	(void)state;
	assert_int_equal(BOOK_CLOCK_COUNT, sizeof names / sizeof *names);
	for (i = 0; i < BOOK_CLOCK_COUNT; i++) {
		assert_string_equal(book_clock_name((enum book_clock)i),
				    names[i]);
		assert_true(book_clock_find(names[i], &clock));
		assert_int_equal(clock, i);
	}
	assert_false(book_clock_find("first response", &clock));
}

static void
states_that_pause(void **state)
{
	struct book *b = help_book(whole);
	const struct book_policy *p = book_policy(b, "p");
	const struct book_policy *plain = book_policy(b, "plain");
	const struct book_policy *never = book_policy(b, "never");
	int clock;

	(void)state;
	assert_true(book_policy_pauses(p, BOOK_CLOCK_RESOLUTION, "on_hold"));
	assert_true(book_policy_pauses(p, BOOK_CLOCK_RESOLUTION, "snoozed"));
	assert_false(book_policy_pauses(p, BOOK_CLOCK_RESOLUTION,
					"pending_customer"));
	assert_true(book_policy_pauses(plain, BOOK_CLOCK_RESOLUTION,
				       "pending_customer"));
	assert_true(
		book_policy_pauses(plain, BOOK_CLOCK_RESOLUTION, "on_hold"));
	assert_true(
		book_policy_pauses(plain, BOOK_CLOCK_RESOLUTION, "snoozed"));
	assert_false(book_policy_pauses(plain, BOOK_CLOCK_RESOLUTION, "open"));
	assert_false(
		book_policy_pauses(never, BOOK_CLOCK_RESOLUTION, "snoozed"));
	/* replies, what the desk says first and claims never pause */
	for (clock = 0; clock < BOOK_CLOCK_COUNT; clock++)
		if (clock != BOOK_CLOCK_RESOLUTION)
			assert_false(book_policy_pauses(
				plain, (enum book_clock)clock, "snoozed"));
	assert_true(p->reopen_begins);
	assert_false(plain->reopen_begins);
	book_unref(&b);
}

static void
teams_have_calendars(void **state)
{
	struct book *b = help_book(whole);
	const struct book_team *t = book_team(b, "noche");

	(void)state;
	assert_string_equal(t->calendar_name, "c");
	assert_ptr_equal(t->calendar, book_calendar(b, "c"));
	assert_null(book_team(b, "dia")->calendar);
	assert_null(book_team(b, "dia")->calendar_name);
	book_unref(&b);
}

static void
every_clock_escalates(void **state)
{
	struct book *b = help_book(whole);
	const struct book_policy *p = book_policy(b, "p");

	(void)state;
	assert_int_equal(p->escalation_count, 2);
	assert_int_equal(p->escalations[0]->clock, BOOK_CLOCK_CLAIM);
	assert_int_equal(p->escalations[0]->percent, 80);
	assert_int_equal(p->escalations[1]->clock, BOOK_CLOCK_PROACTIVE);
	assert_int_equal(p->escalations[1]->when, BOOK_AT_BREACH);
	book_unref(&b);
}

#define POLICY(text) HEAD "policy \"p\" { calendar \"c\" " text " }"
#define CALENDAR(text)                                                         \
	"queue \"q\" { }\n"                                                    \
	"calendar \"c\" { timezone \"Europe/Madrid\" mon 09:00-18:00\n" text   \
	" }"

static const struct {
	const char *text;
	const char *errors;
} wrong[] = {
	{ POLICY("first response -4h"),
	  "b:3:42: a promise of less than nothing (leave out the "
	  "'-')\n" },
	{ POLICY("claim -15 working days"),
	  "b:3:33: a promise of less than nothing (leave out the "
	  "'-')\n" },
	{ POLICY("resolution 0m"), "b:3:38: a duration of nothing "
				   "(leave it out for no promise)\n" },
	{ POLICY("claim 15"), "b:3:33: a number without its unit "
			      "(write it like 4h, 30m or 15 working "
			      "days)\n" },
	{ POLICY("claim 15 days"),
	  "b:3:33: a number without its unit (write it like 4h, 30m or "
	  "15 working days)\n" },
	{ POLICY("claim 0 working days"),
	  "b:3:33: a number of working days out of range (from 1 to "
	  "150, without fractions)\n" },
	{ POLICY("claim 151 working days"),
	  "b:3:33: a number of working days out of range (from 1 to "
	  "150, without fractions)\n" },
	{ POLICY("claim 1.5 working days"),
	  "b:3:33: a number of working days out of range (from 1 to "
	  "150, without fractions)\n" },
	{ POLICY("resolution 4h open"),
	  "b:3:38: this promise counts open hours anyway (leave out "
	  "'open': only 'proactive' counts other hours)\n" },
	{ POLICY("resolution 4h, hihg 2h"),
	  "b:3:42: no such priority: 'hihg' (did you mean 'high'?)\n" },
	{ POLICY("resolution 4h, high 2h, high 1h"),
	  "b:3:56: a second time for the same promise (leave one of "
	  "them out)\n" },
	{ POLICY("claim 1h claim 2h"),
	  "b:3:42: a second time for the same promise (leave one of "
	  "them out)\n" },
	{ POLICY("resolution 4h pauses resolution while solved"),
	  "b:3:65: 'solved' does not pause a resolution (states that "
	  "pause are pending_customer, on_hold and snoozed)\n" },
	{ POLICY("resolution 4h pauses resolution while on_hodl"),
	  "b:3:65: no such state that pauses: 'on_hodl' (did you mean "
	  "'on_hold'?)\n" },
	{ POLICY("resolution 4h reopen resolution starts"),
	  "b:3:59: no such way to go on: 'starts' (write 'continues' "
	  "or 'begins')\n" },
	{ HEAD "calendar \"oficina\" { timezone \"UTC\" mon "
	       "09:00-10:00 }\nteam \"t\" { calendar \"ofcina\" }",
	  "b:4:21: no calendar \"ofcina\" in this book (did you mean "
	  "'oficina'?)\n" },
	{ "queue \"q\" { }\ncalendar \"c\" { timezone "
	  "\"Europe/Madird\" mon 09:00-18:00 }",
	  "b:2:25: unknown time zone 'Europe/Madird' (did you mean "
	  "'Europe/Madrid'?)\n" },
	{ CALENDAR("tue 09:00-09:00"),
	  "b:3:5: opening and closing at the same time (for the whole "
	  "day write 00:00-24:00)\n" },
	{ CALENDAR("closed 2026-12-25, 2026-12-25"),
	  "b:3:20: date 2026-12-25 is given twice (leave one of them "
	  "out)\n" },
	{ CALENDAR("closed 2026-12-25 on 2026-12-25 09:00-10:00"),
	  "b:3:22: date 2026-12-25 is given twice (leave one of them "
	  "out)\n" },
	{ "queue \"q\" { }\ncalendar \"c\" { timezone "
	  "\"Europe/Madrid\" closed 2026-12-25 }",
	  "b:2:10: calendar \"c\" is never open (mon-fri "
	  "09:00-18:00)\n" },
};

static void
wrong_promises_are_refused_with_place_and_hint(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char *got = help_errors(wrong[i].text);

		if (strcmp(got, wrong[i].errors) != 0)
			fail_msg("text:\n%s\ngot:\n%s\nwant:\n%s",
				 wrong[i].text, got, wrong[i].errors);
		mem_free(got);
	}
}

/* Mondays alone, and each of them closed for two years from now. */
static void
closed_dates_may_not_leave_nothing(void **state)
{
	int64_t day = clock_now_ms() / 1000 / DAY_S - 7;
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	struct buf text;
	char iso[32];
	char *got;
	int i;

	(void)state;
	buf_init(&text, 65536);
	(void)buf_puts(&text, "queue \"q\" { }\ncalendar \"c\" { timezone "
			      "\"Europe/Madrid\" mon 09:00-18:00\n");
	/* 1970-01-01 was a Thursday */
	day += 7 - (day + 3) % 7;
	for (i = 0; i < 104; i++) {
		clock_iso_s((day + i * 7) * DAY_S, iso);
		(void)buf_printf(&text, "closed %.10s\n", iso);
	}
	(void)buf_puts(&text, "}");
	got = help_errors(buf_str(&text));
	assert_string_equal(got, "b:2:10: calendar \"c\" is not open within a "
				 "year (its closed dates leave nothing of its "
				 "weekdays)\n");
	mem_free(got);
	/* once applied it stays readable */
	assert_int_equal(book_read_trusted(buf_str(&text), text.len, &b, &errs),
			 OUT_OK);
	book_unref(&b);
	buf_release(&text);
}

static void
an_old_version_gives_its_promises_alone(void **state)
{
	static const char rules[] =
		"# rule \"no\" {\n"
		"list \"l\" { /a+\\/}/, \"}\" }\n"
		"rule \"r\" { # \"}\n"
		"    on contact if body matches /(x+x+)+y\"{/ then reply "
		"\"hola\",\n"
		"        link order {order} example \"} policy \\\"\" }\n"
		"reply \"hola\" { text \"\"\"\n"
		"    } \"policy\" \"x\" { calendar \"none\" }\n"
		"    \"\"\" }\n"
		"shop policy \"policy\" { text \"calendar {\" }\n"
		"policy \"last\" { calendar \"c\" claim 1 working day }\n";
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	struct buf text;
	const struct book_policy *p;

	(void)state;
	buf_init(&text, 65536);
	(void)buf_printf(&text, "\xEF\xBB\xBF%s%s", rules, whole);
	assert_int_equal(
		book_promises_read(buf_str(&text), text.len, &b, &errs),
		OUT_OK);
	p = book_policy(b, "p");
	same_budget(book_policy_budget(p, BOOK_CLOCK_FIRST_RESPONSE, "high"),
		    2 * 3600, 0, false);
	assert_ptr_equal(p->calendar, book_calendar(b, "c"));
	assert_int_equal(p->escalation_count, 2);
	assert_string_equal(book_queue_default(b)->name, "q");
	assert_ptr_equal(book_team(b, "noche")->calendar, p->calendar);
	assert_int_equal(book_policy_count(b), 4);
	assert_int_equal(book_policy(b, "last")->usual[BOOK_CLOCK_CLAIM].days,
			 1);
	assert_int_equal(book_shop_policy_count(b), 0);
	assert_int_equal(book_rule_count(b), 0);
	assert_int_equal(book_list_count(b), 0);
	assert_int_equal(book_reply_count(b), 0);
	book_unref(&b);
	/* what cannot be read is said */
	assert_int_equal(book_promises_read("policy", 6, &b, &errs), OUT_PERM);
	assert_int_equal(errs.n, 1);
	book_errors_release(&errs);
	buf_release(&text);
}

static void
a_difference_names_promises(void **state)
{
	static const char before[] = POLICY("first response 4h, high 2h "
					    "resolution 8h claim 15 working "
					    "days");
	static const char after[] = POLICY(
		"first response 4h, urgent 1h resolution 8h proactive 3h open "
		"claim 1 working day pauses resolution never "
		"reopen resolution begins");
	struct book *a = help_book(before);
	struct book *b = help_book(after);
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	book_diff(a, b, &out);
	assert_string_equal(
		buf_str(&out),
		"~ policy \"p\": first response 4h, high 2h -> 4h, urgent 1h\n"
		"~ policy \"p\": proactive none -> 3h open\n"
		"~ policy \"p\": claim 15 working days -> 1 working day\n"
		"~ policy \"p\": pauses resolution while pending_customer, "
		"on_hold, snoozed -> never\n"
		"~ policy \"p\": reopen resolution continues -> begins\n");
	buf_release(&out);
	book_unref(&a);
	book_unref(&b);
}

static void
promises_have_a_canonical_form(void **state)
{
	static const char text[] =
		"policy \"p\" { calendar \"c\" claim 15   working days "
		"first response 4h , high 2h pauses resolution while on_hold,"
		"snoozed reopen   resolution continues proactive 3h open "
		"resolution 1h\n\n\nescalate claim at breach then tag \"x\" }";
	struct book_errors errs = { 0 };
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	assert_int_equal(book_fmt(text, strlen(text), &out, &errs), OUT_OK);
	assert_string_equal(buf_str(&out),
			    "policy \"p\" {\n"
			    "    calendar \"c\"\n"
			    "    claim 15 working days\n"
			    "    first response 4h, high 2h\n"
			    "    pauses resolution while on_hold, snoozed\n"
			    "    reopen resolution continues\n"
			    "    proactive 3h open\n"
			    "    resolution 1h\n"
			    "\n"
			    "    escalate claim at breach then tag \"x\"\n"
			    "}\n");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_promises_by_priority),
		cmocka_unit_test(clocks_have_names),
		cmocka_unit_test(states_that_pause),
		cmocka_unit_test(teams_have_calendars),
		cmocka_unit_test(every_clock_escalates),
		cmocka_unit_test(
			wrong_promises_are_refused_with_place_and_hint),
		cmocka_unit_test(closed_dates_may_not_leave_nothing),
		cmocka_unit_test(an_old_version_gives_its_promises_alone),
		cmocka_unit_test(a_difference_names_promises),
		cmocka_unit_test(promises_have_a_canonical_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

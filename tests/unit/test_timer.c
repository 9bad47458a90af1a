/* Rules of time: when the next instant is, also where clocks change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "rules/deadline.h"
#include "tests/unit/book_help.h"

#define HEAD "queue \"q\" { }\n"

static int64_t
at(const char *instant)
{
	int64_t ms = 0;

	if (!clock_parse(instant, &ms))
		fail_msg("no instant: %s", instant);
	return ms / 1000;
}

/* The only timer of a rule "on WHEN" in a zone. */
static struct book *
timed(const char *zone, const char *when)
{
	char *text = mem_printf(HEAD "calendar \"c\" { timezone \"%s\" mon-fri "
				     "09:00-14:00 }\n"
				     "rule \"r\" { on %s then tag \"t\" }\n",
				zone, when);
	struct book *b = help_book(text);

	assert_non_null(book_timed(b, 0));
	assert_null(book_timed(b, 1));
	mem_free(text);
	return b;
}

/* From an instant on, these are the next ones. */
static void
follows(const char *zone, const char *when, const char *from,
	const char *const *next)
{
	struct book *b = timed(zone, when);
	int64_t t = at(from);

	for (; *next != NULL; next++) {
		int64_t got = book_timer_next(book_timed(b, 0), t);

		if (got != at(*next))
			fail_msg(
				"%s in %s: after %lld comes %lld, not %s (%lld)",
				when, zone, (long long)t, (long long)got, *next,
				(long long)at(*next));
		t = got;
	}
	book_unref(&b);
}

static void
days_and_hours(void **state)
{
	static const char *const weekdays[] = { "2026-11-27T08:00:00Z",
						"2026-11-30T08:00:00Z",
						"2026-12-01T08:00:00Z", NULL };
	static const char *const sundays[] = { "2026-11-29T22:59:00Z",
					       "2026-12-06T22:59:00Z", NULL };
	static const char *const days[] = { "2026-11-27T00:00:00Z",
					    "2026-11-28T00:00:00Z", NULL };
	static const char *const some[] = { "2026-11-28T05:00:00Z",
					    "2026-11-29T05:00:00Z",
					    "2026-12-01T05:00:00Z",
					    "2026-12-05T05:00:00Z", NULL };
	/* Nepal is 5:45 ahead */
	static const char *const hours[] = { "2026-11-27T00:15:00Z",
					     "2026-11-27T01:15:00Z", NULL };

	(void)state;
	follows("Europe/Madrid", "every weekday at 09:00",
		"2026-11-26T08:00:00Z", weekdays);
	follows("Europe/Madrid", "every mon-fri at 09:00 in \"c\"",
		"2026-11-26T08:00:00Z", weekdays);
	follows("Europe/Madrid", "every sun at 23:59", "2026-11-26T08:00:00Z",
		sundays);
	follows("UTC", "every day at 00:00", "2026-11-26T00:00:00Z", days);
	follows("America/Lima", "every sat-sun, tue at 00:00",
		"2026-11-26T08:00:00Z", some);
	follows("Asia/Kathmandu", "every hour", "2026-11-26T23:15:00Z", hours);
}

/* 2026-03-29 02:00 is 03:00 in Madrid: 02:30 does not occur. */
static void
a_gap_runs_right_after_it(void **state)
{
	static const char *const gap[] = { "2026-03-28T01:30:00Z",
					   "2026-03-29T01:00:00Z",
					   "2026-03-30T00:30:00Z", NULL };
	static const char *const after[] = { "2026-03-28T02:00:00Z",
					     "2026-03-29T01:00:00Z",
					     "2026-03-30T01:00:00Z", NULL };
	static const char *const hours[] = { "2026-03-29T00:00:00Z",
					     "2026-03-29T01:00:00Z",
					     "2026-03-29T02:00:00Z", NULL };
	/* clocks go from 23:59:59 to 01:00: 00:00 does not occur */
	static const char *const midnight[] = { "2026-09-05T04:00:00Z",
						"2026-09-06T04:00:00Z",
						"2026-09-07T03:00:00Z", NULL };

	(void)state;
	follows("Europe/Madrid", "every day at 02:30", "2026-03-27T12:00:00Z",
		gap);
	follows("Europe/Madrid", "every day at 03:00", "2026-03-27T12:00:00Z",
		after);
	follows("Europe/Madrid", "every hour", "2026-03-28T23:00:00Z", hours);
	follows("America/Santiago", "every day at 00:00",
		"2026-09-04T12:00:00Z", midnight);
}

/* 2026-10-25 03:00 is 02:00 again in Madrid: 02:30 occurs twice. */
static void
a_repeated_time_runs_once(void **state)
{
	static const char *const twice[] = { "2026-10-24T00:30:00Z",
					     "2026-10-25T00:30:00Z",
					     "2026-10-26T01:30:00Z", NULL };
	static const char *const between[] = { "2026-10-26T01:30:00Z", NULL };
	static const char *const hours[] = { "2026-10-25T00:00:00Z",
					     "2026-10-25T01:00:00Z",
					     "2026-10-25T02:00:00Z", NULL };

	(void)state;
	follows("Europe/Madrid", "every day at 02:30", "2026-10-23T12:00:00Z",
		twice);
	/* the second 02:10 */
	follows("Europe/Madrid", "every day at 02:30", "2026-10-25T01:10:00Z",
		between);
	follows("Europe/Madrid", "every hour", "2026-10-24T23:00:00Z", hours);
}

/* Samoa had no 2011-12-30, a Friday. */
static void
a_date_left_out_has_no_times(void **state)
{
	static const char *const fridays[] = { "2011-12-23T19:00:00Z",
					       "2012-01-05T19:00:00Z", NULL };
	static const char *const days[] = { "2011-12-29T19:00:00Z",
					    "2011-12-30T19:00:00Z", NULL };

	(void)state;
	follows("Pacific/Apia", "every fri at 09:00", "2011-12-20T00:00:00Z",
		fridays);
	follows("Pacific/Apia", "every day at 09:00", "2011-12-29T00:00:00Z",
		days);
}

static void
an_incident_s_own_time_is_not_planned_here(void **state)
{
	static const struct {
		const char *when;
		int64_t s;
		enum book_timer_since since;
		bool open;
	} t[] = {
		{ "4h after solved", 14400, SINCE_SOLVED, false },
		{ "7d after created", 604800, SINCE_CREATED, false },
		{ "1h30m open after contact", 5400, SINCE_CONTACT, true },
		{ "2d after answer", 172800, SINCE_ANSWER, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct book *b = timed("UTC", t[i].when);
		const struct book_timer *timer = book_timed(b, 0);

		assert_int_equal(timer->kind, TIMER_AFTER);
		assert_int_equal(timer->after_s, t[i].s);
		assert_int_equal(timer->since, t[i].since);
		assert_int_equal(timer->open, t[i].open);
		assert_string_equal(timer->rule, "r");
		assert_int_equal(timer->rule_index, 0);
		assert_int_equal(book_timer_next(timer, 0), DEADLINE_NEVER);
		assert_string_equal(book_rule_at(b, 0)->event, "time");
		assert_string_equal(book_rule_at(b, 0)->on, t[i].when);
		book_unref(&b);
	}
}

static void
times_that_are_wrong(void **state)
{
	static const struct {
		const char *when;
		const char *error;
	} t[] = {
		{ "every weekend at 09:00",
		  "b:3:21: no such days: 'weekend' (did you mean 'weekday'?)\n" },
		{ "every minute", "b:3:21: no such period: 'minute' (every "
				  "hour, every weekday at 09:00)\n" },
		{ "every day", "b:3:21: 'every day' without a time (every day "
			       "at 09:00)\n" },
		{ "every day at 24:00", "b:3:28: a rule at 24:00 (write 00:00 "
					"of the next day)\n" },
		{ "every day at 09:00 in \"d\"",
		  "b:3:37: no calendar \"d\" in this book\n" },
		{ "4h after closing", "b:3:24: no such beginning: 'closing' "
				      "(after created, solved, contact or "
				      "answer)\n" },
		{ "2d open after solved",
		  "b:3:15: a duration in days (count the hours that the "
		  "calendar is open: two days of 7 hours are 14h)\n" },
		{ "0h after solved", "b:3:15: a duration of nothing\n" },
		{ "401d after solved", "b:3:15: a duration over 400 days\n" },
		{ "contract", "b:3:15: no such event: 'contract' (did you mean "
			      "'contact'?)\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		char *text = mem_printf(
			HEAD "calendar \"c\" { timezone \"UTC\" mon "
			     "09:00-10:00 }\nrule \"r\" { on %s then tag "
			     "\"t\" }\n",
			t[i].when);
		char *got = help_errors(text);

		if (strcmp(got, t[i].error) != 0)
			fail_msg("%s\ngot  %s\nwant %s", t[i].when, got,
				 t[i].error);
		mem_free(got);
		mem_free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_and_hours),
		cmocka_unit_test(a_gap_runs_right_after_it),
		cmocka_unit_test(a_repeated_time_runs_once),
		cmocka_unit_test(a_date_left_out_has_no_times),
		cmocka_unit_test(an_incident_s_own_time_is_not_planned_here),
		cmocka_unit_test(times_that_are_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

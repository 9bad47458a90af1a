/* Reading desk books: what is right, and each thing that can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "rules/book.h"
#include "rules/deadline.h"

#define QUEUE "queue \"q\" { title \"Q\" }\n"
#define CALENDAR                                                               \
	"calendar \"c\" { timezone \"Europe/Madrid\" mon-fri 09:00-18:00 }\n"

static struct book *
good(const char *text)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	struct buf out;

	buf_init(&out, 65536);
	if (book_read(text, strlen(text), &b, &errs) != OUT_OK) {
		book_errors_print(&errs, "book", &out);
		fail_msg("refused: %s", buf_str(&out));
	}
	assert_int_equal(errs.n, 0);
	buf_release(&out);
	return b;
}

/* The errors of a text as book_errors_print writes them. */
static char *
errors(const char *text, size_t n)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	struct buf out;

	buf_init(&out, 65536);
	if (book_read(text, n, &b, &errs) == OUT_OK) {
		book_unref(&b);
		assert_int_equal(errs.n, 0);
	} else {
		assert_null(b);
		assert_true(errs.n > 0);
	}
	book_errors_print(&errs, "b", &out);
	book_errors_release(&errs);
	return buf_take(&out);
}

/* Each text has exactly these errors; "" stands for a good book. */
struct wrong {
	const char *text;
	const char *errors;
};

static void
compare(const struct wrong *t, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		char *got = errors(t[i].text, strlen(t[i].text));

		if (strcmp(got, t[i].errors) != 0)
			fail_msg("text:\n%s\ngot:\n%s\nwant:\n%s", t[i].text,
				 got, t[i].errors);
		mem_free(got);
	}
}

#define COMPARE(t) compare(t, sizeof(t) / sizeof *(t))

static void
words_that_mean_nothing(void **state)
{
	static const struct wrong t[] = {
		{ "", "b:1:1: a book needs at least one queue (queue "
		      "\"general\" { title \"General\" })\n" },
		{ "queu \"q\" { }\n" QUEUE,
		  "b:1:1: unexpected word 'queu' (did you mean 'queue'?)\n" },
		{ "queue \"q\" {\n  titel \"Q\"\n}\n",
		  "b:2:3: unexpected word 'titel' (did you mean 'title'?)\n" },
		{ "queue \"á\" { title \"é\" § }\n",
		  "b:1:23: unexpected word '§' (expected 'team', 'title' or '}')\n" },
		{ "queue \"q\" { title \"Q\" ; }\n",
		  "b:1:23: a character that has no meaning here: ';' (nothing "
		  "stands at the end of a line; actions are separated by "
		  "commas)\n" },
		{ "queue \"q\n",
		  "b:1:7: a string that does not end: '\"q' (close it with a "
		  "quote; texts of several lines take three)\n" },
		{ "queue \"q\" {\n",
		  "b:2:1: unexpected end of the book (expected 'team', "
		  "'title' or '}')\n" },
		{ "queue \"q\" { title \"a\\x\" }\n",
		  "b:1:21: an unknown escape in a string (a backslash is "
		  "written '\\\\' in a string)\n" },
		{ QUEUE "queue \"q\" { title \"R\" }\n",
		  "b:2:7: queue \"q\" is already in line 1 (names are used "
		  "once)\n" },
		{ "queue \"q\" { title \"Q\" title \"R\" }\n",
		  "b:1:29: a second 'title' (leave one of them out)\n" },
		{ "queue \"\" { }\n", "b:1:7: a queue without a name\n" },
	};

	(void)state;
	COMPARE(t);
}

static void
bytes_that_are_not_text(void **state)
{
	static const char latin1[] = "queue \"q\" {\n title \"caf\xE9\" }";
	static const char nul[] = "queue \"q\" { }\n\0";
	char *big = mem_new(BOOK_BYTES_MAX + 2, 1);
	char *got = errors(latin1, sizeof latin1 - 1);

	(void)state;
	assert_string_equal(got, "b:2:12: a byte that is not UTF-8 text (save "
				 "the file as UTF-8)\n");
	mem_free(got);
	got = errors(nul, sizeof nul - 1);
	assert_string_equal(got, "b:2:1: a byte that is not UTF-8 text (save "
				 "the file as UTF-8)\n");
	mem_free(got);
	memset(big, '\n', BOOK_BYTES_MAX + 1);
	got = errors(big, BOOK_BYTES_MAX + 1);
	assert_string_equal(got, "b:1:1: a book over 1024 KiB\n");
	mem_free(got);
	mem_free(big);
	/* a byte order mark is no character of it */
	got = errors("\xEF\xBB\xBFqueu", 7);
	assert_non_null(strstr(got, "b:1:1: unexpected word 'queu'"));
	mem_free(got);
}

#define CAL(lines)                                                             \
	QUEUE "calendar \"c\" {\n timezone \"Europe/Madrid\"\n" lines "\n}\n"

static void
calendars_that_are_wrong(void **state)
{
	static const struct wrong t[] = {
		{ CAL("mon-fri 09:00-14:00, 16:00-19:00\n fri-mon "
		      "22:00-06:00\n mon, wed 00:00-24:00"),
		  "" },
		{ CAL(" mon 9:00-09:00"),
		  "b:4:6: opening and closing at the same time (for the whole "
		  "day write 00:00-24:00)\n" },
		{ CAL(" mon 24:00-09:00"),
		  "b:4:6: opening at 24:00 (write 00:00 of the next day)\n" },
		{ CAL(" mon 09:00-25:00"),
		  "b:4:12: no such time: 25:00 (times go from 00:00 to "
		  "24:00)\n" },
		{ CAL(" mom 09:00-14:00"),
		  "b:4:2: unexpected word 'mom' (expected a weekday (mon), "
		  "'timezone', 'closed', 'on' or '}')\n" },
		{ CAL(" sat 09:00-14:00 closed 2026-12-25, 2026-12-25"),
		  "b:4:37: date 2026-12-25 is given twice (leave one of them "
		  "out)\n" },
		{ CAL(" sat 09:00-14:00 closed 2026-02-29"),
		  "b:4:25: no such date: 2026-02-29 (dates are written "
		  "2026-12-25)\n" },
		{ CAL(" sat 09:00-14:00 on 2026-02-28 22:00-06:00"),
		  "b:4:32: hours of a date that run past midnight (end at "
		  "24:00 and add the next date)\n" },
		{ CAL(""), "b:2:10: calendar \"c\" is never open (mon-fri "
			   "09:00-18:00)\n" },
		{ QUEUE "calendar \"c\" { timezone \"Europe/Madird\" mon "
			"09:00-10:00 }",
		  "b:2:25: unknown time zone 'Europe/Madird' (did you mean "
		  "'Europe/Madrid'?)\n" },
		{ QUEUE "calendar \"c\" { mon 09:00-10:00 }",
		  "b:2:10: calendar \"c\" has no timezone (timezone "
		  "\"Europe/Madrid\")\n" },
	};

	(void)state;
	COMPARE(t);
}

static void
at_most_24_intervals_a_day(void **state)
{
	struct buf b;
	char *got;
	int i;

	(void)state;
	buf_init(&b, 65536);
	(void)buf_puts(&b, QUEUE "calendar \"c\" { timezone \"UTC\" mon ");
	for (i = 0; i < 24; i++)
		(void)buf_printf(&b, "%s%02d:00-%02d:30", i != 0 ? ", " : "", i,
				 i);
	got = errors(buf_str(&b), b.len);
	mem_free(got);
	(void)buf_puts(&b, " }");
	got = errors(buf_str(&b), b.len);
	assert_string_equal(got, "");
	mem_free(got);
	b.len -= 2;
	(void)buf_puts(&b, "\n, 23:45-23:50 }");
	got = errors(buf_str(&b), b.len);
	assert_string_equal(got, "b:3:3: more than 24 intervals in a day\n");
	mem_free(got);
	buf_release(&b);
}

static void
policies_that_are_wrong(void **state)
{
	static const struct wrong t[] = {
		{ QUEUE CALENDAR "policy \"p\" { calendar \"c\" }",
		  "b:3:8: policy \"p\" promises nothing (first response "
		  "4h)\n" },
		{ QUEUE CALENDAR "policy \"p\" { first response 4h }",
		  "b:3:8: policy \"p\" has no calendar (calendar \"shop\")\n" },
		{ QUEUE CALENDAR
		  "policy \"p\" { calendar \"d\" first response 4h }",
		  "b:3:23: no calendar \"d\" in this book\n" },
		{ QUEUE CALENDAR
		  "policy \"p\" { via emial calendar \"c\" first response 4h }",
		  "b:3:18: no such channel: 'emial' (did you mean "
		  "'email'?)\n" },
		{ QUEUE CALENDAR
		  "policy \"p\" { calendar \"c\" first response 2d }",
		  "b:3:42: a duration in days (count the hours that the "
		  "calendar is open: two days of 7 hours are 14h)\n" },
		{ QUEUE CALENDAR
		  "policy \"p\" { calendar \"c\" first response 4 }",
		  "b:3:42: a number without its unit (write it like 4h, 30m "
		  "or 15 working days)\n" },
		{ QUEUE CALENDAR
		  "policy \"p\" { calendar \"c\" resolution 0h }",
		  "b:3:38: a duration of nothing (leave it out for no "
		  "promise)\n" },
		{ QUEUE CALENDAR "policy \"p\" { calendar \"c\" resolution 1h "
				 "resolution 2h }",
		  "b:3:52: a second time for the same promise (leave one of "
		  "them out)\n" },
		{ QUEUE CALENDAR "policy \"p\" { calendar \"c\" resolution 1h "
				 "warn at 100% }",
		  "b:3:49: a percentage out of range (from 1% to 99%)\n" },
	};

	(void)state;
	COMPARE(t);
}

#define RULE(lines) QUEUE "rule \"r\" {\n on contact\n" lines "\n}\n"

static void
rules_that_are_wrong(void **state)
{
	static const struct wrong t[] = {
		{ RULE(" then queue \"q\""), "" },
		{ RULE(" if channel is chat then queue \"q\" stop"), "" },
		{ RULE(" if body matches /a/ then queue \"q\""),
		  "b:2:6: rule \"r\" has no example (example \"what a customer "
		  "would write\")\n" },
		{ RULE(" if body matches /a/ then queue \"q\"\n example \"b\""),
		  "b:5:2: rule \"r\" does not fire on this example: 'body "
		  "matches /a/' (line 4) says no (change the rule or the "
		  "example)\n" },
		{ RULE(" if body matches /a/ then queue \"q\"\n example \"a\" "
		       "counterexample \"á\""),
		  "b:5:14: rule \"r\" fires on this counterexample: 'body "
		  "matches /a/' (line 4) finds 'á' in 'á' (change the rule or "
		  "the counterexample)\n" },
		{ RULE(" if subjet matches /a/ then queue \"q\""),
		  "b:4:5: no such field: 'subjet' (did you mean "
		  "'subject'?)\n" },
		{ RULE(" then reason return_reqest"),
		  "b:4:14: no such reason: 'return_reqest' (did you mean "
		  "'return_request'?)\n" },
		{ RULE(" then reason nonsense"),
		  "b:4:14: no such reason: 'nonsense' (reasons are listed in "
		  "postigo-book(5))\n" },
		{ RULE(" then priority hihg"),
		  "b:4:16: no such priority: 'hihg' (did you mean 'high'?)\n" },
		{ RULE(" then queue \"general\""),
		  "b:4:13: no queue \"general\" in this book\n" },
		{ RULE(" then policy \"p\", reply \"x\""),
		  "b:4:14: no policy \"p\" in this book\n"
		  "b:4:25: no reply \"x\" in this book\n" },
		{ RULE(" then queue \"q\", queue \"q\""),
		  "b:4:24: a second 'queue' in a rule (leave one of them "
		  "out)\n" },
		{ RULE(" if channel is chat"),
		  "b:2:6: rule \"r\" does nothing (then queue \"...\", tag "
		  "\"...\")\n" },
		{ QUEUE "rule \"r\" { then queue \"q\" }",
		  "b:2:6: rule \"r\" does not say on what (on contact)\n" },
		{ QUEUE "rule \"r\" { on contcat then queue \"q\" }",
		  "b:2:15: no such event: 'contcat' (did you mean "
		  "'contact'?)\n" },
		{ RULE(" if channel is mail then queue \"q\""),
		  "b:4:16: no such channel: 'mail' (did you mean "
		  "'email'?)\n" },
		{ RULE(" if channel is chat if channel is email then queue "
		       "\"q\""),
		  "b:4:24: a second 'if' in a rule (join them with 'and' or "
		  "'or')\n" },
	};

	(void)state;
	COMPARE(t);
}

#define PATTERN(p) RULE(" if body matches " p " then queue \"q\" example \"a\"")

static void
patterns_that_are_wrong(void **state)
{
	static const struct wrong t[] = {
		{ PATTERN("/a\\/?/"), "" },
		{ PATTERN("/[a-z]/"), "" },
		{ PATTERN("/á[aé]?(/"),
		  "b:4:26: a wrong pattern: missing closing parenthesis (a sign "
		  "that stands for itself is written with a backslash: \\( "
		  "\\[ \\? \\.)\n" },
		{ PATTERN("/ab[à-ü]/"),
		  "b:4:22: a range over accented letters (list the letters, or "
		  "add 'exact')\n" },
		{ PATTERN("/[\\x{e0}-\\x{fc}]/"),
		  "b:4:20: a range over accented letters (list the letters, or "
		  "add 'exact')\n" },
		{ PATTERN("/(*NO_JIT)a/"),
		  "b:4:19: a verb '(*...)' in a pattern (write '\\(' for a "
		  "parenthesis; verbs are not allowed)\n" },
		{ PATTERN("/a"),
		  "b:4:18: a pattern that does not end: '/a then queue \"q\" "
		  "ex...' (close it with '/'; a '/' inside is written "
		  "'\\/')\n" },
		{ RULE(" if body contains \"\" then queue \"q\" example \"a\""),
		  "b:4:19: an empty pattern (it would match every text)\n" },
	};

	(void)state;
	COMPARE(t);
}

static void
slow_patterns_are_refused(void **state)
{
	static const char *const slow[] = {
		"/(a+)+b/",  "/(a|b)+[a-z]*@/",  "/(\\w+\\s?)+x/",
		"/.*.*.*q/", "/\\S+@\\S+\\.es/",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof slow / sizeof *slow; i++) {
		char *text = mem_printf(QUEUE "rule \"r\" { on contact\nif "
					      "body matches %s then queue "
					      "\"q\" example \"aab a@ xx "
					      "qqq a@b.es\" }",
					slow[i]);
		char *got = errors(text, strlen(text));

		if (strstr(got, "b:3:17: a pattern that ") == NULL ||
		    strstr(got, " on a text like '") == NULL)
			fail_msg("%s: %s", slow[i], got);
		mem_free(got);
		mem_free(text);
	}
}

static void
replies_that_are_wrong(void **state)
{
	static const struct wrong t[] = {
		{ QUEUE "reply \"r\" { text \"{customer.nmae}\" }",
		  "b:2:18: no such variable: '{customer.nmae}' (did you mean "
		  "'customer.name'?)\n" },
		{ QUEUE "reply \"r\" { text \"{order.number|x}\" }",
		  "b:2:18: what is said without '{order.number}' does not "
		  "stand in quotes (write it like: {order.number|\"your "
		  "order\"})\n" },
		{ QUEUE "reply \"r\" { title \"x\" }",
		  "b:2:7: reply \"r\" has no text (text \"...\")\n" },
		{ QUEUE "reply \"r\" { text \"x\" language french }",
		  "b:2:31: no such language: 'french' (languages are two or "
		  "three letters: es, en)\n" },
		{ QUEUE "reply \"r\" { text \"\"\"x",
		  "b:2:18: a text that does not end: '\"\"\"' (close it with "
		  "three quotes)\n" },
	};

	(void)state;
	COMPARE(t);
}

static void
all_errors_come_at_once(void **state)
{
	static const struct wrong t[] = {
		{ "queue \"q\" { titel \"Q\" }\n"
		  "calendar \"c\" {\n"
		  "  timezone \"Europe/Madird\"\n"
		  "  mon-fry 09:00-14:00\n"
		  "  sat 10:00-14:00\n"
		  "}\n"
		  "rule \"r\" {\n"
		  "  on contact via emial\n"
		  "  if subjct matches /x/ then reson other, queue \"w\"\n"
		  "  exampel \"x\"\n"
		  "}\n"
		  "reply \"x\" { text \"{agent.nam}\" }\n",
		  "b:1:13: unexpected word 'titel' (did you mean 'title'?)\n"
		  "b:3:12: unknown time zone 'Europe/Madird' (did you mean "
		  "'Europe/Madrid'?)\n"
		  "b:4:7: unexpected word 'fry' (days are mon, tue, wed, thu, "
		  "fri, sat and sun)\n"
		  "b:8:18: no such channel: 'emial' (did you mean 'email'?)\n"
		  "b:9:6: no such field: 'subjct' (did you mean 'subject'?)\n"
		  "b:9:30: unexpected word 'reson' (did you mean 'reason'?)\n"
		  "b:9:49: no queue \"w\" in this book\n"
		  "b:10:3: unexpected word 'exampel' (did you mean "
		  "'example'?)\n"
		  "b:12:18: no such variable: '{agent.nam}' (did you mean "
		  "'agent.name'?)\n" },
	};

	(void)state;
	COMPARE(t);
}

static void
errors_have_a_ceiling(void **state)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	struct buf text;
	int i;

	(void)state;
	buf_init(&text, 65536);
	for (i = 0; i < 150; i++)
		(void)buf_puts(&text, "queue \"q\" { }\n");
	assert_int_equal(book_read(buf_str(&text), text.len, &b, &errs),
			 OUT_PERM);
	assert_int_equal(errs.n, BOOK_ERRORS_MAX);
	assert_int_equal(errs.dropped, 49);
	book_errors_release(&errs);
	assert_int_equal(errs.n, 0);
	buf_release(&text);
}

/* --- right ones --------------------------------------------------------- */

static const char whole[] =
	"# a comment\n"
	"queue \"first\" { title \"The first\" }\n"
	"queue \"second\" { }\n"
	"calendar \"c\" { timezone \"Europe/Madrid\" mon-fri 09:00-18:00 }\n"
	"policy \"chat\" { via chat calendar \"c\" first response 2m }\n"
	"policy \"rest\" { calendar \"c\" first response 1h30m\n"
	"  next response 8h resolution 16h warn at 75%, 15m left }\n"
	"rule \"r\" { on contact then queue \"second\" }\n"
	"reply \"hello\" { title \"Hello\" language es text \"\"\"\n"
	"    Hola, {customer.first_name}:\n"
	"\n"
	"      {subject} {unknown {incident.ref}.\n"
	"    \"Adiós\"\n"
	"    \"\"\" }\n";

static void
what_a_book_holds(void **state)
{
	struct book *b = good(whole);
	const struct book_policy *p;

	(void)state;
	assert_int_equal(book_queue_count(b), 2);
	assert_string_equal(book_queue_default(b)->name, "first");
	assert_string_equal(book_queue_default(b)->title, "The first");
	assert_string_equal(book_queue(b, "second")->title, "second");
	assert_ptr_equal(book_queue_at(b, 1), book_queue(b, "second"));
	assert_null(book_queue(b, "third"));
	assert_string_equal(book_policy_for(b, "chat")->name, "chat");
	p = book_policy_for(b, "email");
	assert_ptr_equal(p, book_policy(b, "rest"));
	assert_int_equal(p->usual[BOOK_CLOCK_FIRST_RESPONSE].seconds, 5400);
	assert_int_equal(p->usual[BOOK_CLOCK_NEXT_RESPONSE].seconds, 8 * 3600);
	assert_int_equal(p->usual[BOOK_CLOCK_RESOLUTION].seconds, 16 * 3600);
	assert_int_equal(p->warning_count, 2);
	assert_int_equal(p->warnings[0]->percent, 75);
	assert_int_equal(p->warnings[1]->left_s, 900);
	assert_ptr_equal(p->calendar, book_calendar(b, "c"));
	assert_string_equal(p->calendar_name, "c");
	assert_string_equal(calendar_zone(p->calendar), "Europe/Madrid");
	assert_int_equal(book_rule_count(b), 1);
	assert_int_equal(book_reply_count(b), 1);
	assert_string_equal(book_reply_at(b, 0)->language, "es");
	book_unref(&b);
	assert_null(b);
}

static void
a_reply_is_filled_in(void **state)
{
	static const struct reply_facts facts = {
		.customer_first_name = "Ana",
		.incident_ref = "P-1042",
	};
	struct book *b = good(whole);
	const struct book_reply *r = book_reply(b, "hello");
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	book_text_render(
		book_text_in(r->texts, r->text_count, "es", "en")->text, &facts,
		&out);
	assert_string_equal(buf_str(&out), "Hola, Ana:\n\n   {unknown P-1042."
					   "\n\"Adiós\"");
	buf_release(&out);
	book_unref(&b);
}

static void
a_book_is_counted(void **state)
{
	struct book *b = good(whole);
	struct book *other = book_ref(b);

	(void)state;
	book_unref(&b);
	assert_null(b);
	assert_int_equal(book_queue_count(other), 2);
	book_unref(&other);
	book_unref(&other);
}

static void
a_trusted_book_runs_no_example(void **state)
{
	static const char text[] = RULE(
		" if body matches /(a+)+b/ then queue \"q\"\n example \"z\"");
	struct book_errors errs = { 0 };
	struct book *b = NULL;

	(void)state;
	assert_int_equal(book_read_trusted(text, strlen(text), &b, &errs),
			 OUT_OK);
	book_unref(&b);
}

static void
two_books_differ(void **state)
{
	static const char before[] = QUEUE
		"queue \"old\" { }\n" CALENDAR
		"policy \"p\" { calendar \"c\" first response 4h }\n"
		"rule \"a\" { on contact then tag \"x\" }\n"
		"rule \"b\" { on contact if channel is chat then tag \"z\" }\n";
	static const char after[] =
		QUEUE "queue \"new\" { }\n"
		      "calendar \"c\" { timezone \"Europe/Madrid\" mon-thu "
		      "09:00-18:00 closed 2026-12-25 fri 09:00-15:00 }\n"
		      "policy \"p\" { calendar \"c\" first response 2h }\n"
		      "rule \"b\" { on contact if   channel\n is chat then tag "
		      "\"z\" }\n"
		      "rule \"a\" { on contact then tag \"y\" }\n";
	struct book *x = good(before);
	struct book *y = good(after);
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	book_diff(x, x, &out);
	assert_string_equal(buf_str(&out), "");
	book_diff(x, y, &out);
	assert_string_equal(buf_str(&out),
			    "- queue \"old\"\n"
			    "+ queue \"new\"\n"
			    "~ calendar \"c\": fri 09:00-18:00 -> 09:00-15:00\n"
			    "~ calendar \"c\": 2026-12-25 nothing -> closed\n"
			    "~ policy \"p\": first response 4h -> 2h\n"
			    "~ rule \"a\": then tag \"x\" -> tag \"y\"\n"
			    "~ rule: the order changed at \"b\"\n");
	buf_release(&out);
	book_unref(&x);
	book_unref(&y);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_that_mean_nothing),
		cmocka_unit_test(bytes_that_are_not_text),
		cmocka_unit_test(calendars_that_are_wrong),
		cmocka_unit_test(at_most_24_intervals_a_day),
		cmocka_unit_test(policies_that_are_wrong),
		cmocka_unit_test(rules_that_are_wrong),
		cmocka_unit_test(patterns_that_are_wrong),
		cmocka_unit_test(slow_patterns_are_refused),
		cmocka_unit_test(replies_that_are_wrong),
		cmocka_unit_test(all_errors_come_at_once),
		cmocka_unit_test(errors_have_a_ceiling),
		cmocka_unit_test(what_a_book_holds),
		cmocka_unit_test(a_reply_is_filled_in),
		cmocka_unit_test(a_book_is_counted),
		cmocka_unit_test(a_trusted_book_runs_no_example),
		cmocka_unit_test(two_books_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

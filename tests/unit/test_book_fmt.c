/* The canonical form of a desk book: what it is, that nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "rules/book.h"
#include "rules/book_fmt.h"
#include "rules/include.h"

#define TEXT_MAX (1024 * 1024)

static void
format(const char *text, struct buf *out)
{
	struct book_errors errs = { .n = 0 };

	buf_init(out, 4 * TEXT_MAX);
	if (book_fmt(text, strlen(text), out, &errs) != OUT_OK)
		fail_msg("%d:%d: %s", errs.list[0].line, errs.list[0].column,
			 errs.list[0].text);
	book_errors_release(&errs);
}

/* Formatted it is 'want', and that is formatted to itself. */
static void
becomes(const char *text, const char *want)
{
	struct buf out;

	format(text, &out);
	assert_string_equal(buf_str(&out), want);
	buf_release(&out);
	format(want, &out);
	assert_string_equal(buf_str(&out), want);
	buf_release(&out);
}

static void
refused(const char *text, int line, int column, const char *what)
{
	struct book_errors errs = { .n = 0 };
	struct buf out;

	buf_init(&out, 4 * TEXT_MAX);
	assert_int_equal(book_fmt(text, strlen(text), &out, &errs), OUT_PERM);
	assert_int_equal(out.len, 0);
	assert_int_equal(errs.list[0].line, line);
	assert_int_equal(errs.list[0].column, column);
	assert_string_equal(errs.list[0].text, what);
	book_errors_release(&errs);
	buf_release(&out);
}

static void
short_things_take_a_line(void **state)
{
	(void)state;
	becomes("queue   \"a\"{title\"A\"\n}\nqueue \"b\" {}\n\n\n\nqueue\n"
		"\"c\" { team \"t\" title \"C\" }",
		"queue \"a\" { title \"A\" }\nqueue \"b\" { }\n\n"
		"queue \"c\" { team \"t\" title \"C\" }\n");
}

static void
items_stand_on_lines_of_their_own(void **state)
{
	(void)state;
	becomes("calendar \"c\" { timezone \"Europe/Madrid\" mon - fri 09:00 -"
		" 14:00 ,16:00-19:00 sat, sun 10:00-14:00 closed 2026-12-25,"
		"2027-01-01 on 2026-12-24 09:00-13:00 }",
		"calendar \"c\" {\n"
		"    timezone \"Europe/Madrid\"\n"
		"    mon-fri 09:00-14:00, 16:00-19:00\n"
		"    sat, sun 10:00-14:00\n"
		"    closed 2026-12-25, 2027-01-01\n"
		"    on 2026-12-24 09:00-13:00\n"
		"}\n");
	becomes("policy \"p\"{via email,form calendar \"c\" first response 4h"
		" escalate first response at 75% then priority high, team \"t\""
		" escalate resolution 1h after breach then tag \"x\""
		" warn at 75%,15m left}",
		"policy \"p\" {\n"
		"    via email, form\n"
		"    calendar \"c\"\n"
		"    first response 4h\n"
		"    escalate first response at 75% then priority high, team"
		" \"t\"\n"
		"    escalate resolution 1h after breach then tag \"x\"\n"
		"    warn at 75%, 15m left\n"
		"}\n");
}

static void
rules_are_broken_at_their_joints(void **state)
{
	(void)state;
	becomes("rule \"r\" { on contact via email , chat if ( subject or body"
		" matches /a b/ exact or header \"X\" or body contains \"y\" )"
		" and not order.total>=10.00 EUR then link order { order },"
		" reason other stop once per customer in 7d example \"a b\""
		" counterexample subject \"x\" body \"y\" }",
		"rule \"r\" {\n"
		"    on contact via email, chat\n"
		"    if (subject or body matches /a b/ exact\n"
		"          or header \"X\" or body contains \"y\")\n"
		"        and not order.total >= 10.00 EUR\n"
		"    then link order {order}, reason other stop\n"
		"    once per customer in 7d\n"
		"    example \"a b\"\n"
		"    counterexample subject \"x\" body \"y\"\n"
		"}\n");
	becomes("rule \"r\" { on contact if clock.left < -4h and age > 2d and"
		" messages = 3 then tag \"x\" }",
		"rule \"r\" {\n"
		"    on contact\n"
		"    if clock.left < -4h and age > 2d and messages = 3\n"
		"    then tag \"x\"\n"
		"}\n");
}

static void
comments_and_empty_lines_stay(void **state)
{
	(void)state;
	becomes("# first\n\n\n# about a\nqueue \"a\" { # why\n title \"A\" # t\n"
		"\n\n # last\n } # after\nlist \"l\" { /x/ # one\n, \"y\" exact\n"
		"# none\n}\n",
		"# first\n\n# about a\nqueue \"a\" { # why\n    title \"A\" # t\n"
		"\n    # last\n} # after\n\nlist \"l\" {\n    /x/, # one\n"
		"    \"y\" exact,\n    # none\n}\n");
	becomes("rule \"r\" { on contact # in\n via email if a # x\n and b then"
		" stop }",
		"rule \"r\" {\n    # in\n    on contact via email\n"
		"    # x\n    if a and b\n    then stop\n}\n");
	becomes("include # why\n # so\n\"a.book\" # after\ninclude \"b.book\"",
		"# why\n# so\ninclude \"a.book\" # after\ninclude \"b.book\"\n");
	/* no file: a finding of the fuzzer */
	becomes("include#\n\n#2\n\n\n,", "include #\n\n#2\n\n,\n");
}

static void
texts_keep_what_they_say(void **state)
{
	(void)state;
	becomes("reply \"r\" { title \"T\" text es \"\"\"\n      Hola:\n\n"
		"        dos\n      \"\"\" text \"\"\"uno\n dos \"\"\" }",
		"reply \"r\" {\n    title \"T\"\n    text es \"\"\"\n"
		"        Hola:\n\n          dos\n        \"\"\"\n"
		"    text \"\"\"\n        uno\n         dos\n        \"\"\"\n}\n");
	becomes("reply \"r\" { text \"a\" template \"x_1\" template es\n \"y\""
		" header \"h\" with \"a\",\"b\" title \"T\" }",
		"reply \"r\" {\n    text \"a\"\n    template \"x_1\"\n"
		"    template es \"y\" header \"h\" with \"a\", \"b\"\n"
		"    title \"T\"\n}\n");
	/* three numbers do not become a date */
	becomes("2026-12\n-25", "2026-12 -25\n");
	/* a text is as wide as its quotes, however it is written */
	becomes("reply \"r\" { template es \"y\" header \"h\" with \"a\", "
		"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\", "
		"\"\"\"x\"\"\" }",
		"reply \"r\" {\n    template es \"y\" header \"h\" with \"a\","
		" \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\n        \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\", "
		"\"\"\"\n        x\n        \"\"\"\n}\n");
}

static void
what_cannot_be_read_is_told(void **state)
{
	(void)state;
	refused("queue \"a\" {\n  title \"A\n}", 2, 9,
		"a string that does not end");
	refused("queue \"a\" { title \"A\" }\n}", 2, 1,
		"a '}' without its '{'");
	refused("queue \"a\" { title \"A\"", 1, 11, "a '{' without its '}'");
	refused("queue \"a\" { } ;", 1, 15,
		"a character that has no meaning here");
	refused("rule \"r\" { if body matches /x\n }", 1, 28,
		"a pattern that does not end");
	refused("reply \"r\" { text \"\"\"abc }", 1, 18,
		"a text that does not end");
}

/* The book of a new desk, with all that it includes. */
static struct include *
read_default(void)
{
	const char *dir = getenv("POSTIGO_SRCDIR");
	struct book_errors errs = { .n = 0 };
	struct include *f = NULL;
	struct err e = { .text = "" };
	char path[1024];

	(void)snprintf(path, sizeof path, "%s/rules/catalog/default.book",
		       dir != NULL ? dir : ".");
	if (include_read(path, &f, &errs, &e) != OUT_OK)
		fail_msg("%s: %s", path, e.text);
	return f;
}

static struct book *
read_book(const char *text, size_t n)
{
	struct book_errors errs = { .n = 0 };
	struct book *b = NULL;

	if (book_read_trusted(text, n, &b, &errs) != OUT_OK)
		fail_msg("%d:%d: %s", errs.list[0].line, errs.list[0].column,
			 errs.list[0].text);
	return b;
}

static void
a_whole_book_means_the_same(void **state)
{
	struct include *f = read_default();
	size_t n = 0;
	const char *text = include_text(f, &n);
	struct book *before = read_book(text, n);
	struct book *after;
	struct buf once;
	struct buf twice;
	struct buf diff;

	(void)state;
	format(text, &once);
	format(buf_str(&once), &twice);
	assert_string_equal(buf_str(&once), buf_str(&twice));
	after = read_book(buf_str(&once), once.len);
	assert_true(book_rule_count(before) > 50);
	buf_init(&diff, TEXT_MAX);
	book_diff(before, after, &diff);
	assert_string_equal(buf_str(&diff), "");
	book_unref(&before);
	book_unref(&after);
	buf_release(&diff);
	buf_release(&once);
	buf_release(&twice);
	include_free(&f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_things_take_a_line),
		cmocka_unit_test(items_stand_on_lines_of_their_own),
		cmocka_unit_test(rules_are_broken_at_their_joints),
		cmocka_unit_test(comments_and_empty_lines_stay),
		cmocka_unit_test(texts_keep_what_they_say),
		cmocka_unit_test(what_cannot_be_read_is_told),
		cmocka_unit_test(a_whole_book_means_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

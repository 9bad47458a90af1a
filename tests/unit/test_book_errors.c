/* What a person is told about wrong desk books: each sample of
 * book-errors.txt word by word; and books that mean harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "rules/book.h"

#define FILE_BYTES_MAX (256 * 1024)
#define SAMPLES_LEAST 125
#define OUT_BYTES_MAX (1024 * 1024)

/* The errors of a text as book_errors_print writes them; "" for a good one. */
static char *
errors(const char *text, size_t n)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	struct buf out;
	bool good = book_read(text, n, &b, &errs) == OUT_OK;

	assert_int_equal(good, errs.n == 0);
	assert_int_equal(good, b != NULL);
	book_unref(&b);
	buf_init(&out, OUT_BYTES_MAX);
	book_errors_print(&errs, "b", &out);
	book_errors_release(&errs);
	return out.len != 0 ? buf_take(&out) : mem_strdup("");
}

/* --- samples ------------------------------------------------------------- */

static char *
read_samples(void)
{
	const char *src = getenv("POSTIGO_SRCDIR");
	char *path = mem_printf("%s/tests/unit/book-errors.txt",
				src != NULL ? src : "..");
	FILE *f = fopen(path, "re");
	char *text = mem_new(FILE_BYTES_MAX, 1);
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, FILE_BYTES_MAX - 1, f);
	assert_true(n < FILE_BYTES_MAX - 1);
	(void)fclose(f);
	text[n] = '\0';
	mem_free(path);
	return text;
}

/* A sample: "== name", the book, "--", its errors. s is after the "== ". */
static void
one_sample(const char *s, size_t n)
{
	const char *book = (const char *)memchr(s, '\n', n) + 1;
	const char *dashes = strstr(book, "\n--\n");
	const char *want;
	char *got;

	assert_non_null(dashes);
	assert_true(dashes < s + n);
	want = dashes + 4;
	got = errors(book, (size_t)(dashes + 1 - book));
	if (strlen(got) != (size_t)(s + n - want) ||
	    strncmp(got, want, strlen(got)) != 0)
		fail_msg("%.*s\ngot:\n%s\nwant:\n%.*s", (int)(want - s), s, got,
			 (int)(s + n - want), want);
	mem_free(got);
}

static void
each_sample_is_told_word_by_word(void **state)
{
	char *text = read_samples();
	const char *s = strstr(text, "== ");
	int n = 0;

	(void)state;
	while (s != NULL) {
		const char *next = strstr(s, "\n== ");
		const char *end = next != NULL ? next + 1 : s + strlen(s);

		one_sample(s + 3, (size_t)(end - s - 3));
		n++;
		s = next != NULL ? next + 1 : NULL;
	}
	assert_true(n >= SAMPLES_LEAST);
	mem_free(text);
}

/* What a newer check refuses must not keep a desk from starting. */
static void
what_was_applied_is_not_asked_again(void **state)
{
	static const char text[] =
		"queue \"q\" { }\n"
		"rule \"a\" { on contact then queue \"q\" stop }\n"
		"rule \"b\" { on contact then tag \"x\", untag \"x\" }\n"
		"rule \"c\" { on state if body contains \"x\" and messages < 0 "
		"then tag \"x\" }\n";
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	char *got = errors(text, strlen(text));

	(void)state;
	assert_non_null(strstr(got, "b:3:6: rule \"b\" never fires"));
	assert_non_null(strstr(got, "is set and taken away"));
	assert_non_null(strstr(got, "'body' is never known on state"));
	mem_free(got);
	assert_int_equal(book_read_trusted(text, strlen(text), &b, &errs),
			 OUT_OK);
	assert_int_equal(errs.n, 0);
	book_unref(&b);
}

/* --- books that mean harm ------------------------------------------------ */

static void
refused(const char *text, size_t n, const char *with)
{
	char *got = errors(text, n);

	if (strstr(got, with) == NULL)
		fail_msg("got:\n%.2000s\nwant: %s", got, with);
	mem_free(got);
}

#define QUEUE "queue \"q\" { }\n"

/* n times a piece. */
static void
repeat(struct buf *b, const char *piece, size_t n)
{
	while (n-- > 0)
		assert_true(buf_puts(b, piece));
}

static void
a_large_book(void **state)
{
	size_t n = 10 * 1024 * 1024;
	char *text = mem_new(n, 1);

	(void)state;
	memset(text, 'a', n);
	refused(text, n, "b:1:1: a book over 1024 KiB\n");
	memset(text, '"', n);
	refused(text, n, "b:1:1: a book over 1024 KiB\n");
	refused(text, BOOK_BYTES_MAX, "b:1:1: unexpected");
	memset(text, '{', n);
	refused(text, BOOK_BYTES_MAX, "b:1:1: unexpected '{'");
	mem_free(text);
}

static void
long_patterns(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, BOOK_BYTES_MAX);
	(void)buf_puts(&b, QUEUE "rule \"r\" {\non contact\nif body matches /");
	repeat(&b, "a", 65536);
	(void)buf_puts(&b, "/ then tag \"a\" example \"a\" }\n");
	refused(buf_str(&b), b.len,
		"b:4:18: a pattern over 2,000 bytes (split it into several "
		"rules or conditions)\n");
	buf_clear(&b);
	(void)buf_puts(&b, QUEUE "rule \"r\" {\non contact\nif body matches /");
	repeat(&b, "(", 1900);
	(void)buf_puts(&b, "/ then tag \"a\" example \"a\" }\n");
	refused(buf_str(&b), b.len,
		"a wrong pattern: parentheses are too deep");
	buf_clear(&b);
	(void)buf_puts(&b,
		       QUEUE "rule \"r\" {\non contact\nif body contains \"");
	repeat(&b, "é", 1001);
	(void)buf_puts(&b, "\" then tag \"a\" example \"a\" }\n");
	refused(buf_str(&b), b.len, "a pattern over 2,000 bytes");
	buf_release(&b);
}

static void
deep_conditions(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, BOOK_BYTES_MAX);
	(void)buf_puts(&b, QUEUE "rule \"r\" {\non contact\nif ");
	repeat(&b, "(", 10000);
	(void)buf_puts(&b, "robot");
	repeat(&b, ")", 10000);
	(void)buf_puts(&b, " then tag \"a\" }\n");
	refused(buf_str(&b), b.len,
		"nested too deep, or too long (split it)\n");
	buf_clear(&b);
	(void)buf_puts(&b, QUEUE "rule \"r\" {\non contact\nif ");
	repeat(&b, "not ", 10000);
	(void)buf_puts(&b, "robot then tag \"a\" }\n");
	refused(buf_str(&b), b.len,
		"nested too deep, or too long (split it)\n");
	buf_clear(&b);
	(void)buf_puts(&b, QUEUE "rule \"r\" {\non contact\nif robot");
	repeat(&b, " or robot", 10000);
	(void)buf_puts(&b, " then tag \"a\" }\n");
	refused(buf_str(&b), b.len,
		"b:4:4: more than 200 conditions in a rule (split it into "
		"several rules)\n");
	buf_release(&b);
}

/* Conditions that are compared with each other, as many as may be. */
static void
wide_conditions(void **state)
{
	struct buf b;
	char *got;
	int i;
	int k;

	(void)state;
	buf_init(&b, BOOK_BYTES_MAX);
	(void)buf_puts(&b, QUEUE);
	for (i = 0; i < 200; i++) {
		(void)buf_printf(
			&b, "rule \"r%d\" { on contact if messages > 0", i);
		for (k = 0; k < 48; k++)
			(void)buf_printf(
				&b, " %s (messages > %d or attachments > %d)",
				k % 2 == 0 ? "and" : "or", k + i, i);
		(void)buf_printf(&b, " then tag \"t%d\" stop }\n", i);
	}
	got = errors(buf_str(&b), b.len);
	mem_free(got);
	buf_release(&b);
}

static void
many_things(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, BOOK_BYTES_MAX);
	for (i = 0; i < 100000; i++)
		if (!buf_puts(&b, "rule\"\"{}"))
			break;
	assert_int_equal(i, 100000);
	refused(buf_str(&b), b.len, "b: ");
	buf_clear(&b);
	for (i = 0; buf_printf(&b, "rule\"%x\"{}", i); i++)
		;
	refused(buf_str(&b), b.len, "more errors not shown\n");
	buf_clear(&b);
	for (i = 0; buf_printf(&b, "list\"%x\"{}", i); i++)
		;
	refused(buf_str(&b), b.len, "more errors not shown\n");
	buf_release(&b);
}

static void
many_rules_of_time(void **state)
{
	struct buf b;
	char *got;
	int i;

	(void)state;
	buf_init(&b, BOOK_BYTES_MAX);
	(void)buf_puts(&b, QUEUE "calendar \"c\" { timezone \"Europe/Madrid\" "
				 "mon-fri 09:00-18:00 }\n");
	for (i = 0; i < 4000; i++)
		(void)buf_printf(&b,
				 "rule \"r%d\" { on every hour if tag is "
				 "\"t%d\" then untag \"t%d\", tag \"t%d\" }\n",
				 i, i, i, i + 1);
	got = errors(buf_str(&b), b.len);
	assert_string_equal(got, "");
	mem_free(got);
	buf_release(&b);
}

static void
octets_of_all_kinds(void **state)
{
	static const char good[] =
		QUEUE "rule \"r\" {\r\n on contact\r\n then tag \"a\"\r\n}\r\n";
	char text[sizeof good + 8];
	size_t at;

	(void)state;
	refused(good, sizeof good - 1, "");
	/* one octet anywhere that no text has */
	for (at = 0; at < sizeof good - 1; at++) {
		static const char bad[] = { '\0', '\xFF', '\x80', '\xC3' };
		size_t k;

		for (k = 0; k < sizeof bad; k++) {
			memcpy(text, good, at);
			text[at] = bad[k];
			memcpy(text + at + 1, good + at, sizeof good - 1 - at);
			refused(text, sizeof good,
				"a byte that is not UTF-8 text (save the file "
				"as UTF-8)\n");
		}
	}
	/* cut anywhere it is refused, or right */
	for (at = 0; at < sizeof good - 1; at++) {
		char *got = errors(good, at);

		assert_true(got[0] == 'b' || got[0] == '\0');
		mem_free(got);
	}
	refused("\xEF\xBB\xBF\xEF\xBB\xBF", 6,
		"b:1:1: unexpected word '\xEF\xBB\xBF'");
}

static void
words_that_end_nowhere(void **state)
{
	static const char *const open[] = {
		"queue \"",
		"queue \"\\",
		"queue \"q\" {",
		"queue \"q\" { title",
		"rule \"r\" { on",
		"rule \"r\" { on contact if",
		"rule \"r\" { on contact if not",
		"rule \"r\" { on contact if (",
		"rule \"r\" { on contact if body matches /",
		"rule \"r\" { on contact if body matches /\\",
		"rule \"r\" { on contact then",
		"rule \"r\" { on contact then tag",
		"rule \"r\" { on contact then link order {",
		"rule \"r\" { on contact example",
		"reply \"r\" { text \"\"\"",
		"reply \"r\" { text \"\"\"\"",
		"list \"l\" { /a/,",
		"shop",
		"shop policy",
		"calendar \"c\" { on 2026-01-01",
		"include",
		"policy \"p\" { escalate first response at breach then",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof open / sizeof *open; i++) {
		char *got = errors(open[i], strlen(open[i]));

		if (strncmp(got, "b:1:", 4) != 0)
			fail_msg("%s: %s", open[i], got);
		mem_free(got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sample_is_told_word_by_word),
		cmocka_unit_test(what_was_applied_is_not_asked_again),
		cmocka_unit_test(a_large_book),
		cmocka_unit_test(long_patterns),
		cmocka_unit_test(deep_conditions),
		cmocka_unit_test(wide_conditions),
		cmocka_unit_test(many_things),
		cmocka_unit_test(many_rules_of_time),
		cmocka_unit_test(octets_of_all_kinds),
		cmocka_unit_test(words_that_end_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

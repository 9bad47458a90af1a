/*
 * Files as text and as rows: every encoding, every end of a line, quotes, what
 * is wrong with a row, and the same rows whatever the parts that come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/import_csv.h"
#include "daemon/ctl/import_seen.h"
#include "daemon/ctl/import_text.h"

#define OUT_BYTES 4000000

/* --- rows ----------------------------------------------------------------- */

/* "1-2:[a][b]" for each row, "1-1!why" for one that is wrong. */
static bool
note(void *ctx, const struct csv_row *row)
{
	struct buf *b = ctx;

	(void)buf_printf(b, "%lld-%lld", row->line, row->last);
	if (row->wrong != NULL)
		(void)buf_printf(b, "!%s", row->wrong);
	else
		(void)buf_puts(b, ":");
	for (size_t i = 0; i < row->count; i++)
		(void)buf_printf(b, "[%s]", row->cell[i]);
	(void)buf_putc(b, ' ');
	return true;
}

static void
read_by(const char *p, size_t n, size_t part, char delimiter, struct buf *out)
{
	struct csv_reader *r = csv_reader_new(delimiter, note, out);

	for (size_t i = 0; i < n; i += part)
		assert_true(
			csv_reader_add(r, p + i, n - i < part ? n - i : part));
	assert_true(csv_reader_end(r));
	csv_reader_free(&r);
	assert_null(r);
}

static void
check_octets(const char *p, size_t n, const char *expected)
{
	static const size_t parts[] = { 1, 2, 3, 7, 100000 };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct buf out;

		buf_init(&out, OUT_BYTES);
		read_by(p, n, parts[i], ';', &out);
		assert_string_equal(buf_str(&out), expected);
		buf_release(&out);
	}
}

static void
check(const char *text, const char *expected)
{
	check_octets(text, strlen(text), expected);
}

static void
test_plain(void **state)
{
	(void)state;
	check("", "");
	check("a;b", "1-1:[a][b] ");
	check("a;b\n", "1-1:[a][b] ");
	check("a;b\nc;d\n", "1-1:[a][b] 2-2:[c][d] ");
	check("a;;\n;\n", "1-1:[a][][] 2-2:[][] ");
	check(" a ;b\"c\"\n", "1-1:[ a ][b\"c\"] ");
	check("\n\n a\n\n", "3-3:[ a] ");
}

static void
test_line_ends(void **state)
{
	(void)state;
	check("a\r\nb\r\n", "1-1:[a] 2-2:[b] ");
	check("a\rb\rc", "1-1:[a] 2-2:[b] 3-3:[c] ");
	check("a\r\n\r\nb", "1-1:[a] 3-3:[b] ");
	check("\"a\r\nb\";c\r\nd\n", "1-2:[a\r\nb][c] 3-3:[d] ");
	check("\"a\n\nb\"\n\"c\"", "1-3:[a\n\nb] 4-4:[c] ");
}

static void
test_quotes(void **state)
{
	(void)state;
	check("\"a;b\";\"c\"\"d\"\n", "1-1:[a;b][c\"d] ");
	check("\"\"\n", "1-1:[] ");
	check("\"\";\"\"", "1-1:[][] ");
	check("\"\"\"\"", "1-1:[\"] ");
}

static void
test_wrong(void **state)
{
	(void)state;
	check("\"a\"b;c\nd\n", "1-1!text after a closing quote 2-2:[d] ");
	check("x\n\"a;b\n", "1-1:[x] 2-3!a quote is not closed ");
	check_octets("a\0b;c\nd", 7, "1-1!a NUL octet 2-2:[d] ");
	check_octets("\"a\0b\nc\nd", 8, "1-1!a NUL octet 2-2:[c] 3-3:[d] ");
}

static void
test_ceilings(void **state)
{
	size_t n = CSV_ROW_BYTES + 10;
	char *text = mem_new(n, 1);

	(void)state;
	memset(text, ';', n);
	text[CSV_CELLS_MAX - 1] = '\n';
	memcpy(text + CSV_CELLS_MAX + 5, "\n", 1);
	text[CSV_CELLS_MAX + 6] = 'x';
	{
		struct buf out;

		buf_init(&out, OUT_BYTES);
		read_by(text, CSV_CELLS_MAX - 1, n, ';', &out);
		assert_null(strchr(buf_str(&out), '!'));
		buf_clear(&out);
		memset(text, ';', CSV_CELLS_MAX);
		read_by(text, CSV_CELLS_MAX, n, ';', &out);
		assert_string_equal(buf_str(&out), "1-1!over 512 cells ");
		buf_clear(&out);
		memset(text, 'a', n);
		text[0] = '"';
		text[n - 2] = '\n';
		text[n - 1] = 'b';
		read_by(text, n, 4096, ';', &out);
		assert_string_equal(buf_str(&out),
				    "1-1!a row over 256 KiB: is a quote not "
				    "closed? 2-2:[b] ");
		buf_release(&out);
	}
	mem_free(text);
}

static bool
stop(void *ctx, const struct csv_row *row)
{
	(void)row;
	++*(int *)ctx;
	return false;
}

static void
test_stop(void **state)
{
	int rows = 0;
	struct csv_reader *r = csv_reader_new(',', stop, &rows);

	(void)state;
	assert_false(csv_reader_add(r, "a\nb\nc\n", 6));
	assert_int_equal(rows, 1);
	csv_reader_free(&r);
}

/* --- encodings ------------------------------------------------------------ */

static void
check_text(const char *p, size_t n, enum text_code code, const char *expected,
	   uint64_t replaced)
{
	for (size_t part = 1; part <= n; part++) {
		struct text_guess g = { .waits = 0 };
		struct text_decode d = { .holds = 0 };
		struct buf out;

		buf_init(&out, OUT_BYTES);
		for (size_t i = 0; i < n; i += part)
			text_guess_add(&g, p + i, n - i < part ? n - i : part);
		assert_int_equal(text_guess_end(&g), code);
		d.code = code;
		for (size_t i = 0; i < n; i += part)
			text_decode_add(&d, p + i, n - i < part ? n - i : part,
					&out);
		text_decode_end(&d, &out);
		assert_string_equal(buf_str(&out), expected);
		assert_int_equal(d.replaced, replaced);
		buf_release(&out);
	}
}

#define TEXT(s) s, sizeof(s) - 1

static void
test_encodings(void **state)
{
	(void)state;
	check_text(TEXT("abc"), TEXT_UTF8, "abc", 0);
	check_text(TEXT("L\xc3\xb3pez \xe2\x82\xac \xf0\x9f\x98\x80"),
		   TEXT_UTF8, "López € 😀", 0);
	check_text(TEXT("\xef\xbb\xbf"
			"a;b"),
		   TEXT_UTF8, "a;b", 0);
	check_text(TEXT("L\xf3pez 5 \x80"), TEXT_CP1252, "López 5 €", 0);
	check_text(TEXT("abc\xc3"), TEXT_CP1252, "abcÃ", 0);
	check_text(TEXT("\xf1"), TEXT_CP1252, "ñ", 0);
	check_text(TEXT("a\x81"
			"b"),
		   TEXT_CP1252,
		   "a\xef\xbf\xbd"
		   "b",
		   1);
	check_text(TEXT("\xff\xfe"
			"a\0\xf1\0\x3d\xd8\x00\xde"),
		   TEXT_UTF16LE, "añ😀", 0);
	check_text(TEXT("\xfe\xff\0a\0\xf1"), TEXT_UTF16BE, "añ", 0);
	/* half a pair, half a unit */
	check_text(TEXT("\xff\xfe\x3d\xd8"
			"a\0b"),
		   TEXT_UTF16LE,
		   "\xef\xbf\xbd"
		   "a\xef\xbf\xbd",
		   2);
}

/* A file that was said to be UTF-8, and is not all of it. */
static void
test_replaced(void **state)
{
	struct text_decode d = { .code = TEXT_UTF8 };
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	text_decode_add(&d, "a\xf3 b\xe2\x82", 6, &out);
	text_decode_end(&d, &out);
	assert_string_equal(buf_str(&out), "a\xef\xbf\xbd b\xef\xbf\xbd");
	assert_int_equal(d.replaced, 2);
	buf_release(&out);
}

static void
test_names(void **state)
{
	enum text_code c;

	(void)state;
	for (int i = 0; i < TEXT_CODES; i++) {
		assert_true(
			text_code_find(text_code_name((enum text_code)i), &c));
		assert_int_equal(c, i);
	}
	assert_false(text_code_find("latin-1", &c));
}

/* --- orders whose rows are apart ------------------------------------------ */

static void
test_seen(void **state)
{
	struct import_seen *s = import_seen_new();
	char key[32];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(key, sizeof key, "C-%d", i);
		assert_true(import_seen_add(s, key));
	}
	assert_true(import_seen_add(s, "C-17"));
	assert_true(import_seen_add(s, "C-4999"));
	assert_int_equal(import_seen_count(s), 5000);
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(key, sizeof key, "C-%d", i);
		assert_int_equal(import_seen_apart(s, key),
				 i == 17 || i == 4999);
	}
	assert_false(import_seen_apart(s, "nobody"));
	import_seen_free(&s);
	assert_null(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_ceilings),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_seen),
	};

	hash_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The foundation: buffers, text, instants, hashes.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "daemon/base/ascii.h"
#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/markup.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"

static void
a_buffer_refuses_what_is_over_its_ceiling(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_true(buf_puts(&b, "12345678"));
	assert_false(buf_putc(&b, '9'));
	assert_true(b.full);
	assert_string_equal(buf_str(&b), "12345678");
	buf_drop(&b, 3);
	assert_string_equal(buf_str(&b), "45678");
	buf_clear(&b);
	assert_false(b.full);
	assert_false(buf_printf(&b, "%s", "123456789"));
	assert_string_equal(buf_str(&b), "");
	buf_release(&b);
}

static void
a_taken_buffer_is_empty_again(void **state)
{
	struct buf b;
	char *s;

	(void)state;
	buf_init(&b, 100);
	assert_true(buf_printf(&b, "%d-%s", 7, "x"));
	s = buf_take(&b);
	assert_string_equal(s, "7-x");
	assert_int_equal(b.len, 0);
	mem_free(s);
	buf_release(&b);
}

static void
malformed_text_is_seen_and_replaced(void **state)
{
	static const char *const bad[] = {
		"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xff",     "a\x80",        "\xe2\x82"
	};
	struct buf b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
	assert_true(utf8_valid("a\xc3\xb1\xe2\x82\xac\xf0\x9f\x98\x80", 10));
	assert_false(utf8_valid("a\0b", 3));
	buf_init(&b, 100);
	assert_int_equal(utf8_clean(&b,
				    "a\xff"
				    "b\0c",
				    5),
			 2);
	assert_string_equal(buf_str(&b), "a\xef\xbf\xbd"
					 "b\xef\xbf\xbd"
					 "c");
	assert_int_equal(utf8_cut("a\xc3\xb1", 3, 2), 1);
	buf_release(&b);
}

static void
letters_of_ascii_alone_are_folded(void **state)
{
	char s[] = "AZaz@[`{09.\xc3\x91";

	(void)state;
	ascii_fold(s);
	assert_string_equal(s, "azaz@[`{09.\xc3\x91");
	assert_int_equal(ascii_upper('a'), 'A');
	assert_int_equal(ascii_upper('z'), 'Z');
	assert_int_equal(ascii_upper('{'), '{');
	assert_int_equal(ascii_upper('\xf1'), '\xf1');
}

static void
instants_are_read_and_written(void **state)
{
	char out[32];
	int64_t t = 0;

	(void)state;
	assert_true(clock_parse("2026-01-05T09:00:00.123Z", &t));
	assert_int_equal(t, 1767603600123);
	clock_iso_ms(t, out);
	assert_string_equal(out, "2026-01-05T09:00:00.123Z");
	assert_true(clock_parse("2024-02-29T00:00:00Z", &t));
	assert_int_equal(t, 1709164800000);
	assert_false(clock_parse("2026-02-29T00:00:00Z", &t));
	assert_false(clock_parse("2026-01-05T09:00:00", &t));
	assert_false(clock_parse("2026-01-05T24:00:00Z", &t));
	assert_false(clock_parse("", &t));
}

/* As the C library writes it: through four-digit years and out at both ends. */
static void
any_instant_is_written(void **state)
{
	static const int64_t seconds[] = { INT64_MIN / 1000,
					   -62167219201,
					   -62167219200,
					   -1,
					   0,
					   951782399,
					   1767603600,
					   253402300799,
					   253402300800,
					   INT64_MAX / 1000 - 1 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
		time_t t = (time_t)seconds[i];
		struct tm tm;
		char want[64];
		char out[32];

		assert_non_null(gmtime_r(&t, &tm));
		(void)snprintf(want, sizeof want,
			       "%04lld-%02d-%02dT%02d:%02d:%02d",
			       1900LL + tm.tm_year, tm.tm_mon + 1, tm.tm_mday,
			       tm.tm_hour, tm.tm_min, tm.tm_sec);
		clock_iso_ms(seconds[i] * 1000 + 7, out);
		assert_memory_equal(out, want, strlen(want));
		assert_string_equal(out + strlen(want), ".007Z");
		clock_iso_s(seconds[i], out);
		assert_memory_equal(out, want, strlen(want));
		assert_string_equal(out + strlen(want), "Z");
	}
}

static void
dates_go_there_and_back(void **state)
{
	int64_t d;
	int64_t y = 0;
	int m = 0;
	int day = 0;

	(void)state;
	assert_int_equal(clock_days(1970, 1, 1), 0);
	assert_int_equal(clock_days(2000, 3, 1), 11017);
	for (d = 0; d < 200000; d += 37) {
		clock_date(d, &y, &m, &day);
		assert_int_equal(clock_days(y, m, day), d);
	}
}

static void
hashes_are_those_of_the_standard(void **state)
{
	char hex[HASH_HEX];
	char token[48];
	char other[48];
	struct buf b;
	struct buf back;

	(void)state;
	hash_start();
	hash_hex("abc", 3, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
				 "b00361a396177a9cb410ff61f20015ad");
	assert_true(hash_is_hex(hex));
	hex[3] = 'G';
	assert_false(hash_is_hex(hex));
	buf_init(&b, 100);
	buf_init(&back, 100);
	assert_true(hash_b64(&b, "foob", 4));
	assert_string_equal(buf_str(&b), "Zm9vYg==");
	assert_true(hash_unb64(&back, "Zm9vYg==", 8));
	assert_string_equal(buf_str(&back), "foob");
	assert_false(hash_unb64(&back, "Zm9vYg=", 7));
	hash_token(token);
	hash_token(other);
	assert_int_equal(strlen(token), 43);
	assert_string_not_equal(token, other);
	buf_release(&b);
	buf_release(&back);
}

static void
base64_goes_there_and_back(void **state)
{
	static const char *const bad[] = { "Zg=",  "Zm9vYh==", "Zm9=YmFy",
					   "====", "Zm9vYg=a", "Zm9v\nYg=",
					   "Z===", "Zm9vYmF=", "Zm9vY mF" };
	unsigned char raw[70];
	struct buf text;
	struct buf back;
	size_t n;

	(void)state;
	hash_start();
	buf_init(&text, 1000);
	buf_init(&back, 1000);
	for (n = 0; n <= sizeof raw; n++) {
		hash_random(raw, sizeof raw);
		buf_clear(&text);
		buf_clear(&back);
		assert_true(hash_b64(&text, raw, n));
		assert_int_equal(text.len, (n + 2) / 3 * 4);
		assert_true(hash_unb64(&back, buf_str(&text), text.len));
		assert_int_equal(back.len, n);
		if (n > 0)
			assert_memory_equal(back.data, raw, n);
	}
	buf_clear(&back);
	for (n = 0; n < sizeof bad / sizeof bad[0]; n++)
		assert_false(hash_unb64(&back, bad[n], strlen(bad[n])));
	assert_int_equal(back.len, 0);
	buf_release(&text);
	buf_release(&back);
}

static void
an_error_is_one_line(void **state)
{
	struct err e;
	enum log_level l;

	(void)state;
	assert_int_equal(err_set(&e, OUT_PERM, "no such thing '%s'", "a\nb"),
			 OUT_PERM);
	assert_null(strchr(e.text, '\n'));
	/* text cut within a character is still text */
	(void)err_set(&e, OUT_PERM, "'%.2s'", "a\xc3\xa9");
	assert_string_equal(e.text, "'a?'");
	assert_int_equal(err_code(&e, OUT_TEMP, "busy", "wait"), OUT_TEMP);
	assert_string_equal(e.code, "busy");
	assert_int_equal(log_level_parse("warn", &l, &e), OUT_OK);
	assert_int_equal(l, LOG_LVL_WARN);
	assert_int_equal(log_level_parse("loud", &l, &e), OUT_PERM);
}

static void
text_is_safe_between_tags_and_in_quotes(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	markup_escape(&b, "<a href=\"x\">&'ñ\n");
	assert_string_equal(buf_str(&b),
			    "&lt;a href=&quot;x&quot;&gt;&amp;&#39;ñ\n");
	buf_clear(&b);
	markup_escape_lines(&b, "a<\n\nb\n&", 7, "<br>");
	assert_string_equal(buf_str(&b), "a&lt;<br><br>b<br>&amp;");
	buf_release(&b);
	buf_init(&b, 6);
	markup_escape(&b, "12<34&");
	assert_true(b.full);
	assert_string_equal(buf_str(&b), "12&lt;");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_refuses_what_is_over_its_ceiling),
		cmocka_unit_test(a_taken_buffer_is_empty_again),
		cmocka_unit_test(malformed_text_is_seen_and_replaced),
		cmocka_unit_test(letters_of_ascii_alone_are_folded),
		cmocka_unit_test(instants_are_read_and_written),
		cmocka_unit_test(any_instant_is_written),
		cmocka_unit_test(dates_go_there_and_back),
		cmocka_unit_test(hashes_are_those_of_the_standard),
		cmocka_unit_test(base64_goes_there_and_back),
		cmocka_unit_test(an_error_is_one_line),
		cmocka_unit_test(text_is_safe_between_tags_and_in_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

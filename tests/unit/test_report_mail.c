/* Reports as mails: the words of both languages, numbers and dates as each
 * writes them, text, HTML that nothing breaks out of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/report_mail.h"
#include "daemon/report_number.h"
#include "rules/zone.h"

#define NBSP "\xc2\xa0"
#define DASH "\xe2\x80\x93"

static struct zone *madrid;

static int
open_zone(void **state)
{
	struct err e;

	(void)state;
	return zone_open("Europe/Madrid", &madrid, &e) == OUT_OK ? 0 : -1;
}

static int
close_zone(void **state)
{
	(void)state;
	zone_free(&madrid);
	return 0;
}

/* --- words ----------------------------------------------------------------- */

static void
both_languages_have_the_same_words(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(report_words_es_count, report_words_en_count);
	for (i = 0; i < report_words_es_count; i++) {
		assert_string_equal(report_words_es[i].name,
				    report_words_en[i].name);
		assert_true(report_words_es[i].text[0] != '\0');
		assert_true(report_words_en[i].text[0] != '\0');
		if (i > 0)
			assert_true(strcmp(report_words_es[i - 1].name,
					   report_words_es[i].name) < 0);
	}
}

/* What a figure is called has a sentence that says what it is, and back. */
static void
each_figure_is_defined(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < report_words_en_count; i++) {
		const char *name = report_words_en[i].name;

		if (strncmp(name, "figure.", 7) == 0)
			assert_non_null(
				report_text(REPORT_EN, "define", name + 7));
		if (strncmp(name, "define.", 7) == 0)
			assert_non_null(
				report_text(REPORT_EN, "figure", name + 7));
	}
}

static void
a_word_that_is_missing_is_its_name(void **state)
{
	char longest[400];

	(void)state;
	assert_null(report_text(REPORT_ES, "figure", "nonsense"));
	assert_string_equal(report_word_or(REPORT_ES, "figure", "nonsense"),
			    "nonsense");
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(report_text(REPORT_ES, "figure", longest));
	assert_int_equal(report_language_of("en"), REPORT_EN);
	assert_int_equal(report_language_of("es"), REPORT_ES);
	assert_int_equal(report_language_of(""), REPORT_ES);
}

/* --- numbers --------------------------------------------------------------- */

static void
assert_value(enum report_language l, const char *unit, json_t *v,
	     const char *wanted)
{
	struct buf b;

	buf_init(&b, 1000);
	number_value(&b, l, unit, v);
	assert_string_equal(buf_str(&b), wanted);
	buf_release(&b);
	json_decref(v);
}

static void
numbers_are_written_as_in_the_language(void **state)
{
	(void)state;
	assert_value(REPORT_ES, "count", json_integer(0), "0");
	assert_value(REPORT_ES, "count", json_integer(1234), "1234");
	assert_value(REPORT_ES, "count", json_integer(12345), "12.345");
	assert_value(REPORT_ES, "count", json_integer(-1234567), "-1.234.567");
	assert_value(REPORT_EN, "count", json_integer(999), "999");
	assert_value(REPORT_EN, "count", json_integer(1234), "1,234");
	assert_value(REPORT_EN, "count", json_integer(INT64_MIN),
		     "-9,223,372,036,854,775,807");
	assert_value(REPORT_ES, "share", json_integer(9250), "92,5" NBSP "%");
	assert_value(REPORT_ES, "share", json_integer(6667), "66,67" NBSP "%");
	assert_value(REPORT_ES, "share", json_integer(10000), "100" NBSP "%");
	assert_value(REPORT_EN, "share", json_integer(9205), "92.05%");
	assert_value(REPORT_EN, "share", json_integer(0), "0%");
	assert_value(REPORT_EN, "share", json_integer(-150), "-1.5%");
	assert_value(REPORT_ES, "seconds", json_integer(59), "59 s");
	assert_value(REPORT_ES, "seconds", json_integer(60), "1 min");
	assert_value(REPORT_ES, "seconds", json_integer(65), "1 min 05 s");
	assert_value(REPORT_ES, "seconds", json_integer(601), "10 min");
	assert_value(REPORT_ES, "seconds", json_integer(3599), "59 min");
	assert_value(REPORT_EN, "seconds", json_integer(14700), "4 h 05 min");
	assert_value(REPORT_EN, "seconds", json_integer(-3600), "-1 h 00 min");
	assert_value(REPORT_EN, "minutes", json_integer(90), "1 h 30 min");
	assert_value(REPORT_EN, "count", json_null(), DASH);
	assert_value(REPORT_EN, "count", json_string("x"), "x");
}

static void
assert_range(enum report_language l, const char *since, const char *until,
	     const char *wanted)
{
	int64_t from_ms = 0;
	int64_t to_ms = 0;
	struct buf b;

	assert_true(clock_parse(since, &from_ms));
	assert_true(clock_parse(until, &to_ms));
	buf_init(&b, 1000);
	number_range(&b, l, madrid, from_ms / 1000, to_ms / 1000);
	assert_string_equal(buf_str(&b), wanted);
	buf_release(&b);
}

static void
periods_are_dates_of_the_zone(void **state)
{
	(void)state;
	assert_range(REPORT_ES, "2026-11-15T23:00:00Z", "2026-11-22T23:00:00Z",
		     "16/11/2026 a 22/11/2026");
	assert_range(REPORT_EN, "2026-11-15T23:00:00Z", "2026-11-22T23:00:00Z",
		     "16 Nov 2026 to 22 Nov 2026");
	/* one day, of 25 hours */
	assert_range(REPORT_EN, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z",
		     "25 Oct 2026");
	/* not whole days */
	assert_range(REPORT_ES, "2026-11-15T23:00:00Z", "2026-11-16T09:30:00Z",
		     "16/11/2026 00:00 a 16/11/2026 10:30");
}

/* --- mails ----------------------------------------------------------------- */

static json_t *
a_report(const char *group, const char *key, const char *title)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:[{s:s, s:s, s:i, s:i, s:i, s:s},"
		" {s:s, s:s, s:n, s:n, s:i, s:s}],"
		" s:[{s:s, s:s}, {s:s, s:s}],"
		" s:[{s:s, s:s, s:s, s:[i, i]}, {s:s, s:s, s:s, s:[i, n]}],"
		" s:[s, s], s:b}",
		"report", "promises", "since", "2026-11-15T23:00:00.000Z",
		"until", "2026-11-22T23:00:00.000Z", "zone", "Europe/Madrid",
		"group", group, "figures", "name", "compliance", "unit",
		"share", "value", 9250, "before", 9000, "n", 40, "link",
		"/incidents?fact=broken&x=\"<y>", "name", "breached", "unit",
		"count", "value", "before", "n", 0, "link", "//evil.example/x",
		"columns", "name", "met", "unit", "count", "name", "compliance",
		"unit", "share", "rows", "key", key, "title", title, "link",
		"javascript:alert(1)", "values", 37, 2500, "key", "", "title",
		"", "link", "", "values", 0, "definitions", "compliance",
		"nonsense", "cut", 0);
}

static struct report_mail
mail_of(const json_t *report, enum report_language l, const char *name,
	const char *url)
{
	struct report_mail_for f = { .language = l,
				     .name = name,
				     .desk = "Tienda & Olmo",
				     .url = url,
				     .zone_name = "Europe/Madrid",
				     .zone = madrid };
	struct report_mail m = { .subject = NULL };
	struct err e;

	assert_int_equal(report_mail_make(report, &f, &m, &e), OUT_OK);
	return m;
}

static void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL) {
		print_error("'%s' is not in:\n%s\n", part, text);
		fail();
	}
}

static void
assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part) != NULL) {
		print_error("'%s' is in:\n%s\n", part, text);
		fail();
	}
}

static void
a_mail_says_its_figure(void **state)
{
	json_t *report = a_report("channel", "email", "");
	struct report_mail es = mail_of(report, REPORT_ES, "Semana", "");
	struct report_mail en = mail_of(report, REPORT_EN, "Week", "");

	(void)state;
	assert_string_equal(es.subject, "Semana: Cumplimiento 92,5" NBSP
					"%, 16/11/2026 a 22/11/2026");
	assert_string_equal(
		en.subject,
		"Week: Compliance 92.5%, 16 Nov 2026 to 22 Nov 2026");
	assert_has(es.text,
		   "Cumplimiento: 92,5" NBSP "% (antes 90" NBSP "%)\n");
	assert_has(es.text, "Incumplidas: " DASH "\n");
	assert_has(es.text,
		   "- Correo: Cumplidas 37; Cumplimiento 25" NBSP "%\n");
	assert_has(es.text,
		   "- (ninguno): Cumplidas 0; Cumplimiento " DASH "\n");
	assert_has(en.text, "- Mail: Kept in time 37; Compliance 25%\n");
	assert_has(en.text, "Compliance. Kept, of those kept and broken");
	assert_has_not(en.text, "nonsense");
	assert_has(en.html, "Mail</th>");
	/* a quarter of a bar of 120, and the rest of it */
	assert_has(en.html, "<td width=\"30\" height=\"10\"");
	assert_has(en.html, "<td width=\"90\" height=\"10\"");
	assert_has(en.html, "(Tienda &amp; Olmo)");
	report_mail_release(&es);
	report_mail_release(&en);
	json_decref(report);
}

static void
nothing_breaks_out_of_the_html(void **state)
{
	json_t *report =
		a_report("queue", "k", "</th><script>alert('1')</script>&\x01");
	struct report_mail m = mail_of(report, REPORT_EN,
				       "<b onload=\"x\">\r\nBcc: a@b.example",
				       "https://desk.example/\"><i>");

	(void)state;
	assert_has_not(m.html, "<script");
	assert_has_not(m.html, "<b onload");
	assert_has_not(m.html, "<i>");
	assert_has_not(m.html, "\x01");
	assert_has(m.html,
		   "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;");
	/* one path of ours is a link; another host and a program are none */
	assert_has(m.html, "href=\"https://desk.example/&quot;&gt;&lt;i&gt;"
			   "/incidents?fact=broken&amp;x=&quot;&lt;y&gt;\"");
	assert_has_not(m.html, "evil.example");
	assert_has_not(m.html, "javascript:");
	assert_has_not(m.html, "<img");
	/* a subject is one line */
	assert_null(strpbrk(m.subject, "\r\n"));
	assert_has_not(m.text, "\nBcc");
	report_mail_release(&m);
	json_decref(report);
}

static void
assert_row(const char *group, const char *key, const char *wanted)
{
	json_t *report = a_report(group, key, "");
	struct report_mail m = mail_of(report, REPORT_ES, "x", "");
	char line[100];

	(void)snprintf(line, sizeof(line), "- %s: ", wanted);
	assert_has(m.text, line);
	report_mail_release(&m);
	json_decref(report);
}

static void
keys_are_said_in_words(void **state)
{
	(void)state;
	assert_row("hour", "1-09", "lunes 09:00");
	assert_row("hour", "8-09", "8-09");
	assert_row("day", "2026-11-22", "22/11/2026");
	assert_row("day", "2026-13-22", "2026-13-22");
	assert_row("agent", "0", "Nadie");
	assert_row("version", "7", "versi\xc3\xb3n 7");
	assert_row("cause", "assignee_away",
		   "La persona asignada estaba ausente");
	assert_row("team", "ventas", "ventas");
}

static void
many_rows_are_in_the_file_alone(void **state)
{
	json_t *report = a_report("channel", "email", "");
	json_t *rows = json_object_get(report, "rows");
	struct report_mail m;
	char key[20];
	int i;

	(void)state;
	for (i = 0; i < 500; i++) {
		(void)snprintf(key, sizeof(key), "row%d", i);
		(void)json_array_append_new(
			rows,
			json_pack("{s:s, s:s, s:s, s:[i, i]}", "key", key,
				  "title", "", "link", "", "values", 1, 10000));
	}
	m = mail_of(report, REPORT_EN, "x", "");
	assert_has(m.text, "row57:");
	assert_has_not(m.text, "row58:");
	assert_has_not(m.html, "row58<");
	assert_has(m.text, "The attached file has the other rows.");
	assert_has(m.html, "The attached file has the other rows.");
	report_mail_release(&m);
	json_decref(report);
}

static void
what_is_too_long_is_refused(void **state)
{
	json_t *report = a_report("channel", "email", "");
	struct report_mail_for f = { .language = REPORT_ES,
				     .desk = "",
				     .url = "",
				     .zone_name = "Europe/Madrid",
				     .zone = madrid };
	static char name[REPORT_MAIL_BYTES + 10];
	struct report_mail m = { .subject = NULL };
	struct err e;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	f.name = name;
	assert_int_equal(report_mail_make(report, &f, &m, &e), OUT_PERM);
	assert_string_equal(e.code, "too_large");
	assert_null(m.html);
	json_decref(report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_languages_have_the_same_words),
		cmocka_unit_test(each_figure_is_defined),
		cmocka_unit_test(a_word_that_is_missing_is_its_name),
		cmocka_unit_test(numbers_are_written_as_in_the_language),
		cmocka_unit_test(periods_are_dates_of_the_zone),
		cmocka_unit_test(a_mail_says_its_figure),
		cmocka_unit_test(nothing_breaks_out_of_the_html),
		cmocka_unit_test(keys_are_said_in_words),
		cmocka_unit_test(many_rows_are_in_the_file_alone),
		cmocka_unit_test(what_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, open_zone, close_zone);
}

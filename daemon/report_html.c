/*
 * The HTML part of a report's mail. Mail programs know tables and styles of
 * elements, so there is nothing else; a bar is a row of two cells.
 */

#include "daemon/report_mail_p.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/markup.h"
#include "daemon/base/mem.h"
#include "daemon/report_number.h"

#define BAR_WIDTH 120 /* pixels of a full bar */
#define SHARE_FULL 10000

/* Seen on white and on black alike. */
#define BAR_COLOUR "#1f8a7d"
#define REST_COLOUR "#b9b4a9"
#define LINE_COLOUR "#8a857a"

#define FONT                                                                   \
	"font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,"         \
	"sans-serif;"
#define CELL "padding:6px 10px;border-bottom:1px solid " LINE_COLOUR ";"

void
report_escape(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			(void)buf_putc(b, ' ');
		else
			markup_escape(b, (const char[]){ *s, '\0' });
}

/* A value, escaped: it may be a text. */
static void
value(struct buf *b, enum report_language l, const char *unit, const json_t *v)
{
	if (json_is_string(v))
		report_escape(b, json_string_value(v));
	else
		number_value(b, l, unit, v);
}

/* A text, as a link to the console if it has a page there. A path of ours
 * begins with one slash. */
static void
linked(struct buf *b, const struct report_mail_for *f, const json_t *o,
       const char *text)
{
	const char *link = report_str(o, "link");
	bool is_path = link[0] == '/' && link[1] != '/';

	if (f->url[0] == '\0' || !is_path) {
		report_escape(b, text);
		return;
	}
	(void)buf_puts(b, "<a href=\"");
	report_escape(b, f->url);
	report_escape(b, link);
	(void)buf_puts(b, "\" style=\"color:inherit\">");
	report_escape(b, text);
	(void)buf_puts(b, "</a>");
}

static void
head(struct buf *b, const json_t *report, const struct report_mail_for *f,
     const char *subject)
{
	(void)buf_printf(
		b,
		"<!doctype html>\n<html lang=\"%s\">\n<head>\n"
		"<meta charset=\"utf-8\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
		f->language == REPORT_EN ? "en" : "es");
	report_escape(b, subject);
	(void)buf_puts(b, "</title>\n</head>\n<body style=\"margin:0;"
			  "padding:16px;font-size:15px;line-height:1.45;" FONT
			  "\">\n<h1 style=\"font-size:20px;margin:0\">");
	report_escape(b, f->name);
	(void)buf_puts(b, "</h1>\n<p style=\"margin:4px 0 16px\">");
	report_escape(b, report_word_or(f->language, "report",
					report_str(report, "report")));
	(void)buf_puts(b, ", ");
	report_mail_range(b, report, f);
	(void)buf_puts(b, " (");
	report_escape(b, f->zone_name);
	(void)buf_puts(b, ")</p>\n");
}

static void
figure(struct buf *b, const json_t *report, const struct report_mail_for *f,
       const json_t *x)
{
	enum report_language l = f->language;
	const char *unit = report_str(x, "unit");
	const json_t *before = json_object_get(x, "before");

	(void)buf_puts(b, "<tr><th scope=\"row\" align=\"left\" "
			  "style=\"font-weight:normal;" CELL "\">");
	linked(b, f, x, report_figure_name(report, l, report_str(x, "name")));
	(void)buf_puts(b, "</th><td align=\"right\" style=\"font-weight:bold;"
			  "white-space:nowrap;" CELL "\">");
	value(b, l, unit, json_object_get(x, "value"));
	(void)buf_puts(b, "</td><td align=\"right\" "
			  "style=\"white-space:nowrap;" CELL "\">");
	if (json_is_integer(before)) {
		report_escape(b, report_word_or(l, "mail", "before"));
		(void)buf_putc(b, ' ');
		value(b, l, unit, before);
	}
	(void)buf_puts(b, "</td></tr>\n");
}

static void
figures(struct buf *b, const json_t *report, const struct report_mail_for *f)
{
	const json_t *x;
	size_t i;

	(void)buf_puts(b, "<table cellspacing=\"0\" cellpadding=\"0\" "
			  "style=\"border-collapse:collapse\">\n");
	json_array_foreach(json_object_get(report, "figures"), i, x)
		figure(b, report, f, x);
	(void)buf_puts(b, "</table>\n");
}

/* The column that is drawn: the first share, else the first number. */
static size_t
drawn_column(const json_t *report)
{
	size_t n = json_array_size(json_object_get(report, "columns"));
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(report_unit(report, i), "share") == 0)
			return i;
	for (i = 0; i < n; i++)
		if (strcmp(report_unit(report, i), "text") != 0)
			break;
	return i;
}

static json_int_t
cell_at(const json_t *row, size_t i)
{
	return json_integer_value(
		json_array_get(json_object_get(row, "values"), i));
}

/* What a full bar stands for. */
static json_int_t
full_of(const json_t *report, size_t drawn)
{
	json_int_t full = 0;
	const json_t *row;
	size_t i;

	if (strcmp(report_unit(report, drawn), "share") == 0)
		return SHARE_FULL;
	json_array_foreach(json_object_get(report, "rows"), i, row)
	{
		if (cell_at(row, drawn) > full)
			full = cell_at(row, drawn);
	}
	return full;
}

static void
bar_cell(struct buf *b, int width, const char *colour)
{
	if (width > 0)
		(void)buf_printf(b,
				 "<td width=\"%d\" height=\"10\" "
				 "bgcolor=\"%s\" style=\"font-size:0;"
				 "line-height:10px\">&nbsp;</td>",
				 width, colour);
}

static void
bar(struct buf *b, json_int_t v, json_int_t full)
{
	int width = 0;

	if (full > 0 && v > 0)
		width = v >= full ? BAR_WIDTH
				  : (int)((double)v * BAR_WIDTH / (double)full);
	(void)buf_printf(b,
			 "<td style=\"" CELL "\"><table role=\"presentation\" "
			 "aria-hidden=\"true\" cellspacing=\"0\" "
			 "cellpadding=\"0\" width=\"%d\"><tr>",
			 BAR_WIDTH);
	bar_cell(b, width, BAR_COLOUR);
	bar_cell(b, BAR_WIDTH - width, REST_COLOUR);
	(void)buf_puts(b, "</tr></table></td>");
}

static void
headings(struct buf *b, const json_t *report, size_t drawn,
	 enum report_language l)
{
	const char *group = report_str(report, "group");
	size_t n = json_array_size(json_object_get(report, "columns"));
	size_t i;

	(void)buf_puts(b, "<tr><th scope=\"col\" align=\"left\" "
			  "style=\"" CELL "\">");
	report_escape(b, report_word_or(l, "group", group));
	(void)buf_puts(b, "</th>");
	for (i = 0; i < n; i++) {
		(void)buf_puts(b, "<th scope=\"col\" align=\"right\" "
				  "style=\"" CELL "\">");
		report_escape(b, report_column_name(report, i, l));
		(void)buf_puts(b, i == drawn ? "</th><td style=\"" CELL
					       "\"></td>"
					     : "</th>");
	}
	(void)buf_puts(b, "</tr>\n");
}

static void
row_cells(struct buf *b, const json_t *report, const json_t *row, size_t drawn,
	  json_int_t full, enum report_language l)
{
	const json_t *v;
	size_t i;

	json_array_foreach(json_object_get(row, "values"), i, v)
	{
		(void)buf_puts(b, "<td align=\"right\" "
				  "style=\"white-space:nowrap;" CELL "\">");
		value(b, l, report_unit(report, i), v);
		(void)buf_puts(b, "</td>");
		if (i == drawn)
			bar(b, json_integer_value(v), full);
	}
}

static void
rows(struct buf *b, const json_t *report, const struct report_mail_for *f)
{
	const json_t *list = json_object_get(report, "rows");
	size_t drawn = drawn_column(report);
	json_int_t full = full_of(report, drawn);
	size_t n = json_array_size(list);
	size_t i;

	if (n == 0)
		return;
	(void)buf_puts(b, "<table cellspacing=\"0\" cellpadding=\"0\" "
			  "style=\"border-collapse:collapse;"
			  "margin-top:20px\">\n");
	headings(b, report, drawn, f->language);
	for (i = 0; i < n && i < REPORT_MAIL_ROWS; i++) {
		const json_t *row = json_array_get(list, i);
		char *name = report_row_name(report, row, f->language);

		(void)buf_puts(b, "<tr><th scope=\"row\" align=\"left\" "
				  "style=\"font-weight:normal;" CELL "\">");
		linked(b, f, row, name);
		mem_free(name);
		(void)buf_puts(b, "</th>");
		row_cells(b, report, row, drawn, full, f->language);
		(void)buf_puts(b, "</tr>\n");
	}
	(void)buf_puts(b, "</table>\n");
	if (n > REPORT_MAIL_ROWS)
		(void)buf_printf(b, "<p>%s</p>\n",
				 report_word_or(f->language, "mail", "more"));
}

static void
definitions(struct buf *b, const json_t *report, enum report_language l)
{
	const json_t *x;
	size_t i;

	json_array_foreach(json_object_get(report, "definitions"), i, x)
	{
		const char *name = json_string_value(x);
		const char *text = report_definition(report, i, l);

		if (text == NULL)
			continue;
		(void)buf_puts(b, "<p style=\"font-size:13px;margin:12px 0 0\">"
				  "<b>");
		report_escape(b, report_figure_name(report, l, name));
		(void)buf_puts(b, "</b>. ");
		report_escape(b, text);
		(void)buf_puts(b, "</p>\n");
	}
}

void
report_html(struct buf *b, const json_t *report,
	    const struct report_mail_for *f, const char *subject)
{
	head(b, report, f, subject);
	figures(b, report, f);
	rows(b, report, f);
	definitions(b, report, f->language);
	if (json_is_true(json_object_get(report, "cut")))
		(void)buf_printf(b, "<p>%s</p>\n",
				 report_word_or(f->language, "mail", "cut"));
	(void)buf_puts(b, "<p style=\"font-size:13px;margin-top:20px\">");
	report_escape(b, report_word_or(f->language, "mail", "why"));
	if (f->desk[0] != '\0') {
		(void)buf_puts(b, " (");
		report_escape(b, f->desk);
		(void)buf_putc(b, ')');
	}
	(void)buf_puts(b, "</p>\n</body>\n</html>\n");
}

#include "daemon/report_mail.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/report_mail_p.h"
#include "daemon/report_number.h"

#define SUBJECT_BYTES 2000
#define OWN_BYTES 100 /* of a report's name and a figure's */

const char *
report_str(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

int64_t
report_at(const json_t *report, const char *name)
{
	int64_t ms = 0;

	if (!clock_parse(report_str(report, name), &ms))
		return 0;
	return ms / 1000;
}

void
report_mail_range(struct buf *b, const json_t *report,
		  const struct report_mail_for *f)
{
	number_range(b, f->language, f->zone, report_at(report, "since"),
		     report_at(report, "until"));
}

static const json_t *
column(const json_t *report, size_t i)
{
	return json_array_get(json_object_get(report, "columns"), i);
}

const char *
report_column_name(const json_t *report, size_t i, enum report_language l)
{
	return report_figure_name(report, l,
				  report_str(column(report, i), "name"));
}

const char *
report_unit(const json_t *report, size_t i)
{
	return report_str(column(report, i), "unit");
}

const char *
report_own_text(const json_t *report, enum report_language l, const char *kind,
		const char *name)
{
	const char *text;
	char own[OWN_BYTES];

	(void)snprintf(own, sizeof(own), "%s_%s", report_str(report, "report"),
		       name);
	text = report_text(l, kind, own);
	return text != NULL ? text : report_text(l, kind, name);
}

const char *
report_figure_name(const json_t *report, enum report_language l,
		   const char *name)
{
	const char *text = report_own_text(report, l, "figure", name);

	return text != NULL ? text : name;
}

const char *
report_definition(const json_t *report, size_t i, enum report_language l)
{
	const json_t *all = json_object_get(report, "definitions");
	const json_t *name = json_array_get(all, i);
	size_t k;

	for (k = 0; k < i; k++)
		if (json_equal(json_array_get(all, k), name))
			return NULL;
	return json_is_string(name) ? report_own_text(report, l, "define",
						      json_string_value(name))
				    : NULL;
}

const json_t *
report_mail_figure(const json_t *report)
{
	return json_array_get(json_object_get(report, "figures"), 0);
}

/* A text on one line: what is a control is a space. */
static void
one_line(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		(void)buf_putc(b,
			       (unsigned char)*s < ' ' || *s == 127 ? ' ' : *s);
}

static void
figure_value(struct buf *b, enum report_language l, const json_t *figure)
{
	number_value(b, l, report_str(figure, "unit"),
		     json_object_get(figure, "value"));
}

/* "Promesas de la semana: promesas cumplidas 92,5 %, 9/11/2026 a ..." */
static char *
subject_of(const json_t *report, const struct report_mail_for *f)
{
	const json_t *figure = report_mail_figure(report);
	struct buf b;

	buf_init(&b, SUBJECT_BYTES);
	one_line(&b, f->name);
	if (figure != NULL) {
		(void)buf_puts(&b, ": ");
		one_line(&b, report_figure_name(report, f->language,
						report_str(figure, "name")));
		(void)buf_putc(&b, ' ');
		figure_value(&b, f->language, figure);
	}
	(void)buf_puts(&b, ", ");
	report_mail_range(&b, report, f);
	return buf_take(&b);
}

static void
text_figures(struct buf *b, const json_t *report, enum report_language l)
{
	const json_t *x;
	size_t i;

	json_array_foreach(json_object_get(report, "figures"), i, x)
	{
		one_line(b,
			 report_figure_name(report, l, report_str(x, "name")));
		(void)buf_puts(b, ": ");
		figure_value(b, l, x);
		if (json_is_integer(json_object_get(x, "before"))) {
			(void)buf_printf(b, " (%s ",
					 report_word_or(l, "mail", "before"));
			number_value(b, l, report_str(x, "unit"),
				     json_object_get(x, "before"));
			(void)buf_putc(b, ')');
		}
		(void)buf_putc(b, '\n');
	}
}

static void
text_row(struct buf *b, const json_t *report, const json_t *row,
	 enum report_language l)
{
	char *name = report_row_name(report, row, l);
	const json_t *v;
	size_t i;

	(void)buf_puts(b, "- ");
	one_line(b, name);
	mem_free(name);
	json_array_foreach(json_object_get(row, "values"), i, v)
	{
		(void)buf_puts(b, i == 0 ? ": " : "; ");
		one_line(b, report_column_name(report, i, l));
		(void)buf_putc(b, ' ');
		number_value(b, l, report_unit(report, i), v);
	}
	(void)buf_putc(b, '\n');
}

static void
text_rows(struct buf *b, const json_t *report, enum report_language l)
{
	const json_t *rows = json_object_get(report, "rows");
	size_t n = json_array_size(rows);
	size_t i;

	if (n > 0)
		(void)buf_putc(b, '\n');
	for (i = 0; i < n && i < REPORT_MAIL_ROWS; i++)
		text_row(b, report, json_array_get(rows, i), l);
	if (n > REPORT_MAIL_ROWS)
		(void)buf_printf(b, "%s\n", report_word_or(l, "mail", "more"));
	if (json_is_true(json_object_get(report, "cut")))
		(void)buf_printf(b, "%s\n", report_word_or(l, "mail", "cut"));
}

static void
text_definitions(struct buf *b, const json_t *report, enum report_language l)
{
	const json_t *x;
	size_t i;

	json_array_foreach(json_object_get(report, "definitions"), i, x)
	{
		const char *name = json_string_value(x);
		const char *text = report_definition(report, i, l);

		if (text != NULL)
			(void)buf_printf(b, "\n%s. %s",
					 report_figure_name(report, l, name),
					 text);
	}
	(void)buf_putc(b, '\n');
}

static void
text_of(struct buf *b, const json_t *report, const struct report_mail_for *f)
{
	enum report_language l = f->language;

	one_line(b, f->name);
	(void)buf_putc(b, '\n');
	one_line(b, report_word_or(l, "report", report_str(report, "report")));
	(void)buf_puts(b, ", ");
	report_mail_range(b, report, f);
	(void)buf_puts(b, " (");
	one_line(b, f->zone_name);
	(void)buf_puts(b, ")\n\n");
	text_figures(b, report, l);
	text_rows(b, report, l);
	text_definitions(b, report, l);
	if (f->url[0] != '\0')
		(void)buf_printf(b, "\n%s: %s/reports/%s\n",
				 report_word_or(l, "mail", "open"), f->url,
				 report_str(report, "report"));
	(void)buf_printf(b, "\n%s\n", report_word_or(l, "mail", "why"));
}

void
report_mail_release(struct report_mail *m)
{
	MEM_CLEAR(&m->subject);
	MEM_CLEAR(&m->text);
	MEM_CLEAR(&m->html);
}

enum outcome
report_mail_make(const json_t *report, const struct report_mail_for *f,
		 struct report_mail *out, struct err *e)
{
	struct buf text;
	struct buf html;
	enum outcome o = OUT_OK;

	buf_init(&text, REPORT_MAIL_BYTES);
	buf_init(&html, REPORT_MAIL_BYTES);
	out->subject = subject_of(report, f);
	text_of(&text, report, f);
	report_html(&html, report, f, out->subject);
	if (text.full || html.full)
		o = err_code(e, OUT_PERM, "too_large",
			     "the report is too long for a mail");
	out->text = buf_take(&text);
	out->html = buf_take(&html);
	if (o != OUT_OK)
		report_mail_release(out);
	return o;
}

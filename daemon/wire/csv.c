#include "daemon/wire/csv.h"

#include <string.h>

#include "daemon/base/buf.h"

#define BOM "\xef\xbb\xbf"
#define DIGITS "0123456789"

/* -12 is a number in every spreadsheet, and nothing but that. */
static bool
is_number(const char *s)
{
	s += *s == '-';
	return *s != '\0' && strspn(s, DIGITS) == strlen(s);
}

static bool
is_formula(const char *s)
{
	return *s != '\0' && strchr("=+-@\t\r", *s) != NULL && !is_number(s);
}

void
csv_field(struct buf *b, const char *text)
{
	const char *mark = is_formula(text) ? "'" : "";

	if (strpbrk(text, ",;\"\r\n\t") == NULL) {
		(void)buf_printf(b, "%s%s", mark, text);
		return;
	}
	(void)buf_printf(b, "\"%s", mark);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			(void)buf_putc(b, '"');
		(void)buf_putc(b, *text);
	}
	(void)buf_putc(b, '"');
}

static void
next(struct buf *b, const struct csv_form *form)
{
	(void)buf_putc(b, form->semicolon ? ';' : ',');
}

static void
end(struct buf *b)
{
	(void)buf_puts(b, "\r\n");
}

static const char *
text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static void
head(const json_t *columns, const struct csv_form *form, struct buf *b)
{
	const json_t *c;
	size_t i;

	(void)buf_puts(b, "key");
	next(b, form);
	(void)buf_puts(b, "title");
	json_array_foreach(columns, i, c)
	{
		next(b, form);
		csv_field(b, text_of(c, "name"));
	}
	end(b);
}

static void
row(const json_t *r, const struct csv_form *form, struct buf *b)
{
	const json_t *v;
	size_t i;

	csv_field(b, text_of(r, "key"));
	next(b, form);
	csv_field(b, text_of(r, "title"));
	json_array_foreach(json_object_get(r, "values"), i, v)
	{
		next(b, form);
		if (json_is_integer(v))
			(void)buf_printf(b, "%lld",
					 (long long)json_integer_value(v));
	}
	end(b);
}

enum outcome
csv_report(const json_t *report, const struct csv_form *form, struct buf *b,
	   struct err *e)
{
	const json_t *r;
	size_t i;

	if (form->bom)
		(void)buf_puts(b, BOM);
	head(json_object_get(report, "columns"), form, b);
	json_array_foreach(json_object_get(report, "rows"), i, r)
		row(r, form, b);
	if (b->full)
		return err_code(e, OUT_PERM, "too_large",
				"the table is over %d octets", CSV_BYTES);
	return OUT_OK;
}

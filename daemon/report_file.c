#include "daemon/report_file.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/base/buf.h"

/* A text as a field: what a spreadsheet would run gets a ' before it. */
static void
field(struct buf *b, const char *s)
{
	bool quoted = strpbrk(s, ",;\"\r\n") != NULL;

	if (quoted)
		(void)buf_putc(b, '"');
	if (s[0] != '\0' && strchr("=+-@\t\r", s[0]) != NULL)
		(void)buf_putc(b, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '"')
			(void)buf_putc(b, '"');
		(void)buf_putc(b, *s);
	}
	if (quoted)
		(void)buf_putc(b, '"');
}

static void
member(struct buf *b, const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	field(b, s != NULL ? s : "");
}

/* A number is none of a formula, even below zero. */
static void
value(struct buf *b, const json_t *v)
{
	if (json_is_integer(v))
		(void)buf_printf(b, "%" PRId64, (int64_t)json_integer_value(v));
	else if (json_is_string(v))
		field(b, json_string_value(v));
}

void
report_csv(struct buf *b, const json_t *report, bool semicolon)
{
	char between = semicolon ? ';' : ',';
	const json_t *row;
	const json_t *x;
	size_t i;
	size_t k;

	(void)buf_printf(b, "%skey%ctitle", semicolon ? "\xef\xbb\xbf" : "",
			 between);
	json_array_foreach(json_object_get(report, "columns"), i, x)
	{
		(void)buf_putc(b, between);
		member(b, x, "name");
	}
	(void)buf_puts(b, "\r\n");
	json_array_foreach(json_object_get(report, "rows"), i, row)
	{
		member(b, row, "key");
		(void)buf_putc(b, between);
		member(b, row, "title");
		json_array_foreach(json_object_get(row, "values"), k, x)
		{
			(void)buf_putc(b, between);
			value(b, x);
		}
		(void)buf_puts(b, "\r\n");
	}
}

/*
 * Where a line of the whole is from, and errors with their lines.
 */

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"
#include "rules/include_p.h"

#define SHOWN_COLUMNS 76 /* of a line that is printed */
#define SHOWN_BEFORE 50  /* columns before the place */

static const struct part *
part_of(const struct include *f, int line)
{
	size_t low = 0;
	size_t high = f->part_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (f->parts[middle].line <= line)
			low = middle;
		else
			high = middle;
	}
	return &f->parts[low];
}

const char *
include_place(const struct include *f, int line, int *line_out)
{
	const struct part *p = part_of(f, line);

	*line_out = p->file_line + (line - p->line);
	return f->files[p->file].name;
}

/* --- errors with their lines -------------------------------------------- */

/* One character of a line that is shown. */
static void
put_char(struct buf *b, const char *s, size_t n)
{
	if (n == 1 && (unsigned char)*s < ' ' && *s != '\t')
		(void)buf_putc(b, ' ');
	else
		(void)buf_add(b, s, n);
}

/* The line with a caret below one of its columns; what is left of a long one
 * is left out. */
static void
put_line(struct buf *b, const char *s, size_t n, int column)
{
	struct buf under;
	int first = column > SHOWN_COLUMNS ? column - SHOWN_BEFORE : 1;
	int at = 1;
	size_t i = 0;

	buf_init(&under, 4 * SHOWN_COLUMNS + 16);
	(void)buf_puts(b, first > 1 ? "    ..." : "    ");
	(void)buf_puts(&under, first > 1 ? "       " : "    ");
	for (; i < n && at < first + SHOWN_COLUMNS; at++) {
		size_t step = utf8_next(s + i, n - i, NULL);

		step = step != 0 ? step : 1;
		if (at >= first) {
			put_char(b, s + i, step);
			if (at < column)
				(void)buf_putc(&under,
					       s[i] == '\t' ? '\t' : ' ');
		}
		i += step;
	}
	(void)buf_printf(b, "%s\n%s^\n", i < n ? "..." : "", buf_str(&under));
	buf_release(&under);
}

static void
put_source(const struct include *f, const struct part *p, int line, int column,
	   struct buf *b)
{
	const struct file *file = &f->files[p->file];
	const char *s = file->text;
	const char *end = s + strlen(s);
	const char *stop;

	while (--line > 0) {
		s = memchr(s, '\n', (size_t)(end - s));
		if (s == NULL)
			return;
		s++;
	}
	stop = memchr(s, '\n', (size_t)(end - s));
	stop = stop != NULL ? stop : end;
	while (stop > s && stop[-1] == '\r')
		stop--;
	put_line(b, s, (size_t)(stop - s), column);
}

/* A text that may quote the book, on one line. */
static void
put_text(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		(void)buf_putc(b, (unsigned char)*s < ' ' ? ' ' : *s);
}

void
include_print(const struct include *f, const struct book_errors *errs,
	      struct buf *b)
{
	size_t i;

	for (i = 0; i < errs->n; i++) {
		const struct book_error *x = &errs->list[i];
		int line;
		const char *name = include_place(f, x->line, &line);

		(void)buf_printf(b, "%s:%d:%d: ", name, line, x->column);
		put_text(b, x->text);
		if (x->hint != NULL) {
			(void)buf_puts(b, " (");
			put_text(b, x->hint);
			(void)buf_putc(b, ')');
		}
		(void)buf_putc(b, '\n');
		put_source(f, part_of(f, x->line), line, x->column, b);
	}
	if (errs->dropped != 0)
		(void)buf_printf(b, "%zu more errors not shown\n",
				 errs->dropped);
}

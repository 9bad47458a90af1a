#include "daemon/base/markup.h"

#include <string.h>

#include "daemon/base/buf.h"

static void
escape_one(struct buf *b, char c)
{
	switch (c) {
	case '&':
		(void)buf_puts(b, "&amp;");
		break;
	case '<':
		(void)buf_puts(b, "&lt;");
		break;
	case '>':
		(void)buf_puts(b, "&gt;");
		break;
	case '"':
		(void)buf_puts(b, "&quot;");
		break;
	case '\'':
		(void)buf_puts(b, "&#39;");
		break;
	default:
		(void)buf_putc(b, c);
	}
}

void
markup_escape(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		escape_one(b, *s);
}

void
markup_escape_lines(struct buf *b, const char *p, size_t n,
		    const char *line_end)
{
	for (; n > 0; p++, n--)
		if (*p == '\n')
			(void)buf_puts(b, line_end);
		else
			escape_one(b, *p);
}

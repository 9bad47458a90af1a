#include "rules/block.h"

#include <stdint.h>
#include <string.h>

#include "daemon/base/buf.h"

/* The blanks before the first other character, over all lines that have one;
 * the last line, before the closing quotes, counts too. */
static size_t
block_indent(const char *s, size_t n)
{
	size_t least = SIZE_MAX;
	size_t i = 0;

	while (i <= n) {
		size_t k = i;

		while (k < n && (s[k] == ' ' || s[k] == '\t'))
			k++;
		if ((k == n || s[k] != '\n') && k - i < least)
			least = k - i;
		while (k < n && s[k] != '\n')
			k++;
		i = k + 1;
	}
	return least != SIZE_MAX ? least : 0;
}

/* One line, from where its text begins, without the blanks at its end. */
static void
block_line(const char *s, size_t n, size_t indent, struct buf *out)
{
	size_t i = 0;

	while (i < indent && i < n && (s[i] == ' ' || s[i] == '\t'))
		i++;
	while (n > i &&
	       (s[n - 1] == '\r' || s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	(void)buf_add(out, s + i, n - i);
}

void
block_text(const char *s, size_t n, struct buf *out)
{
	size_t begun = out->len;
	size_t indent;
	size_t i = 0;

	if (n > 0 && s[0] == '\n')
		i = 1;
	else if (n > 1 && s[0] == '\r' && s[1] == '\n')
		i = 2;
	indent = block_indent(s + i, n - i);
	while (i < n) {
		const char *end = memchr(s + i, '\n', n - i);
		size_t stop = end != NULL ? (size_t)(end - s) : n;

		block_line(s + i, stop - i, indent, out);
		if (end != NULL)
			(void)buf_putc(out, '\n');
		i = stop + 1;
	}
	while (out->len > begun && out->data[out->len - 1] == '\n')
		out->len--;
}

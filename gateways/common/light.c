#include "gateways/common/light.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"

#define LABEL_MAX 1000 /* octets of a link's label, as CommonMark has it */
#define FENCE_MIN 3
#define RULE_MIN 3 /* dashes of a rule */

size_t
light_scheme(const char *p, const char *end)
{
	size_t left = (size_t)(end - p);

	if (left > 8 && strncasecmp(p, "https://", 8) == 0)
		return 8;
	return left > 7 && strncasecmp(p, "http://", 7) == 0 ? 7 : 0;
}

const char *
light_address_end(const char *p, const char *end)
{
	const char *q = p;
	int open = 0;

	while (q < end && (unsigned char)*q > ' ' && *q != '<' && *q != '>' &&
	       *q != '"' && *q != '`' && *q != '\\') {
		open += *q == '(';
		open -= *q == ')';
		if (open < 0)
			break;
		q++;
	}
	while (q > p && strchr(".,;:!?'*_~", q[-1]) != NULL)
		q--;
	return q;
}

/* "[label]:" would define a link, and not be shown. */
static bool
defines_link(const char *p, const char *end)
{
	if (*p != '[')
		return false;
	for (size_t i = 1; i <= LABEL_MAX && p + i < end; i++) {
		if (p[i] == ']')
			return p + i + 1 < end && p[i + 1] == ':';
		if (p[i] == '[')
			return false;
		if (p[i] == '\n' && p + i + 1 < end && p[i + 1] == '\n')
			return false;
		i += p[i] == '\\';
	}
	return false;
}

/* Past what may stand before a block: quotes, marks of lists, spaces. */
static const char *
skip_marks(const char *p, const char *end)
{
	for (;;) {
		const char *q = p;

		while (q < end && (*q == ' ' || *q == '>' || *q == '\t'))
			q++;
		while (q < end && isdigit((unsigned char)*q))
			q++;
		if (q + 1 < end && strchr("-*+.)", *q) != NULL && q[1] == ' ')
			q += 2;
		else if (q > p && isdigit((unsigned char)q[-1]))
			return p;
		if (q == p)
			return p;
		p = q;
	}
}

/* Marks within an address of a page are letters of it. */
static const char *
copy_address(const char *p, const char *end, struct buf *out)
{
	const char *stop = light_address_end(p, end);

	for (; p < stop; p++) {
		if (*p == '*' || *p == '_')
			(void)buf_putc(out, '\\');
		(void)buf_putc(out, *p);
	}
	return stop;
}

/* Where "==" or "--" begins that would make a heading of the line above it:
 * people write it before their names. NULL: the line is none. */
static const char *
underline_at(const char *p, const char *end)
{
	const char *q;

	while (p < end && (*p == ' ' || *p == '>'))
		p++;
	if (p == end || (*p != '=' && *p != '-'))
		return NULL;
	for (q = p; q < end && *q == *p;)
		q++;
	if (*p == '-' && q - p >= RULE_MIN)
		return NULL;
	while (end > q && strchr(" \t\r", end[-1]) != NULL)
		end--;
	return q == end ? p : NULL;
}

/* One line, outside of code. */
static void
copy_line(const char *p, const char *line_end, const char *end, struct buf *out)
{
	const char *under = underline_at(p, line_end);
	const char *q = under ? under : skip_marks(p, line_end);
	char before = ' ';

	(void)buf_add(out, p, (size_t)(q - p));
	if (under || (q < line_end && defines_link(q, end)))
		(void)buf_putc(out, '\\');
	while (q < line_end) {
		if (light_scheme(q, line_end) > 0 && before != '<' &&
		    before != '`' && !isalnum((unsigned char)before)) {
			q = copy_address(q, line_end, out);
			before = q[-1];
			continue;
		}
		before = *q;
		(void)buf_putc(out, *q++);
	}
}

/* How many of ``` or ~~~ begin the line? Then *sign says which. */
static size_t
fence_at(const char *p, const char *end, char *sign)
{
	size_t n = 0;

	p = skip_marks(p, end);
	*sign = p < end ? *p : '\0';
	if (*sign != '`' && *sign != '~')
		return 0;
	while (p + n < end && p[n] == *sign)
		n++;
	if (*sign == '`' && memchr(p + n, '`', (size_t)(end - p) - n) != NULL)
		return 0;
	return n >= FENCE_MIN ? n : 0;
}

void
light_protect(const char *text, size_t n, struct buf *out)
{
	const char *end = text + n;
	char fence = '\0';
	size_t fence_len = 0;

	for (const char *p = text; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *line_end = nl ? nl : end;
		char sign;
		size_t len = fence_at(p, line_end, &sign);

		if (fence == '\0' && len > 0) {
			fence = sign;
			fence_len = len;
			(void)buf_add(out, p, (size_t)(line_end - p));
		} else if (fence != '\0') {
			if (len >= fence_len && sign == fence)
				fence = '\0';
			(void)buf_add(out, p, (size_t)(line_end - p));
		} else {
			copy_line(p, line_end, end, out);
		}
		if (nl)
			(void)buf_putc(out, '\n');
		p = line_end + (nl != NULL);
	}
}

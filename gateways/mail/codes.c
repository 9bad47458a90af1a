#include "gateways/mail/codes.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"

#define STATUS_LONGEST 11 /* "5.123.12345" */
#define WORDS_READ ((size_t)1000)

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* How long the status code at p is; 0: there is none. */
static size_t
status_length(const char *p, size_t n)
{
	size_t k = 2;

	if (n < 5 || !is_digit(p[0]) || p[1] != '.')
		return 0;
	while (k < n && is_digit(p[k]))
		k++;
	if (k == 2 || k > 5 || k + 1 >= n || p[k] != '.' || !is_digit(p[k + 1]))
		return 0;
	for (k++; k < n && is_digit(p[k]);)
		k++;
	if (k > STATUS_LONGEST ||
	    (k + 1 < n && p[k] == '.' && is_digit(p[k + 1])))
		return 0; /* an address of a host, a version */
	return k;
}

bool
codes_status(const char *p, size_t n, const char *classes,
	     char out[CODES_STATUS_MAX])
{
	for (size_t i = 0; i + 4 < n; i++) {
		size_t len;

		if (!p[i] || !strchr(classes, p[i]) ||
		    (i &&
		     (isalnum((unsigned char)p[i - 1]) || p[i - 1] == '.')))
			continue;
		len = status_length(p + i, n - i);
		if (!len)
			continue;
		memcpy(out, p + i, len);
		out[len] = '\0';
		return true;
	}
	return false;
}

int
codes_smtp(const char *p, size_t n)
{
	for (size_t i = 0; i + 3 < n; i++)
		if ((p[i] == '4' || p[i] == '5') && p[i + 1] >= '0' &&
		    p[i + 1] <= '7' && is_digit(p[i + 2]) &&
		    (p[i + 3] == ' ' || p[i + 3] == '-') &&
		    (!i || memchr(" \n\t:'\"(", p[i - 1], 7)))
			return p[i] - '0';
	return 0;
}

static bool
is_local(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("._%+-=/~!#&'*", c));
}

static bool
is_domain(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_';
}

bool
codes_address(const char *p, size_t n, char out[CODES_ADDRESS_MAX],
	      size_t *at_out, size_t *end_out)
{
	const char *at = n ? memchr(p, '@', n) : NULL;
	const char *end = p + n, *low = p;

	while (at) {
		const char *from = at, *to = at + 1;

		while (from > low && is_local(from[-1]))
			from--;
		while (from < at && *from == '\'')
			from++; /* quoted */
		while (to < end && is_domain(*to))
			to++;
		while (to > at && (to[-1] == '.' || to[-1] == '-'))
			to--;
		if (from < at && to > at + 1 && to - from < CODES_ADDRESS_MAX) {
			memcpy(out, from, (size_t)(to - from));
			out[to - from] = '\0';
			*at_out = (size_t)(from - p);
			*end_out = (size_t)(to - p);
			return true;
		}
		low = at + 1;
		at = memchr(at + 1, '@', (size_t)(end - at) - 1);
	}
	return false;
}

/* Behind "smtp;" or "x-unix;". */
static size_t
type_length(const char *p, size_t n)
{
	size_t k = 0;

	while (k < n && k < 24 && (isalnum((unsigned char)p[k]) || p[k] == '-'))
		k++;
	return k && k < n && p[k] == ';' ? k + 1 : 0;
}

/* Append p with runs of blanks and controls as one blank. */
static void
add_line(struct buf *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)p[i] > ' ' && p[i] != 0x7f)
			(void)buf_add(out, p + i, 1);
		else if (out->len && out->data[out->len - 1] != ' ')
			(void)buf_add(out, " ", 1);
	}
}

void
codes_words(const char *p, size_t n, char out[CODES_WORDS_MAX])
{
	char address[CODES_ADDRESS_MAX];
	struct buf line, clean;
	size_t skip, at, end;

	if (n > WORDS_READ)
		n = WORDS_READ;
	skip = type_length(p, n);
	p += skip;
	n -= skip;
	buf_init(&line, WORDS_READ + 16);
	buf_init(&clean, WORDS_READ * 3 + 16);
	while (codes_address(p, n, address, &at, &end)) {
		while (at && memchr("<[", p[at - 1], 2))
			at--;
		add_line(&line, p, at);
		while (end < n && memchr(">]", p[end], 2))
			end++;
		p += end;
		n -= end;
	}
	add_line(&line, p, n);
	(void)utf8_clean(&clean, buf_str(&line), line.len);
	n = utf8_cut(buf_str(&clean), clean.len, CODES_WORDS_MAX - 1);
	while (n && buf_str(&clean)[n - 1] == ' ')
		n--;
	memcpy(out, buf_str(&clean), n);
	out[n] = '\0';
	buf_release(&line);
	buf_release(&clean);
}

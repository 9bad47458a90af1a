#include "gateways/shop/scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "daemon/base/buf.h"

#define ESCAPE 6 /* octets of \uXXXX */
#define HIGH_FIRST 0xD800
#define LOW_FIRST 0xDC00
#define LOW_LAST 0xDFFF
#define MARK "\xef\xbb\xbf"

struct scan {
	const char *p;
	size_t n;
	size_t at;
	struct buf out; /* the same, with quotes around numbers */
};

/* The code unit of an escape at i; -1: it is none. */
static int32_t
unit(const struct scan *s, size_t i)
{
	int32_t v = 0;

	if (i + ESCAPE > s->n || s->p[i] != '\\' || s->p[i + 1] != 'u')
		return -1;
	for (size_t k = 2; k < ESCAPE; k++) {
		char c = s->p[i + k];

		v *= 16;
		if (c >= '0' && c <= '9')
			v += c - '0';
		else if (c >= 'a' && c <= 'f')
			v += c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			v += c - 'A' + 10;
		else
			return -1;
	}
	return v;
}

/* The next n octets as they are, or as many as there are. */
static void
copy(struct scan *s, size_t n)
{
	if (n > s->n - s->at)
		n = s->n - s->at;
	(void)buf_add(&s->out, s->p + s->at, n);
	s->at += n;
}

/* At a backslash: past what it escapes. */
static void
escape(struct scan *s)
{
	int32_t u = unit(s, s->at);
	int32_t low;

	if (u < 0) {
		copy(s, 2);
		return;
	}
	if (u >= HIGH_FIRST && u < LOW_FIRST) {
		low = unit(s, s->at + ESCAPE);
		if (low >= LOW_FIRST && low <= LOW_LAST) {
			copy(s, (size_t)2 * ESCAPE);
			return;
		}
	}
	if (u == 0 || (u >= HIGH_FIRST && u <= LOW_LAST)) {
		(void)buf_puts(&s->out, "\\ufffd");
		s->at += ESCAPE;
		return;
	}
	copy(s, ESCAPE);
}

/* At an opening quote: past the closing one. */
static void
string(struct scan *s)
{
	copy(s, 1);
	while (s->at < s->n && s->p[s->at] != '"')
		if (s->p[s->at] == '\\')
			escape(s);
		else
			copy(s, 1);
	copy(s, 1);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t
digits(const struct scan *s, size_t i)
{
	while (i < s->n && is_digit(s->p[i]))
		i++;
	return i;
}

/* Where the number at s->at ends (RFC 8259, section 6); s->at: it is none. */
static size_t
number_end(const struct scan *s)
{
	size_t i = s->at;
	size_t from;

	if (s->p[i] == '-')
		i++;
	from = i;
	i = digits(s, i);
	if (i == from || (i > from + 1 && s->p[from] == '0'))
		return s->at;
	if (i < s->n && s->p[i] == '.') {
		from = i + 1;
		i = digits(s, from);
		if (i == from)
			return s->at;
	}
	if (i < s->n && (s->p[i] == 'e' || s->p[i] == 'E')) {
		i++;
		if (i < s->n && (s->p[i] == '+' || s->p[i] == '-'))
			i++;
		from = i;
		i = digits(s, from);
		if (i == from)
			return s->at;
	}
	return i;
}

/* Does a number that ends at i end where a value may? It is no key then. */
static bool
ends_value(const struct scan *s, size_t i)
{
	while (i < s->n && strchr(" \t\r\n", s->p[i]) != NULL &&
	       s->p[i] != '\0')
		i++;
	return i == s->n || s->p[i] == ',' || s->p[i] == ']' || s->p[i] == '}';
}

/* At '-' or a digit: past the number, which becomes a string. What is none
 * stays as it is, for the parser to refuse. */
static void
number(struct scan *s)
{
	size_t end = number_end(s);

	if (end == s->at || !ends_value(s, end)) {
		copy(s, 1);
		return;
	}
	(void)buf_putc(&s->out, '"');
	copy(s, end - s->at);
	(void)buf_putc(&s->out, '"');
}

/* false: nested deeper. Whether it is JSON at all is the parser's to say. */
static bool
walk(struct scan *s)
{
	size_t depth = 0;

	while (s->at < s->n) {
		char c = s->p[s->at];

		if (c == '"') {
			string(s);
		} else if (c == '-' || is_digit(c)) {
			number(s);
		} else {
			if ((c == '[' || c == '{') && ++depth > SCAN_DEPTH_MAX)
				return false;
			if ((c == ']' || c == '}') && depth > 0)
				depth--;
			copy(s, 1);
		}
	}
	return true;
}

static enum outcome
parse(const struct scan *s, json_t **out, struct err *e)
{
	json_error_t bad;
	char *near;

	*out = json_loadb(buf_str(&s->out), s->out.len, JSON_DECODE_ANY, &bad);
	if (*out != NULL)
		return OUT_OK;
	near = strstr(bad.text, " near "); /* what follows is of the body */
	if (near != NULL)
		*near = '\0';
	return err_set(e, OUT_PERM, "not JSON at line %d: %s", bad.line,
		       bad.text);
}

enum outcome
scan_text(const char *p, size_t n, json_t **out, struct err *e)
{
	struct scan s = { .p = p, .n = n };
	enum outcome o;

	*out = NULL;
	if (n > SCAN_BYTES_MAX)
		return err_set(e, OUT_PERM, "over %zu octets", SCAN_BYTES_MAX);
	if (n >= strlen(MARK) && memcmp(p, MARK, strlen(MARK)) == 0)
		s.at = strlen(MARK);
	buf_init(&s.out, 3 * SCAN_BYTES_MAX); /* two quotes a number */
	if (walk(&s))
		o = parse(&s, out, e);
	else
		o = err_set(e, OUT_PERM, "nested more than %d deep at byte %zu",
			    SCAN_DEPTH_MAX, s.at);
	buf_release(&s.out);
	return o;
}

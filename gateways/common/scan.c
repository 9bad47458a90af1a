#include "gateways/common/scan.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"

#define ESCAPE 6      /* octets of \uXXXX */
#define INT_DIGITS 18 /* so many always fit */
#define HIGH_FIRST 0xD800
#define LOW_FIRST 0xDC00
#define LOW_LAST 0xDFFF

/* "1," becomes "\"1\",": twice as much, and the last one has no comma. */
#define QUOTED_MAX(n) (2 * (n) + 2)

struct scan {
	char *p; /* a copy: what must not be is replaced in its place */
	size_t n;
	size_t at;
	struct buf *quoted; /* NULL, or the copy with numbers in quotes */
	size_t copied;      /* so much of p is in it */
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

/* At a backslash: past what it escapes. */
static void
escape(struct scan *s)
{
	int32_t u = unit(s, s->at);
	int32_t low;

	if (u < 0) {
		s->at += 2;
		return;
	}
	if (u >= HIGH_FIRST && u < LOW_FIRST) {
		low = unit(s, s->at + ESCAPE);
		if (low >= LOW_FIRST && low <= LOW_LAST) {
			s->at += (size_t)2 * ESCAPE;
			return;
		}
	}
	if (u == 0 || (u >= HIGH_FIRST && u <= LOW_LAST))
		memcpy(s->p + s->at + 2, "fffd", ESCAPE - 2);
	s->at += ESCAPE;
}

/* At an opening quote: past the closing one. */
static void
string(struct scan *s)
{
	s->at++;
	while (s->at < s->n && s->p[s->at] != '"')
		if (s->p[s->at] == '\\')
			escape(s);
		else
			s->at++;
	s->at++;
}

static bool
of_number(char c)
{
	return (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' ||
	       c == 'e' || c == 'E';
}

/* Does the number of n octets fit into 64 bits, or is it finite? */
static bool
fits(const char *p, size_t n)
{
	char *text;
	bool fine;

	if (n <= INT_DIGITS && memchr(p, 'e', n) == NULL &&
	    memchr(p, 'E', n) == NULL)
		return true;
	if (strspn(p, "-0123456789") >= n)
		return false;
	text = mem_strndup(p, n);
	fine = isfinite(strtod(text, NULL));
	mem_free(text);
	return fine;
}

static size_t
digits(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] >= '0' && p[i] <= '9')
		i++;
	return i;
}

/* The octets of an exponent or a fraction at p, behind its first one; 0: it
 * has no digits. */
static size_t
tail(const char *p, size_t n, bool signed_too)
{
	size_t sign = signed_too && n > 1 && (p[1] == '+' || p[1] == '-');
	size_t d = digits(p + 1 + sign, n - 1 - sign);

	return d != 0 ? 1 + sign + d : 0;
}

/* Are the n octets one number, as RFC 8259 has them? */
static bool
is_number(const char *p, size_t n)
{
	size_t i = p[0] == '-' ? 1 : 0;
	size_t d = digits(p + i, n - i);

	if (d == 0 || (p[i] == '0' && d > 1))
		return false;
	i += d;
	if (i < n && p[i] == '.') {
		d = tail(p + i, n - i, false);
		if (d == 0)
			return false;
		i += d;
	}
	if (i < n && (p[i] == 'e' || p[i] == 'E'))
		i += tail(p + i, n - i, true);
	return i == n;
}

/* Is what ends at i in the place of a name? Only a string may be one. */
static bool
is_name(const struct scan *s, size_t i)
{
	while (i < s->n && memchr(" \t\r\n", s->p[i], 4) != NULL)
		i++;
	return i < s->n && s->p[i] == ':';
}

/* What is no number stays as it is, for the parser to refuse. */
static void
quote(struct scan *s, size_t from, size_t n)
{
	if (!is_number(s->p + from, n) || is_name(s, from + n))
		return;
	(void)buf_add(s->quoted, s->p + s->copied, from - s->copied);
	(void)buf_putc(s->quoted, '"');
	(void)buf_add(s->quoted, s->p + from, n);
	(void)buf_putc(s->quoted, '"');
	s->copied = from + n;
}

/* At the first octet of a number: past it. */
static void
number(struct scan *s)
{
	size_t from = s->at;
	size_t n;

	while (s->at < s->n && of_number(s->p[s->at]))
		s->at++;
	n = s->at - from;
	if (s->quoted != NULL) {
		quote(s, from, n);
		return;
	}
	if (n < sizeof "null" - 1 || fits(s->p + from, n))
		return;
	memset(s->p + from, ' ', n);
	memcpy(s->p + from, "null", sizeof "null" - 1);
}

/* false: nested deeper. Whether it is JSON at all is the parser's to say. */
static bool
walk(struct scan *s, size_t max)
{
	size_t depth = 0;

	while (s->at < s->n) {
		char c = s->p[s->at];

		if (c == '"') {
			string(s);
		} else if (of_number(c) && c != 'e' && c != 'E') {
			number(s);
		} else {
			if ((c == '[' || c == '{') && ++depth > max)
				return false;
			if ((c == ']' || c == '}') && depth > 0)
				depth--;
			s->at++;
		}
	}
	return true;
}

/* Parse what was walked; where it is wrong is said of the octets as they
 * came. */
static json_t *
load(struct scan *s, json_error_t *bad)
{
	json_t *v;

	if (s->quoted == NULL)
		return json_loadb(s->p, s->n, JSON_DECODE_ANY, bad);
	(void)buf_add(s->quoted, s->p + s->copied, s->n - s->copied);
	v = json_loadb(buf_str(s->quoted), s->quoted->len, JSON_DECODE_ANY,
		       bad);
	if (v == NULL) /* once more, only for its place */
		json_decref(json_loadb(s->p, s->n, JSON_DECODE_ANY, bad));
	return v;
}

static enum outcome
scan(struct scan *s, size_t depth, json_t **out, struct err *e)
{
	json_error_t bad = { .position = 0 };
	char *near;

	*out = NULL;
	if (!walk(s, depth))
		return err_set(e, OUT_PERM,
			       "nested more than %zu deep at byte %zu", depth,
			       s->at);
	*out = load(s, &bad);
	if (*out != NULL)
		return OUT_OK;
	near = strstr(bad.text, " near "); /* what follows is of the body */
	if (near != NULL)
		*near = '\0';
	return err_set(e, OUT_PERM, "not JSON at byte %d: %s", bad.position,
		       bad.text);
}

enum outcome
scan_json(const char *p, size_t n, size_t depth, json_t **out, struct err *e)
{
	struct scan s = { .p = mem_strndup(p, n), .n = n };
	enum outcome o = scan(&s, depth, out, e);

	mem_free(s.p);
	return o;
}

enum outcome
scan_json_text(const char *p, size_t n, size_t depth, json_t **out,
	       struct err *e)
{
	struct buf quoted;
	struct scan s = { .p = mem_strndup(p, n), .n = n, .quoted = &quoted };
	enum outcome o;

	buf_init(&quoted, QUOTED_MAX(n));
	o = scan(&s, depth, out, e);
	buf_release(&quoted);
	mem_free(s.p);
	return o;
}

#include "gateways/whatsapp/read_scan.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"

#define ESCAPE 6      /* octets of \uXXXX */
#define INT_DIGITS 18 /* so many always fit */
#define HIGH_FIRST 0xD800
#define LOW_FIRST 0xDC00
#define LOW_LAST 0xDFFF

struct scan {
	char *p; /* a copy: what must not be is replaced in its place */
	size_t n;
	size_t at;
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

/* At the first octet of a number: past it. */
static void
number(struct scan *s)
{
	size_t from = s->at;
	size_t n;

	while (s->at < s->n && of_number(s->p[s->at]))
		s->at++;
	n = s->at - from;
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

enum outcome
scan_json(const char *p, size_t n, size_t depth, json_t **out, struct err *e)
{
	struct scan s = { .p = mem_strndup(p, n), .n = n };
	json_error_t bad;
	char *near;

	*out = NULL;
	if (!walk(&s, depth)) {
		mem_free(s.p);
		return err_set(e, OUT_PERM,
			       "nested more than %zu deep at byte %zu", depth,
			       s.at);
	}
	*out = json_loadb(s.p, n, JSON_DECODE_ANY, &bad);
	mem_free(s.p);
	if (*out != NULL)
		return OUT_OK;
	near = strstr(bad.text, " near "); /* what follows is of the body */
	if (near != NULL)
		*near = '\0';
	return err_set(e, OUT_PERM, "not JSON at byte %d: %s", bad.position,
		       bad.text);
}

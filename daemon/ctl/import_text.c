#include "daemon/ctl/import_text.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"

#define BOM 0xfeff
#define REPLACEMENT 0xfffd

static const char *const code_names[TEXT_CODES] = { "utf-8", "windows-1252",
						    "utf-16le", "utf-16be" };

/* 0x80 to 0x9f; 0: no character */
static const uint16_t cp1252_high[32] = {
	0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
	0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178
};

const char *
text_code_name(enum text_code c)
{
	return code_names[c];
}

bool
text_code_find(const char *name, enum text_code *out)
{
	for (int i = 0; i < TEXT_CODES; i++)
		if (strcmp(code_names[i], name) == 0) {
			*out = (enum text_code)i;
			return true;
		}
	return false;
}

/* How many octets the character that begins with c has; 1 for none. */
static size_t
utf8_length(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 0xf0 ? 4 : u >= 0xe0 ? 3 : u >= 0xc0 ? 2 : 1;
}

/* How many octets of ASCII there are first. */
static size_t
ascii_run(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (unsigned char)p[i] < 0x80)
		i++;
	return i;
}

/* --- the guess ------------------------------------------------------------ */

/* By the first two octets: a mark, or half of a character of ASCII. */
static void
guess_mark(struct text_guess *g, char a, char b)
{
	if ((a == '\xff' && b == '\xfe') || (a != '\0' && b == '\0'))
		*g = (struct text_guess){ .known = true, .code = TEXT_UTF16LE };
	else if ((a == '\xfe' && b == '\xff') || (a == '\0' && b != '\0'))
		*g = (struct text_guess){ .known = true, .code = TEXT_UTF16BE };
}

static void
guess_octet(struct text_guess *g, char c)
{
	size_t whole;

	g->head[g->waits++] = c;
	if (g->octets++ == 0)
		g->first = c;
	else if (g->octets == 2)
		guess_mark(g, g->first, c);
	if (g->known)
		return;
	whole = utf8_length(g->head[0]);
	if (g->waits < whole)
		return;
	if (utf8_next(g->head, g->waits, NULL) != whole)
		g->not_utf8 = true;
	g->waits = 0;
}

void
text_guess_add(struct text_guess *g, const char *p, size_t n)
{
	size_t run;

	/* 0xff and 0xfe make no character of UTF-8, so both are held */
	for (; n > 0 && !g->known && (!g->not_utf8 || g->octets < 2); n--) {
		run = g->waits == 0 && g->octets > 1 ? ascii_run(p, n) : 0;
		if (run == n)
			return;
		p += run;
		n -= run;
		guess_octet(g, *p++);
	}
}

enum text_code
text_guess_end(struct text_guess *g)
{
	if (g->known)
		return g->code;
	return g->not_utf8 || g->waits > 0 ? TEXT_CP1252 : TEXT_UTF8;
}

/* --- decoding ------------------------------------------------------------- */

static void
decode_cp1252(struct text_decode *d, unsigned char c, struct buf *out)
{
	uint32_t cp = c;

	if (c >= 0x80 && c < 0xa0)
		cp = cp1252_high[c - 0x80];
	if (cp == 0 && c != 0) {
		cp = REPLACEMENT;
		d->replaced++;
	}
	(void)utf8_put(out, cp);
}

static uint32_t
unit(const struct text_decode *d, size_t at)
{
	unsigned char a = (unsigned char)d->held[at];
	unsigned char b = (unsigned char)d->held[at + 1];

	return d->code == TEXT_UTF16LE ? (uint32_t)b << 8 | a
				       : (uint32_t)a << 8 | b;
}

static void
put_utf16(struct text_decode *d, uint32_t cp, struct buf *out)
{
	if (cp == BOM && d->octets == 2)
		return;
	if (cp >= 0xd800 && cp < 0xe000) {
		cp = REPLACEMENT;
		d->replaced++;
	}
	(void)utf8_put(out, cp);
}

/* One or two units are held. */
static void
decode_utf16(struct text_decode *d, struct buf *out)
{
	uint32_t first = unit(d, 0);
	uint32_t second;

	if (d->holds == 2) {
		if (first >= 0xd800 && first < 0xdc00)
			return; /* its second half is to come */
		put_utf16(d, first, out);
		d->holds = 0;
		return;
	}
	if (d->holds < 4)
		return;
	second = unit(d, 2);
	if (second >= 0xdc00 && second < 0xe000) {
		put_utf16(d,
			  0x10000 + ((first - 0xd800) << 10) +
				  (second - 0xdc00),
			  out);
		d->holds = 0;
		return;
	}
	put_utf16(d, first, out); /* half of nothing */
	(void)memmove(d->held, d->held + 2, 2);
	d->holds = 2;
	decode_utf16(d, out);
}

static void
replace(struct text_decode *d, struct buf *out)
{
	(void)utf8_put(out, REPLACEMENT);
	d->replaced++;
}

/* Take what is whole of what is held. */
static void
decode_utf8(struct text_decode *d, struct buf *out)
{
	while (d->holds > 0 && d->holds >= utf8_length(d->held[0])) {
		uint32_t cp;
		size_t n = utf8_next(d->held, d->holds, &cp);

		if (n == 0) {
			/* the first is malformed, others may be something */
			replace(d, out);
			n = 1;
		} else if (cp != BOM || d->octets != 3) {
			(void)utf8_put(out, cp);
		}
		d->holds -= n;
		(void)memmove(d->held, d->held + n, d->holds);
	}
}

void
text_decode_add(struct text_decode *d, const char *p, size_t n, struct buf *out)
{
	bool octets = d->code == TEXT_UTF8 || d->code == TEXT_CP1252;
	size_t run;

	for (; n > 0; p++, n--) {
		run = octets && d->holds == 0 ? ascii_run(p, n) : 0;
		(void)buf_add(out, p, run);
		d->octets += run;
		if (run == n)
			return;
		p += run;
		n -= run;
		d->octets++;
		if (d->code == TEXT_CP1252) {
			decode_cp1252(d, (unsigned char)*p, out);
			continue;
		}
		d->held[d->holds++] = *p;
		if (d->code == TEXT_UTF8)
			decode_utf8(d, out);
		else if (d->holds % 2 == 0)
			decode_utf16(d, out);
	}
}

void
text_decode_end(struct text_decode *d, struct buf *out)
{
	if (d->holds > 0)
		replace(d, out);
	d->holds = 0;
}

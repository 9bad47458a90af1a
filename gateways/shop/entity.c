#include "gateways/shop/entity.h"

#include <libxml/HTMLparser.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"

#define NAME_MAX_OCTETS 8 /* "thetasym" */
#define NUMBER_DIGITS 7   /* "1114111" */
#define SURROGATE_FIRST 0xD800
#define SURROGATE_LAST 0xDFFF
#define LAST 0x10FFFF

/* The value of a digit in a base, or -1. */
static int
digit(char c, int base)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (base == 16 && c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (base == 16 && c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Text may have it: no control character but blanks of lines. */
static bool
is_text(uint32_t cp)
{
	if (cp < ' ')
		return cp == '\t' || cp == '\n';
	return cp != 0x7f && cp <= LAST &&
	       (cp < SURROGATE_FIRST || cp > SURROGATE_LAST);
}

/* s is behind "&#". The octets until the semicolon; 0: no such reference. */
static size_t
number(const char *s, uint32_t *cp)
{
	int base = *s == 'x' || *s == 'X' ? 16 : 10;
	size_t from = base == 16;
	size_t i = from;

	*cp = 0;
	while (i < from + NUMBER_DIGITS && digit(s[i], base) >= 0)
		*cp = *cp * (uint32_t)base + (uint32_t)digit(s[i++], base);
	return i > from && s[i] == ';' && is_text(*cp) ? i : 0;
}

/* s is behind "&". As number(). */
static size_t
name(const char *s, uint32_t *cp)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	char word[NAME_MAX_OCTETS + 1];
	const htmlEntityDesc *known;

	if (n == 0 || n > NAME_MAX_OCTETS || s[n] != ';')
		return 0;
	memcpy(word, s, n);
	word[n] = '\0';
	known = htmlEntityLookup((const xmlChar *)word);
	if (known == NULL && strcmp(word, "apos") != 0)
		return 0;
	*cp = known != NULL ? known->value : '\'';
	return n;
}

/* At a '&': the octets of the reference; 0: it is none. */
static size_t
reference(const char *s, uint32_t *cp)
{
	size_t n = s[1] == '#' ? number(s + 2, cp) : name(s + 1, cp);

	if (n == 0)
		return 0;
	return n + (s[1] == '#' ? 3 : 2);
}

char *
entity_decode(const char *s)
{
	struct buf b;
	uint32_t cp = 0;
	size_t n;

	buf_init(&b, strlen(s)); /* no reference is shorter than its text */
	while (*s != '\0') {
		n = *s == '&' ? reference(s, &cp) : 0;
		if (n == 0)
			(void)buf_putc(&b, *s++);
		else
			(void)utf8_put(&b, cp);
		s += n;
	}
	return buf_take(&b);
}

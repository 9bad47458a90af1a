#include "gateways/mail/jis.h"

#include <string.h>

#include "daemon/base/buf.h"

enum mode {
	ASCII,
	KANA,
	KANJI
};

bool
jis_is_one(const char *p, size_t n)
{
	const char *esc = n ? memchr(p, 0x1b, n) : NULL;

	while (esc) {
		size_t left = n - (size_t)(esc - p);

		if (left > 2 && esc[1] == '$' &&
		    (esc[2] == 'B' || esc[2] == '@'))
			return true;
		esc = memchr(esc + 1, 0x1b, left - 1);
	}
	return false;
}

/* Octets that the escape at p takes; 0: it is none that CP932 knows. */
static size_t
escape(const char *p, size_t n, enum mode *mode)
{
	if (n < 3)
		return 0;
	if (p[1] == '(' && (p[2] == 'B' || p[2] == 'J' || p[2] == 'H'))
		*mode = ASCII;
	else if (p[1] == '(' && p[2] == 'I')
		*mode = KANA;
	else if (p[1] == '$' && (p[2] == 'B' || p[2] == '@'))
		*mode = KANJI;
	else
		return 0;
	return 3;
}

/* A pair of seven-bit octets to one of Shift_JIS. */
static bool
put_kanji(struct buf *out, unsigned a, unsigned b)
{
	unsigned row = (a - 0x21) / 2, s, t;

	if (a < 0x21 || a > 0x7e || b < 0x21 || b > 0x7e)
		return false;
	s = row + (row < 0x1f ? 0x81 : 0xc1);
	if (a % 2)
		t = b + 0x1f + (b >= 0x60);
	else
		t = b + 0x7e;
	return buf_putc(out, (char)s) && buf_putc(out, (char)t);
}

bool
jis_to_sjis(struct buf *out, const char *p, size_t n)
{
	enum mode mode = ASCII;
	size_t from = out->len, step;
	bool sound = true;

	for (size_t i = 0; i < n && sound; i += step) {
		unsigned c = (unsigned char)p[i];

		step = 1;
		if (c == 0x1b) {
			step = escape(p + i, n - i, &mode);
			sound = step > 0;
		} else if (c == '\n' || c == '\r') {
			mode = ASCII; /* a line ends in it (RFC 1468) */
			sound = buf_putc(out, (char)c);
		} else if (mode == ASCII || c <= ' ') {
			sound = c < 0x80 && buf_putc(out, (char)c);
		} else if (mode == KANA) {
			sound = c < 0x60 && buf_putc(out, (char)(c | 0x80));
		} else {
			step = 2;
			sound = i + 1 < n &&
				put_kanji(out, c, (unsigned char)p[i + 1]);
		}
	}
	if (!sound && out->data)
		out->data[out->len = from] = '\0';
	return sound;
}

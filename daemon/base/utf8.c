#include "daemon/base/utf8.h"

#include "daemon/base/buf.h"

static bool
tail(const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if ((p[i] & 0xC0) != 0x80)
			return false;
	return true;
}

size_t
utf8_next(const char *s, size_t n, uint32_t *cp_out)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t cp;
	size_t len;

	if (n == 0)
		return 0;
	if (p[0] < 0x80) {
		cp = p[0];
		len = 1;
	} else if (p[0] >= 0xC2 && p[0] <= 0xDF && n >= 2 && tail(p, 2)) {
		cp = (p[0] & 0x1FU) << 6 | (p[1] & 0x3FU);
		len = 2;
	} else if ((p[0] & 0xF0) == 0xE0 && n >= 3 && tail(p, 3)) {
		cp = (p[0] & 0x0FU) << 12 | (p[1] & 0x3FU) << 6 |
		     (p[2] & 0x3FU);
		len = 3;
		if (cp < 0x800 || (cp >= 0xD800 && cp <= 0xDFFF))
			return 0;
	} else if (p[0] >= 0xF0 && p[0] <= 0xF4 && n >= 4 && tail(p, 4)) {
		cp = (p[0] & 0x07U) << 18 | (p[1] & 0x3FU) << 12 |
		     (p[2] & 0x3FU) << 6 | (p[3] & 0x3FU);
		len = 4;
		if (cp < 0x10000 || cp > 0x10FFFF)
			return 0;
	} else {
		return 0;
	}
	if (cp_out != NULL)
		*cp_out = cp;
	return len;
}

bool
utf8_valid(const char *p, size_t n)
{
	size_t step;

	while (n != 0) {
		if (*p == '\0')
			return false;
		step = utf8_next(p, n, NULL);
		if (step == 0)
			return false;
		p += step;
		n -= step;
	}
	return true;
}

size_t
utf8_encode(uint32_t cp, char out[UTF8_BYTES_MAX])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

bool
utf8_put(struct buf *b, uint32_t cp)
{
	char out[UTF8_BYTES_MAX];

	return buf_add(b, out, utf8_encode(cp, out));
}

size_t
utf8_clean(struct buf *b, const char *p, size_t n)
{
	size_t bad = 0;
	size_t run;
	size_t step;

	while (n != 0 && !b->full) {
		for (run = 0; run < n; run += step) {
			step = p[run] == '\0'
				       ? 0
				       : utf8_next(p + run, n - run, NULL);
			if (step == 0)
				break;
		}
		if (run != 0) {
			size_t room = b->max - b->len;

			(void)buf_add(b, p,
				      run <= room ? run
						  : utf8_cut(p, run, room));
			if (run > room)
				b->full = true;
			p += run;
			n -= run;
			continue;
		}
		(void)utf8_put(b, 0xFFFD);
		bad++;
		p++;
		n--;
	}
	return bad;
}

size_t
utf8_cut(const char *p, size_t n, size_t max)
{
	if (n <= max)
		return n;
	while (max > 0 && ((unsigned char)p[max] & 0xC0) == 0x80)
		max--;
	return max;
}

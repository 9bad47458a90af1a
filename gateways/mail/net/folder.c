#include "gateways/mail/net/folder.h"

#include <stdint.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"

#define WIRE_MAX 2000

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* Sixteen-bit units to base 64, six bits at a time. */
struct packer {
	struct buf *out;
	uint32_t bits;
	int n;
	bool open;
};

static void
pack(struct packer *p, uint32_t unit)
{
	if (!p->open)
		buf_putc(p->out, '&');
	p->open = true;
	p->bits = p->bits << 16 | unit;
	for (p->n += 16; p->n >= 6; p->n -= 6)
		buf_putc(p->out, digits[p->bits >> (p->n - 6) & 63]);
}

static void
pack_end(struct packer *p)
{
	if (!p->open)
		return;
	if (p->n > 0)
		buf_putc(p->out, digits[p->bits << (6 - p->n) & 63]);
	buf_putc(p->out, '-');
	p->open = false;
	p->bits = 0;
	p->n = 0;
}

bool
folder_encode(struct buf *out, const char *name)
{
	struct packer p = { .out = out };
	size_t n = strlen(name), k;
	uint32_t cp = 0;

	if (n == 0)
		return false;
	for (; n > 0; name += k, n -= k) {
		k = utf8_next(name, n, &cp);
		if (k == 0 || cp < ' ' || (cp >= 0x7f && cp < 0xa0))
			return false;
		if (cp < 0x7f) {
			pack_end(&p);
			buf_putc(out, (char)cp);
			if (cp == '&')
				buf_putc(out, '-');
		} else if (cp < 0x10000) {
			pack(&p, cp);
		} else {
			pack(&p, 0xd800 + ((cp - 0x10000) >> 10));
			pack(&p, 0xdc00 + ((cp - 0x10000) & 0x3ff));
		}
	}
	pack_end(&p);
	return !out->full;
}

/* One unit of the decoded part; *high keeps the first of a pair. */
static bool
unit(struct buf *out, uint32_t u, uint32_t *high)
{
	if (*high != 0) {
		if (u < 0xdc00 || u > 0xdfff)
			return false;
		utf8_put(out,
			 0x10000 + ((*high - 0xd800) << 10) + (u - 0xdc00));
		*high = 0;
		return true;
	}
	if (u >= 0xd800 && u <= 0xdbff) {
		*high = u;
		return true;
	}
	if (u < ' ' || (u >= 0xdc00 && u <= 0xdfff))
		return false;
	return utf8_put(out, u);
}

/* What stands between & and -. */
static bool
unpack(struct buf *out, const char *p, size_t n)
{
	uint32_t bits = 0, high = 0;
	int have = 0;

	for (size_t i = 0; i < n; i++) {
		const char *d = strchr(digits, p[i]);

		if (d == NULL || *d == '\0')
			return false;
		bits = bits << 6 | (uint32_t)(d - digits);
		have += 6;
		if (have >= 16) {
			have -= 16;
			if (!unit(out, bits >> have & 0xffff, &high))
				return false;
		}
	}
	return high == 0 && have < 6;
}

static bool
decode(struct buf *out, const char *wire)
{
	while (*wire != '\0') {
		const char *end;

		if (*wire < ' ' || *wire > '~')
			return false;
		if (*wire != '&') {
			buf_putc(out, *wire++);
			continue;
		}
		end = strchr(++wire, '-');
		if (end == NULL)
			return false;
		if (end == wire)
			buf_putc(out, '&');
		else if (!unpack(out, wire, (size_t)(end - wire)))
			return false;
		wire = end + 1;
	}
	return true;
}

void
folder_decode(struct buf *out, const char *wire)
{
	struct buf text;

	buf_init(&text, WIRE_MAX);
	if (decode(&text, wire) && !text.full) {
		buf_puts(out, buf_str(&text));
	} else {
		size_t n = strlen(wire);

		utf8_clean(out, wire, n < WIRE_MAX ? n : WIRE_MAX);
	}
	buf_release(&text);
}

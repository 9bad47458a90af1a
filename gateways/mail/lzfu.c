#include "gateways/mail/lzfu.h"

#include <stdint.h>
#include <string.h>

#include "daemon/base/buf.h"

#define HEAD_BYTES 16 /* two sizes, the kind, a sum */
#define PACKED 0x75465a4cu
#define STORED 0x414c454du
#define WINDOW 4096

/* What the window holds before the first octet. */
static const char before[] =
	"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}"
	"{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
	"MS Sans SerifSymbolArialTimes New RomanCourier"
	"{\\colortbl\\red0\\green0\\blue0\r\n\\par "
	"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

_Static_assert(sizeof(before) - 1 == 207, "as [MS-OXRTFCP] has it");

struct window {
	char ring[WINDOW];
	size_t at;
	size_t left; /* octets that are still to come */
	struct buf *out;
};

static uint32_t
number(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static bool
put(struct window *w, char c)
{
	if (!w->left || !buf_putc(w->out, c))
		return false;
	w->left--;
	w->ring[w->at] = c;
	w->at = (w->at + 1) % WINDOW;
	return true;
}

static bool
copy(struct window *w, size_t from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!put(w, w->ring[(from + i) % WINDOW]))
			return false;
	return true;
}

static void
unpack(struct window *w, const unsigned char *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		unsigned flags = p[at++];

		for (int bit = 0; bit < 8; bit++, flags >>= 1) {
			size_t from, len;

			if (!(flags & 1)) {
				if (at >= n || !put(w, (char)p[at++]))
					return;
				continue;
			}
			if (n - at < 2)
				return;
			from = (size_t)p[at] << 4 | p[at + 1] >> 4;
			len = (p[at + 1] & 15u) + 2;
			at += 2;
			if (from == w->at || !copy(w, from, len))
				return; /* the end, or all that was said */
		}
	}
}

bool
lzfu_unpack(struct buf *out, const void *data, size_t n)
{
	const unsigned char *p = data;
	struct window w = { .at = sizeof(before) - 1, .out = out };
	uint32_t kind;

	if (n < HEAD_BYTES)
		return false;
	kind = number(p + 8);
	w.left = number(p + 4);
	p += HEAD_BYTES;
	n -= HEAD_BYTES;
	if (kind == STORED) {
		return buf_add(out, p, w.left < n ? w.left : n);
	}
	if (kind != PACKED)
		return false;
	memset(w.ring, ' ', sizeof(w.ring));
	memcpy(w.ring, before, sizeof(before) - 1);
	unpack(&w, p, n);
	return true;
}

#include "gateways/mail/uu.h"

#include <string.h>

#include "daemon/base/buf.h"

#define LOST_MAX 4         /* blanks at the end of a line, lost on the way */
#define LINE_MAX_OCTETS 90 /* a length, 63 octets in fours, a sum, slack */

/* Length of the line at p without its ending; *next_out is behind it. */
static size_t
line_at(const char *p, size_t n, size_t at, size_t *next_out)
{
	const char *nl = memchr(p + at, '\n', n - at);
	size_t end = nl ? (size_t)(nl - p) : n;

	*next_out = nl ? end + 1 : n;
	if (end > at && p[end - 1] == '\r')
		end--;
	return end - at;
}

/* "begin 644 name": reads the name, which may be missing. */
static bool
is_begin(const char *s, size_t n, struct uu *u)
{
	size_t i = 6;

	if (n < 9 || memcmp(s, "begin ", 6) != 0)
		return false;
	while (i < n && s[i] >= '0' && s[i] <= '7')
		i++;
	if (i < 9 || i > 10 || (i < n && s[i] != ' '))
		return false;
	while (i < n && s[i] == ' ')
		i++;
	while (n > i && s[n - 1] == ' ')
		n--;
	u->name = s + i;
	u->name_len = n - i;
	return true;
}

static bool
is_end(const char *s, size_t n)
{
	while (n > 3 && s[n - 1] == ' ')
		n--;
	return n == 3 && memcmp(s, "end", 3) == 0;
}

static unsigned
six(char c)
{
	return ((unsigned)(unsigned char)c - ' ') & 63;
}

/* How many octets the line holds; -1: it is none. A sum may follow. */
static int
count(const char *s, size_t n)
{
	size_t octets, want;

	if (!n)
		return 0;
	if (n > LINE_MAX_OCTETS)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (s[i] < ' ' || s[i] > '`')
			return -1;
	octets = six(*s);
	want = 1 + (octets + 2) / 3 * 4;
	while (n > want && s[n - 1] == ' ')
		n--;
	return n <= want + 1 && n + LOST_MAX >= want ? (int)octets : -1;
}

/* From the line after "begin": are all sound, until "end"? */
static bool
is_sound(const char *p, size_t n, struct uu *u)
{
	size_t at = u->data, next, len;
	bool last = false;
	int octets;

	for (size_t lines = 0; at < n; at = next, lines++) {
		len = line_at(p, n, at, &next);
		if ((last || lines) && is_end(p + at, len)) {
			u->to = next;
			return true;
		}
		octets = count(p + at, len);
		if (octets < 0 || (last && octets > 0) ||
		    (!lines && octets == 0))
			return false;
		last = octets == 0;
	}
	return false;
}

bool
uu_find(const char *p, size_t n, size_t from, struct uu *out)
{
	size_t next;

	/* A text of nothing but begin lines stays linear: each of them is no
	 * line of data, so the look behind the one before ends there. */
	for (size_t at = from; at < n; at = next) {
		size_t len = line_at(p, n, at, &next);

		if (!is_begin(p + at, len, out))
			continue;
		out->from = at;
		out->data = next;
		if (is_sound(p, n, out))
			return true;
	}
	return false;
}

void
uu_decode(const char *p, const struct uu *u, struct buf *out)
{
	size_t at = u->data, next;

	for (; at < u->to; at = next) {
		size_t len = line_at(p, u->to, at, &next);
		int left = count(p + at, len);

		if (left <= 0)
			return;
		for (size_t i = 1; left > 0; i += 4) {
			unsigned acc = 0;

			for (size_t k = i; k < i + 4; k++)
				acc = acc << 6 | (k < len ? six(p[at + k]) : 0);
			for (int k = 16; k >= 0 && left > 0; k -= 8, left--)
				(void)buf_putc(out, (char)(acc >> k & 255));
		}
	}
}

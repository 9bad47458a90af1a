#include "gateways/mail/word.h"

#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "gateways/mail/charset.h"

#define WORD_MAX ((size_t)32 * 1024)
#define CHARSET_LABEL_MAX 60

struct word {
	const char *charset;
	size_t charset_len;
	char kind; /* b, q */
	const char *text;
	size_t text_len;
	size_t length; /* of all of it */
};

static bool
read_word(const char *p, size_t n, struct word *w)
{
	size_t i = 2, star;
	const char *end;

	if (n < 8 || p[0] != '=' || p[1] != '?')
		return false;
	while (i < n && i < CHARSET_LABEL_MAX && p[i] != '?' && p[i] > ' ')
		i++;
	if (i + 3 >= n || p[i] != '?' || p[i + 2] != '?')
		return false;
	w->charset = p + 2;
	w->charset_len = i - 2;
	for (star = 0; star < w->charset_len; star++)
		if (w->charset[star] == '*')
			w->charset_len = star;
	w->kind = (char)(p[i + 1] | 0x20);
	if (w->kind != 'b' && w->kind != 'q')
		return false;
	w->text = p + i + 3;
	end = memmem(w->text, n - i - 3, "?=", 2);
	if (!end)
		return false;
	w->text_len = (size_t)(end - w->text);
	w->length = (size_t)(end - p) + 2;
	return true;
}

size_t
word_length(const char *p, size_t n)
{
	struct word w;

	return read_word(p, n, &w) ? w.length : 0;
}

static int
digit64(char c)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(set, c) : NULL;

	if (c == '-')
		return 62;
	if (c == '_')
		return 63;
	return at ? (int)(at - set) : -1;
}

/* Base64 with junk in it and with or without its padding. */
static void
add_base64(struct buf *b, const char *p, size_t n)
{
	unsigned acc = 0;
	int bits = 0;

	for (size_t i = 0; i < n; i++) {
		int d = digit64(p[i]);

		if (p[i] == '=') {
			bits = 0;
			acc = 0;
		}
		if (d < 0)
			continue;
		acc = (acc << 6 | (unsigned)d) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			(void)buf_putc(b, (char)(acc >> bits & 0xff));
		}
	}
}

static void
add_quoted(struct buf *b, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '_') {
			(void)buf_putc(b, ' ');
		} else if (p[i] == '=' && i + 2 < n &&
			   hash_hex_digit(p[i + 1]) >= 0 &&
			   hash_hex_digit(p[i + 2]) >= 0) {
			(void)buf_putc(
				b,
				(char)((unsigned)hash_hex_digit(p[i + 1]) << 4 |
				       (unsigned)hash_hex_digit(p[i + 2])));
			i += 2;
		} else {
			(void)buf_putc(b, p[i]);
		}
	}
}

static bool
same_charset(const struct word *a, const struct word *b)
{
	return a->charset_len == b->charset_len &&
	       strncasecmp(a->charset, b->charset, a->charset_len) == 0;
}

/* Decode the run of words at p; returns how many octets it took. */
static size_t
add_run(struct buf *b, struct word w, const char *p, size_t n)
{
	struct word next;
	struct buf octets;
	size_t at = 0, gap;

	buf_init(&octets, WORD_MAX);
	for (;;) {
		if (w.kind == 'b')
			add_base64(&octets, w.text, w.text_len);
		else
			add_quoted(&octets, w.text, w.text_len);
		at += w.length;
		gap = 0;
		while (at + gap < n &&
		       (p[at + gap] == ' ' || p[at + gap] == '\t'))
			gap++;
		if (!read_word(p + at + gap, n - at - gap, &next))
			break;
		at += gap;
		if (!same_charset(&w, &next)) {
			charset_utf8(b, w.charset, w.charset_len,
				     buf_str(&octets), octets.len);
			buf_clear(&octets);
		}
		w = next;
	}
	charset_utf8(b, w.charset, w.charset_len, buf_str(&octets), octets.len);
	buf_release(&octets);
	return at;
}

/* No line ends, tabs or other controls in a value of one line. */
static void
flatten(struct buf *b, size_t from)
{
	for (size_t i = from; i < b->len; i++)
		if ((unsigned char)b->data[i] < ' ' || b->data[i] == 127)
			b->data[i] = ' ';
}

void
word_decode(struct buf *b, const char *other, const char *p, size_t n)
{
	size_t at = 0, plain = 0, from = b->len;
	struct word w;

	while (at < n) {
		if (p[at] != '=' || !read_word(p + at, n - at, &w)) {
			at++;
			continue;
		}
		charset_guess(b, other, p + plain, at - plain);
		at += add_run(b, w, p + at, n - at);
		plain = at;
	}
	charset_guess(b, other, p + plain, n - plain);
	flatten(b, from);
}

void
word_charset(const char *s, char *out, size_t size)
{
	const char *at = s;
	struct word w;

	out[0] = '\0';
	while ((at = strstr(at, "=?")) != NULL) {
		if (read_word(at, strlen(at), &w) && w.charset_len < size) {
			memcpy(out, w.charset, w.charset_len);
			out[w.charset_len] = '\0';
			return;
		}
		at += 2;
	}
}

#include "gateways/mail/param.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/charset.h"
#include "gateways/mail/word.h"

#define BLANKS " \t\r\n"
#define PIECES_MAX 200
#define PARAM_MAX ((size_t)32 * 1024)
#define FILENAME_MAX_CHARS 150
#define FILENAME_MAX_OCTETS 400
#define EXTENSION_MAX 12

struct piece {
	const char *name;
	size_t name_len;
	struct buf value;
};

/* Does a parameter begin here, though no semicolon stands before it? */
static bool
param_follows(const char *s)
{
	static const char *const names[] = { "name",     "filename", "charset",
					     "boundary", "format",   "method" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t n = strlen(names[i]);

		if (strncasecmp(s, names[i], n) != 0)
			continue;
		n += strspn(s + n, "*0123456789");
		n += strspn(s + n, BLANKS);
		if (s[n] == '=')
			return true;
	}
	return false;
}

/* Behind the comment at s, which may hold others. */
static const char *
skip_comment(const char *s)
{
	int depth = 0;

	do {
		if (*s == '\\' && s[1])
			s++;
		else if (*s == '(')
			depth++;
		else if (*s == ')')
			depth--;
		s++;
	} while (*s && depth > 0);
	return s;
}

/* The value before the parameters, to where they begin. */
static const char *
read_kind(const char *s, char *out, size_t n)
{
	size_t k = 0;
	bool blank = false;

	while (*s && *s != ';') {
		if (strchr(BLANKS, *s)) {
			blank = true;
			s++;
		} else if (*s == '(') {
			s = skip_comment(s);
		} else if (blank && k && param_follows(s)) {
			break;
		} else if (blank && k && *s != '/' && out[k - 1] != '/') {
			s += strcspn(s, ";"); /* words that are no kind */
		} else {
			if (k + 1 < n)
				out[k++] = (char)tolower((unsigned char)*s);
			blank = false;
			s++;
		}
	}
	out[k] = '\0';
	return s;
}

void
param_kind(const char *value, char *out, size_t n)
{
	(void)read_kind(value, out, n);
}

const char *
param_list(const char *value)
{
	char kind[2];

	return read_kind(value, kind, sizeof(kind));
}

static const char *
read_value(const char *s, struct buf *out)
{
	buf_init(out, PARAM_MAX);
	while (*s == ' ' || *s == '\t')
		s++;
	if (*s == '"') {
		for (s++; *s && *s != '"'; s++) {
			if (*s == '\\' && (s[1] == '"' || s[1] == '\\'))
				s++;
			(void)buf_putc(out, *s);
		}
		return *s ? s + 1 : s;
	}
	while (*s && *s != ';') {
		size_t w = word_length(s, strlen(s));

		if (!w && strchr(BLANKS, *s) && param_follows(s + 1))
			break;
		if (!w)
			w = 1;
		(void)buf_add(out, s, w);
		s += w;
	}
	while (out->len && strchr(" \t", out->data[out->len - 1]))
		out->data[--out->len] = '\0';
	return s;
}

static size_t
read_pieces(const char *s, struct piece *list)
{
	size_t n = 0;

	s = param_list(s);
	while (*s && n < PIECES_MAX) {
		struct piece *p = &list[n];

		s += strspn(s, ";" BLANKS);
		p->name = s;
		p->name_len = strcspn(s, "=; \t");
		s += p->name_len;
		s += strspn(s, " \t");
		if (*s != '=') {
			s += strcspn(s, ";");
			continue;
		}
		s = read_value(s + 1, &p->value);
		if (!param_follows(s + strspn(s, BLANKS)))
			s += strcspn(s, ";");
		n++;
	}
	return n;
}

static void
add_percent(struct buf *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '%' && i + 2 < n && hash_hex_digit(p[i + 1]) >= 0 &&
		    hash_hex_digit(p[i + 2]) >= 0) {
			(void)buf_putc(out,
				       (char)(hash_hex_digit(p[i + 1]) << 4 |
					      hash_hex_digit(p[i + 2])));
			i += 2;
		} else {
			(void)buf_putc(out, p[i]);
		}
	}
}

/*
 * What stands behind the name: -1 another parameter, -2 the plain one, else
 * the piece's number; *coded_out: a * at the end.
 */
static int
piece_number(const struct piece *p, const char *name, bool *coded_out)
{
	size_t n = strlen(name);
	const char *s = p->name + n;
	size_t left;
	int number = 0;

	*coded_out = false;
	if (p->name_len < n || strncasecmp(p->name, name, n) != 0)
		return -1;
	left = p->name_len - n;
	if (!left)
		return -2;
	if (*s != '*')
		return -1;
	if (left == 1) {
		*coded_out = true;
		return 0;
	}
	for (s++, left--; left && isdigit((unsigned char)*s); s++, left--)
		number = number > PIECES_MAX ? number : number * 10 + *s - '0';
	*coded_out = left == 1 && *s == '*';
	return left == 0 || *coded_out ? number : -1;
}

/* Join the pieces of RFC 2231 in their order. false: there are none. */
static bool
join(struct buf *out, const struct piece *list, size_t n, const char *name)
{
	struct buf octets, charset;
	bool found = false, coded;

	buf_init(&octets, PARAM_MAX);
	buf_init(&charset, 64);
	for (int want = 0; want < PIECES_MAX; want++) {
		bool here = false;

		for (size_t i = 0; i < n && !here; i++) {
			const struct buf *v = &list[i].value;
			const char *s = buf_str(v), *q1, *q2;

			if (piece_number(&list[i], name, &coded) != want)
				continue;
			here = found = true;
			q1 = coded && want == 0 ? strchr(s, '\'') : NULL;
			q2 = q1 ? strchr(q1 + 1, '\'') : NULL;
			if (q2) {
				(void)buf_add(&charset, s, (size_t)(q1 - s));
				s = q2 + 1;
			}
			if (coded)
				add_percent(&octets, s, strlen(s));
			else
				(void)buf_puts(&octets, s);
		}
		if (!here)
			break;
	}
	if (memmem(buf_str(&octets), octets.len, "=?", 2))
		word_decode(out, NULL, buf_str(&octets), octets.len);
	else
		charset_utf8(out, buf_str(&charset), charset.len,
			     buf_str(&octets), octets.len);
	buf_release(&octets);
	buf_release(&charset);
	return found;
}

bool
param_get(struct buf *out, const char *value, const char *name)
{
	struct piece list[PIECES_MAX];
	size_t n = read_pieces(value, list);
	bool coded, found = join(out, list, n, name);

	for (size_t i = 0; i < n; i++) {
		const struct buf *v = &list[i].value;

		if (!found && piece_number(&list[i], name, &coded) == -2) {
			word_decode(out, NULL, buf_str(v), v->len);
			found = true;
		}
		buf_release(&list[i].value);
	}
	return found;
}

static bool
unwanted(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
	       (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x202a && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff;
}

/* What tells the kind of a file, with its dot: at most so many octets. */
static size_t
extension(const char *name, size_t n)
{
	for (size_t k = 1; k < n && k <= EXTENSION_MAX; k++) {
		unsigned char c = (unsigned char)name[n - k];

		if (c == '.')
			return k > 1 ? k : 0;
		if (!isalnum(c))
			return 0;
	}
	return 0;
}

/* Append what may be shown, up to the ceilings. false: it was cut. */
static bool
add_shown(struct buf *out, const char *name, size_t n, size_t max_octets,
	  size_t max_chars)
{
	size_t from = out->len, chars = 0, k;
	uint32_t cp;

	for (size_t i = 0; i < n; i += k) {
		k = utf8_next(name + i, n - i, &cp);
		if (!k)
			break;
		if (unwanted(cp))
			continue;
		if (++chars > max_chars || out->len - from + k > max_octets)
			return false;
		(void)buf_add(out, name + i, k);
	}
	return true;
}

void
param_filename(struct buf *out, const char *name, size_t n)
{
	size_t from = out->len, ext;

	for (size_t i = n; i > 0; i--)
		if (name[i - 1] == '/' || name[i - 1] == '\\') {
			name += i;
			n -= i;
			break;
		}
	ext = extension(name, n);
	if (!add_shown(out, name, n, FILENAME_MAX_OCTETS, FILENAME_MAX_CHARS) &&
	    ext) {
		out->data[out->len = from] = '\0';
		(void)add_shown(out, name, n - ext, FILENAME_MAX_OCTETS - ext,
				FILENAME_MAX_CHARS - ext);
		(void)buf_add(out, name + n - ext, ext);
	}
	while (out->len > from && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}

#include "gateways/mail/charset.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/detect.h"
#include "gateways/mail/jis.h"

#define LABEL_MAX 64
#define STEP 4096

static const struct alias {
	const char *label; /* lower case, without - and _ and blanks */
	const char *name;  /* for iconv; "" guess */
} aliases[] = {
	{ "iso88591", "CP1252" },
	{ "latin1", "CP1252" },
	{ "l1", "CP1252" },
	{ "cp819", "CP1252" },
	{ "iso8859115", "ISO-8859-15" },
	{ "iso8859", "CP1252" },
	{ "ansi", "CP1252" },
	{ "iso88599", "CP1254" },
	{ "latin5", "CP1254" },
	{ "iso885911", "CP874" },
	{ "tis620", "CP874" },
	{ "windows874", "CP874" },
	{ "iso88598i", "ISO-8859-8" },
	{ "iso88598e", "ISO-8859-8" },
	{ "iso88596i", "ISO-8859-6" },
	{ "gb2312", "GB18030" },
	{ "gb231280", "GB18030" },
	{ "gbk", "GB18030" },
	{ "xgbk", "GB18030" },
	{ "cp936", "GB18030" },
	{ "ms936", "GB18030" },
	{ "euccn", "GB18030" },
	{ "chinesesimplified", "GB18030" },
	{ "ksc56011987", "CP949" },
	{ "ksc5601", "CP949" },
	{ "euckr", "CP949" },
	{ "korean", "CP949" },
	{ "shiftjis", "CP932" },
	{ "sjis", "CP932" },
	{ "xsjis", "CP932" },
	{ "windows31j", "CP932" },
	{ "iso2022jp", "ISO-2022-JP-3" },
	{ "iso2022jp2", "ISO-2022-JP-3" },
	{ "iso2022jpms", "ISO-2022-JP-3" },
	{ "cp50221", "ISO-2022-JP-3" },
	{ "big5", "BIG5-HKSCS" },
	{ "utf7", "UTF-7" },
	{ "unicode11utf7", "UTF-7" },
	{ "xunicode20utf7", "UTF-7" },
	{ "utf8", "UTF-8" },
	{ "unicode11utf8", "UTF-8" },
	{ "xutf8", "UTF-8" },
	{ "utf8mb4", "UTF-8" },
	{ "macintosh", "MACINTOSH" },
	{ "macroman", "MACINTOSH" },
	{ "xmacroman", "MACINTOSH" },
	{ "usascii", "" },
	{ "ascii", "" },
	{ "ansix3.41968", "" },
	{ "xunknown", "" },
	{ "unknown", "" },
	{ "unknown8bit", "" },
	{ "default", "" },
	{ "defaultcharset", "" },
	{ "xuserdefined", "" },
	{ "none", "" },
	{ "null", "" },
};

/* The label in iconv's terms; "" for "guess". out holds LABEL_MAX. */
static void
resolve(const char *label, size_t n, char *out)
{
	char key[LABEL_MAX], digit;
	size_t k = 0, o = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n && k < sizeof(key) - 1; i++) {
		unsigned char c = (unsigned char)label[i];

		if (!isalnum(c) && !(c && strchr("-_.:+()", c)))
			continue; /* iconv would leave it out, and match */
		if (o < LABEL_MAX - 1)
			out[o++] = (char)c;
		if (c != '-' && c != '_')
			key[k++] = (char)tolower(c);
	}
	key[k] = '\0';
	out[o] = '\0';
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (strcmp(aliases[i].label, key) == 0) {
			memcpy(out, aliases[i].name,
			       strlen(aliases[i].name) + 1);
			return;
		}
	digit = strncmp(key, "windows125", 10) == 0 ? key[10]
		: strncmp(key, "xcp125", 6) == 0    ? key[6]
						    : '\0';
	if (isdigit((unsigned char)digit))
		(void)snprintf(out, LABEL_MAX, "CP125%c", digit);
}

/* Room for one round of iconv under b's ceiling; false: none is left. */
static bool
room(struct buf *b, size_t *left)
{
	*left = b->max - b->len < STEP ? b->max - b->len : STEP;
	return *left >= 8 && buf_room(b, *left) != NULL;
}

/* Is it well-formed? NUL may be in it. */
static bool
no_marks(const char *p, size_t n)
{
	if (memchr(p, 0, n) == NULL)
		return utf8_valid(p, n);
	for (size_t i = 0; i < n;) {
		size_t k = utf8_next(p + i, n - i, NULL);

		if (!k)
			return false;
		i += k;
	}
	return true;
}

/* Some of iconv's tables give surrogates and what is beyond Unicode. */
static void
mend(struct buf *b, size_t from)
{
	struct buf clean;

	if (no_marks(buf_str(b) + from, b->len - from))
		return;
	buf_init(&clean, b->max - from);
	(void)utf8_clean(&clean, b->data + from, b->len - from);
	b->len = from;
	(void)buf_add(b, buf_str(&clean), clean.len);
	buf_release(&clean);
}

static bool
convert(struct buf *b, const char *name, const char *p, size_t n)
{
	size_t from = b->len;
	iconv_t cd = iconv_open("UTF-8", name);
	char *in = (char *)p; /* iconv does not write to it */
	size_t left;

	if (cd == (iconv_t)-1)
		return false;
	while (room(b, &left)) {
		char *out = b->data + b->len, *start = out;
		size_t rc = n ? iconv(cd, &in, &n, &out, &left)
			      : iconv(cd, NULL, NULL, &out, &left);

		b->len += (size_t)(out - start);
		if (rc != (size_t)-1) {
			if (!n && rc == 0 && out == start)
				break;
			continue;
		}
		if (errno == E2BIG)
			continue;
		if (!utf8_put(b, 0xfffd) || !n)
			break;
		in++;
		n--;
		iconv(cd, NULL, NULL, NULL, NULL);
	}
	if (b->data)
		b->data[b->len] = '\0';
	iconv_close(cd);
	mend(b, from);
	return true;
}

/* iconv lets NUL through: take it out from the given length on. */
static void
drop_nul(struct buf *b, size_t from)
{
	size_t to = from;

	for (size_t i = from; i < b->len; i++)
		if (b->data[i])
			b->data[to++] = b->data[i];
	if (b->data) {
		b->len = to;
		b->data[to] = '\0';
	}
}

/*
 * Is it UTF-8 in truth, whatever is declared? Four high octets that fit are
 * no chance where one is a character; where two are, it takes more.
 */
static bool
is_utf8(const char *name, const char *p, size_t n)
{
	bool single = strncasecmp(name, "CP125", 5) == 0 ||
		      strncasecmp(name, "ISO-8859", 8) == 0;
	bool paired =
		strcmp(name, "GB18030") == 0 || strncmp(name, "BIG5", 4) == 0 ||
		strcmp(name, "CP932") == 0 || strcmp(name, "CP949") == 0 ||
		strncasecmp(name, "EUC-", 4) == 0;
	size_t high = 0, want = single ? 4 : 12;

	if (!single && !paired)
		return false;
	for (size_t i = 0; i < n && high < want; i++)
		high += (unsigned char)p[i] >= 0x80;
	return high >= want && no_marks(p, n);
}

/* ISO-2022-JP with what vendors added to it, else as the standard has it. */
static bool
convert_jis(struct buf *b, const char *p, size_t n)
{
	struct buf sjis;
	bool done;

	buf_init(&sjis, n + 1);
	done = jis_to_sjis(&sjis, p, n)
		       ? convert(b, "CP932", buf_str(&sjis), sjis.len)
		       : convert(b, "ISO-2022-JP-3", p, n);
	buf_release(&sjis);
	return done;
}

/* Can octets that are neither ASCII nor UTF-8 be of that charset? */
static bool
is_eight_bit(const char *name)
{
	return *name && strncasecmp(name, "UTF", 3) != 0 &&
	       strncasecmp(name, "ISO-2022", 8) != 0;
}

void
charset_guess(struct buf *b, const char *other, const char *p, size_t n)
{
	char name[LABEL_MAX + 16] = "";
	size_t from = b->len;

	if (other)
		resolve(other, strlen(other), name);
	if (jis_is_one(p, n) && convert_jis(b, p, n))
		;
	else if (no_marks(p, n))
		(void)buf_add(b, p, n < b->max - b->len ? n : b->max - b->len);
	else {
		const char *seems = detect_charset(p, n);

		if (!is_eight_bit(name))
			memcpy(name, seems ? seems : "CP1252",
			       strlen(seems ? seems : "CP1252") + 1);
		if (!convert(b, name, p, n))
			(void)convert(b, "CP1252", p, n);
	}
	drop_nul(b, from);
}

/* A character of which the end is missing, with nothing behind it? */
static bool
is_cut_off(const char *p, size_t n)
{
	if (n > 3 || (unsigned char)*p < 0xc2)
		return false;
	for (size_t i = 1; i < n; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/* Declared as UTF-8, but not one of its high octets is: it never was. */
static bool
is_other(const char *p, size_t n)
{
	size_t broken = 0, k;

	for (size_t i = 0; i < n; i += k ? k : 1) {
		k = utf8_next(p + i, n - i, NULL);
		if (k > 1)
			return false;
		broken += k == 0 && !is_cut_off(p + i, n - i);
	}
	return broken > 0;
}

void
charset_utf8(struct buf *b, const char *label, size_t n_label, const char *p,
	     size_t n)
{
	char name[LABEL_MAX + 16];
	size_t from = b->len;

	resolve(label ? label : "", label ? n_label : 0, name);
	if (!*name) {
		charset_guess(b, NULL, p, n);
		return;
	}
	if (strcasecmp(name, "UTF-8") == 0) {
		if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
			p += 3;
			n -= 3;
		}
		if (is_other(p, n))
			charset_guess(b, NULL, p, n);
		else
			(void)utf8_clean(b, p, n);
		return;
	}
	if (strcmp(name, "ISO-2022-JP-3") == 0) {
		if (!convert_jis(b, p, n))
			charset_guess(b, NULL, p, n);
		drop_nul(b, from);
		return;
	}
	if (is_utf8(name, p, n))
		name[0] = '\0';
	if (!*name || !convert(b, name, p, n))
		charset_guess(b, NULL, p, n);
	drop_nul(b, from);
}

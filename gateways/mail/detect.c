#include "gateways/mail/detect.h"

#include <stdbool.h>

#define PAIRS_MIN 4 /* fewer say nothing */
#define RUNS_MIN 10 /* octets of Russian */
#define SAMPLE_MAX ((size_t)64 * 1024)

/* What pairs of octets look like in one family of charsets. */
struct pairs {
	size_t count;
	size_t broken; /* octets that are no pair */
	size_t kana;
	size_t common; /* of the most used characters of the family */
	size_t hangul; /* in the rows of Korean syllables */
	size_t low;    /* whose second octet is ASCII */
};

/* GB18030, EUC-JP, EUC-KR and Big5 begin a character with a high octet. */
static struct pairs
count_high(const unsigned char *p, size_t n)
{
	struct pairs c = { 0 };

	for (size_t i = 0; i < n; i++) {
		unsigned char a = p[i], b = i + 1 < n ? p[i + 1] : 0;

		if (a < 0x80)
			continue;
		if (a == 0x80 || a == 0xff || b < 0x40 || b == 0x7f ||
		    b == 0xff) {
			c.broken++;
			continue;
		}
		c.count++;
		c.kana += (a == 0xa4 || a == 0xa5) && b >= 0xa1;
		c.common += a >= 0xb0 && a <= 0xd7 && b >= 0xa1;
		c.hangul += a >= 0xb0 && a <= 0xc8 && b >= 0xa1;
		c.low += b < 0x80;
		i++;
	}
	return c;
}

static struct pairs
count_sjis(const unsigned char *p, size_t n)
{
	struct pairs c = { 0 };

	for (size_t i = 0; i < n; i++) {
		unsigned char a = p[i], b = i + 1 < n ? p[i + 1] : 0;

		if (a < 0x80 || (a >= 0xa1 && a <= 0xdf))
			continue; /* ASCII, katakana of half width */
		if (a == 0x80 || a == 0xa0 || a > 0xfc || b < 0x40 ||
		    b == 0x7f || b > 0xfc) {
			c.broken++;
			continue;
		}
		c.count++;
		c.kana += (a == 0x82 && b >= 0x9f && b <= 0xf1) ||
			  (a == 0x83 && b <= 0x96);
		i++;
	}
	return c;
}

/* Text of pairs has hardly an octet that is none: one in fifty is damage. */
static bool
is_paired(const struct pairs *c)
{
	return c->count >= PAIRS_MIN && c->broken * 50 <= c->count;
}

static const char *
east_asian(const unsigned char *p, size_t n)
{
	struct pairs high = count_high(p, n), sjis = count_sjis(p, n);

	if (is_paired(&sjis) && sjis.kana * 5 >= sjis.count)
		return "CP932";
	if (!is_paired(&high))
		return NULL;
	if (high.kana * 5 >= high.count)
		return "EUC-JP-MS";
	if (high.low * 5 >= high.count)
		return "BIG5-HKSCS";
	if (high.hangul * 20 >= high.count * 17)
		return "CP949";
	return high.common * 2 >= high.count ? "GB18030" : NULL;
}

/* Small letters are the most: KOI8-R has them where CP1251 has capitals. */
static const char *
russian(const unsigned char *p, size_t n)
{
	size_t high = 0, in_runs = 0, koi = 0, win = 0;

	for (size_t i = 0; i < n;) {
		size_t run = 0;

		while (i + run < n && p[i + run] >= 0xa1) {
			koi += p[i + run] >= 0xc0 && p[i + run] <= 0xdf;
			win += p[i + run] >= 0xe0;
			run++;
		}
		high += run;
		in_runs += run >= 3 ? run : 0;
		i += run ? run : 1;
	}
	if (high < RUNS_MIN || in_runs * 10 < high * 7)
		return NULL;
	return koi > win ? "KOI8-R" : "CP1251";
}

const char *
detect_charset(const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;
	const char *found;

	if (n > SAMPLE_MAX)
		n = SAMPLE_MAX;
	found = east_asian(s, n);
	return found ? found : russian(s, n);
}

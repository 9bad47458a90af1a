/*
 * pattern_time: how slow can a pattern get? Tries it on texts that bring out
 * the worst of common mistakes: long runs that nearly match, many places to
 * begin, and the pattern's own words over and over.
 */

#include "rules/pattern.h"

#include <string.h>
#include <time.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/fold.h"

#define TIME_TRIES 5
#define WORDS_MAX 8

static const char *const units[] = { "a",
				     "1",
				     " ",
				     "\n",
				     "a ",
				     "ab",
				     "a1 ",
				     "A",
				     "aa\n",
				     "-",
				     "a.",
				     "a@",
				     "1.",
				     "x=",
				     "(a)",
				     "\xC3\xB1",
				     "a\xE2\x82\xAC",
				     "hola que tal ",
				     "the return of the refund " };

static int64_t
now_us(void)
{
	struct timespec ts;

	/* our own processor time: other programs do not count */
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Fill n bytes with whole repeats of a unit, blanks in what is left. */
static void
fill(char *text, size_t n, const char *unit, size_t unit_n)
{
	size_t i = 0;

	while (i + unit_n <= n) {
		memcpy(text + i, unit, unit_n);
		i += unit_n;
	}
	memset(text + i, ' ', n - i);
}

static int64_t
one_us(const struct pattern *p, struct matcher *m, const char *text, size_t n)
{
	int64_t best = INT64_MAX;
	int i;

	for (i = 0; i < TIME_TRIES && best > PATTERN_WORST_US; i++) {
		int64_t start = now_us();
		int64_t spent;
		size_t from;
		size_t to;

		(void)pattern_match(p, m, text, n, &from, &to);
		spent = now_us() - start;
		if (spent < best)
			best = spent;
	}
	return best;
}

static int64_t
worse(int64_t worst, const struct pattern *p, struct matcher *m, char *text,
      size_t n, const char *unit, size_t unit_n)
{
	int64_t us;

	if (worst > PATTERN_WORST_US)
		return worst;
	fill(text, n, unit, unit_n);
	us = one_us(p, m, text, n);
	return us > worst ? us : worst;
}

static size_t
letters(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n &&
	       ((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') ||
		(s[i] >= '0' && s[i] <= '9') || (unsigned char)s[i] >= 0x80))
		i++;
	return i;
}

/* Each word of the source: whole with a blank, and without its last letter. */
static int64_t
words_us(const struct pattern *p, struct matcher *m, const char *s, size_t n,
	 char *text, size_t text_n)
{
	int64_t worst = 0;
	size_t i = 0;
	int words = 0;

	while (i < n && words < WORDS_MAX) {
		char unit[64];
		size_t len = letters(s + i, n - i);
		size_t cut;

		if (len < 2) {
			i += len + 1;
			continue;
		}
		cut = utf8_cut(s + i, len, len < 60 ? len : 60);
		memcpy(unit, s + i, cut);
		unit[cut] = ' ';
		worst = worse(worst, p, m, text, text_n, unit, cut + 1);
		cut = utf8_cut(s + i, cut, cut - 1);
		if (cut != 0)
			worst = worse(worst, p, m, text, text_n, unit, cut);
		i += len;
		words++;
	}
	return worst;
}

int64_t
pattern_worst_us(const struct pattern *p, struct matcher *m, const char *source,
		 size_t source_n, size_t n)
{
	char *text = mem_new(n, 1);
	char *source_text = mem_new(source_n + 1, 1);
	uint16_t *map = mem_new(source_n + 1, sizeof *map);
	bool bad = false;
	int64_t worst = 0;
	int64_t us;
	size_t len;
	size_t i;

	if (pattern_exact(p)) {
		fold_clean(source, source_n, source_text);
		len = source_n;
	} else {
		len = fold_text(source, source_n, source_text, map, &bad);
	}
	for (i = 0; i < sizeof units / sizeof *units; i++)
		worst = worse(worst, p, m, text, n, units[i], strlen(units[i]));
	if (len != 0)
		worst = worse(worst, p, m, text, n, source_text, len);
	us = worst > PATTERN_WORST_US
		     ? worst
		     : words_us(p, m, source_text, len, text, n);
	mem_free(map);
	mem_free(source_text);
	mem_free(text);
	return us > worst ? us : worst;
}

/*
 * pattern_time: how slow can a pattern get? Tries it on texts that bring out
 * the worst of common mistakes: long runs that nearly match, many places to
 * begin, and the pattern's own words over and over. Texts grow from small to
 * the ceiling, so that even a pattern of hours is found out in milliseconds.
 */

#include "rules/pattern.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/fold.h"

#define TIME_TRIES 5
#define WORDS_MAX 8
#define FIRST_BYTES 128 /* of the first texts; each next is twice as long */

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

/* A trial under way. */
struct trial {
	const struct pattern *p;
	struct matcher *m;
	char *text;
	size_t n;
	const char *source;
	size_t source_n;
	struct pattern_trial found;
};

static bool
over(const struct trial *t)
{
	return t->found.undecided || t->found.worst_us > PATTERN_WORST_US;
}

static int64_t
one_us(struct trial *t)
{
	int64_t best = INT64_MAX;
	int i;

	for (i = 0; i < TIME_TRIES && best > PATTERN_WORST_US; i++) {
		int64_t start = now_us();
		int64_t spent;
		size_t from;
		size_t to;

		if (pattern_match(t->p, t->m, t->text, t->n, &from, &to) ==
		    MATCH_UNDECIDED)
			t->found.undecided = true;
		spent = now_us() - start;
		if (spent < best)
			best = spent;
	}
	return best;
}

static void
try_text(struct trial *t)
{
	int64_t us;

	if (over(t))
		return;
	us = one_us(t);
	if (us > t->found.worst_us)
		t->found.worst_us = us;
}

/* A run of units; and the same before the source, far from which PCRE2 would
 * otherwise see at once that some letter it needs is absent. */
static void
try_unit(struct trial *t, const char *unit, size_t unit_n)
{
	size_t tail = t->source_n + 2;

	fill(t->text, t->n, unit, unit_n);
	try_text(t);
	if (tail > t->n / 2)
		return;
	fill(t->text, t->n - tail, unit, unit_n);
	memcpy(t->text + t->n - tail, "!\n", 2);
	memcpy(t->text + t->n - t->source_n, t->source, t->source_n);
	try_text(t);
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
static void
try_words(struct trial *t, const char *s, size_t n)
{
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
		try_unit(t, unit, cut + 1);
		cut = utf8_cut(s + i, cut, cut - 1);
		if (cut != 0)
			try_unit(t, unit, cut);
		i += len;
		words++;
	}
}

static void
try_length(struct trial *t)
{
	size_t i;

	for (i = 0; i < sizeof units / sizeof *units; i++)
		try_unit(t, units[i], strlen(units[i]));
	if (t->source_n != 0 && t->source_n <= t->n)
		try_unit(t, t->source, t->source_n);
	try_words(t, t->source, t->source_n);
}

struct pattern_trial
pattern_try(const struct pattern *p, struct matcher *m, const char *source,
	    size_t source_n, size_t n)
{
	struct trial t = { .p = p, .m = m, .n = FIRST_BYTES };
	char *source_text = mem_new(source_n + 1, 1);
	uint16_t *map = mem_new(source_n + 1, sizeof *map);
	bool bad = false;

	assert(n >= FIRST_BYTES);
	t.text = mem_new(n, 1);
	t.source = source_text;
	t.source_n = source_n;
	if (pattern_exact(p))
		fold_clean(source, source_n, source_text);
	else
		t.source_n =
			fold_text(source, source_n, source_text, map, &bad);
	for (; t.n < n && !over(&t); t.n *= 2)
		try_length(&t);
	t.n = n;
	if (!over(&t))
		try_length(&t);
	mem_free(map);
	mem_free(source_text);
	mem_free(t.text);
	return t.found;
}

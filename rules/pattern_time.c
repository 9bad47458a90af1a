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
#include "rules/literal.h"

#define TIME_TRIES 5
#define WORDS_MAX 8
#define FIRST_BYTES 128 /* of the first texts; each next is twice as long */
#define STEPS_FEW 100   /* from each place of a text: then no text is slow */
#define SHORT_BYTES 1024
#define SHORT_TIMES 4       /* the next shorter texts are so much longer */
#define SHORT_REPEAT_MAX 64 /* a larger one may begin to count later */

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
	size_t whole = n / unit_n * unit_n;
	size_t i = unit_n;

	if (whole != 0)
		memcpy(text, unit, unit_n);
	for (; i < whole; i *= 2)
		memcpy(text + i, text, i <= whole - i ? i : whole - i);
	memset(text + whole, ' ', n - whole);
}

/* A trial under way. */
struct trial {
	const struct pattern *p;
	struct matcher *m;
	char *text;
	size_t n;
	const char *source;
	size_t source_n;
	int64_t limit_us; /* of one match */
	struct pattern_trial found;
};

static bool
over(const struct trial *t)
{
	return t->found.undecided || t->found.worst_us > t->limit_us;
}

static int64_t
one_us(struct trial *t)
{
	int64_t best = INT64_MAX;
	int i;

	for (i = 0; i < TIME_TRIES && best > t->limit_us; i++) {
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
	if (over(t)) {
		size_t n = 0;
		int i;

		for (i = 0; i < PATTERN_SAMPLE_CHARS && n < t->n; i++)
			n += utf8_next(t->text + n, t->n - n, NULL);
		memcpy(t->found.sample, t->text, n);
		t->found.sample[n] = '\0';
	}
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

/*
 * Is it so fast on texts of short_n bytes that it cannot be slow on n? Without
 * a repeat that has no end its time grows as the text does, else as the
 * square of that. What it takes is left in found, of which *more is true if
 * longer texts may still show that it is fast.
 */
static bool
fast_on(struct trial *t, size_t short_n, size_t n, bool *more)
{
	int64_t times = (int64_t)(n / short_n);
	bool ends = pattern_literals(t->p)->steps < LITERAL_STEPS_MANY;
	int64_t fast_us = PATTERN_WORST_US / (ends ? 2 * times : times * times);

	memset(&t->found, 0, sizeof t->found);
	t->n = short_n;
	t->limit_us = fast_us * SHORT_TIMES;
	matcher_steps(t->m, PATTERN_MATCH_LIMIT / (unsigned)times);
	try_length(t);
	matcher_steps(t->m, PATTERN_MATCH_LIMIT);
	*more = !over(t);
	return *more && t->found.worst_us <= fast_us;
}

static bool
fast_on_short(struct trial *t, size_t n)
{
	size_t short_n = SHORT_BYTES;
	bool more = pattern_literals(t->p)->most <= SHORT_REPEAT_MAX &&
		    t->source_n <= SHORT_BYTES / 2;
	bool fast = false;

	while (more && !fast && short_n < n) {
		fast = fast_on(t, short_n, n, &more);
		short_n *= SHORT_TIMES;
	}
	memset(&t->found, 0, sizeof t->found);
	return fast;
}

static void
try_all(struct trial *t, size_t n)
{
	t->limit_us = PATTERN_WORST_US;
	for (t->n = FIRST_BYTES; t->n < n && !over(t); t->n *= 2)
		try_length(t);
	t->n = n;
	if (!over(t))
		try_length(t);
}

struct pattern_trial
pattern_try(const struct pattern *p, struct matcher *m, const char *source,
	    size_t source_n, size_t n)
{
	struct trial t = { .p = p, .m = m };
	char *source_text;
	uint16_t *map;
	bool bad = false;

	assert(n >= FIRST_BYTES);
	if (pattern_literals(p)->steps <= STEPS_FEW)
		return t.found;
	source_text = mem_new(source_n + 1, 1);
	map = mem_new(source_n + 1, sizeof *map);
	t.text = mem_new(n, 1);
	t.source = source_text;
	t.source_n = source_n;
	if (pattern_exact(p))
		fold_clean(source, source_n, source_text);
	else
		t.source_n =
			fold_text(source, source_n, source_text, map, &bad);
	if (!fast_on_short(&t, n))
		try_all(&t, n);
	mem_free(map);
	mem_free(source_text);
	mem_free(t.text);
	return t.found;
}

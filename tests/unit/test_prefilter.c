/*
 * Patterns and texts by chance: a pattern that matches a text is never left
 * out by the prefilter.
 *
 *   test_prefilter [--pairs N] [--seed N]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/fold.h"
#include "rules/letter.h"
#include "rules/literal.h"
#include "rules/pattern.h"
#include "rules/prefilter.h"
#include "tests/unit/patterns.h"

#define PAIRS 20000
#define TEXTS 8     /* for each group of patterns */
#define PATTERNS 12 /* in a group */

static unsigned long pairs_wanted = PAIRS;
static unsigned long seed = 1;

/* --- letters ------------------------------------------------------------ */

static char letters_text[16 * 1024];
static size_t letters_n;

/* All letters that are not alone, and those that stand for them. */
static void
gather_letters(void)
{
	uint32_t cp;

	for (cp = 'A'; cp < 0x20000; cp++) {
		bool in = letter_plain(cp) != cp;
		uint32_t k;

		if (cp >= 0xD800 && cp < 0xE000)
			continue;
		for (k = cp > 0x300 ? cp - 0x300 : 0; !in && k < cp + 0x300;
		     k++)
			in = k != cp && letter_plain(k) == cp;
		in = in || (cp >= 0x2C00 && cp < 0x2E00) ||
		     (cp >= 0x1E00 && cp < 0x2000);
		if (in)
			letters_n += utf8_encode(cp, letters_text + letters_n);
		assert_true(letters_n < sizeof letters_text - 4);
	}
}

static uint32_t
letter_at(size_t i)
{
	const unsigned char *s = (const unsigned char *)letters_text + i;

	if (s[0] < 0x80)
		return s[0];
	if (s[0] < 0xE0)
		return (s[0] & 0x1FU) << 6 | (s[1] & 0x3FU);
	if (s[0] < 0xF0)
		return (s[0] & 0xFU) << 12 | (s[1] & 0x3FU) << 6 |
		       (s[2] & 0x3FU);
	return (s[0] & 7U) << 18 | (s[1] & 0x3FU) << 12 | (s[2] & 0x3FU) << 6 |
	       (s[3] & 0x3FU);
}

/* Whatever PCRE2 takes for cp has the same plain letter, also folded. */
static void
check_letter(uint32_t cp, struct matcher *m)
{
	struct pattern_error e;
	struct pattern *p = NULL;
	char source[16];
	int n = snprintf(source, sizeof source, "\\x{%x}", cp);
	size_t at = 0;
	size_t from;
	size_t to;

	if (pattern_new(source, (size_t)n, PATTERN_EXACT, &p, &e) != OUT_OK)
		fail_msg("%s: %s", source, e.text);
	while (pattern_match(p, m, letters_text + at, letters_n - at, &from,
			     &to) == MATCH_YES) {
		uint32_t other = letter_at(at + from);

		if (letter_plain(other) != letter_plain(cp))
			fail_msg("U+%04X is taken for U+%04X", other, cp);
		if (letter_plain(cp) != 0x3B9 &&
		    letter_plain(fold_char(other)) !=
			    letter_plain(fold_char(cp)))
			fail_msg("U+%04X and U+%04X fold apart", other, cp);
		at += to;
	}
	pattern_free(&p);
}

static void
letters_are_the_same_as_pcre2_has_them(void **state)
{
	struct matcher *m = matcher_new();
	uint32_t cp;

	(void)state;
	gather_letters();
	for (cp = 1; cp < 0x1F000; cp++) {
		/* where no script has two cases */
		if (cp == 0x3000)
			cp = 0xA600;
		if (cp == 0xAC00)
			cp = 0xFB00;
		if (cp == 0x11A00)
			cp = 0x16E00;
		if (cp == 0x17000)
			cp = 0x1E900;
		check_letter(cp, m);
	}
	assert_int_equal(letter_plain(0x212A), 'k');
	assert_int_equal(letter_plain(0x17F), 's');
	assert_int_equal(letter_plain('Z'), 'z');
	assert_int_equal(letter_plain('['), '[');
	assert_int_equal(letter_plain(0x130), 0x130);
	matcher_free(&m);
}

/* --- what is read of a pattern ------------------------------------------ */

static void
print_sets(const struct literals *l, char *out, size_t n)
{
	size_t used = 0;
	size_t i;
	size_t k;

	out[0] = '\0';
	for (i = 0; i < l->n; i++)
		for (k = 0; k < l->sets[i].n; k++)
			used += (size_t)snprintf(out + used, n - used, "%s%.*s",
						 k != 0   ? "|"
						 : i != 0 ? " & "
							  : "",
						 (int)l->sets[i].at[k].n,
						 l->sets[i].at[k].s);
}

static void
sets_are_as_expected(void **state)
{
	static const struct {
		const char *source;
		unsigned flags;
		const char *sets; /* "" : always tried */
	} t[] = {
		{ "\\b(devoluci[oó]n|devolver|Return)\\b", 0,
		  "devolucion|devolver|return" },
		{ "pedidos?", 0, "pedido" },
		{ "no (me )?llega", 0, "no me llega|no llega" },
		{ "pedido.{0,30}llega", 0, "pedido & llega" },
		{ "(?=.*reembolso)(?!nunca).*tarde", 0, "reembolso & tarde" },
		{ "\\d{4}", 0, "" },
		{ "a|devolver", 0, "" },
		{ "(a.b|tarde)+x", 0, "" },
		{ "ho+la", 0, "ho & la" },
		{ "[ck]asa", 0, "casa|kasa" },
		{ "[a-z]asa", 0, "asa" },
		{ "[^a]asa", 0, "asa" },
		{ "\\Qa.b\\E+", 0, "a.b" },
		{ "(?i)Hola", 0, "hola" },
		{ "(?x) ho la", 0, "" },
		{ "(hola)\\1", 0, "hola" },
		{ "(hola)(?1)", 0, "" },
		{ "(hola)?(?(1)a|b)", 0, "" },
		{ "hola{0}", 0, "" },
		{ "STRA\\x{1e9e}E", 0, "straße" },
		{ "Σίσυφος", 0, "σισυφοσ" },
		{ "más", PATTERN_EXACT, "mas" },
		{ "λόγοι", PATTERN_EXACT, "λογο" },
		{ "a.b (Ñ)", PATTERN_LITERAL, "a.b (n)" },
		{ "x\\/y", 0, "x/y" },
		{ "(?:sin|con) (?:factura|recibo)", 0,
		  "sin factura|sin recibo|con factura|con recibo" },
		{ "fac[\\Qt]\\Eu]ra", 0, "" },
		{ "(uno|dos)(?#x)tres", 0, "" },
		{ "hola\\x{0}mundo", 0, "hola & mundo" },
	};
	char got[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct pattern_error e;
		struct pattern *p = NULL;

		if (pattern_new(t[i].source, strlen(t[i].source), t[i].flags,
				&p, &e) != OUT_OK)
			fail_msg("%s: %s", t[i].source, e.text);
		print_sets(pattern_literals(p), got, sizeof got);
		if (strcmp(got, t[i].sets) != 0)
			fail_msg("%s: '%s', not '%s'", t[i].source, got,
				 t[i].sets);
		pattern_free(&p);
	}
}

/* --- pairs -------------------------------------------------------------- */

struct group {
	struct made made[PATTERNS];
	struct pattern *pattern[PATTERNS];
	unsigned flags[PATTERNS];
	uint32_t number[PATTERNS];
	struct prefilter *filter;
	struct prefilter_marks marks;
};

/* What the pairs brought. */
static struct {
	unsigned long pairs;
	unsigned long refused; /* patterns that PCRE2 does not take */
	unsigned long always;  /* pairs whose pattern is always tried */
	unsigned long yes;
	unsigned long spared; /* pairs that are "no" without PCRE2 */
	unsigned long undecided;
	unsigned long placed; /* pairs tried at known places alone */
} sum;

static void
group_make(struct group *g, struct chance *c)
{
	struct pattern_error e;
	size_t i = 0;

	g->filter = prefilter_new();
	while (i < PATTERNS) {
		struct made *m = &g->made[i];

		g->flags[i] = chance_one_in(c, 4) ? PATTERN_EXACT : 0;
		if (chance_one_in(c, 8)) {
			g->flags[i] |= PATTERN_LITERAL;
			made_literal(c, m);
		} else {
			made_pattern(c, m);
		}
		g->pattern[i] = NULL;
		if (pattern_new(m->source, m->source_n, g->flags[i],
				&g->pattern[i], &e) != OUT_OK) {
			sum.refused++;
			continue;
		}
		g->number[i] = prefilter_add(g->filter,
					     pattern_literals(g->pattern[i]));
		i++;
	}
	prefilter_finish(g->filter);
	marks_init(&g->marks, g->filter);
}

static void
group_free(struct group *g)
{
	size_t i;

	marks_release(&g->marks);
	prefilter_free(&g->filter);
	for (i = 0; i < PATTERNS; i++)
		pattern_free(&g->pattern[i]);
}

/* Tried where it may begin alone, a pattern matches the same. */
static void
check_places(const struct group *g, size_t i, struct matcher *m,
	     const char *text, size_t n, enum match want, size_t want_from,
	     size_t want_to)
{
	uint32_t at[64];
	size_t at_n =
		prefilter_places(g->filter, g->number[i], &g->marks, at, 64);
	size_t from = 0;
	size_t to = 0;
	enum match got;

	if (at_n == SIZE_MAX)
		return;
	sum.placed++;
	got = pattern_match_at(g->pattern[i], m, text, n, at, at_n, &from, &to);
	if (got != want ||
	    (got == MATCH_YES && (from != want_from || to != want_to)))
		fail_msg("/%.*s/ at %zu places of '%.*s'",
			 (int)g->made[i].source_n, g->made[i].source, at_n,
			 (int)n, text);
}

static void
group_text(struct group *g, struct chance *c, struct matcher *m)
{
	static char text[MADE_TEXT_BYTES];
	static char folded[MADE_TEXT_BYTES];
	static char clean[MADE_TEXT_BYTES];
	static uint16_t map[MADE_TEXT_BYTES + 1];
	size_t n = made_text(c, &g->made[chance_below(c, PATTERNS)], text);
	bool bad = false;
	size_t folded_n = fold_text(text, n, folded, map, &bad);
	size_t i;

	fold_clean(text, n, clean);
	prefilter_scan(g->filter, folded, folded_n, &g->marks);
	for (i = 0; i < PATTERNS; i++) {
		bool exact = (g->flags[i] & PATTERN_EXACT) != 0;
		bool may = g->number[i] == PREFILTER_ALWAYS ||
			   g->marks.missing[g->number[i]] == 0;
		size_t from;
		size_t to;
		enum match got =
			pattern_match(g->pattern[i], m, exact ? clean : folded,
				      exact ? n : folded_n, &from, &to);

		if (got != MATCH_UNDECIDED && may && !exact &&
		    g->number[i] != PREFILTER_ALWAYS)
			check_places(g, i, m, folded, folded_n, got, from, to);
		sum.pairs++;
		sum.always += g->number[i] == PREFILTER_ALWAYS;
		sum.yes += got == MATCH_YES;
		sum.spared += !may;
		sum.undecided += got == MATCH_UNDECIDED;
		if (got == MATCH_YES && !may)
			fail_msg("/%.*s/%s on '%.*s'", (int)g->made[i].source_n,
				 g->made[i].source, exact ? " exact" : "",
				 (int)n, text);
	}
}

static void
no_match_is_left_out(void **state)
{
	struct group *g = mem_new(1, sizeof *g);
	struct matcher *m = matcher_new();
	struct chance c;
	unsigned long s;
	int i;

	(void)state;
	for (s = seed; sum.pairs < pairs_wanted; s++) {
		chance_start(&c, s);
		group_make(g, &c);
		for (i = 0; i < TEXTS; i++)
			group_text(g, &c, m);
		group_free(g);
	}
	print_message(
		"%lu pairs: %lu matches, %lu spared, %lu always tried, "
		"%lu undecided, %lu at known places; %lu patterns refused\n",
		sum.pairs, sum.yes, sum.spared, sum.always, sum.undecided,
		sum.placed, sum.refused);
	/* the chances are such that all of it happens */
	assert_true(sum.yes > sum.pairs / 20);
	assert_true(sum.spared > sum.pairs / 20);
	assert_true(sum.placed > sum.pairs / 200);
	matcher_free(&m);
	mem_free(g);
}

/* --- trials -------------------------------------------------------------- */

static struct pattern_trial
trial_of(const char *source, struct matcher *m)
{
	struct pattern_error e;
	struct pattern *p = NULL;
	struct pattern_trial t;

	if (pattern_new(source, strlen(source), 0, &p, &e) != OUT_OK)
		fail_msg("%s: %s", source, e.text);
	t = pattern_try(p, m, source, strlen(source), 16 * 1024);
	pattern_free(&p);
	return t;
}

/* Short cuts of the trial let nothing through that explodes, and tell the
 * text. */
static void
slow_patterns_tell_their_text(void **state)
{
	/* what gives up by its steps, on a fast machine too */
	static const char *const slow[] = {
		"(a+)+b",           "(a|a)*b",
		"(\\w+\\s?)+:",     "[a-z]+[a-z]+[a-z]+1",
		"(.{0,60}){0,60}x", "((a*)*)*b"
	};
	static const char *const fine[] = { "devoluci[oó]n",
					    "\\bpedido\\s*#?\\d{4,}",
					    "no (me )?llega(do)?", "a{2,}b" };
	struct matcher *m = matcher_new();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof slow / sizeof *slow; i++) {
		struct pattern_trial t = trial_of(slow[i], m);

		if (!t.undecided && t.worst_us <= PATTERN_WORST_US)
			fail_msg("%s is let through", slow[i]);
		assert_true(strlen(t.sample) >= PATTERN_SAMPLE_CHARS);
	}
	for (i = 0; i < sizeof fine / sizeof *fine; i++) {
		struct pattern_trial t = trial_of(fine[i], m);

		if (t.undecided || t.worst_us > PATTERN_WORST_US)
			fail_msg("%s is refused on '%s'", fine[i], t.sample);
		assert_string_equal(t.sample, "");
	}
	matcher_free(&m);
}

/* More strings than there is room for: some patterns are always tried. */
static void
a_ceiling_is_kept(void **state)
{
	struct prefilter *f = prefilter_new();
	struct prefilter_marks marks;
	size_t always = 0;
	unsigned i;

	(void)state;
	for (i = 0; i < 40000; i++) {
		char s[32];
		int n = snprintf(s, sizeof s, "w%08x%08x", i * 2654435761U,
				 i * 40503U);
		struct literal one = { s, (size_t)n };
		struct literals l = { .sets = { { &one, 1 } }, .n = 1 };

		always += prefilter_add(f, &l) == PREFILTER_ALWAYS;
	}
	assert_true(always > 0 && always < 40000);
	prefilter_finish(f);
	assert_true(prefilter_bytes(f) < 12 * 1024 * 1024);
	marks_init(&marks, f);
	prefilter_scan(f, "no", 2, &marks);
	assert_int_equal(marks.may_n, 0);
	marks_release(&marks);
	prefilter_free(&f);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_are_the_same_as_pcre2_has_them),
		cmocka_unit_test(sets_are_as_expected),
		cmocka_unit_test(no_match_is_left_out),
		cmocka_unit_test(slow_patterns_tell_their_text),
		cmocka_unit_test(a_ceiling_is_kept),
	};

	chance_options(argc, argv, &pairs_wanted, &seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/unit/patterns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/utf8.h"

#define DEPTH_MAX 4

void
chance_start(struct chance *c, uint64_t seed)
{
	c->state = (seed + 1) * 0x9E3779B97F4A7C15U;
	c->state = c->state != 0 ? c->state : 1;
}

uint64_t
chance_next(struct chance *c)
{
	c->state ^= c->state >> 12;
	c->state ^= c->state << 25;
	c->state ^= c->state >> 27;
	return c->state * 0x2545F4914F6CDD1DU;
}

size_t
chance_below(struct chance *c, size_t n)
{
	return (size_t)(chance_next(c) >> 33) % n;
}

bool
chance_one_in(struct chance *c, size_t n)
{
	return chance_below(c, n) == 0;
}

void
chance_options(int argc, char **argv, unsigned long *pairs, unsigned long *seed)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--pairs") == 0)
			*pairs = strtoul(argv[i + 1], NULL, 10);
		if (strcmp(argv[i], "--seed") == 0)
			*seed = strtoul(argv[i + 1], NULL, 10);
	}
}

/* --- pieces ------------------------------------------------------------- */

static const char *const words[] = {
	"devolución", "pedido", "refund",   "no",      "llega",     "que",
	"factura",    "mañana", "size",     "talla",   "ñandú",     "kilo",
	"sisas",      "Straße", "λόγος",    "ΣΙΣΥΦΟΣ", "возврат",   "Ёлка",
	"退款",       "환불",   "µm",       "ﬁn",      "Ångström",  "aaa",
	"abab",       "a",      "ss",       "ſs",      "KK",        "İı",
	"x-1",        "10.42",  "order_id", "über",    "coöperate", "ΐ",
	"ᾳ",          "ǅ",      "Ⅷ",        "ⓐ",       "ß",         "ẞ",
};
#define WORDS (sizeof words / sizeof *words)

static const char *const marks[] = { "\xCC\x81", "\xCC\x88", "\xCD\x85",
				     "\xCC\xA7" };

/* Letters that may be taken for one another, side by side. */
static const char *const twins[][4] = {
	{ "s", "S", "ſ", NULL },   { "k", "K", "\xE2\x84\xAA", NULL },
	{ "ß", "ẞ", NULL },        { "σ", "ς", "Σ", NULL },
	{ "µ", "μ", "Μ", NULL },   { "å", "Å", "\xE2\x84\xAB", NULL },
	{ "i", "I", "İ", NULL },   { "ı", "I", NULL },
	{ "θ", "ϑ", "ϴ", NULL },   { "ι", "\xCD\x85", "\xE1\xBE\xBE", NULL },
	{ "ω", "Ω", "Ω", NULL },   { "в", "В", "\xE1\xB2\x80", NULL },
	{ "ǆ", "ǅ", "Ǆ", NULL },   { "é", "É", "e", NULL },
	{ "ñ", "Ñ", "n", NULL },   { "я", "Я", NULL },
	{ "ⅷ", "Ⅷ", NULL },        { "ⓐ", "Ⓐ", NULL },
	{ "á", "a\xCC\x81", NULL }
};
#define TWINS (sizeof twins / sizeof *twins)

static bool
both_fit(const struct made *m)
{
	return m->source_n < MADE_BYTES - 100 && m->text_n < MADE_BYTES - 100;
}

static void
source(struct made *m, const char *s)
{
	size_t n = strlen(s);

	if (m->source_n + n > MADE_BYTES)
		return;
	memcpy(m->source + m->source_n, s, n);
	m->source_n += n;
}

static void
text(struct made *m, const char *s)
{
	size_t n = strlen(s);

	if (m->text_n + n > MADE_BYTES)
		return;
	memcpy(m->text + m->text_n, s, n);
	m->text_n += n;
}

static void
both(struct made *m, const char *s)
{
	source(m, s);
	text(m, s);
}

static const char *
a_word(struct chance *c)
{
	return words[chance_below(c, WORDS)];
}

/* --- classes and single letters ----------------------------------------- */

static const struct {
	const char *source;
	const char *text;
} singles[] = {
	{ "\\d", "7" },
	{ "\\w", "b" },
	{ "\\s", " " },
	{ ".", "q" },
	{ "\\S", "z" },
	{ "\\D", "k" },
	{ "\\W", "-" },
	{ "\\h", " " },
	{ "\\H", "x" },
	{ "\\v", "\n" },
	{ "\\V", "y" },
	{ "\\N", "n" },
	{ "\\R", "\r\n" },
	{ "\\X", "e" },
	{ "\\pL", "é" },
	{ "\\p{Lu}", "Q" },
	{ "\\P{N}", "o" },
	{ "\\p{^L}", "4" },
	{ "\\x41", "a" },
	{ "\\x{53}", "s" },
	{ "\\x{e9}", "é" },
	{ "\\x9", "\t" },
	{ "\\t", "\t" },
	{ "\\e", "\x1B" },
	{ "\\.", "." },
	{ "\\(", "(" },
	{ "\\\\", "\\" },
	{ "\\-", "-" },
	{ "\\[", "[" },
	{ "\\ñ", "Ñ" },
	{ "\\x{3b9}", "Ι" },
	{ "\\x{212a}", "k" },
	{ "\\x{17f}", "S" },
	{ "\\x{1e9e}", "ß" },
	{ "\\cI", "\t" },
	{ "\\101", "A" },
	{ "\\o{101}", "a" },
	{ "\\011", "\t" },
	{ "]", "]" },
	{ "}", "}" },
	{ "ſ", "s" },
	{ "K", "k" },
	{ "[aeiou]", "u" },
	{ "[oó]", "Ó" },
	{ "[^x]", "y" },
	{ "[a-z]", "M" },
	{ "[k-m]", "L" },
	{ "[]x]", "]" },
	{ "[^]x]", "a" },
	{ "[x-]", "-" },
	{ "[-x]", "-" },
	{ "[\\d.]", "." },
	{ "[\\w-]", "-" },
	{ "[[:alpha:]]", "r" },
	{ "[[:^digit:]x]", "a" },
	{ "[sS]", "ſ" },
	{ "[kß]", "ẞ" },
	{ "[\\]\\\\]", "\\" },
	{ "[\\x41-\\x43]", "b" },
	{ "[\\bx]", "X" },
	{ "[σ]", "ς" },
	{ "[\\p{L}7]", "7" },
	{ "[\\Q]\\E]", "]" },
	{ "[a\\-z]", "-" },
	{ "[\\e-\\x{20}]", " " },
	{ "[ñ]", "n" },
	{ "[退款]", "款" },
	{ "[ι]", "ι" },
};
#define SINGLES (sizeof singles / sizeof *singles)

/* What takes nothing. */
static const char *const edges[] = { "\\b",    "^",       "$",     "\\B",
				     "\\A",    "\\z",     "\\Z",   "\\G",
				     "\\K",    "(?i)",    "(?-i)", "(?s)",
				     "(?m-s)", "(?U)",    "(?^)",  "(?#note)",
				     "(?J)",   "\\Q\\E",  "\\E",   "(?C)",
				     "(?xx)",  "[[:<:]]", "(?n)",  "(?=)" };
#define EDGES (sizeof edges / sizeof *edges)

static const char *const repeats[] = { "?",     "*",      "+",    "??",
				       "*?",    "+?",     "?+",   "*+",
				       "++",    "{2}",    "{1,}", "{0,2}",
				       "{1,3}", "{2,4}?", "{3}+", "{0}",
				       "{,2}",  "{0,0}",  "{1}",  "{0,1}" };
#define REPEATS (sizeof repeats / sizeof *repeats)
static const int repeat_counts[REPEATS] = { 1, 2, 1, 0, 1, 2, 1, 2, 1, 2,
					    1, 1, 2, 3, 3, 0, 1, 0, 1, 1 };

/* Repeat what the text got since from as a pattern repeats it. */
static void
maybe_repeat(struct chance *c, struct made *m, size_t from)
{
	size_t which;
	size_t n = m->text_n - from;
	int i;

	if (!chance_one_in(c, 4))
		return;
	which = chance_below(c, REPEATS);
	source(m, repeats[which]);
	if (repeat_counts[which] == 0)
		m->text_n = from;
	for (i = 1; i < repeat_counts[which]; i++) {
		if (m->text_n + n > MADE_BYTES)
			return;
		memcpy(m->text + m->text_n, m->text + from, n);
		m->text_n += n;
	}
}

/* --- parts -------------------------------------------------------------- */

static void make_either(struct chance *c, struct made *m);

static const char *const openings[] = {
	"(",   "(?:",  "(?<name>", "(?P<n2>", "(?'n3'", "(?>",
	"(?|", "(?i:", "(?-i:",    "(?s-m:",  "(?x: ",  "(?=",
	"(?!", "(?<=", "(?<!",     "(?*",     "(?<*",   "(?J:"
};
#define OPENINGS (sizeof openings / sizeof *openings)
#define FIRST_LOOK 11

static void
make_group(struct chance *c, struct made *m)
{
	size_t which = chance_one_in(c, 3) ? chance_below(c, OPENINGS)
					   : chance_below(c, 2);
	size_t from = m->text_n;
	bool look = which >= FIRST_LOOK && which < OPENINGS - 1;

	source(m, openings[which]);
	if (which == 0 || (which >= 2 && which <= 4))
		m->groups++;
	m->depth++;
	if (look && !chance_one_in(c, 3))
		both(m, a_word(c));
	else
		make_either(c, m);
	m->depth--;
	source(m, ")");
	if (look && chance_one_in(c, 2))
		m->text_n = from;
	maybe_repeat(c, m, from);
}

/* Back to a group, into one, on a condition: by number. */
static void
make_back(struct chance *c, struct made *m)
{
	static const char *const ways[] = { "\\%d",       "\\g{%d}", "(?%d)",
					    "(?(%d)a|b)", "\\g<%d>", "\\g%d",
					    "(?(%d)x)" };
	char s[32];

	if (m->groups == 0) {
		source(m, "(?R)?");
		return;
	}
	/* the ways are formats of this file's own */
	(void)snprintf(s, sizeof s, "%s",
		       ways[chance_below(c, sizeof ways / sizeof *ways)]);
	{
		char *at = strstr(s, "%d");
		int g = 1 + (int)chance_below(c, (size_t)m->groups);

		at[0] = (char)('0' + g % 10);
		memmove(at + 1, at + 2, strlen(at + 2) + 1);
	}
	source(m, s);
}

static void
make_quoted(struct chance *c, struct made *m)
{
	source(m, "\\Q");
	both(m, a_word(c));
	if (chance_one_in(c, 2))
		both(m, ".+(x");
	source(m, "\\E");
}

static void
make_one(struct chance *c, struct made *m)
{
	size_t from = m->text_n;
	size_t which;

	switch (chance_below(c, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		which = chance_below(c, SINGLES);
		source(m, singles[which].source);
		text(m, singles[which].text);
		break;
	case 4:
		source(m, edges[chance_below(c, EDGES)]);
		break;
	case 5:
	case 6:
		if (m->depth < DEPTH_MAX) {
			make_group(c, m);
			return;
		}
		both(m, " ");
		break;
	case 7:
		make_quoted(c, m);
		break;
	case 8:
		if (chance_one_in(c, 4))
			make_back(c, m);
		break;
	case 9:
		source(m, ".{0,9}");
		text(m, chance_one_in(c, 2) ? " and " : "");
		return;
	default:
		both(m, a_word(c));
		break;
	}
	maybe_repeat(c, m, from);
}

static void
make_sequence(struct chance *c, struct made *m)
{
	size_t n = 1 + chance_below(c, 4);

	while (n-- != 0 && both_fit(m))
		make_one(c, m);
}

static void
make_either(struct chance *c, struct made *m)
{
	size_t n = chance_one_in(c, 2) ? 1 : 1 + chance_below(c, 4);
	size_t from = m->text_n;
	char kept[MADE_BYTES];
	size_t kept_n = 0;
	size_t i;

	for (i = 0; i < n && both_fit(m); i++) {
		if (i != 0)
			source(m, "|");
		m->text_n = from;
		make_sequence(c, m);
		if (i == 0 || chance_one_in(c, i + 1)) {
			kept_n = m->text_n - from;
			memcpy(kept, m->text + from, kept_n);
		}
	}
	memcpy(m->text + from, kept, kept_n);
	m->text_n = from + kept_n;
}

void
made_pattern(struct chance *c, struct made *m)
{
	memset(m, 0, sizeof *m);
	make_either(c, m);
}

void
made_literal(struct chance *c, struct made *m)
{
	size_t n = 1 + chance_below(c, 3);

	memset(m, 0, sizeof *m);
	while (n-- != 0) {
		both(m, a_word(c));
		if (chance_one_in(c, 2))
			both(m, ". (");
	}
}

/* --- texts -------------------------------------------------------------- */

struct writing {
	struct chance *c;
	char *out;
	size_t n;
};

static void
put(struct writing *w, const char *s, size_t n)
{
	if (w->n + n > MADE_TEXT_BYTES)
		return;
	memcpy(w->out + w->n, s, n);
	w->n += n;
}

/* A letter, or one that may be taken for it. */
static void
put_twin(struct writing *w, const char *s, size_t n)
{
	size_t i;
	size_t k;

	if (n == 1 && chance_one_in(w->c, 3) &&
	    ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z'))) {
		char other = (char)(*s ^ 32);

		put(w, &other, 1);
		return;
	}
	for (i = 0; i < TWINS && chance_one_in(w->c, 2); i++)
		for (k = 0; twins[i][k] != NULL; k++)
			if (strlen(twins[i][k]) == n &&
			    memcmp(twins[i][k], s, n) == 0) {
				const char *to =
					twins[i][chance_below(w->c, 3)];

				to = to != NULL ? to : twins[i][0];
				put(w, to, strlen(to));
				return;
			}
	put(w, s, n);
}

static void
put_sample(struct writing *w, const struct made *m)
{
	bool damage = chance_one_in(w->c, 4);
	bool change = !chance_one_in(w->c, 3);
	size_t i = 0;

	while (i < m->text_n) {
		size_t n = utf8_next(m->text + i, m->text_n - i, NULL);

		n = n != 0 ? n : 1;
		if (damage && chance_one_in(w->c, 12)) {
			if (chance_one_in(w->c, 3))
				put(w, "\xC3", 1);
		} else if (change) {
			put_twin(w, m->text + i, n);
		} else {
			put(w, m->text + i, n);
		}
		if (change && chance_one_in(w->c, 16)) {
			const char *mark = marks[chance_below(
				w->c, sizeof marks / sizeof *marks)];

			put(w, mark, strlen(mark));
		}
		i += n;
	}
}

size_t
made_text(struct chance *c, const struct made *m, char *out)
{
	struct writing w = { .c = c, .out = out };
	size_t pieces = 1 + chance_below(c, 5);

	while (pieces-- != 0) {
		const char *word = a_word(c);

		switch (chance_below(c, 5)) {
		case 0:
			put_twin(&w, word, strlen(word));
			break;
		case 1:
			put(&w, word, strlen(word));
			put(&w, " ", 1);
			break;
		case 2:
			/* the pattern itself is a text as well */
			put(&w, m->source, m->source_n);
			break;
		default:
			put_sample(&w, m);
			break;
		}
	}
	return w.n;
}

#include "rules/near.h"

#include <string.h>

#include "daemon/base/ascii.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/complain.h"
#include "rules/fold.h"
#include "rules/pattern.h"
#include "rules/rule.h"
#include "rules/tree.h"

#define CUTS_MAX 64   /* beginnings of a pattern that are tried */
#define WORDS_MAX 32  /* of a pattern that are compared */
#define REACH_LEAST 3 /* bytes of a text: less says nothing */
#define LETTERS_MIN 4 /* of a word that is compared */

/* --- parts of a pattern ------------------------------------------------- */

struct cuts {
	size_t at[CUTS_MAX];
	size_t n;
	bool alternatives; /* outside of every parenthesis */
};

/* After an escape at i. */
static size_t
skip_escape(const char *s, size_t n, size_t i)
{
	char c = i + 1 < n ? s[i + 1] : '\0';

	i += 2;
	if ((c == 'x' || c == 'p' || c == 'P' || c == 'k' || c == 'g') &&
	    i < n && (s[i] == '{' || s[i] == '<')) {
		const char *end = memchr(s + i, s[i] == '{' ? '}' : '>', n - i);

		return end != NULL ? (size_t)(end - s) + 1 : n;
	}
	while (i < n && ((unsigned char)s[i] & 0xC0) == 0x80)
		i++;
	return i < n ? i : n;
}

static size_t
skip_class(const char *s, size_t n, size_t i)
{
	i++;
	if (i < n && s[i] == '^')
		i++;
	if (i < n && s[i] == ']')
		i++;
	while (i < n && s[i] != ']') {
		if (s[i] == '\\')
			i++;
		else if (s[i] == '[' && i + 1 < n && s[i + 1] == ':')
			i++;
		i++;
	}
	return i < n ? i + 1 : n;
}

static size_t
skip_group(const char *s, size_t n, size_t i)
{
	int depth = 0;

	while (i < n) {
		if (s[i] == '\\') {
			i = skip_escape(s, n, i);
			continue;
		}
		if (s[i] == '[') {
			i = skip_class(s, n, i);
			continue;
		}
		depth += s[i] == '(';
		depth -= s[i] == ')';
		i++;
		if (depth == 0)
			break;
	}
	return i;
}

static size_t
skip_repeat(const char *s, size_t n, size_t i)
{
	while (i < n && (s[i] == '*' || s[i] == '+' || s[i] == '?'))
		i++;
	if (i < n && s[i] == '{') {
		const char *end = memchr(s + i, '}', n - i);

		if (end != NULL)
			i = (size_t)(end - s) + 1;
		while (i < n && (s[i] == '+' || s[i] == '?'))
			i++;
	}
	return i;
}

/* After the part of a pattern that begins at i, with what repeats it. */
static size_t
skip_part(const char *s, size_t n, size_t i)
{
	if (s[i] == '\\')
		i = skip_escape(s, n, i);
	else if (s[i] == '[')
		i = skip_class(s, n, i);
	else if (s[i] == '(')
		i = skip_group(s, n, i);
	else
		for (i++; i < n && ((unsigned char)s[i] & 0xC0) == 0x80;)
			i++;
	return skip_repeat(s, n, i < n ? i : n);
}

static void
cuts_find(const char *s, size_t n, bool literal, struct cuts *c)
{
	size_t i = 0;

	c->n = 0;
	c->alternatives = false;
	while (i < n && c->n < CUTS_MAX) {
		if (!literal && s[i] == '|')
			c->alternatives = true;
		if (literal)
			for (i++;
			     i < n && ((unsigned char)s[i] & 0xC0) == 0x80;)
				i++;
		else
			i = skip_part(s, n, i);
		if (i < n)
			c->at[c->n++] = i;
	}
}

/* --- the text ----------------------------------------------------------- */

struct subject {
	const char *raw;
	size_t raw_n;
	bool exact;
	size_t n;
	char text[RULE_SUBJECT_BYTES];
	uint16_t map[RULE_SUBJECT_BYTES + 1];
};

static void
subject_init(struct subject *s, const char *text, bool exact)
{
	bool bad = false;
	size_t i;

	s->raw = text;
	s->raw_n = utf8_cut(text, strnlen(text, RULE_SUBJECT_BYTES + 1),
			    RULE_SUBJECT_BYTES);
	s->exact = exact;
	if (!exact) {
		s->n = fold_text(text, s->raw_n, s->text, s->map, &bad);
		return;
	}
	fold_clean(text, s->raw_n, s->text);
	s->n = s->raw_n;
	for (i = 0; i <= s->n; i++)
		s->map[i] = (uint16_t)i;
}

/* Is a beginning of the pattern in the text? */
static bool
reaches(const struct subject *s, const char *source, size_t n, unsigned flags,
	struct matcher *m, struct near_miss *out)
{
	struct pattern_error e;
	struct pattern *p = NULL;
	size_t from = 0;
	size_t to = 0;
	bool yes;

	if (pattern_new(source, n, flags, &p, &e) != OUT_OK)
		return false;
	yes = pattern_match(p, m, s->text, s->n, &from, &to) == MATCH_YES &&
	      to - from >= REACH_LEAST;
	pattern_free(&p);
	if (yes) {
		out->reach = n;
		out->from = s->map[from];
		out->to = s->map[to];
	}
	return yes;
}

/* --- words -------------------------------------------------------------- */

static bool
letter(const char *s, size_t i)
{
	return (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') ||
	       (unsigned char)s[i] >= 0x80;
}

/* The next word at or after *i, in small letters without marks; of a pattern
 * what classes and escapes leave of it. false: none is left.
 * from_out  where it begins */
static bool
next_word(const char *s, size_t n, size_t *i, bool pattern, size_t *from_out,
	  char out[NEAR_WORD_BYTES])
{
	while (*i < n) {
		size_t from = *i;
		size_t len;

		if (pattern && s[from] == '\\') {
			*i = skip_escape(s, n, from);
			continue;
		}
		if (pattern && s[from] == '[') {
			*i = skip_class(s, n, from);
			continue;
		}
		while (*i < n && letter(s, *i))
			++*i;
		len = *i - from;
		if (len == 0) {
			++*i;
			continue;
		}
		/* the letter before a repeat may be missing */
		if (pattern && *i < n && strchr("?*{", s[*i]) != NULL)
			len = utf8_cut(s + from, len, len - 1);
		if (len < LETTERS_MIN || len >= NEAR_WORD_BYTES)
			continue;
		(void)memcpy(out, s + from, len);
		out[len] = '\0';
		ascii_fold(out);
		*from_out = from;
		return true;
	}
	return false;
}

/* The word of the text that is nearest to one of the pattern; a word that the
 * text has is not missing. true: it is nearer than what was found before. */
static bool
nearest(const struct subject *s, const char *wanted, size_t *best,
	struct near_miss *out)
{
	char word[NEAR_WORD_BYTES];
	char found[NEAR_WORD_BYTES] = "";
	size_t cut = strlen(wanted);
	size_t distance = 0;
	size_t from;
	size_t i = 0;

	while (next_word(s->text, s->n, &i, false, &from, word)) {
		struct guess g;
		char begin[NEAR_WORD_BYTES];

		(void)memcpy(begin, word, sizeof begin);
		begin[utf8_cut(word, strlen(word), cut)] = '\0';
		if (strcmp(begin, wanted) == 0)
			return false;
		guess_start(&g, wanted);
		guess_offer(&g, begin);
		guess_offer(&g, word);
		if (g.best == NULL ||
		    (found[0] != '\0' && g.distance >= distance))
			continue;
		distance = g.distance;
		(void)memcpy(found, word, sizeof found);
	}
	if (found[0] == '\0' || (out->found[0] != '\0' && distance >= *best))
		return false;
	*best = distance;
	(void)memcpy(out->found, found, sizeof found);
	return true;
}

/* The word of a pattern that begins at i, with its classes and repeats. */
static void
as_written(const char *s, size_t n, size_t i, char out[NEAR_WORD_BYTES])
{
	size_t from = i;

	while (i < n && (letter(s, i) || strchr("[?*+", s[i]) != NULL))
		i = s[i] == '[' ? skip_class(s, n, i) : i + 1;
	n = utf8_cut(s + from, i - from, NEAR_WORD_BYTES - 1);
	(void)memcpy(out, s + from, n);
	out[n] = '\0';
}

static void
near_words(const struct subject *s, const char *source, size_t n, bool literal,
	   struct near_miss *out)
{
	char folded[TREE_PATTERN_BYTES + 1];
	uint16_t map[TREE_PATTERN_BYTES + 1];
	char word[NEAR_WORD_BYTES];
	size_t m = n;
	size_t best = 0;
	size_t i;
	size_t next = 0;
	bool bad = false;
	int words = 0;

	for (i = 0; i <= n; i++)
		map[i] = (uint16_t)i;
	if (s->exact)
		(void)memcpy(folded, source, n);
	else
		m = fold_text(source, n, folded, map, &bad);
	while (words++ < WORDS_MAX &&
	       next_word(folded, m, &next, !literal, &i, word))
		if (nearest(s, word, &best, out))
			as_written(source, n, map[i], out->wanted);
}

void
near_find(const char *source, size_t n, bool literal, bool exact,
	  struct matcher *m, const char *text, struct near_miss *out)
{
	unsigned flags =
		(literal ? PATTERN_LITERAL : 0) | (exact ? PATTERN_EXACT : 0);
	struct subject *s;
	struct cuts c;

	(void)memset(out, 0, sizeof *out);
	if (n > TREE_PATTERN_BYTES)
		return;
	s = mem_new(1, sizeof *s);
	subject_init(s, text, exact);
	near_words(s, source, n, literal, out);
	cuts_find(source, n, literal, &c);
	while (!c.alternatives && c.n-- > 0)
		if (reaches(s, source, c.at[c.n], flags, m, out))
			break;
	mem_free(s);
}

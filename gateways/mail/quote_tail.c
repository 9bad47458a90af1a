#include "gateways/mail/quote_tail.h"

#include <string.h>

#include "gateways/mail/quote_line.h"

#define SIGNATURE_LINES 20 /* below "-- " */
#define MOBILE_LINES 3     /* below "Sent from my phone" */
#define LEGAL_PARAGRAPHS 8
#define LEGAL_LINES 60 /* of one */
#define LEGAL_TEXT 4096
#define LEGAL_MIN 120 /* octets of one that is not headed */
#define LEGAL_WORDS 4 /* of one */
#define LEGAL_WORDS_HEADED 2
#define LEGAL_WORDS_FENCED 3
#define FENCE_MIN 10 /* octets of a rule above one */
#define LEGAL_ALONE_MAX 700
#define LEGAL_TITLE_MAX 80

/* Cut at a line near the end. */
static bool
cut_at(struct quote_text *t, size_t from, size_t lines,
       bool (*is)(const struct quote_line *l))
{
	size_t filled = 0;
	size_t i;

	for (i = t->count; i > from; i--) {
		const struct quote_line *l = &t->lines[i - 1];

		if (is(l)) {
			t->count = i - 1;
			return true;
		}
		if (!l->empty && ++filled > lines)
			return false;
	}
	return false;
}

bool
quote_cut_signature(struct quote_text *t, size_t from)
{
	size_t was = t->count;

	while (cut_at(t, from, MOBILE_LINES, quote_is_mobile))
		;
	(void)cut_at(t, from, SIGNATURE_LINES, quote_is_dashes);
	while (cut_at(t, from, MOBILE_LINES, quote_is_mobile))
		;
	return t->count < was;
}

/* The line's words without marks around them. */
static struct quote_line
words_of(const struct quote_line *l)
{
	return quote_trim(*l, "> \t*_-=#|([", " \t*_-=#|)]:.");
}

static bool
is_headed(const struct quote_line *l)
{
	struct quote_line b = words_of(l);

	return quote_starts(QUOTE_LEGAL_TITLE, b.p, b.n) > 0;
}

/* Nothing but a heading: its text was below. */
static bool
is_heading(const struct quote_line *l)
{
	return l->n <= LEGAL_TITLE_MAX && is_headed(l);
}

/* Line i is headed as a notice, or the line above its paragraph is. */
static bool
has_heading(const struct quote_text *t, size_t i)
{
	if (is_headed(&t->lines[i]))
		return true;
	while (i > 0 && t->lines[i - 1].empty)
		i--;
	return i > 0 && is_heading(&t->lines[i - 1]);
}

/* Lines from to to as one, as far as there is room. Returns its octets. */
static size_t
join(const struct quote_text *t, size_t from, size_t to, char text[LEGAL_TEXT])
{
	size_t n = 0;

	for (; from < to; from++) {
		const struct quote_line *l = &t->lines[from];

		if (n + l->n + 1 > LEGAL_TEXT)
			break;
		memcpy(text + n, l->p, l->n);
		n += l->n;
		text[n++] = ' ';
	}
	return n;
}

/* Are lines from to to, a paragraph, a notice? */
static bool
is_legal(const struct quote_text *t, size_t from, size_t to)
{
	char text[LEGAL_TEXT];
	size_t n = join(t, from, to, text);
	size_t needs;

	if (n <= LEGAL_ALONE_MAX && quote_within(QUOTE_LEGAL_ALONE, text, n))
		return true;
	needs = has_heading(t, from) ? LEGAL_WORDS_HEADED : LEGAL_WORDS;
	return (needs == LEGAL_WORDS_HEADED || n >= LEGAL_MIN) &&
	       quote_count(QUOTE_LEGAL, text, n, needs) == needs;
}

/* The long rule near the end below which there is a notice, in however many
 * paragraphs; t->count: none. */
static size_t
fence_begin(const struct quote_text *t, size_t from)
{
	char text[LEGAL_TEXT];
	size_t i = t->count;
	size_t n;

	while (i > from && t->count - i < LEGAL_LINES &&
	       (t->lines[i - 1].n < FENCE_MIN ||
		!quote_is_rule(&t->lines[i - 1])))
		i--;
	if (i == from || t->count - i >= LEGAL_LINES)
		return t->count;
	n = join(t, i, t->count, text);
	if (n >= LEGAL_MIN &&
	    (quote_within(QUOTE_LEGAL_ALONE, text, n) ||
	     quote_count(QUOTE_LEGAL, text, n, LEGAL_WORDS_FENCED) ==
		     LEGAL_WORDS_FENCED))
		return i - 1;
	return t->count;
}

/* The line has a word of a notice near its begin. */
static bool
has_legal(const struct quote_line *l)
{
	size_t n = l->n < LEGAL_TEXT ? l->n : LEGAL_TEXT;

	return quote_within(QUOTE_LEGAL, l->p, n) ||
	       quote_within(QUOTE_LEGAL_ALONE, l->p, n);
}

/* The first line of the notice that the text ends with; t->count: none. What
 * stands right above one, without a word of it, is the author's. */
static size_t
legal_begin(const struct quote_text *t, size_t from)
{
	size_t i = t->count;

	while (i > from && t->count - i < LEGAL_LINES &&
	       !t->lines[i - 1].empty && !quote_is_rule(&t->lines[i - 1]))
		i--;
	while (i < t->count && !is_headed(&t->lines[i]) &&
	       !has_legal(&t->lines[i]))
		i++;
	if (i < t->count && !t->lines[i].quoted && is_legal(t, i, t->count))
		return i;
	return t->count;
}

bool
quote_cut_legal(struct quote_text *t, size_t from)
{
	bool cut = false;
	int k;

	for (k = 0; k < LEGAL_PARAGRAPHS; k++) {
		size_t begin;

		quote_cut_blank(t);
		begin = legal_begin(t, from);
		if (begin == t->count)
			begin = fence_begin(t, from);
		if (begin == t->count)
			break;
		cut = true;
		t->count = begin;
		quote_cut_blank(t);
		if (t->count > from && is_heading(&t->lines[t->count - 1]))
			t->count--;
	}
	return cut;
}

void
quote_cut_blank(struct quote_text *t)
{
	while (t->count > 0 && (t->lines[t->count - 1].empty ||
				quote_is_rule(&t->lines[t->count - 1])))
		t->count--;
}

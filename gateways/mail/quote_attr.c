#include "gateways/mail/quote_attr.h"

#include <ctype.h>
#include <string.h>

#define DATE_MAX 10 /* octets of 24/10/2016 */
#define DATED_MAX 80
#define WITHIN_MAX 4 /* places in a line where one is looked for */
#define WITHIN_DAY 12
#define ABOVE_LINES 4 /* of a paragraph in an unknown language */
#define ABOVE_EMPTY 3
#define ABOVE_NAME 40 /* octets before a field's colon */

/* What a line proves: nothing; that it is one if a quote follows; that it is
 * one. */
enum proof {
	NO,
	IF_QUOTED,
	YES
};

/* --- octets ------------------------------------------------------------------- */

static bool
has(const struct quote_line *l, char c)
{
	return l->n > 0 && memchr(l->p, c, l->n) != NULL;
}

static size_t
digits(const struct quote_line *l)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < l->n; i++)
		count += isdigit((unsigned char)l->p[i]) != 0;
	return count;
}

static bool
starts(const struct quote_line *l, const char *s)
{
	size_t n = strlen(s);

	return l->n >= n && memcmp(l->p, s, n) == 0;
}

/* 2016-10-24, 24/10/2016, 24.10.16 */
static bool
starts_with_date(const struct quote_line *l)
{
	size_t numbers = 0;
	size_t marks = 0;
	size_t i;

	for (i = 0; i < l->n && i < DATE_MAX; i++) {
		if (isdigit((unsigned char)l->p[i]))
			numbers++;
		else if (i > 0 && strchr("-/.", l->p[i]) != NULL)
			marks++;
		else
			break;
	}
	return numbers >= 4 && marks == 2;
}

static bool
digit_at(const struct quote_line *l, size_t i)
{
	return i < l->n && isdigit((unsigned char)l->p[i]);
}

/* Four digits that are a year of mails. */
static bool
has_year(const struct quote_line *l)
{
	size_t i;

	for (i = 0; i + 4 <= l->n; i++)
		if ((memcmp(l->p + i, "19", 2) == 0 ||
		     memcmp(l->p + i, "20", 2) == 0) &&
		    digit_at(l, i + 2) && digit_at(l, i + 3) &&
		    !digit_at(l, i + 4))
			return true;
	return false;
}

/* 9:05, 9h05; 13.16 beside a year, else it may be a price */
static bool
has_hour(const struct quote_line *l)
{
	const char *marks = has_year(l) ? ":h." : ":h";
	size_t i;

	for (i = 1; i + 2 < l->n; i++)
		if (strchr(marks, l->p[i]) != NULL && digit_at(l, i - 1) &&
		    digit_at(l, i + 1) && digit_at(l, i + 2) &&
		    !digit_at(l, i + 3))
			return true;
	return false;
}

/* --- one of them ---------------------------------------------------------------- */

/* "---- N wrote ----" */
static bool
is_dashed(const struct quote_line *l)
{
	struct quote_line in = quote_trim(*l, "- ", "- :");

	return l->n > 8 && in.n > 0 && memcmp(l->p, "--", 2) == 0 &&
	       l->p[l->n - 1] == '-' && quote_ends(QUOTE_VERBS, in.p, in.n);
}

/* Takes the colon off. false: it has none. */
static bool
take_colon(struct quote_line *l)
{
	if (l->n > 3 && memcmp(l->p + l->n - 3, "：", 3) == 0)
		l->n -= 3;
	else if (l->n > 0 && l->p[l->n - 1] == ':')
		l->n--;
	else
		return false;
	*l = quote_trim(*l, "", " \t*_\xa0");
	if (l->n > 1 && (unsigned char)l->p[l->n - 1] == 0xc2)
		l->n--; /* of a blank that does not break */
	return true;
}

/* What a verb proves in words before a colon, that begin as one does or not. */
static enum proof
judge_verb(const struct quote_line *l, bool start)
{
	bool hour = has_hour(l);
	bool ends = quote_ends(QUOTE_VERBS, l->p, l->n);

	if (!ends && !quote_within(QUOTE_VERBS, l->p, l->n))
		return NO;
	if (has(l, '@'))
		return YES;
	if (start && hour && (ends || digits(l) >= 4))
		return quote_within(QUOTE_TO_ME, l->p, l->n) ? IF_QUOTED : YES;
	if (ends)
		return (start && digits(l) > 0) || has_year(l) || hour
			       ? IF_QUOTED
			       : NO;
	return start && digits(l) >= 4 ? IF_QUOTED : NO;
}

/* "On 5 Jan 2026 at 9:00, N<a@b> wrote:   Hello": what is quoted goes on in
 * the line. */
static bool
is_written_on(const struct quote_line *l)
{
	size_t i;

	for (i = 1; i + 1 < l->n; i++) {
		struct quote_line before = { .p = l->p, .n = i };

		if (l->p[i] != ':' || l->p[i + 1] != ' ' ||
		    !quote_ends(QUOTE_VERBS, before.p, before.n))
			continue;
		return has(&before, '@') && has(&before, '<') &&
		       has_hour(&before);
	}
	return false;
}

/*
 * The words from a line's begin to its colon.
 * start  they begin as one does
 */
static enum proof
judge(const struct quote_line *whole, bool start)
{
	struct quote_line l = quote_trim(*whole, " \t*_", " \t*_");
	bool date = starts_with_date(&l);

	if (is_dashed(&l))
		return YES;
	/* a form of one mail program that ends with the name */
	if (date && l.n < DATED_MAX && digits(&l) >= 12 &&
	    memmem(l.p, l.n, " GMT", 4) != NULL)
		return YES;
	/* "2010/10/7 N <a@b>" */
	if (date && l.p[l.n - 1] == '>' && has(&l, '@') && has(&l, '<'))
		return IF_QUOTED;
	if (start && is_written_on(&l))
		return YES;
	if (!take_colon(&l))
		return NO;
	/* some end with the address */
	if (has(&l, '@') && has(&l, '<') &&
	    (date || (start && l.n > 0 && l.p[l.n - 1] == '>' &&
		      isdigit((unsigned char)*l.p))))
		return YES;
	return judge_verb(&l, start);
}

/* --- where it is ---------------------------------------------------------------- */

/* What is known of the words so far. */
struct words {
	char text[QUOTE_ATTR_MAX + 1];
	size_t n;
	bool start; /* begins as one does */
};

/* Adds a line. false: it is too much. */
static bool
words_add(struct words *w, const struct quote_line *l)
{
	if (w->n + l->n + 1 > QUOTE_ATTR_MAX)
		return false;
	if (w->n > 0)
		w->text[w->n++] = ' ';
	memcpy(w->text + w->n, l->p, l->n);
	w->n += l->n;
	return true;
}

/* An empty line within: what follows is an address in angles. */
static bool
goes_on(const struct quote_text *t, size_t i)
{
	return i + 1 < t->count && (starts(&t->lines[i + 1], "<") ||
				    starts(&t->lines[i + 1], "mailto:"));
}

static bool
begins_as_one(const struct quote_line *l)
{
	struct quote_line word = quote_trim(*l, "*_", "");

	return quote_starts(QUOTE_STARTS, word.p, word.n) > 0 ||
	       starts_with_date(l) ||
	       (l->n > 0 && isdigit((unsigned char)*l->p) && digits(l) >= 6);
}

/* A day follows: "On Mon", "El 4". */
static bool
day_follows(const struct quote_line *l)
{
	size_t letters = 0;
	size_t i;

	for (i = 0; i < l->n && i < WITHIN_DAY; i++) {
		unsigned char c = (unsigned char)l->p[i];

		if (isdigit(c))
			return true;
		if (strchr(",. ", (int)c) != NULL)
			return letters >= 3 && digits(l) >= 4;
		letters++;
	}
	return false;
}

/* One of its own begins with the line: "El 4", "On Mon". */
static bool
begins_another(const struct quote_line *l)
{
	size_t k = quote_starts(QUOTE_STARTS_DAY, l->p, l->n);
	struct quote_line after = { .p = l->p + k, .n = l->n - k };

	return k > 0 && day_follows(&after);
}

/* Below line i is a quote, or nothing at all. */
static bool
is_borne_out(const struct quote_text *t, size_t i)
{
	i = quote_skip_empty(t, i);
	return i == t->count || t->lines[i].quoted;
}

/* begin: what there is of its first line. */
static size_t
attr_from(const struct quote_text *t, size_t i, struct quote_line begin)
{
	struct words w = { .n = 0 };
	size_t k;

	begin = quote_trim(begin, " \t", "");
	if (begin.n > QUOTE_ATTR_MAX) {
		begin.n = QUOTE_ATTR_MAX;
		return begins_as_one(&begin) && is_written_on(&begin);
	}
	w.start = begins_as_one(&begin);
	for (k = 0; k < QUOTE_ATTR_LINES && i + k < t->count; k++) {
		const struct quote_line *l = k == 0 ? &begin : &t->lines[i + k];
		struct quote_line so_far;
		enum proof proof;

		if (l->empty && k > 0 && goes_on(t, i + k))
			continue;
		/* "> wrote:" is the end of an address, not a quote */
		if (l->empty || (l->quoted && !starts(l, "> wrote")) ||
		    (k > 0 && begins_another(l)) || !words_add(&w, l))
			return 0;
		so_far = (struct quote_line){ .p = w.text, .n = w.n };
		proof = judge(&so_far, w.start);
		if (proof == YES ||
		    (proof == IF_QUOTED && is_borne_out(t, i + k + 1)))
			return k + 1;
		if (!w.start && (k > 0 || !has(&so_far, '@')))
			return 0;
	}
	return 0;
}

/* One that begins after words of the author's own. */
static size_t
attr_within(const struct quote_text *t, size_t i, size_t *from_out)
{
	const struct quote_line *l = &t->lines[i];
	size_t tries = 0;
	size_t at;

	if (l->quoted || l->n > QUOTE_ATTR_MAX)
		return 0;
	for (at = 1; at < l->n && tries < WITHIN_MAX; at++) {
		struct quote_line rest = { .p = l->p + at, .n = l->n - at };
		size_t lines;

		if (isalnum((unsigned char)l->p[at - 1]) ||
		    !isupper((unsigned char)l->p[at]) || !begins_another(&rest))
			continue;
		tries++;
		lines = attr_from(t, i, rest);
		*from_out = at;
		if (lines > 0)
			return lines;
	}
	return 0;
}

size_t
quote_attr(const struct quote_text *t, size_t i, size_t *from_out)
{
	size_t lines;

	*from_out = 0;
	if (t->lines[i].quoted || t->lines[i].empty)
		return 0;
	lines = attr_within(t, i, from_out);
	if (lines > 0)
		return lines;
	*from_out = 0;
	return attr_from(t, i, t->lines[i]);
}

/* --- in any language -------------------------------------------------------------- */

/* "Name: value" with a short name. */
static bool
is_like_field(const struct quote_line *l)
{
	const char *colon = l->n > 0 ? memchr(l->p, ':', l->n) : NULL;

	return colon != NULL && colon > l->p && colon - l->p <= ABOVE_NAME &&
	       colon + 1 < l->p + l->n;
}

/* One in a language that is known ends right before line end. */
static size_t
known_above(const struct quote_text *t, size_t from, size_t end)
{
	size_t k;

	k = end - from < QUOTE_ATTR_LINES ? end - from : QUOTE_ATTR_LINES;
	for (; k > 0; k--) {
		size_t before = 0;
		size_t lines = quote_attr(t, end - k, &before);

		if (lines == 0 || before > 0)
			lines = quote_block(t, end - k);
		if (lines > 0 && quote_skip_empty(t, end - k + lines) >= end)
			return end - k;
	}
	return end;
}

size_t
quote_attr_above(const struct quote_text *t, size_t from, size_t i)
{
	size_t end = i;
	size_t near; /* the fewest lines that have a date or an address */
	size_t begin;
	size_t fields = 0;
	struct quote_line last;

	while (end > from && i - end < ABOVE_EMPTY &&
	       (t->lines[end - 1].empty || quote_is_rule(&t->lines[end - 1])))
		end--;
	begin = known_above(t, from, end);
	if (begin < end || end == from)
		return begin < end ? begin : i;
	near = end;
	while (begin > from && end - begin < ABOVE_LINES &&
	       !t->lines[begin - 1].empty) {
		const struct quote_line *l = &t->lines[--begin];

		fields += is_like_field(l);
		if (near == end && (has(l, '@') || digits(l) >= 4))
			near = begin;
	}
	last = t->lines[end - 1];
	if (near == end ||
	    !(take_colon(&last) || (end - begin >= 2 && fields == end - begin)))
		return i;
	/* not the whole mail */
	return begin > from ? begin : near;
}

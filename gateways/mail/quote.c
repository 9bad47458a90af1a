#include "gateways/mail/quote.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "gateways/mail/quote_attr.h"
#include "gateways/mail/quote_line.h"
#include "gateways/mail/quote_tail.h"

#define ROUNDS_MAX 8  /* what is below a cut may hide another one */
#define WRAP_MAX 200  /* octets of a quoted line that lost its mark */
#define WRAP_AFTER 60 /* octets of the quoted line before it, at least */

/* --- where things are -------------------------------------------------------- */

/* Is there more than a word of the author's own in lines from to to? "FYI"
 * says nothing: what it sends on is the message. */
static bool
has_own(const struct quote_text *t, size_t from, size_t to)
{
	size_t words = 0;

	for (; from < to && words <= 1; from++) {
		const struct quote_line *l = &t->lines[from];

		if (l->empty || l->quoted || quote_is_rule(l))
			continue;
		words += 1 + (memchr(l->p, ' ', l->n) != NULL);
	}
	return words > 1;
}

/*
 * Did line i lose its mark when a mail program wrapped the quoted line before
 * it? A quoted one comes right after, too. A short line, or one that ends a
 * sentence, was answered instead, unless what comes begins no sentence.
 */
static bool
is_wrapped(const struct quote_text *t, size_t i)
{
	const struct quote_line *before;

	if (i == 0 || i + 1 >= t->count || t->lines[i].empty ||
	    t->lines[i].n >= WRAP_MAX)
		return false;
	before = &t->lines[i - 1];
	if (!before->quoted || !t->lines[i + 1].quoted)
		return false;
	return strchr(" \t(_<&=/%", *t->lines[i].p) != NULL ||
	       (before->n >= WRAP_AFTER &&
		strchr(".?!:;", before->p[before->n - 1]) == NULL);
}

/* The first line after the quoted ones from line i on; empty ones are
 * within. */
static size_t
quote_end(const struct quote_text *t, size_t i)
{
	size_t end = i;

	for (; i < t->count; i++) {
		const struct quote_line *l = &t->lines[i];

		if (l->quoted || is_wrapped(t, i))
			end = i + 1;
		else if (!l->empty)
			break;
	}
	return end;
}

static bool
quoted_after(const struct quote_text *t, size_t i)
{
	for (; i < t->count; i++)
		if (t->lines[i].quoted)
			return true;
	return false;
}

/* --- cuts ---------------------------------------------------------------------- */

/* Take lines out of the middle. */
static void
take_out(struct quote_text *t, size_t from, size_t to)
{
	memmove(t->lines + from, t->lines + to,
		(t->count - to) * sizeof *t->lines);
	t->count -= to - from;
}

/*
 * Our own marker: what is below it was ours, whatever the language of the
 * lines above it. In a quote that the author answered line by line or below,
 * it says nothing.
 */
static void
cut_marker(struct quote_text *t, size_t from)
{
	size_t i = from;
	size_t end = t->count;
	size_t begin;

	while (i < t->count && !quote_is_marker(&t->lines[i]))
		i++;
	if (i == t->count)
		return;
	if (t->lines[i].quoted) {
		end = quote_end(t, i);
		if (quoted_after(t, end))
			return;
		while (i > from && t->lines[i - 1].quoted)
			i--;
	}
	begin = quote_attr_above(t, from, i);
	if (quote_skip_empty(t, from) < begin)
		take_out(t, begin, end);
}

/*
 * What was quoted at line i goes, of which the first ones name its author:
 * all of it, if nothing of the author's own comes after; else its lines, if
 * there are no others, which were answered one by one.
 */
static bool
cut_quote(struct quote_text *t, size_t i, size_t lines)
{
	size_t begin = quote_skip_empty(t, i + lines);
	size_t end = quote_end(t, begin);
	bool quoted = begin < t->count && t->lines[begin].quoted;

	if (!quoted || quote_skip_empty(t, end) == t->count) {
		/* unquoted: all below it is the other mail */
		t->count = i;
		return true;
	}
	if (quoted_after(t, end))
		return false;
	take_out(t, i, end);
	return true;
}

/* One begins in the middle of a line, after octet from: the words before it
 * stay. */
static bool
cut_within(struct quote_text *t, size_t i, size_t lines, size_t from)
{
	struct quote_line *l = &t->lines[i];

	l->n = from;
	*l = quote_trim(*l, "", " \t-");
	l->empty = l->n == 0;
	if (lines == 1 && quote_end(t, quote_skip_empty(t, i + 1)) > i + 1)
		return cut_quote(t, i + 1, 0);
	t->count = i + 1;
	return true;
}

/* Cut where the history begins. */
static bool
cut_history(struct quote_text *t, size_t from)
{
	size_t i;

	for (i = from; i < t->count; i++) {
		size_t before;
		size_t lines = quote_attr(t, i, &before);

		if (lines > 0 && before > 0)
			return cut_within(t, i, lines, before);
		if (lines > 0 && cut_quote(t, i, lines))
			return true;
		if (!t->lines[i].quoted && quote_is_forward(t, i) &&
		    !has_own(t, from, i))
			return false; /* what is sent on is the message */
		if (quote_is_original(&t->lines[i]) || quote_block(t, i) > 0 ||
		    (!t->lines[i].quoted && quote_is_forward(t, i))) {
			t->count = i;
			return true;
		}
	}
	return false;
}

/* Quoted lines at the end go. */
static bool
cut_trailing_quote(struct quote_text *t, size_t from)
{
	size_t end = t->count;

	while (end > from &&
	       (t->lines[end - 1].quoted || t->lines[end - 1].empty ||
		is_wrapped(t, end - 1)))
		end--;
	if (end == from || end == t->count || !quoted_after(t, end))
		return false;
	t->count = end;
	return true;
}

/* The first field of a history whose rest its mail program marked. */
static void
cut_dangling(struct quote_text *t, size_t from)
{
	struct quote_line v;

	if (t->count > from + 1 &&
	    quote_is_field(&t->lines[t->count - 1], QUOTE_FIELD_FROM, &v) &&
	    v.n > 0 && memchr(v.p, '<', v.n) != NULL &&
	    memchr(v.p, '@', v.n) != NULL)
		t->count--;
	quote_cut_blank(t);
}

/* --- what is at the top ---------------------------------------------------------- */

/* "On ..., N wrote:" and its quote, and the answer below. */
static size_t
skip_leading_quote(const struct quote_text *t, size_t i)
{
	size_t before;
	size_t lines = quote_attr(t, i, &before);
	size_t end;

	if (lines == 0 || before > 0)
		return i;
	end = quote_skip_empty(t, i + lines);
	if (end < t->count && t->lines[end].quoted) {
		end = quote_end(t, end);
		if (quoted_after(t, end))
			return i; /* answers between the quotes */
	}
	end = quote_skip_empty(t, end);
	return end < t->count ? end : i;
}

/* A mail that was sent on, without a word: its own head goes. */
static size_t
skip_forward(const struct quote_text *t, size_t i)
{
	size_t begin = quote_skip_empty(t, i + 1);
	size_t lines = begin < t->count ? quote_block(t, begin) : 0;
	size_t end = quote_skip_empty(t, begin + lines);

	return lines > 0 && end < t->count ? end : i;
}

static void
cut(struct quote_text *t, size_t *from)
{
	bool cuts = true;
	int round;

	*from = quote_skip_empty(t, 0);
	if (*from == t->count)
		return;
	if (!t->lines[*from].quoted && quote_is_forward(t, *from)) {
		*from = skip_forward(t, *from);
		return;
	}
	cut_marker(t, *from);
	*from = skip_leading_quote(t, *from);
	for (round = 0; cuts && round < ROUNDS_MAX; round++) {
		size_t before = t->count;

		cuts = quote_cut_legal(t, *from);
		cuts = quote_cut_signature(t, *from) || cuts;
		quote_cut_blank(t);
		cuts = cut_history(t, *from) || cuts;
		quote_cut_blank(t);
		cuts = cut_trailing_quote(t, *from) || cuts;
		quote_cut_blank(t);
		cuts = cuts && t->count < before;
	}
	cut_dangling(t, *from);
}

/* Octets of the lines from from on, without the blanks at their ends. */
static size_t
octets(const struct quote_text *t, size_t from)
{
	size_t sum = 0;

	for (; from < t->count; from++)
		sum += t->lines[from].n;
	return sum;
}

bool
quote_cut(struct buf *out, const char *p, size_t n)
{
	struct quote_text t;
	bool whole = !quote_split(&t, p, n); /* too many lines */
	size_t was = octets(&t, 0);
	size_t from = 0;
	size_t left;
	size_t i;

	cut(&t, &from);
	left = octets(&t, from);
	/* nothing was cut, or all of it: as it came */
	if (left == was || left == 0)
		(void)buf_add(out, p, n);
	else
		for (i = from; i < t.count && !out->full; i++) {
			(void)buf_add(out, t.lines[i].p, t.lines[i].n);
			if (i + 1 < t.count)
				(void)buf_putc(out, '\n');
		}
	quote_release(&t);
	return whole || left > 0;
}

bool
quote_own(struct buf *out, const char *p, size_t n)
{
	struct quote_text t;
	struct buf b;
	bool own = false;

	buf_init(&b, n + 1);
	if (quote_cut(&b, p, n)) {
		own = quote_split(&t, buf_str(&b), b.len) &&
		      has_own(&t, 0, t.count);
		quote_release(&t);
	}
	while (b.len > 0 && strchr(" \t\r\n", b.data[b.len - 1]) != NULL)
		b.len--;
	if (own)
		(void)buf_add(out, b.data, b.len);
	buf_release(&b);
	return own;
}

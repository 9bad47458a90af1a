/*
 * match_cond: what a condition says of the facts. An absent fact matches
 * nothing.
 */

#include <string.h>
#include <strings.h>

#include "rules/match.h"
#include "rules/timer.h"

static enum match
said(bool yes)
{
	return yes ? MATCH_YES : MATCH_NO;
}

/* Is a word one of a condition's? Addresses are the same in either case. */
static bool
one_of(const struct cond *c, enum rule_field field, const char *word)
{
	size_t i;

	for (i = 0; i < c->values.n; i++) {
		const char *v = ((const struct word *)c->values.at[i])->text;

		if (field == RULE_FIELD_ASSIGNEE ? strcasecmp(v, word) == 0
						 : strcmp(v, word) == 0)
			return true;
	}
	return false;
}

static enum match
word_holds(const struct cond *c, const struct rule_facts *f,
	   enum rule_field field, struct rule_hit *hit)
{
	const char *word = f->text[field];
	size_t i;

	if (field == RULE_FIELD_TAG) {
		for (i = 0; i < f->tag_count && i < RULE_TAGS_MAX; i++)
			if (one_of(c, field, f->tags[i])) {
				hit->name = f->tags[i];
				hit->to = strlen(f->tags[i]);
				return MATCH_YES;
			}
		return MATCH_NO;
	}
	if (word == NULL || !one_of(c, field, word))
		return MATCH_NO;
	hit->to = strlen(word);
	return MATCH_YES;
}

static bool
compared(enum compare how, int64_t have, int64_t want)
{
	switch (how) {
	case COMPARE_LESS:
		return have < want;
	case COMPARE_AT_MOST:
		return have <= want;
	case COMPARE_EQUAL:
		return have == want;
	case COMPARE_AT_LEAST:
		return have >= want;
	case COMPARE_MORE:
		return have > want;
	}
	return false;
}

static enum match
number_holds(const struct cond *c, const struct rule_facts *f,
	     const struct field_row *row)
{
	if (!f->has[row->field])
		return MATCH_NO;
	if (row->kind == FIELD_MONEY &&
	    (f->currency == NULL || strcmp(f->currency, c->currency.text) != 0))
		return MATCH_NO;
	return said(compared(c->compare, f->number[row->field], c->number));
}

static bool
in_spans(const struct cond *c, int32_t second)
{
	size_t i;

	for (i = 0; i < c->spans.n; i++) {
		const struct span *x = c->spans.at[i];

		if (x->from_s < x->to_s
			    ? second >= x->from_s && second < x->to_s
			    : second >= x->from_s || second < x->to_s)
			return true;
	}
	return false;
}

static enum match
time_holds(const struct cond *c, int64_t now_s)
{
	struct timer_label l;

	if (now_s == 0 || c->opening == NULL)
		return MATCH_NO;
	if (c->kind == COND_OPEN)
		return said(timer_open(c->opening, now_s));
	l = timer_label(c->opening, now_s);
	return said(c->kind == COND_TIME ? in_spans(c, l.second)
					 : (c->days & 1U << l.weekday) != 0);
}

static enum match
leaf_holds(const struct cond *c, struct scratch *s, struct rule_hit *hit)
{
	const struct rule_facts *f = s->facts;
	const struct field_row *row;

	/* those that ask no field ask the time */
	if (c->fields.n == 0)
		return time_holds(c, f->now_s);
	row = ((const struct asked *)c->fields.at[0])->row;
	hit->field = row->field;
	if (c->kind == COND_TEXT || c->kind == COND_LIST)
		return text_holds(c, s, hit);
	if (c->kind == COND_WORD)
		return word_holds(c, f, row->field, hit);
	if (c->kind == COND_COMPARE)
		return number_holds(c, f, row);
	return said(f->has[row->field] && f->number[row->field] != 0);
}

static void
trace_leaf(struct rule_trace *t, const struct cond *c, enum match m,
	   const struct rule_hit *hit)
{
	struct rule_trace_row *row;

	if ((size_t)c->ordinal >= t->n)
		return;
	row = &t->rows[c->ordinal];
	row->verdict = m == MATCH_YES         ? RULE_YES
		       : m == MATCH_UNDECIDED ? RULE_UNDECIDED
					      : RULE_NO;
	if (m != MATCH_YES)
		return;
	row->hit = true;
	row->field = hit->field;
	row->name = hit->name;
	row->from = hit->from;
	row->to = hit->to;
	row->cut = hit->cut;
}

static enum match
ask(const struct rule_node *r, const struct cond *c, struct scratch *s,
    struct rule_result *out)
{
	struct rule_hit hit = { .rule = r->name.text,
				.line = r->name.at.line,
				.condition = c->ordinal,
				.field = RULE_FIELD_COUNT };
	enum match m = leaf_holds(c, s, &hit);

	if (m == MATCH_YES && out->hit_count < RULE_HITS_MAX)
		out->hits[out->hit_count++] = hit;
	if (s->trace != NULL)
		trace_leaf(s->trace, c, m, &hit);
	return m;
}

enum match
cond_holds(const struct rule_node *r, const struct cond *c, struct scratch *s,
	   struct rule_result *out)
{
	size_t hits = out->hit_count;
	size_t captures = s->capture_count;
	enum match settles;
	enum match a;
	enum match b;

	if (c->kind == COND_NOT) {
		a = cond_holds(r, c->a, s, out);
		out->hit_count = hits;
		s->capture_count = captures;
		if (a == MATCH_UNDECIDED)
			return a;
		return a == MATCH_YES ? MATCH_NO : MATCH_YES;
	}
	if (c->kind != COND_AND && c->kind != COND_OR)
		return ask(r, c, s, out);
	settles = c->kind == COND_AND ? MATCH_NO : MATCH_YES;
	a = cond_holds(r, c->a, s, out);
	if (a == settles)
		return a;
	b = cond_holds(r, c->b, s, out);
	if (b == settles)
		return b;
	return a == MATCH_UNDECIDED ? a : b;
}

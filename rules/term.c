#include "rules/term.h"

#include <stdio.h>
#include <string.h>

#define DAY_SECONDS 86400

static bool
same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

/* --- words -------------------------------------------------------------- */

static bool
has_word(const struct term *t, const char *word)
{
	size_t i;

	for (i = 0; i < t->word_count; i++)
		if (strcmp(t->words[i]->text, word) == 0)
			return true;
	return false;
}

static bool
words_within(const struct term *a, const struct term *b)
{
	size_t i;

	for (i = 0; i < a->word_count; i++)
		if (!has_word(b, a->words[i]->text))
			return false;
	return true;
}

static bool
words_apart(const struct term *a, const struct term *b)
{
	size_t i;

	for (i = 0; i < a->word_count; i++)
		if (has_word(b, a->words[i]->text))
			return false;
	return true;
}

/* --- spans -------------------------------------------------------------- */

static bool
spans_within(const struct term *a, const struct term *b)
{
	size_t i;
	size_t k;

	for (i = 0; i < a->span_count; i++) {
		const struct term_span *s = &a->spans[i];

		for (k = 0; k < b->span_count; k++)
			if (b->spans[k].low <= s->low &&
			    s->high <= b->spans[k].high)
				break;
		if (k == b->span_count)
			return false;
	}
	return true;
}

static bool
spans_apart(const struct term *a, const struct term *b)
{
	size_t i;
	size_t k;

	for (i = 0; i < a->span_count; i++)
		for (k = 0; k < b->span_count; k++)
			if (a->spans[i].low <= b->spans[k].high &&
			    b->spans[k].low <= a->spans[i].high)
				return false;
	return true;
}

/* --- two sets ----------------------------------------------------------- */

/* Texts that have the longer one have the shorter one too. */
static bool
text_within(const struct term *a, const struct term *b)
{
	bool header = (a->fields >> RULE_FIELD_HEADER & 1) != 0;

	if ((a->fields & ~b->fields) != 0 || a->list != b->list ||
	    a->literal != b->literal ||
	    (header && !same_text(a->name, b->name)))
		return false;
	if (strcmp(a->text, b->text) == 0)
		return a->exact == b->exact || (a->exact && a->literal);
	return a->literal && !a->list && a->exact == b->exact &&
	       strstr(a->text, b->text) != NULL;
}

/* Is each fact of a's set in b's? */
static bool
within(const struct term *a, const struct term *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case TERM_WORD:
		return a->field == b->field && words_within(a, b);
	case TERM_RANGE:
		return a->field == b->field && same_text(a->unit, b->unit) &&
		       spans_within(a, b);
	case TERM_FLAG:
		return a->field == b->field;
	case TERM_TEXT:
		return text_within(a, b);
	case TERM_HOURS:
		return same_text(a->unit, b->unit) && spans_within(a, b);
	case TERM_DAY:
		return same_text(a->unit, b->unit) && (a->days & ~b->days) == 0;
	case TERM_OPEN:
		return same_text(a->unit, b->unit);
	case TERM_NONE:
		break;
	}
	return false;
}

/* Is no fact in both sets? */
static bool
apart(const struct term *a, const struct term *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case TERM_WORD:
		/* an incident has several tags, and one of everything else */
		return a->field == b->field && a->field != RULE_FIELD_TAG &&
		       words_apart(a, b);
	case TERM_RANGE:
		return a->field == b->field &&
		       (!same_text(a->unit, b->unit) || spans_apart(a, b));
	case TERM_HOURS:
		return same_text(a->unit, b->unit) && spans_apart(a, b);
	case TERM_DAY:
		return same_text(a->unit, b->unit) && (a->days & b->days) == 0;
	case TERM_NONE:
	case TERM_FLAG:
	case TERM_TEXT:
	case TERM_OPEN:
		break;
	}
	return false;
}

bool
term_implies(const struct term *a, const struct term *b)
{
	if (!a->no && !b->no)
		return within(a, b);
	if (a->no && b->no)
		return within(b, a);
	return b->no && apart(a, b);
}

bool
term_excludes(const struct term *a, const struct term *b)
{
	if (!a->no && !b->no)
		return apart(a, b);
	if (a->no && b->no)
		return false;
	return a->no ? within(b, a) : within(a, b);
}

/* --- terms of conditions ------------------------------------------------ */

static void
range(struct term *t, const struct cond *c)
{
	struct term_span *s = &t->spans[0];

	s->low = INT64_MIN;
	s->high = INT64_MAX;
	t->span_count = 1;
	switch (c->compare) {
	case COMPARE_LESS:
		s->high = c->number - 1;
		break;
	case COMPARE_AT_MOST:
		s->high = c->number;
		break;
	case COMPARE_EQUAL:
		s->low = c->number;
		s->high = c->number;
		break;
	case COMPARE_AT_LEAST:
		s->low = c->number;
		break;
	case COMPARE_MORE:
		s->low = c->number + 1;
		break;
	}
}

/* Seconds of the day; one that runs past midnight is two. */
static void
hours(struct term *t, const struct cond *c)
{
	size_t i;

	for (i = 0; i < c->spans.n; i++) {
		const struct span *s = c->spans.at[i];

		if (t->span_count + 2 > TERM_SPANS_MAX) {
			t->kind = TERM_NONE;
			return;
		}
		if (s->to_s > s->from_s) {
			t->spans[t->span_count].low = s->from_s;
			t->spans[t->span_count++].high = s->to_s - 1;
			continue;
		}
		t->spans[t->span_count].low = s->from_s;
		t->spans[t->span_count++].high = DAY_SECONDS - 1;
		if (s->to_s == 0)
			continue;
		t->spans[t->span_count].low = 0;
		t->spans[t->span_count++].high = s->to_s - 1;
	}
}

static void
texts(struct term *t, const struct cond *c)
{
	size_t i;

	t->kind = TERM_TEXT;
	t->text = c->text.text;
	t->literal = c->literal;
	t->exact = c->exact;
	t->list = c->kind == COND_LIST;
	for (i = 0; i < c->fields.n; i++) {
		const struct asked *a = c->fields.at[i];

		if (a == NULL || a->row == NULL) {
			t->kind = TERM_NONE;
			continue;
		}
		t->fields |= UINT64_C(1) << a->row->field;
		if (a->header.text == NULL)
			continue;
		if (t->name != NULL)
			t->kind = TERM_NONE;
		t->name = a->header.text;
	}
	if (t->text == NULL)
		t->kind = TERM_NONE;
}

struct term
term_of(const struct cond *c, bool no, const char *text)
{
	struct term t = { .no = no, .at = c->at, .source = text + c->from };
	const struct asked *a = c->fields.n != 0 ? c->fields.at[0] : NULL;

	t.source_n = (int)(c->to - c->from);
	t.unit = c->calendar.text != NULL ? c->calendar.text : "";
	if (a != NULL && a->row != NULL)
		t.field = a->row->field;
	else if (a != NULL)
		return t;
	switch (c->kind) {
	case COND_TEXT:
	case COND_LIST:
		texts(&t, c);
		break;
	case COND_WORD:
		t.kind = TERM_WORD;
		t.words = (const struct word *const *)c->values.at;
		t.word_count = c->values.n;
		break;
	case COND_COMPARE:
		t.kind = TERM_RANGE;
		t.unit = c->currency.text;
		range(&t, c);
		break;
	case COND_FLAG:
		t.kind = TERM_FLAG;
		break;
	case COND_TIME:
		t.kind = TERM_HOURS;
		hours(&t, c);
		break;
	case COND_DAY:
		t.kind = TERM_DAY;
		t.days = c->days;
		break;
	case COND_OPEN:
		t.kind = TERM_OPEN;
		break;
	case COND_AND:
	case COND_OR:
	case COND_NOT:
	case COND_BROKEN:
		break;
	}
	return t;
}

struct term
term_is(enum rule_field f, const struct word *const *word)
{
	struct term t = { .kind = TERM_WORD, .field = f };

	t.words = word;
	t.word_count = 1;
	t.at = word[0]->at;
	return t;
}

struct term
term_via(const struct rule_node *r, struct term_via *room)
{
	struct term t = { .kind = TERM_WORD, .field = RULE_FIELD_CHANNEL };
	size_t i;
	int n = 0;

	for (i = 0; i < TREE_CHANNELS; i++) {
		if ((r->via & 1U << i) == 0)
			continue;
		room->words[t.word_count].text = channel_name(i);
		room->list[t.word_count] = &room->words[t.word_count];
		n += snprintf(room->text + n, sizeof room->text - (size_t)n,
			      "%s%s", n != 0 ? ", " : "via ", channel_name(i));
		t.word_count++;
	}
	t.words = room->list;
	t.at = r->event.at;
	t.source = room->text;
	t.source_n = n;
	return t;
}

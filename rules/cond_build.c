/*
 * cond_build: the grammar's calls for conditions. Which comparison fits which
 * kind of field is said here.
 */

#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "rules/book_build.h"
#include "rules/complain.h"

#define HINT_BYTES 400
#define WORDS_SHOWN 12                    /* more are not listed in a hint */
#define NUMBER_MAX INT64_C(1000000000000) /* counts, and minor units */

static struct cond *
leaf(struct build *p, enum cond_kind kind, const struct text_span *at)
{
	struct cond *c = build_cond(p, kind, NULL, NULL, at);

	c->ordinal = p->rule->leaf_count++;
	return c;
}

struct cond *
build_cond(struct build *p, enum cond_kind kind, struct cond *a, struct cond *b,
	   const struct text_span *at)
{
	struct cond *c = BUILD_NEW(p, struct cond);

	p->rule->cond_count++;
	c->kind = kind;
	c->a = a;
	c->b = b;
	c->at = at->first;
	c->from = at->from;
	c->to = at->to;
	return c;
}

struct cond *
build_cond_error(struct build *p, const struct text_span *at)
{
	p->rule->broken = true;
	return leaf(p, COND_BROKEN, at);
}

/* --- fields -------------------------------------------------------------- */

static void
no_such_field(struct build *p, const struct word *name)
{
	struct guess g;
	char hint[160];
	int f;

	guess_start(&g, name->text);
	for (f = 0; f < RULE_FIELD_COUNT; f++)
		guess_offer(&g, rule_field_name((enum rule_field)f));
	guess_offer(&g, "time");
	guess_offer(&g, "day");
	complain(p->errs, name->at,
		 guess_hint(&g, "fields are listed in postigo-book(5)", hint),
		 "no such field: '%.60s'", name->text);
	p->rule->broken = true;
}

struct asked *
build_asked(struct build *p, const struct word *name, const struct word *header)
{
	struct asked *a = BUILD_NEW(p, struct asked);

	a->name = *name;
	a->row = field_find(name->text);
	if (header != NULL)
		a->header = *header;
	if (a->row == NULL)
		no_such_field(p, name);
	return a;
}

struct ptrs *
build_fields(struct build *p, struct ptrs *rest, struct asked *one)
{
	struct arena *arena = &p->book->arena;
	size_t i;

	if (rest == NULL)
		rest = BUILD_NEW(p, struct ptrs);
	if (rest->n == TREE_FIELDS_MAX) {
		complain(p->errs, one->name.at, NULL,
			 "more than %d fields in a condition", TREE_FIELDS_MAX);
		return rest;
	}
	ptrs_add(arena, rest, one);
	for (i = rest->n - 1; i > 0; i--)
		rest->at[i] = rest->at[i - 1];
	rest->at[0] = one;
	return rest;
}

static const char *
usage(enum field_kind k)
{
	switch (k) {
	case FIELD_TEXT:
		return "a text matches /pattern/, matches list \"...\" or contains \"...\"";
	case FIELD_WORD:
		return "write 'is' and the words that it may be";
	case FIELD_NUMBER:
		return "compare it with a number: >= 3";
	case FIELD_DURATION:
		return "compare it with a duration: > 4h";
	case FIELD_MONEY:
		return "compare it with an amount: >= 100.00 EUR";
	case FIELD_FLAG:
		break;
	}
	return "a flag stands alone, or after 'not'";
}

/* Are these fields of such a kind? It is said if not. */
static bool
fit(struct build *p, const struct ptrs *fields, unsigned kinds)
{
	bool good = true;
	size_t i;

	for (i = 0; i < fields->n; i++) {
		const struct asked *a = fields->at[i];

		if (a->row == NULL) {
			good = false;
		} else if ((kinds & 1U << a->row->kind) == 0) {
			complain(p->errs, a->name.at, usage(a->row->kind),
				 "'%s' is a %s", a->row->name,
				 field_kind_name(a->row->kind));
			good = false;
		}
	}
	if (good && fields->n > 1 && (kinds & 1U << FIELD_TEXT) == 0) {
		const struct asked *a = fields->at[1];

		complain(p->errs, a->name.at, "write a condition for each",
			 "only texts are joined before a comparison");
		good = false;
	}
	if (!good)
		p->rule->broken = true;
	return good;
}

struct cond *
build_cond_text(struct build *p, struct ptrs *fields, const struct word *text,
		bool literal, bool exact, const struct text_span *at)
{
	struct cond *c = leaf(p, COND_TEXT, at);

	(void)fit(p, fields, 1U << FIELD_TEXT);
	p->rule->pattern_count++;
	c->fields = *fields;
	c->text = *text;
	c->literal = literal;
	c->exact = exact;
	return c;
}

struct cond *
build_cond_list(struct build *p, struct ptrs *fields, const struct word *name,
		const struct text_span *at)
{
	struct cond *c = leaf(p, COND_LIST, at);

	(void)fit(p, fields, 1U << FIELD_TEXT);
	p->rule->pattern_count++;
	c->fields = *fields;
	c->text = *name;
	return c;
}

/* --- words --------------------------------------------------------------- */

/* A word that a list keeps: the tree needs what is in front alone. */
struct value {
	struct word word;
	bool quoted;
};

struct ptrs *
build_values(struct build *p, struct ptrs *list, const struct word *one,
	     bool quoted)
{
	struct value *v = BUILD_NEW(p, struct value);

	if (list == NULL)
		list = BUILD_NEW(p, struct ptrs);
	v->word = *one;
	v->quoted = quoted;
	if (list->n < TREE_VALUES_MAX)
		ptrs_add(&p->book->arena, list, v);
	else if (list->n == TREE_VALUES_MAX)
		complain(p->errs, one->at, NULL, "more than %d words",
			 TREE_VALUES_MAX);
	return list;
}

bool
build_word_of(struct build *p, const struct field_row *row,
	      const struct word *got)
{
	struct buf b;
	bool good;
	size_t i;

	buf_init(&b, HINT_BYTES);
	(void)buf_printf(&b, "%s is ", row->name);
	for (i = 0; i < WORDS_SHOWN && row->words[i] != NULL; i++)
		(void)buf_printf(&b, "%s%s",
				 i == 0                      ? ""
				 : row->words[i + 1] == NULL ? " or "
							     : ", ",
				 row->words[i]);
	good = build_choose(
		p, got, row->words, row->name,
		row->words[i] == NULL
			? buf_str(&b)
			: "its words are listed in postigo-book(5)");
	buf_release(&b);
	return good;
}

static void
check_value(struct build *p, const struct field_row *row, const struct value *v)
{
	if (row->quoted != v->quoted) {
		p->rule->broken = true;
		complain(p->errs, v->word.at,
			 row->quoted ? "write it in quotes"
				     : "write it without quotes",
			 "'%s' is a %s", row->name,
			 row->quoted ? "name" : "word");
	} else if (row->field == RULE_FIELD_CHANNEL) {
		(void)build_channel(p, &v->word);
	} else if (row->words != NULL) {
		(void)build_word_of(p, row, &v->word);
	} else if (row->field == RULE_FIELD_LANGUAGE &&
		   !field_is_language(v->word.text)) {
		p->rule->broken = true;
		complain(p->errs, v->word.at,
			 "languages are two or three letters: es, en",
			 "no such language: '%.60s'", v->word.text);
	}
}

struct cond *
build_cond_word(struct build *p, struct ptrs *fields, struct ptrs *values,
		const struct text_span *at)
{
	struct cond *c = leaf(p, COND_WORD, at);
	size_t i;

	c->fields = *fields;
	c->values = *values;
	if (!fit(p, fields, 1U << FIELD_WORD))
		return c;
	for (i = 0; i < values->n; i++)
		check_value(p, ((struct asked *)fields->at[0])->row,
			    values->at[i]);
	return c;
}

/* --- quantities ---------------------------------------------------------- */

struct quantity
build_number(const struct word *number, const struct word *currency,
	     bool negative)
{
	struct quantity q = { .number = *number,
			      .negative = negative,
			      .at = number->at };

	if (currency != NULL)
		q.currency = *currency;
	return q;
}

struct quantity
build_length(const struct duration *d, bool negative,
	     const struct text_span *at)
{
	struct quantity q = { .duration = *d,
			      .negative = negative,
			      .at = at->first };

	return q;
}

/* "100.5" with two digits after the point is 10050. false: too many digits,
 * or too large. */
static bool
decimal(const char *s, int digits, int64_t *out)
{
	int64_t v = 0;
	bool point = false;
	int after = 0;

	for (; *s != '\0'; s++) {
		if (*s == '.') {
			point = true;
			continue;
		}
		if (v > NUMBER_MAX || (point && after == digits))
			return false;
		v = v * 10 + (*s - '0');
		after += point;
	}
	for (; after < digits; after++) {
		if (v > NUMBER_MAX)
			return false;
		v *= 10;
	}
	*out = v;
	return v <= NUMBER_MAX;
}

static bool
money(struct build *p, const struct quantity *q, int64_t *out)
{
	static const char hint[] = "write it like 100.00 EUR";
	int digits;

	if (q->currency.text == NULL) {
		complain(p->errs, q->at, hint, "an amount without a currency");
		return false;
	}
	digits = field_currency_digits(q->currency.text);
	if (digits < 0) {
		complain(p->errs, q->currency.at, hint,
			 "no such currency: '%.60s'", q->currency.text);
		return false;
	}
	if (decimal(q->number.text, digits, out))
		return true;
	complain(p->errs, q->at, NULL,
		 "'%.40s' is no amount of %s: it has %d digits after the point",
		 q->number.text, q->currency.text, digits);
	return false;
}

static bool
quantity_of(struct build *p, const struct field_row *row,
	    const struct quantity *q, int64_t *out)
{
	if ((row->kind == FIELD_DURATION) != (q->number.text == NULL)) {
		complain(p->errs, q->at, NULL, "'%s' is compared with %s",
			 row->name,
			 row->kind == FIELD_DURATION ? "a duration: 20d"
			 : row->kind == FIELD_MONEY
				 ? "an amount of money: 100.00 EUR"
				 : "a number: 20");
		return false;
	}
	if (row->kind == FIELD_DURATION) {
		*out = q->duration.s;
		return true;
	}
	if (row->kind == FIELD_MONEY)
		return money(p, q, out);
	if (q->currency.text != NULL || !decimal(q->number.text, 0, out)) {
		complain(p->errs, q->at, usage(row->kind),
			 "'%s' is compared with a whole number", row->name);
		return false;
	}
	return true;
}

bool
build_quantity(struct build *p, const struct field_row *row,
	       const struct quantity *q, int64_t *out)
{
	if (!quantity_of(p, row, q, out)) {
		p->rule->broken = true;
		return false;
	}
	if (q->negative)
		*out = -*out;
	return true;
}

struct cond *
build_cond_compare(struct build *p, struct ptrs *fields, enum compare how,
		   const struct quantity *q, const struct text_span *at)
{
	struct cond *c = leaf(p, COND_COMPARE, at);

	c->fields = *fields;
	c->compare = how;
	c->currency = q->currency;
	if (fit(p, fields,
		1U << FIELD_NUMBER | 1U << FIELD_DURATION | 1U << FIELD_MONEY))
		(void)build_quantity(p, ((struct asked *)fields->at[0])->row, q,
				     &c->number);
	return c;
}

struct cond *
build_cond_flag(struct build *p, const struct word *name,
		const struct text_span *at)
{
	struct cond *c = leaf(p, COND_FLAG, at);

	ptrs_add(&p->book->arena, &c->fields, build_asked(p, name, NULL));
	return c;
}

/* --- time ---------------------------------------------------------------- */

struct cond *
build_cond_time(struct build *p, const struct text_span *at)
{
	struct cond *c = leaf(p, COND_TIME, at);

	p->spans = &c->spans;
	return c;
}

struct cond *
build_cond_in(struct build *p, struct cond *c, const struct word *calendar,
	      const struct text_span *at)
{
	(void)p;
	c->calendar = *calendar;
	c->to = at->to;
	return c;
}

struct cond *
build_cond_day(struct build *p, unsigned days, const struct word *calendar,
	       const struct text_span *at)
{
	struct cond *c = leaf(p, COND_DAY, at);

	c->days = days;
	c->calendar = *calendar;
	return c;
}

struct cond *
build_cond_open(struct build *p, const struct word *calendar,
		const struct text_span *at)
{
	struct cond *c = leaf(p, COND_OPEN, at);

	c->calendar = *calendar;
	return c;
}

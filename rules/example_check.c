#include "rules/example_check.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/book_build.h"
#include "rules/complain.h"
#include "rules/match.h"
#include "rules/near.h"

#define SOURCE_SHOWN 90 /* bytes of a condition */
#define FOUND_SHOWN 60  /* bytes of what a pattern found */
#define AROUND_SHOWN 24 /* bytes of the text before and after it */

/* An example as it is tried. */
struct trial {
	struct build *p;
	const struct rule_node *rule;
	const struct example_node *example;
	struct rule_facts facts;
	struct scratch *scratch;
	struct rule_result *result;
	struct buf text; /* what is said */
	struct buf hint;
};

/* A piece of text on one line, blanks as one, cut at max bytes. */
static void
put_piece(struct buf *b, const char *s, size_t n, size_t max)
{
	size_t cut = utf8_cut(s, n, max);
	bool blank = false;
	size_t i;

	for (i = 0; i < cut; i++) {
		if ((unsigned char)s[i] <= ' ') {
			blank = true;
			continue;
		}
		if (blank)
			(void)buf_putc(b, ' ');
		blank = false;
		(void)buf_putc(b, s[i]);
	}
	(void)buf_puts(b, cut < n ? "..." : "");
}

static void
put_source(struct trial *t, struct buf *b, const struct cond *c)
{
	put_piece(b, t->p->text + c->from, c->to - c->from, SOURCE_SHOWN);
}

/* --- what matched ------------------------------------------------------- */

/* The text that a hit is in, or NULL. */
static const char *
hit_text(const struct rule_facts *f, const struct rule_hit *h)
{
	size_t i;

	if (h->field == RULE_FIELD_COUNT)
		return NULL;
	if (h->field != RULE_FIELD_HEADER)
		return h->name != NULL ? h->name : f->text[h->field];
	for (i = 0; h->name != NULL && i < f->header_count; i++)
		if (strcmp(f->headers[i].name, h->name) == 0 &&
		    strlen(f->headers[i].value) >= h->to)
			return f->headers[i].value;
	return NULL;
}

/* "finds 'devolver' in 'Quiero devolver el pedido'". false: it is no text. */
static bool
put_hit(struct trial *t, struct buf *b, const struct rule_hit *h)
{
	const char *text = hit_text(&t->facts, h);
	size_t n = text != NULL ? strlen(text) : 0;
	size_t from;
	size_t to;

	if (text == NULL || h->from >= h->to || h->to > n)
		return false;
	from = h->from > AROUND_SHOWN ? h->from - AROUND_SHOWN : 0;
	while (from > 0 && ((unsigned char)text[from] & 0xC0) == 0x80)
		from--;
	to = utf8_cut(text, n, h->to + AROUND_SHOWN);
	if (h->to - h->from > FOUND_SHOWN)
		to = h->to;
	(void)buf_puts(b, "finds '");
	put_piece(b, text + h->from, h->to - h->from, FOUND_SHOWN);
	(void)buf_printf(b, "' in '%s", from > 0 ? "..." : "");
	put_piece(b, text + from, to - from, FOUND_SHOWN + 2 * AROUND_SHOWN);
	(void)buf_printf(b, "%s'", to < n ? "..." : "");
	return true;
}

static const struct cond *
by_ordinal(const struct cond *c, int ordinal)
{
	const struct cond *found;

	if (c == NULL)
		return NULL;
	if (c->kind != COND_AND && c->kind != COND_OR && c->kind != COND_NOT)
		return c->ordinal == ordinal ? c : NULL;
	found = by_ordinal(c->a, ordinal);
	return found != NULL ? found : by_ordinal(c->b, ordinal);
}

static void
tell_fired(struct trial *t)
{
	size_t i;

	for (i = 0; i < t->result->hit_count; i++) {
		const struct rule_hit *h = &t->result->hits[i];
		const struct cond *c = by_ordinal(t->rule->cond, h->condition);

		buf_clear(&t->hint);
		if (c == NULL || !put_hit(t, &t->hint, h))
			continue;
		(void)buf_puts(&t->text, ": '");
		put_source(t, &t->text, c);
		(void)buf_printf(&t->text, "' (line %d) %s", c->at.line,
				 buf_str(&t->hint));
		break;
	}
	complain(t->p->errs, t->example->at,
		 "change the rule or the counterexample",
		 "rule \"%.100s\" fires on this counterexample%s",
		 t->rule->name.text, buf_str(&t->text));
}

/* --- why not ------------------------------------------------------------ */

/* The first condition that said so: joined ones as one if by "or". */
static const struct cond *
first_no(struct trial *t, const struct cond *c)
{
	while (c->kind == COND_AND)
		c = cond_holds(t->rule, c->a, t->scratch, t->result) !=
				    MATCH_YES
			    ? c->a
			    : c->b;
	return c;
}

/* Is one miss more to the point than another? */
static bool
nearer(const struct near_miss *a, const struct near_miss *b)
{
	if ((a->found[0] != '\0') != (b->found[0] != '\0'))
		return a->found[0] != '\0';
	return a->reach > b->reach;
}

struct best {
	const struct cond *cond;
	const char *text;
	struct near_miss miss;
};

/* The i-th text of a field, or NULL: headers and files are several. */
static const char *
text_of(const struct rule_facts *f, const struct asked *a, size_t i)
{
	enum rule_field field = a->row->field;
	size_t k;

	if (field == RULE_FIELD_FILE_NAME)
		return i < f->file_count ? f->files[i].name : NULL;
	if (field == RULE_FIELD_FILE_TYPE)
		return i < f->file_count ? f->files[i].value : NULL;
	if (field != RULE_FIELD_HEADER)
		return i == 0 ? f->text[field] : NULL;
	for (k = 0; k < f->header_count; k++)
		if (strcasecmp(f->headers[k].name, a->header.text) == 0 &&
		    i-- == 0)
			return f->headers[k].value;
	return NULL;
}

static void
miss_in(struct trial *t, const struct cond *c, const char *text,
	struct best *best)
{
	struct near_miss miss;

	near_find(c->text.text, c->text.n, c->literal, c->exact,
		  scratch_matcher(t->scratch), text, &miss);
	if (best->cond != NULL && !nearer(&miss, &best->miss))
		return;
	best->cond = c;
	best->text = text;
	best->miss = miss;
}

/* The nearest miss of the patterns below a condition. */
static void
miss_of(struct trial *t, const struct cond *c, struct best *best)
{
	size_t i;

	if (c->kind == COND_AND || c->kind == COND_OR) {
		miss_of(t, c->a, best);
		miss_of(t, c->b, best);
		return;
	}
	/* what holds was not missed */
	if (c->kind != COND_TEXT ||
	    cond_holds(t->rule, c, t->scratch, t->result) == MATCH_YES)
		return;
	for (i = 0; i < c->fields.n; i++) {
		const struct asked *a = c->fields.at[i];
		const char *text;
		size_t k = 0;

		while ((text = text_of(&t->facts, a, k++)) != NULL)
			miss_in(t, c, text, best);
	}
}

static void
hint_pattern(struct trial *t, const struct cond *c)
{
	struct best best = { .cond = NULL };
	const struct near_miss *m = &best.miss;

	miss_of(t, c, &best);
	if (best.cond == NULL && c->kind == COND_TEXT) {
		const struct asked *a = c->fields.at[0];

		(void)buf_printf(&t->hint, "the example has no %s",
				 a->row->name);
		if (a->header.text != NULL)
			(void)buf_printf(&t->hint, " \"%.60s\"",
					 a->header.text);
	} else if (best.cond == NULL) {
		return;
	} else if (m->found[0] != '\0') {
		(void)buf_printf(&t->hint, "it has '%s' instead of '%s'",
				 m->found, m->wanted);
	} else if (m->reach != 0) {
		const struct word *w = &best.cond->text;

		(void)buf_puts(&t->hint, "it gets as far as '");
		put_piece(&t->hint, best.text + m->from, m->to - m->from,
			  FOUND_SHOWN);
		(void)buf_puts(&t->hint, "' and then finds no '");
		put_piece(&t->hint, w->text + m->reach, w->n - m->reach,
			  FOUND_SHOWN);
		(void)buf_puts(&t->hint, "'");
	}
}

static void
hint_word(struct trial *t, const struct cond *c)
{
	const struct asked *a = c->fields.at[0];
	const struct word *w = c->values.at[0];
	const char *quote = a->row->quoted ? "\"" : "";
	const char *has = t->facts.text[a->row->field];

	if (has != NULL)
		(void)buf_printf(&t->hint, "its %s is '%.60s'", a->row->name,
				 has);
	else
		(void)buf_printf(&t->hint, "add '%s %s%.60s%s' to the example",
				 a->row->name, quote, w->text, quote);
}

/* A quantity as a book has it. */
static void
put_quantity(struct buf *b, const struct field_row *row, int64_t v,
	     const char *currency)
{
	int digits = row->kind == FIELD_MONEY && currency != NULL
			     ? field_currency_digits(currency)
			     : 0;
	const char *sign = v < 0 ? "-" : "";
	int64_t scale = 1;

	v = v < 0 ? -v : v;
	if (row->kind == FIELD_DURATION) {
		(void)buf_puts(b, sign);
		if (v >= 86400 && v % 86400 == 0)
			(void)buf_printf(b, "%lldd", (long long)(v / 86400));
		else if (v >= 3600 && v % 3600 == 0)
			(void)buf_printf(b, "%lldh", (long long)(v / 3600));
		else if (v >= 60 && v % 60 == 0)
			(void)buf_printf(b, "%lldm", (long long)(v / 60));
		else
			(void)buf_printf(b, "%llds", (long long)v);
		return;
	}
	while (digits-- > 0)
		scale *= 10;
	(void)buf_printf(b, "%s%lld", sign, (long long)(v / scale));
	if (scale > 1)
		(void)buf_printf(b, ".%0*lld", scale == 1000 ? 3 : 2,
				 (long long)(v % scale));
	if (row->kind == FIELD_MONEY && currency != NULL)
		(void)buf_printf(b, " %s", currency);
}

/* An amount near its limit that a comparison takes. */
static int64_t
amount_for(const struct cond *c, const struct field_row *row)
{
	int64_t step = row->kind == FIELD_DURATION ? 3600
		       : row->kind == FIELD_MONEY  ? 100
						   : 1;

	if (c->compare == COMPARE_MORE)
		return c->number + step;
	return c->number - (c->compare == COMPARE_LESS ? step : 0);
}

static void
hint_compare(struct trial *t, const struct cond *c)
{
	const struct asked *a = c->fields.at[0];
	enum rule_field f = a->row->field;
	bool has = t->facts.has[f];

	(void)buf_printf(&t->hint, has ? "its %s is " : "add '%s ",
			 a->row->name);
	put_quantity(&t->hint, a->row,
		     has ? t->facts.number[f] : amount_for(c, a->row),
		     has ? t->facts.currency : c->currency.text);
	(void)buf_puts(&t->hint, has ? "" : "' to the example");
}

static void
hint_leaf(struct trial *t, const struct cond *c)
{
	const struct asked *a;

	switch (c->kind) {
	case COND_TEXT:
	case COND_OR:
		hint_pattern(t, c);
		break;
	case COND_LIST:
		(void)buf_printf(&t->hint, "nothing of list \"%.60s\" is in it",
				 c->text.text);
		break;
	case COND_WORD:
		hint_word(t, c);
		break;
	case COND_COMPARE:
		hint_compare(t, c);
		break;
	case COND_FLAG:
		a = c->fields.at[0];
		(void)buf_printf(&t->hint, "add '%s' to the example",
				 a->row->name);
		break;
	case COND_TIME:
	case COND_DAY:
	case COND_OPEN:
		if (t->facts.now_s == 0)
			(void)buf_puts(
				&t->hint,
				"add 'at 2026-12-21 10:00' to the example");
		break;
	case COND_AND:
	case COND_NOT:
	case COND_BROKEN:
		break;
	}
}

/* "not" said no: what it should not have found. */
static void
tell_negated(struct trial *t, const struct cond *c)
{
	t->result->hit_count = 0;
	if (cond_holds(t->rule, c->a, t->scratch, t->result) != MATCH_YES ||
	    t->result->hit_count == 0)
		return;
	(void)put_hit(t, &t->hint, &t->result->hits[0]);
}

static void
tell_silent(struct trial *t)
{
	const struct cond *c;
	enum match m = MATCH_NO;

	if (!rule_via(t->rule, t->scratch)) {
		complain(t->p->errs, t->example->at,
			 "leave its channel out, or name one of the rule's",
			 "rule \"%.100s\" does not fire on this example: it is "
			 "not for channel '%s'",
			 t->rule->name.text, t->facts.text[RULE_FIELD_CHANNEL]);
		return;
	}
	if (!rule_on(t->rule, t->scratch)) {
		complain(t->p->errs, t->example->at,
			 "leave its messages out, or ask for them",
			 "rule \"%.100s\" does not fire on this example: of a "
			 "later contact only rules that ask 'messages' are run",
			 t->rule->name.text);
		return;
	}
	c = first_no(t, t->rule->cond);
	m = cond_holds(t->rule, c, t->scratch, t->result);
	put_source(t, &t->text, c);
	if (m == MATCH_UNDECIDED) {
		complain(t->p->errs, t->example->at,
			 "make its patterns simpler",
			 "rule \"%.100s\" is undecided on this example: '%s' "
			 "(line %d) gives up",
			 t->rule->name.text, buf_str(&t->text), c->at.line);
		return;
	}
	if (c->kind == COND_NOT)
		tell_negated(t, c);
	else
		hint_leaf(t, c);
	complain(
		t->p->errs, t->example->at,
		t->hint.len != 0 ? buf_str(&t->hint)
				 : "change the rule or the example",
		"rule \"%.100s\" does not fire on this example: '%s' (line %d) "
		"says no",
		t->rule->name.text, buf_str(&t->text), c->at.line);
}

/* --- running them ------------------------------------------------------- */

/* An example that names no channel comes by the rule's first one. */
static const char *
usual_channel(const struct rule_node *r)
{
	size_t i;

	for (i = 0; channel_name(i) != NULL; i++)
		if ((r->via & 1U << i) != 0)
			return channel_name(i);
	return "email";
}

static void
check_example(struct trial *t, const struct example_node *x)
{
	enum match m;

	t->example = x;
	t->facts = x->facts;
	t->facts.event = t->rule->event.text;
	t->facts.rule = t->rule->name.text;
	if (t->facts.text[RULE_FIELD_CHANNEL] == NULL)
		t->facts.text[RULE_FIELD_CHANNEL] = usual_channel(t->rule);
	t->result->hit_count = 0;
	buf_clear(&t->text);
	buf_clear(&t->hint);
	scratch_begin(t->scratch, &t->facts);
	m = rule_holds(t->rule, t->scratch, t->result);
	if (m == MATCH_YES && x->counter)
		tell_fired(t);
	else if (m == MATCH_UNDECIDED || (m == MATCH_NO && !x->counter))
		tell_silent(t);
}

void
examples_check(struct build *p, const struct rule_node *r, struct scratch *s)
{
	struct trial t = { .p = p, .rule = r, .scratch = s };
	bool shown = false;
	size_t i;

	t.result = mem_new(1, sizeof *t.result);
	buf_init(&t.text, 1024);
	buf_init(&t.hint, 1024);
	for (i = 0; i < r->examples.n; i++) {
		const struct example_node *x = r->examples.at[i];

		shown = shown || !x->counter;
		check_example(&t, x);
	}
	if (!shown && r->pattern_count != 0)
		complain(p->errs, r->name.at,
			 "example \"what a customer would write\"",
			 "rule \"%.100s\" has no example", r->name.text);
	buf_release(&t.text);
	buf_release(&t.hint);
	mem_free(t.result);
}

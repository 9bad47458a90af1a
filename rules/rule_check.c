/*
 * rule_check: are a rule's patterns fit, and do its examples hold?
 */

#include <string.h>

#include "daemon/base/mem.h"
#include "rules/book_build.h"
#include "rules/book_check.h"
#include "rules/complain.h"
#include "rules/match.h"

/* Column of a byte of a token that begins with one quote. */
static struct loc
inside(const struct word *w, size_t at)
{
	struct loc l = w->at;
	size_t i;

	l.column++;
	for (i = 0; i < at && i < w->n; i++)
		l.column += ((unsigned char)w->text[i] & 0xC0) != 0x80;
	return l;
}

static void
check_pattern(struct build *p, struct rule_node *r, struct cond *c,
	      bool trusted, struct matcher *m)
{
	unsigned flags = (c->literal ? PATTERN_LITERAL : 0) |
			 (c->exact ? PATTERN_EXACT : 0);
	static const char hint[] =
		"begin with a word or \\b, and avoid repeats inside repeats";
	struct pattern_error e = { 0 };
	struct pattern_trial t;

	if (pattern_new(c->text.text, c->text.n, flags, &c->pattern, &e) !=
	    OUT_OK) {
		r->broken = true;
		complain(p->errs,
			 c->literal ? c->text.at : inside(&c->text, e.at),
			 e.hint, "%s", e.text);
		return;
	}
	if (trusted)
		return;
	t = pattern_try(c->pattern, m, c->text.text, c->text.n,
			RULE_SUBJECT_BYTES);
	if (!t.undecided && t.worst_us <= PATTERN_WORST_US)
		return;
	r->broken = true;
	if (t.undecided)
		complain(p->errs, c->text.at, hint,
			 "a pattern that gives up on some texts");
	else
		complain(p->errs, c->text.at, hint,
			 "a pattern that may take %.1f ms; the limit is %d ms",
			 (double)t.worst_us / 1000, PATTERN_WORST_US / 1000);
}

static void
check_cond(struct build *p, struct rule_node *r, struct cond *c, bool trusted,
	   struct matcher *m)
{
	if (c == NULL)
		return;
	if (c->kind == COND_TEXT)
		check_pattern(p, r, c, trusted, m);
	check_cond(p, r, c->a, trusted, m);
	check_cond(p, r, c->b, trusted, m);
}

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
check_example(struct build *p, const struct rule_node *r,
	      const struct example_node *x, struct scratch *s,
	      struct rule_result *result)
{
	struct rule_facts facts = x->facts;
	enum match m;

	facts.event = r->event.text;
	if (facts.text[RULE_FIELD_CHANNEL] == NULL)
		facts.text[RULE_FIELD_CHANNEL] = usual_channel(r);
	result->hit_count = 0;
	scratch_begin(s, &facts);
	m = rule_holds(r, s, result);
	if (m == MATCH_UNDECIDED)
		complain(p->errs, x->at, "make its patterns simpler",
			 "rule \"%.100s\" is undecided on this example",
			 r->name.text);
	else if (m == MATCH_NO && !x->counter)
		complain(p->errs, x->at, "change the rule or the example",
			 "rule \"%.100s\" does not fire on this example",
			 r->name.text);
	else if (m == MATCH_YES && x->counter)
		complain(p->errs, x->at,
			 "change the rule or the counterexample",
			 "rule \"%.100s\" fires on this counterexample",
			 r->name.text);
}

static void
check_examples(struct build *p, const struct rule_node *r, struct scratch *s)
{
	struct rule_result *result = mem_new(1, sizeof *result);
	bool shown = false;
	size_t i;

	for (i = 0; i < r->examples.n; i++) {
		const struct example_node *x = r->examples.at[i];

		shown = shown || !x->counter;
		check_example(p, r, x, s, result);
	}
	if (!shown && r->pattern_count != 0)
		complain(p->errs, r->name.at,
			 "example \"what a customer would write\"",
			 "rule \"%.100s\" has no example", r->name.text);
	mem_free(result);
}

void
rules_check(struct build *p, bool trusted, struct scratch *s)
{
	size_t i;

	for (i = 0; i < p->book->rules.n; i++) {
		struct rule_node *r = p->book->rules.at[i];

		if (r->event.text == NULL && !r->broken) {
			r->broken = true;
			complain(p->errs, r->name.at, "on contact",
				 "rule \"%.100s\" does not say on what",
				 r->name.text);
		}
		if (r->actions.n == 0 && !r->stop && !r->broken)
			complain(p->errs, r->name.at,
				 "then queue \"...\", tag \"...\"",
				 "rule \"%.100s\" does nothing", r->name.text);
		check_cond(p, r, r->cond, trusted, scratch_matcher(s));
		if (!trusted && !r->broken)
			check_examples(p, r, s);
	}
}

/*
 * rule_check: are a rule's patterns fit, and do its examples hold?
 */

#include <string.h>

#include "daemon/base/mem.h"
#include "rules/book_build.h"
#include "rules/book_check.h"
#include "rules/capture.h"
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

/* A pattern of the book: from where, and how it is meant. */
struct source {
	const struct word *text;
	bool literal;
	bool exact;
};

/* Compile, and time it unless trusted. false: it is not fit, which is said. */
static bool
check_pattern(struct build *p, const struct source *x, bool trusted,
	      struct matcher *m, struct pattern **out)
{
	unsigned flags = (x->literal ? PATTERN_LITERAL : 0) |
			 (x->exact ? PATTERN_EXACT : 0);
	static const char hint[] =
		"begin with a word or \\b, and avoid repeats inside repeats";
	struct pattern_error e = { 0 };
	struct pattern_trial t;

	if (pattern_new(x->text->text, x->text->n, flags, out, &e) != OUT_OK) {
		complain(p->errs,
			 x->literal ? x->text->at : inside(x->text, e.at),
			 e.hint, "%s", e.text);
		return false;
	}
	if (trusted)
		return true;
	t = pattern_try(*out, m, x->text->text, x->text->n, RULE_SUBJECT_BYTES);
	if (!t.undecided && t.worst_us <= PATTERN_WORST_US)
		return true;
	if (t.undecided)
		complain(p->errs, x->text->at, hint,
			 "a pattern that gives up on some texts");
	else
		complain(p->errs, x->text->at, hint,
			 "a pattern that may take %.1f ms; the limit is %d ms",
			 (double)t.worst_us / 1000, PATTERN_WORST_US / 1000);
	return false;
}

static void
check_cond(struct build *p, struct rule_node *r, struct cond *c, bool trusted,
	   struct matcher *m)
{
	struct source x;

	if (c == NULL)
		return;
	x.text = &c->text;
	x.literal = c->literal;
	x.exact = c->exact;
	if (c->kind == COND_TEXT &&
	    !check_pattern(p, &x, trusted, m, &c->pattern))
		r->broken = true;
	if (c->list != NULL && c->list->broken)
		r->broken = true;
	check_cond(p, r, c->a, trusted, m);
	check_cond(p, r, c->b, trusted, m);
}

static void
check_list(struct build *p, struct list_node *n, bool trusted,
	   struct matcher *m)
{
	size_t i;

	if (n->entries.n == 0 && !p->lost)
		complain(p->errs, n->name.at, "/pattern/, \"text\"",
			 "list \"%.100s\" is empty", n->name.text);
	for (i = 0; i < n->entries.n; i++) {
		struct entry_node *e = n->entries.at[i];
		struct source x = { &e->text, e->literal, e->exact };

		if (!check_pattern(p, &x, trusted, m, &e->pattern))
			n->broken = true;
	}
}

/* --- captures ------------------------------------------------------------ */

static bool
pattern_has(const struct pattern *pattern, const char *name, size_t n)
{
	const char *have;
	size_t i;

	for (i = 0;
	     pattern != NULL && (have = pattern_name(pattern, i)) != NULL; i++)
		if (strlen(have) == n && memcmp(have, name, n) == 0)
			return true;
	return false;
}

static bool
cond_captures(const struct cond *c, const char *name, size_t n)
{
	size_t i;

	if (c == NULL)
		return false;
	for (i = 0; c->list != NULL && i < c->list->entries.n; i++)
		if (pattern_has(
			    ((const struct entry_node *)c->list->entries.at[i])
				    ->pattern,
			    name, n))
			return true;
	return pattern_has(c->pattern, name, n) ||
	       cond_captures(c->a, name, n) || cond_captures(c->b, name, n);
}

static void
check_capture_text(struct build *p, const struct rule_node *r,
		   const struct word *text)
{
	size_t i = 0;
	size_t from;
	size_t n;

	while (text->text != NULL && capture_next(text->text, &i, &from, &n)) {
		if (r != NULL && cond_captures(r->cond, text->text + from, n))
			continue;
		complain(p->errs, text->at,
			 "a pattern of the rule finds it: (?<order>\\d{4,})",
			 "nothing captures '{%.*s}'", (int)(n < 60 ? n : 60),
			 text->text + from);
	}
}

static void
check_captures(struct build *p, const struct actions *actions)
{
	size_t i;

	for (i = 0; i < actions->list.n; i++) {
		const struct action_node *a = actions->list.at[i];

		if (!rule_action_adds(a->kind) || a->kind == ACTION_WEBHOOK)
			continue;
		check_capture_text(p, actions->rule, &a->value);
		check_capture_text(p, actions->rule, &a->text);
	}
}

/* --- examples ------------------------------------------------------------ */

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
	facts.rule = r->name.text;
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

static void
check_rule(struct build *p, struct rule_node *r, bool trusted,
	   struct scratch *s)
{
	if (r->event.text == NULL && !r->broken) {
		r->broken = true;
		complain(p->errs, r->name.at, "on contact",
			 "rule \"%.100s\" does not say on what", r->name.text);
	}
	if (r->actions.list.n == 0 && !r->stop && !r->broken)
		complain(p->errs, r->name.at, "then queue \"...\", tag \"...\"",
			 "rule \"%.100s\" does nothing", r->name.text);
	check_cond(p, r, r->cond, trusted, scratch_matcher(s));
	if (!r->broken)
		check_captures(p, &r->actions);
	if (!trusted && !r->broken)
		check_examples(p, r, s);
}

void
rules_check(struct build *p, bool trusted, struct scratch *s)
{
	struct book *b = p->book;
	size_t i;
	size_t k;

	for (i = 0; i < b->lists.n; i++)
		check_list(p, b->lists.at[i], trusted, scratch_matcher(s));
	for (i = 0; i < b->policies.n; i++) {
		const struct policy_node *n = b->policies.at[i];

		for (k = 0; k < n->steps.n; k++)
			check_captures(p, &((const struct escalation_node *)
						    n->steps.at[k])
						   ->actions);
	}
	for (i = 0; i < b->rules.n; i++)
		check_rule(p, b->rules.at[i], trusted, s);
}

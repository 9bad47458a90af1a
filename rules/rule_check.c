/*
 * rule_check: are the patterns of rules and lists fit, and do rules make
 * sense, each alone and together?
 *
 * A text that was checked when it was applied is not asked again whether it
 * makes sense: what is newly refused must not keep a desk from starting.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "rules/book_build.h"
#include "rules/book_check.h"
#include "rules/capture.h"
#include "rules/clash.h"
#include "rules/complain.h"
#include "rules/cond_check.h"
#include "rules/example_check.h"
#include "rules/logic.h"
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

/* A sample may have line ends. */
static void
one_line(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ')
			*s = ' ';
}

/* Compile, and time it unless trusted. false: it is not fit, which is said. */
static bool
check_pattern(struct build *p, const struct source *x, bool trusted,
	      struct matcher *m, struct pattern **out)
{
	unsigned flags = (x->literal ? PATTERN_LITERAL : 0) |
			 (x->exact ? PATTERN_EXACT : 0);
	static const char hint[] =
		"begin with a word or \\b, and avoid repeats inside repeats";
	static const char signs[] =
		"a sign that stands for itself is written with a backslash: \\( \\[ \\? \\.";
	struct pattern_error e = { 0 };
	struct pattern_trial t;

	if (pattern_new(x->text->text, x->text->n, flags, out, &e) != OUT_OK) {
		complain(p->errs,
			 x->literal ? x->text->at : inside(x->text, e.at),
			 e.hint != NULL ? e.hint : signs, "%s", e.text);
		return false;
	}
	if (trusted)
		return true;
	t = pattern_try(*out, m, x->text->text, x->text->n, RULE_SUBJECT_BYTES);
	if (!t.undecided && t.worst_us <= PATTERN_WORST_US)
		return true;
	one_line(t.sample);
	if (t.undecided)
		complain(p->errs, x->text->at, hint,
			 "a pattern that gives up on a text like '%s...'",
			 t.sample);
	else
		complain(p->errs, x->text->at, hint,
			 "a pattern that may take %.1f ms on a text like "
			 "'%s...'; the limit is %d ms",
			 (double)t.worst_us / 1000, t.sample,
			 PATTERN_WORST_US / 1000);
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

	if (n->entries.n == 0 && !n->broken && !p->lost)
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

/* A name in braces, and what patterns capture that is near to it. */
struct capture_look {
	char name[64];
	bool found;
	struct guess guess;
};

static void
look_in_pattern(const struct pattern *pattern, struct capture_look *c)
{
	const char *have;
	size_t i;

	for (i = 0;
	     pattern != NULL && (have = pattern_name(pattern, i)) != NULL;
	     i++) {
		c->found = c->found || strcmp(have, c->name) == 0;
		guess_offer(&c->guess, have);
	}
}

static void
look_in_cond(const struct cond *cond, struct capture_look *c)
{
	size_t i;

	if (cond == NULL)
		return;
	for (i = 0; cond->list != NULL && i < cond->list->entries.n; i++) {
		const struct entry_node *e = cond->list->entries.at[i];

		look_in_pattern(e->pattern, c);
	}
	look_in_pattern(cond->pattern, c);
	look_in_cond(cond->a, c);
	look_in_cond(cond->b, c);
}

static void
check_capture_text(struct build *p, const struct rule_node *r,
		   const struct word *text)
{
	size_t i = 0;
	size_t from;
	size_t n;

	while (text->text != NULL && capture_next(text->text, &i, &from, &n)) {
		struct capture_look c = { .found = false };
		char hint[160];

		(void)snprintf(c.name, sizeof c.name, "%.*s",
			       (int)(n < 60 ? n : 60), text->text + from);
		guess_start(&c.guess, c.name);
		look_in_cond(r != NULL ? r->cond : NULL, &c);
		if (c.found)
			continue;
		complain(
			p->errs, text->at,
			guess_hint(
				&c.guess,
				"a pattern of the rule finds it: (?<order>\\d{4,})",
				hint),
			"nothing captures '{%s}'", c.name);
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

/* --- rules ---------------------------------------------------------------- */

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
	if (trusted || r->broken)
		return;
	conds_check(p, r);
	clash_check(p, &r->actions);
	examples_check(p, r, s);
}

static void
check_escalations(struct build *p, const struct policy_node *n, bool trusted)
{
	size_t i;

	for (i = 0; i < n->steps.n; i++) {
		const struct escalation_node *e = n->steps.at[i];

		check_captures(p, &e->actions);
		if (!trusted)
			clash_check(p, &e->actions);
	}
}

void
rules_check(struct build *p, bool trusted, struct scratch *s)
{
	struct book *b = p->book;
	size_t i;

	for (i = 0; i < b->lists.n; i++)
		check_list(p, b->lists.at[i], trusted, scratch_matcher(s));
	for (i = 0; i < b->policies.n; i++)
		check_escalations(p, b->policies.at[i], trusted);
	for (i = 0; i < b->rules.n; i++)
		check_rule(p, b->rules.at[i], trusted, s);
	if (trusted)
		return;
	logic_check(p);
	clash_loops(p);
}

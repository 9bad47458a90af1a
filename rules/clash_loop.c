/*
 * clash_loop: rules of time that undo each other for ever. An incident on
 * which nothing else happens is followed from rule to rule: what a rule asked
 * holds until a rule sets it, and a rule counts only if it surely changes
 * something. A chain that comes back to its first rule has no end.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "rules/book_build.h"
#include "rules/clash.h"
#include "rules/complain.h"
#include "rules/term.h"

#define CHAIN_MAX 6      /* rules of a loop that is looked for */
#define TERMS_MAX 16     /* of one rule, and of an incident */
#define STEPS_MAX 500000 /* of a book; past it nothing more is told */

struct known {
	struct term terms[TERMS_MAX];
	size_t n;
};

/* A rule of time as one "and" of terms and the fields that it sets. */
struct step {
	const struct rule_node *rule;
	struct known asks;
	struct known sets;
	bool sure; /* all that it asks is understood */
};

struct search {
	struct build *p;
	struct step *steps;
	size_t n;
	const struct step *chain[CHAIN_MAX];
	size_t depth;
	long left;
	bool found;
};

/* --- what a rule asks --------------------------------------------------- */

static void
know(struct known *k, const struct term *t, bool *sure)
{
	if (k->n < TERMS_MAX)
		k->terms[k->n++] = *t;
	else
		*sure = false;
}

/* Does it stop to hold of itself, as time goes by? */
static bool
expires(const struct term *t)
{
	bool up = t->field == RULE_FIELD_AGE ||
		  t->field == RULE_FIELD_WAITING ||
		  t->field == RULE_FIELD_ORDER_AGE ||
		  t->field == RULE_FIELD_ORDER_DELAY;

	if (t->kind != TERM_RANGE)
		return false;
	if (t->field == RULE_FIELD_CLOCK_LEFT)
		return t->no || t->spans[0].low != INT64_MIN;
	return up && (t->no || t->spans[0].high != INT64_MAX);
}

static void
ask(struct step *s, const struct cond *c, bool no, const char *text)
{
	struct term t;

	switch (c->kind) {
	case COND_NOT:
		ask(s, c->a, !no, text);
		return;
	case COND_AND:
	case COND_OR:
		if ((c->kind == COND_AND) == no) {
			s->sure = false; /* an "or" */
			return;
		}
		ask(s, c->a, no, text);
		ask(s, c->b, no, text);
		return;
	default:
		break;
	}
	t = term_of(c, no, text);
	/* hours come again every day */
	if (t.kind == TERM_HOURS || t.kind == TERM_DAY || t.kind == TERM_OPEN)
		return;
	if (t.kind == TERM_NONE || expires(&t))
		s->sure = false;
	know(&s->asks, &t, &s->sure);
}

/* --- what it sets ------------------------------------------------------- */

static void
set(struct step *s, enum rule_field f, const struct word *const *word)
{
	struct term t = term_is(f, word);

	know(&s->sets, &t, &s->sure);
}

static void
set_assignee(struct step *s, const struct action_node *a,
	     const struct word *const *word)
{
	struct term t = { .kind = TERM_FLAG,
			  .field = RULE_FIELD_ASSIGNED,
			  .no = a->value.n == 0 };

	know(&s->sets, &t, &s->sure);
	if (a->value.n != 0)
		set(s, RULE_FIELD_ASSIGNEE, word);
}

static void
act(struct step *s, struct arena *arena, const struct action_node *a)
{
	const struct word **word = arena_new(arena, sizeof(void *));
	struct term t;

	*word = &a->value;
	switch (a->kind) {
	case ACTION_STATE:
		set(s, RULE_FIELD_STATE, word);
		break;
	case ACTION_QUEUE:
		set(s, RULE_FIELD_QUEUE, word);
		break;
	case ACTION_TEAM:
		set(s, RULE_FIELD_TEAM, word);
		break;
	case ACTION_PRIORITY:
		set(s, RULE_FIELD_PRIORITY, word);
		break;
	case ACTION_REASON:
		set(s, RULE_FIELD_REASON, word);
		break;
	case ACTION_POLICY:
		set(s, RULE_FIELD_POLICY, word);
		break;
	case ACTION_ASSIGN:
		set_assignee(s, a, word);
		break;
	case ACTION_TAG:
	case ACTION_UNTAG:
		t = term_is(RULE_FIELD_TAG, word);
		t.no = a->kind == ACTION_UNTAG;
		know(&s->sets, &t, &s->sure);
		break;
	case ACTION_SNOOZE: /* it ends by itself */
		s->sure = false;
		break;
	default:
		break;
	}
}

static const struct word solved = { .text = "solved", .n = 6 };
static const struct word *const solved_list = &solved;

/* A rule of time that runs on an incident more than once. */
static bool
step_init(struct step *s, struct build *p, const struct rule_node *r)
{
	const struct actions *list = &r->actions;
	struct term t;
	size_t i;

	if (r->broken || !r->timed)
		return false;
	s->rule = r;
	s->sure = true;
	if (r->timer.kind == TIMER_AFTER) {
		if (r->timer.since != SINCE_SOLVED)
			return false;
		t = term_is(RULE_FIELD_STATE, &solved_list);
		know(&s->asks, &t, &s->sure);
	}
	if (r->cond != NULL)
		ask(s, r->cond, false, p->text);
	for (i = 0; i < list->list.n; i++)
		act(s, &p->book->arena, list->list.at[i]);
	return s->sure && s->sets.n != 0;
}

/* --- from rule to rule -------------------------------------------------- */

static bool
same_thing(const struct term *a, const struct term *b)
{
	if (a->kind != b->kind || a->field != b->field)
		return false;
	return a->field != RULE_FIELD_TAG ||
	       (a->word_count == 1 && b->word_count == 1 &&
		strcmp(a->words[0]->text, b->words[0]->text) == 0);
}

/* Does what is known keep it from firing? */
static bool
blocked(const struct step *s, const struct known *k)
{
	size_t i;
	size_t j;

	for (i = 0; i < s->asks.n; i++)
		for (j = 0; j < k->n; j++) {
			const struct term *t = &s->asks.terms[i];

			if (term_excludes(&k->terms[j], t))
				return true;
			/* of an address nobody knows whose it is */
			if (k->terms[j].field == RULE_FIELD_ASSIGNED &&
			    t->field == RULE_FIELD_ASSIGNEE)
				return true;
		}
	return false;
}

/* It fires: what it asks is known from then on. false: too much is known. */
static bool
fires(const struct step *s, struct known *k)
{
	bool sure = true;
	size_t i;

	for (i = 0; i < s->asks.n; i++)
		know(k, &s->asks.terms[i], &sure);
	return sure;
}

/* Apply what it sets. false: perhaps nothing changed. */
static bool
changes(const struct step *s, struct known *k)
{
	bool sure = true;
	bool changed = false;
	size_t i;
	size_t j;

	for (i = 0; i < s->sets.n; i++) {
		const struct term *t = &s->sets.terms[i];
		size_t kept = 0;

		for (j = 0; j < k->n; j++) {
			changed = changed || term_excludes(&k->terms[j], t);
			if (!same_thing(&k->terms[j], t))
				k->terms[kept++] = k->terms[j];
		}
		k->n = kept;
		know(k, t, &sure);
	}
	return changed && sure;
}

static void
tell_loop(struct search *s)
{
	const struct rule_node *first = s->chain[0]->rule;
	struct buf b;
	size_t i;

	buf_init(&b, 400);
	for (i = 0; i < s->depth; i++)
		(void)buf_printf(&b, "\"%.40s\" (line %d) -> ",
				 s->chain[i]->rule->name.text,
				 s->chain[i]->rule->name.at.line);
	complain(s->p->errs, first->name.at,
		 "give one of them a condition that ends, like age < 30d",
		 "rules that change an incident for ever: %s\"%.40s\"",
		 buf_str(&b), first->name.text);
	buf_release(&b);
	s->found = true;
}

static bool
comes_back(const struct search *s, const struct known *now)
{
	struct known again;

	if (blocked(s->chain[0], now))
		return false;
	again = *now;
	return fires(s->chain[0], &again) && changes(s->chain[0], &again);
}

static void
follow(struct search *s, size_t at, const struct known *before)
{
	struct known now;
	size_t i;

	if (s->left-- <= 0 || blocked(&s->steps[at], before))
		return;
	now = *before;
	if (!fires(&s->steps[at], &now) || !changes(&s->steps[at], &now))
		return;
	s->chain[s->depth++] = &s->steps[at];
	if (comes_back(s, &now))
		tell_loop(s);
	/* a loop is told once, from its first rule */
	i = (size_t)(s->chain[0] - s->steps) + 1;
	while (s->depth < CHAIN_MAX && i < s->n && !s->found && s->left > 0)
		follow(s, i++, &now);
	s->depth--;
}

void
clash_loops(struct build *p)
{
	struct known none = { .n = 0 };
	struct search s = { .p = p, .left = STEPS_MAX };
	size_t i;

	s.steps = mem_new(p->book->timers.n + 1, sizeof *s.steps);
	for (i = 0; i < p->book->timers.n; i++) {
		if (step_init(&s.steps[s.n], p, p->book->timers.at[i]))
			s.n++;
		else
			memset(&s.steps[s.n], 0, sizeof s.steps[s.n]);
	}
	for (i = 0; i < s.n && s.left > 0; i++) {
		s.found = false;
		follow(&s, i, &none);
	}
	mem_free(s.steps);
}

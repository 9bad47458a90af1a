#include "rules/logic.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/book_build.h"
#include "rules/complain.h"
#include "rules/match.h"
#include "rules/term.h"

#define STEPS_MAX 10000        /* of one comparison; past it: not sure */
#define STEPS_ALL_MAX 20000000 /* of a book; past it nothing more is told */

enum node_kind {
	NODE_TERM,
	NODE_AND,
	NODE_OR
};

/* A condition with every "not" pushed down to the terms. */
struct node {
	enum node_kind kind;
	const struct node *a;
	const struct node *b;
	struct term term;
};

/* A rule as far as it is compared. */
struct shape {
	const struct rule_node *rule;
	const char *text;       /* of the book */
	const struct node *all; /* via and if; NULL: always */
	struct node *nodes;
	size_t n;
	struct term_via via;
	uint64_t needs; /* marks that a narrower rule has as well */
	uint64_t has;
	uint32_t kinds; /* of its actions, bits */
	bool asks_messages;
};

struct logic {
	struct build *p;
	struct shape *shapes;
	size_t n;
	long steps; /* left of the book's */
};

/* --- from conditions to nodes ------------------------------------------- */

static const struct node *
node_join(struct shape *s, enum node_kind kind, const struct node *a,
	  const struct node *b)
{
	struct node *to;

	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	to = &s->nodes[s->n++];
	to->kind = kind;
	to->a = a;
	to->b = b;
	return to;
}

static const struct node *
node_of(struct shape *s, const struct cond *c, bool no)
{
	struct node *to;

	switch (c->kind) {
	case COND_NOT:
		return node_of(s, c->a, !no);
	case COND_AND:
	case COND_OR: {
		const struct node *a = node_of(s, c->a, no);
		const struct node *b = node_of(s, c->b, no);

		return node_join(
			s, (c->kind == COND_AND) != no ? NODE_AND : NODE_OR, a,
			b);
	}
	default:
		break;
	}
	to = &s->nodes[s->n++];
	to->kind = NODE_TERM;
	to->term = term_of(c, no, s->text);
	return to;
}

static uint64_t
hash(const char *s)
{
	uint64_t h = 1469598103934665603U;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211U;
	return h;
}

/* The bit of what a term is about: what implies it has the same bit. */
static uint64_t
mark(const struct term *t)
{
	if (t->kind == TERM_TEXT && !t->literal)
		return UINT64_C(1) << hash(t->text) % 24;
	if (t->kind == TERM_TEXT)
		return UINT64_C(1) << 24;
	if (t->kind == TERM_HOURS || t->kind == TERM_OPEN)
		return UINT64_C(1) << 25;
	if (t->kind == TERM_DAY)
		return UINT64_C(1) << 26;
	return UINT64_C(1) << (27 + t->field % 37);
}

static uint64_t
marks(const struct node *x, bool all)
{
	uint64_t a;
	uint64_t b;

	if (x == NULL)
		return 0;
	if (x->kind == NODE_TERM)
		return mark(&x->term);
	a = marks(x->a, all);
	b = marks(x->b, all);
	return all || x->kind == NODE_AND ? a | b : a & b;
}

static void
shape_init(struct shape *s, const struct rule_node *r, const char *text)
{
	size_t i;

	s->rule = r;
	s->text = text;
	s->asks_messages = rule_asks(r, RULE_FIELD_MESSAGES);
	s->nodes = mem_new(2 * r->cond_count + 4, sizeof *s->nodes);
	if (r->cond != NULL)
		s->all = node_of(s, r->cond, false);
	if (r->via != 0) {
		struct node *via = &s->nodes[s->n++];

		via->kind = NODE_TERM;
		via->term = term_via(r, &s->via);
		s->all = node_join(s, NODE_AND, via, s->all);
	}
	s->needs = marks(s->all, false);
	s->has = marks(s->all, true);
	for (i = 0; i < r->actions.list.n; i++) {
		const struct action_node *a = r->actions.list.at[i];

		s->kinds |= UINT32_C(1) << a->kind;
	}
}

/* --- does one condition imply another? ---------------------------------- */

static bool
implies(const struct node *b, const struct node *a, int *steps)
{
	if (a == NULL)
		return true;
	if (b == NULL || (*steps)-- <= 0)
		return false;
	if (b->kind == NODE_OR)
		return implies(b->a, a, steps) && implies(b->b, a, steps);
	if (a->kind == NODE_AND)
		return implies(b, a->a, steps) && implies(b, a->b, steps);
	if (b->kind == NODE_TERM && a->kind == NODE_TERM)
		return term_implies(&b->term, &a->term);
	if (b->kind == NODE_AND &&
	    (implies(b->a, a, steps) || implies(b->b, a, steps)))
		return true;
	return a->kind == NODE_OR &&
	       (implies(b, a->a, steps) || implies(b, a->b, steps));
}

/* Of a contact that is not its incident's first, only rules that ask for its
 * messages are run. */
static bool
left_out(const struct shape *a, const struct shape *b)
{
	return b->rule->event_bit == EVENT_CONTACT && b->asks_messages &&
	       !a->asks_messages;
}

/* Does a fire whenever b does? */
static bool
wider(struct logic *l, const struct shape *a, const struct shape *b)
{
	int steps = STEPS_MAX;
	bool yes;

	if ((a->needs & ~b->has) != 0 || l->steps <= 0 ||
	    a->rule->event_bit != b->rule->event_bit || left_out(a, b))
		return false;
	yes = implies(b->all, a->all, &steps);
	l->steps -= STEPS_MAX - steps;
	return yes;
}

/* --- conditions that exclude each other --------------------------------- */

/* How much of a condition's text a line of ours can take. */
static int
shown(const struct term *t)
{
	return (int)utf8_cut(t->source, (size_t)t->source_n, 80);
}

/* Terms that hold wherever we are on the way down. */
struct held {
	const struct term **terms;
	size_t n;
};

static bool
later(const struct term *a, const struct term *b)
{
	if (a->at.line != b->at.line)
		return a->at.line > b->at.line;
	return a->at.column > b->at.column;
}

static void
tell_excluded(struct build *p, const struct term *a, const struct term *b)
{
	const struct term *last = later(a, b) ? a : b;
	const struct term *first = last == a ? b : a;

	complain(p->errs, last->at,
		 "take one of them away, or join them with 'or'",
		 "%s'%.*s' never holds where %s'%.*s' does (line %d)",
		 last->no ? "not " : "", shown(last), last->source,
		 first->no ? "not " : "", shown(first), first->source,
		 first->at.line);
}

/* Counts, ages and amounts begin at 0; the time to a breach does not. */
static bool
below_nothing(const struct term *t)
{
	return t->kind == TERM_RANGE && !t->no && t->spans[0].high < 0 &&
	       t->field != RULE_FIELD_CLOCK_LEFT;
}

/* The terms that "and" joins here: each is compared with all before it. */
static void
gather(struct build *p, const struct node *x, struct held *held)
{
	size_t i;

	if (x->kind == NODE_AND) {
		gather(p, x->a, held);
		gather(p, x->b, held);
	}
	if (x->kind != NODE_TERM)
		return;
	if (below_nothing(&x->term))
		complain(p->errs, x->term.at, "it is never less than nothing",
			 "'%.*s' never holds", shown(&x->term), x->term.source);
	for (i = 0; i < held->n; i++)
		if (term_excludes(held->terms[i], &x->term)) {
			tell_excluded(p, held->terms[i], &x->term);
			break;
		}
	held->terms[held->n++] = &x->term;
}

static void descend(struct build *p, const struct node *x, struct held *held);

static void
walk(struct build *p, const struct node *x, struct held *held)
{
	size_t n = held->n;

	gather(p, x, held);
	descend(p, x, held);
	held->n = n;
}

static void
descend(struct build *p, const struct node *x, struct held *held)
{
	if (x->kind == NODE_AND) {
		descend(p, x->a, held);
		descend(p, x->b, held);
	} else if (x->kind == NODE_OR) {
		walk(p, x->a, held);
		walk(p, x->b, held);
	}
}

static void
check_excluded(struct logic *l, const struct shape *s)
{
	struct held held = { .n = 0 };

	if (s->all == NULL)
		return;
	held.terms = mem_new(s->n, sizeof(void *));
	walk(l->p, s->all, &held);
	mem_free(held.terms);
}

/* --- rules that others make idle ---------------------------------------- */

/* Is an action of the first rule the same, once more, in the second? */
static bool
repeats(const struct action_node *a, const struct action_node *b)
{
	if (a->kind != b->kind)
		return false;
	if (!rule_action_adds(a->kind))
		return true;
	return (a->kind == ACTION_TAG || a->kind == ACTION_UNTAG) &&
	       strcmp(a->value.text, b->value.text) == 0 &&
	       strchr(a->value.text, '{') == NULL;
}

/* Mark which of b's actions a has proposed already. */
static bool
cover(const struct rule_node *a, const struct rule_node *b, uint64_t *covered)
{
	uint64_t was = *covered;
	size_t i;
	size_t k;

	for (i = 0; i < b->actions.list.n; i++)
		for (k = 0; k < a->actions.list.n; k++)
			if (repeats(a->actions.list.at[k],
				    b->actions.list.at[i]))
				*covered |= UINT64_C(1) << i;
	return *covered != was;
}

/* others  earlier rules too have settled some of it */
static void
tell_idle(struct build *p, const struct rule_node *r,
	  const struct rule_node *by, bool others)
{
	char hint[300];
	struct buf b;
	size_t i;

	buf_init(&b, 200);
	for (i = 0; i < r->actions.list.n && b.len < 100; i++) {
		const struct action_node *a = r->actions.list.at[i];

		(void)buf_printf(&b, "%s%s", i != 0 ? ", " : "",
				 rule_action_name(a->kind));
	}
	(void)snprintf(hint, sizeof hint,
		       "put it before rule \"%.100s\", or take it away",
		       by->name.text);
	complain(p->errs, r->name.at, hint,
		 "rule \"%.100s\" does nothing: when it fires, rule \"%.100s\" "
		 "(line %d)%s settled its %s",
		 r->name.text, by->name.text, by->name.at.line,
		 others ? " and others before it have" : " has", buf_str(&b));
	buf_release(&b);
}

static void
check_idle(struct logic *l, size_t at)
{
	const struct shape *b = &l->shapes[at];
	const struct rule_node *r = b->rule;
	size_t n = r->actions.list.n;
	uint64_t all = n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
	uint64_t covered = 0;
	bool others = false;
	size_t i;

	for (i = 0; i < at; i++) {
		const struct shape *a = &l->shapes[i];

		if ((!a->rule->stop && (a->kinds & b->kinds) == 0) ||
		    !wider(l, a, b))
			continue;
		if (a->rule->stop) {
			complain(l->p->errs, r->name.at,
				 "put it before that rule, or take that "
				 "rule's 'stop' away",
				 "rule \"%.100s\" never fires: rule \"%.100s\" "
				 "(line %d) fires first and stops",
				 r->name.text, a->rule->name.text,
				 a->rule->name.at.line);
			return;
		}
		if (r->stop || n == 0 || !cover(a->rule, r, &covered))
			continue;
		if (covered == all) {
			tell_idle(l->p, r, a->rule, others);
			return;
		}
		others = true;
	}
}

void
logic_check(struct build *p)
{
	const struct book *b = p->book;
	struct logic l = { .p = p, .steps = STEPS_ALL_MAX };
	size_t i;

	l.shapes = mem_new(b->rules.n + 1, sizeof *l.shapes);
	for (i = 0; i < b->rules.n; i++) {
		const struct rule_node *r = b->rules.at[i];

		if (r->broken || r->event.text == NULL)
			continue;
		shape_init(&l.shapes[l.n], r, p->text);
		check_excluded(&l, &l.shapes[l.n]);
		l.n++;
	}
	for (i = 0; i < l.n; i++)
		if (!l.shapes[i].rule->timed)
			check_idle(&l, i);
	for (i = 0; i < l.n; i++)
		mem_free(l.shapes[i].nodes);
	mem_free(l.shapes);
}

/*
 * rule_build: the grammar's calls for rules: conditions, actions, examples.
 */

#include <string.h>

#include "rules/book_build.h"
#include "rules/complain.h"

#define NEW(p, type) ((type *)arena_new(&(p)->book->arena, sizeof(type)))

static void
choose(struct build *p, const struct word *got, const char *const *names,
       const char *what, const char *otherwise)
{
	struct guess g;
	char hint[160];
	size_t i;

	guess_start(&g, got->text);
	for (i = 0; names[i] != NULL; i++) {
		if (strcmp(names[i], got->text) == 0)
			return;
		guess_offer(&g, names[i]);
	}
	p->rule->broken = true;
	complain(p->errs, got->at, guess_hint(&g, otherwise, hint),
		 "no such %s: '%.60s'", what, got->text);
}

void
build_rule(struct build *p, const struct word *name)
{
	struct book *b = p->book;

	p->rule = NEW(p, struct rule_node);
	if (name == NULL)
		return;
	p->rule->name = *name;
	if (b->rules.n < TREE_KIND_MAX)
		ptrs_add(&b->arena, &b->rules, p->rule);
	else
		complain(p->errs, name->at, NULL, "more than %d rules",
			 TREE_KIND_MAX);
}

void
build_event(struct build *p, const struct word *event)
{
	static const char *const events[] = { "contact", NULL };

	choose(p, event, events, "event", "rules run on contact");
	if (p->rule->event.text != NULL)
		complain(p->errs, event->at, "leave one of them out",
			 "a second 'on'");
	p->rule->event = *event;
}

void
build_rule_via(struct build *p, unsigned channels)
{
	if (channels == 0)
		p->rule->broken = true;
	p->rule->via |= channels;
}

void
build_if(struct build *p, struct cond *c, const struct text_span *at)
{
	struct rule_node *r = p->rule;

	if (r->cond != NULL) {
		r->broken = true;
		complain(p->errs, at->first, "join them with 'and' or 'or'",
			 "a second 'if' in a rule");
		return;
	}
	r->if_from = at->from;
	r->if_to = at->to;
	r->if_text = arena_strndup(&p->book->arena, p->text + at->from,
				   at->to - at->from);
	r->cond = c;
	if (r->cond_count > TREE_CONDITIONS_MAX) {
		r->broken = true;
		r->cond = NULL;
		complain(p->errs, at->first, "split it into several rules",
			 "more than %d conditions in a rule",
			 TREE_CONDITIONS_MAX);
	}
}

struct cond *
build_cond(struct build *p, enum cond_kind kind, struct cond *a, struct cond *b,
	   const struct text_span *at)
{
	struct cond *c = NEW(p, struct cond);

	p->rule->cond_count++;
	c->kind = kind;
	c->a = a;
	c->b = b;
	c->at = at->first;
	return c;
}

struct cond *
build_cond_channel(struct build *p, unsigned channels,
		   const struct text_span *at)
{
	struct cond *c = build_cond(p, COND_CHANNEL, NULL, NULL, at);

	if (channels == 0)
		p->rule->broken = true;
	c->channels = channels;
	return c;
}

struct cond *
build_cond_mailbox(struct build *p, const struct word *name,
		   const struct text_span *at)
{
	struct cond *c = build_cond(p, COND_MAILBOX, NULL, NULL, at);

	c->mailbox = *name;
	return c;
}

struct cond *
build_cond_text(struct build *p, unsigned fields, const struct word *text,
		bool literal, bool exact)
{
	struct text_span at = { .first = text->at };
	struct cond *c = build_cond(p, COND_TEXT, NULL, NULL, &at);

	p->rule->pattern_count++;
	c->fields = fields;
	c->text = *text;
	c->literal = literal;
	c->exact = exact;
	return c;
}

bool
book_is_reason(const char *s)
{
	for (size_t i = 0; field_reasons[i] != NULL; i++)
		if (strcmp(field_reasons[i], s) == 0)
			return true;
	return false;
}

void
build_action(struct build *p, enum rule_action_kind kind,
	     const struct word *value)
{
	struct rule_node *r = p->rule;
	struct action_node *a;
	size_t i;

	if (kind == ACTION_REASON)
		choose(p, value, field_reasons, "reason",
		       "reasons are listed in postigo-book(5)");
	else if (kind == ACTION_PRIORITY)
		choose(p, value, field_priorities, "priority",
		       "priorities are low, normal, high and urgent");
	for (i = 0; kind != ACTION_TAG && i < r->actions.n; i++) {
		a = r->actions.at[i];
		if (a->kind == kind) {
			complain(p->errs, value->at, "leave one of them out",
				 "a second '%s' in a rule",
				 rule_action_name(kind));
			return;
		}
	}
	if (r->actions.n == TREE_ACTIONS_MAX) {
		complain(p->errs, value->at, NULL,
			 "more than %d actions in a rule", TREE_ACTIONS_MAX);
		return;
	}
	a = NEW(p, struct action_node);
	a->kind = kind;
	a->value = *value;
	ptrs_add(&p->book->arena, &r->actions, a);
}

void
build_stop(struct build *p)
{
	p->rule->stop = true;
}

void
build_example(struct build *p, bool counter, const struct text_span *at)
{
	struct rule_node *r = p->rule;

	p->example = NEW(p, struct example_node);
	p->example->counter = counter;
	p->example->at = at->first;
	if (r->examples.n < TREE_EXAMPLES_MAX)
		ptrs_add(&p->book->arena, &r->examples, p->example);
	else if (r->examples.n == TREE_EXAMPLES_MAX)
		complain(p->errs, at->first, NULL,
			 "more than %d examples in a rule", TREE_EXAMPLES_MAX);
}

void
build_example_field(struct build *p, enum example_field f,
		    const struct word *value)
{
	struct rule_facts *facts = &p->example->facts;
	const char **to[] = {
		[EXAMPLE_SUBJECT] = &facts->text[RULE_FIELD_SUBJECT],
		[EXAMPLE_BODY] = &facts->text[RULE_FIELD_BODY],
		[EXAMPLE_FROM] = &facts->text[RULE_FIELD_SENDER],
		[EXAMPLE_MAILBOX] = &facts->text[RULE_FIELD_MAILBOX],
		[EXAMPLE_CHANNEL] = &facts->text[RULE_FIELD_CHANNEL]
	};

	if (*to[f] != NULL)
		complain(p->errs, value->at, "write a second example instead",
			 "the same field twice in an example");
	if (f == EXAMPLE_CHANNEL && build_channel(p, value) == 0)
		p->rule->broken = true;
	*to[f] = value->text;
}

#include "rules/clash.h"

#include <string.h>

#include "rules/book_build.h"
#include "rules/complain.h"

static bool
is_word(const struct word *w, const char *text)
{
	return w->text != NULL && strcmp(w->text, text) == 0;
}

static bool
same(const struct word *a, const struct word *b)
{
	return a->text != NULL && is_word(b, a->text);
}

/* Does the state end what is written to the customer? */
static bool
ends(const struct action_node *a)
{
	return a->kind == ACTION_STATE &&
	       (is_word(&a->value, "closed") || is_word(&a->value, "spam") ||
		is_word(&a->value, "merged"));
}

static bool
writes(const struct action_node *a)
{
	return a->kind == ACTION_SEND || a->kind == ACTION_ASK_ORDER;
}

static const struct team_node *
team_named(const struct book *b, const char *name)
{
	size_t i;

	for (i = 0; i < b->teams.n; i++) {
		const struct team_node *t = b->teams.at[i];

		if (strcmp(t->name.text, name) == 0)
			return t;
	}
	return NULL;
}

/* An agent, and a team that has no such member. */
static void
clash_member(struct build *p, const struct action_node *agent,
	     const struct action_node *team)
{
	const struct team_node *t = team_named(p->book, team->value.text);
	struct guess g;
	char hint[160];
	size_t i;

	if (t == NULL || agent->value.n == 0)
		return;
	guess_start(&g, agent->value.text);
	for (i = 0; i < t->members.n; i++) {
		const struct word *m = t->members.at[i];

		if (same(m, &agent->value))
			return;
		guess_offer(&g, m->text);
	}
	complain(p->errs, agent->value.at,
		 guess_hint(&g, "add the address to its members", hint),
		 "'%.100s' is no member of team \"%.100s\"", agent->value.text,
		 t->name.text);
}

static void
clash_two(struct build *p, const struct action_node *a,
	  const struct action_node *b)
{
	if (a->kind > b->kind) {
		clash_two(p, b, a);
		return;
	}
	/* kinds in the order of enum rule_action_kind */
	if (a->kind == ACTION_TAG && b->kind == ACTION_UNTAG &&
	    same(&a->value, &b->value))
		complain(p->errs, b->at, "leave one of them out",
			 "tag \"%.100s\" is set and taken away", a->value.text);
	else if (ends(a) && writes(b))
		complain(p->errs, b->at,
			 "write state solved instead: an answer opens it again",
			 "a message to the customer of an incident that the "
			 "rule makes %s",
			 a->value.text);
	else if (a->kind == ACTION_STATE && b->kind == ACTION_SNOOZE &&
		 !is_word(&a->value, "snoozed"))
		complain(p->errs, b->at, "leave one of them out",
			 "an incident that the rule makes %s is not snoozed",
			 a->value.text);
	else if (a->kind == ACTION_SEND && b->kind == ACTION_ASK_ORDER)
		complain(p->errs, b->at,
			 "a customer gets one automatic answer to a message",
			 "a second automatic answer in a rule");
	else if (a->kind == ACTION_TEAM && b->kind == ACTION_ASSIGN)
		clash_member(p, b, a);
}

void
clash_check(struct build *p, const struct actions *list)
{
	size_t i;
	size_t k;

	for (i = 0; i < list->list.n; i++)
		for (k = 0; k < i; k++)
			clash_two(p, list->list.at[k], list->list.at[i]);
}

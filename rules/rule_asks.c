/*
 * rule_asks: what a rule's condition asks, without running it.
 */

#include <string.h>

#include "rules/match.h"

static bool
cond_asks(const struct cond *c, enum rule_field field)
{
	size_t i;

	if (c == NULL)
		return false;
	if (c->kind == COND_AND || c->kind == COND_OR || c->kind == COND_NOT)
		return cond_asks(c->a, field) || cond_asks(c->b, field);
	for (i = 0; i < c->fields.n; i++) {
		const struct asked *a = c->fields.at[i];

		if (a->row != NULL && a->row->field == field)
			return true;
	}
	return false;
}

bool
rule_asks(const struct rule_node *r, enum rule_field field)
{
	return cond_asks(r->cond, field);
}

bool
book_rule_asks(const struct book *b, size_t rule_index, enum rule_field field)
{
	return rule_asks(b->rules.at[rule_index], field);
}

/* States with which the condition may hold. */
static unsigned
cond_states(const struct cond *c)
{
	const struct asked *a;
	unsigned mask = 0;
	size_t i;
	size_t k;

	if (c == NULL)
		return ~0U;
	if (c->kind == COND_AND)
		return cond_states(c->a) & cond_states(c->b);
	if (c->kind == COND_OR)
		return cond_states(c->a) | cond_states(c->b);
	if (c->kind != COND_WORD || c->fields.n == 0)
		return ~0U;
	a = c->fields.at[0];
	if (a->row == NULL || a->row->field != RULE_FIELD_STATE)
		return ~0U;
	for (i = 0; i < c->values.n; i++) {
		const struct word *w = c->values.at[i];

		for (k = 0; field_states[k] != NULL; k++)
			if (strcmp(field_states[k], w->text) == 0)
				mask |= 1U << k;
	}
	return mask;
}

unsigned
book_rule_states(const struct book *b, size_t rule_index)
{
	const struct rule_node *r = b->rules.at[rule_index];

	return cond_states(r->cond);
}

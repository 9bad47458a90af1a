/*
 * book_ask: what a book holds, for others.
 */

#include <string.h>

#include "rules/field.h"
#include "rules/tree.h"

/* The node of a name; every node begins with its name. NULL: none. */
static const void *
named(const struct ptrs *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strcmp(((const struct word *)list->at[i])->text, name) == 0)
			return list->at[i];
	return NULL;
}

size_t
book_queue_count(const struct book *b)
{
	return b->queues.n;
}

const struct book_queue *
book_queue_at(const struct book *b, size_t i)
{
	return &((const struct queue_node *)b->queues.at[i])->pub;
}

const struct book_queue *
book_queue(const struct book *b, const char *name)
{
	const struct queue_node *n = named(&b->queues, name);

	return n != NULL ? &n->pub : NULL;
}

const struct book_queue *
book_queue_default(const struct book *b)
{
	return book_queue_at(b, 0);
}

size_t
book_team_count(const struct book *b)
{
	return b->teams.n;
}

const struct book_team *
book_team_at(const struct book *b, size_t i)
{
	return &((const struct team_node *)b->teams.at[i])->pub;
}

const struct book_team *
book_team(const struct book *b, const char *name)
{
	const struct team_node *n = named(&b->teams, name);

	return n != NULL ? &n->pub : NULL;
}

size_t
book_list_count(const struct book *b)
{
	return b->lists.n;
}

const struct book_list *
book_list_at(const struct book *b, size_t i)
{
	return &((const struct list_node *)b->lists.at[i])->pub;
}

size_t
book_policy_count(const struct book *b)
{
	return b->policies.n;
}

const struct book_policy *
book_policy_at(const struct book *b, size_t i)
{
	return &((const struct policy_node *)b->policies.at[i])->pub;
}

const struct book_policy *
book_policy(const struct book *b, const char *name)
{
	const struct policy_node *n = named(&b->policies, name);

	return n != NULL ? &n->pub : NULL;
}

struct book_budget
book_policy_budget(const struct book_policy *p, enum book_clock clock,
		   const char *priority)
{
	size_t i;

	for (i = 0; priority != NULL && field_priorities[i] != NULL; i++)
		if (strcmp(field_priorities[i], priority) == 0)
			return p->budgets[clock][i];
	return p->usual[clock];
}

bool
book_policy_pauses(const struct book_policy *p, enum book_clock clock,
		   const char *state)
{
	size_t i;

	for (i = 0; clock == BOOK_CLOCK_RESOLUTION && field_states[i] != NULL;
	     i++)
		if (strcmp(field_states[i], state) == 0)
			return (p->pauses & 1U << i) != 0;
	return false;
}

const char *
book_clock_name(enum book_clock clock)
{
	return field_clocks[clock];
}

bool
book_clock_find(const char *name, enum book_clock *out)
{
	size_t i;

	for (i = 0; i < BOOK_CLOCK_COUNT; i++)
		if (strcmp(field_clocks[i], name) == 0) {
			*out = (enum book_clock)i;
			return true;
		}
	return false;
}

const struct book_policy *
book_policy_for(const struct book *b, const char *channel)
{
	unsigned bit = channel_bit(channel);
	size_t i;

	for (i = 0; i < b->policies.n; i++) {
		const struct policy_node *p = b->policies.at[i];

		if (p->via == 0 || (p->via & bit) != 0)
			return &p->pub;
	}
	return NULL;
}

const struct calendar *
book_calendar(const struct book *b, const char *name)
{
	const struct calendar_node *n = named(&b->calendars, name);

	return n != NULL ? n->calendar : NULL;
}

const struct calendar *
book_calendar_first(const struct book *b)
{
	const struct calendar_node *n;

	if (b->calendars.n == 0)
		return NULL;
	n = b->calendars.at[0];
	return n->calendar;
}

const struct book_text *
book_text_in(const struct book_text *texts, size_t n, const char *language,
	     const char *desk)
{
	const char *const wanted[] = { language, desk };
	size_t i;
	size_t k;

	for (k = 0; k < 2; k++)
		for (i = 0; wanted[k] != NULL && i < n; i++)
			if (strcmp(texts[i].language, wanted[k]) == 0)
				return &texts[i];
	return &texts[0];
}

const struct book_template *
book_template_in(const struct book_reply *r, const char *language,
		 const char *desk)
{
	const char *const wanted[] = { language, desk };
	size_t i;
	size_t k;

	for (k = 0; k < 2; k++)
		for (i = 0; wanted[k] != NULL && i < r->template_count; i++)
			if (strcmp(r->templates[i].language, wanted[k]) == 0)
				return &r->templates[i];
	return r->template_count > 0 ? &r->templates[0] : NULL;
}

size_t
book_reply_count(const struct book *b)
{
	return b->replies.n;
}

const struct book_reply *
book_reply_at(const struct book *b, size_t i)
{
	return &((const struct reply_node *)b->replies.at[i])->pub;
}

const struct book_reply *
book_reply(const struct book *b, const char *name)
{
	const struct reply_node *n = named(&b->replies, name);

	return n != NULL ? &n->pub : NULL;
}

size_t
book_shop_policy_count(const struct book *b)
{
	return b->shop_policies.n;
}

const struct book_shop_policy *
book_shop_policy_at(const struct book *b, size_t i)
{
	return &((const struct shop_policy_node *)b->shop_policies.at[i])->pub;
}

const struct book_shop_policy *
book_shop_policy(const struct book *b, const char *name)
{
	const struct shop_policy_node *n = named(&b->shop_policies, name);

	return n != NULL ? &n->pub : NULL;
}

size_t
book_rule_count(const struct book *b)
{
	return b->rules.n;
}

const struct book_rule *
book_rule_at(const struct book *b, size_t i)
{
	return &((const struct rule_node *)b->rules.at[i])->pub;
}

bool
book_rule_index(const struct book *b, const char *name, size_t *i_out)
{
	size_t i;

	for (i = 0; i < b->rules.n; i++)
		if (strcmp(book_rule_at(b, i)->name, name) == 0) {
			*i_out = i;
			return true;
		}
	return false;
}

const struct book_timer *
book_timed(const struct book *b, size_t i)
{
	return i < b->timers.n
		       ? &((const struct rule_node *)b->timers.at[i])->timer
		       : NULL;
}

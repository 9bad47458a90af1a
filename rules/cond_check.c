#include "rules/cond_check.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "rules/book_build.h"
#include "rules/book_check.h"
#include "rules/complain.h"

/* "contact, answer": where a field is known. */
static void
put_events(struct buf *b, unsigned events)
{
	const char *between = "";
	size_t i;

	for (i = 0; event_name(i) != NULL; i++) {
		if ((events & 1U << i) == 0)
			continue;
		(void)buf_printf(b, "%s%s", between,
				 1U << i == EVENT_TIME ? "rules of time"
						       : event_name(i));
		between = ", ";
	}
}

static void
check_known(struct build *p, const struct rule_node *r, const struct asked *a)
{
	struct buf hint;

	if (a->row == NULL || (a->row->events & r->event_bit) != 0)
		return;
	buf_init(&hint, 300);
	(void)buf_puts(&hint, "it is known on ");
	put_events(&hint, a->row->events);
	complain(p->errs, a->name.at, buf_str(&hint),
		 "'%s' is never known on %s", a->row->name,
		 r->timed ? "a rule of time" : r->event.text);
	buf_release(&hint);
}

/* A queue, team or policy of a condition that no book has. */
static void
check_things(struct build *p, const struct cond *c, enum field_thing thing)
{
	const struct book *b = p->book;
	size_t i;

	for (i = 0; i < c->values.n; i++) {
		const struct word *w = c->values.at[i];

		if (thing == THING_QUEUE && book_queue(b, w->text) == NULL)
			check_missing(p, w, &b->queues, "queue");
		if (thing == THING_TEAM && book_team(b, w->text) == NULL)
			check_missing(p, w, &b->teams, "team");
		if (thing == THING_POLICY && book_policy(b, w->text) == NULL)
			check_missing(p, w, &b->policies, "policy");
	}
}

static void
check_addresses(struct build *p, const struct cond *c)
{
	size_t i;

	for (i = 0; i < c->values.n; i++)
		check_address(p, c->values.at[i]);
}

static void
check_cond(struct build *p, const struct rule_node *r, const struct cond *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->fields.n; i++) {
		const struct asked *a = c->fields.at[i];

		check_known(p, r, a);
		if (a->row != NULL && a->row->field == RULE_FIELD_ASSIGNEE)
			check_addresses(p, c);
		if (c->kind == COND_WORD && a->row != NULL)
			check_things(p, c, a->row->thing);
	}
	check_cond(p, r, c->a);
	check_cond(p, r, c->b);
}

void
conds_check(struct build *p, const struct rule_node *r)
{
	if (r->event_bit != 0)
		check_cond(p, r, r->cond);
}

#include "daemon/cause_team.h"

#include <stdio.h>

#include "daemon/cause_case.h"
#include "daemon/desk.h"
#include "daemon/store/book.h"
#include "daemon/store/history.h"
#include "daemon/store/ruled.h"
#include "rules/book.h"

/* Stretches in which all members that were looked at were away. */
struct absence {
	struct pause list[HISTORY_AWAY_MAX];
	size_t n;
	size_t members; /* with an agent */
};

/* What is in both of two lists; each in order. Over the ceiling the rest is
 * left out: somebody was there then. */
static void
both(struct absence *a, const struct pause *b, size_t n)
{
	struct pause list[HISTORY_AWAY_MAX];
	size_t count = 0;
	size_t i = 0;
	size_t j = 0;

	while (i < a->n && j < n && count < HISTORY_AWAY_MAX) {
		const struct pause *x = &a->list[i];
		int64_t from =
			x->from_s > b[j].from_s ? x->from_s : b[j].from_s;
		int64_t to = x->to_s < b[j].to_s ? x->to_s : b[j].to_s;

		if (to > from)
			list[count++] = (struct pause){ from, to };
		if (x->to_s < b[j].to_s)
			i++;
		else
			j++;
	}
	for (i = 0; i < count; i++)
		a->list[i] = list[i];
	a->n = count;
}

static enum outcome
add_member(struct store *s, const struct cause_case *c, const char *email,
	   struct absence *a, struct err *e)
{
	struct pause list[HISTORY_AWAY_MAX];
	int64_t agent_id = 0;
	size_t n = 0;
	enum outcome o = ruled_agent(s, email, &agent_id, e);

	if (o != OUT_OK || agent_id == 0)
		return o;
	o = history_away(s, agent_id, c->start_s * 1000, c->due_s * 1000, list,
			 &n, e);
	if (o == OUT_OK && a->members == 0) {
		a->list[0] = (struct pause){ INT64_MIN, DEADLINE_NEVER };
		a->n = 1;
	}
	if (o == OUT_OK) {
		a->members++;
		both(a, list, n);
	}
	return o;
}

/* Open seconds in which the team's calendar was open and not all were away. */
static int64_t
staffed(const struct cause_case *c, const struct book_team *t,
	const struct absence *a)
{
	struct pause gaps[HISTORY_AWAY_MAX + CAUSE_IDLE_MAX];
	int64_t sum = 0;
	size_t n = 0;
	size_t i;

	for (i = 0; i < a->n; i++)
		gaps[n++] = a->list[i];
	for (i = 0; i < c->idle_n; i++)
		gaps[n++] = c->idle[i];
	for (i = 0; i < c->open_n; i++) {
		int64_t from = c->open[i].from_s > c->known_s
				       ? c->open[i].from_s
				       : c->known_s;

		sum += deadline_used(t->calendar, from, c->open[i].to_s, gaps,
				     n);
	}
	return sum;
}

static enum outcome
judge_team(struct store *s, struct cause_case *c, const struct book_team *t,
	   struct err *e)
{
	struct absence a = { .n = 0 };
	enum outcome o = OUT_OK;
	size_t i;

	/* of a larger team nobody knows whether all were away */
	for (i = 0; o == OUT_OK && t->member_count <= CAUSE_MEMBERS_MAX &&
		    i < t->member_count;
	     i++)
		o = add_member(s, c, t->members[i], &a, e);
	if (o == OUT_OK)
		c->unstaffed_s =
			cause_free(c, c->start_s, c->due_s) - staffed(c, t, &a);
	return o;
}

enum outcome
cause_team(struct desk *d, struct store *s, struct cause_case *c,
	   struct cause *out, struct err *e)
{
	const struct book_queue *q;
	const struct book_team *t;
	struct book *b = NULL;
	int64_t version = 0;
	enum outcome o = book_version_at(s, c->due_s * 1000, &version, e);

	if (o == OUT_OK)
		o = desk_book_of(d, s, version, &b, e);
	if (o != OUT_OK)
		return o;
	q = book_queue(b, out->queue);
	if (out->team[0] == '\0' && q != NULL && q->team != NULL)
		(void)snprintf(out->team, sizeof out->team, "%s", q->team);
	t = book_team(b, out->team);
	if (t != NULL)
		o = judge_team(s, c, t, e);
	book_unref(&b);
	return o;
}

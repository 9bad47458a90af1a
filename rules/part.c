#include "rules/part.h"

#include <stdint.h>
#include <string.h>

#include "rules/arena.h"

#define CROSS_MAX 16 /* strings that a sequence is spelled out to */
#define COPIES_MAX 4 /* of "x{n}" that are spelled out */
#define TIDY_MAX 32  /* strings of a set in which doubles are looked for */
#define MANY LITERAL_STEPS_MANY

unsigned
many_add(unsigned a, unsigned b)
{
	return a + b < MANY ? a + b : MANY;
}

static unsigned
many_mul(unsigned a, unsigned b)
{
	return a == 0 || b < MANY / a ? a * b : MANY;
}

/* --- sets --------------------------------------------------------------- */

struct set
set_new(struct arena *arena, size_t n)
{
	struct set s = { arena_new(arena, (n + 1) * sizeof *s.at), n };

	return s;
}

/* The string of nothing, alone. */
static struct set
set_empty(struct arena *arena)
{
	struct set s = set_new(arena, 1);

	s.at[0].s = "";
	return s;
}

static bool
set_is_empty(const struct set *s)
{
	return s->n == 1 && s->at[0].n == 0;
}

static size_t
set_longest(const struct set *s)
{
	size_t most = 0;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->at[i].n > most)
			most = s->at[i].n;
	return most;
}

size_t
set_shortest(const struct set *s)
{
	size_t least = SIZE_MAX;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->at[i].n < least)
			least = s->at[i].n;
	return s->n != 0 ? least : 0;
}

/* Each of a followed by each of b. */
static struct set
set_cross(struct arena *arena, const struct set *a, const struct set *b)
{
	struct set out = set_new(arena, a->n * b->n);
	struct literal *to = out.at;
	size_t i;
	size_t k;

	for (i = 0; i < a->n; i++)
		for (k = 0; k < b->n; k++, to++) {
			size_t n = a->at[i].n + b->at[k].n;
			char *s = arena_new(arena, n + 1);

			memcpy(s, a->at[i].s, a->at[i].n);
			memcpy(s + a->at[i].n, b->at[k].s, b->at[k].n);
			to->s = s;
			to->n = n;
		}
	return out;
}

struct set
set_join(struct arena *arena, const struct set *a, const struct set *b)
{
	struct set out = set_new(arena, a->n + b->n);

	if (a->n != 0)
		memcpy(out.at, a->at, a->n * sizeof *a->at);
	if (b->n != 0)
		memcpy(out.at + a->n, b->at, b->n * sizeof *b->at);
	return out;
}

/* A copy without what holds another string of the set: it adds nothing. */
static struct set
set_tidy(struct arena *arena, const struct set *from)
{
	struct set none = { NULL, 0 };
	struct set s;
	size_t i = 0;

	if (from->n > TIDY_MAX)
		return *from;
	s = set_join(arena, from, &none);
	while (i < s.n) {
		size_t k;

		for (k = 0; k < s.n; k++)
			if (k != i && memmem(s.at[i].s, s.at[i].n, s.at[k].s,
					     s.at[k].n) != NULL)
				break;
		if (k == s.n)
			i++;
		else
			s.at[i] = s.at[--s.n];
	}
	return s;
}

/* The higher the seldomer a text has one of them. */
static size_t
set_worth(const struct set *s)
{
	size_t n = set_shortest(s);
	size_t worth = (n < 12 ? n : 12) * 16;
	size_t many = s->n;

	for (; many > 1 && worth > 8; many /= 2)
		worth -= 8;
	return worth;
}

/* --- parts -------------------------------------------------------------- */

struct part
part_unknown(void)
{
	struct part p = { .paths = MANY, .steps = MANY };

	return p;
}

/* One character that is one of many. */
struct part
part_any(void)
{
	struct part p = { .paths = 1, .steps = 2 };

	return p;
}

/* It takes nothing of the text. */
struct part
part_nothing(struct arena *arena)
{
	struct part p = { .exact = true, .paths = 1, .steps = 1 };

	p.strs = set_empty(arena);
	return p;
}

void
part_need(struct arena *arena, struct part *p, struct set s)
{
	size_t at = 0;
	size_t i;

	if (s.n == 0 || s.n > LITERAL_SET_MAX ||
	    set_shortest(&s) < LITERAL_BYTES_MIN)
		return;
	s = set_tidy(arena, &s);
	while (at < p->need_n && set_worth(&p->needs[at]) >= set_worth(&s))
		at++;
	if (at == LITERAL_SETS_MAX)
		return;
	if (p->need_n < LITERAL_SETS_MAX)
		p->need_n++;
	for (i = p->need_n - 1; i > at; i--)
		p->needs[i] = p->needs[i - 1];
	p->needs[at] = s;
}

void
part_needs_of(struct arena *arena, struct part *to, const struct part *from)
{
	size_t i;

	for (i = 0; i < from->need_n; i++)
		part_need(arena, to, from->needs[i]);
}

void
sequence_begin(struct arena *arena, struct sequence *q)
{
	memset(q, 0, sizeof *q);
	q->all.exact = true;
	q->all.paths = 1;
	q->end = set_empty(arena);
}

/* What a part surely begins with. */
struct set
part_lead(const struct part *p)
{
	return p->exact ? p->strs : p->lead;
}

/* The end is not longer: it is something that the whole needs. next: what
 * follows it, or NULL. */
static void
sequence_cut(struct arena *arena, struct sequence *q, const struct part *next)
{
	if (!q->begun) {
		q->all.lead = set_is_empty(&q->end) && next != NULL
				      ? part_lead(next)
				      : q->end;
		q->begun = true;
	}
	part_need(arena, &q->all, q->end);
	q->all.exact = false;
	q->end = set_empty(arena);
}

void
sequence_add(struct arena *arena, struct sequence *q, const struct part *p)
{
	q->all.steps = many_add(q->all.steps, many_mul(q->all.paths, p->steps));
	q->all.paths = many_mul(q->all.paths, p->paths);
	part_needs_of(arena, &q->all, p);
	if (!p->exact) {
		sequence_cut(arena, q, p);
		return;
	}
	if (set_is_empty(&p->strs))
		return;
	if (set_is_empty(&q->end)) {
		q->end = p->strs;
		return;
	}
	if (q->end.n * p->strs.n > CROSS_MAX ||
	    set_longest(&q->end) + set_longest(&p->strs) > LITERAL_BYTES_MAX) {
		sequence_cut(arena, q, NULL);
		q->end = p->strs;
		return;
	}
	q->end = set_cross(arena, &q->end, &p->strs);
}

struct part
sequence_end(struct arena *arena, struct sequence *q)
{
	if (q->all.exact)
		q->all.strs = q->end;
	else
		part_need(arena, &q->all, q->end);
	return q->all;
}

/* Of a part that a text must have: its best set; n is 0 if there is none. */
static struct set
part_best(const struct part *p)
{
	struct set none = { NULL, 0 };

	if (p->exact && set_shortest(&p->strs) >= LITERAL_BYTES_MIN)
		return p->strs;
	return p->need_n != 0 ? p->needs[0] : none;
}

struct part
part_or(struct arena *arena, const struct part *a, const struct part *b)
{
	struct part p = { .paths = many_add(a->paths, b->paths),
			  .steps = many_add(a->steps, b->steps) };
	struct set left = part_lead(a);
	struct set right = part_lead(b);

	if (left.n != 0 && right.n != 0 &&
	    left.n + right.n <= LITERAL_LEADS_MAX)
		p.lead = set_join(arena, &left, &right);
	if (a->exact && b->exact && a->strs.n + b->strs.n <= LITERAL_SET_MAX) {
		p.exact = true;
		p.strs = set_join(arena, &a->strs, &b->strs);
	} else {
		struct set x = part_best(a);
		struct set y = part_best(b);

		if (x.n != 0 && y.n != 0)
			part_need(arena, &p, set_join(arena, &x, &y));
	}
	return p;
}

/* At least min and at most max (0: no end) times p. */
void
sequence_repeat(struct arena *arena, struct sequence *q, const struct part *p,
		size_t min, size_t max)
{
	struct part rest = part_unknown();
	struct part copy = *p;
	size_t i;

	for (i = 0; i < min && i < COPIES_MAX; i++)
		sequence_add(arena, q, p);
	if (min == max && min != 0 && min <= COPIES_MAX)
		return;
	if (min == 0 && max == 1 && p->exact) {
		struct set none = set_empty(arena);

		/* it may be absent, and what it asks for with it */
		copy.need_n = 0;
		copy.strs = set_join(arena, &p->strs, &none);
		copy.paths = many_add(p->paths, 1);
		sequence_add(arena, q, &copy);
		return;
	}
	if (max != 0) {
		unsigned ways = 1; /* to have gone round so often */

		rest.paths = 1;
		rest.steps = 1;
		for (i = 0; i < max && rest.steps < MANY; i++) {
			rest.steps =
				many_add(rest.steps, many_mul(ways, p->steps));
			ways = many_mul(ways, p->paths);
			rest.paths = many_add(rest.paths, ways);
		}
	}
	sequence_add(arena, q, &rest);
}

/* A copy without what begins with another string of the set. */
struct set
set_fronts(struct arena *arena, const struct set *from)
{
	struct set none = { NULL, 0 };
	struct set s = set_join(arena, from, &none);
	size_t i = 0;

	while (i < s.n) {
		size_t k;

		for (k = 0; k < s.n; k++)
			if (k != i && s.at[k].n <= s.at[i].n &&
			    memcmp(s.at[k].s, s.at[i].s, s.at[k].n) == 0)
				break;
		if (k == s.n)
			i++;
		else
			s.at[i] = s.at[--s.n];
	}
	return s;
}

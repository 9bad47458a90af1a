/*
 * deadline_chain: clocks whose calendar or budget changed while they ran.
 * What is used adds up over the stretches.
 */

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "rules/walk.h"

/* When the i-th span ends: where the next begins. */
static int64_t
span_end(const struct deadline_span *spans, size_t n, size_t i)
{
	return i + 1 < n ? spans[i + 1].from_s : DEADLINE_NEVER;
}

/* The due instant under one span, of which so much was used before it. */
static int64_t
span_due(const struct deadline_span *s, int64_t start_s, int64_t used_s,
	 int used_days, const struct pause *pauses, size_t n)
{
	if (s->days > 0)
		return s->days > used_days
			       ? walk_days_from(s->calendar, start_s, s->from_s,
						s->days - used_days, pauses, n)
			       : s->from_s;
	return s->budget_s > used_s
		       ? deadline_due(s->calendar, s->from_s,
				      s->budget_s - used_s, pauses, n)
		       : s->from_s;
}

int64_t
deadline_chain(const struct deadline_span *spans, size_t n,
	       const struct pause *pauses, size_t pause_n)
{
	bool in_days = false;
	int64_t used_s = 0;
	int used_days = 0;
	size_t i;

	for (i = 0; i < n; i++)
		in_days = in_days || spans[i].days > 0;
	for (i = 0; i < n; i++) {
		const struct deadline_span *s = &spans[i];
		int64_t end_s = span_end(spans, n, i);
		int64_t due_s = span_due(s, spans[0].from_s, used_s, used_days,
					 pauses, pause_n);

		if (i + 1 == n || due_s < end_s)
			return due_s;
		used_s += deadline_used(s->calendar, s->from_s, end_s, pauses,
					pause_n);
		if (in_days)
			used_days += deadline_days_used(
				s->calendar, spans[0].from_s, s->from_s, end_s,
				pauses, pause_n);
	}
	return DEADLINE_NEVER;
}

int64_t
deadline_chain_used(const struct deadline_span *spans, size_t n, int64_t to_s,
		    const struct pause *pauses, size_t pause_n)
{
	int64_t used_s = 0;
	size_t i;

	for (i = 0; i < n && spans[i].from_s < to_s; i++) {
		int64_t end_s = span_end(spans, n, i);

		used_s += deadline_used(spans[i].calendar, spans[i].from_s,
					end_s < to_s ? end_s : to_s, pauses,
					pause_n);
	}
	return used_s;
}

int64_t
deadline_walk(const struct deadline_span *spans, size_t n, int64_t used_s,
	      const struct pause *pauses, size_t pause_n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct deadline_span *s = &spans[i];
		int64_t end_s = span_end(spans, n, i);
		int64_t at_s = deadline_due(s->calendar, s->from_s, used_s,
					    pauses, pause_n);

		if (i + 1 == n || at_s <= end_s)
			return at_s;
		used_s -= deadline_used(s->calendar, s->from_s, end_s, pauses,
					pause_n);
	}
	return DEADLINE_NEVER;
}

/* The instant at which a share of the last span's budget is used. */
static int64_t
mark_percent(const struct deadline_span *spans, size_t n, int percent,
	     const struct pause *pauses, size_t pause_n)
{
	struct deadline_span *copy;
	const struct deadline_span *last = &spans[n - 1];
	int64_t at_s;

	if (last->days == 0)
		return deadline_walk(spans, n,
				     (last->budget_s * percent + 99) / 100,
				     pauses, pause_n);
	copy = mem_new(n, sizeof *copy);
	memcpy(copy, spans, n * sizeof *copy);
	copy[n - 1].days = (last->days * percent + 99) / 100;
	at_s = deadline_chain(copy, n, pauses, pause_n);
	mem_free(copy);
	return at_s;
}

int64_t
deadline_mark(const struct deadline_span *spans, size_t n,
	      const struct deadline_mark *mark, const struct pause *pauses,
	      size_t pause_n)
{
	int64_t due_s;
	int64_t used_s;

	assert(n != 0);
	if (mark->percent != 0)
		return mark_percent(spans, n, mark->percent, pauses, pause_n);
	due_s = deadline_chain(spans, n, pauses, pause_n);
	if (due_s == DEADLINE_NEVER || (mark->left_s | mark->after_s) == 0)
		return due_s;
	used_s = deadline_chain_used(spans, n, due_s, pauses, pause_n);
	used_s += mark->after_s - mark->left_s;
	if (used_s <= 0)
		return spans[0].from_s;
	return deadline_walk(spans, n, used_s, pauses, pause_n);
}

void
deadline_chain_working(const struct deadline_span *spans, size_t n,
		       int64_t end_s, const struct pause *pauses,
		       size_t pause_n, struct working *out)
{
	struct pauses u;
	size_t i;

	memset(out, 0, sizeof *out);
	pauses_init(&u, pauses, pause_n);
	for (i = 0; i < n; i++) {
		int64_t to_s = span_end(spans, n, i);

		walk_working(spans[i].calendar, spans[i].from_s,
			     to_s < end_s ? to_s : end_s, &u, out);
	}
	pauses_release(&u);
}

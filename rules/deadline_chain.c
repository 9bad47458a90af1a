/*
 * deadline_chain: clocks whose calendar or budget changed while they ran.
 * What is used adds up over the stretches.
 */

#include <stdbool.h>

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

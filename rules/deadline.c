#include "rules/deadline.h"

#include <assert.h>
#include <string.h>

#include "rules/walk.h"

int64_t
deadline_due(const struct calendar *c, int64_t start_s, int64_t budget_s,
	     const struct pause *pauses, size_t n)
{
	int64_t due_s = DEADLINE_NEVER;
	int64_t end_s;
	struct pauses u;
	struct walk w;

	assert(budget_s >= 0);
	if (budget_s == 0)
		return start_s;
	pauses_init(&u, pauses, n);
	end_s = walk_horizon(start_s, &u);
	walk_start(&w, c, &u, start_s);
	while (w.at_s < end_s) {
		struct working_step step;

		budget_s -= walk_dates(&w, end_s, budget_s);
		if (w.at_s >= end_s)
			break;
		step = walk_next(&w, end_s);
		if (step.counted_s >= budget_s) {
			due_s = step.from_s + budget_s;
			break;
		}
		budget_s -= step.counted_s;
	}
	pauses_release(&u);
	return due_s;
}

int64_t
deadline_used(const struct calendar *c, int64_t from_s, int64_t to_s,
	      const struct pause *pauses, size_t n)
{
	int64_t used = 0;
	struct pauses u;
	struct walk w;

	if (to_s <= from_s)
		return 0;
	pauses_init(&u, pauses, n);
	walk_start(&w, c, &u, from_s);
	while (w.at_s < to_s) {
		used += walk_dates(&w, to_s, INT64_MAX);
		if (w.at_s < to_s)
			used += walk_next(&w, to_s).counted_s;
	}
	pauses_release(&u);
	return used;
}

/* --- the working ---------------------------------------------------------- */

/* May two steps be shown as one? Holidays are told apart by their dates. */
static bool
joins(const struct working_step *last, const struct working_step *step)
{
	return last->kind == step->kind && last->to_s == step->from_s &&
	       (step->kind != WORKING_HOLIDAY || last->day == step->day);
}

static void
working_add(struct working *out, const struct working_step *step)
{
	struct working_step *last =
		out->n != 0 ? &out->steps[out->n - 1] : NULL;

	out->counted_s += step->counted_s;
	if (last != NULL && out->cut == 0 && joins(last, step)) {
		last->to_s = step->to_s;
		last->counted_s += step->counted_s;
	} else if (out->n < WORKING_MAX) {
		out->steps[out->n++] = *step;
	} else {
		out->cut++;
	}
}

void
deadline_working(const struct calendar *c, int64_t start_s, int64_t end_s,
		 const struct pause *pauses, size_t n, struct working *out)
{
	struct pauses u;
	struct walk w;

	memset(out, 0, sizeof *out);
	pauses_init(&u, pauses, n);
	walk_start(&w, c, &u, start_s);
	while (w.at_s < end_s) {
		struct working_step step = walk_next(&w, end_s);

		working_add(out, &step);
	}
	pauses_release(&u);
}

const char *
working_name(enum working_kind k)
{
	static const char *const names[] = { "open", "closed", "holiday",
					     "paused" };

	return names[k];
}

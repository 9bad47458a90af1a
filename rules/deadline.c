#include "rules/deadline.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "rules/calendar.h"

#define HORIZON_S (INT64_C(1100) * DAY_S)
#define PAUSES_STACK 16

/* Pauses as one set: sorted, neither overlapping nor touching. */
struct pauses {
	struct pause few[PAUSES_STACK];
	struct pause *list;
	size_t n;
};

static int
by_from(const void *va, const void *vb)
{
	const struct pause *a = va;
	const struct pause *b = vb;

	return (a->from_s > b->from_s) - (a->from_s < b->from_s);
}

static void
pauses_init(struct pauses *u, const struct pause *p, size_t n)
{
	size_t kept = 0;
	size_t i;

	u->list = n <= PAUSES_STACK ? u->few : mem_new(n, sizeof *u->list);
	for (i = 0; i < n; i++)
		if (p[i].from_s < p[i].to_s)
			u->list[kept++] = p[i];
	if (kept > 1)
		qsort(u->list, kept, sizeof *u->list, by_from);
	u->n = 0;
	for (i = 0; i < kept; i++) {
		struct pause *last = u->n != 0 ? &u->list[u->n - 1] : NULL;

		if (last == NULL || u->list[i].from_s > last->to_s)
			u->list[u->n++] = u->list[i];
		else if (u->list[i].to_s > last->to_s)
			last->to_s = u->list[i].to_s;
	}
}

static void
pauses_release(struct pauses *u)
{
	if (u->list != u->few)
		mem_free(u->list);
}

/* Walks forward in time, one stretch of one kind at a step. */
struct walk {
	const struct calendar *c;
	const struct pauses *pauses;
	size_t pause; /* the first that is not over */
	int64_t at_s;
	int64_t run_end_s; /* the offset holds until here */
	int32_t offset;
	bool fresh;
};

static void
walk_start(struct walk *w, const struct calendar *c, const struct pauses *u,
	   int64_t at_s)
{
	memset(w, 0, sizeof *w);
	w->c = c;
	w->pauses = u;
	w->at_s = at_s;
	w->fresh = true;
}

static int64_t
floor_day(int64_t t_s)
{
	return t_s >= 0 ? t_s / DAY_S : -((-t_s + DAY_S - 1) / DAY_S);
}

/* What the calendar says at at_s, and until when at most. */
static enum working_kind
walk_label(struct walk *w, int64_t *until_s)
{
	const struct open_span *s;
	bool special;
	int64_t local;
	int64_t day;
	int32_t sec;
	int32_t end = DAY_S;
	bool open = false;
	size_t n;
	size_t i;

	if (w->fresh || w->at_s >= w->run_end_s)
		w->offset = calendar_offset(w->c, w->at_s, &w->run_end_s);
	w->fresh = false;
	local = w->at_s + w->offset;
	day = floor_day(local);
	sec = (int32_t)(local - day * DAY_S);
	s = calendar_day(w->c, day, &n, &special);
	for (i = 0; i < n; i++) {
		if (sec >= s[i].to_s)
			continue;
		open = sec >= s[i].from_s;
		end = open ? s[i].to_s : s[i].from_s;
		break;
	}
	*until_s = day * DAY_S + end - w->offset;
	if (*until_s > w->run_end_s)
		*until_s = w->run_end_s;
	if (open)
		return WORKING_OPEN;
	return special ? WORKING_HOLIDAY : WORKING_CLOSED;
}

/* One step of at least a second, at most up to end_s (> at_s). */
static struct working_step
walk_next(struct walk *w, int64_t end_s)
{
	const struct pauses *u = w->pauses;
	struct working_step step = { .from_s = w->at_s };

	while (w->pause < u->n && u->list[w->pause].to_s <= w->at_s)
		w->pause++;
	if (w->pause < u->n && u->list[w->pause].from_s <= w->at_s) {
		step.kind = WORKING_PAUSED;
		step.to_s = u->list[w->pause].to_s;
	} else {
		step.kind = walk_label(w, &step.to_s);
		if (w->pause < u->n && u->list[w->pause].from_s < step.to_s)
			step.to_s = u->list[w->pause].from_s;
	}
	if (step.to_s > end_s)
		step.to_s = end_s;
	assert(step.to_s > step.from_s);
	if (step.kind == WORKING_OPEN)
		step.counted_s = step.to_s - step.from_s;
	w->at_s = step.to_s;
	return step;
}

int64_t
deadline_due(const struct calendar *c, int64_t start_s, int64_t budget_s,
	     const struct pause *pauses, size_t n)
{
	int64_t end_s = start_s + HORIZON_S;
	int64_t due_s = DEADLINE_NEVER;
	struct pauses u;
	struct walk w;

	assert(budget_s >= 0);
	if (budget_s == 0)
		return start_s;
	pauses_init(&u, pauses, n);
	walk_start(&w, c, &u, start_s);
	while (w.at_s < end_s) {
		struct working_step step = walk_next(&w, end_s);

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
	while (w.at_s < to_s)
		used += walk_next(&w, to_s).counted_s;
	pauses_release(&u);
	return used;
}

static void
working_add(struct working *out, const struct working_step *step)
{
	struct working_step *last =
		out->n != 0 ? &out->steps[out->n - 1] : NULL;

	out->counted_s += step->counted_s;
	if (last != NULL && out->cut == 0 && last->kind == step->kind) {
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
	if (end_s <= start_s)
		return;
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

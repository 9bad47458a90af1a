#include "rules/walk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "rules/calendar.h"

static int
by_from(const void *va, const void *vb)
{
	const struct pause *a = va;
	const struct pause *b = vb;

	return (a->from_s > b->from_s) - (a->from_s < b->from_s);
}

void
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

void
pauses_release(struct pauses *u)
{
	if (u->list != u->few)
		mem_free(u->list);
}

const struct pause *
pauses_cover(const struct pauses *u, int64_t from_s, int64_t to_s)
{
	size_t lo = 0;
	size_t hi = u->n;

	/* the last that begins by from_s */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (u->list[mid].from_s <= from_s)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo != 0 && u->list[lo - 1].to_s >= to_s ? &u->list[lo - 1]
						       : NULL;
}

void
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

int64_t
walk_day(const struct calendar *c, int64_t t_s)
{
	int64_t until;

	return floor_day(t_s +
			 (c != NULL ? calendar_offset(c, t_s, &until) : 0));
}

/* The local instant, as seconds since 1970-01-01T00:00 on the wall. */
static int64_t
walk_local(struct walk *w)
{
	if (w->fresh || w->at_s >= w->run_end_s) {
		w->offset = calendar_offset(w->c, w->at_s, &w->run_end_s);
		w->spans = NULL; /* labels may have gone back */
	}
	w->fresh = false;
	return w->at_s + w->offset;
}

/* Look up the spans of a date, unless the walk is in it already. */
static void
walk_enter(struct walk *w, int64_t day)
{
	if (w->spans != NULL && w->day == day)
		return;
	w->day = day;
	w->spans = calendar_day(w->c, day, &w->span_count, &w->special);
	w->span = 0;
}

/* What the calendar says at at_s, and until when at most. */
static enum working_kind
walk_label(struct walk *w, int64_t *until_s)
{
	const struct open_span *s;
	int64_t local = walk_local(w);
	int64_t day = floor_day(local);
	int32_t sec = (int32_t)(local - day * DAY_S);
	int32_t end = DAY_S;
	bool open = false;

	walk_enter(w, day);
	while (w->span < w->span_count && sec >= w->spans[w->span].to_s)
		w->span++;
	if (w->span < w->span_count) {
		s = &w->spans[w->span];
		open = sec >= s->from_s;
		end = open ? s->to_s : s->from_s;
	}
	*until_s = day * DAY_S + end - w->offset;
	if (*until_s > w->run_end_s)
		*until_s = w->run_end_s;
	if (open)
		return WORKING_OPEN;
	return w->special ? WORKING_HOLIDAY : WORKING_CLOSED;
}

static enum working_kind
walk_always(struct walk *w, int64_t *until_s)
{
	w->day = floor_day(w->at_s);
	*until_s = (w->day + 1) * DAY_S;
	return WORKING_OPEN;
}

/* Leave pauses behind that are over. The one that holds or comes, or NULL. */
static const struct pause *
walk_pause(struct walk *w)
{
	const struct pauses *u = w->pauses;

	while (w->pause < u->n && u->list[w->pause].to_s <= w->at_s)
		w->pause++;
	return w->pause < u->n ? &u->list[w->pause] : NULL;
}

struct working_step
walk_next(struct walk *w, int64_t end_s)
{
	const struct pause *p = walk_pause(w);
	struct working_step step = { .from_s = w->at_s };

	if (p != NULL && p->from_s <= w->at_s) {
		step.kind = WORKING_PAUSED;
		step.to_s = p->to_s;
	} else {
		step.kind = w->c != NULL ? walk_label(w, &step.to_s)
					 : walk_always(w, &step.to_s);
		step.day = w->day;
		if (p != NULL && p->from_s < step.to_s)
			step.to_s = p->from_s;
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
walk_dates(struct walk *w, int64_t end_s, int64_t limit_s)
{
	const struct pause *p = walk_pause(w);
	int64_t used = 0;

	if (p != NULL && p->from_s < end_s)
		end_s = p->from_s;
	while (w->c != NULL && end_s - w->at_s >= DAY_S) {
		int64_t local = walk_local(w);
		int64_t day = floor_day(local);
		int32_t open;

		if (local != day * DAY_S || w->run_end_s - w->at_s < DAY_S)
			break;
		open = calendar_day_open(w->c, day);
		if (used + open >= limit_s)
			break;
		used += open;
		w->at_s += DAY_S;
	}
	return used;
}

int64_t
walk_horizon(int64_t start_s, const struct pauses *u)
{
	int64_t end_s = start_s + DEADLINE_HORIZON_S;
	size_t i;

	for (i = 0; i < u->n && u->list[i].from_s < end_s; i++) {
		const struct pause *p = &u->list[i];

		if (p->to_s != DEADLINE_NEVER && p->to_s > start_s)
			end_s += p->to_s -
				 (p->from_s > start_s ? p->from_s : start_s);
	}
	return end_s;
}

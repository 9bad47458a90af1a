#include "tests/unit/sla_twin.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rules/calendar.h"
#include "rules/zone.h"

#define HOUR_S 3600
#define MINUTE_S 60
#define SEEN_DATES 64

/* --- labels ---------------------------------------------------------------- */

static int32_t
libc_offset(int64_t t_s)
{
	time_t t = (time_t)t_s;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		abort();
	return (int32_t)tm.tm_gmtoff;
}

/* The first second after from_s, up to to_s, at which libc's offset is
 * another: there is one change between them. */
static int64_t
change_between(int64_t from_s, int64_t to_s)
{
	int32_t before = libc_offset(from_s);

	while (to_s - from_s > 1) {
		int64_t mid = from_s + (to_s - from_s) / 2;

		if (libc_offset(mid) == before)
			from_s = mid;
		else
			to_s = mid;
	}
	return to_s;
}

static void
add_run(struct twin *t, int64_t at_s)
{
	if (t->run_count == TWIN_RUNS)
		abort();
	t->runs[t->run_count].at_s = at_s;
	t->runs[t->run_count++].offset = libc_offset(at_s);
}

void
twin_learn(struct twin *t, const char *tz, int64_t from_s, int64_t to_s)
{
	int64_t at_s;

	if (setenv("TZ", tz, 1) != 0)
		abort();
	tzset();
	t->run_count = 0;
	t->run = 0;
	add_run(t, from_s);
	for (at_s = from_s; at_s < to_s; at_s += HOUR_S)
		if (libc_offset(at_s + HOUR_S) !=
		    t->runs[t->run_count - 1].offset)
			add_run(t, change_between(at_s, at_s + HOUR_S));
}

static int32_t
offset_at(struct twin *t, int64_t t_s)
{
	while (t->run > 0 && t->runs[t->run].at_s > t_s)
		t->run--;
	while (t->run + 1 < t->run_count && t->runs[t->run + 1].at_s <= t_s)
		t->run++;
	return t->runs[t->run].offset;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The local date that is shown at t_s, and the second of it. */
static int64_t
label(struct twin *t, int64_t t_s, int32_t *second)
{
	int64_t local = t_s + offset_at(t, t_s);
	int64_t day = floor_div(local, DAY_S);

	*second = (int32_t)(local - day * DAY_S);
	return day;
}

/* --- hours ----------------------------------------------------------------- */

static bool
in_spans(const struct twin_span *s, size_t n, int32_t second)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (second >= s[i].from_s &&
		    (second < s[i].to_s || s[i].to_s < s[i].from_s))
			return true;
	return false;
}

/* Is it in what a night shift of the day before left over? */
static bool
in_tails(const struct twin_span *s, size_t n, int32_t second)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (s[i].to_s < s[i].from_s && second < s[i].to_s)
			return true;
	return false;
}

static bool
is_open(const struct twin *t, int64_t day, int32_t second)
{
	/* 1970-01-01 was a Thursday */
	int weekday = (int)(((day + 3) % 7 + 7) % 7);
	int before = (weekday + 6) % 7;
	size_t i;

	for (i = 0; i < t->date_count; i++)
		if (t->dates[i].day == day)
			return in_spans(t->dates[i].spans, t->dates[i].n,
					second);
	return in_spans(t->week[weekday].spans, t->week[weekday].n, second) ||
	       in_tails(t->week[before].spans, t->week[before].n, second);
}

static bool
is_paused(const struct twin *t, int64_t t_s)
{
	size_t i;

	for (i = 0; i < t->pause_count; i++)
		if (t->pauses[i].from_s <= t_s && t_s < t->pauses[i].to_s)
			return true;
	return false;
}

bool
twin_counts(struct twin *t, int64_t t_s)
{
	int32_t second;
	int64_t day = label(t, t_s, &second);

	return is_open(t, day, second) && !is_paused(t, t_s);
}

/* --- walking --------------------------------------------------------------- */

static bool
inside(int64_t edge_s, int64_t from_s)
{
	return edge_s > from_s && edge_s < from_s + MINUTE_S;
}

/* May what counts change within the minute that begins at t_s? Hours last
 * whole minutes, so that they alone change once in it at most. */
static bool
changes(struct twin *t, int64_t t_s)
{
	size_t i;

	for (i = 0; i < t->pause_count; i++)
		if (inside(t->pauses[i].from_s, t_s) ||
		    inside(t->pauses[i].to_s, t_s))
			return true;
	return offset_at(t, t_s) != offset_at(t, t_s + MINUTE_S - 1) ||
	       twin_counts(t, t_s) != twin_counts(t, t_s + MINUTE_S - 1);
}

int64_t
twin_used(struct twin *t, int64_t from_s, int64_t to_s)
{
	int64_t used = 0;
	int64_t at_s = from_s;

	while (at_s < to_s) {
		if (to_s - at_s >= MINUTE_S && !changes(t, at_s)) {
			used += twin_counts(t, at_s) ? MINUTE_S : 0;
			at_s += MINUTE_S;
		} else {
			used += twin_counts(t, at_s);
			at_s++;
		}
	}
	return used;
}

int64_t
twin_due(struct twin *t, int64_t start_s, int64_t budget_s)
{
	int64_t at_s = start_s;

	while (budget_s > 0) {
		int64_t step_s = changes(t, at_s) ? 1 : MINUTE_S;

		if (at_s >= start_s + TWIN_REACH_S)
			return DEADLINE_NEVER;
		if (twin_counts(t, at_s)) {
			if (budget_s <= step_s)
				return at_s + budget_s;
			budget_s -= step_s;
		}
		at_s += step_s;
	}
	return start_s;
}

/* --- working days ------------------------------------------------------------ */

struct seen {
	int64_t day;
	bool counts;     /* a second of it */
	int64_t ended_s; /* behind its last open second; 0: none */
};

static struct seen *
seen_of(struct seen *list, size_t *n, int64_t day)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (list[i].day == day)
			return &list[i];
	if (*n == SEEN_DATES)
		abort();
	list[*n] = (struct seen){ .day = day };
	return &list[(*n)++];
}

static int
by_day(const void *va, const void *vb)
{
	const struct seen *a = va;
	const struct seen *b = vb;

	return (a->day > b->day) - (a->day < b->day);
}

/* Does the label's date, or whether it is open, change within a minute? */
static bool
hours_change(struct twin *t, int64_t t_s)
{
	int32_t first;
	int32_t last;
	int64_t day = label(t, t_s, &first);
	int64_t then = label(t, t_s + MINUTE_S - 1, &last);

	return day != then || is_open(t, day, first) != is_open(t, then, last);
}

int64_t
twin_days(struct twin *t, int64_t start_s, int days)
{
	struct seen seen[SEEN_DATES];
	int32_t second;
	int64_t first = label(t, start_s, &second);
	int64_t at_s = start_s - 3 * (int64_t)DAY_S;
	size_t n = 0;
	size_t i;

	while (at_s < start_s + TWIN_REACH_S) {
		int64_t step_s = changes(t, at_s) ? 1 : MINUTE_S;
		int64_t day = label(t, at_s, &second);
		struct seen *s = seen_of(seen, &n, day);
		bool open = is_open(t, day, second);

		/* a pause may hide where the hours end */
		if (hours_change(t, at_s))
			step_s = 1;
		s->counts = s->counts || twin_counts(t, at_s);
		if (open)
			s->ended_s = at_s + step_s;
		at_s += step_s;
	}
	qsort(seen, n, sizeof *seen, by_day);
	for (i = 0; i < n && days > 0; i++)
		if (seen[i].day > first && seen[i].counts && --days == 0)
			return seen[i].ended_s;
	return days == 0 ? start_s : DEADLINE_NEVER;
}

/* --- the same for rules/ ------------------------------------------------------ */

struct calendar *
twin_calendar(const struct twin *t, const char *name, struct zone *zone)
{
	struct calendar *c = calendar_new(name, zone);
	size_t i;
	size_t k;

	for (i = 0; i < TWIN_DAYS; i++)
		for (k = 0; k < t->week[i].n; k++)
			if (!calendar_open(c, (int)i,
					   t->week[i].spans[k].from_s,
					   t->week[i].spans[k].to_s))
				abort();
	for (i = 0; i < t->date_count; i++) {
		const struct twin_date *d = &t->dates[i];

		if (!calendar_date(c, d->day))
			abort();
		for (k = 0; k < d->n; k++)
			if (!calendar_date_open(c, d->day, d->spans[k].from_s,
						d->spans[k].to_s))
				abort();
	}
	calendar_finish(c);
	return c;
}

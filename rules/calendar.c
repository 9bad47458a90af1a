#include "rules/calendar.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "rules/deadline.h"
#include "rules/zone.h"

/* A weekday has its own spans and the ends of the day before's. */
#define WEEKDAY_SPANS (2 * CALENDAR_SPANS_MAX)

struct weekday {
	struct open_span spans[WEEKDAY_SPANS];
	size_t n;
	size_t written; /* of its own */
	int32_t open_s; /* seconds of its spans, once finished */
};

struct exception {
	int64_t day;
	struct open_span spans[CALENDAR_SPANS_MAX];
	size_t n;
	int32_t open_s;
};

struct calendar {
	char *zone_name;
	struct zone *zone;
	struct weekday week[7];
	struct exception *dates; /* sorted by day once finished */
	uint16_t *order;         /* of dates by day, until finished */
	size_t n;
	size_t cap;
	bool finished;
};

struct calendar *
calendar_new(const char *zone_name, struct zone *zone)
{
	struct calendar *c = mem_new(1, sizeof *c);

	c->zone_name = mem_strdup(zone_name);
	c->zone = zone;
	return c;
}

void
calendar_free(struct calendar **c)
{
	if (*c == NULL)
		return;
	zone_free(&(*c)->zone);
	mem_free((*c)->zone_name);
	mem_free((*c)->dates);
	mem_free((*c)->order);
	MEM_CLEAR(c);
}

const char *
calendar_zone(const struct calendar *c)
{
	return c->zone_name;
}

bool
calendar_open(struct calendar *c, int weekday, int32_t from_s, int32_t to_s)
{
	struct weekday *d = &c->week[weekday];
	struct weekday *next = &c->week[(weekday + 1) % 7];

	assert(from_s >= 0 && from_s < DAY_S && to_s >= 0 && to_s <= DAY_S);
	assert(from_s != to_s);
	if (d->written == CALENDAR_SPANS_MAX)
		return false;
	d->written++;
	d->spans[d->n].from_s = from_s;
	d->spans[d->n++].to_s = to_s > from_s ? to_s : DAY_S;
	if (to_s > 0 && to_s < from_s) {
		next->spans[next->n].from_s = 0;
		next->spans[next->n++].to_s = to_s;
	}
	return true;
}

_Static_assert(CALENDAR_DATES_MAX <= UINT16_MAX, "order holds each date");

/* The place of a date in order, where it is or would be put. */
static size_t
place(const struct calendar *c, int64_t day)
{
	size_t lo = 0;
	size_t hi = c->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->dates[c->order[mid]].day < day)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct exception *
find(const struct calendar *c, int64_t day)
{
	size_t i = place(c, day);

	if (i < c->n && c->dates[c->order[i]].day == day)
		return &c->dates[c->order[i]];
	return NULL;
}

bool
calendar_date(struct calendar *c, int64_t day)
{
	size_t i;

	if (c->n == CALENDAR_DATES_MAX || find(c, day) != NULL)
		return false;
	if (c->n == c->cap) {
		c->cap = c->cap != 0 ? c->cap * 2 : 16;
		c->dates = mem_resize(c->dates, c->cap, sizeof *c->dates);
		c->order = mem_resize(c->order, c->cap, sizeof *c->order);
	}
	i = place(c, day);
	memmove(c->order + i + 1, c->order + i, (c->n - i) * sizeof *c->order);
	c->order[i] = (uint16_t)c->n;
	memset(&c->dates[c->n], 0, sizeof *c->dates);
	c->dates[c->n++].day = day;
	return true;
}

bool
calendar_date_open(struct calendar *c, int64_t day, int32_t from_s,
		   int32_t to_s)
{
	struct exception *x = find(c, day);

	assert(x != NULL && from_s >= 0 && from_s < to_s && to_s <= DAY_S);
	if (x->n == CALENDAR_SPANS_MAX)
		return false;
	x->spans[x->n].from_s = from_s;
	x->spans[x->n++].to_s = to_s;
	return true;
}

static int
by_start(const void *va, const void *vb)
{
	const struct open_span *a = va;
	const struct open_span *b = vb;

	return (a->from_s > b->from_s) - (a->from_s < b->from_s);
}

static int
by_day(const void *va, const void *vb)
{
	const struct exception *a = va;
	const struct exception *b = vb;

	return (a->day > b->day) - (a->day < b->day);
}

static size_t
unite(struct open_span *s, size_t n)
{
	size_t kept = 0;
	size_t i;

	qsort(s, n, sizeof *s, by_start);
	for (i = 0; i < n; i++) {
		if (kept != 0 && s[i].from_s <= s[kept - 1].to_s) {
			if (s[i].to_s > s[kept - 1].to_s)
				s[kept - 1].to_s = s[i].to_s;
		} else {
			s[kept++] = s[i];
		}
	}
	return kept;
}

static int32_t
sum(const struct open_span *s, size_t n)
{
	int32_t open_s = 0;
	size_t i;

	for (i = 0; i < n; i++)
		open_s += s[i].to_s - s[i].from_s;
	return open_s;
}

void
calendar_finish(struct calendar *c)
{
	size_t i;

	for (i = 0; i < 7; i++) {
		struct weekday *d = &c->week[i];

		d->n = unite(d->spans, d->n);
		d->open_s = sum(d->spans, d->n);
	}
	for (i = 0; i < c->n; i++) {
		struct exception *x = &c->dates[i];

		x->n = unite(x->spans, x->n);
		x->open_s = sum(x->spans, x->n);
	}
	if (c->n != 0)
		qsort(c->dates, c->n, sizeof *c->dates, by_day);
	MEM_CLEAR(&c->order);
	c->finished = true;
}

bool
calendar_ever_open(const struct calendar *c)
{
	size_t i;

	for (i = 0; i < 7; i++)
		if (c->week[i].n != 0)
			return true;
	return false;
}

/* The exception of a date, or NULL. */
static const struct exception *
exception_of(const struct calendar *c, int64_t day)
{
	size_t lo = 0;
	size_t hi = c->n;

	assert(c->finished);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->dates[mid].day < day)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->n && c->dates[lo].day == day ? &c->dates[lo] : NULL;
}

static const struct weekday *
weekday_of(const struct calendar *c, int64_t day)
{
	/* 1970-01-01 was a Thursday: 3, counted from Monday */
	return &c->week[((day + 3) % 7 + 7) % 7];
}

const struct open_span *
calendar_day(const struct calendar *c, int64_t day, size_t *n_out,
	     bool *special_out)
{
	const struct exception *x = exception_of(c, day);
	const struct weekday *d = weekday_of(c, day);

	*special_out = x != NULL;
	*n_out = x != NULL ? x->n : d->n;
	return x != NULL ? x->spans : d->spans;
}

int32_t
calendar_day_open(const struct calendar *c, int64_t day)
{
	const struct exception *x = exception_of(c, day);

	return x != NULL ? x->open_s : weekday_of(c, day)->open_s;
}

const struct open_span *
calendar_week(const struct calendar *c, int weekday, size_t *n_out)
{
	*n_out = c->week[weekday].n;
	return c->week[weekday].spans;
}

int32_t
calendar_offset(const struct calendar *c, int64_t t_s, int64_t *until_out)
{
	return zone_offset(c->zone, t_s, until_out);
}

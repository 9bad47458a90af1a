/* report_times: how long answers of the period took. */

#include <stdio.h>
#include <string.h>

#include "daemon/report_p.h"

#define FIRST "first_response"
#define PERCENTS (sizeof percents / sizeof percents[0])

static const int percents[] = { 50, 80, 90, 95 };

static const char *const groups[] = { "clock", "policy",  "channel", "queue",
				      "team",  "agent",   "reason",  "hour",
				      "day",   "version", NULL };
#define TIMES(kind)                                                            \
	{ kind "_p50", "seconds" }, { kind "_p80", "seconds" },                \
		{ kind "_p90", "seconds" }, { kind "_p95", "seconds" },        \
	{                                                                      \
		kind "_mean", "seconds"                                        \
	}
static const struct report_column figures[] = { TIMES("business"),
						TIMES("calendar"),
						{ NULL, NULL } };
static const struct report_column columns[] = { { "answers", "count" },
						TIMES("business"),
						TIMES("calendar"),
						{ NULL, NULL } };

struct times {
	struct report *r;
	struct tally tally;
	struct cell all; /* of the clock that the figures are of */
};

static void
put(struct cell *c, const struct fact *f)
{
	c->count[0]++;
	if (f->used_s != FACT_NONE)
		samples_add(&c->business, f->used_s);
	samples_add(&c->calendar, f->at_s - f->since_s);
}

static bool
answered(void *arg, const struct fact *f)
{
	struct times *t = arg;
	const char *clock = t->r->filter.clock;
	char key[TALLY_KEY];
	struct cell *c;

	if (!report_look(t->r))
		return false;
	if (strcmp(f->name, clock != NULL ? clock : FIRST) == 0)
		put(&t->all, f);
	if (t->r->before)
		return true;
	report_key(t->r, f, key);
	c = tally_cell(&t->tally, key);
	if (c != NULL)
		put(c, f);
	return true;
}

static size_t
spread(struct samples *x, int64_t *out)
{
	size_t i;

	for (i = 0; i < PERCENTS; i++)
		out[i] = samples_percentile(x, percents[i]);
	out[i++] = report_mean(x->sum, (int64_t)x->n);
	return i;
}

static enum outcome
rows(struct times *t, struct err *e)
{
	int64_t values[REPORT_COLUMNS_MAX];
	enum outcome o = OUT_OK;

	tally_sort(&t->tally);
	for (size_t i = 0; o == OUT_OK && i < t->tally.n; i++) {
		struct cell *c = &t->tally.cells[i];
		size_t n = 1;

		values[0] = c->count[0];
		n += spread(&c->business, values + n);
		n += spread(&c->calendar, values + n);
		o = report_row(t->r, c->key, "answered", values, n, e);
	}
	return o;
}

static void
set_figures(struct times *t)
{
	int64_t values[REPORT_FIGURES_MAX];
	size_t business = spread(&t->all.business, values);
	size_t n = business + spread(&t->all.calendar, values + business);

	for (size_t i = 0; i < n; i++)
		report_set(t->r, i, values[i],
			   (int64_t)(i < business ? t->all.business.n
						  : t->all.calendar.n),
			   "answered");
}

static enum outcome
make(struct report *r, struct err *e)
{
	struct times t = { .r = r };
	const char *asked = r->filter.clock;
	enum outcome o;

	/* rows of several clocks at once would say nothing */
	if (asked == NULL && strcmp(r->group, "clock") != 0)
		r->filter.clock = FIRST;
	tally_init(&t.tally, REPORT_ROWS_MAX);
	o = fact_each(r->s, FACT_ANSWERED, &r->filter, answered, &t, e);
	set_figures(&t);
	if (o == OUT_OK)
		o = rows(&t, e);
	r->cut = r->cut || t.tally.cut;
	samples_release(&t.all.business);
	samples_release(&t.all.calendar);
	tally_release(&t.tally);
	return o;
}

const struct report_kind report_times = { "times", groups,     figures,
					  columns, FILTER_ALL, make };

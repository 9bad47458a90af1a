/* report_margins: how early or late answers came. */

#include "daemon/report_p.h"

#define MINUTE_S 60
#define HOUR_S 3600
#define DAY_S 86400
#define LATE_WORST "late_day"

static const char *const groups[] = { "margin", NULL };
static const struct report_column figures[] = { { "margin_p20", "seconds" },
						{ "margin_p50", "seconds" },
						{ "margin_mean", "seconds" },
						{ NULL, NULL } };
static const struct report_column columns[] = { { "answers", "count" },
						{ "share", "share" },
						{ NULL, NULL } };

/* Bands, each from its lower edge to the next; the first has none. */
static const struct {
	const char *key;
	int64_t from_s;
} bands[] = {
	{ LATE_WORST, INT64_MIN },      { "late_4h", -DAY_S },
	{ "late_1h", -4 * HOUR_S },     { "late_15m", -HOUR_S },
	{ "late", -15 * MINUTE_S },     { "early", 0 },
	{ "early_15m", 15 * MINUTE_S }, { "early_1h", HOUR_S },
	{ "early_4h", 4 * HOUR_S },     { "early_day", DAY_S },
};
#define BANDS (sizeof bands / sizeof bands[0])

struct margins {
	struct report *r;
	struct samples all;
	int64_t count[BANDS];
};

static bool
answered(void *arg, const struct fact *f)
{
	struct margins *m = arg;
	int64_t margin;
	size_t i = BANDS - 1;

	if (!report_look(m->r))
		return false;
	if (f->budget_s > 0 && f->used_s != FACT_NONE)
		margin = f->budget_s - f->used_s;
	else if (f->due_s != FACT_NONE)
		margin = f->due_s - f->at_s;
	else
		return true;
	while (margin < bands[i].from_s)
		i--;
	m->count[i]++;
	samples_add(&m->all, margin);
	return true;
}

static enum outcome
make(struct report *r, struct err *e)
{
	struct margins m = { .r = r };
	enum outcome o =
		fact_each(r->s, FACT_ANSWERED, &r->filter, answered, &m, e);
	int64_t n = (int64_t)m.all.n;

	report_set(r, 0, samples_percentile(&m.all, 20), n, "answered");
	report_set(r, 1, samples_percentile(&m.all, 50), n, "answered");
	report_set(r, 2, report_mean(m.all.sum, n), n, "answered");
	for (size_t i = 0; o == OUT_OK && i < BANDS; i++) {
		int64_t values[] = { m.count[i], report_share(m.count[i], n) };

		o = report_row(r, bands[i].key, NULL, values, 2, e);
	}
	samples_release(&m.all);
	return o;
}

const struct report_kind report_margins = { "margins", groups,     figures,
					    columns,   FILTER_ALL, make };

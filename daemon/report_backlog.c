/*
 * report_backlog: what came, what went, what is left. What waited at an
 * instant is what waits now, without what came since and with what went
 * since: each incident comes and goes in turn, so counts are exact.
 */

#include <stdlib.h>
#include <string.h>

#include "daemon/report_p.h"
#include "daemon/store/report.h"

#define HOUR_S 3600
#define DAY_S 86400

enum {
	IN,
	OUT,
	AFTER
};

static const char *const groups[] = { "day", "age", NULL };
static const struct report_column figures[] = {
	{ "before", "count" }, { "in", "count" },         { "out", "count" },
	{ "after", "count" },  { "oldest_s", "seconds" }, { NULL, NULL }
};
static const struct report_column columns[] = { { "in", "count" },
						{ "out", "count" },
						{ "after", "count" },
						{ NULL, NULL } };

/* Bands of age, each under its edge; the last has none. */
static const struct {
	const char *key;
	int64_t under_s;
} bands[] = {
	{ "1h", HOUR_S },       { "4h", 4 * HOUR_S }, { "1d", DAY_S },
	{ "3d", 3 * DAY_S },    { "7d", 7 * DAY_S },  { "30d", 30 * DAY_S },
	{ "older", INT64_MAX },
};
#define BANDS (sizeof bands / sizeof bands[0])

struct backlog {
	struct report *r;
	struct tally tally; /* of days */
	int64_t end_s;      /* of the period, or now */
	int64_t sum[OUT + 1];
	/* when incidents were received: those that wait now or went since the
	 * end, and those of them that came since */
	struct samples more;
	struct samples less;
	int64_t oldest_s;
	int64_t waited;
	int64_t band[BANDS];
};

static bool
waits(void *arg, int64_t created_s)
{
	struct backlog *b = arg;

	samples_add(&b->more, created_s);
	return report_look(b->r);
}

static bool
flow(struct backlog *b, const struct fact *f, int what)
{
	char key[TALLY_KEY];
	struct cell *c;

	if (!report_look(b->r))
		return false;
	if (f->at_s >= b->end_s) {
		samples_add(what == IN ? &b->less : &b->more, f->since_s);
		return true;
	}
	b->sum[what]++;
	report_day(b->r, f->at_s, key);
	c = tally_cell(&b->tally, key);
	if (c != NULL)
		c->count[what]++;
	return true;
}

static bool
came(void *arg, const struct fact *f)
{
	return flow(arg, f, IN);
}

static bool
went(void *arg, const struct fact *f)
{
	return flow(arg, f, OUT);
}

static enum outcome
gather(struct backlog *b, struct err *e)
{
	struct report *r = b->r;
	struct fact_filter q = r->filter;
	enum outcome o = report_waiting(r->s, q.channel, waits, b, e);

	q.until_s = INT64_MAX;
	if (o == OUT_OK)
		o = fact_each(r->s, FACT_OPENED, &q, came, b, e);
	if (o == OUT_OK)
		o = fact_each(r->s, FACT_IN, &q, came, b, e);
	if (o == OUT_OK)
		o = fact_each(r->s, FACT_OUT, &q, went, b, e);
	return o;
}

static void
wait_one(struct backlog *b, int64_t created_s)
{
	int64_t age = b->end_s - created_s;
	size_t i = 0;

	while (age >= bands[i].under_s)
		i++;
	b->band[i]++;
	b->waited++;
	if (age > b->oldest_s || b->oldest_s == REPORT_UNKNOWN)
		b->oldest_s = age;
}

/* What is in one and not in the other. */
static void
settle(struct backlog *b)
{
	size_t k = 0;

	b->oldest_s = REPORT_UNKNOWN;
	/* orders them */
	(void)samples_percentile(&b->more, 100);
	(void)samples_percentile(&b->less, 100);
	for (size_t i = 0; i < b->more.n; i++) {
		while (k < b->less.n && b->less.at[k] < b->more.at[i])
			k++;
		if (k < b->less.n && b->less.at[k] == b->more.at[i])
			k++;
		else
			wait_one(b, b->more.at[i]);
	}
}

/* Every day of the period, for what waits goes on where nothing happens. */
static enum outcome
days(struct backlog *b, int64_t before, struct err *e)
{
	struct report *r = b->r;
	int64_t day = report_local(r, r->filter.since_s) / DAY_S;
	int64_t last = report_local(r, b->end_s - 1) / DAY_S;
	enum outcome o = OUT_OK;

	for (; o == OUT_OK && day <= last && !r->cut; day++) {
		int64_t values[AFTER + 1] = { 0 };
		const struct cell *c;
		char key[TALLY_KEY];

		report_date(day, key);
		c = tally_cell(&b->tally, key);
		if (c == NULL)
			break;
		values[IN] = c->count[IN];
		values[OUT] = c->count[OUT];
		before += values[IN] - values[OUT];
		values[AFTER] = before;
		o = report_row(r, key, "came", values, AFTER + 1, e);
	}
	return o;
}

static enum outcome
ages(struct backlog *b, struct err *e)
{
	enum outcome o = OUT_OK;

	for (size_t i = 0; o == OUT_OK && i < BANDS; i++) {
		int64_t values[] = { REPORT_UNKNOWN, REPORT_UNKNOWN,
				     b->band[i] };

		o = report_row(b->r, bands[i].key, NULL, values, AFTER + 1, e);
	}
	return o;
}

static enum outcome
make(struct report *r, struct err *e)
{
	struct backlog b = { .r = r, .end_s = r->filter.until_s };
	int64_t before;
	enum outcome o;

	if (b.end_s > r->q->now_s + 1)
		b.end_s = r->q->now_s + 1;
	tally_init(&b.tally, REPORT_ROWS_MAX);
	o = gather(&b, e);
	settle(&b);
	before = b.waited - b.sum[IN] + b.sum[OUT];
	report_set(r, 0, before, before, NULL);
	report_set(r, 1, b.sum[IN], b.sum[IN], "came");
	report_set(r, 2, b.sum[OUT], b.sum[OUT], "out");
	report_set(r, 3, b.waited, b.waited, NULL);
	report_set(r, 4, b.oldest_s, b.waited, NULL);
	if (o == OUT_OK)
		o = strcmp(r->group, "day") == 0 ? days(&b, before, e)
						 : ages(&b, e);
	r->cut = r->cut || b.tally.cut;
	samples_release(&b.more);
	samples_release(&b.less);
	tally_release(&b.tally);
	return o;
}

const struct report_kind report_backlog = { "backlog", groups,         figures,
					    columns,   FILTER_CHANNEL, make };

/* report_promises: how many promises of the period were kept. */

#include "daemon/report_p.h"

enum {
	MET,
	BROKEN,
	LATE
};

static const char *const groups[] = { "clock", "policy",  "channel", "queue",
				      "team",  "agent",   "reason",  "hour",
				      "day",   "version", NULL };
static const struct report_column figures[] = { { "compliance", "share" },
						{ "met", "count" },
						{ "breached", "count" },
						{ "late_applied", "count" },
						{ NULL, NULL } };
static const struct report_column columns[] = { { "met", "count" },
						{ "breached", "count" },
						{ "compliance", "share" },
						{ "late_applied", "count" },
						{ NULL, NULL } };

struct promises {
	struct report *r;
	struct tally tally;
	int64_t sum[LATE + 1];
};

static bool
count(struct promises *p, const struct fact *f, int what)
{
	char key[TALLY_KEY];
	struct cell *c;

	if (!report_look(p->r))
		return false;
	p->sum[what]++;
	report_key(p->r, f, key);
	c = tally_cell(&p->tally, key);
	if (c != NULL)
		c->count[what]++;
	return true;
}

static bool
met(void *arg, const struct fact *f)
{
	return count(arg, f, MET);
}

static bool
broken(void *arg, const struct fact *f)
{
	return count(arg, f, f->late ? LATE : BROKEN);
}

static enum outcome
rows(struct promises *p, struct err *e)
{
	enum outcome o = OUT_OK;

	tally_sort(&p->tally);
	for (size_t i = 0; o == OUT_OK && i < p->tally.n; i++) {
		const struct cell *c = &p->tally.cells[i];
		int64_t judged = c->count[MET] + c->count[BROKEN];
		int64_t values[] = { c->count[MET], c->count[BROKEN],
				     report_share(c->count[MET], judged),
				     c->count[LATE] };

		o = report_row(p->r, c->key, "broken", values,
			       sizeof values / sizeof values[0], e);
	}
	return o;
}

static enum outcome
make(struct report *r, struct err *e)
{
	struct promises p = { .r = r };
	int64_t judged;
	enum outcome o;

	tally_init(&p.tally, REPORT_ROWS_MAX);
	o = fact_each(r->s, FACT_MET, &r->filter, met, &p, e);
	if (o == OUT_OK)
		o = fact_each(r->s, FACT_BROKEN, &r->filter, broken, &p, e);
	if (o == OUT_OK)
		o = fact_each_overdue(r->s, r->q->now_s, &r->filter, broken, &p,
				      e);
	if (o == OUT_OK) {
		judged = p.sum[MET] + p.sum[BROKEN];
		report_set(r, 0, report_share(p.sum[MET], judged), judged,
			   "broken");
		report_set(r, 1, p.sum[MET], judged, "met");
		report_set(r, 2, p.sum[BROKEN], judged, "broken");
		report_set(r, 3, p.sum[LATE], p.sum[LATE], "late");
		o = rows(&p, e);
	}
	r->cut = r->cut || p.tally.cut;
	tally_release(&p.tally);
	return o;
}

const struct report_kind report_promises = { "promises", groups,     figures,
					     columns,    FILTER_ALL, make };

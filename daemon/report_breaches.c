/* report_breaches: why promises of the period were broken. */

#include <string.h>

#include "daemon/report_p.h"

enum {
	BROKEN,
	SECONDS,
	SAID
};

static const char *const groups[] = { "cause", "clock", "policy",  "channel",
				      "queue", "team",  "agent",   "reason",
				      "hour",  "day",   "version", NULL };
static const struct report_column figures[] = { { "breached", "count" },
						{ "cause_s", "seconds" },
						{ NULL, NULL } };
static const struct report_column columns[] = { { "breached", "count" },
						{ "share", "share" },
						{ "cause_s", "seconds" },
						{ "said", "count" },
						{ NULL, NULL } };

struct breaches {
	struct report *r;
	struct tally tally;
	int64_t sum[SAID + 1];
};

static void
put(int64_t *count, const struct fact *f)
{
	count[BROKEN]++;
	count[SAID] += f->said;
	if (f->cause_s != FACT_NONE)
		count[SECONDS] += f->cause_s;
}

static bool
broken(void *arg, const struct fact *f)
{
	struct breaches *b = arg;
	char key[TALLY_KEY];
	struct cell *c;

	if (!report_look(b->r))
		return false;
	put(b->sum, f);
	report_key(b->r, f, key);
	c = tally_cell(&b->tally, key);
	if (c != NULL)
		put(c->count, f);
	return true;
}

static enum outcome
rows(struct breaches *b, struct err *e)
{
	enum outcome o = OUT_OK;

	tally_sort(&b->tally);
	for (size_t i = 0; o == OUT_OK && i < b->tally.n; i++) {
		const struct cell *c = &b->tally.cells[i];
		int64_t values[] = { c->count[BROKEN],
				     report_share(c->count[BROKEN],
						  b->sum[BROKEN]),
				     c->count[SECONDS], c->count[SAID] };

		o = report_row(b->r, c->key, "breach", values,
			       sizeof values / sizeof values[0], e);
	}
	return o;
}

static enum outcome
make(struct report *r, struct err *e)
{
	struct breaches b = { .r = r };
	enum outcome o;

	tally_init(&b.tally, REPORT_ROWS_MAX);
	o = fact_each_breach(r->s, &r->filter, broken, &b, e);
	report_set(r, 0, b.sum[BROKEN], b.sum[BROKEN], "breach");
	report_set(r, 1, b.sum[SECONDS], b.sum[BROKEN], "breach");
	if (o == OUT_OK)
		o = rows(&b, e);
	r->cut = r->cut || b.tally.cut;
	tally_release(&b.tally);
	return o;
}

const struct report_kind report_breaches = { "breaches", groups,     figures,
					     columns,    FILTER_ALL, make };

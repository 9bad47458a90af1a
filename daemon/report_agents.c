/* report_agents: what each agent did; no ranking. */

#include <stdio.h>
#include <string.h>

#include "daemon/report_p.h"
#include "daemon/store/report.h"

enum {
	ANSWERS,
	MET,
	BROKEN,
	OUTS,
	AWAY
};

static const char *const groups[] = { "agent", NULL };
static const struct report_column figures[] = { { "answers", "count" },
						{ "outs", "count" },
						{ NULL, NULL } };
static const struct report_column columns[] = { { "answers", "count" },
						{ "business_p50", "seconds" },
						{ "business_p80", "seconds" },
						{ "calendar_p50", "seconds" },
						{ "calendar_p80", "seconds" },
						{ "met", "count" },
						{ "breached", "count" },
						{ "compliance", "share" },
						{ "outs", "count" },
						{ "away_s", "seconds" },
						{ NULL, NULL } };

struct agents {
	struct report *r;
	struct tally tally;
	int64_t answers;
	int64_t outs;
};

static struct cell *
cell_of(struct agents *a, int64_t agent_id)
{
	char key[TALLY_KEY];

	if (agent_id == 0)
		return NULL;
	(void)snprintf(key, sizeof key, "%lld", (long long)agent_id);
	return tally_cell(&a->tally, key);
}

static bool
bump(struct agents *a, const struct fact *f, int what)
{
	struct cell *c;

	if (!report_look(a->r))
		return false;
	c = cell_of(a, f->agent_id);
	if (c != NULL)
		c->count[what]++;
	return true;
}

static bool
answered(void *arg, const struct fact *f)
{
	struct agents *a = arg;
	struct cell *c = cell_of(a, f->agent_id);

	if (!report_look(a->r))
		return false;
	if (c == NULL || !report_reply(f))
		return true;
	a->answers++;
	c->count[ANSWERS]++;
	if (f->used_s != FACT_NONE)
		samples_add(&c->business, f->used_s);
	samples_add(&c->calendar, f->at_s - f->since_s);
	return true;
}

static bool
met(void *arg, const struct fact *f)
{
	return bump(arg, f, MET);
}

static bool
broken(void *arg, const struct fact *f)
{
	return f->late ? report_look(((struct agents *)arg)->r)
		       : bump(arg, f, BROKEN);
}

static bool
out(void *arg, const struct fact *f)
{
	struct agents *a = arg;

	a->outs += f->agent_id != 0;
	return bump(a, f, OUTS);
}

static void
away(void *arg, int64_t agent_id, int64_t seconds)
{
	struct agents *a = arg;
	struct cell *c = cell_of(a, agent_id);

	if (c != NULL)
		c->count[AWAY] += seconds;
}

static enum outcome
gather(struct agents *a, struct err *e)
{
	static const struct {
		enum fact_kind kind;
		fact_fn *fn;
	} reads[] = {
		{ FACT_ANSWERED, answered },
		{ FACT_MET, met },
		{ FACT_BROKEN, broken },
		{ FACT_OUT, out },
	};
	struct report *r = a->r;
	int64_t until_s = r->filter.until_s;
	enum outcome o = OUT_OK;

	for (size_t i = 0; o == OUT_OK && i < sizeof reads / sizeof reads[0];
	     i++)
		o = fact_each(r->s, reads[i].kind, &r->filter, reads[i].fn, a,
			      e);
	if (o == OUT_OK)
		o = fact_each_overdue(r->s, r->q->now_s, &r->filter, broken, a,
				      e);
	if (until_s > r->q->now_s)
		until_s = r->q->now_s;
	if (o == OUT_OK && until_s > r->filter.since_s)
		o = report_away(r->s, r->filter.since_s, until_s,
				r->filter.agent_id, away, a, e);
	return o;
}

static enum outcome
row(struct report *r, struct cell *c, struct err *e)
{
	int64_t judged = c->count[MET] + c->count[BROKEN];
	int64_t values[] = { c->count[ANSWERS],
			     samples_percentile(&c->business, 50),
			     samples_percentile(&c->business, 80),
			     samples_percentile(&c->calendar, 50),
			     samples_percentile(&c->calendar, 80),
			     c->count[MET],
			     c->count[BROKEN],
			     report_share(c->count[MET], judged),
			     c->count[OUTS],
			     c->count[AWAY] };

	return report_row(r, c->key, "replies", values,
			  sizeof values / sizeof values[0], e);
}

static enum outcome
make(struct report *r, struct err *e)
{
	struct agents a = { .r = r };
	enum outcome o;

	tally_init(&a.tally, REPORT_ROWS_MAX);
	o = gather(&a, e);
	report_set(r, 0, a.answers, a.answers, "replies");
	report_set(r, 1, a.outs, a.outs, "out");
	tally_sort(&a.tally);
	for (size_t i = 0; o == OUT_OK && i < a.tally.n; i++)
		o = row(r, &a.tally.cells[i], e);
	r->cut = r->cut || a.tally.cut;
	tally_release(&a.tally);
	return o;
}

const struct report_kind report_agents = { "agents",
					   groups,
					   figures,
					   columns,
					   FILTER_CHANNEL | FILTER_QUEUE |
						   FILTER_TEAM | FILTER_REASON |
						   FILTER_AGENT,
					   make };

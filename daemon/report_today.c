/* report_today: how the desk stands, and its day so far by half hours. */

#include "daemon/report_p.h"
#include "daemon/store/report.h"

enum {
	CONTACTS,
	ANSWERS,
	MET,
	BROKEN
};

static const char *const groups[] = { "half_hour", NULL };
static const struct report_column figures[] = { { "active", "count" },
						{ "overdue", "count" },
						{ "risk", "count" },
						{ "due_hour", "count" },
						{ "unassigned", "count" },
						{ "waiting_chats", "count" },
						{ "contacts", "count" },
						{ "answers", "count" },
						{ "agents_active", "count" },
						{ "agents_away", "count" },
						{ NULL, NULL } };
static const struct report_column columns[] = { { "contacts", "count" },
						{ "answers", "count" },
						{ "met", "count" },
						{ "breached", "count" },
						{ NULL, NULL } };

struct today {
	struct report *r;
	struct tally tally;
	int64_t sum[BROKEN + 1];
};

static bool
count(struct today *t, const struct fact *f, int what)
{
	char key[TALLY_KEY];
	struct cell *c;

	if (!report_look(t->r))
		return false;
	t->sum[what]++;
	report_key(t->r, f, key);
	c = tally_cell(&t->tally, key);
	if (c != NULL)
		c->count[what]++;
	return true;
}

static bool
contact(void *arg, const struct fact *f)
{
	return count(arg, f, CONTACTS);
}

static bool
answered(void *arg, const struct fact *f)
{
	if (!report_reply(f))
		return report_look(((struct today *)arg)->r);
	return count(arg, f, ANSWERS);
}

static bool
met(void *arg, const struct fact *f)
{
	return count(arg, f, MET);
}

static bool
broken(void *arg, const struct fact *f)
{
	return f->late ? report_look(((struct today *)arg)->r)
		       : count(arg, f, BROKEN);
}

static enum outcome
gather(struct today *t, struct err *e)
{
	static const struct {
		enum fact_kind kind;
		fact_fn *fn;
	} reads[] = {
		{ FACT_OPENED, contact },    { FACT_CONTACT, contact },
		{ FACT_ANSWERED, answered }, { FACT_MET, met },
		{ FACT_BROKEN, broken },
	};
	struct report *r = t->r;
	enum outcome o = OUT_OK;

	for (size_t i = 0; o == OUT_OK && i < sizeof reads / sizeof reads[0];
	     i++)
		o = fact_each(r->s, reads[i].kind, &r->filter, reads[i].fn, t,
			      e);
	if (o == OUT_OK)
		o = fact_each_overdue(r->s, r->q->now_s, &r->filter, broken, t,
				      e);
	return o;
}

static enum outcome
set_figures(struct today *t, struct err *e)
{
	struct report *r = t->r;
	struct report_desk d;
	enum outcome o =
		report_desk(r->s, &r->filter, r->q->now_s * 1000, &d, e);

	if (o != OUT_OK)
		return o;
	report_set(r, 0, d.active, d.active, "/incidents");
	report_set(r, 1, d.overdue, d.active, "/incidents?due=over");
	report_set(r, 2, d.risk, d.active, "/incidents?due=risk");
	report_set(r, 3, d.due_hour, d.active, "/incidents");
	report_set(r, 4, d.unassigned, d.active, "/incidents?view=unassigned");
	report_set(r, 5, d.waiting_chats, d.active, "/incidents");
	report_set(r, 6, t->sum[CONTACTS], t->sum[CONTACTS], "contacts");
	report_set(r, 7, t->sum[ANSWERS], t->sum[ANSWERS], "replies");
	report_set(r, 8, d.agents_active, d.agents_active, NULL);
	report_set(r, 9, d.agents_away, d.agents_active, NULL);
	return OUT_OK;
}

static enum outcome
make(struct report *r, struct err *e)
{
	struct today t = { .r = r };
	enum outcome o;

	tally_init(&t.tally, REPORT_ROWS_MAX);
	o = gather(&t, e);
	if (o == OUT_OK)
		o = set_figures(&t, e);
	tally_sort(&t.tally);
	for (size_t i = 0; o == OUT_OK && i < t.tally.n; i++)
		o = report_row(r, t.tally.cells[i].key, NULL,
			       t.tally.cells[i].count, BROKEN + 1, e);
	tally_release(&t.tally);
	return o;
}

const struct report_kind report_today = { "today",
					  groups,
					  figures,
					  columns,
					  FILTER_CHANNEL | FILTER_QUEUE |
						  FILTER_TEAM | FILTER_REASON |
						  FILTER_AGENT |
						  REPORT_OF_TODAY,
					  make };

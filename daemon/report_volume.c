/* report_volume: contacts as they were taken in. */

#include "daemon/report_p.h"

enum {
	CONTACTS,
	OPENED
};

static const char *const groups[] = { "hour", "day",    "channel", "queue",
				      "team", "reason", NULL };
static const struct report_column figures[] = { { "contacts", "count" },
						{ "opened", "count" },
						{ NULL, NULL } };

struct volume {
	struct report *r;
	struct tally tally;
	int64_t sum[OPENED + 1];
};

static bool
count(struct volume *v, const struct fact *f, bool opened)
{
	char key[TALLY_KEY];
	struct cell *c;

	if (!report_look(v->r))
		return false;
	v->sum[CONTACTS]++;
	v->sum[OPENED] += opened;
	report_key(v->r, f, key);
	c = tally_cell(&v->tally, key);
	if (c != NULL) {
		c->count[CONTACTS]++;
		c->count[OPENED] += opened;
	}
	return true;
}

static bool
first(void *arg, const struct fact *f)
{
	return count(arg, f, true);
}

static bool
another(void *arg, const struct fact *f)
{
	return count(arg, f, false);
}

static enum outcome
make(struct report *r, struct err *e)
{
	struct volume v = { .r = r };
	enum outcome o;

	tally_init(&v.tally, REPORT_ROWS_MAX);
	o = fact_each(r->s, FACT_OPENED, &r->filter, first, &v, e);
	if (o == OUT_OK)
		o = fact_each(r->s, FACT_CONTACT, &r->filter, another, &v, e);
	report_set(r, 0, v.sum[CONTACTS], v.sum[CONTACTS], "contacts");
	report_set(r, 1, v.sum[OPENED], v.sum[CONTACTS], "opened");
	tally_sort(&v.tally);
	for (size_t i = 0; o == OUT_OK && i < v.tally.n; i++)
		o = report_row(r, v.tally.cells[i].key, "contacts",
			       v.tally.cells[i].count, OPENED + 1, e);
	r->cut = r->cut || v.tally.cut;
	tally_release(&v.tally);
	return o;
}

const struct report_kind report_volume = { "volume",
					   groups,
					   figures,
					   figures,
					   FILTER_CHANNEL | FILTER_QUEUE |
						   FILTER_TEAM | FILTER_REASON,
					   make };

/* report_kept: answer times that customers were told, and what came of them. */

#include "daemon/report_p.h"
#include "daemon/store/report.h"

enum {
	TOLD,
	KEPT,
	NOT_KEPT
};

static const char *const groups[] = { "channel", "queue", "basis",
				      "day",     "hour",  NULL };
static const struct report_column figures[] = { { "share", "share" },
						{ "told", "count" },
						{ "kept", "count" },
						{ "not_kept", "count" },
						{ NULL, NULL } };
static const struct report_column columns[] = { { "told", "count" },
						{ "kept", "count" },
						{ "not_kept", "count" },
						{ "share", "share" },
						{ NULL, NULL } };

struct kept {
	struct report *r;
	struct tally tally;
	int64_t sum[NOT_KEPT + 1];
};

static void
put(const struct kept *k, int64_t *count, const struct report_told *t)
{
	count[TOLD]++;
	if (t->judged)
		count[t->kept ? KEPT : NOT_KEPT]++;
	else if (t->by_s < k->r->q->now_s)
		count[NOT_KEPT]++;
}

static bool
told(void *arg, const struct report_told *t)
{
	struct kept *k = arg;
	struct fact f = { .at_s = t->by_s,
			  .channel = t->channel,
			  .queue = t->queue,
			  .name = t->basis };
	char key[TALLY_KEY];
	struct cell *c;

	if (!report_look(k->r))
		return false;
	put(k, k->sum, t);
	report_key(k->r, &f, key);
	c = tally_cell(&k->tally, key);
	if (c != NULL)
		put(k, c->count, t);
	return true;
}

static int64_t
share(const int64_t *count)
{
	return report_share(count[KEPT], count[KEPT] + count[NOT_KEPT]);
}

static enum outcome
make(struct report *r, struct err *e)
{
	struct kept k = { .r = r };
	enum outcome o;

	tally_init(&k.tally, REPORT_ROWS_MAX);
	o = report_told(r->s, &r->filter, told, &k, e);
	report_set(r, 0, share(k.sum), k.sum[KEPT] + k.sum[NOT_KEPT], NULL);
	for (size_t i = TOLD; i <= NOT_KEPT; i++)
		report_set(r, 1 + i, k.sum[i], k.sum[TOLD], NULL);
	tally_sort(&k.tally);
	for (size_t i = 0; o == OUT_OK && i < k.tally.n; i++) {
		const int64_t *n = k.tally.cells[i].count;
		int64_t values[] = { n[TOLD], n[KEPT], n[NOT_KEPT], share(n) };

		o = report_row(r, k.tally.cells[i].key, NULL, values,
			       sizeof values / sizeof values[0], e);
	}
	r->cut = r->cut || k.tally.cut;
	tally_release(&k.tally);
	return o;
}

const struct report_kind report_kept = {
	"kept", groups, figures, columns, FILTER_CHANNEL | FILTER_QUEUE, make
};

/*
 * m_backtest: book.test: a desk book on the messages of the past.
 *
 * Everything is done on the worker's thread; the turn only lets the response
 * go.
 */

#include "daemon/backtest.h"
#include "daemon/base/clock.h"
#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/m_book.h"
#include "daemon/param.h"
#include "daemon/settings.h"
#include "daemon/store/row.h"
#include "rules/book.h"

#define LIMIT_DEFAULT 100
#define MS_MIN 100

/* Named by the generated table of handlers. */
prepare_fn p_book_test;
method_fn m_book_test;

struct asker {
	const struct desk *d;
	const struct request *rq;
};

static bool
gone(void *arg)
{
	const struct asker *a = arg;

	return engine_stopping(a->d) || engine_asker_gone(a->rq);
}

/* The span of time and the ceiling of rows. */
static enum outcome
read_span(const struct request *rq, struct backtest *t, struct err *e)
{
	int64_t limit = param_int(rq, "limit", LIMIT_DEFAULT);
	int64_t max_ms = param_int(rq, "max_ms", BACKTEST_MS);

	if (limit < 0 || limit > BACKTEST_ROWS_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'limit' is not from 0 to %d",
				BACKTEST_ROWS_MAX);
	if (max_ms < MS_MIN || max_ms > BACKTEST_MS)
		return err_code(e, OUT_PERM, "bad_params",
				"'max_ms' is not from %d to %d", MS_MIN,
				BACKTEST_MS);
	t->limit = (int)limit;
	t->budget_ms = max_ms;
	t->until_ms = INT64_MAX;
	if (!clock_parse(param_str(rq, "since"), &t->since_ms) ||
	    (param_given(rq, "until") &&
	     !clock_parse(param_str(rq, "until"), &t->until_ms)))
		return err_code(e, OUT_PERM, "bad_params",
				"'since' or 'until' is not an instant");
	return OUT_OK;
}

enum outcome
p_book_test(struct desk *d, struct request *rq, struct err *e)
{
	struct asker who = { .d = d, .rq = rq };
	struct backtest t = { .dir = d->settings->data_dir,
			      .stop = gone,
			      .arg = &who };
	struct book *applied;
	struct book *b = NULL;
	int64_t version = 0;
	enum outcome o = read_span(rq, &t, e);

	if (o != OUT_OK)
		return o;
	applied = desk_book(d, &version);
	if (param_given(rq, "text"))
		o = book_of_text(rq, false, &b, e);
	else
		b = book_ref(applied);
	t.book = b;
	t.applied = applied;
	if (o == OUT_OK)
		o = backtest_run(&t, &rq->result, e);
	if (o == OUT_OK)
		result_set(rq, "version", json_integer(version));
	book_unref(&b);
	book_unref(&applied);
	return o;
}

enum outcome
m_book_test(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	(void)d;
	(void)s;
	(void)rq;
	(void)e;
	return OUT_OK;
}

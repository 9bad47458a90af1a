/* m_report: reports, as staff and programs ask for them. */

#include "daemon/base/clock.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/report.h"
#include "daemon/store/fact.h"
#include "rules/book.h"

/* Named by the generated table of handlers. */
method_fn m_report_list;
method_fn m_report_get;

enum outcome
m_report_list(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	(void)d;
	(void)s;
	(void)e;
	result_set(rq, "reports", report_catalogue());
	return OUT_OK;
}

/* An instant, in whole seconds: what is asked from or before a fraction of a
 * second on is asked from or before the next one. */
static int64_t
second(const struct request *rq, const char *name)
{
	int64_t ms = 0;

	(void)clock_parse(param_str(rq, name), &ms);
	return (ms + 999) / 1000;
}

static enum outcome
query_of(const struct request *rq, struct report_query *q, struct err *e)
{
	const char *compare = param_str(rq, "compare");
	int64_t agent = param_int(rq, "agent", 0);

	*q = (struct report_query){ .report = param_str(rq, "report"),
				    .since_s = second(rq, "since"),
				    .until_s = second(rq, "until"),
				    .zone = param_str(rq, "zone"),
				    .group = param_str(rq, "group"),
				    .clock = param_str(rq, "clock"),
				    .policy = param_str(rq, "policy"),
				    .channel = param_str(rq, "channel"),
				    .queue = param_str(rq, "queue"),
				    .team = param_str(rq, "team"),
				    .reason = param_str(rq, "reason"),
				    .agent_id = agent,
				    .now_s = rq->now_ms / 1000 };
	if (agent == 0 && param_given(rq, "agent"))
		q->agent_id = FACT_NOBODY;
	if (compare != NULL)
		q->compare = report_compare_parse(compare);
	if (q->compare == REPORT_COMPARES)
		return err_code(e, OUT_PERM, "bad_params",
				"'compare' is none of none, previous, year");
	return OUT_OK;
}

enum outcome
m_report_get(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct report_query q;
	struct book *b;
	int64_t version;
	enum outcome o = query_of(rq, &q, e);

	if (o != OUT_OK)
		return o;
	b = desk_book(d, &version);
	q.book = b;
	o = report_make(s, &q, &rq->result, e);
	book_unref(&b);
	return o;
}

/* fact_read: facts of a kind, of some time, with some filters. */

#include "daemon/store/fact.h"
#include "daemon/store/sql.h"

/* The comparison of a text that may not be asked for. */
#define FITS(column, n) " AND ($" #n " IS NULL OR " column " = $" #n ")"

static const struct sql q_each = {
	"read facts",
	"SELECT at_s, event, incident_id, channel, queue, team, reason, "
	"agent_id, since_s, opened, clock_id, name, policy, book_version, "
	"due_s, budget_s, used_s, late FROM fact "
	"WHERE kind = $1 AND at_s >= $2 AND at_s < $3" FITS("name", 4) FITS(
		"policy", 5) FITS("channel", 6) FITS("queue", 7) FITS("team", 8)
		FITS("reason", 9)
			FITS("ifnull(agent_id, 0)", 10) " ORDER BY at_s, event"
};
static const struct sql q_overdue = {
	"read deadlines that just passed",
	"SELECT c.due_s, 0, i.id, i.channel, i.queue, i.team, i.reason, "
	"i.assignee_id, c.start_s, 0, c.id, c.name, c.policy, c.book_version, "
	"c.due_s, c.budget_s, NULL, c.late FROM clock c "
	"JOIN incident i ON i.id = c.incident_id "
	"WHERE c.state = 'running' AND c.breached = 0 AND c.paused = 0 "
	"AND c.due_s < $1 AND c.due_s >= $2 AND c.due_s < $3" FITS("c.name", 4)
		FITS("c.policy", 5) FITS("i.channel", 6) FITS(
			"i.queue", 7) FITS("i.team", 8) FITS("i.reason", 9)
			FITS("ifnull(i.assignee_id, 0)", 10) " ORDER BY c.due_s"
};

static void
bind(sqlite3_stmt *st, const struct fact_filter *q)
{
	sql_set_int(st, 2, q->since_s);
	sql_set_int(st, 3, q->until_s);
	sql_set_str(st, 4, q->clock);
	sql_set_str(st, 5, q->policy);
	sql_set_str(st, 6, q->channel);
	sql_set_str(st, 7, q->queue);
	sql_set_str(st, 8, q->team);
	sql_set_str(st, 9, q->reason);
	if (q->agent_id == FACT_NOBODY)
		sql_set_int(st, 10, 0);
	else
		sql_set_id(st, 10, q->agent_id);
}

static int64_t
number_or_none(sqlite3_stmt *st, int i)
{
	return sql_get_null(st, i) ? FACT_NONE : sql_get_int(st, i);
}

static void
read_row(sqlite3_stmt *st, struct fact *f)
{
	f->at_s = sql_get_int(st, 0);
	f->event = sql_get_int(st, 1);
	f->incident_id = sql_get_int(st, 2);
	f->channel = sql_get_text(st, 3);
	f->queue = sql_get_text(st, 4);
	f->team = sql_get_text(st, 5);
	f->reason = sql_get_text(st, 6);
	f->agent_id = sql_get_int(st, 7);
	f->since_s = sql_get_int(st, 8);
	f->opened = sql_get_int(st, 9) != 0;
	f->clock_id = sql_get_int(st, 10);
	if (f->clock_id == 0)
		return;
	f->name = sql_get_text(st, 11);
	f->policy = sql_get_text(st, 12);
	f->book_version = sql_get_int(st, 13);
	f->due_s = number_or_none(st, 14);
	f->budget_s = sql_get_int(st, 15);
	f->used_s = number_or_none(st, 16);
	f->late = sql_get_int(st, 17) != 0;
}

static enum outcome
each(struct store *s, sqlite3_stmt *st, fact_fn *fn, void *arg, struct err *e)
{
	bool row = false;
	enum outcome o;

	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		struct fact f = { .name = "",
				  .policy = "",
				  .used_s = FACT_NONE,
				  .due_s = FACT_NONE };

		read_row(st, &f);
		if (!fn(arg, &f))
			break;
	}
	sql_reset(st);
	return o;
}

enum outcome
fact_each(struct store *s, enum fact_kind k, const struct fact_filter *q,
	  fact_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_each);

	sql_set_str(st, 1, fact_name(k));
	bind(st, q);
	return each(s, st, fn, arg, e);
}

enum outcome
fact_each_overdue(struct store *s, int64_t now_s, const struct fact_filter *q,
		  fact_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_overdue);

	sql_set_int(st, 1, now_s);
	bind(st, q);
	return each(s, st, fn, arg, e);
}

/* fact_read: facts of a kind, of some time, with some filters. */

#include "daemon/store/fact.h"
#include "daemon/store/sql.h"

/* The comparison of what may not be asked for. */
#define FITS(column, n) " AND ($" #n " IS NULL OR " column " = $" #n ")"
#define FITS_ALL                                                               \
	FITS("f.name", 4)                                                      \
	FITS("f.policy", 5)                                                    \
	FITS("f.channel", 6)                                                   \
	FITS("f.queue", 7)                                                     \
	FITS("f.team", 8)                                                      \
	FITS("f.reason", 9)                                                    \
	FITS("ifnull(f.agent_id, 0)", 10)
#define COLUMNS                                                                \
	"f.at_s, f.event, f.incident_id, f.channel, f.queue, f.team, "         \
	"f.reason, f.agent_id, f.since_s, f.clock_id, f.name, f.policy, "      \
	"f.book_version, f.due_s, f.budget_s, f.used_s, f.late"
#define OF_PERIOD "f.kind = $1 AND f.at_s >= $2 AND f.at_s < $3"

static const struct sql q_each = { "read facts",
				   "SELECT " COLUMNS " FROM fact f "
				   "WHERE " OF_PERIOD FITS_ALL
				   " ORDER BY f.at_s, f.event" };
static const struct sql q_breach = {
	"read facts with their causes",
	"SELECT " COLUMNS ", CASE WHEN b.said_cause <> '' THEN b.said_cause "
	"ELSE b.cause END, b.said_cause <> '', b.cause_s FROM fact f "
	"LEFT JOIN breach b ON b.clock_id = f.clock_id "
	"WHERE " OF_PERIOD FITS_ALL " ORDER BY f.at_s, f.event"
};
static const struct sql q_overdue = {
	"read deadlines that just passed",
	"SELECT " COLUMNS " FROM (SELECT c.due_s AS at_s, 0 AS event, "
	"c.incident_id, i.channel, i.queue, i.team, i.reason, "
	"i.assignee_id AS agent_id, c.start_s AS since_s, c.id AS clock_id, "
	"c.name, c.policy, c.book_version, c.due_s, c.budget_s, "
	"NULL AS used_s, c.late FROM clock c JOIN incident i "
	"ON i.id = c.incident_id WHERE c.state = 'running' "
	"AND c.breached = 0 AND c.paused = 0 AND c.due_s < $1 "
	"AND c.due_s >= $2 AND c.due_s < $3) f WHERE 1" FITS_ALL
	" ORDER BY f.at_s"
};

enum {
	COLUMN_CLOCK = 9,
	COLUMN_CAUSE = 17
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
read_clock(sqlite3_stmt *st, int i, struct fact *f)
{
	f->clock_id = sql_get_int(st, i);
	if (f->clock_id == 0)
		return;
	f->name = sql_get_text(st, i + 1);
	f->policy = sql_get_text(st, i + 2);
	f->book_version = sql_get_int(st, i + 3);
	f->due_s = number_or_none(st, i + 4);
	f->budget_s = sql_get_int(st, i + 5);
	f->used_s = number_or_none(st, i + 6);
	f->late = sql_get_int(st, i + 7) != 0;
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
	read_clock(st, COLUMN_CLOCK, f);
}

static void
read_cause(sqlite3_stmt *st, struct fact *f)
{
	f->cause = sql_get_text(st, COLUMN_CAUSE);
	f->said = sql_get_int(st, COLUMN_CAUSE + 1) != 0;
	f->cause_s = number_or_none(st, COLUMN_CAUSE + 2);
}

static enum outcome
each(struct store *s, sqlite3_stmt *st, bool causes, fact_fn *fn, void *arg,
     struct err *e)
{
	bool row = false;
	enum outcome o;

	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		struct fact f = { .name = "",
				  .policy = "",
				  .cause = "",
				  .due_s = FACT_NONE,
				  .used_s = FACT_NONE,
				  .cause_s = FACT_NONE };

		read_row(st, &f);
		if (causes)
			read_cause(st, &f);
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
	return each(s, st, false, fn, arg, e);
}

enum outcome
fact_each_breach(struct store *s, const struct fact_filter *q, fact_fn *fn,
		 void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_breach);

	sql_set_str(st, 1, fact_name(FACT_BROKEN));
	bind(st, q);
	return each(s, st, true, fn, arg, e);
}

enum outcome
fact_each_overdue(struct store *s, int64_t now_s, const struct fact_filter *q,
		  fact_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_overdue);

	sql_set_int(st, 1, now_s);
	bind(st, q);
	return each(s, st, false, fn, arg, e);
}

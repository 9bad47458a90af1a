#include "daemon/store/clock.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

_Static_assert(CLOCK_NEVER == DEADLINE_NEVER, "one word for never");

static const struct sql q_add = {
	"start a clock",
	"INSERT INTO clock (incident_id, name, policy, calendar, "
	"book_version, state, start_s, budget_s, days, due_s, late, rule, "
	"priority) VALUES ($1, $2, $3, $4, $5, 'running', $6, $7, $8, $9, "
	"$10, $11, $12)"
};
#define CLOCK_COLUMNS                                                          \
	"id, incident_id, name, state, due_s, breached, paused, late, "        \
	"start_s, ended_s, cause, priority, book_version, policy, calendar, "  \
	"budget_s, days"
static const struct sql q_load = { "read a clock",
				   "SELECT " CLOCK_COLUMNS
				   " FROM clock WHERE id = $1" };
static const struct sql q_running = {
	"list running clocks",
	"SELECT " CLOCK_COLUMNS " FROM clock WHERE incident_id = $1 "
	"AND state = 'running' ORDER BY id LIMIT $2"
};
static const struct sql q_newest = { "find the newest clock of a name",
				     "SELECT " CLOCK_COLUMNS
				     " FROM clock WHERE incident_id = $1 "
				     "AND name = $2 ORDER BY id DESC LIMIT 1" };
static const struct sql q_by_message = {
	"list clocks of an answer",
	"SELECT " CLOCK_COLUMNS " FROM clock WHERE incident_id = (SELECT "
	"incident_id FROM message WHERE id = $1) AND message_id = $1 "
	"AND state = 'fulfilled' ORDER BY id LIMIT $2"
};
static const struct sql q_rule = {
	"find which rule chose a policy",
	"SELECT rule FROM clock WHERE incident_id = $1 AND policy = $2 "
	"ORDER BY id DESC LIMIT 1"
};
static const struct sql q_end = {
	"end a clock",
	"UPDATE clock SET state = $2, ended_s = $3, message_id = $4, "
	"cause = $5, used_s = $6 WHERE id = $1 AND state = 'running'"
};
static const struct sql q_reopen = {
	"reopen a clock",
	"UPDATE clock SET state = 'running', ended_s = NULL, "
	"message_id = NULL, cause = '', used_s = NULL, due_s = $2 "
	"WHERE id = $1 AND state = 'fulfilled'"
};
static const struct sql q_overdue = {
	"list clocks past their deadline",
	"SELECT id FROM clock WHERE state = 'running' AND breached = 0 "
	"AND paused = 0 AND due_s < $1 ORDER BY due_s LIMIT $2"
};
static const struct sql q_next = {
	"find the next deadline",
	"SELECT min(due_s) FROM clock WHERE state = 'running' "
	"AND breached = 0 AND paused = 0 AND due_s IS NOT NULL"
};

enum outcome
clock_add(struct store *s, const struct clock_new *c, int64_t *id_out,
	  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);
	enum outcome o;

	sql_set_int(st, 1, c->incident_id);
	sql_set_str(st, 2, c->name);
	sql_set_str(st, 3, c->policy);
	sql_set_str(st, 4, c->calendar);
	sql_set_int(st, 5, c->book_version);
	sql_set_int(st, 6, c->start_s);
	sql_set_int(st, 7, c->budget_s);
	sql_set_int(st, 8, c->days);
	if (c->due_s != CLOCK_NEVER)
		sql_set_int(st, 9, c->due_s);
	sql_set_int(st, 10, c->late);
	sql_set_str(st, 11, c->rule);
	sql_set_str(st, 12, c->priority);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		*id_out = sql_last_id(s);
	return o;
}

static enum clock_state
state_of(const char *s)
{
	if (strcmp(s, "running") == 0)
		return CLOCK_RUNNING;
	return strcmp(s, "fulfilled") == 0 ? CLOCK_FULFILLED : CLOCK_CANCELLED;
}

/* Terms in five columns from `from` on. */
static void
terms_read(sqlite3_stmt *st, int from, struct course_terms *t)
{
	t->book_version = sql_get_int(st, from);
	(void)snprintf(t->policy, sizeof t->policy, "%s",
		       sql_get_text(st, from + 1));
	(void)snprintf(t->calendar, sizeof t->calendar, "%s",
		       sql_get_text(st, from + 2));
	t->budget_s = sql_get_int(st, from + 3);
	t->days = sql_get_int(st, from + 4);
}

static void
clock_read(sqlite3_stmt *st, struct clock_row *c)
{
	c->id = sql_get_int(st, 0);
	c->incident_id = sql_get_int(st, 1);
	(void)snprintf(c->name, sizeof c->name, "%s", sql_get_text(st, 2));
	c->state = state_of(sql_get_text(st, 3));
	c->due_s = sql_get_null(st, 4) ? CLOCK_NEVER : sql_get_int(st, 4);
	c->breached = sql_get_int(st, 5) != 0;
	c->paused = sql_get_int(st, 6) != 0;
	c->late = sql_get_int(st, 7) != 0;
	c->start_s = sql_get_int(st, 8);
	c->ended_s = sql_get_int(st, 9);
	(void)snprintf(c->cause, sizeof c->cause, "%s", sql_get_text(st, 10));
	(void)snprintf(c->priority, sizeof c->priority, "%s",
		       sql_get_text(st, 11));
	terms_read(st, 12, &c->terms);
}

static enum outcome
clock_rows(struct store *s, sqlite3_stmt *st, int max, struct clock_row *out,
	   int *n_out, struct err *e)
{
	bool row = true;
	enum outcome o = OUT_OK;
	int n = 0;

	while (n < max && (o = sql_row(s, st, &row, e)) == OUT_OK && row)
		clock_read(st, &out[n++]);
	sql_reset(st);
	*n_out = n;
	return o;
}

enum outcome
clock_load(struct store *s, int64_t id, struct clock_row *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_load);
	int n = 0;
	enum outcome o;

	sql_set_int(st, 1, id);
	o = clock_rows(s, st, 1, out, &n, e);
	if (o == OUT_OK && n == 0)
		return err_code(e, OUT_PERM, "not_found", "no such clock: %lld",
				(long long)id);
	return o;
}

enum outcome
clock_running(struct store *s, int64_t incident_id, struct clock_row *out,
	      int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_running);

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, CLOCKS_RUNNING_MAX);
	return clock_rows(s, st, CLOCKS_RUNNING_MAX, out, n_out, e);
}

enum outcome
clock_newest(struct store *s, int64_t incident_id, const char *name,
	     struct clock_row *out, int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_newest);

	sql_set_int(st, 1, incident_id);
	sql_set_str(st, 2, name);
	return clock_rows(s, st, 1, out, n_out, e);
}

enum outcome
clock_fulfilled_by(struct store *s, int64_t message_id, struct clock_row *out,
		   int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_by_message);

	sql_set_int(st, 1, message_id);
	sql_set_int(st, 2, CLOCKS_RUNNING_MAX);
	return clock_rows(s, st, CLOCKS_RUNNING_MAX, out, n_out, e);
}

enum outcome
clock_rule(struct store *s, int64_t incident_id, const char *policy, char **out,
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_rule);
	bool row = false;
	enum outcome o;

	*out = NULL;
	sql_set_int(st, 1, incident_id);
	sql_set_str(st, 2, policy);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK)
		*out = mem_strdup(row ? sql_get_text(st, 0) : "");
	sql_reset(st);
	return o;
}

enum outcome
clock_end(struct store *s, int64_t id, const struct clock_end *x, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_end);

	sql_set_int(st, 1, id);
	sql_set_str(st, 2, x->fulfilled ? "fulfilled" : "cancelled");
	sql_set_int(st, 3, x->ended_s);
	sql_set_id(st, 4, x->message_id);
	sql_set_str(st, 5, x->cause);
	if (x->used_s != CLOCK_USED_UNKNOWN)
		sql_set_int(st, 6, x->used_s);
	return sql_done(s, st, e);
}

enum outcome
clock_reopen(struct store *s, int64_t id, int64_t due_s, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_reopen);

	sql_set_int(st, 1, id);
	if (due_s != CLOCK_NEVER)
		sql_set_int(st, 2, due_s);
	return sql_done(s, st, e);
}

enum outcome
clock_overdue(struct store *s, int64_t now_s, int max, int64_t *ids, int *n_out,
	      struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_overdue);

	sql_set_int(st, 1, now_s);
	sql_set_int(st, 2, max);
	return row_ids(s, st, max, ids, n_out, e);
}

enum outcome
clock_next(struct store *s, int64_t *due_s_out, struct err *e)
{
	*due_s_out = INT64_MAX;
	return row_lower(s, sql_stmt(s, &q_next), due_s_out, e);
}

/* --- its course ------------------------------------------------------------- */

static const struct sql q_spans = {
	"read a clock's spans",
	"SELECT from_s, book_version, policy, calendar, budget_s, days "
	"FROM clock_span WHERE clock_id = $1 ORDER BY number"
};
static const struct sql q_pauses = {
	"read a clock's pauses",
	"SELECT from_s, to_s, cause FROM clock_pause WHERE clock_id = $1 "
	"ORDER BY number"
};
static const struct sql q_spans_drop = {
	"drop a clock's spans", "DELETE FROM clock_span WHERE clock_id = $1"
};
static const struct sql q_span_add = {
	"add a clock's span",
	"INSERT INTO clock_span (clock_id, number, from_s, book_version, "
	"policy, calendar, budget_s, days) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
};
static const struct sql q_pause_put = {
	"write a clock's pause",
	"INSERT INTO clock_pause (clock_id, number, from_s, to_s, cause) "
	"VALUES ($1, $2, $3, $4, $5) "
	"ON CONFLICT (clock_id, number) DO UPDATE SET to_s = excluded.to_s"
};
static const struct sql q_course = {
	"write a clock's course",
	"UPDATE clock SET start_s = $2, due_s = $3, paused = $4, "
	"book_version = $5, policy = $6, calendar = $7, budget_s = $8, "
	"days = $9 WHERE id = $1"
};
static const struct sql q_terms = {
	"write what moved a clock",
	"UPDATE clock SET priority = $2, rule = coalesce($3, rule), "
	"late = $4 WHERE id = $1"
};

static enum outcome
spans_read(struct store *s, int64_t id, struct course *c, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_spans);
	bool row = true;
	bool fits = true;
	enum outcome o = OUT_OK;

	sql_set_int(st, 1, id);
	while (fits && (o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		struct course_terms t;

		terms_read(st, 1, &t);
		fits = course_move(c, sql_get_int(st, 0), &t);
	}
	sql_reset(st);
	return o;
}

static enum outcome
pauses_read(struct store *s, int64_t id, struct course *c, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_pauses);
	bool row = true;
	bool fits = true;
	enum outcome o = OUT_OK;

	sql_set_int(st, 1, id);
	while (fits && (o = sql_row(s, st, &row, e)) == OUT_OK && row)
		fits = course_pause(c, sql_get_int(st, 0),
				    sql_get_null(st, 1) ? DEADLINE_NEVER
							: sql_get_int(st, 1),
				    sql_get_text(st, 2));
	sql_reset(st);
	return o;
}

enum outcome
clock_course(struct store *s, const struct clock_row *c, struct course *out,
	     struct err *e)
{
	enum outcome o;

	/* a clock that never moved has no spans: the row says what holds */
	course_init(out, c->start_s, &c->terms);
	o = spans_read(s, c->id, out, e);
	return o == OUT_OK ? pauses_read(s, c->id, out, e) : o;
}

static enum outcome
span_add(struct store *s, int64_t id, size_t number,
	 const struct course_span *x, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_span_add);

	sql_set_int(st, 1, id);
	sql_set_int(st, 2, (int64_t)number);
	sql_set_int(st, 3, x->from_s);
	sql_set_int(st, 4, x->terms.book_version);
	sql_set_str(st, 5, x->terms.policy);
	sql_set_str(st, 6, x->terms.calendar);
	sql_set_int(st, 7, x->terms.budget_s);
	sql_set_int(st, 8, x->terms.days);
	return sql_done(s, st, e);
}

static enum outcome
spans_write(struct store *s, int64_t id, const struct course *c, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_spans_drop);
	enum outcome o;
	size_t i;

	sql_set_int(st, 1, id);
	o = sql_done(s, st, e);
	for (i = 0; o == OUT_OK && c->span_count > 1 && i < c->span_count; i++)
		o = span_add(s, id, i + 1, &c->spans[i], e);
	return o;
}

static enum outcome
pauses_write(struct store *s, int64_t id, const struct course *c, struct err *e)
{
	/* those before were lifted, and change no more */
	size_t i = c->pause_count > 2 ? c->pause_count - 2 : 0;
	enum outcome o = OUT_OK;

	for (; o == OUT_OK && i < c->pause_count; i++) {
		sqlite3_stmt *st = sql_stmt(s, &q_pause_put);

		sql_set_int(st, 1, id);
		sql_set_int(st, 2, (int64_t)i + 1);
		sql_set_int(st, 3, c->pauses[i].from_s);
		if (c->pauses[i].to_s != DEADLINE_NEVER)
			sql_set_int(st, 4, c->pauses[i].to_s);
		sql_set_str(st, 5, c->pauses[i].cause);
		o = sql_done(s, st, e);
	}
	return o;
}

enum outcome
clock_put_course(struct store *s, int64_t id, const struct course *c,
		 int64_t due_s, struct err *e)
{
	const struct course_terms *t = &c->spans[c->span_count - 1].terms;
	sqlite3_stmt *st;
	enum outcome o = spans_write(s, id, c, e);

	if (o == OUT_OK)
		o = pauses_write(s, id, c, e);
	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_course);
	sql_set_int(st, 1, id);
	sql_set_int(st, 2, c->start_s);
	if (due_s != CLOCK_NEVER)
		sql_set_int(st, 3, due_s);
	sql_set_int(st, 4, course_paused(c));
	sql_set_int(st, 5, t->book_version);
	sql_set_str(st, 6, t->policy);
	sql_set_str(st, 7, t->calendar);
	sql_set_int(st, 8, t->budget_s);
	sql_set_int(st, 9, t->days);
	return sql_done(s, st, e);
}

enum outcome
clock_put_terms(struct store *s, int64_t id, const char *priority,
		const char *rule, bool late, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_terms);

	sql_set_int(st, 1, id);
	sql_set_str(st, 2, priority);
	sql_set_str(st, 3, rule);
	sql_set_int(st, 4, late);
	return sql_done(s, st, e);
}

/* --- walks -------------------------------------------------------------------- */

static const struct sql q_walk_add = {
	"plan to move clocks",
	"INSERT INTO clock_walk (cause, book_version, anew, from_s) "
	"VALUES ($1, $2, $3, $4)"
};
static const struct sql q_walk_first = {
	"read which clocks are to be moved",
	"SELECT id, cause, book_version, anew, from_s, after_id "
	"FROM clock_walk ORDER BY id LIMIT 1"
};
static const struct sql q_walk_next = {
	"list clocks that are to be moved",
	"SELECT id FROM clock WHERE state = 'running' AND breached = 0 "
	"AND id > $1 AND ($2 IS NULL OR book_version < $2) "
	"ORDER BY id LIMIT $3"
};
static const struct sql q_walk_put = {
	"note which clocks were moved",
	"UPDATE clock_walk SET after_id = $2 WHERE id = $1"
};
static const struct sql q_walk_done = {
	"end a walk over clocks", "DELETE FROM clock_walk WHERE id = $1"
};

enum outcome
clock_walk_add(struct store *s, const struct clock_walk *w, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_walk_add);

	sql_set_str(st, 1, w->cause == CLOCK_WALK_BOOK ? "book" : "zone");
	sql_set_id(st, 2, w->book_version);
	sql_set_int(st, 3, w->anew);
	sql_set_int(st, 4, w->from_s);
	return sql_done(s, st, e);
}

enum outcome
clock_walk_first(struct store *s, struct clock_walk *out, bool *found_out,
		 struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_walk_first);
	enum outcome o = sql_row(s, st, found_out, e);

	if (o != OUT_OK || !*found_out)
		return o;
	out->id = sql_get_int(st, 0);
	out->cause = strcmp(sql_get_text(st, 1), "book") == 0 ? CLOCK_WALK_BOOK
							      : CLOCK_WALK_ZONE;
	out->book_version = sql_get_int(st, 2);
	out->anew = sql_get_int(st, 3) != 0;
	out->from_s = sql_get_int(st, 4);
	out->after_id = sql_get_int(st, 5);
	sql_reset(st);
	return OUT_OK;
}

enum outcome
clock_walk_next(struct store *s, const struct clock_walk *w, int max,
		int64_t *ids, int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_walk_next);

	sql_set_int(st, 1, w->after_id);
	sql_set_id(st, 2, w->book_version);
	sql_set_int(st, 3, max);
	return row_ids(s, st, max, ids, n_out, e);
}

enum outcome
clock_walk_put(struct store *s, int64_t id, int64_t after_id, struct err *e)
{
	return row_change(s, &q_walk_put, id, after_id, e);
}

enum outcome
clock_walk_done(struct store *s, int64_t id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_walk_done);

	sql_set_int(st, 1, id);
	return sql_done(s, st, e);
}

#include "daemon/store/breach.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

/* As a manager said, else as it was found. */
#define CAUSE "CASE WHEN b.said_cause <> '' THEN b.said_cause ELSE b.cause END"

/* Bound by filter(): the first ten parameters of both lists. */
#define FROM_FILTERED                                                          \
	"FROM breach b JOIN clock c ON c.id = b.clock_id "                     \
	"WHERE b.at_s >= $1 AND b.at_s < $2 "                                  \
	"AND ($3 IS NULL OR c.name = $3) "                                     \
	"AND ($4 IS NULL OR c.policy = $4) "                                   \
	"AND ($5 IS NULL OR b.channel = $5) "                                  \
	"AND ($6 IS NULL OR b.queue = $6) "                                    \
	"AND ($7 IS NULL OR b.team = $7) "                                     \
	"AND ($8 IS NULL OR b.reason = $8) "                                   \
	"AND ($9 IS NULL OR " CAUSE " = $9) "                                  \
	"AND ($10 IS NULL OR b.agent_id = $10) "

#define BREACH_COLUMNS                                                         \
	"c.id, b.incident_id, c.name, c.policy, c.book_version, "              \
	"c.budget_s, c.start_s, b.at_s, c.ended_s, c.state, c.used_s, "        \
	"b.found_ms, b.late, c.late, b.agent_id, "                             \
	"(SELECT name FROM agent WHERE id = b.agent_id), i.assignee_id, "      \
	"(SELECT name FROM agent WHERE id = i.assignee_id), b.queue, b.team, " \
	"b.channel, b.reason, " CAUSE ", b.cause, b.cause_s, "                 \
	"b.cause_agent_id, "                                                   \
	"(SELECT name FROM agent WHERE id = b.cause_agent_id), b.said_by, "    \
	"(SELECT name FROM agent WHERE id = b.said_by), b.said_ms, "           \
	"b.said_message_id, "                                                  \
	"(SELECT subject FROM message WHERE incident_id = b.incident_id "      \
	"AND number = 1), "                                                    \
	"(SELECT name FROM customer WHERE id = i.customer_id), c.rule, c.days "

static const struct sql q_add = {
	"add a breach",
	"INSERT INTO breach (clock_id, incident_id, at_s, found_ms, late, "
	"agent_id, queue, team, channel, reason, cause, cause_s, "
	"cause_agent_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
	"$11, $12, $13)"
};
static const struct sql q_mark = { "mark a clock breached",
				   "UPDATE clock SET breached = 1 "
				   "WHERE id = $1" };
static const struct sql q_incident = {
	"find the incident of a breach",
	"SELECT incident_id FROM breach WHERE clock_id = $1"
};
static const struct sql q_say = {
	"say the cause of a breach",
	"UPDATE breach SET said_cause = $2, said_by = $3, said_ms = $4, "
	"said_message_id = $5 WHERE clock_id = $1"
};
static const struct sql q_list = {
	"list breaches",
	"SELECT " BREACH_COLUMNS "FROM (SELECT b.clock_id AS id " FROM_FILTERED
	"AND (b.at_s, b.clock_id) < ($11, $12) "
	"ORDER BY b.at_s DESC, b.clock_id DESC LIMIT $13) page "
	"JOIN breach b ON b.clock_id = page.id "
	"JOIN clock c ON c.id = page.id "
	"JOIN incident i ON i.id = b.incident_id "
	"ORDER BY b.at_s DESC, b.clock_id DESC"
};
static const struct sql q_view = {
	"read a breach",
	"SELECT " BREACH_COLUMNS "FROM breach b "
	"JOIN clock c ON c.id = b.clock_id "
	"JOIN incident i ON i.id = b.incident_id WHERE b.clock_id = $1"
};
static const struct sql q_counts = {
	"count breaches by cause",
	"SELECT cause, count(*), sum(seconds) FROM (SELECT " CAUSE " AS cause, "
	"ifnull(b.cause_s, 0) AS seconds " FROM_FILTERED
	"ORDER BY b.at_s DESC, b.clock_id DESC LIMIT $11) "
	"GROUP BY cause ORDER BY 2 DESC, cause"
};
static const struct sql q_opened = {
	"note who opened an incident",
	"INSERT INTO incident_seen (incident_id, agent_id, at_ms) "
	"VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
};

/* --- writing ------------------------------------------------------------------ */

enum outcome
breach_add(struct store *s, const struct breach_new *b, struct err *e)
{
	const struct cause *c = b->cause;
	sqlite3_stmt *st = sql_stmt(s, &q_add);
	enum outcome o;

	sql_set_int(st, 1, b->clock_id);
	sql_set_int(st, 2, b->incident_id);
	sql_set_int(st, 3, b->at_s);
	sql_set_int(st, 4, b->found_ms);
	sql_set_int(st, 5, b->late);
	sql_set_id(st, 6, c->owner_id);
	sql_set_str(st, 7, c->queue);
	sql_set_str(st, 8, c->team);
	sql_set_str(st, 9, c->channel);
	sql_set_str(st, 10, c->reason);
	sql_set_str(st, 11, c->code);
	sql_set_int(st, 12, c->seconds);
	sql_set_id(st, 13, c->agent_id);
	o = sql_done(s, st, e);
	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_mark);
	sql_set_int(st, 1, b->clock_id);
	return sql_done(s, st, e);
}

enum outcome
breach_incident(struct store *s, int64_t clock_id, int64_t *incident_id_out,
		struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_incident);
	enum outcome o;

	sql_set_int(st, 1, clock_id);
	o = row_number(s, st, incident_id_out, e);
	if (o == OUT_OK && *incident_id_out == 0)
		return err_code(e, OUT_PERM, "not_found",
				"clock %lld has no breach",
				(long long)clock_id);
	return o;
}

enum outcome
breach_say(struct store *s, int64_t clock_id, const char *code,
	   int64_t agent_id, int64_t message_id, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_say);

	sql_set_int(st, 1, clock_id);
	sql_set_str(st, 2, code);
	sql_set_id(st, 3, agent_id);
	sql_set_int(st, 4, now_ms);
	sql_set_int(st, 5, message_id);
	return sql_done(s, st, e);
}

enum outcome
breach_opened(struct store *s, int64_t incident_id, int64_t agent_id,
	      int64_t now_ms, bool *first_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_opened);
	enum outcome o;

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, agent_id);
	sql_set_int(st, 3, now_ms);
	o = sql_done(s, st, e);
	*first_out = o == OUT_OK && sql_changes(s) > 0;
	return o;
}

/* --- reading ------------------------------------------------------------------ */

static json_t *
agent_at(sqlite3_stmt *st, int at)
{
	json_t *o;

	if (sql_get_null(st, at))
		return json_null();
	o = json_object();
	row_set(o, "id", sql_json_int(st, at));
	row_set(o, "name", row_str(st, at + 1));
	return o;
}

/* Seconds used beyond the budget, of a clock that ended; a promise of days has
 * none. */
static json_t *
over_at(sqlite3_stmt *st, int used, int budget, int days)
{
	if (sql_get_null(st, used) || sql_get_int(st, days) > 0)
		return json_null();
	return json_integer(sql_get_int(st, used) - sql_get_int(st, budget));
}

static json_t *
days_at(sqlite3_stmt *st, int i)
{
	return sql_get_int(st, i) > 0 ? sql_json_int(st, i) : json_null();
}

static json_t *
ref_at(sqlite3_stmt *st, int i)
{
	return json_sprintf("P-%lld", (long long)sql_get_int(st, i));
}

static json_t *
breach_object(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "clock", sql_json_int(st, 0));
	row_set(o, "incident", sql_json_int(st, 1));
	row_set(o, "ref", ref_at(st, 1));
	row_set(o, "name", row_str(st, 2));
	row_set(o, "policy", row_str(st, 3));
	row_set(o, "book_version", sql_json_int(st, 4));
	row_set(o, "rule", row_str(st, 33));
	row_set(o, "budget_s", sql_json_int(st, 5));
	row_set(o, "days", days_at(st, 34));
	row_set(o, "start_at", row_s(st, 6));
	row_set(o, "at", row_s(st, 7));
	row_set(o, "ended_at", row_s(st, 8));
	row_set(o, "state", row_str(st, 9));
	row_set(o, "over_s", over_at(st, 10, 5, 34));
	row_set(o, "found_at", sql_json_ms(st, 11));
	row_set(o, "late", row_bool(st, 12));
	row_set(o, "late_applied", row_bool(st, 13));
	row_set(o, "agent", agent_at(st, 14));
	row_set(o, "agent_now", agent_at(st, 16));
	row_set(o, "queue", row_str(st, 18));
	row_set(o, "team", row_str(st, 19));
	row_set(o, "channel", row_str(st, 20));
	row_set(o, "reason", row_str(st, 21));
	row_set(o, "cause", row_str(st, 22));
	row_set(o, "found_cause", row_str(st, 23));
	row_set(o, "cause_s", sql_json_int(st, 24));
	row_set(o, "cause_agent", agent_at(st, 25));
	row_set(o, "said_by", agent_at(st, 27));
	row_set(o, "said_at", sql_json_ms(st, 29));
	row_set(o, "said_message", sql_json_int(st, 30));
	row_set(o, "subject", row_str(st, 31));
	row_set(o, "customer", row_str(st, 32));
	return o;
}

static void
filter(sqlite3_stmt *st, const struct breach_query *q)
{
	sql_set_int(st, 1, q->since_s);
	sql_set_int(st, 2, q->until_s);
	sql_set_str(st, 3, q->clock);
	sql_set_str(st, 4, q->policy);
	sql_set_str(st, 5, q->channel);
	sql_set_str(st, 6, q->queue);
	sql_set_str(st, 7, q->team);
	sql_set_str(st, 8, q->reason);
	sql_set_str(st, 9, q->cause);
	sql_set_id(st, 10, q->agent_id);
}

/* A cursor is the deadline and the clock of a page's last row. */
static bool
cursor_read(const char *s, int64_t *at_s, int64_t *clock_id)
{
	char *end;

	*at_s = INT64_MAX;
	*clock_id = INT64_MAX;
	if (s == NULL)
		return true;
	*at_s = strtoll(s, &end, 10);
	if (end == s || *end != '.')
		return false;
	s = end + 1;
	*clock_id = strtoll(s, &end, 10);
	return end != s && *end == '\0';
}

enum outcome
breach_list(struct store *s, const struct breach_query *q, json_t **out,
	    char next_out[BREACH_CURSOR_MAX], struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_list);
	int64_t last_s = 0;
	int64_t last_id = 0;
	int64_t at_s;
	int64_t clock_id;
	bool row = false;
	int n = 0;
	enum outcome o = OUT_OK;

	next_out[0] = '\0';
	if (!cursor_read(q->before, &at_s, &clock_id))
		return err_code(e, OUT_PERM, "bad_params",
				"'before' is not the \"next\" of a page");
	*out = json_array();
	filter(st, q);
	sql_set_int(st, 11, at_s);
	sql_set_int(st, 12, clock_id);
	sql_set_int(st, 13, q->limit + 1);
	while (n <= q->limit && (o = sql_row(s, st, &row, e)) == OUT_OK &&
	       row) {
		if (n++ == q->limit) {
			(void)snprintf(next_out, BREACH_CURSOR_MAX, "%lld.%lld",
				       (long long)last_s, (long long)last_id);
			break;
		}
		last_id = sql_get_int(st, 0);
		last_s = sql_get_int(st, 7);
		(void)json_array_append_new(*out, breach_object(st));
	}
	sql_reset(st);
	if (o != OUT_OK) {
		json_decref(*out);
		*out = NULL;
	}
	return o;
}

enum outcome
breach_view(struct store *s, int64_t clock_id, json_t **out, struct err *e)
{
	enum outcome o =
		row_one_of(s, &q_view, clock_id, breach_object, out, e);

	if (o == OUT_OK && *out == NULL)
		return err_code(e, OUT_PERM, "not_found",
				"clock %lld has no breach",
				(long long)clock_id);
	return o;
}

static json_t *
count_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "cause", row_str(st, 0));
	row_set(o, "count", sql_json_int(st, 1));
	row_set(o, "seconds", sql_json_int(st, 2));
	return o;
}

enum outcome
breach_counts(struct store *s, const struct breach_query *q, json_t **out,
	      bool *cut_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_counts);
	json_int_t sum = 0;
	const json_t *x;
	size_t i;
	enum outcome o;

	filter(st, q);
	sql_set_int(st, 11, BREACH_COUNT_MAX);
	o = row_list(s, st, count_of, out, e);
	if (o != OUT_OK)
		return o;
	json_array_foreach(*out, i, x) sum +=
		json_integer_value(json_object_get(x, "count"));
	*cut_out = sum >= BREACH_COUNT_MAX;
	return OUT_OK;
}

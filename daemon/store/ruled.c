#include "daemon/store/ruled.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/human.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_customer = {
	"read a customer for rules",
	"SELECT c.name, c.language, (SELECT count(*) FROM (SELECT 1 "
	"FROM incident i WHERE i.customer_id = c.id LIMIT $2)) "
	"FROM customer c WHERE c.id = $1"
};
static const struct sql q_incident = {
	"read an incident for rules",
	"SELECT n.name, a.email, (SELECT d.value FROM message m "
	"JOIN identity d ON d.id = m.identity_id WHERE m.incident_id = i.id "
	"AND m.direction = 'in' AND d.customer_id = i.customer_id "
	"ORDER BY m.number LIMIT 1), f.subject, v.language, v.page, "
	"(SELECT m.robot FROM message m WHERE m.incident_id = i.id "
	"AND m.direction = 'in' ORDER BY m.number DESC LIMIT 1) "
	"FROM incident i LEFT JOIN connection n ON n.id = i.connection_id "
	"LEFT JOIN agent a ON a.id = i.assignee_id "
	"LEFT JOIN message f ON f.incident_id = i.id AND f.number = 1 "
	"LEFT JOIN visitor v ON v.incident_id = i.id WHERE i.id = $1"
};
static const struct sql q_agent = {
	"find an agent by address",
	"SELECT id FROM agent WHERE email = $1 AND active = 1"
};
static const struct sql q_sent = {
	"look for an automatic answer",
	"SELECT 1 FROM rule_sent WHERE customer_id = $1 AND rule = $2 "
	"AND until_ms > $3"
};
static const struct sql q_sent_put = {
	"note an automatic answer",
	"INSERT INTO rule_sent (customer_id, rule, message_id, until_ms) "
	"VALUES ($1, $2, $3, $4) ON CONFLICT (customer_id, rule) DO UPDATE "
	"SET message_id = excluded.message_id, until_ms = excluded.until_ms"
};
static const struct sql q_sent_expire = {
	"forget automatic answers",
	"DELETE FROM rule_sent WHERE (customer_id, rule) IN (SELECT "
	"customer_id, rule FROM rule_sent WHERE until_ms <= $1 LIMIT $2)"
};
static const struct sql q_time = {
	"read how far a timed rule is",
	"SELECT book_version, at_s, after_id FROM rule_time WHERE rule = $1"
};
static const struct sql q_time_put = {
	"note how far a timed rule is",
	"INSERT INTO rule_time (rule, book_version, at_s, after_id) "
	"VALUES ($1, $2, $3, $4) ON CONFLICT (rule) DO UPDATE SET "
	"book_version = excluded.book_version, at_s = excluded.at_s, "
	"after_id = excluded.after_id"
};
static const struct sql q_times_drop = {
	"drop timed rules", "DELETE FROM rule_time WHERE book_version <> $1"
};
static const struct sql q_applied = {
	"read when a book was applied",
	"SELECT applied_ms / 1000 FROM book WHERE version = $1"
};
static const struct sql q_walk = {
	"walk over incidents of a state",
	"SELECT id FROM incident WHERE state = $1 "
	"AND state NOT IN ('closed', 'spam', 'merged') AND id > $2 "
	"ORDER BY id LIMIT $3"
};
static const struct sql q_wait_put = {
	"plan a rule for an incident",
	"INSERT INTO rule_wait (rule, incident_id, base_s, due_s) "
	"VALUES ($1, $2, $3, $4) ON CONFLICT (rule, incident_id) DO UPDATE "
	"SET base_s = excluded.base_s, due_s = excluded.due_s"
};
static const struct sql q_wait_drop = {
	"drop a plan",
	"DELETE FROM rule_wait WHERE rule = $1 AND incident_id = $2"
};
static const struct sql q_wait_due = {
	"find the plan that is due",
	"SELECT rule, incident_id, base_s, due_s FROM rule_wait "
	"WHERE due_s <= $1 ORDER BY due_s LIMIT 1"
};
static const struct sql q_wait_next = { "find the next plan",
					"SELECT min(due_s) FROM rule_wait" };
static const struct sql q_solved = {
	"find when an incident was solved",
	"SELECT e.at_ms / 1000 FROM incident i JOIN event e "
	"ON e.incident_id = i.id WHERE i.id = $1 AND i.state = 'solved' "
	"AND e.kind = 'incident.changed' "
	"AND json_extract(e.data, '$.set.state[1]') = 'solved' "
	"ORDER BY e.seq DESC LIMIT 1"
};
static const struct sql q_words = {
	"find when words were last said",
	"SELECT max(CASE m.direction WHEN 'in' THEN m.received_ms END) / 1000, "
	"max(CASE WHEN m.direction = 'out' AND " HUMAN_ANSWER " "
	"THEN m.committed_ms END) / 1000 FROM message m "
	"WHERE m.incident_id = $1"
};
static const struct sql q_wakes = {
	"list incidents that wake",
	"SELECT id FROM incident WHERE wake_ms <= $1 ORDER BY wake_ms LIMIT $2"
};
static const struct sql q_wake_next = {
	"find who wakes next",
	"SELECT min(wake_ms) FROM incident WHERE wake_ms IS NOT NULL"
};
static const struct sql q_undecided = {
	"count undecided incidents",
	"SELECT count(*) FROM (SELECT 1 FROM incident WHERE undecided = 1 "
	"LIMIT $1)"
};

/* A copy of a column; NULL where it is. */
static char *
ruled_text(sqlite3_stmt *st, int column)
{
	return sql_get_null(st, column) ? NULL
					: mem_strdup(sql_get_text(st, column));
}

void
ruled_customer_release(struct ruled_customer *c)
{
	MEM_CLEAR(&c->name);
	MEM_CLEAR(&c->language);
}

enum outcome
ruled_customer(struct store *s, int64_t customer_id, struct ruled_customer *out,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_customer);
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, customer_id);
	sql_set_int(st, 2, RULED_INCIDENTS_MAX);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		out->name = ruled_text(st, 0);
		out->language = ruled_text(st, 1);
		out->incidents = sql_get_int(st, 2);
	}
	sql_reset(st);
	return o;
}

void
ruled_incident_release(struct ruled_incident *i)
{
	MEM_CLEAR(&i->connection);
	MEM_CLEAR(&i->assignee);
	MEM_CLEAR(&i->sender);
	MEM_CLEAR(&i->subject);
	MEM_CLEAR(&i->language);
	MEM_CLEAR(&i->page);
}

enum outcome
ruled_incident(struct store *s, int64_t incident_id, struct ruled_incident *out,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_incident);
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, incident_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		out->connection = ruled_text(st, 0);
		out->assignee = ruled_text(st, 1);
		out->sender = ruled_text(st, 2);
		out->subject = ruled_text(st, 3);
		out->language = ruled_text(st, 4);
		out->page = ruled_text(st, 5);
		out->robot = sql_get_int(st, 6) != 0;
	}
	sql_reset(st);
	return o;
}

enum outcome
ruled_agent(struct store *s, const char *email, int64_t *id_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_agent);

	sql_set_str(st, 1, email);
	return row_number(s, st, id_out, e);
}

/* --- automatic answers -------------------------------------------------------- */

enum outcome
ruled_sent(struct store *s, int64_t customer_id, const char *rule,
	   int64_t now_ms, bool *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_sent);

	sql_set_int(st, 1, customer_id);
	sql_set_str(st, 2, rule);
	sql_set_int(st, 3, now_ms);
	return row_exists(s, st, out, e);
}

enum outcome
ruled_sent_put(struct store *s, int64_t customer_id, const char *rule,
	       int64_t message_id, int64_t until_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_sent_put);

	sql_set_int(st, 1, customer_id);
	sql_set_str(st, 2, rule);
	sql_set_int(st, 3, message_id);
	sql_set_int(st, 4, until_ms);
	return sql_done(s, st, e);
}

enum outcome
ruled_sent_expire(struct store *s, int64_t now_ms, int max, int *n_out,
		  struct err *e)
{
	enum outcome o = row_change(s, &q_sent_expire, now_ms, max, e);

	*n_out = o == OUT_OK ? (int)sql_changes(s) : 0;
	return o;
}

/* --- timed rules ---------------------------------------------------------------- */

enum outcome
ruled_time_get(struct store *s, const char *rule, struct ruled_time *out,
	       bool *found_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_time);
	enum outcome o;

	memset(out, 0, sizeof *out);
	(void)snprintf(out->rule, sizeof out->rule, "%s", rule);
	sql_set_str(st, 1, rule);
	o = sql_row(s, st, found_out, e);
	if (o == OUT_OK && *found_out) {
		out->book_version = sql_get_int(st, 0);
		out->at_s = sql_get_int(st, 1);
		out->walking = !sql_get_null(st, 2);
		out->after_id = sql_get_int(st, 2);
	}
	sql_reset(st);
	return o;
}

enum outcome
ruled_time_put(struct store *s, const struct ruled_time *t, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_time_put);

	sql_set_str(st, 1, t->rule);
	sql_set_int(st, 2, t->book_version);
	sql_set_int(st, 3, t->at_s);
	if (t->walking)
		sql_set_int(st, 4, t->after_id);
	return sql_done(s, st, e);
}

enum outcome
ruled_times_drop(struct store *s, int64_t book_version, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_times_drop);

	sql_set_int(st, 1, book_version);
	return sql_done(s, st, e);
}

enum outcome
ruled_applied(struct store *s, int64_t book_version, int64_t *at_s_out,
	      struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_applied);

	sql_set_int(st, 1, book_version);
	return row_number(s, st, at_s_out, e);
}

enum outcome
ruled_walk(struct store *s, const char *state, int64_t after_id, int max,
	   int64_t *ids_out, int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_walk);

	sql_set_str(st, 1, state);
	sql_set_int(st, 2, after_id);
	sql_set_int(st, 3, max);
	return row_ids(s, st, max, ids_out, n_out, e);
}

enum outcome
ruled_wait_put(struct store *s, const char *rule, int64_t incident_id,
	       int64_t base_s, int64_t due_s, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_wait_put);

	sql_set_str(st, 1, rule);
	sql_set_int(st, 2, incident_id);
	sql_set_int(st, 3, base_s);
	sql_set_int(st, 4, due_s);
	return sql_done(s, st, e);
}

enum outcome
ruled_wait_drop(struct store *s, const char *rule, int64_t incident_id,
		struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_wait_drop);

	sql_set_str(st, 1, rule);
	sql_set_int(st, 2, incident_id);
	return sql_done(s, st, e);
}

enum outcome
ruled_wait_due(struct store *s, int64_t now_s, struct ruled_wait *out,
	       bool *found_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_wait_due);
	enum outcome o;

	sql_set_int(st, 1, now_s);
	o = sql_row(s, st, found_out, e);
	if (o == OUT_OK && *found_out) {
		(void)snprintf(out->rule, sizeof out->rule, "%s",
			       sql_get_text(st, 0));
		out->incident_id = sql_get_int(st, 1);
		out->base_s = sql_get_int(st, 2);
		out->due_s = sql_get_int(st, 3);
	}
	sql_reset(st);
	return o;
}

enum outcome
ruled_wait_next(struct store *s, int64_t *due_s_out, struct err *e)
{
	*due_s_out = INT64_MAX;
	return row_lower(s, sql_stmt(s, &q_wait_next), due_s_out, e);
}

enum outcome
ruled_solved(struct store *s, int64_t incident_id, int64_t *at_s_out,
	     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_solved);

	sql_set_int(st, 1, incident_id);
	return row_number(s, st, at_s_out, e);
}

enum outcome
ruled_words(struct store *s, int64_t incident_id, int64_t *contact_s_out,
	    int64_t *answer_s_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_words);
	bool row;
	enum outcome o;

	*contact_s_out = 0;
	*answer_s_out = 0;
	sql_set_int(st, 1, incident_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		*contact_s_out = sql_get_int(st, 0);
		*answer_s_out = sql_get_int(st, 1);
	}
	sql_reset(st);
	return o;
}

/* --- snoozed incidents ---------------------------------------------------------- */

enum outcome
ruled_wakes(struct store *s, int64_t now_ms, int max, int64_t *ids_out,
	    int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_wakes);

	sql_set_int(st, 1, now_ms);
	sql_set_int(st, 2, max);
	return row_ids(s, st, max, ids_out, n_out, e);
}

enum outcome
ruled_wake_next(struct store *s, int64_t *ms_out, struct err *e)
{
	*ms_out = INT64_MAX;
	return row_lower(s, sql_stmt(s, &q_wake_next), ms_out, e);
}

enum outcome
ruled_undecided(struct store *s, int64_t *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_undecided);

	sql_set_int(st, 1, RULED_INCIDENTS_MAX);
	return row_number(s, st, n_out, e);
}

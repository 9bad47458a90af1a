#include "daemon/store/expect.h"

#include <stdio.h>
#include <string.h>

#include "daemon/store/human.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_samples = {
	"read what first answers took",
	"SELECT channel, queue, calendar, used_s, start_s, ended_s FROM "
	"(SELECT i.channel, i.queue, c.calendar, c.used_s, c.start_s, "
	"c.ended_s FROM clock c JOIN incident i ON i.id = c.incident_id "
	"WHERE c.ended_s >= $1 AND c.name = 'first_response' "
	"AND c.state = 'fulfilled' AND c.message_id IS NOT NULL "
	"ORDER BY c.ended_s DESC LIMIT $2) ORDER BY channel, queue"
};
static const struct sql q_same = {
	"find a promise that was told",
	"UPDATE promise SET message_id = ifnull(message_id, $2) "
	"WHERE incident_id = $1 AND told_ms = $3 AND +by_s = $4"
};
static const struct sql q_add = {
	"note a promise",
	"INSERT INTO promise (incident_id, message_id, channel, queue, "
	"told_ms, by_s, basis, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
};
static const struct sql q_last = {
	"find what a customer was told",
	"SELECT id, told_ms, by_s, words, kept, answered_s FROM promise "
	"WHERE incident_id = $1 ORDER BY id DESC LIMIT 1"
};
/* Those of incidents that were merged into it are answered in it. */
static const struct sql q_judge = {
	"judge promises",
	"UPDATE promise AS p SET answered_s = x.at, kept = CASE "
	"WHEN x.at <= p.by_s THEN 1 WHEN p.by_s < $2 THEN 0 "
	"WHEN x.at IS NOT NULL THEN 0 END FROM (SELECT q.id, (SELECT "
	"m.committed_ms / 1000 FROM message m LEFT JOIN delivery d "
	"ON d.message_id = m.id WHERE m.incident_id = $1 "
	"AND m.direction = 'out' AND " HUMAN_ANSWER " "
	"AND m.committed_ms >= q.told_ms AND m.id <> ifnull(q.message_id, 0) "
	"AND ifnull(d.state, 'sent') <> 'failed' ORDER BY m.number LIMIT 1) "
	"AS at FROM promise q WHERE q.incident_id IN (SELECT $1 UNION ALL "
	"SELECT id FROM incident WHERE merged_into = $1)) AS x "
	"WHERE x.id = p.id AND (p.incident_id = $1 OR p.answered_s IS NULL)"
};
static const struct sql q_pass = {
	"note promises that passed",
	"UPDATE promise SET kept = 0 WHERE id IN (SELECT id FROM promise "
	"WHERE kept IS NULL AND by_s < $1 ORDER BY by_s LIMIT $2)"
};
static const struct sql q_next = {
	"find the next promise",
	"SELECT by_s FROM promise WHERE kept IS NULL ORDER BY by_s LIMIT 1"
};

enum outcome
expect_samples(struct store *s, int64_t since_s,
	       void (*fn)(void *arg, const struct expect_sample *x), void *arg,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_samples);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, since_s);
	sql_set_int(st, 2, EXPECT_SAMPLES_MAX);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		struct expect_sample x = {
			.channel = sql_get_text(st, 0),
			.queue = sql_get_text(st, 1),
			.calendar = sql_get_text(st, 2),
			.used_s = sql_get_null(st, 3) ? -1 : sql_get_int(st, 3),
			.start_s = sql_get_int(st, 4),
			.ended_s = sql_get_int(st, 5)
		};

		fn(arg, &x);
	}
	sql_reset(st);
	return o;
}

enum outcome
promise_add(struct store *s, const struct promise_new *p, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_same);
	enum outcome o;

	sql_set_int(st, 1, p->incident_id);
	sql_set_id(st, 2, p->message_id);
	sql_set_int(st, 3, p->told_ms);
	sql_set_int(st, 4, p->by_s);
	o = sql_done(s, st, e);
	if (o != OUT_OK || sql_changes(s) > 0)
		return o;
	st = sql_stmt(s, &q_add);
	sql_set_int(st, 1, p->incident_id);
	sql_set_id(st, 2, p->message_id);
	sql_set_str(st, 3, p->channel);
	sql_set_str(st, 4, p->queue);
	sql_set_int(st, 5, p->told_ms);
	sql_set_int(st, 6, p->by_s);
	sql_set_str(st, 7, p->basis);
	sql_set_str(st, 8, p->words);
	return sql_done(s, st, e);
}

enum outcome
promise_last(struct store *s, int64_t incident_id, struct promise_row *out,
	     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_last);
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, incident_id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	out->id = sql_get_int(st, 0);
	out->told_ms = sql_get_int(st, 1);
	out->by_s = sql_get_int(st, 2);
	(void)snprintf(out->words, sizeof out->words, "%s",
		       sql_get_text(st, 3));
	out->judged = !sql_get_null(st, 4);
	out->kept = sql_get_int(st, 4) != 0;
	out->answered_s = sql_get_int(st, 5);
	sql_reset(st);
	return OUT_OK;
}

enum outcome
promise_judge(struct store *s, int64_t incident_id, int64_t now_s,
	      struct err *e)
{
	return row_change(s, &q_judge, incident_id, now_s, e);
}

enum outcome
promise_pass(struct store *s, int64_t now_s, int max, int *n_out, struct err *e)
{
	enum outcome o = row_change(s, &q_pass, now_s, max, e);

	*n_out = o == OUT_OK ? (int)sql_changes(s) : 0;
	return o;
}

enum outcome
promise_next(struct store *s, int64_t *by_s_out, struct err *e)
{
	*by_s_out = INT64_MAX;
	return row_lower(s, sql_stmt(s, &q_next), by_s_out, e);
}

#include "daemon/store/staffing.h"

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_chats = {
	"read when chats began",
	"SELECT at_s FROM fact WHERE kind = 'opened' AND at_s >= $1 "
	"AND at_s < $2 AND channel = 'chat' AND ($3 = '' OR queue = $3) "
	"ORDER BY at_s DESC LIMIT $4"
};
static const struct sql q_mails = {
	"read when contacts came",
	"SELECT at_s FROM fact WHERE kind IN ('opened', 'contact') "
	"AND at_s >= $1 AND at_s < $2 AND channel <> 'chat' "
	"AND ($3 = '' OR queue = $3) LIMIT $4"
};
static const struct sql q_talks = {
	"read what chats took",
	"SELECT f.agent_id, f.since_s, f.at_s, (SELECT max(m.committed_ms) "
	"/ 1000 FROM message m WHERE m.incident_id = f.incident_id "
	"AND m.direction <> 'note' AND m.committed_ms / 1000 <= f.at_s + 14400) "
	"FROM fact f WHERE f.kind = 'answered' AND f.at_s >= $1 "
	"AND f.channel = 'chat' AND f.name = 'first_response' "
	"AND f.agent_id IS NOT NULL ORDER BY f.at_s DESC LIMIT $2"
};
static const struct sql q_left = {
	"read which visitors left",
	"SELECT f.at_s, e.at_ms / 1000 FROM fact f JOIN event e "
	"ON e.incident_id = f.incident_id AND e.kind = 'chat.ended' "
	"WHERE f.kind = 'opened' AND f.at_s >= $1 AND f.channel = 'chat' "
	"AND NOT EXISTS (SELECT 1 FROM message m "
	"WHERE m.incident_id = f.incident_id AND m.direction = 'out' "
	"AND m.author = 'agent' AND m.committed_ms <= e.at_ms) "
	"ORDER BY f.at_s DESC LIMIT $2"
};
static const struct sql q_answers = {
	"read when agents answered",
	"SELECT agent_id, at_s FROM fact WHERE kind = 'answered' "
	"AND at_s >= $1 AND channel <> 'chat' AND agent_id IS NOT NULL "
	"AND name IN ('first_response', 'next_response') "
	"ORDER BY at_s DESC LIMIT $2"
};
/* those in time and those that are not have an index each */
static const struct sql q_backlog = {
	"read what is owed",
	"SELECT c.due_s FROM clock c JOIN incident i ON i.id = c.incident_id "
	"WHERE c.state = 'running' AND c.breached = 0 "
	"AND c.name IN ('first_response', 'next_response') "
	"AND i.channel <> 'chat' AND ($1 = '' OR i.queue = $1) "
	"UNION ALL SELECT c.due_s FROM clock c "
	"JOIN incident i ON i.id = c.incident_id "
	"WHERE c.state = 'running' AND c.breached = 1 "
	"AND c.name IN ('first_response', 'next_response') "
	"AND i.channel <> 'chat' AND ($1 = '' OR i.queue = $1) LIMIT $2"
};

enum outcome
staffing_arrivals(struct store *s, bool chats, const char *queue,
		  int64_t since_s, int64_t until_s,
		  void (*fn)(void *arg, int64_t at_s), void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, chats ? &q_chats : &q_mails);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, since_s);
	sql_set_int(st, 2, until_s);
	sql_set_str(st, 3, queue);
	sql_set_int(st, 4, STAFFING_ARRIVALS_MAX);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		fn(arg, sql_get_int(st, 0));
	sql_reset(st);
	return o;
}

enum outcome
staffing_talks(struct store *s, int64_t since_s,
	       void (*fn)(void *arg, const struct staffing_talk *t), void *arg,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_talks);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, since_s);
	sql_set_int(st, 2, STAFFING_TALKS_MAX);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		struct staffing_talk t = { .agent_id = sql_get_int(st, 0),
					   .asked_s = sql_get_int(st, 1),
					   .answered_s = sql_get_int(st, 2),
					   .ended_s = sql_get_int(st, 3) };

		fn(arg, &t);
	}
	sql_reset(st);
	return o;
}

/* Call fn with the two numbers of each row. */
static enum outcome
each_two(struct store *s, const struct sql *q, int64_t since_s, int64_t max,
	 void (*fn)(void *arg, int64_t a, int64_t b), void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, since_s);
	sql_set_int(st, 2, max);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		fn(arg, sql_get_int(st, 0), sql_get_int(st, 1));
	sql_reset(st);
	return o;
}

enum outcome
staffing_left(struct store *s, int64_t since_s,
	      void (*fn)(void *arg, int64_t asked_s, int64_t left_s), void *arg,
	      struct err *e)
{
	return each_two(s, &q_left, since_s, STAFFING_TALKS_MAX, fn, arg, e);
}

enum outcome
staffing_answers(struct store *s, int64_t since_s,
		 void (*fn)(void *arg, int64_t agent_id, int64_t at_s),
		 void *arg, struct err *e)
{
	return each_two(s, &q_answers, since_s, STAFFING_ANSWERS_MAX, fn, arg,
			e);
}

enum outcome
staffing_backlog(struct store *s, const char *queue,
		 void (*fn)(void *arg, int64_t due_s), void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_backlog);
	bool row = false;
	enum outcome o;

	sql_set_str(st, 1, queue);
	sql_set_int(st, 2, STAFFING_BACKLOG_MAX);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		fn(arg, sql_get_null(st, 0) ? INT64_MAX : sql_get_int(st, 0));
	sql_reset(st);
	return o;
}

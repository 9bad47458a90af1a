#include "daemon/store/customer_note.h"

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_at = { "look when a customer's note was written",
				 "SELECT at_ms FROM customer_note "
				 "WHERE customer_id = $1" };
static const struct sql q_drop = {
	"take a customer's note away",
	"DELETE FROM customer_note WHERE customer_id = $1"
};
static const struct sql q_put = {
	"write a customer's note",
	"INSERT INTO customer_note (customer_id, text, agent_id, at_ms) "
	"VALUES ($1, $2, $3, $4) ON CONFLICT (customer_id) DO UPDATE SET "
	"text = excluded.text, agent_id = excluded.agent_id, "
	"at_ms = excluded.at_ms"
};
/* Who is part of them, of whoever that is, and so on. */
static const struct sql q_list = {
	"list notes of a customer",
	"WITH RECURSIVE whole(id) AS (SELECT $1 UNION SELECT c.id FROM whole w "
	"JOIN customer c ON c.merged_into = w.id) "
	"SELECT n.customer_id, c.name, n.text, n.agent_id, a.name, n.at_ms "
	"FROM whole w CROSS JOIN customer_note n ON n.customer_id = w.id "
	"JOIN customer c ON c.id = n.customer_id "
	"LEFT JOIN agent a ON a.id = n.agent_id "
	"ORDER BY n.customer_id <> $1, n.at_ms DESC LIMIT $2"
};

enum outcome
customer_note_at(struct store *s, int64_t customer_id, int64_t *out,
		 struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_at);

	sql_set_int(st, 1, customer_id);
	return row_number(s, st, out, e);
}

enum outcome
customer_note_put(struct store *s, int64_t customer_id, const char *text,
		  int64_t agent_id, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, *text == '\0' ? &q_drop : &q_put);

	sql_set_int(st, 1, customer_id);
	if (*text != '\0') {
		sql_set_str(st, 2, text);
		sql_set_id(st, 3, agent_id);
		sql_set_int(st, 4, now_ms);
	}
	return sql_done(s, st, e);
}

static json_t *
note_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "customer", sql_json_int(st, 0));
	row_set(o, "name", row_str(st, 1));
	row_set(o, "text", row_str(st, 2));
	if (!sql_get_null(st, 3)) {
		json_t *agent = json_object();

		row_set(agent, "id", sql_json_int(st, 3));
		row_set(agent, "name", row_str(st, 4));
		row_set(o, "agent", agent);
	}
	row_set(o, "at", sql_json_ms(st, 5));
	return o;
}

enum outcome
customer_note_list(struct store *s, int64_t customer_id, json_t **out,
		   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_list);

	sql_set_int(st, 1, customer_id);
	sql_set_int(st, 2, CUSTOMER_NOTES_MAX);
	return row_list(s, st, note_of, out, e);
}

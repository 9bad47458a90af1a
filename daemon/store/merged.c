#include "daemon/store/merged.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_into = {
	"find whom a customer is part of",
	"SELECT coalesce(merged_into, 0) FROM customer WHERE id = $1"
};
static const struct sql q_weight = {
	"count what a customer has",
	"SELECT (SELECT count(*) FROM (SELECT 1 FROM incident "
	"WHERE customer_id = $1 LIMIT $2)) + (SELECT count(*) FROM (SELECT 1 "
	"FROM shop_order WHERE customer_id = $1 LIMIT $2))"
};

/* $1 stays, $2 goes. */
static const struct sql q_journal = {
	"write down what moves",
	"SELECT json_object("
	"'identities', (SELECT json_group_array(id) FROM identity "
	"WHERE customer_id = $2), "
	"'incidents', (SELECT json_group_array(id) FROM incident "
	"WHERE customer_id = $2), "
	"'orders', (SELECT json_group_array(id) FROM shop_order "
	"WHERE customer_id = $2), "
	"'windows', (SELECT json_group_array(json_object("
	"'connection', connection_id, 'until_ms', until_ms, "
	"'last', last_external_id, 'warned_ms', warned_ms)) "
	"FROM contact_window WHERE customer_id = $2), "
	"'kept_windows', (SELECT json_group_array(json_object("
	"'connection', connection_id, 'until_ms', until_ms, "
	"'last', last_external_id, 'warned_ms', warned_ms)) "
	"FROM contact_window WHERE customer_id = $1), "
	"'rules', (SELECT json_group_array(json_object('rule', rule, "
	"'message', message_id, 'until_ms', until_ms)) "
	"FROM rule_sent WHERE customer_id = $2), "
	"'kept_rules', (SELECT json_group_array(json_object('rule', rule, "
	"'message', message_id, 'until_ms', until_ms)) "
	"FROM rule_sent WHERE customer_id = $1), "
	"'named', json(iif(k.name = '' AND g.name <> '', 'true', 'false')), "
	"'language', json(iif(k.language = '' AND g.language <> '', "
	"'true', 'false')), "
	"'last_incident', (SELECT coalesce(max(id), 0) FROM incident), "
	"'last_order', (SELECT coalesce(max(id), 0) FROM shop_order), "
	"'suggestion', (SELECT id FROM suggestion "
	"WHERE customer_a = min($1, $2) AND customer_b = max($1, $2) "
	"AND state = 'open')) "
	"FROM customer k, customer g WHERE k.id = $1 AND g.id = $2"
};

/* What moves, in this order: $1 stays, $2 goes. */
static const struct sql moves[] = {
	{ "move addresses",
	  "UPDATE identity SET customer_id = $1 WHERE customer_id = $2" },
	{ "move incidents",
	  "UPDATE incident SET customer_id = $1 WHERE customer_id = $2" },
	{ "move orders",
	  "UPDATE shop_order SET customer_id = $1 WHERE customer_id = $2" },
	{ "join windows",
	  "INSERT INTO contact_window (connection_id, customer_id, until_ms, "
	  "last_external_id, warned_ms) SELECT connection_id, $1, until_ms, "
	  "last_external_id, warned_ms FROM contact_window "
	  "WHERE customer_id = $2 "
	  "ON CONFLICT (connection_id, customer_id) DO UPDATE SET "
	  "until_ms = excluded.until_ms, warned_ms = excluded.warned_ms, "
	  "last_external_id = excluded.last_external_id "
	  "WHERE excluded.until_ms > until_ms" },
	{ "drop windows", "DELETE FROM contact_window WHERE customer_id = $2 "
			  "AND customer_id <> $1" },
	{ "join what rules sent",
	  "INSERT INTO rule_sent (customer_id, rule, message_id, until_ms) "
	  "SELECT $1, rule, message_id, until_ms FROM rule_sent "
	  "WHERE customer_id = $2 ON CONFLICT (customer_id, rule) DO UPDATE "
	  "SET message_id = excluded.message_id, until_ms = excluded.until_ms "
	  "WHERE excluded.until_ms > until_ms" },
	{ "drop what rules sent",
	  "DELETE FROM rule_sent WHERE customer_id = $2 "
	  "AND customer_id <> $1" },
	{ "name the survivor",
	  "UPDATE customer SET (name, language) = (SELECT "
	  "iif(customer.name = '', g.name, customer.name), "
	  "iif(customer.language = '', g.language, customer.language) "
	  "FROM customer g WHERE g.id = $2) WHERE id = $1" },
	{ "note where a customer goes on",
	  "UPDATE customer SET merged_into = $1 WHERE id = $2" },
};

static const struct sql q_settle = {
	"settle a suggestion",
	"UPDATE suggestion SET state = 'merged', agent_id = $2 WHERE id = $1"
};
static const struct sql q_add = {
	"add a merge",
	"INSERT INTO customer_merge (kept_id, gone_id, agent_id, at_ms, "
	"journal) VALUES ($1, $2, $3, $4, $5)"
};
static const struct sql q_load = {
	"read a merge",
	"SELECT id, kept_id, gone_id, agent_id, at_ms, undone_ms, journal "
	"FROM customer_merge WHERE id = $1"
};
static const struct sql q_list = {
	"list merges",
	"SELECT m.id, m.kept_id, m.gone_id, g.name, m.agent_id, a.name, "
	"m.at_ms, m.undone_ms, json_array_length(m.journal, '$.identities'), "
	"json_array_length(m.journal, '$.incidents'), "
	"json_array_length(m.journal, '$.orders') FROM customer_merge m "
	"JOIN customer g ON g.id = m.gone_id "
	"LEFT JOIN agent a ON a.id = m.agent_id "
	"WHERE m.kept_id = $1 OR m.gone_id = $1 ORDER BY m.id DESC LIMIT 100"
};

enum outcome
merged_into(struct store *s, int64_t customer_id, int64_t *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_into);
	bool row = false;
	enum outcome o;

	*out = 0;
	sql_set_int(st, 1, customer_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row)
		*out = sql_get_int(st, 0);
	sql_reset(st);
	if (o == OUT_OK && !row)
		return err_code(e, OUT_PERM, "not_found",
				"no such customer: %lld",
				(long long)customer_id);
	return o;
}

enum outcome
merged_weight(struct store *s, int64_t customer_id, int64_t *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_weight);

	sql_set_int(st, 1, customer_id);
	sql_set_int(st, 2, MERGED_ROWS_MAX + 1);
	return row_number(s, st, out, e);
}

/* --- making them one ---------------------------------------------------------- */

static json_t *
journal_of(sqlite3_stmt *st)
{
	return sql_json_doc(st, 0);
}

static enum outcome
journal_read(struct store *s, struct merged *m, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_journal);
	enum outcome o;

	sql_set_int(st, 1, m->kept_id);
	sql_set_int(st, 2, m->gone_id);
	o = row_one(s, st, journal_of, &m->journal, e);
	if (o == OUT_OK && m->journal == NULL)
		return err_code(e, OUT_PERM, "not_found",
				"no such customer: %lld",
				(long long)m->gone_id);
	return o;
}

static enum outcome
row_write(struct store *s, struct merged *m, struct err *e)
{
	char *doc = json_dumps(m->journal, JSON_COMPACT);
	sqlite3_stmt *st = sql_stmt(s, &q_add);
	enum outcome o;

	sql_set_int(st, 1, m->kept_id);
	sql_set_int(st, 2, m->gone_id);
	sql_set_id(st, 3, m->agent_id);
	sql_set_int(st, 4, m->at_ms);
	sql_set_str(st, 5, doc);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		m->id = sql_last_id(s);
	mem_free(doc);
	return o;
}

static enum outcome
settle(struct store *s, const struct merged *m, struct err *e)
{
	int64_t id =
		json_integer_value(json_object_get(m->journal, "suggestion"));
	sqlite3_stmt *st;

	if (id == 0)
		return OUT_OK;
	st = sql_stmt(s, &q_settle);
	sql_set_int(st, 1, id);
	sql_set_id(st, 2, m->agent_id);
	return sql_done(s, st, e);
}

enum outcome
merged_move(struct store *s, int64_t kept_id, int64_t gone_id, int64_t agent_id,
	    int64_t now_ms, struct merged *out, struct err *e)
{
	enum outcome o;
	size_t i;

	memset(out, 0, sizeof *out);
	out->kept_id = kept_id;
	out->gone_id = gone_id;
	out->agent_id = agent_id;
	out->at_ms = now_ms;
	o = journal_read(s, out, e);
	for (i = 0; o == OUT_OK && i < sizeof moves / sizeof moves[0]; i++)
		o = row_change(s, &moves[i], kept_id, gone_id, e);
	if (o == OUT_OK)
		o = row_write(s, out, e);
	return o == OUT_OK ? settle(s, out, e) : o;
}

/* --- reading ------------------------------------------------------------------- */

enum outcome
merged_load(struct store *s, int64_t id, struct merged *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_load);
	bool row = false;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		out->id = sql_get_int(st, 0);
		out->kept_id = sql_get_int(st, 1);
		out->gone_id = sql_get_int(st, 2);
		out->agent_id = sql_get_int(st, 3);
		out->at_ms = sql_get_int(st, 4);
		out->undone_ms = sql_get_int(st, 5);
		out->journal = sql_json_doc(st, 6);
	}
	sql_reset(st);
	if (o == OUT_OK && !row)
		return err_code(e, OUT_PERM, "not_found", "no such merge: %lld",
				(long long)id);
	return o;
}

void
merged_release(struct merged *m)
{
	json_decref(m->journal);
	m->journal = NULL;
}

static json_t *
merge_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "kept", sql_json_int(st, 1));
	row_set(o, "gone", sql_json_int(st, 2));
	row_set(o, "gone_name", row_str(st, 3));
	if (!sql_get_null(st, 4)) {
		json_t *agent = json_object();

		row_set(agent, "id", sql_json_int(st, 4));
		row_set(agent, "name", row_str(st, 5));
		row_set(o, "agent", agent);
	}
	row_set(o, "at", sql_json_ms(st, 6));
	row_set(o, "undone_at", sql_json_ms(st, 7));
	row_set(o, "identities", sql_json_int(st, 8));
	row_set(o, "incidents", sql_json_int(st, 9));
	row_set(o, "orders", sql_json_int(st, 10));
	return o;
}

enum outcome
merged_list(struct store *s, int64_t customer_id, json_t **out, struct err *e)
{
	return row_list_of(s, &q_list, customer_id, merge_of, out, e);
}

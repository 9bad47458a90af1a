#include "daemon/store/reaction.h"

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

#define REACTIONS_SHOWN 100

static const struct sql q_change = {
	"change a reaction",
	"UPDATE reaction SET emoji = $4, at_ms = $5 WHERE message_id = $1 "
	"AND identity_id IS $2 AND agent_id IS $3 AND at_ms <= $5 "
	"AND emoji <> $4"
};
static const struct sql q_add = {
	"add a reaction",
	"INSERT INTO reaction (message_id, identity_id, agent_id, emoji, "
	"at_ms) SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT 1 "
	"FROM reaction WHERE message_id = $1 AND identity_id IS $2 "
	"AND agent_id IS $3)"
};
static const struct sql q_identity = {
	"find a customer's reaction",
	"SELECT r.identity_id FROM reaction r "
	"JOIN identity d ON d.id = r.identity_id "
	"WHERE r.message_id = $1 AND d.customer_id = $2 LIMIT 1"
};
static const struct sql q_list = {
	"list a message's reactions",
	"SELECT r.emoji, r.agent_id IS NULL, ifnull(a.name, c.name), r.at_ms "
	"FROM reaction r LEFT JOIN agent a ON a.id = r.agent_id "
	"LEFT JOIN identity d ON d.id = r.identity_id "
	"LEFT JOIN customer c ON c.id = d.customer_id "
	"WHERE r.message_id = $1 AND r.emoji <> '' ORDER BY r.at_ms, r.id LIMIT $2"
};

static enum outcome
reaction_run(struct store *s, const struct sql *q, const struct reaction *r,
	     bool *changed, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);
	enum outcome o;

	sql_set_int(st, 1, r->message_id);
	sql_set_id(st, 2, r->identity_id);
	sql_set_id(st, 3, r->agent_id);
	sql_set_str(st, 4, r->emoji != NULL ? r->emoji : "");
	sql_set_int(st, 5, r->at_ms);
	o = sql_done(s, st, e);
	*changed = o == OUT_OK && sql_changes(s) > 0;
	return o;
}

enum outcome
reaction_put(struct store *s, const struct reaction *r, bool *changed_out,
	     struct err *e)
{
	bool added = false;
	enum outcome o = reaction_run(s, &q_change, r, changed_out, e);

	if (o != OUT_OK || *changed_out)
		return o;
	o = reaction_run(s, &q_add, r, &added, e);
	/* nobody sees that what was never there was taken away */
	*changed_out = added && r->emoji != NULL && *r->emoji != '\0';
	return o;
}

enum outcome
reaction_identity(struct store *s, int64_t message_id, int64_t customer_id,
		  int64_t *id_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_identity);

	sql_set_int(st, 1, message_id);
	sql_set_int(st, 2, customer_id);
	return row_number(s, st, id_out, e);
}

static json_t *
reaction_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "emoji", row_str(st, 0));
	row_set(o, "who",
		json_string(sql_get_int(st, 1) != 0 ? "customer" : "agent"));
	row_set(o, "name", row_str(st, 2));
	row_set(o, "at", sql_json_ms(st, 3));
	return o;
}

enum outcome
reaction_list(struct store *s, int64_t message_id, json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_list);

	sql_set_int(st, 1, message_id);
	sql_set_int(st, 2, REACTIONS_SHOWN);
	return row_list(s, st, reaction_of, out, e);
}

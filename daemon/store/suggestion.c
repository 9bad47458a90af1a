#include "daemon/store/suggestion.h"

#include <string.h>

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_add = {
	"add a suggestion",
	"INSERT INTO suggestion (customer_a, customer_b, basis, at_ms) "
	"VALUES (min($1, $2), max($1, $2), $3, $4) "
	"ON CONFLICT (customer_a, customer_b) DO NOTHING"
};
static const struct sql q_refused = {
	"ask whether a suggestion was refused",
	"SELECT 1 FROM suggestion WHERE customer_a = min($1, $2) "
	"AND customer_b = max($1, $2) AND state = 'refused'"
};
static const struct sql q_state = { "read a suggestion",
				    "SELECT state = 'open' FROM suggestion "
				    "WHERE id = $1" };
static const struct sql q_refuse = {
	"refuse a suggestion",
	"UPDATE suggestion SET state = 'refused', agent_id = $2 WHERE id = $1"
};

#define COLUMNS                                                                \
	"SELECT s.id, a.id, a.name, b.id, b.name, s.basis, s.at_ms "           \
	"FROM suggestion s JOIN customer x ON x.id = s.customer_a "            \
	"JOIN customer y ON y.id = s.customer_b "                              \
	"JOIN customer a ON a.id = coalesce(x.merged_into, x.id) "             \
	"JOIN customer b ON b.id = coalesce(y.merged_into, y.id) "             \
	"WHERE s.state = 'open' AND a.id <> b.id "
static const struct sql q_all = { "list suggestions",
				  COLUMNS "ORDER BY s.id DESC LIMIT $1" };
static const struct sql q_of = {
	"list suggestions of a customer",
	COLUMNS "AND s.id IN (SELECT id FROM suggestion WHERE customer_a = $2 "
		"UNION SELECT id FROM suggestion WHERE customer_b = $2 "
		"UNION SELECT p.id FROM customer m "
		"JOIN suggestion p ON p.customer_a = m.id "
		"WHERE m.merged_into = $2 "
		"UNION SELECT p.id FROM customer m "
		"JOIN suggestion p ON p.customer_b = m.id "
		"WHERE m.merged_into = $2) ORDER BY s.id DESC LIMIT $1"
};

enum outcome
suggestion_add(struct store *s, int64_t one, int64_t other, const char *basis,
	       int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st;

	if (one == other || one == 0 || other == 0)
		return OUT_OK;
	st = sql_stmt(s, &q_add);
	sql_set_int(st, 1, one);
	sql_set_int(st, 2, other);
	sql_set_str(st, 3, basis);
	sql_set_int(st, 4, now_ms);
	return sql_done(s, st, e);
}

enum outcome
suggestion_refused(struct store *s, int64_t one, int64_t other, bool *out,
		   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_refused);

	sql_set_int(st, 1, one);
	sql_set_int(st, 2, other);
	return row_exists(s, st, out, e);
}

enum outcome
suggestion_refuse(struct store *s, int64_t id, int64_t agent_id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_state);
	bool row = false;
	bool open = false;
	enum outcome o;

	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row)
		open = sql_get_int(st, 0) != 0;
	sql_reset(st);
	if (o == OUT_OK && !row)
		return err_code(e, OUT_PERM, "not_found",
				"no such suggestion: %lld", (long long)id);
	if (o == OUT_OK && !open)
		return err_code(e, OUT_PERM, "conflict",
				"the suggestion was judged before");
	return o == OUT_OK ? row_change(s, &q_refuse, id, agent_id, e) : o;
}

static json_t *
who(sqlite3_stmt *st, int i)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, i));
	row_set(o, "name", row_str(st, i + 1));
	return o;
}

static json_t *
suggestion_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "one", who(st, 1));
	row_set(o, "other", who(st, 3));
	row_set(o, "basis", row_str(st, 5));
	row_set(o, "at", sql_json_ms(st, 6));
	return o;
}

enum outcome
suggestion_list(struct store *s, int64_t customer_id, int limit, json_t **out,
		struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, customer_id != 0 ? &q_of : &q_all);

	sql_set_int(st, 1, limit);
	if (customer_id != 0)
		sql_set_int(st, 2, customer_id);
	return row_list(s, st, suggestion_of, out, e);
}

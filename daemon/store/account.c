#include "daemon/store/account.h"

#include <string.h>

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_same = {
	"look for an account's event",
	"SELECT id FROM account_event WHERE connection_id = $1 "
	"AND at_ms = $2 AND severity = $3 AND field = $4 AND code = $5 "
	"AND detail = $6 LIMIT 1"
};
static const struct sql q_add = {
	"add an account's event",
	"INSERT INTO account_event (connection_id, at_ms, severity, field, "
	"code, detail) VALUES ($1, $2, $3, $4, $5, $6)"
};
static const struct sql q_trim = {
	"drop an account's oldest events",
	"DELETE FROM account_event WHERE connection_id = $1 AND id <= "
	"(SELECT id FROM account_event WHERE connection_id = $1 "
	"ORDER BY id DESC LIMIT 1 OFFSET $2)"
};
static const struct sql q_list = {
	"list accounts' events",
	"SELECT v.id, c.name, v.at_ms, v.severity, v.field, v.code, v.detail "
	"FROM account_event v JOIN connection c ON c.id = v.connection_id "
	"WHERE ($1 IS NULL OR c.name = $1) AND ($2 = 0 OR v.id < $2) "
	"ORDER BY v.id DESC LIMIT $3"
};

bool
account_severity(const char *word)
{
	return strcmp(word, "info") == 0 || strcmp(word, "warning") == 0 ||
	       strcmp(word, "critical") == 0;
}

static sqlite3_stmt *
account_bind(struct store *s, const struct sql *q,
	     const struct account_event *a)
{
	sqlite3_stmt *st = sql_stmt(s, q);

	sql_set_int(st, 1, a->connection_id);
	sql_set_int(st, 2, a->at_ms);
	sql_set_str(st, 3, a->severity);
	sql_set_str(st, 4, a->field);
	sql_set_str(st, 5, a->code);
	sql_set_str(st, 6, a->detail);
	return st;
}

enum outcome
account_event_add(struct store *s, const struct account_event *a,
		  int64_t *id_out, struct err *e)
{
	enum outcome o;

	*id_out = 0;
	o = row_number(s, account_bind(s, &q_same, a), id_out, e);
	if (o != OUT_OK || *id_out != 0)
		return o;
	o = sql_done(s, account_bind(s, &q_add, a), e);
	if (o != OUT_OK)
		return o;
	*id_out = sql_last_id(s);
	return row_change(s, &q_trim, a->connection_id, ACCOUNT_EVENTS_MAX, e);
}

static json_t *
account_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "connection", row_str(st, 1));
	row_set(o, "at", sql_json_ms(st, 2));
	row_set(o, "severity", row_str(st, 3));
	row_set(o, "field", row_str(st, 4));
	row_set(o, "code", row_str(st, 5));
	row_set(o, "detail", row_str(st, 6));
	return o;
}

enum outcome
account_event_list(struct store *s, const char *connection, int64_t before,
		   int limit, json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_list);

	sql_set_str(st, 1, connection);
	sql_set_int(st, 2, before);
	sql_set_int(st, 3, limit);
	return row_list(s, st, account_of, out, e);
}

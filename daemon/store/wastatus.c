#include "daemon/store/wastatus.h"

#include <stdlib.h>

#include "daemon/base/mem.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

#define UNPARK_MAX 64 /* statuses of one message that are looked at */

static const struct sql q_add = {
	"keep a status",
	"INSERT OR IGNORE INTO status (connection_id, external_id, status, "
	"recipient, at_s, received_ms, tracker, error_code, detail, "
	"delivery_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
};
static const struct sql q_parked = {
	"list parked statuses",
	"SELECT status, recipient, at_s, error_code, detail FROM status "
	"WHERE connection_id = $1 AND external_id = $2 "
	"AND delivery_id IS NULL ORDER BY at_s, status LIMIT $3"
};
static const struct sql q_unpark = {
	"tell whose parked statuses are",
	"UPDATE status SET delivery_id = $3 WHERE connection_id = $1 "
	"AND external_id = $2 AND delivery_id IS NULL"
};
/* those of one instant go together */
static const struct sql q_expire = {
	"delete parked statuses",
	"DELETE FROM status WHERE delivery_id IS NULL AND received_ms <= "
	"(SELECT max(received_ms) FROM (SELECT received_ms FROM status "
	"WHERE delivery_id IS NULL AND received_ms <= $1 "
	"ORDER BY received_ms LIMIT $2))"
};
static const struct sql q_next = {
	"find the oldest parked status",
	"SELECT min(received_ms) FROM status WHERE delivery_id IS NULL"
};

enum outcome
wastatus_add(struct store *s, const struct wastatus_row *r, int64_t now_ms,
	     bool *fresh_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);
	enum outcome o;

	sql_set_int(st, 1, r->connection_id);
	sql_set_str(st, 2, r->external_id);
	sql_set_str(st, 3, r->status);
	sql_set_str(st, 4, r->recipient);
	sql_set_int(st, 5, r->at_s);
	sql_set_int(st, 6, now_ms);
	sql_set_str(st, 7, r->tracker);
	sql_set_id(st, 8, r->code);
	sql_set_str(st, 9, r->detail);
	sql_set_id(st, 10, r->delivery_id);
	o = sql_done(s, st, e);
	*fresh_out = o == OUT_OK && sql_changes(s) > 0;
	return o;
}

/* What a parked row says, with strings of its own. */
struct parked {
	struct wastatus_row row;
	char *status;
	char *recipient;
	char *detail;
};

static void
parked_read(sqlite3_stmt *st, struct parked *p)
{
	p->status = mem_strdup(sql_get_text(st, 0));
	p->recipient = mem_strdup(sql_get_text(st, 1));
	p->detail = mem_strdup(sql_get_text(st, 4));
	p->row.status = p->status;
	p->row.recipient = p->recipient;
	p->row.detail = p->detail;
	p->row.at_s = sql_get_int(st, 2);
	p->row.code = sql_get_int(st, 3);
}

static void
parked_release(struct parked *list, int n)
{
	while (n-- > 0) {
		mem_free(list[n].status);
		mem_free(list[n].recipient);
		mem_free(list[n].detail);
	}
}

enum outcome
wastatus_unpark(struct store *s, int64_t connection_id, const char *external_id,
		int64_t delivery_id, wastatus_fn *fn, void *arg, struct err *e)
{
	struct parked list[UNPARK_MAX] = { 0 };
	sqlite3_stmt *st = sql_stmt(s, &q_parked);
	bool row;
	int n = 0;
	int i;
	enum outcome o;

	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, external_id);
	sql_set_int(st, 3, UNPARK_MAX);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		parked_read(st, &list[n++]);
	if (o == OUT_OK && n > 0) {
		st = sql_stmt(s, &q_unpark);
		sql_set_int(st, 1, connection_id);
		sql_set_str(st, 2, external_id);
		sql_set_int(st, 3, delivery_id);
		o = sql_done(s, st, e);
	}
	for (i = 0; o == OUT_OK && i < n; i++) {
		list[i].row.connection_id = connection_id;
		list[i].row.external_id = external_id;
		list[i].row.delivery_id = delivery_id;
		list[i].row.tracker = "";
		o = fn(arg, &list[i].row, e);
	}
	parked_release(list, n);
	return o;
}

enum outcome
wastatus_expire(struct store *s, int64_t now_ms, int max, int *n_out,
		struct err *e)
{
	enum outcome o =
		row_change(s, &q_expire, now_ms - WASTATUS_PARKED_MS, max, e);

	*n_out = o == OUT_OK ? (int)sql_changes(s) : 0;
	return o;
}

enum outcome
wastatus_next(struct store *s, int64_t *ms_out, struct err *e)
{
	enum outcome o;

	*ms_out = INT64_MAX;
	o = row_lower(s, sql_stmt(s, &q_next), ms_out, e);
	if (o == OUT_OK && *ms_out != INT64_MAX)
		*ms_out += WASTATUS_PARKED_MS;
	return o;
}

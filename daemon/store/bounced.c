#include "daemon/store/bounced.h"

#include <string.h>

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_find = {
	"find what came back",
	"SELECT d.id FROM message m JOIN delivery d ON d.message_id = m.id "
	"WHERE m.incident_id = $1 AND m.number = $2"
};
static const struct sql q_recipients = {
	"read to whom a delivery went",
	"SELECT m.mail FROM delivery d JOIN message m ON m.id = d.message_id "
	"WHERE d.id = $1"
};
static const struct sql q_delivery = {
	"note that a delivery came back",
	"UPDATE delivery SET state = 'failed', lease_ms = NULL, "
	"ended_ms = $2, bounced_ms = $2, detail = $3 WHERE id = $1"
};
/* lower() folds A to Z alone, as addresses are kept */
static const struct sql q_address = {
	"find an address",
	"SELECT id, customer_id, failed_ms IS NOT NULL FROM identity "
	"WHERE kind = 'email' AND scope = '' AND value = lower($1)"
};
static const struct sql q_identity = {
	"read an address's flag",
	"SELECT id, customer_id, failed_ms IS NOT NULL FROM identity "
	"WHERE id = $1"
};
static const struct sql q_flag = {
	"flag an address",
	"UPDATE identity SET failed_ms = $2, failed_detail = $3 WHERE id = $1"
};
/* CROSS: from the few recipients to their rows; else all addresses are read for
 * each answer */
static const struct sql q_warns = {
	"look for flags of recipients",
	"SELECT count(*) FROM message m CROSS JOIN json_each(m.mail) l "
	"CROSS JOIN json_each(l.value) a CROSS JOIN identity i "
	"ON i.kind = 'email' AND i.scope = '' "
	"AND i.value = lower(json_extract(a.value, '$.address')) "
	"WHERE m.id = $1 AND l.key IN ('to', 'cc') "
	"AND i.failed_ms IS NOT NULL"
};

enum outcome
bounced_find(struct store *s, int64_t incident_id, int64_t number,
	     int64_t *id_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_find);

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, number);
	return row_number(s, st, id_out, e);
}

static json_t *
recipients_of(sqlite3_stmt *st)
{
	json_t *mail = json_loads(sql_get_text(st, 0), 0, NULL);

	return mail != NULL ? mail : json_object();
}

enum outcome
bounced_recipients(struct store *s, int64_t delivery_id, json_t **out,
		   struct err *e)
{
	enum outcome o = row_one_of(s, &q_recipients, delivery_id,
				    recipients_of, out, e);

	if (o == OUT_OK && *out == NULL)
		return err_code(e, OUT_PERM, "not_found",
				"no such delivery: %lld",
				(long long)delivery_id);
	return o;
}

enum outcome
bounced_delivery(struct store *s, int64_t delivery_id, int64_t now_ms,
		 const char *detail, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_delivery);

	sql_set_int(st, 1, delivery_id);
	sql_set_int(st, 2, now_ms);
	sql_set_str(st, 3, detail);
	return sql_done(s, st, e);
}

static enum outcome
read_address(struct store *s, sqlite3_stmt *st, struct bounced_address *out,
	     struct err *e)
{
	bool row;
	enum outcome o = sql_row(s, st, &row, e);

	memset(out, 0, sizeof *out);
	if (o != OUT_OK || !row)
		return o;
	out->id = sql_get_int(st, 0);
	out->customer_id = sql_get_int(st, 1);
	out->failed = sql_get_int(st, 2) != 0;
	sql_reset(st);
	return OUT_OK;
}

enum outcome
bounced_address(struct store *s, const char *address,
		struct bounced_address *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_address);

	sql_set_str(st, 1, address);
	return read_address(s, st, out, e);
}

enum outcome
bounced_identity(struct store *s, int64_t id, struct bounced_address *out,
		 struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_identity);
	enum outcome o;

	sql_set_int(st, 1, id);
	o = read_address(s, st, out, e);
	if (o == OUT_OK && out->id == 0)
		return err_code(e, OUT_PERM, "not_found",
				"no such address: %lld", (long long)id);
	return o;
}

enum outcome
bounced_flag(struct store *s, int64_t identity_id, int64_t now_ms,
	     const char *detail, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_flag);

	sql_set_int(st, 1, identity_id);
	sql_set_id(st, 2, now_ms);
	sql_set_str(st, 3, now_ms != 0 ? detail : "");
	return sql_done(s, st, e);
}

enum outcome
bounced_warns(struct store *s, int64_t message_id, bool *yes_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_warns);
	int64_t n = 0;
	enum outcome o;

	sql_set_int(st, 1, message_id);
	o = row_number(s, st, &n, e);
	*yes_out = n > 0;
	return o;
}

#include "daemon/store/delivery.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/lease.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_add = {
	"add a delivery",
	"INSERT INTO delivery (message_id, connection_id, key, state, "
	"due_ms, created_ms) VALUES ($1, $2, $3, 'queued', $5, $4)"
};
static const struct sql q_load = {
	"read a delivery",
	"SELECT d.id, d.message_id, m.incident_id, m.number, d.connection_id, "
	"d.key, d.state, d.attempts, d.created_ms, m.committed_ms, "
	"m.agent_id, d.lease_ms, d.lost, d.detail, m.identity_id, "
	"c.kind = 'whatsapp', d.external_id, d.receipt, d.begun "
	"FROM delivery d JOIN message m ON m.id = d.message_id "
	"JOIN connection c ON c.id = d.connection_id "
	"WHERE d.id = $1 AND ($2 IS NULL OR c.role = $2)"
};
static const struct sql q_due = {
	"list deliveries that are due",
	"SELECT d.id FROM delivery d JOIN connection c "
	"ON c.id = d.connection_id WHERE d.state = 'queued' "
	"AND d.due_ms <= $1 AND c.role = $2 AND c.active = 1 "
	"ORDER BY d.due_ms, d.id LIMIT $3"
};
static const struct sql q_take = {
	"lease a delivery",
	"UPDATE delivery SET state = 'taken', attempts = attempts + 1, "
	"lease_ms = $2, begun = 0 WHERE id = $1"
};
static const struct sql q_begin = {
	"note that a delivery may go now",
	"UPDATE delivery SET begun = 1, lease_ms = $2 WHERE id = $1"
};
static const struct sql q_requeue = {
	"queue a delivery again",
	"UPDATE delivery SET state = 'queued', lease_ms = NULL, due_ms = $2, "
	"detail = $3, lost = $4, ended_ms = NULL WHERE id = $1"
};
static const struct sql q_end = {
	"end a delivery",
	"UPDATE delivery SET state = $2, lease_ms = NULL, ended_ms = $3, "
	"detail = $4 WHERE id = $1"
};
static const struct sql q_named = {
	"note the channel's id of a delivery",
	"UPDATE delivery SET external_id = $2 WHERE id = $1"
};
static const struct sql q_of_key = {
	"find a delivery by its key",
	"SELECT id FROM delivery WHERE key = $2 AND connection_id = $1"
};
static const struct sql q_of_external = {
	"find a delivery by the channel's id",
	"SELECT id FROM delivery WHERE external_id = $2 "
	"AND external_id <> '' AND connection_id = $1 "
	"ORDER BY id DESC LIMIT 1"
};
static const struct sql q_receipt = {
	"note a receipt",
	"UPDATE delivery SET receipt = $2, receipt_ms = $3 WHERE id = $1"
};
static const struct sql q_proved = {
	"note that a delivery was sent after all",
	"UPDATE delivery SET state = 'sent', lease_ms = NULL, ended_ms = $2, "
	"bounced_ms = NULL, error_code = NULL, detail = '' WHERE id = $1"
};
static const struct sql q_renew = {
	"send a delivery again",
	"UPDATE delivery SET state = 'queued', lease_ms = NULL, due_ms = $2, "
	"ended_ms = NULL, bounced_ms = NULL, error_code = NULL, detail = '', "
	"receipt = '', receipt_ms = NULL WHERE id = $1"
};
static const struct sql q_code = {
	"note why a delivery failed",
	"UPDATE delivery SET error_code = $2 WHERE id = $1"
};
static const struct sql q_lapsed = {
	"list leases that ran out",
	"SELECT id FROM delivery WHERE state = 'taken' AND lease_ms <= $1 "
	"ORDER BY lease_ms LIMIT $2"
};
static const struct sql q_back_due = {
	"bring waiting deliveries nearer",
	"UPDATE delivery SET due_ms = $1 + CASE attempts WHEN 0 THEN 0 "
	"ELSE $2 END WHERE state = 'queued' "
	"AND due_ms > $1 + CASE attempts WHEN 0 THEN 0 ELSE $2 END"
};
static const struct sql q_back_lease = {
	"bring the ends of leases nearer",
	"UPDATE delivery SET lease_ms = $1 + $2 WHERE state = 'taken' "
	"AND lease_ms > $1 + $2"
};
static const struct sql q_roles = {
	"list roles with deliveries due",
	"SELECT DISTINCT c.role FROM delivery d JOIN connection c "
	"ON c.id = d.connection_id WHERE d.state = 'queued' "
	"AND d.due_ms > $1 AND d.due_ms <= $2 AND c.active = 1"
};
static const struct sql q_next_lease = {
	"find the next lease that ends",
	"SELECT min(lease_ms) FROM delivery WHERE state = 'taken'"
};
static const struct sql q_next_due = {
	"find the next delivery",
	"SELECT min(due_ms) FROM delivery WHERE state = 'queued' "
	"AND due_ms > $1"
};

void
delivery_release(struct delivery *d)
{
	MEM_CLEAR(&d->key);
	MEM_CLEAR(&d->external_id);
}

enum outcome
delivery_add(struct store *s, int64_t message_id, int64_t connection_id,
	     const char *key, int64_t now_ms, int64_t due_ms, int64_t *id_out,
	     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);
	enum outcome o;

	sql_set_int(st, 1, message_id);
	sql_set_int(st, 2, connection_id);
	sql_set_str(st, 3, key);
	sql_set_int(st, 4, now_ms);
	sql_set_int(st, 5, due_ms);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		*id_out = sql_last_id(s);
	return o;
}

enum outcome
delivery_load(struct store *s, int64_t id, const char *role,
	      struct delivery *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_load);
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, id);
	sql_set_str(st, 2, role);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return err_code(e, OUT_PERM, "not_found",
				"no such delivery: %lld", (long long)id);
	out->id = sql_get_int(st, 0);
	out->message_id = sql_get_int(st, 1);
	out->incident_id = sql_get_int(st, 2);
	out->number = sql_get_int(st, 3);
	out->connection_id = sql_get_int(st, 4);
	out->key = mem_strdup(sql_get_text(st, 5));
	(void)snprintf(out->state, sizeof out->state, "%s",
		       sql_get_text(st, 6));
	out->attempts = sql_get_int(st, 7);
	out->created_ms = sql_get_int(st, 8);
	out->committed_ms = sql_get_int(st, 9);
	out->agent_id = sql_get_int(st, 10);
	out->lease_ms = sql_get_int(st, 11);
	out->lost = sql_get_int(st, 12);
	out->lapsed = strcmp(sql_get_text(st, 13), DELIVERY_LAPSED) == 0 &&
		      out->lease_ms == 0;
	out->identity_id = sql_get_int(st, 14);
	out->whatsapp = sql_get_int(st, 15) != 0;
	out->external_id = mem_strdup(sql_get_text(st, 16));
	(void)snprintf(out->receipt, sizeof out->receipt, "%s",
		       sql_get_text(st, 17));
	out->begun = sql_get_int(st, 18) != 0;
	sql_reset(st);
	return OUT_OK;
}

enum outcome
delivery_due(struct store *s, const char *role, int64_t now_ms, int max,
	     int64_t *ids_out, int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_due);

	sql_set_int(st, 1, now_ms);
	sql_set_str(st, 2, role);
	sql_set_int(st, 3, max);
	return row_ids(s, st, max, ids_out, n_out, e);
}

enum outcome
delivery_take(struct store *s, int64_t id, int64_t lease_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_take);

	sql_set_int(st, 1, id);
	sql_set_int(st, 2, lease_ms);
	return sql_done(s, st, e);
}

enum outcome
delivery_begin(struct store *s, int64_t id, int64_t lease_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_begin);

	sql_set_int(st, 1, id);
	sql_set_int(st, 2, lease_ms);
	return sql_done(s, st, e);
}

enum outcome
delivery_requeue(struct store *s, int64_t id, int64_t due_ms, int64_t lost,
		 const char *detail, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_requeue);

	sql_set_int(st, 1, id);
	sql_set_int(st, 2, due_ms);
	sql_set_str(st, 3, detail);
	sql_set_int(st, 4, lost);
	return sql_done(s, st, e);
}

enum outcome
delivery_end(struct store *s, int64_t id, const char *state, int64_t now_ms,
	     const char *detail, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_end);

	sql_set_int(st, 1, id);
	sql_set_str(st, 2, state);
	sql_set_int(st, 3, now_ms);
	sql_set_str(st, 4, detail);
	return sql_done(s, st, e);
}

enum outcome
delivery_named(struct store *s, int64_t id, const char *external_id,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_named);

	sql_set_int(st, 1, id);
	sql_set_str(st, 2, external_id);
	return sql_done(s, st, e);
}

static enum outcome
delivery_by(struct store *s, const struct sql *q, int64_t connection_id,
	    const char *text, int64_t *id_out, struct err *e)
{
	sqlite3_stmt *st;

	*id_out = 0;
	if (text == NULL || *text == '\0')
		return OUT_OK;
	st = sql_stmt(s, q);
	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, text);
	return row_number(s, st, id_out, e);
}

enum outcome
delivery_of(struct store *s, int64_t connection_id, const char *key,
	    const char *external_id, int64_t *id_out, struct err *e)
{
	enum outcome o =
		delivery_by(s, &q_of_key, connection_id, key, id_out, e);

	if (o == OUT_OK && *id_out == 0)
		o = delivery_by(s, &q_of_external, connection_id, external_id,
				id_out, e);
	return o;
}

enum outcome
delivery_receipt(struct store *s, int64_t id, const char *receipt,
		 int64_t at_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_receipt);

	sql_set_int(st, 1, id);
	sql_set_str(st, 2, receipt);
	sql_set_int(st, 3, at_ms);
	return sql_done(s, st, e);
}

enum outcome
delivery_proved(struct store *s, int64_t id, int64_t now_ms, struct err *e)
{
	return row_change(s, &q_proved, id, now_ms, e);
}

enum outcome
delivery_renew(struct store *s, int64_t id, int64_t now_ms, struct err *e)
{
	return row_change(s, &q_renew, id, now_ms, e);
}

enum outcome
delivery_code(struct store *s, int64_t id, int64_t code, struct err *e)
{
	return row_change(s, &q_code, id, code, e);
}

enum outcome
delivery_lapsed(struct store *s, int64_t now_ms, int max, int64_t *ids_out,
		int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_lapsed);

	sql_set_int(st, 1, now_ms);
	sql_set_int(st, 2, max);
	return row_ids(s, st, max, ids_out, n_out, e);
}

enum outcome
delivery_clock_back(struct store *s, int64_t now_ms, int64_t wait_ms,
		    int64_t lease_ms, struct err *e)
{
	return lease_clock_back(s, &q_back_due, &q_back_lease, now_ms, wait_ms,
				lease_ms, e);
}

enum outcome
delivery_roles(struct store *s, int64_t after_ms, int64_t now_ms,
	       void (*fn)(void *arg, const char *role), void *arg,
	       struct err *e)
{
	return row_each_text(s, &q_roles, after_ms, now_ms, fn, arg, e);
}

enum outcome
delivery_next(struct store *s, int64_t now_ms, int64_t *ms_out, struct err *e)
{
	return lease_next(s, &q_next_lease, &q_next_due, now_ms, ms_out, e);
}

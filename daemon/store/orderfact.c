#include "daemon/store/orderfact.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

#define LINES_BYTES 8192 /* of an order's lines as text */
#define WORDS_BYTES (256 * 1024)

static const struct sql q_fact = {
	"read an order",
	"SELECT o.id, o.connection_id, o.customer_id, o.number, o.state, "
	"o.payment_state, o.fulfilment_state, o.raw_status, o.currency, "
	"o.total, o.placed_ms, o.told_ms, o.promised_s, o.late_ms, "
	"o.delivered_ms, (SELECT count(*) FROM order_line l "
	"WHERE l.order_id = o.id), o.deleted, o.test, o.buyer_email, "
	"o.buyer_phone, json_extract(o.buyer, '$.name'), "
	"json_extract(o.buyer, '$.locale'), "
	"(SELECT h.status FROM shipment h WHERE h.order_id = o.id "
	"ORDER BY h.status_ms DESC, h.id DESC LIMIT 1), "
	"(SELECT h.tracking_url FROM shipment h WHERE h.order_id = o.id "
	"AND h.tracking_url <> '' ORDER BY h.status_ms DESC, h.id DESC LIMIT 1) "
	"FROM shop_order o WHERE o.id = $1"
};
static const struct sql q_lines = {
	"read an order's lines as text",
	"SELECT quantity, name, variant FROM order_line WHERE order_id = $1 "
	"ORDER BY number LIMIT $2"
};
static const struct sql q_linked = {
	"find the order of an incident",
	"SELECT order_id FROM order_link WHERE incident_id = $1 "
	"ORDER BY at_ms DESC, order_id DESC LIMIT 1"
};
static const struct sql q_link = {
	"look for a link",
	"SELECT how = 'hand' FROM order_link WHERE incident_id = $1 "
	"AND order_id = $2"
};
static const struct sql q_incident = {
	"find the incident of an order",
	"SELECT i.id FROM order_link k JOIN incident i ON i.id = k.incident_id "
	"WHERE k.order_id = $1 AND i.active = 1 "
	"ORDER BY k.at_ms DESC, i.id DESC LIMIT 1"
};
static const struct sql q_address = {
	"find where an order's customer is written to",
	"SELECT o.buyer_email, json_extract(o.buyer, '$.name') "
	"FROM order_link k JOIN shop_order o ON o.id = k.order_id "
	"WHERE k.incident_id = $1 AND o.buyer_email <> '' AND o.deleted = 0 "
	"AND (o.customer_id = $2 OR (o.customer_id IS NULL AND EXISTS ("
	"SELECT 1 FROM identity d WHERE d.kind = 'email' AND d.scope = '' "
	"AND d.value = o.buyer_email AND d.customer_id = $2))) "
	"ORDER BY k.at_ms DESC, o.id DESC LIMIT 1"
};
static const struct sql q_number = {
	"find orders by number",
	"SELECT id FROM shop_order WHERE number_key = $1 AND number_key <> '' "
	"AND deleted = 0 AND test = 0 ORDER BY placed_ms DESC, id DESC LIMIT $2"
};
static const struct sql q_number_of = {
	"find a customer's orders by number",
	"SELECT id FROM shop_order WHERE number_key = $1 AND number_key <> '' "
	"AND customer_id = $3 AND deleted = 0 AND test = 0 "
	"ORDER BY placed_ms DESC, id DESC LIMIT $2"
};
static const struct sql q_number_others = {
	"find orders of others by number",
	"SELECT id FROM shop_order o WHERE number_key = $1 "
	"AND number_key <> '' AND deleted = 0 AND test = 0 "
	"AND customer_id IS NOT (SELECT customer_id FROM incident "
	"WHERE id = $3) AND NOT EXISTS (SELECT 1 FROM order_link k "
	"WHERE k.incident_id = $3 AND k.order_id = o.id) "
	"ORDER BY placed_ms DESC, id DESC LIMIT $2"
};
static const struct sql q_words = {
	"read what was written into an incident",
	"SELECT coalesce(subject, ''), "
	"substr(coalesce(reply_text, text), 1, $3) FROM message "
	"WHERE incident_id = $1 AND direction = 'in' AND robot = 0 "
	"ORDER BY number DESC LIMIT $2"
};
static const struct sql q_count = {
	"count a customer's orders",
	"SELECT count(*) FROM (SELECT 1 FROM shop_order WHERE customer_id = $1 "
	"AND deleted = 0 AND test = 0 LIMIT $2)"
};

/* As the index shop_order_promised has it. */
#define OWED                                                                   \
	"promised_s IS NOT NULL AND late_ms IS NULL AND delivered_ms IS NULL " \
	"AND deleted = 0 AND state <> 'cancelled'"

static const struct sql q_overdue = {
	"list orders that are late",
	"SELECT id FROM shop_order WHERE " OWED
	" AND promised_s < $1 ORDER BY promised_s LIMIT $2"
};
static const struct sql q_promise_next = {
	"find the next promised date",
	"SELECT promised_s FROM shop_order WHERE " OWED
	" ORDER BY promised_s LIMIT 1"
};
static const struct sql q_late = {
	"note that an order is late",
	"UPDATE shop_order SET late_ms = $2 WHERE id = $1"
};

static char *
fact_text(sqlite3_stmt *st, int column)
{
	return mem_strdup(sql_get_text(st, column));
}

/* The row that the statement stands on. */
static void
fact_read(sqlite3_stmt *st, struct order_fact *f)
{
	f->id = sql_get_int(st, 0);
	f->connection_id = sql_get_int(st, 1);
	f->customer_id = sql_get_int(st, 2);
	f->has_total = !sql_get_null(st, 9);
	f->total = sql_get_int(st, 9);
	f->placed_ms = sql_get_int(st, 10);
	f->told_ms = sql_get_int(st, 11);
	f->promised_s = sql_get_int(st, 12);
	f->late_ms = sql_get_int(st, 13);
	f->delivered_ms = sql_get_int(st, 14);
	f->lines = sql_get_int(st, 15);
	f->deleted = sql_get_int(st, 16) != 0;
	f->test = sql_get_int(st, 17) != 0;
}

void
order_fact_release(struct order_fact *f)
{
	MEM_CLEAR(&f->number);
	MEM_CLEAR(&f->state);
	MEM_CLEAR(&f->payment_state);
	MEM_CLEAR(&f->fulfilment_state);
	MEM_CLEAR(&f->raw_status);
	MEM_CLEAR(&f->currency);
	MEM_CLEAR(&f->email);
	MEM_CLEAR(&f->phone);
	MEM_CLEAR(&f->name);
	MEM_CLEAR(&f->locale);
	MEM_CLEAR(&f->shipment_status);
	MEM_CLEAR(&f->tracking_url);
	f->id = 0;
}

enum outcome
order_fact_load(struct store *s, int64_t order_id, struct order_fact *out,
		struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_fact);
	struct {
		char **to;
		int column;
	} const texts[] = {
		{ &out->number, 3 },
		{ &out->state, 4 },
		{ &out->payment_state, 5 },
		{ &out->fulfilment_state, 6 },
		{ &out->raw_status, 7 },
		{ &out->currency, 8 },
		{ &out->email, 18 },
		{ &out->phone, 19 },
		{ &out->name, 20 },
		{ &out->locale, 21 },
		{ &out->shipment_status, 22 },
		{ &out->tracking_url, 23 },
	};
	bool row = false;
	size_t i;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, order_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row)
		fact_read(st, out);
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		*texts[i].to = o == OUT_OK && row
				       ? fact_text(st, texts[i].column)
				       : mem_strdup("");
	sql_reset(st);
	return o;
}

enum outcome
order_fact_lines(struct store *s, int64_t order_id, char **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_lines);
	struct buf b;
	bool row = false;
	enum outcome o;

	*out = NULL;
	buf_init(&b, LINES_BYTES);
	sql_set_int(st, 1, order_id);
	sql_set_int(st, 2, ORDER_LINES_TOLD);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		const char *variant = sql_get_text(st, 2);

		(void)buf_printf(&b, "%s%lld x %s%s%s", b.len > 0 ? "\n" : "",
				 (long long)sql_get_int(st, 0),
				 sql_get_text(st, 1),
				 *variant != '\0' ? ", " : "", variant);
	}
	sql_reset(st);
	if (o == OUT_OK && b.len > 0)
		*out = buf_take(&b);
	buf_release(&b);
	return o;
}

/* --- links ---------------------------------------------------------------- */

enum outcome
order_linked(struct store *s, int64_t incident_id, int64_t *order_out,
	     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_linked);

	sql_set_int(st, 1, incident_id);
	return row_number(s, st, order_out, e);
}

enum outcome
order_link_find(struct store *s, int64_t incident_id, int64_t order_id,
		bool *linked_out, bool *by_hand_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_link);
	enum outcome o;

	*by_hand_out = false;
	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, order_id);
	o = sql_row(s, st, linked_out, e);
	if (o == OUT_OK && *linked_out)
		*by_hand_out = sql_get_int(st, 0) != 0;
	sql_reset(st);
	return o;
}

enum outcome
order_incident(struct store *s, int64_t order_id, int64_t *incident_out,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_incident);

	sql_set_int(st, 1, order_id);
	return row_number(s, st, incident_out, e);
}

enum outcome
order_address(struct store *s, int64_t incident_id, int64_t customer_id,
	      char **email_out, char **name_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_address);
	bool row = false;
	enum outcome o;

	*email_out = NULL;
	*name_out = NULL;
	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, customer_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		*email_out = mem_strdup(sql_get_text(st, 0));
		if (*sql_get_text(st, 1) != '\0')
			*name_out = mem_strdup(sql_get_text(st, 1));
	}
	sql_reset(st);
	return o;
}

enum outcome
order_by_number(struct store *s, const char *number_key, int64_t customer_id,
		int max, int64_t *ids_out, int *n_out, struct err *e)
{
	sqlite3_stmt *st =
		sql_stmt(s, customer_id != 0 ? &q_number_of : &q_number);

	sql_set_str(st, 1, number_key);
	sql_set_int(st, 2, max);
	if (customer_id != 0)
		sql_set_int(st, 3, customer_id);
	return row_ids(s, st, max, ids_out, n_out, e);
}

enum outcome
order_by_number_others(struct store *s, const char *number_key,
		       int64_t incident_id, int max, int64_t *ids_out,
		       int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_number_others);

	sql_set_str(st, 1, number_key);
	sql_set_int(st, 2, max);
	sql_set_int(st, 3, incident_id);
	return row_ids(s, st, max, ids_out, n_out, e);
}

enum outcome
order_words(struct store *s, int64_t incident_id, char **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_words);
	struct buf b;
	bool row = false;
	enum outcome o;

	buf_init(&b, WORDS_BYTES);
	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, ORDER_WORDS_MESSAGES);
	sql_set_int(st, 3, ORDER_WORDS_EACH);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		(void)buf_printf(&b, "%s\n%s\n", sql_get_text(st, 0),
				 sql_get_text(st, 1));
	sql_reset(st);
	*out = buf_take(&b);
	return o;
}

enum outcome
order_count(struct store *s, int64_t customer_id, int64_t *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_count);

	sql_set_int(st, 1, customer_id);
	sql_set_int(st, 2, ORDERS_COUNTED);
	return row_number(s, st, n_out, e);
}

/* --- promised dates ------------------------------------------------------- */

enum outcome
order_overdue(struct store *s, int64_t now_s, int max, int64_t *ids_out,
	      int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_overdue);

	sql_set_int(st, 1, now_s);
	sql_set_int(st, 2, max);
	return row_ids(s, st, max, ids_out, n_out, e);
}

enum outcome
order_promise_next(struct store *s, int64_t *at_s_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_promise_next);

	*at_s_out = INT64_MAX;
	return row_lower(s, st, at_s_out, e);
}

enum outcome
order_late_put(struct store *s, int64_t order_id, int64_t at_ms, struct err *e)
{
	return row_change(s, &q_late, order_id, at_ms, e);
}

#include "daemon/store/order.h"

#include <stdio.h>
#include <string.h>

#include "daemon/store/order_bind.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_find = {
	"find an order",
	"SELECT id, updated_ms, gone_ms, polled, refunded_total, state, "
	"payment_state, fulfilment_state, sha256 FROM shop_order "
	"WHERE connection_id = $1 AND external_id = $2"
};
static const struct sql q_add = {
	"add an order",
	"INSERT INTO shop_order (connection_id, external_id, placed_ms, "
	"updated_ms, told_ms) VALUES ($1, $2, 0, 0, $3)"
};
static const struct sql q_write = {
	"write an order",
	"UPDATE shop_order SET sha256 = $2, raw = CAST($3 AS BLOB), "
	"raw_sha256 = $4, polled = $5, deleted = $6, told_ms = $7, "
	"number = $8, number_key = $9, url = $10, state = $11, "
	"payment_state = $12, fulfilment_state = $13, raw_status = $14, "
	"currency = $15, total = $16, subtotal = $17, shipping_total = $18, "
	"tax_total = $19, discount_total = $20, refunded_total = $21, "
	"placed_ms = $22, updated_ms = $23, cancelled_ms = $24, "
	"cancel_reason = $25, promised_order_s = $26, note = $27, tags = $28, "
	"test = $29, buyer = $30, billing = $31, shipping = $32 WHERE id = $1"
};
static const struct bind order_members[] = {
	{ "number", BIND_TEXT },        { "number_key", BIND_TEXT },
	{ "url", BIND_TEXT },           { "state", BIND_TEXT },
	{ "payment_state", BIND_TEXT }, { "fulfilment_state", BIND_TEXT },
	{ "raw_status", BIND_TEXT },    { "currency", BIND_TEXT },
	{ "total", BIND_INT },          { "subtotal", BIND_INT },
	{ "shipping_total", BIND_INT }, { "tax_total", BIND_INT },
	{ "discount_total", BIND_INT }, { "refunded_total", BIND_INT },
	{ "placed_ms", BIND_INT },      { "updated_ms", BIND_INT },
	{ "cancelled_ms", BIND_INT },   { "cancel_reason", BIND_TEXT },
	{ "promised_ms", BIND_SECOND }, { "note", BIND_TEXT },
	{ "tags", BIND_LIST },          { "test", BIND_FLAG },
	{ "customer", BIND_OBJECT },    { "billing", BIND_OBJECT },
	{ "shipping", BIND_OBJECT },    { NULL, BIND_TEXT }
};
static const struct sql q_buyer = {
	"write whose an order is",
	"UPDATE shop_order SET buyer_external_id = $2, buyer_email = $3, "
	"buyer_phone = $4 WHERE id = $1"
};
static const struct bind buyer_members[] = { { "external_id", BIND_TEXT },
					     { "email", BIND_TEXT },
					     { "phone_e164", BIND_TEXT },
					     { NULL, BIND_TEXT } };

static const struct sql q_lines_clear = {
	"clear an order's lines", "DELETE FROM order_line WHERE order_id = $1"
};
static const struct sql q_line = {
	"add an order's line",
	"INSERT INTO order_line (order_id, number, external_id, product_id, "
	"variant_id, sku, name, variant, quantity, unit_price, total, "
	"refunded_quantity, properties) VALUES ($1, $2, $3, $4, $5, $6, $7, "
	"$8, $9, $10, $11, $12, $13)"
};
static const struct bind line_members[] = {
	{ "external_id", BIND_TEXT }, { "product_id", BIND_TEXT },
	{ "variant_id", BIND_TEXT },  { "sku", BIND_TEXT },
	{ "name", BIND_TEXT },        { "variant", BIND_TEXT },
	{ "quantity", BIND_ZERO },    { "unit_price", BIND_INT },
	{ "total", BIND_INT },        { "refunded_quantity", BIND_ZERO },
	{ "properties", BIND_LIST },  { NULL, BIND_TEXT }
};
static const struct sql q_payments_clear = {
	"clear an order's payments",
	"DELETE FROM order_payment WHERE order_id = $1"
};
static const struct sql q_payment = {
	"add a payment",
	"INSERT INTO order_payment (order_id, number, method, title, "
	"transaction_id, amount, status, at_ms) VALUES ($1, $2, $3, $4, $5, "
	"$6, $7, $8)"
};
static const struct bind payment_members[] = { { "method", BIND_TEXT },
					       { "title", BIND_TEXT },
					       { "transaction_id", BIND_TEXT },
					       { "amount", BIND_INT },
					       { "status", BIND_TEXT },
					       { "at_ms", BIND_INT },
					       { NULL, BIND_TEXT } };
static const struct sql q_refunds_clear = {
	"clear an order's refunds",
	"DELETE FROM order_refund WHERE order_id = $1"
};
/* $2, the place, is not kept */
static const struct sql q_refund = {
	"add a refund",
	"INSERT INTO order_refund (order_id, external_id, amount, currency, "
	"reason, at_ms, lines) SELECT $1, $3, $4, $5, $6, $7, $8 "
	"WHERE $2 IS NOT NULL"
};
static const struct bind refund_members[] = {
	{ "external_id", BIND_TEXT }, { "amount", BIND_ZERO },
	{ "currency", BIND_TEXT },    { "reason", BIND_TEXT },
	{ "at_ms", BIND_INT },        { "lines", BIND_LIST },
	{ NULL, BIND_TEXT }
};
static const struct sql q_returns_clear = {
	"clear an order's returns",
	"DELETE FROM order_return WHERE order_id = $1"
};
static const struct sql q_return = {
	"add a return",
	"INSERT INTO order_return (order_id, external_id, status, reason, "
	"at_ms, lines, refund_id, steps) SELECT $1, $3, $4, $5, $6, $7, $8, "
	"$9 WHERE $2 IS NOT NULL"
};
static const struct bind return_members[] = {
	{ "external_id", BIND_TEXT }, { "status", BIND_TEXT },
	{ "reason", BIND_TEXT },      { "at_ms", BIND_INT },
	{ "lines", BIND_LIST },       { "refund_id", BIND_TEXT },
	{ "steps", BIND_LIST },       { NULL, BIND_TEXT }
};

static const struct sql q_told = {
	"note that an order was told",
	"UPDATE shop_order SET told_ms = max(told_ms, $2), "
	"polled = max(polled, $3) WHERE id = $1"
};
static const struct sql q_gone = {
	"note that an order is gone",
	"UPDATE shop_order SET gone_ms = max(coalesce(gone_ms, 0), $2), "
	"told_ms = $3, deleted = CASE WHEN max(coalesce(gone_ms, 0), $2) >= "
	"updated_ms THEN 1 ELSE deleted END WHERE id = $1"
};
static const struct sql q_promised = {
	"read when an order is promised",
	"SELECT max(coalesce(o.promised_order_s, x.estimated_s), "
	"coalesce(x.estimated_s, o.promised_order_s)), CASE WHEN "
	"x.arrived > 0 AND x.arrived + x.back = x.parcels AND "
	"(o.state = 'completed' OR o.fulfilment_state IN ('fulfilled', "
	"'unknown')) THEN coalesce(x.arrived_ms, o.updated_ms) END "
	"FROM shop_order o, (SELECT count(*) AS parcels, "
	"coalesce(sum(status = 'delivered'), 0) AS arrived, "
	"coalesce(sum(status = 'returned'), 0) AS back, "
	"max(CASE WHEN status = 'delivered' THEN "
	"coalesce(delivered_ms, status_ms) END) AS arrived_ms, "
	"max(CASE WHEN status NOT IN ('delivered', 'returned') THEN "
	"estimated_s END) AS estimated_s "
	"FROM shipment WHERE order_id = $1 AND status <> 'cancelled') x "
	"WHERE o.id = $1"
};
static const struct sql q_settle = {
	"write when an order is promised",
	"UPDATE shop_order SET late_ms = CASE WHEN $2 > promised_s THEN NULL "
	"ELSE late_ms END, promised_s = $2, delivered_ms = $3 WHERE id = $1"
};
static const struct sql q_give = {
	"give an order to a customer",
	"UPDATE shop_order SET customer_id = $2, customer_basis = $3 "
	"WHERE id = $1"
};
static const struct sql q_facts = {
	"read what became of an order",
	"SELECT json_object('connection', connection_id, "
	"'customer', customer_id, 'state', state, "
	"'payment_state', payment_state, 'fulfilment_state', "
	"fulfilment_state, 'delivered_ms', delivered_ms, 'deleted', deleted, "
	"'shipments', (SELECT json_group_object(CAST(p.id AS TEXT), p.status) "
	"FROM shipment p WHERE p.order_id = o.id), "
	"'refunds', (SELECT json_group_object(r.external_id, 1) "
	"FROM order_refund r WHERE r.order_id = o.id), "
	"'returns', (SELECT json_group_object(r.external_id, r.status) "
	"FROM order_return r WHERE r.order_id = o.id)) "
	"FROM shop_order o WHERE id = $1"
};
static const struct sql q_numbered = {
	"find an order by its number",
	"SELECT CASE WHEN count(*) = 1 THEN min(id) ELSE 0 END "
	"FROM (SELECT id FROM shop_order WHERE number_key = $1 "
	"AND number_key <> '' LIMIT 2)"
};

static void
word(sqlite3_stmt *st, int i, char out[ORDER_WORD_MAX])
{
	(void)snprintf(out, ORDER_WORD_MAX, "%s", sql_get_text(st, i));
}

enum outcome
order_find(struct store *s, int64_t connection_id, const char *external_id,
	   struct order_head *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_find);
	enum outcome o;
	bool row;

	*out = (struct order_head){ .id = 0 };
	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, external_id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	out->id = sql_get_int(st, 0);
	out->updated_ms = sql_get_int(st, 1);
	out->gone_ms = sql_get_int(st, 2);
	out->polled = sql_get_int(st, 3) != 0;
	out->refunded = sql_get_int(st, 4);
	word(st, 5, out->state);
	word(st, 6, out->payment);
	word(st, 7, out->fulfilment);
	(void)snprintf(out->sha256, sizeof out->sha256, "%s",
		       sql_get_text(st, 8));
	sql_reset(st);
	return OUT_OK;
}

enum outcome
order_add(struct store *s, int64_t connection_id, const char *external_id,
	  int64_t now_ms, int64_t *id_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);
	enum outcome o;

	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, external_id);
	sql_set_int(st, 3, now_ms);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		*id_out = sql_last_id(s);
	return o;
}

/* --- the whole state ------------------------------------------------------ */

static enum outcome
row_write(struct store *s, int64_t id, const json_t *made,
	  const struct order_words *w, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_write);
	struct bind_docs docs = { .n = 0 };
	enum outcome o;

	sql_set_int(st, 1, id);
	sql_set_str(st, 2, w->sha256);
	sql_set_str(st, 3, w->raw);
	sql_set_str(st, 4, w->raw_sha256);
	sql_set_int(st, 5, w->polled);
	sql_set_int(st, 6, w->deleted);
	sql_set_int(st, 7, w->told_ms);
	bind_members(st, 8, made, order_members, &docs);
	o = sql_done(s, st, e);
	bind_release(&docs);
	return o;
}

static enum outcome
buyer_write(struct store *s, int64_t id, const json_t *buyer, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_buyer);
	struct bind_docs docs = { .n = 0 };

	sql_set_int(st, 1, id);
	bind_members(st, 2, buyer, buyer_members, &docs);
	return sql_done(s, st, e);
}

/* A list of the order in place of the one that was there. */
static enum outcome
list_write(struct store *s, int64_t id, const json_t *list,
	   const struct sql *clear, const struct sql *add,
	   const struct bind *members, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, clear);
	enum outcome o;

	sql_set_int(st, 1, id);
	o = sql_done(s, st, e);
	for (size_t i = 0; i < json_array_size(list) && o == OUT_OK; i++) {
		struct bind_docs docs = { .n = 0 };

		st = sql_stmt(s, add);
		sql_set_int(st, 1, id);
		sql_set_int(st, 2, (int64_t)i + 1);
		bind_members(st, 3, json_array_get(list, i), members, &docs);
		o = sql_done(s, st, e);
		bind_release(&docs);
	}
	return o;
}

enum outcome
order_write(struct store *s, int64_t id, const json_t *made,
	    const struct order_words *w, struct err *e)
{
	enum outcome o = row_write(s, id, made, w, e);

	if (o == OUT_OK)
		o = buyer_write(s, id, json_object_get(made, "customer"), e);
	if (o == OUT_OK)
		o = list_write(s, id, json_object_get(made, "lines"),
			       &q_lines_clear, &q_line, line_members, e);
	if (o == OUT_OK)
		o = list_write(s, id, json_object_get(made, "payments"),
			       &q_payments_clear, &q_payment, payment_members,
			       e);
	if (o == OUT_OK)
		o = list_write(s, id, json_object_get(made, "refunds"),
			       &q_refunds_clear, &q_refund, refund_members, e);
	if (o == OUT_OK)
		o = list_write(s, id, json_object_get(made, "returns"),
			       &q_returns_clear, &q_return, return_members, e);
	return o;
}

/* --- what follows --------------------------------------------------------- */

enum outcome
order_told(struct store *s, int64_t id, bool polled, int64_t told_ms,
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_told);

	sql_set_int(st, 1, id);
	sql_set_int(st, 2, told_ms);
	sql_set_int(st, 3, polled);
	return sql_done(s, st, e);
}

enum outcome
order_gone(struct store *s, int64_t id, int64_t gone_ms, int64_t told_ms,
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_gone);

	sql_set_int(st, 1, id);
	sql_set_int(st, 2, gone_ms);
	sql_set_int(st, 3, told_ms);
	return sql_done(s, st, e);
}

enum outcome
order_settle(struct store *s, int64_t id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_promised);
	int64_t v[2] = { 0, 0 };
	bool row;
	enum outcome o;

	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	v[0] = sql_get_int(st, 0);
	v[1] = sql_get_int(st, 1);
	sql_reset(st);
	st = sql_stmt(s, &q_settle);
	sql_set_int(st, 1, id);
	sql_set_id(st, 2, v[0]);
	sql_set_id(st, 3, v[1]);
	return sql_done(s, st, e);
}

enum outcome
order_give(struct store *s, int64_t id, int64_t customer_id, const char *basis,
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_give);

	sql_set_int(st, 1, id);
	sql_set_id(st, 2, customer_id);
	sql_set_str(st, 3, basis);
	return sql_done(s, st, e);
}

static json_t *
facts_of(sqlite3_stmt *st)
{
	return sql_json_doc(st, 0);
}

enum outcome
order_facts(struct store *s, int64_t id, json_t **out, struct err *e)
{
	return row_one_of(s, &q_facts, id, facts_of, out, e);
}

enum outcome
order_numbered(struct store *s, const char *key, int64_t *id_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_numbered);

	sql_set_str(st, 1, key);
	return row_number(s, st, id_out, e);
}

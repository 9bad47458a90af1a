#include "daemon/store/order_view.h"

#include "daemon/base/money.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

#define RETURN_DAYS "coalesce(json_extract(c.settings, '$.return_days'), 14)"
#define DAY_MS "86400000"

/* $2: the instant now, in seconds */
#define ORDER_COLUMNS                                                          \
	"SELECT o.id, c.name, o.external_id, o.number, o.url, o.state, "       \
	"o.payment_state, o.fulfilment_state, o.raw_status, o.currency, "      \
	"o.total, o.refunded_total, o.placed_ms, o.updated_ms, o.told_ms, "    \
	"o.cancelled_ms, o.promised_s, o.delivered_ms, CASE WHEN "             \
	"o.delivered_ms IS NULL AND o.state <> 'cancelled' AND "               \
	"o.promised_s < $2 THEN ($2 - o.promised_s) / 86400 END, o.test, "     \
	"o.deleted, o.customer_id, o.customer_basis, "                         \
	"json_extract(o.buyer, '$.name') "                                     \
	"FROM shop_order o JOIN connection c ON c.id = o.connection_id "

static const struct sql q_one = { "read an order",
				  ORDER_COLUMNS "WHERE o.id = $1" };
static const struct sql q_list = {
	"list a customer's orders", ORDER_COLUMNS
	"WHERE o.customer_id = $1 AND o.deleted = 0 AND ($3 = 0 OR "
	"(o.placed_ms, o.id) < (SELECT placed_ms, id FROM shop_order "
	"WHERE id = $3)) ORDER BY o.placed_ms DESC, o.id DESC LIMIT $4"
};
static const struct sql q_find = {
	"find orders", ORDER_COLUMNS
	"WHERE o.deleted = 0 AND $1 = $1 AND o.id IN ("
	"SELECT id FROM shop_order WHERE number_key = $3 AND number_key <> '' "
	"UNION SELECT order_id FROM shipment WHERE tracking_key = $3 "
	"AND tracking_key <> '' UNION SELECT id FROM (SELECT id FROM "
	"shop_order WHERE buyer_email = $4 AND buyer_email <> '' LIMIT 1000) "
	"UNION SELECT id FROM (SELECT id FROM shop_order "
	"WHERE buyer_phone IN (SELECT value FROM json_each($5)) "
	"AND buyer_phone <> '' LIMIT 1000)) "
	"ORDER BY o.placed_ms DESC, o.id DESC LIMIT $6"
};
static const struct sql q_more = {
	"read what else an order says",
	"SELECT o.currency, o.subtotal, o.shipping_total, o.tax_total, "
	"o.discount_total, o.cancel_reason, o.note, o.tags, o.buyer, "
	"o.billing, o.shipping, (SELECT count(*) FROM order_line l "
	"WHERE l.order_id = o.id) FROM shop_order o WHERE o.id = $1"
};
static const struct sql q_lines = {
	"list an order's lines",
	"SELECT o.currency, l.number, l.external_id, l.sku, l.name, "
	"l.variant, l.quantity, l.unit_price, l.total, l.refunded_quantity, "
	"l.properties, (SELECT coalesce(sum(json_extract(j.value, "
	"'$.quantity')), 0) FROM order_return r, json_each(r.lines) j "
	"WHERE r.order_id = o.id AND r.status <> 'declined' "
	"AND l.external_id <> '' "
	"AND json_extract(j.value, '$.line') = l.external_id), "
	"coalesce((SELECT max(p.delivered_ms) FROM shipment p, "
	"json_each(p.lines) j WHERE p.order_id = o.id "
	"AND p.status = 'delivered' AND l.external_id <> '' "
	"AND json_extract(j.value, '$.line') = l.external_id), "
	"o.delivered_ms) + " RETURN_DAYS " * " DAY_MS " FROM order_line l "
	"JOIN shop_order o ON o.id = l.order_id "
	"JOIN connection c ON c.id = o.connection_id "
	"WHERE l.order_id = $1 ORDER BY l.number LIMIT $2"
};
static const struct sql q_payments = {
	"list an order's payments",
	"SELECT o.currency, p.method, p.title, p.transaction_id, p.amount, "
	"p.status, p.at_ms FROM order_payment p "
	"JOIN shop_order o ON o.id = p.order_id "
	"WHERE p.order_id = $1 ORDER BY p.number"
};
static const struct sql q_refunds = {
	"list an order's refunds",
	"SELECT o.currency, r.external_id, r.amount, r.reason, r.at_ms, "
	"r.lines FROM order_refund r JOIN shop_order o ON o.id = r.order_id "
	"WHERE r.order_id = $1 ORDER BY r.at_ms, r.external_id"
};
static const struct sql q_returns = {
	"list an order's returns",
	"SELECT external_id, status, reason, at_ms, lines, refund_id, steps "
	"FROM order_return WHERE order_id = $1 ORDER BY at_ms, external_id"
};
static const struct sql q_shipments = {
	"list an order's parcels as they are shown",
	"SELECT p.id, p.external_id, p.carrier, p.tracking_number, "
	"p.tracking_url, p.status, p.status_raw, p.status_ms, p.shipped_ms, "
	"p.delivered_ms, p.estimated_s, p.lines, (SELECT json_group_array("
	"json_object('at', k.at_ms, 'status', k.status, 'text', k.text, "
	"'place', k.place)) FROM (SELECT * FROM (SELECT * FROM checkpoint "
	"WHERE shipment_id = p.id ORDER BY number DESC LIMIT 50) "
	"ORDER BY number) k) "
	"FROM shipment p WHERE p.order_id = $1 ORDER BY "
	"coalesce(p.shipped_ms, p.status_ms, 0), p.external_id, "
	"p.tracking_key, p.id"
};
static const struct sql q_incidents = {
	"list incidents about an order",
	"SELECT incident_id FROM order_link WHERE order_id = $1 "
	"ORDER BY incident_id DESC LIMIT 50"
};
/* Read from the index alone: see STORE.md, "Indexes". */
static const struct sql q_totals = {
	"add up a customer's orders",
	"SELECT currency, count(*), sum(state = 'open' AND "
	"delivered_ms IS NULL), sum(state = 'cancelled'), "
	"sum(CASE WHEN state <> 'cancelled' AND payment_state IN ('paid', "
	"'partially_refunded', 'refunded') THEN total ELSE 0 END), "
	"coalesce(sum(refunded_total), 0), min(placed_ms), max(placed_ms) "
	"FROM shop_order WHERE customer_id = $1 AND deleted = 0 AND test = 0 "
	"GROUP BY currency ORDER BY 2 DESC, 1"
};
static const struct sql q_first = {
	"list the orders that a panel shows",
	"SELECT id FROM shop_order WHERE customer_id = $1 AND deleted = 0 "
	"ORDER BY state = 'open' AND delivered_ms IS NULL DESC, "
	"placed_ms DESC, id DESC LIMIT $2"
};
static const struct sql q_links = {
	"list an incident's orders",
	"SELECT order_id, how, agent_id, at_ms FROM order_link "
	"WHERE incident_id = $1 ORDER BY at_ms, order_id LIMIT 50"
};

/* Column i as decimal text in the currency of column c, or null. */
static json_t *
money(sqlite3_stmt *st, int c, int i)
{
	char text[MONEY_TEXT_MAX];

	if (sql_get_null(st, i))
		return json_null();
	money_print(sql_get_int(st, i), sql_get_text(st, c), text);
	return json_string(text);
}

/* Null for "". */
static json_t *
some(sqlite3_stmt *st, int i)
{
	return *sql_get_text(st, i) != '\0' ? row_str(st, i) : json_null();
}

static json_t *
order_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", json_integer(sql_get_int(st, 0)));
	row_set(o, "connection", row_str(st, 1));
	row_set(o, "external_id", row_str(st, 2));
	row_set(o, "number", row_str(st, 3));
	row_set(o, "url", some(st, 4));
	row_set(o, "state", row_str(st, 5));
	row_set(o, "payment_state", row_str(st, 6));
	row_set(o, "fulfilment_state", row_str(st, 7));
	row_set(o, "raw_status", row_str(st, 8));
	row_set(o, "currency", row_str(st, 9));
	row_set(o, "total", money(st, 9, 10));
	row_set(o, "refunded_total", money(st, 9, 11));
	row_set(o, "placed_at", sql_json_ms(st, 12));
	row_set(o, "updated_at", sql_json_ms(st, 13));
	row_set(o, "as_of", sql_json_ms(st, 14));
	row_set(o, "cancelled_at", sql_json_ms(st, 15));
	row_set(o, "promised_at", row_s(st, 16));
	row_set(o, "delivered_at", sql_json_ms(st, 17));
	row_set(o, "late_days", sql_json_int(st, 18));
	row_set(o, "test", row_bool(st, 19));
	row_set(o, "deleted", row_bool(st, 20));
	row_set(o, "customer", sql_json_int(st, 21));
	row_set(o, "basis", row_str(st, 22));
	row_set(o, "buyer_name", row_str(st, 23));
	return o;
}

static json_t *
line_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "line", json_integer(sql_get_int(st, 1)));
	row_set(o, "external_id", row_str(st, 2));
	row_set(o, "sku", row_str(st, 3));
	row_set(o, "name", row_str(st, 4));
	row_set(o, "variant", row_str(st, 5));
	row_set(o, "quantity", json_integer(sql_get_int(st, 6)));
	row_set(o, "unit_price", money(st, 0, 7));
	row_set(o, "total", money(st, 0, 8));
	row_set(o, "refunded_quantity", json_integer(sql_get_int(st, 9)));
	row_set(o, "properties", sql_json_doc(st, 10));
	row_set(o, "returned_quantity", json_integer(sql_get_int(st, 11)));
	row_set(o, "return_until", sql_json_ms(st, 12));
	return o;
}

static json_t *
payment_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "method", row_str(st, 1));
	row_set(o, "title", row_str(st, 2));
	row_set(o, "transaction_id", row_str(st, 3));
	row_set(o, "amount", money(st, 0, 4));
	row_set(o, "status", row_str(st, 5));
	row_set(o, "at", sql_json_ms(st, 6));
	return o;
}

static json_t *
refund_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "external_id", row_str(st, 1));
	row_set(o, "amount", money(st, 0, 2));
	row_set(o, "reason", row_str(st, 3));
	row_set(o, "at", sql_json_ms(st, 4));
	row_set(o, "lines", sql_json_doc(st, 5));
	return o;
}

/* Instants of a list's members, from milliseconds. */
static json_t *
with_instants(json_t *list, const char *from)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		json_t *v = json_object_get(one, from);
		json_t *at = json_is_integer(v) ? row_iso(json_integer_value(v))
						: json_null();

		(void)json_object_del(one, from);
		row_set(one, "at", at);
	}
	return list;
}

static json_t *
return_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "external_id", row_str(st, 0));
	row_set(o, "status", row_str(st, 1));
	row_set(o, "reason", row_str(st, 2));
	row_set(o, "at", sql_json_ms(st, 3));
	row_set(o, "lines", sql_json_doc(st, 4));
	row_set(o, "refund_id", some(st, 5));
	row_set(o, "steps", with_instants(sql_json_doc(st, 6), "at_ms"));
	return o;
}

static json_t *
shipment_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", json_integer(sql_get_int(st, 0)));
	row_set(o, "external_id", row_str(st, 1));
	row_set(o, "carrier", row_str(st, 2));
	row_set(o, "tracking_number", row_str(st, 3));
	row_set(o, "tracking_url", some(st, 4));
	row_set(o, "status", row_str(st, 5));
	row_set(o, "status_raw", row_str(st, 6));
	row_set(o, "status_at", sql_json_ms(st, 7));
	row_set(o, "shipped_at", sql_json_ms(st, 8));
	row_set(o, "delivered_at", sql_json_ms(st, 9));
	row_set(o, "estimated_at", row_s(st, 10));
	row_set(o, "lines", sql_json_doc(st, 11));
	row_set(o, "checkpoints", with_instants(sql_json_doc(st, 12), "at"));
	return o;
}

static json_t *
more_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "subtotal", money(st, 0, 1));
	row_set(o, "shipping_total", money(st, 0, 2));
	row_set(o, "tax_total", money(st, 0, 3));
	row_set(o, "discount_total", money(st, 0, 4));
	row_set(o, "cancel_reason", row_str(st, 5));
	row_set(o, "note", row_str(st, 6));
	row_set(o, "tags", sql_json_doc(st, 7));
	row_set(o, "buyer", sql_json_doc(st, 8));
	row_set(o, "billing", sql_json_doc(st, 9));
	row_set(o, "shipping", sql_json_doc(st, 10));
	row_set(o, "line_count", json_integer(sql_get_int(st, 11)));
	return o;
}

static json_t *
total_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "currency", row_str(st, 0));
	row_set(o, "orders", json_integer(sql_get_int(st, 1)));
	row_set(o, "open", json_integer(sql_get_int(st, 2)));
	row_set(o, "cancelled", json_integer(sql_get_int(st, 3)));
	row_set(o, "paid", money(st, 0, 4));
	row_set(o, "refunded", money(st, 0, 5));
	row_set(o, "first_at", sql_json_ms(st, 6));
	row_set(o, "last_at", sql_json_ms(st, 7));
	return o;
}

static json_t *
link_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "order", json_integer(sql_get_int(st, 0)));
	row_set(o, "how", row_str(st, 1));
	row_set(o, "agent", sql_json_int(st, 2));
	row_set(o, "at", sql_json_ms(st, 3));
	return o;
}

static json_t *
id_of(sqlite3_stmt *st)
{
	return json_integer(sql_get_int(st, 0));
}

/* --- one ------------------------------------------------------------------ */

enum outcome
order_view_one(struct store *s, int64_t id, int64_t now_ms, json_t **out,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_one);
	enum outcome o;

	sql_set_int(st, 1, id);
	sql_set_int(st, 2, now_ms / 1000);
	o = row_one(s, st, order_of, out, e);
	if (o == OUT_OK && *out == NULL)
		o = err_code(e, OUT_PERM, "not_found", "no such order: %lld",
			     (long long)id);
	return o;
}

static enum outcome
lines(struct store *s, int64_t id, int max, json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_lines);

	sql_set_int(st, 1, id);
	sql_set_int(st, 2, max);
	return row_list(s, st, line_of, out, e);
}

/* The lists that an order has. */
static enum outcome
parts(struct store *s, int64_t id, json_t *o, struct err *e)
{
	static const struct {
		const char *name;
		const struct sql *q;
		row_fn *make;
	} lists[] = {
		{ "payments", &q_payments, payment_of },
		{ "refunds", &q_refunds, refund_of },
		{ "returns", &q_returns, return_of },
		{ "shipments", &q_shipments, shipment_of },
		{ "incidents", &q_incidents, id_of },
	};
	enum outcome out = OUT_OK;

	for (size_t i = 0; i < sizeof lists / sizeof lists[0] && out == OUT_OK;
	     i++) {
		json_t *list = NULL;

		out = row_list_of(s, lists[i].q, id, lists[i].make, &list, e);
		if (out == OUT_OK)
			row_set(o, lists[i].name, list);
	}
	return out;
}

enum outcome
order_view_get(struct store *s, int64_t id, int64_t now_ms, int max,
	       json_t **out, struct err *e)
{
	json_t *order = NULL;
	json_t *more = NULL;
	json_t *list = NULL;
	enum outcome o = order_view_one(s, id, now_ms, &order, e);

	if (o != OUT_OK)
		return o;
	o = row_one_of(s, &q_more, id, more_of, &more, e);
	if (o == OUT_OK)
		o = lines(s, id, max, &list, e);
	if (o == OUT_OK)
		row_set(more, "lines", list);
	if (o == OUT_OK)
		o = parts(s, id, more, e);
	if (o != OUT_OK) {
		json_decref(order);
		json_decref(more);
		return o;
	}
	row_set(more, "order", order);
	*out = more;
	return OUT_OK;
}

/* --- several -------------------------------------------------------------- */

enum outcome
order_view_list(struct store *s, int64_t customer_id, int64_t before, int limit,
		int64_t now_ms, json_t **out, bool *more_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_list);
	enum outcome o;

	sql_set_int(st, 1, customer_id);
	sql_set_int(st, 2, now_ms / 1000);
	sql_set_int(st, 3, before);
	sql_set_int(st, 4, limit + 1);
	o = row_list(s, st, order_of, out, e);
	*more_out = o == OUT_OK && json_array_size(*out) > (size_t)limit;
	if (*more_out)
		(void)json_array_remove(*out, (size_t)limit);
	return o;
}

enum outcome
order_view_find(struct store *s, const struct order_query *q, int limit,
		int64_t now_ms, json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_find);

	sql_set_int(st, 1, 0);
	sql_set_int(st, 2, now_ms / 1000);
	sql_set_str(st, 3, q->key);
	sql_set_str(st, 4, q->email);
	sql_set_str(st, 5, q->phones);
	sql_set_int(st, 6, limit);
	return row_list(s, st, order_of, out, e);
}

enum outcome
order_view_totals(struct store *s, int64_t customer_id, json_t **out,
		  struct err *e)
{
	return row_list_of(s, &q_totals, customer_id, total_of, out, e);
}

enum outcome
order_view_first(struct store *s, int64_t customer_id, int limit,
		 int64_t *ids_out, int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_first);

	sql_set_int(st, 1, customer_id);
	sql_set_int(st, 2, limit);
	return row_ids(s, st, limit, ids_out, n_out, e);
}

enum outcome
order_view_links(struct store *s, int64_t incident_id, json_t **out,
		 struct err *e)
{
	return row_list_of(s, &q_links, incident_id, link_of, out, e);
}

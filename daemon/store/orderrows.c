#include "daemon/store/orderrows.h"

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_sums = {
	"read the sums of an order",
	"SELECT subtotal, shipping_total, tax_total, discount_total, "
	"refunded_total, shipping FROM shop_order WHERE id = $1"
};
static const struct sql q_lines = {
	"read the lines of an order",
	"SELECT name, variant, quantity, total, refunded_quantity, properties "
	"FROM order_line WHERE order_id = $1 ORDER BY number LIMIT $2"
};
static const struct sql q_shipments = {
	"read the parcels of an order",
	"SELECT id, carrier, tracking_number, tracking_url, status, "
	"ifnull(status_ms, shipped_ms) / 1000, estimated_s FROM shipment "
	"WHERE order_id = $1 AND status <> 'cancelled' "
	"ORDER BY status_ms DESC, id DESC LIMIT $2"
};
static const struct sql q_checkpoints = {
	"read where a parcel was",
	"SELECT at_ms / 1000, status, text, place FROM checkpoint "
	"WHERE shipment_id = $1 ORDER BY number DESC LIMIT $2"
};
static const struct sql q_returns = {
	"read the returns of an order",
	"SELECT status, at_ms / 1000 FROM order_return WHERE order_id = $1 "
	"ORDER BY at_ms, external_id LIMIT $2"
};

static json_t *
sums_row(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "subtotal", sql_json_int(st, 0));
	row_set(o, "shipping", sql_json_int(st, 1));
	row_set(o, "tax", sql_json_int(st, 2));
	row_set(o, "discount", sql_json_int(st, 3));
	row_set(o, "refunded", sql_json_int(st, 4));
	row_set(o, "address", sql_json_doc(st, 5));
	return o;
}

static json_t *
line_row(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "name", row_str(st, 0));
	row_set(o, "variant", row_str(st, 1));
	row_set(o, "quantity", sql_json_int(st, 2));
	row_set(o, "total", sql_json_int(st, 3));
	row_set(o, "refunded_quantity", sql_json_int(st, 4));
	row_set(o, "properties", sql_json_doc(st, 5));
	return o;
}

static json_t *
shipment_row(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "carrier", row_str(st, 1));
	row_set(o, "number", row_str(st, 2));
	row_set(o, "url", row_str(st, 3));
	row_set(o, "status", row_str(st, 4));
	row_set(o, "at_s", sql_json_int(st, 5));
	row_set(o, "promised_s", sql_json_int(st, 6));
	return o;
}

static json_t *
checkpoint_row(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "at_s", sql_json_int(st, 0));
	row_set(o, "status", row_str(st, 1));
	row_set(o, "text", row_str(st, 2));
	row_set(o, "place", row_str(st, 3));
	return o;
}

static json_t *
return_row(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "status", row_str(st, 0));
	row_set(o, "at_s", sql_json_int(st, 1));
	return o;
}

/* Rows of a statement that is bound to a number and a ceiling. */
static enum outcome
rows_of(struct store *s, const struct sql *q, int64_t id, int max, row_fn *make,
	json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);

	sql_set_int(st, 1, id);
	sql_set_int(st, 2, max);
	return row_list(s, st, make, out, e);
}

enum outcome
orderrows_sums(struct store *s, int64_t order_id, json_t **out, struct err *e)
{
	enum outcome o = row_one_of(s, &q_sums, order_id, sums_row, out, e);

	if (o == OUT_OK && *out == NULL)
		return err_code(e, OUT_PERM, "not_found", "no such order");
	return o;
}

enum outcome
orderrows_lines(struct store *s, int64_t order_id, json_t **out, struct err *e)
{
	return rows_of(s, &q_lines, order_id, ORDERROWS_LINES, line_row, out,
		       e);
}

enum outcome
orderrows_shipments(struct store *s, int64_t order_id, json_t **out,
		    struct err *e)
{
	return rows_of(s, &q_shipments, order_id, ORDERROWS_SHIPMENTS,
		       shipment_row, out, e);
}

enum outcome
orderrows_checkpoints(struct store *s, int64_t shipment_id, json_t **out,
		      struct err *e)
{
	return rows_of(s, &q_checkpoints, shipment_id, ORDERROWS_CHECKPOINTS,
		       checkpoint_row, out, e);
}

enum outcome
orderrows_returns(struct store *s, int64_t order_id, json_t **out,
		  struct err *e)
{
	return rows_of(s, &q_returns, order_id, ORDERROWS_RETURNS, return_row,
		       out, e);
}

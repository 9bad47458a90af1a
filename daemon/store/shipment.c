#include "daemon/store/shipment.h"

#include "daemon/store/order_bind.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_add = {
	"add a parcel",
	"INSERT INTO shipment (order_id, tracked) VALUES (NULL, '{}')"
};
static const struct sql q_write = {
	"write a parcel",
	"UPDATE shipment SET order_id = $2, order_connection_id = $3, "
	"order_ref = $4, listed = $5, tracked = $6, external_id = $7, "
	"carrier = $8, tracking_number = $9, tracking_key = $10, "
	"tracking_url = $11, status = $12, status_raw = $13, status_ms = $14, "
	"shipped_ms = $15, delivered_ms = $16, estimated_s = $17, "
	"lines = $18 WHERE id = $1"
};
static const struct bind members[] = { { "external_id", BIND_TEXT },
				       { "carrier", BIND_TEXT },
				       { "tracking_number", BIND_TEXT },
				       { "tracking_key", BIND_TEXT },
				       { "tracking_url", BIND_TEXT },
				       { "status", BIND_TEXT },
				       { "status_raw", BIND_TEXT },
				       { "status_ms", BIND_INT },
				       { "shipped_ms", BIND_INT },
				       { "delivered_ms", BIND_INT },
				       { "estimated_ms", BIND_SECOND },
				       { "lines", BIND_LIST },
				       { NULL, BIND_TEXT } };
static const struct sql q_delete = { "delete a parcel",
				     "DELETE FROM shipment WHERE id = $1" };
static const struct sql q_places_clear = {
	"clear where a parcel was",
	"DELETE FROM checkpoint WHERE shipment_id = $1"
};
static const struct sql q_place = {
	"add where a parcel was",
	"INSERT INTO checkpoint (shipment_id, number, at_ms, status, text, "
	"place) VALUES ($1, $2, $3, $4, $5, $6)"
};
static const struct bind place_members[] = { { "at_ms", BIND_INT },
					     { "status", BIND_TEXT },
					     { "text", BIND_TEXT },
					     { "place", BIND_TEXT },
					     { NULL, BIND_TEXT } };
#define COLUMNS                                                                \
	"SELECT id, order_id, order_connection_id, order_ref, external_id, "   \
	"carrier, tracking_key, listed, tracked FROM shipment "
static const struct sql q_order = { "list an order's parcels",
				    COLUMNS "WHERE order_id = $1 ORDER BY id" };
static const struct sql q_key = {
	"list parcels of a tracking number",
	COLUMNS "WHERE tracking_key = $1 AND tracking_key <> '' "
		"ORDER BY id LIMIT $2"
};
static const struct sql q_waiting = {
	"list parcels that wait for an order", COLUMNS
	"WHERE order_id IS NULL AND order_ref <> '' AND order_ref IN ($2, $3) "
	"AND ((order_connection_id = $1 AND order_ref = $2) OR "
	"(order_connection_id IS NULL AND order_ref = $3)) ORDER BY id "
	"LIMIT $4"
};

static json_t *
row_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", json_integer(sql_get_int(st, 0)));
	row_set(o, "order", sql_json_int(st, 1));
	row_set(o, "shop", sql_json_int(st, 2));
	row_set(o, "ref", row_str(st, 3));
	row_set(o, "external_id", row_str(st, 4));
	row_set(o, "carrier", row_str(st, 5));
	row_set(o, "tracking_key", row_str(st, 6));
	row_set(o, "listed",
		sql_get_null(st, 7) ? json_null() : sql_json_doc(st, 7));
	row_set(o, "tracked",
		sql_get_null(st, 8) ? json_null() : sql_json_doc(st, 8));
	return o;
}

static enum outcome
places_write(struct store *s, int64_t id, const json_t *places, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_places_clear);
	enum outcome o;

	sql_set_int(st, 1, id);
	o = sql_done(s, st, e);
	for (size_t i = 0; i < json_array_size(places) && o == OUT_OK; i++) {
		struct bind_docs docs = { .n = 0 };

		st = sql_stmt(s, &q_place);
		sql_set_int(st, 1, id);
		sql_set_int(st, 2, (int64_t)i + 1);
		bind_members(st, 3, json_array_get(places, i), place_members,
			     &docs);
		o = sql_done(s, st, e);
	}
	return o;
}

/* Text of a document, which docs frees; NULL for none. */
static void
doc(sqlite3_stmt *st, int i, const json_t *v, struct bind_docs *docs)
{
	if (v == NULL)
		sql_set_null(st, i);
	else
		sql_set_str(st, i,
			    docs->text[docs->n++] =
				    json_dumps(v, JSON_COMPACT));
}

enum outcome
shipment_write(struct store *s, const struct shipment_new *p, struct err *e)
{
	struct bind_docs docs = { .n = 0 };
	int64_t id = p->id;
	sqlite3_stmt *st;
	enum outcome o = OUT_OK;

	if (id == 0) {
		o = sql_done(s, sql_stmt(s, &q_add), e);
		id = sql_last_id(s);
	}
	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_write);
	sql_set_int(st, 1, id);
	sql_set_id(st, 2, p->order_id);
	sql_set_id(st, 3, p->shop_id);
	sql_set_str(st, 4, p->ref);
	doc(st, 5, p->listed, &docs);
	doc(st, 6, p->tracked, &docs);
	bind_members(st, 7, p->shown, members, &docs);
	o = sql_done(s, st, e);
	bind_release(&docs);
	return o == OUT_OK
		       ? places_write(s, id,
				      json_object_get(p->shown, "checkpoints"),
				      e)
		       : o;
}

enum outcome
shipment_delete(struct store *s, int64_t id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_delete);

	sql_set_int(st, 1, id);
	return sql_done(s, st, e);
}

enum outcome
shipment_of_order(struct store *s, int64_t order_id, json_t **out,
		  struct err *e)
{
	return row_list_of(s, &q_order, order_id, row_of, out, e);
}

enum outcome
shipment_by_key(struct store *s, const char *key, json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_key);

	sql_set_str(st, 1, key);
	sql_set_int(st, 2, SHIPMENT_SAME_MAX);
	return row_list(s, st, row_of, out, e);
}

enum outcome
shipment_waiting(struct store *s, int64_t connection_id,
		 const char *external_id, const char *number_key, json_t **out,
		 struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_waiting);

	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, external_id);
	sql_set_str(st, 3, number_key);
	sql_set_int(st, 4, SHIPMENT_SAME_MAX);
	return row_list(s, st, row_of, out, e);
}

#include "daemon/store/timeline.h"

#include <stdio.h>
#include <string.h>

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

#define PLACE_MAX 80 /* octets of "before" */

/* Where an item stands: instants are the same only of what came together. */
struct place {
	long long at_ms;
	long long source; /* the part of the statement below */
	long long id;
};

#define MESSAGES                                                               \
	"SELECT m.received_ms AS at, 7 AS source, m.id AS id, "                \
	"'message' AS kind, i.id AS incident, m.number AS number, "            \
	"NULL AS shop_order, i.channel AS channel, m.direction AS direction, " \
	"coalesce(nullif(m.subject, ''), substr(m.text, 1, 120)) AS title, "   \
	"NULL AS amount, NULL AS currency FROM incident i "                    \
	"JOIN message m ON m.incident_id = i.id "                              \
	"WHERE i.customer_id = $1 AND m.direction <> 'note' "
#define ORDERS                                                                 \
	"SELECT o.placed_ms, 1, o.id, 'order', NULL, NULL, o.id, NULL, NULL, " \
	"o.number, o.total, o.currency FROM shop_order o "                     \
	"WHERE o.customer_id = $1 AND o.deleted = 0 "
#define CANCELLED                                                              \
	"SELECT o.cancelled_ms, 5, o.id, 'cancelled', NULL, NULL, o.id, "      \
	"NULL, NULL, o.number, NULL, NULL FROM shop_order o "                  \
	"WHERE o.customer_id = $1 AND o.deleted = 0 "                          \
	"AND o.cancelled_ms IS NOT NULL "
#define PARCELS(column, source, kind)                                          \
	"SELECT p." column ", " source ", p.id, '" kind                        \
	"', NULL, NULL, o.id, NULL, NULL, o.number, NULL, NULL "               \
	"FROM shop_order o JOIN shipment p ON p.order_id = o.id "              \
	"WHERE o.customer_id = $1 AND o.deleted = 0 "                          \
	"AND p." column " IS NOT NULL "
/* refunds of one order at one instant are one item */
#define REFUNDS                                                                \
	"SELECT r.at_ms, 4, o.id, 'refund', NULL, NULL, o.id, NULL, NULL, "    \
	"o.number, sum(r.amount), coalesce(nullif(r.currency, ''), "           \
	"o.currency) FROM shop_order o JOIN order_refund r "                   \
	"ON r.order_id = o.id WHERE o.customer_id = $1 AND o.deleted = 0 "     \
	"AND r.at_ms IS NOT NULL GROUP BY o.id, r.at_ms, 12 "
#define RETURNS                                                                \
	"SELECT r.at_ms, 6, o.id, 'return', NULL, NULL, o.id, NULL, "          \
	"max(r.status), o.number, NULL, NULL FROM shop_order o "               \
	"JOIN order_return r ON r.order_id = o.id "                            \
	"WHERE o.customer_id = $1 AND o.deleted = 0 "                          \
	"AND r.at_ms IS NOT NULL GROUP BY o.id, r.at_ms "

static const struct sql q_list = {
	"list what happened with a customer",
	"SELECT * FROM (" MESSAGES "UNION ALL " ORDERS "UNION ALL " CANCELLED
	"UNION ALL " PARCELS("shipped_ms", "2", "shipped") "UNION ALL " PARCELS(
		"delivered_ms", "3",
		"delivered") "UNION ALL " REFUNDS "UNION ALL " RETURNS
			     ") WHERE (at, source, id) < ($2, $3, $4) "
			     "ORDER BY at DESC, source DESC, id DESC LIMIT $5"
};

static void
set_known(json_t *o, const char *name, json_t *v)
{
	if (json_is_null(v))
		json_decref(v);
	else
		row_set(o, name, v);
}

static json_t *
item_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "at", sql_json_ms(st, 0));
	row_set(o, "kind", row_str(st, 3));
	set_known(o, "incident", sql_json_int(st, 4));
	set_known(o, "number", sql_json_int(st, 5));
	set_known(o, "order", sql_json_int(st, 6));
	set_known(o, "channel", row_str_null(st, 7));
	set_known(o, "detail", row_str_null(st, 8));
	row_set(o, "title", row_str(st, 9));
	set_known(o, "amount", sql_json_int(st, 10));
	set_known(o, "currency", row_str_null(st, 11));
	return o;
}

static bool
place_read(const char *before, struct place *p)
{
	char end;

	*p = (struct place){ INT64_MAX, INT64_MAX, INT64_MAX };
	if (before == NULL)
		return true;
	return strlen(before) < PLACE_MAX &&
	       sscanf(before, "%lld.%lld.%lld%c", &p->at_ms, &p->source, &p->id,
		      &end) == 3;
}

static json_t *
place_text(sqlite3_stmt *st)
{
	char text[PLACE_MAX];

	(void)snprintf(text, sizeof text, "%lld.%lld.%lld",
		       (long long)sql_get_int(st, 0),
		       (long long)sql_get_int(st, 1),
		       (long long)sql_get_int(st, 2));
	return json_string(text);
}

/* A page, and whether one row more is there. */
static enum outcome
read_page(struct store *s, sqlite3_stmt *st, int limit, json_t *list,
	  json_t **more_out, struct err *e)
{
	json_t *last = NULL;
	bool row = false;
	int n = 0;
	enum outcome o;

	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row && n < limit) {
		n++;
		(void)json_array_append_new(list, item_of(st));
		if (n == limit)
			last = place_text(st);
	}
	sql_reset(st);
	if (o == OUT_OK && row) {
		*more_out = last;
		return o;
	}
	json_decref(last);
	return o;
}

enum outcome
timeline_list(struct store *s, int64_t customer_id, const char *before,
	      int limit, json_t **out, json_t **more_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_list);
	struct place p;
	enum outcome o;

	*out = NULL;
	*more_out = NULL;
	if (!place_read(before, &p))
		return err_code(e, OUT_PERM, "bad_params",
				"'before' is no end of a page");
	sql_set_int(st, 1, customer_id);
	sql_set_int(st, 2, p.at_ms);
	sql_set_int(st, 3, p.source);
	sql_set_int(st, 4, p.id);
	sql_set_int(st, 5, limit + 1);
	*out = json_array();
	o = read_page(s, st, limit, *out, more_out, e);
	if (o != OUT_OK) {
		json_decref(*out);
		*out = NULL;
	}
	return o;
}

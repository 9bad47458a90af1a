#include "daemon/store/privacy.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/hook.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

#define DAY_MS INT64_C(86400000)

static const struct sql q_same = {
	"find the same request",
	"SELECT id FROM privacy_request WHERE connection_id = $1 "
	"AND kind = $2 AND external_id = $3 AND asked = $4 "
	"AND done_ms IS NULL LIMIT 1"
};
static const struct sql q_add = {
	"add a request of privacy",
	"INSERT INTO privacy_request (connection_id, kind, external_id, asked, "
	"asked_ms, due_ms) VALUES ($1, $2, $3, $4, $5, $6)"
};

#define COLUMNS                                                                \
	"SELECT id, connection_id, kind, external_id, done_ms "                \
	"FROM privacy_request "
static const struct sql q_load = { "read a request of privacy",
				   COLUMNS "WHERE id = $1" };
static const struct sql q_waiting = {
	"find an erasure that waits",
	COLUMNS "WHERE done_ms IS NULL AND kind <> 'data_request' "
		"ORDER BY due_ms, id LIMIT 1"
};
static const struct sql q_next = {
	"find when an erasure was asked",
	"SELECT min(asked_ms) FROM privacy_request WHERE done_ms IS NULL "
	"AND kind <> 'data_request'"
};
static const struct sql q_done = {
	"end a request of privacy",
	"UPDATE privacy_request SET done_ms = $2, external_id = '', "
	"asked = '{}' WHERE id = $1"
};
static const struct sql q_count = {
	"count what was erased",
	"UPDATE privacy_request SET counts = json_set(counts, '$.orders', "
	"coalesce(json_extract(counts, '$.orders'), 0) + $2) WHERE id = $1"
};

/* Orders that a request is about: those of the account, and those it names. */
static const struct sql q_orders_of = {
	"find the orders of a person",
	"SELECT id FROM shop_order WHERE connection_id = (SELECT "
	"connection_id FROM privacy_request WHERE id = $1) "
	"AND buyer_external_id = (SELECT external_id FROM privacy_request "
	"WHERE id = $1) AND buyer_external_id <> '' AND id > $2 "
	"UNION SELECT o.id FROM privacy_request r, "
	"json_each(r.asked, '$.orders') j JOIN shop_order o "
	"ON o.connection_id = r.connection_id AND o.external_id = j.value "
	"WHERE r.id = $1 AND o.id > $2 ORDER BY 1 LIMIT $3"
};
static const struct sql q_orders_all = {
	"find the orders of a shop",
	"SELECT id FROM shop_order WHERE connection_id = (SELECT "
	"connection_id FROM privacy_request WHERE id = $1) AND id > $2 LIMIT $3"
};
static const struct sql q_customer = {
	"find whose order it is",
	"SELECT coalesce(customer_id, 0) FROM shop_order WHERE id = $1"
};
static const struct sql q_erase = { "take an order away",
				    "DELETE FROM shop_order WHERE id = $1" };

/* No shop knows them any more. */
#define NO_SHOP                                                                \
	"NOT EXISTS (SELECT 1 FROM shop_order WHERE customer_id = $1) "        \
	"AND NOT EXISTS (SELECT 1 FROM identity WHERE customer_id = $1 "       \
	"AND kind = 'shop_customer' AND scope <> 'erased') "
/* Nor did anybody ever write as they. */
#define NOBODY                                                                 \
	NO_SHOP                                                                \
	"AND NOT EXISTS (SELECT 1 FROM incident WHERE customer_id = $1) "      \
	"AND NOT EXISTS (SELECT 1 FROM identity WHERE customer_id = $1 "       \
	"AND kind <> 'shop_customer') "
/* Of a merge that stands: who went, g, was known by shops alone. */
#define SHOPS_ALONE                                                            \
	"m.undone_ms IS NULL "                                                 \
	"AND json_array_length(m.journal, '$.incidents') = 0 "                 \
	"AND NOT EXISTS (SELECT 1 FROM json_each(m.journal, '$.identities') "  \
	"j JOIN identity d ON d.id = j.value "                                 \
	"WHERE d.kind <> 'shop_customer')"

/* In this order, each with a customer; $2 is 0. */
static const struct sql forgets[] = {
	{ "forget a name",
	  "UPDATE customer SET name = '', language = '' WHERE id = $1 AND " NOBODY
	  "AND $2 = 0" },
	{ "forget a note",
	  "DELETE FROM customer_note WHERE customer_id = $1 AND " NOBODY
	  "AND $2 = 0" },
	{ "forget a name that a shop gave",
	  "UPDATE customer SET name = '' WHERE id = $1 AND " NO_SHOP
	  "AND $2 = 0 AND EXISTS (SELECT 1 FROM customer_merge m "
	  "JOIN customer g ON g.id = m.gone_id WHERE m.kept_id = $1 "
	  "AND json_extract(m.journal, '$.named') AND g.name = customer.name "
	  "AND " SHOPS_ALONE ")" },
	{ "forget the notes of who was merged",
	  "DELETE FROM customer_note WHERE customer_id IN (SELECT id "
	  "FROM customer c WHERE c.merged_into = $1 AND " NO_SHOP
	  "AND $2 = 0 AND EXISTS (SELECT 1 FROM customer_merge m "
	  "WHERE m.gone_id = c.id AND " SHOPS_ALONE "))" },
	{ "forget the names of who was merged",
	  "UPDATE customer SET name = '', language = '' "
	  "WHERE merged_into = $1 AND " NO_SHOP "AND $2 = 0 AND EXISTS ("
	  "SELECT 1 FROM customer_merge m WHERE m.gone_id = customer.id "
	  "AND " SHOPS_ALONE ")" },
};
/* The newest erasure that was asked. */
static const struct sql q_asked = {
	"find until when a shop's deliveries are erased",
	"SELECT coalesce(max(asked_ms), 0) FROM privacy_request "
	"WHERE connection_id = $1 AND kind <> 'data_request'"
};
static const struct sql q_accounts = {
	"find accounts of a shop",
	"SELECT d.id FROM privacy_request r JOIN identity d "
	"ON d.kind = 'shop_customer' AND d.scope = r.connection_id || '' "
	"AND d.value = r.external_id "
	"WHERE r.id = $1 AND r.kind <> 'shop_redact' "
	"UNION ALL "
	"SELECT d.id FROM privacy_request r JOIN identity d "
	"ON d.kind = 'shop_customer' AND d.scope = r.connection_id || '' "
	"WHERE r.id = $1 AND r.kind = 'shop_redact' LIMIT $2"
};
/* The row stays, for merges know it by its number. */
static const struct sql q_account_drop = {
	"take an account away",
	"UPDATE identity SET scope = 'erased', value = id || '' WHERE id = $1"
};
static const struct sql q_account_of = {
	"find whose account it is",
	"SELECT customer_id FROM identity WHERE id = $1"
};

static const struct sql q_list = {
	"list requests of privacy",
	"SELECT r.id, c.name, r.kind, r.external_id, r.asked_ms, r.due_ms, "
	"r.done_ms, coalesce(json_extract(r.counts, '$.orders'), 0) "
	"FROM privacy_request r JOIN connection c ON c.id = r.connection_id "
	"WHERE ($1 = 0 OR r.done_ms IS NULL) ORDER BY r.id DESC LIMIT $2"
};
static const struct sql q_known = {
	"read what is known of an order",
	"SELECT json_object('id', o.id, 'external_id', o.external_id, "
	"'number', o.number, 'state', o.state, 'currency', o.currency, "
	"'total', o.total, 'placed_ms', o.placed_ms, 'note', o.note, "
	"'buyer', json(o.buyer), 'billing', json(o.billing), "
	"'shipping', json(o.shipping), 'lines', (SELECT json_group_array("
	"json_object('name', l.name, 'variant', l.variant, 'sku', l.sku, "
	"'quantity', l.quantity, 'properties', json(l.properties))) "
	"FROM (SELECT * FROM order_line WHERE order_id = o.id "
	"ORDER BY number LIMIT 100) l)) FROM shop_order o WHERE o.id = $1"
};

/* --- rows ---------------------------------------------------------------------- */

void
privacy_release(struct privacy *p)
{
	MEM_CLEAR(&p->external_id);
}

static enum outcome
read_one(struct store *s, sqlite3_stmt *st, struct privacy *out, struct err *e)
{
	bool row = false;
	enum outcome o;

	memset(out, 0, sizeof *out);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		out->id = sql_get_int(st, 0);
		out->connection_id = sql_get_int(st, 1);
		(void)snprintf(out->kind, sizeof out->kind, "%s",
			       sql_get_text(st, 2));
		out->external_id = mem_strdup(sql_get_text(st, 3));
		out->done_ms = sql_get_int(st, 4);
	}
	sql_reset(st);
	return o;
}

static void
set_request(sqlite3_stmt *st, int64_t connection_id, const char *kind,
	    const char *external_id, const char *asked)
{
	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, kind);
	sql_set_str(st, 3, external_id);
	sql_set_str(st, 4, asked);
}

enum outcome
privacy_add(struct store *s, int64_t connection_id, const char *kind,
	    const char *external_id, const json_t *asked, int64_t now_ms,
	    int64_t *id_out, struct err *e)
{
	char *text = json_dumps(asked, JSON_COMPACT | JSON_SORT_KEYS);
	sqlite3_stmt *st = sql_stmt(s, &q_same);
	enum outcome o;

	set_request(st, connection_id, kind, external_id, text);
	o = row_number(s, st, id_out, e);
	if (o == OUT_OK && *id_out == 0) {
		st = sql_stmt(s, &q_add);
		set_request(st, connection_id, kind, external_id, text);
		sql_set_int(st, 5, now_ms);
		sql_set_int(st, 6, now_ms + PRIVACY_DAYS * DAY_MS);
		o = sql_done(s, st, e);
		*id_out = o == OUT_OK ? sql_last_id(s) : 0;
	}
	mem_free(text);
	return o;
}

enum outcome
privacy_load(struct store *s, int64_t id, struct privacy *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_load);
	enum outcome o;

	sql_set_int(st, 1, id);
	o = read_one(s, st, out, e);
	if (o == OUT_OK && out->id == 0)
		return err_code(e, OUT_PERM, "not_found",
				"no such request: %lld", (long long)id);
	return o;
}

enum outcome
privacy_waiting(struct store *s, struct privacy *out, struct err *e)
{
	return read_one(s, sql_stmt(s, &q_waiting), out, e);
}

enum outcome
privacy_next(struct store *s, int64_t *out, struct err *e)
{
	*out = INT64_MAX;
	return row_lower(s, sql_stmt(s, &q_next), out, e);
}

enum outcome
privacy_done(struct store *s, int64_t id, int64_t now_ms, struct err *e)
{
	return row_change(s, &q_done, id, now_ms, e);
}

/* --- taking away ------------------------------------------------------------------ */

static enum outcome
number_of(struct store *s, const struct sql *q, int64_t id, int64_t *out,
	  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);

	sql_set_int(st, 1, id);
	return row_number(s, st, out, e);
}

/* Forget a customer's names, as far as nothing else is known of them. */
static enum outcome
forget(struct store *s, int64_t customer_id, struct err *e)
{
	enum outcome o = OUT_OK;
	size_t i;

	for (i = 0; o == OUT_OK && i < sizeof forgets / sizeof forgets[0]; i++)
		o = row_change(s, &forgets[i], customer_id, 0, e);
	return o;
}

/* Delete a row of somebody, and their name if it was the last thing known. */
static enum outcome
drop(struct store *s, const struct sql *whose, const struct sql *q, int64_t id,
     struct err *e)
{
	int64_t customer = 0;
	sqlite3_stmt *st;
	enum outcome o = number_of(s, whose, id, &customer, e);

	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, q);
	sql_set_int(st, 1, id);
	o = sql_done(s, st, e);
	return o == OUT_OK && customer != 0 ? forget(s, customer, e) : o;
}

static enum outcome
orders_of(struct store *s, const struct privacy *p, int64_t after, int max,
	  int64_t *ids, int *n, struct err *e)
{
	bool all = strcmp(p->kind, "shop_redact") == 0;
	sqlite3_stmt *st = sql_stmt(s, all ? &q_orders_all : &q_orders_of);

	sql_set_int(st, 1, p->id);
	sql_set_int(st, 2, after);
	sql_set_int(st, 3, max);
	return row_ids(s, st, max, ids, n, e);
}

static enum outcome
erase_accounts(struct store *s, const struct privacy *p, bool *more,
	       struct err *e)
{
	int64_t ids[PRIVACY_ERASE];
	sqlite3_stmt *st = sql_stmt(s, &q_accounts);
	int n = 0;
	int i;
	enum outcome o;

	sql_set_int(st, 1, p->id);
	sql_set_int(st, 2, PRIVACY_ERASE);
	o = row_ids(s, st, PRIVACY_ERASE, ids, &n, e);
	for (i = 0; o == OUT_OK && i < n; i++)
		o = drop(s, &q_account_of, &q_account_drop, ids[i], e);
	*more = n == PRIVACY_ERASE;
	return o;
}

enum outcome
privacy_bodies(struct store *s, int64_t connection_id, int64_t now_ms,
	       bool *more_out, struct err *e)
{
	int64_t asked_ms = 0;
	int n = 0;
	enum outcome o = number_of(s, &q_asked, connection_id, &asked_ms, e);

	if (o == OUT_OK && asked_ms != 0)
		o = hook_erase(s, connection_id, asked_ms, now_ms,
			       PRIVACY_ERASE, &n, e);
	*more_out = n > 0;
	return o;
}

enum outcome
privacy_erase(struct store *s, const struct privacy *p, int64_t now_ms,
	      bool *more_out, struct err *e)
{
	int64_t ids[PRIVACY_ERASE];
	int n = 0;
	int i;
	enum outcome o = orders_of(s, p, 0, PRIVACY_ERASE, ids, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++)
		o = drop(s, &q_customer, &q_erase, ids[i], e);
	if (o == OUT_OK && n > 0)
		o = row_change(s, &q_count, p->id, n, e);
	*more_out = n == PRIVACY_ERASE;
	if (o == OUT_OK && !*more_out)
		o = erase_accounts(s, p, more_out, e);
	return o == OUT_OK && !*more_out ? privacy_bodies(s, p->connection_id,
							  now_ms, more_out, e)
					 : o;
}

/* --- reading ------------------------------------------------------------------------ */

static json_t *
request_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "connection", row_str(st, 1));
	row_set(o, "kind", row_str(st, 2));
	row_set(o, "external_id", row_str(st, 3));
	row_set(o, "asked_at", sql_json_ms(st, 4));
	row_set(o, "due_at", sql_json_ms(st, 5));
	row_set(o, "done_at", sql_json_ms(st, 6));
	row_set(o, "orders", sql_json_int(st, 7));
	return o;
}

enum outcome
privacy_list(struct store *s, bool waiting, json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_list);

	sql_set_int(st, 1, waiting);
	sql_set_int(st, 2, PRIVACY_LIST_MAX);
	return row_list(s, st, request_of, out, e);
}

static json_t *
doc_of(sqlite3_stmt *st)
{
	return sql_json_doc(st, 0);
}

enum outcome
privacy_known(struct store *s, const struct privacy *p, int64_t after,
	      json_t **out, struct err *e)
{
	int64_t ids[PRIVACY_ORDERS];
	int n = 0;
	int i;
	enum outcome o = orders_of(s, p, after, PRIVACY_ORDERS, ids, &n, e);

	*out = json_array();
	for (i = 0; o == OUT_OK && i < n; i++) {
		json_t *one = NULL;

		o = row_one_of(s, &q_known, ids[i], doc_of, &one, e);
		if (one != NULL)
			(void)json_array_append_new(*out, one);
	}
	if (o != OUT_OK) {
		json_decref(*out);
		*out = NULL;
	}
	return o;
}

#include "daemon/store/shopper.h"

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_email = {
	"find whose mail address it is",
	"SELECT customer_id, verified FROM identity WHERE kind = 'email' "
	"AND scope = '' AND value = $1"
};
static const struct sql q_is_proved = {
	"ask whether an address is proved",
	"SELECT 1 FROM identity WHERE id = $1 AND verified = 1"
};
static const struct sql q_proved_email = {
	"find a customer's proved mail address",
	"SELECT value FROM identity WHERE customer_id = $1 AND kind = 'email' "
	"AND scope = '' AND verified = 1 ORDER BY id DESC LIMIT 1"
};
static const struct sql q_prove = {
	"note that an address is proved",
	"UPDATE identity SET verified = 1 WHERE id = $1"
};
static const struct sql q_account = {
	"ask for an account at a shop",
	"SELECT 1 FROM identity WHERE customer_id = $1 "
	"AND kind = 'shop_customer' AND scope = $2 || '' LIMIT 1"
};
static const struct sql q_rivals = {
	"ask for accounts at the same shop",
	"SELECT 1 FROM identity a CROSS JOIN identity b ON b.customer_id = $2 "
	"AND +b.kind = 'shop_customer' AND b.scope = a.scope "
	"WHERE a.customer_id = $1 AND a.kind = 'shop_customer' LIMIT 1"
};
static const struct sql q_known = {
	"ask whether a customer is known beside shops",
	"SELECT 1 WHERE EXISTS (SELECT 1 FROM incident WHERE customer_id = $1) "
	"OR EXISTS (SELECT 1 FROM identity WHERE customer_id = $1 "
	"AND kind <> 'shop_customer') OR EXISTS (SELECT 1 FROM customer "
	"WHERE id = $1 AND merged_into IS NOT NULL)"
};
static const struct sql q_guest[] = {
	[SHOPPER_EMAIL] = { "find a guest by mail address",
			    "SELECT customer_id FROM shop_order "
			    "WHERE buyer_email = $2 AND buyer_email <> '' "
			    "AND connection_id = $1 "
			    "AND buyer_external_id = '' "
			    "AND customer_id IS NOT NULL ORDER BY id LIMIT 1" },
	[SHOPPER_PHONE] = { "find a guest by number",
			    "SELECT customer_id FROM shop_order "
			    "WHERE buyer_phone = $2 AND buyer_phone <> '' "
			    "AND connection_id = $1 "
			    "AND buyer_external_id = '' "
			    "AND customer_id IS NOT NULL ORDER BY id LIMIT 1" },
};
static const struct sql q_who[] = {
	[SHOPPER_EMAIL] = { "find who bought under a mail address",
			    "SELECT DISTINCT customer_id FROM (SELECT "
			    "customer_id FROM shop_order "
			    "WHERE buyer_email = $1 AND buyer_email <> '' "
			    "AND customer_id <> $2 LIMIT $3) "
			    "ORDER BY customer_id" },
	[SHOPPER_PHONE] = { "find who bought under a number",
			    "SELECT DISTINCT customer_id FROM (SELECT "
			    "customer_id FROM shop_order "
			    "WHERE buyer_phone = $1 AND buyer_phone <> '' "
			    "AND customer_id <> $2 LIMIT $3) "
			    "ORDER BY customer_id" },
};
static const struct sql q_names[] = {
	[SHOPPER_EMAIL] = { "count names under a mail address",
			    "SELECT count(DISTINCT lower(json_extract(buyer, "
			    "'$.name'))) FROM (SELECT buyer FROM shop_order "
			    "WHERE buyer_email = $1 AND buyer_email <> '' "
			    "LIMIT $2)" },
	[SHOPPER_PHONE] = { "count names under a number",
			    "SELECT count(DISTINCT lower(json_extract(buyer, "
			    "'$.name'))) FROM (SELECT buyer FROM shop_order "
			    "WHERE buyer_phone = $1 AND buyer_phone <> '' "
			    "LIMIT $2)" },
};
/* Connections are few. */
static const struct sql q_ours[] = {
	[SHOPPER_EMAIL] = { "ask whether a mail address is the desk's",
			    "SELECT 1 FROM connection WHERE "
			    "lower(json_extract(settings, '$.address')) = $1 "
			    "LIMIT 1" },
	[SHOPPER_PHONE] = { "ask whether a number is the desk's",
			    "SELECT 1 FROM connection WHERE '+' || "
			    "replace(replace(replace(json_extract(settings, "
			    "'$.display_number'), ' ', ''), '-', ''), '+', '') "
			    "= $1 LIMIT 1" },
};

enum outcome
shopper_email(struct store *s, const char *email, int64_t *out,
	      bool *verified_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_email);
	bool row = false;
	enum outcome o;

	*out = 0;
	*verified_out = false;
	sql_set_str(st, 1, email);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		*out = sql_get_int(st, 0);
		*verified_out = sql_get_int(st, 1) != 0;
	}
	sql_reset(st);
	return o;
}

enum outcome
shopper_is_proved(struct store *s, int64_t identity_id, bool *out,
		  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_is_proved);

	sql_set_int(st, 1, identity_id);
	return row_exists(s, st, out, e);
}

enum outcome
shopper_proved_email(struct store *s, int64_t customer_id, char **out,
		     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_proved_email);

	sql_set_int(st, 1, customer_id);
	return row_text(s, st, out, e);
}

enum outcome
shopper_prove(struct store *s, int64_t identity_id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_prove);

	sql_set_int(st, 1, identity_id);
	return sql_done(s, st, e);
}

/* Does a statement about two rows find something? */
static enum outcome
exists(struct store *s, const struct sql *q, int64_t one, int64_t other,
       bool *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);

	sql_set_int(st, 1, one);
	sql_set_int(st, 2, other);
	return row_exists(s, st, out, e);
}

enum outcome
shopper_has_account(struct store *s, int64_t customer_id, int64_t connection_id,
		    bool *out, struct err *e)
{
	return exists(s, &q_account, customer_id, connection_id, out, e);
}

enum outcome
shopper_rivals(struct store *s, int64_t one, int64_t other, bool *out,
	       struct err *e)
{
	return exists(s, &q_rivals, one, other, out, e);
}

enum outcome
shopper_is_bare(struct store *s, int64_t customer_id, bool *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_known);
	bool known = true;
	enum outcome o;

	sql_set_int(st, 1, customer_id);
	o = row_exists(s, st, &known, e);
	*out = o == OUT_OK && !known;
	return o;
}

enum outcome
shopper_guest(struct store *s, int64_t connection_id, enum shopper_by by,
	      const char *value, int64_t *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_guest[by]);

	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, value);
	return row_number(s, st, out, e);
}

enum outcome
shopper_who(struct store *s, enum shopper_by by, const char *value,
	    int64_t except, int64_t *out, int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_who[by]);

	sql_set_str(st, 1, value);
	sql_set_int(st, 2, except);
	sql_set_int(st, 3, SHOPPER_ORDERS_MAX);
	return row_ids(s, st, SHOPPER_WHO_MAX, out, n_out, e);
}

enum outcome
shopper_crowd(struct store *s, enum shopper_by by, const char *value, bool *out,
	      struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_names[by]);
	int64_t n = 0;
	enum outcome o;

	sql_set_str(st, 1, value);
	sql_set_int(st, 2, SHOPPER_ORDERS_MAX);
	o = row_number(s, st, &n, e);
	*out = n > SHOPPER_NAMES_MAX;
	return o;
}

enum outcome
shopper_is_ours(struct store *s, enum shopper_by by, const char *value,
		bool *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_ours[by]);

	sql_set_str(st, 1, value);
	return row_exists(s, st, out, e);
}

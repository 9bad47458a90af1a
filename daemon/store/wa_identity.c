#include "daemon/store/wa_identity.h"

#include <stdio.h>
#include <string.h>

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_name = {
	"name a customer",
	"UPDATE customer SET name = $2 WHERE id = $1 AND name = ''"
};
static const struct sql q_customer_add = {
	"add a customer",
	"INSERT INTO customer (name, created_ms) VALUES ($1, $2)"
};
static const struct sql q_find = {
	"find an address of WhatsApp",
	"SELECT id, customer_id, value FROM identity "
	"WHERE kind = $1 AND scope = $2 AND value = $3"
};
static const struct sql q_add = {
	"add an address of WhatsApp",
	/* the network says who writes; a key is only worked out */
	"INSERT INTO identity (customer_id, kind, scope, value, created_ms, "
	"verified) VALUES ($1, $2, $3, $4, $5, $2 <> 'phone_match')"
};
static const struct sql q_list = {
	"list a customer's addresses of WhatsApp",
	"SELECT id, customer_id, value FROM identity "
	"WHERE customer_id = $1 AND kind = $2 "
	"AND ($3 IS NULL AND scope NOT LIKE 'gone:%' OR scope = $3) "
	"ORDER BY heard_ms DESC, id DESC LIMIT $4"
};
static const struct sql q_retire = {
	"retire an address of WhatsApp",
	"UPDATE identity SET scope = 'gone:' || id WHERE id = $1"
};
static const struct sql q_heard = {
	"note that an address of WhatsApp wrote",
	"UPDATE identity SET heard_ms = $2, "
	"username = coalesce($3, username) WHERE id = $1"
};
static const struct sql q_phone = {
	"look for a number on the phone channel",
	"SELECT 1 FROM identity WHERE kind = 'phone' AND scope = '' "
	"AND value IN ($1, '+' || $1) LIMIT 1"
};

enum outcome
wa_customer_name(struct store *s, int64_t customer_id, const char *name,
		 struct err *e)
{
	sqlite3_stmt *st;

	if (name == NULL || *name == '\0')
		return OUT_OK;
	st = sql_stmt(s, &q_name);
	sql_set_int(st, 1, customer_id);
	sql_set_str(st, 2, name);
	return sql_done(s, st, e);
}

enum outcome
wa_customer_add(struct store *s, const char *name, int64_t now_ms,
		int64_t *id_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_customer_add);
	enum outcome o;

	sql_set_str(st, 1, name != NULL ? name : "");
	sql_set_int(st, 2, now_ms);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		*id_out = sql_last_id(s);
	return o;
}

static void
read_row(sqlite3_stmt *st, struct wa_row *out)
{
	out->id = sql_get_int(st, 0);
	out->customer_id = sql_get_int(st, 1);
	(void)snprintf(out->value, sizeof out->value, "%s",
		       sql_get_text(st, 2));
}

enum outcome
wa_row_find(struct store *s, const char *kind, const char *scope,
	    const char *value, struct wa_row *out, struct err *e)
{
	sqlite3_stmt *st;
	bool row = false;
	enum outcome o;

	memset(out, 0, sizeof *out);
	if (value == NULL || *value == '\0')
		return OUT_OK;
	st = sql_stmt(s, &q_find);
	sql_set_str(st, 1, kind);
	sql_set_str(st, 2, scope);
	sql_set_str(st, 3, value);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row)
		read_row(st, out);
	sql_reset(st);
	return o;
}

enum outcome
wa_row_add(struct store *s, int64_t customer_id, const char *kind,
	   const char *scope, const char *value, int64_t now_ms,
	   struct wa_row *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);
	enum outcome o;

	sql_set_int(st, 1, customer_id);
	sql_set_str(st, 2, kind);
	sql_set_str(st, 3, scope);
	sql_set_str(st, 4, value);
	sql_set_int(st, 5, now_ms);
	o = sql_done(s, st, e);
	if (o != OUT_OK)
		return o;
	out->id = sql_last_id(s);
	out->customer_id = customer_id;
	(void)snprintf(out->value, sizeof out->value, "%s", value);
	return OUT_OK;
}

enum outcome
wa_row_list(struct store *s, int64_t customer_id, const char *kind,
	    const char *scope, struct wa_row *out, int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_list);
	bool row = false;
	enum outcome o;

	*n_out = 0;
	sql_set_int(st, 1, customer_id);
	sql_set_str(st, 2, kind);
	sql_set_str(st, 3, scope);
	sql_set_int(st, 4, WA_ROWS_MAX);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		read_row(st, &out[(*n_out)++]);
	sql_reset(st);
	return o;
}

enum outcome
wa_row_retire(struct store *s, int64_t id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_retire);

	sql_set_int(st, 1, id);
	return sql_done(s, st, e);
}

enum outcome
wa_row_heard(struct store *s, int64_t id, const char *username, int64_t now_ms,
	     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_heard);

	sql_set_int(st, 1, id);
	sql_set_int(st, 2, now_ms);
	sql_set_str(st, 3,
		    username != NULL && *username != '\0' ? username : NULL);
	return sql_done(s, st, e);
}

enum outcome
wa_phone_known(struct store *s, const char *digits, bool *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_phone);

	sql_set_str(st, 1, digits);
	return row_exists(s, st, out, e);
}

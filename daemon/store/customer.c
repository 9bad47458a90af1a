#include "daemon/store/customer.h"

#include <string.h>

#include "daemon/base/ascii.h"
#include "daemon/base/mem.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_find = {
	"find an identity",
	"SELECT i.id, i.customer_id, c.name = '' FROM identity i "
	"JOIN customer c ON c.id = i.customer_id "
	"WHERE i.kind = $1 AND i.scope = '' AND i.value = $2"
};
static const struct sql q_customer_add = {
	"add a customer",
	"INSERT INTO customer (name, created_ms) VALUES ($1, $2)"
};
static const struct sql q_identity_add = {
	"add an identity",
	"INSERT INTO identity (customer_id, kind, value, created_ms) "
	"VALUES ($1, $2, $3, $4)"
};
static const struct sql q_name = {
	"name a customer", "UPDATE customer SET name = $2 WHERE id = $1"
};
static const struct sql q_check = {
	"find a customer", "SELECT coalesce(merged_into, 0) FROM customer "
			   "WHERE id = $1"
};
static const struct sql q_of = {
	"find a customer's identity",
	"SELECT id FROM identity WHERE customer_id = $1 AND kind = $2 "
	"ORDER BY id DESC LIMIT 1"
};

static const struct sql q_value = {
	"read an address", "SELECT value FROM identity WHERE id = $1"
};

const char *
identity_kind(const char *channel, const char *address)
{
	if (strcmp(channel, "whatsapp") == 0)
		return "whatsapp";
	if (strcmp(channel, "chat") == 0 && strchr(address, '@') == NULL)
		return "chat";
	if (strchr(address, '@') != NULL)
		return "email";
	return "phone";
}

/* Addresses fold in ASCII alone: other letters are other mailboxes. */
static char *
identity_fold(const char *address)
{
	char *v = mem_strdup(address);

	ascii_fold(v);
	return v;
}

static enum outcome
customer_add(struct store *s, const char *name, int64_t now_ms, int64_t *id_out,
	     struct err *e)
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

static enum outcome
customer_name(struct store *s, int64_t id, const char *name, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_name);

	sql_set_int(st, 1, id);
	sql_set_str(st, 2, name);
	return sql_done(s, st, e);
}

static enum outcome
identity_add(struct store *s, const char *kind, const char *value,
	     int64_t now_ms, struct identity *id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_identity_add);
	enum outcome o;

	sql_set_int(st, 1, id->customer_id);
	sql_set_str(st, 2, kind);
	sql_set_str(st, 3, value);
	sql_set_int(st, 4, now_ms);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		id->id = sql_last_id(s);
	return o;
}

static enum outcome
identity_take_folded(struct store *s, const char *kind, const char *value,
		     const char *name, int64_t now_ms, struct identity *out,
		     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_find);
	bool row;
	bool unnamed;
	enum outcome o;

	sql_set_str(st, 1, kind);
	sql_set_str(st, 2, value);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (row) {
		out->id = sql_get_int(st, 0);
		out->customer_id = sql_get_int(st, 1);
		unnamed = sql_get_int(st, 2) != 0;
		sql_reset(st);
		if (unnamed && name != NULL && *name != '\0')
			o = customer_name(s, out->customer_id, name, e);
		return o;
	}
	out->made = true;
	o = customer_add(s, name, now_ms, &out->customer_id, e);
	if (o == OUT_OK)
		o = identity_add(s, kind, value, now_ms, out, e);
	return o;
}

enum outcome
identity_take(struct store *s, const char *kind, const char *address,
	      const char *name, int64_t now_ms, struct identity *out,
	      struct err *e)
{
	char *value;
	enum outcome o;

	memset(out, 0, sizeof *out);
	out->made = address == NULL || *address == '\0';
	if (out->made)
		return customer_add(s, name, now_ms, &out->customer_id, e);
	value = identity_fold(address);
	o = identity_take_folded(s, kind, value, name, now_ms, out, e);
	mem_free(value);
	return o;
}

enum outcome
identity_put(struct store *s, int64_t customer_id, const char *kind,
	     const char *address, int64_t now_ms, int64_t *id_out,
	     struct err *e)
{
	struct identity id = { .customer_id = customer_id };
	char *value = identity_fold(address);
	enum outcome o = identity_add(s, kind, value, now_ms, &id, e);

	*id_out = id.id;
	mem_free(value);
	return o;
}

enum outcome
identity_find(struct store *s, const char *kind, const char *address,
	      struct identity *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_find);
	char *value = identity_fold(address);
	bool row = false;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_str(st, 1, kind);
	sql_set_str(st, 2, value);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		out->id = sql_get_int(st, 0);
		out->customer_id = sql_get_int(st, 1);
	}
	sql_reset(st);
	mem_free(value);
	return o;
}

enum outcome
customer_check(struct store *s, int64_t id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_check);
	int64_t into = 0;
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row)
		into = sql_get_int(st, 0);
	sql_reset(st);
	if (o == OUT_OK && !row)
		return err_code(e, OUT_PERM, "not_found",
				"no such customer: %lld", (long long)id);
	if (into != 0)
		return err_code(e, OUT_PERM, "conflict",
				"customer %lld is part of %lld", (long long)id,
				(long long)into);
	return o;
}

enum outcome
identity_of(struct store *s, int64_t customer_id, const char *kind,
	    struct identity *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_of);
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, customer_id);
	sql_set_str(st, 2, kind);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		out->id = sql_get_int(st, 0);
		out->customer_id = customer_id;
	}
	sql_reset(st);
	return o;
}

enum outcome
identity_value(struct store *s, int64_t id, char **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_value);
	enum outcome o;

	sql_set_int(st, 1, id);
	o = row_text(s, st, out, e);
	if (o == OUT_OK && *out == NULL)
		return err_code(e, OUT_PERM, "not_found",
				"no such address: %lld", (long long)id);
	return o;
}

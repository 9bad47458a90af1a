#include "daemon/store/row.h"

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/store/message.h"
#include "daemon/wire/json_out.h"

#define ROW_CLEAN_MAX (4 * 1024 * 1024) /* a damaged text, made readable */

json_t *
row_str(sqlite3_stmt *st, int i)
{
	const char *t = sql_get_text(st, i);
	size_t n = (size_t)sqlite3_column_bytes(st, i);
	json_t *v = json_stringn(t, n);
	struct buf b;

	if (v != NULL)
		return v;
	buf_init(&b, ROW_CLEAN_MAX);
	(void)utf8_clean(&b, t, n);
	v = json_stringn(buf_str(&b), b.len);
	buf_release(&b);
	return v != NULL ? v : json_null();
}

json_t *
row_str_null(sqlite3_stmt *st, int i)
{
	return sql_get_null(st, i) ? json_null() : row_str(st, i);
}

json_t *
row_bool(sqlite3_stmt *st, int i)
{
	return json_boolean(sql_get_int(st, i) != 0);
}

json_t *
row_s(sqlite3_stmt *st, int i)
{
	return sql_get_null(st, i) ? json_null()
				   : row_iso(sql_get_int(st, i) * 1000);
}

json_t *
row_iso(int64_t t_ms)
{
	char iso[32];

	clock_iso_ms(t_ms, iso);
	return json_string_nocheck(iso);
}

void
row_set(json_t *o, const char *key, json_t *v)
{
	(void)json_object_set_new_nocheck(o, key, v);
}

enum outcome
row_list(struct store *s, sqlite3_stmt *st, row_fn *make, json_t **out,
	 struct err *e)
{
	json_t *list = json_array();
	enum outcome o;
	bool row = false;

	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		(void)json_array_append_new(list, make(st));
	if (o != OUT_OK) {
		json_decref(list);
		list = NULL;
	}
	*out = list;
	return o;
}

enum outcome
row_list_of(struct store *s, const struct sql *q, int64_t id, row_fn *make,
	    json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);

	sql_set_int(st, 1, id);
	return row_list(s, st, make, out, e);
}

enum outcome
row_one(struct store *s, sqlite3_stmt *st, row_fn *make, json_t **out,
	struct err *e)
{
	enum outcome o;
	bool row = false;

	*out = NULL;
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		*out = make(st);
		sql_reset(st);
	}
	return o;
}

enum outcome
row_one_of(struct store *s, const struct sql *q, int64_t id, row_fn *make,
	   json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);

	sql_set_int(st, 1, id);
	return row_one(s, st, make, out, e);
}

void
row_out_str(struct json_out *out, const char *key, sqlite3_stmt *st, int i)
{
	const char *t = sql_get_text(st, i);

	json_out_string(out, key, t, (size_t)sqlite3_column_bytes(st, i));
}

void
row_out_str_null(struct json_out *out, const char *key, sqlite3_stmt *st, int i)
{
	if (sql_get_null(st, i))
		json_out_null(out, key);
	else
		row_out_str(out, key, st, i);
}

void
row_out_int(struct json_out *out, const char *key, sqlite3_stmt *st, int i)
{
	if (sql_get_null(st, i))
		json_out_null(out, key);
	else
		json_out_int(out, key, sql_get_int(st, i));
}

void
row_out_ms(struct json_out *out, const char *key, sqlite3_stmt *st, int i)
{
	if (sql_get_null(st, i))
		json_out_null(out, key);
	else
		json_out_ms(out, key, sql_get_int(st, i));
}

void
row_out_s(struct json_out *out, const char *key, sqlite3_stmt *st, int i)
{
	if (sql_get_null(st, i))
		json_out_null(out, key);
	else
		json_out_ms(out, key, sql_get_int(st, i) * 1000);
}

void
row_out_bool(struct json_out *out, const char *key, sqlite3_stmt *st, int i)
{
	json_out_bool(out, key, sql_get_int(st, i) != 0);
}

json_t *
row_tree(sqlite3_stmt *st, row_out_fn *write)
{
	struct json_out out;

	json_out_tree(&out);
	write(st, &out, NULL);
	return json_out_take(&out);
}

enum outcome
row_out_list_of(struct store *s, const struct sql *q, int64_t id,
		row_out_fn *write, struct json_out *out, const char *key,
		struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);
	enum outcome o;
	bool row = false;

	json_out_array(out, key);
	sql_set_int(st, 1, id);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		write(st, out, NULL);
	json_out_end(out);
	return o;
}

enum outcome
row_out_one_of(struct store *s, const struct sql *q, int64_t id,
	       row_out_fn *write, struct json_out *out, const char *key,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);
	enum outcome o;
	bool row = false;

	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row)
		write(st, out, key);
	else if (o == OUT_OK)
		json_out_null(out, key);
	if (row)
		sql_reset(st);
	return o;
}

enum outcome
row_number(struct store *s, sqlite3_stmt *st, int64_t *out, struct err *e)
{
	enum outcome o;
	bool row = false;

	*out = 0;
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		*out = sql_get_int(st, 0);
		sql_reset(st);
	}
	return o;
}

enum outcome
row_text(struct store *s, sqlite3_stmt *st, char **out, struct err *e)
{
	bool row = false;
	enum outcome o = sql_row(s, st, &row, e);

	*out = o == OUT_OK && row ? mem_strdup(sql_get_str(st, 0)) : NULL;
	sql_reset(st);
	return o;
}

enum outcome
row_place(struct store *s, sqlite3_stmt *st, struct message_place *out,
	  struct err *e)
{
	bool row = false;
	enum outcome o = sql_row(s, st, &row, e);

	*out = (struct message_place){ .id = 0 };
	if (o == OUT_OK && row) {
		out->id = sql_get_int(st, 0);
		out->incident_id = sql_get_int(st, 1);
		out->number = sql_get_int(st, 2);
	}
	sql_reset(st);
	return o;
}

enum outcome
row_lower(struct store *s, sqlite3_stmt *st, int64_t *low, struct err *e)
{
	bool row = false;
	enum outcome o = sql_row(s, st, &row, e);

	if (o == OUT_OK && row && !sql_get_null(st, 0) &&
	    sql_get_int(st, 0) < *low)
		*low = sql_get_int(st, 0);
	sql_reset(st);
	return o;
}

enum outcome
row_each_text(struct store *s, const struct sql *q, int64_t after_ms,
	      int64_t now_ms, void (*fn)(void *arg, const char *text),
	      void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, after_ms);
	sql_set_int(st, 2, now_ms);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		fn(arg, sql_get_text(st, 0));
	return o;
}

enum outcome
row_exists(struct store *s, sqlite3_stmt *st, bool *out, struct err *e)
{
	enum outcome o;

	*out = false;
	o = sql_row(s, st, out, e);
	sql_reset(st);
	return o;
}

enum outcome
row_ids(struct store *s, sqlite3_stmt *st, int max, int64_t *ids_out,
	int *n_out, struct err *e)
{
	enum outcome o = OUT_OK;
	bool row = true;
	int n = 0;

	while (n < max && (o = sql_row(s, st, &row, e)) == OUT_OK && row)
		ids_out[n++] = sql_get_int(st, 0);
	sql_reset(st);
	*n_out = n;
	return o;
}

enum outcome
row_change(struct store *s, const struct sql *q, int64_t a, int64_t b,
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);

	sql_set_int(st, 1, a);
	sql_set_int(st, 2, b);
	return sql_done(s, st, e);
}

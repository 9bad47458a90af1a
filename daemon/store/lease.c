#include "daemon/store/lease.h"

#include <stdbool.h>

static enum outcome
lease_all(struct store *s, const struct sql *take, const json_t *list,
	  int64_t lease_ms, struct err *e)
{
	enum outcome o = OUT_OK;
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		o = row_change(s, take,
			       json_integer_value(json_object_get(one, "id")),
			       lease_ms, e);
		if (o != OUT_OK)
			break;
	}
	return o;
}

enum outcome
lease_take(struct store *s, const struct lease_queue *q, const char *role,
	   int64_t now_ms, int64_t lease_ms, int max, json_t **out,
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q->due);
	json_t *list = json_array();
	size_t octets = 0;
	bool row;
	enum outcome o;

	sql_set_int(st, 1, now_ms);
	sql_set_str(st, 2, role);
	sql_set_int(st, 3, max < q->max ? max : q->max);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		size_t n = 0;

		(void)sql_get_blob(st, q->weighed, &n);
		octets += n;
		if (octets > q->octets_max && json_array_size(list) > 0)
			break;
		(void)json_array_append_new(list, q->make(st));
	}
	sql_reset(st);
	if (o == OUT_OK)
		o = lease_all(s, q->take, list, lease_ms, e);
	if (o != OUT_OK) {
		json_decref(list);
		list = NULL;
	}
	*out = list;
	return o;
}

enum outcome
lease_clock_back(struct store *s, const struct sql *due,
		 const struct sql *lease, int64_t now_ms, int64_t wait_ms,
		 int64_t lease_ms, struct err *e)
{
	enum outcome o = row_change(s, due, now_ms, wait_ms, e);

	return o == OUT_OK ? row_change(s, lease, now_ms, lease_ms, e) : o;
}

enum outcome
lease_next(struct store *s, const struct sql *lease, const struct sql *due,
	   int64_t now_ms, int64_t *ms_out, struct err *e)
{
	sqlite3_stmt *st;
	enum outcome o;

	*ms_out = INT64_MAX;
	o = row_lower(s, sql_stmt(s, lease), ms_out, e);
	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, due);
	sql_set_int(st, 1, now_ms);
	return row_lower(s, st, ms_out, e);
}

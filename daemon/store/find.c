#include "daemon/store/find.h"

#include "daemon/base/mem.h"
#include "daemon/store/row.h"
#include "daemon/store/view.h"

/* The last character that Unicode has: above every continuation. */
#define LAST_CHARACTER "\xf4\x8f\xbf\xbf"

static const struct sql q_find = {
	"find customers",
	"SELECT id FROM (SELECT coalesce(merged_into, id) AS id FROM customer"
	" WHERE name COLLATE NOCASE >= $1 AND name COLLATE NOCASE < $2"
	" ORDER BY name COLLATE NOCASE LIMIT $3)"
	" UNION SELECT customer_id FROM (SELECT customer_id FROM identity"
	" WHERE value COLLATE NOCASE >= $1 AND value COLLATE NOCASE < $2"
	" ORDER BY value COLLATE NOCASE LIMIT $3)"
	" ORDER BY 1 LIMIT $3"
};

enum outcome
find_customers(struct store *s, const char *text, json_t **out, struct err *e)
{
	char *end = mem_printf("%s" LAST_CHARACTER, text);
	sqlite3_stmt *st = sql_stmt(s, &q_find);
	json_t *list = json_array();
	bool row = false;
	enum outcome o;

	sql_set_str(st, 1, text);
	sql_set_str(st, 2, end);
	sql_set_int(st, 3, FIND_MAX);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		json_t *one = NULL;

		o = view_customer(s, sql_get_int(st, 0), &one, e);
		if (o != OUT_OK)
			break;
		(void)json_array_append_new(list, one);
	}
	sql_reset(st);
	mem_free(end);
	if (o != OUT_OK) {
		json_decref(list);
		list = NULL;
	}
	*out = list;
	return o;
}

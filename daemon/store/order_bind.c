#include "daemon/store/order_bind.h"

#include <assert.h>

#include "daemon/base/mem.h"
#include "daemon/store/sql.h"

static void
bind_doc(sqlite3_stmt *st, int i, const json_t *v, const char *none,
	 struct bind_docs *docs)
{
	char *text;

	if (v == NULL) {
		sql_set_str(st, i, none);
		return;
	}
	assert(docs->n < BIND_DOCS_MAX);
	text = json_dumps(v, JSON_COMPACT);
	docs->text[docs->n++] = text;
	sql_set_str(st, i, text);
}

static void
bind_one(sqlite3_stmt *st, int i, const json_t *v, enum bind_as as,
	 struct bind_docs *docs)
{
	const char *t = json_string_value(v);

	switch (as) {
	case BIND_TEXT:
		sql_set_str(st, i, t != NULL ? t : "");
		return;
	case BIND_INT:
	case BIND_SECOND:
		if (json_is_integer(v))
			sql_set_int(st, i,
				    json_integer_value(v) /
					    (as == BIND_INT ? 1 : 1000));
		else
			sql_set_null(st, i);
		return;
	case BIND_ZERO:
		sql_set_int(st, i, json_integer_value(v));
		return;
	case BIND_FLAG:
		sql_set_int(st, i, json_is_true(v));
		return;
	case BIND_LIST:
		bind_doc(st, i, v, "[]", docs);
		return;
	case BIND_OBJECT:
		bind_doc(st, i, v, "{}", docs);
		return;
	}
}

void
bind_members(sqlite3_stmt *st, int i, const json_t *o, const struct bind *table,
	     struct bind_docs *docs)
{
	for (; table->name != NULL; table++, i++)
		bind_one(st, i, json_object_get(o, table->name), table->as,
			 docs);
}

void
bind_release(struct bind_docs *docs)
{
	while (docs->n > 0)
		mem_free(docs->text[--docs->n]);
}

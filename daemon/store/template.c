#include "daemon/store/template.h"

#include "daemon/base/mem.h"
#include "daemon/store/row.h"

static const struct sql q_put = {
	"store a template",
	"INSERT INTO template (connection_id, name, language, category, "
	"status, components, synced_ms) VALUES ($1, $2, $3, $4, $5, $6, $7) "
	"ON CONFLICT (connection_id, name, language) DO UPDATE SET "
	"category = excluded.category, status = excluded.status, "
	"components = excluded.components, synced_ms = excluded.synced_ms"
};
static const struct sql q_sweep = {
	"delete templates",
	"DELETE FROM template WHERE connection_id = $1 AND synced_ms < $2"
};
static const struct sql q_find = {
	"read a template",
	"SELECT status, components FROM template WHERE connection_id = $1 "
	"AND name = $2 AND language = $3"
};
static const struct sql q_any = { "look for templates",
				  "SELECT 1 FROM template LIMIT 1" };
static const struct sql q_named = {
	"read templates of a name",
	"SELECT t.language, t.components FROM connection c JOIN template t "
	"ON t.connection_id = c.id AND t.name = $1 "
	"WHERE c.role = 'whatsapp' AND t.status = 'APPROVED' "
	"ORDER BY c.name, t.language LIMIT $2"
};
static const struct sql q_languages = {
	"read a template's languages",
	"SELECT language FROM template WHERE connection_id = $1 AND name = $2 "
	"AND status = 'APPROVED' ORDER BY language"
};
static const struct sql q_list = {
	"list templates",
	"SELECT c.name, t.name, t.language, t.category, t.status, "
	"t.components, t.synced_ms, length(t.components) FROM connection c "
	"JOIN template t ON t.connection_id = c.id "
	"WHERE ($1 IS NULL OR c.name = $1) "
	"AND ($2 IS NULL OR (c.name, t.name, t.language) > ($2, $3, $4)) "
	"ORDER BY c.name, t.name, t.language LIMIT $5"
};
/* +: among what is queued, not among all jobs of the connection */
static const struct sql q_queued = {
	"look for a queued synchronization",
	"SELECT 1 FROM job WHERE state = 'queued' AND +connection_id = $1 "
	"AND kind = 'template.sync' LIMIT 1"
};

enum outcome
template_put(struct store *s, const struct template_row *t, int64_t now_ms,
	     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_put);

	sql_set_int(st, 1, t->connection_id);
	sql_set_str(st, 2, t->name);
	sql_set_str(st, 3, t->language);
	sql_set_str(st, 4, t->category);
	sql_set_str(st, 5, t->status);
	sql_set_str(st, 6, t->components);
	sql_set_int(st, 7, now_ms);
	return sql_done(s, st, e);
}

enum outcome
template_sweep(struct store *s, int64_t connection_id, int64_t before_ms,
	       int64_t *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_sweep);
	enum outcome o;

	sql_set_int(st, 1, connection_id);
	sql_set_int(st, 2, before_ms);
	o = sql_done(s, st, e);
	*n_out = o == OUT_OK ? sql_changes(s) : 0;
	return o;
}

enum outcome
template_find(struct store *s, int64_t connection_id, const char *name,
	      const char *language, char **status_out, json_t **components_out,
	      struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_find);
	bool row;
	enum outcome o;

	*status_out = NULL;
	*components_out = NULL;
	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, name);
	sql_set_str(st, 3, language);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	*status_out = mem_strdup(sql_get_text(st, 0));
	*components_out = sql_json_doc(st, 1);
	sql_reset(st);
	return OUT_OK;
}

enum outcome
template_any(struct store *s, bool *out, struct err *e)
{
	return row_exists(s, sql_stmt(s, &q_any), out, e);
}

static json_t *
named_json(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "language", row_str(st, 0));
	row_set(o, "components", sql_json_doc(st, 1));
	return o;
}

enum outcome
template_named(struct store *s, const char *name, json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_named);

	sql_set_str(st, 1, name);
	sql_set_int(st, 2, TEMPLATES_NAMED_MAX);
	return row_list(s, st, named_json, out, e);
}

enum outcome
template_languages(struct store *s, int64_t connection_id, const char *name,
		   json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_languages);
	json_t *list = json_array();
	bool row;
	enum outcome o;

	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, name);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		(void)json_array_append_new(list, row_str(st, 0));
	if (o != OUT_OK) {
		json_decref(list);
		list = NULL;
	}
	*out = list;
	return o;
}

static json_t *
template_json(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "connection", row_str(st, 0));
	row_set(o, "name", row_str(st, 1));
	row_set(o, "language", row_str(st, 2));
	row_set(o, "category", row_str(st, 3));
	row_set(o, "status", row_str(st, 4));
	row_set(o, "components", sql_json_doc(st, 5));
	row_set(o, "synced_at", sql_json_ms(st, 6));
	return o;
}

enum outcome
template_list(struct store *s, const struct template_page *p, json_t **out,
	      bool *more_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_list);
	json_t *list = json_array();
	int64_t bytes = 0;
	bool row;
	enum outcome o;

	*more_out = false;
	sql_set_str(st, 1, p->connection);
	sql_set_str(st, 2, p->after_connection);
	sql_set_str(st, 3, p->after_name);
	sql_set_str(st, 4, p->after_language);
	sql_set_int(st, 5, p->limit + 1);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		bytes += sql_get_int(st, 7);
		*more_out = json_array_size(list) == (size_t)p->limit ||
			    (bytes > TEMPLATES_LIST_BYTES &&
			     json_array_size(list) > 0);
		if (*more_out) {
			sql_reset(st);
			break;
		}
		(void)json_array_append_new(list, template_json(st));
	}
	if (o != OUT_OK) {
		json_decref(list);
		list = NULL;
	}
	*out = list;
	return o;
}

enum outcome
template_sync_queued(struct store *s, int64_t connection_id, bool *out,
		     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_queued);

	sql_set_int(st, 1, connection_id);
	return row_exists(s, st, out, e);
}

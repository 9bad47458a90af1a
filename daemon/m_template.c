/*
 * m_template: template.put, list, preview and sync: WhatsApp's approved
 * messages, as the gateway reads them from Meta and staff choose among them.
 */

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/incident.h"
#include "daemon/store/row.h"
#include "daemon/store/template.h"
#include "daemon/template.h"

#define LIST_DEFAULT 200

/* named by the table of handlers */
method_fn m_template_put;
method_fn m_template_list;
method_fn m_template_preview;
method_fn m_template_sync;

/* --- put --------------------------------------------------------------------- */

static enum outcome
put_one(struct store *s, int64_t connection_id, const json_t *t, int64_t now_ms,
	struct err *e)
{
	char *components =
		json_dumps(json_object_get(t, "components"), JSON_COMPACT);
	struct template_row row = { .connection_id = connection_id,
				    .name = member_str(t, "name"),
				    .language = member_str(t, "language"),
				    .category = member_str(t, "category"),
				    .status = member_str(t, "status"),
				    .components = components };
	enum outcome o = OUT_OK;

	if (!json_is_array(json_object_get(t, "components")))
		o = err_code(e, OUT_PERM, "bad_params",
			     "'components' is no list");
	else if (strlen(components) > TEMPLATE_BYTES_MAX)
		o = err_code(e, OUT_PERM, "too_large",
			     "components are over %d octets",
			     TEMPLATE_BYTES_MAX);
	if (o == OUT_OK)
		o = template_put(s, &row, now_ms, e);
	mem_free(components);
	return o;
}

/* What was not seen since the first part of a list is there no more. */
static enum outcome
put_complete(struct store *s, const struct request *rq, int64_t connection_id,
	     int64_t *gone_out, struct err *e)
{
	const char *since = param_str(rq, "since");
	int64_t since_ms = rq->now_ms;

	*gone_out = 0;
	if (!param_bool(rq, "complete", false))
		return OUT_OK;
	if (since != NULL && !clock_parse(since, &since_ms))
		return err_code(e, OUT_PERM, "bad_params",
				"'since' is not an instant");
	return template_sweep(s, connection_id, since_ms, gone_out, e);
}

enum outcome
m_template_put(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	struct link l = { 0 };
	int64_t gone = 0;
	const json_t *t;
	size_t i;
	enum outcome o = link_find(s, param_str(rq, "connection"),
				   role_name(rq->role), &l, e);

	(void)d;
	json_array_foreach(param_json(rq, "templates"), i, t)
	{
		if (o == OUT_OK)
			o = put_one(s, l.id, t, rq->now_ms, e);
	}
	if (o == OUT_OK)
		o = put_complete(s, rq, l.id, &gone, e);
	link_release(&l);
	if (o != OUT_OK)
		return o;
	result_set(rq, "at", row_iso(rq->now_ms));
	result_set(rq, "gone", json_integer(gone));
	return OUT_OK;
}

/* --- list -------------------------------------------------------------------- */

/* What it asks for, for whoever fills it in. */
static void
list_needs(json_t *t)
{
	struct template_needs n;
	struct err ignored;
	bool known = template_needs(json_object_get(t, "components"), &n,
				    &ignored) == OUT_OK;
	const char *status = member_str(t, "status");

	row_set(t, "parameters",
		json_integer(known ? (json_int_t)n.values : 0));
	row_set(t, "header", json_boolean(known && n.header));
	row_set(t, "file",
		known && n.file != NULL ? json_string(n.file) : json_null());
	row_set(t, "usable",
		json_boolean(known && strcmp(status, "APPROVED") == 0));
}

/* CONNECTION/NAME/LANGUAGE; the first and the last have no slash.
 * place  what p then points into; free with mem_free */
static enum outcome
list_after(const char *after, char **place, struct template_page *p,
	   struct err *e)
{
	char *name;
	char *language;

	if (after == NULL)
		return OUT_OK;
	*place = mem_strdup(after);
	name = strchr(*place, '/');
	language = strrchr(*place, '/');
	if (name == NULL || name == language)
		return err_code(e, OUT_PERM, "bad_params",
				"'after' is not CONNECTION/NAME/LANGUAGE");
	*name = '\0';
	*language = '\0';
	p->after_connection = *place;
	p->after_name = name + 1;
	p->after_language = language + 1;
	return OUT_OK;
}

enum outcome
m_template_list(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	struct template_page p = {
		.connection = param_str(rq, "connection"),
		.limit = (int)param_int(rq, "limit", LIST_DEFAULT),
	};
	json_t *list = NULL;
	char *place = NULL;
	bool more = false;
	json_t *t;
	size_t i;
	enum outcome o;

	(void)d;
	if (p.limit < 1 || p.limit > TEMPLATES_LIST_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'limit' is not from 1 to %d",
				TEMPLATES_LIST_MAX);
	o = list_after(param_str(rq, "after"), &place, &p, e);
	if (o == OUT_OK)
		o = template_list(s, &p, &list, &more, e);
	mem_free(place);
	if (o != OUT_OK)
		return o;
	json_array_foreach(list, i, t)
	{
		list_needs(t);
	}
	result_set(rq, "templates", list);
	result_set(rq, "more", json_boolean(more));
	return OUT_OK;
}

/* --- preview, sync ------------------------------------------------------------ */

enum outcome
m_template_preview(struct desk *d, struct store *s, struct request *rq,
		   struct err *e)
{
	struct template_values v = { .list = param_json(rq, "parameters"),
				     .header = param_str(rq, "header"),
				     .file = param_bool(rq, "file", false) };
	const char *name = param_str(rq, "name");
	json_t *components = NULL;
	char *status = NULL;
	struct link l = { 0 };
	struct err fault;
	char *text;
	enum outcome o = link_find(s, param_str(rq, "connection"),
				   role_name(ROLE_WHATSAPP), &l, e);

	(void)d;
	if (o == OUT_OK)
		o = template_find(s, l.id, name, param_str(rq, "language"),
				  &status, &components, e);
	link_release(&l);
	if (o == OUT_OK && components == NULL)
		o = err_code(e, OUT_PERM, "not_found",
			     "no template '%.100s' in that language", name);
	if (o == OUT_OK) {
		text = template_render(components, &v);
		result_set(rq, "text", json_string(text));
		mem_free(text);
		if (template_check(components, &v, &fault) != OUT_OK)
			result_set(rq, "fault", json_string(fault.text));
	}
	mem_free(status);
	json_decref(components);
	return o;
}

enum outcome
m_template_sync(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	struct link l = { 0 };
	int64_t job = 0;
	enum outcome o = link_find(s, param_str(rq, "connection"),
				   role_name(ROLE_WHATSAPP), &l, e);

	if (o == OUT_OK && !l.active)
		o = err_code(e, OUT_PERM, "conflict",
			     "this connection is not active");
	if (o == OUT_OK)
		o = template_sync_ask(d, s, l.id, rq->now_ms, &job, e);
	link_release(&l);
	if (o == OUT_OK)
		result_set(rq, "job",
			   job != 0 ? json_integer(job) : json_null());
	return o;
}

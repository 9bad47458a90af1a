/*
 * m_privacy: requests of shops about people's data: privacy.put, privacy.list,
 * privacy.get, privacy.done.
 */

#include <string.h>

#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/privacy.h"
#include "daemon/trail.h"

#define ORDERS_MAX 1000 /* that one request names */

/* named by the table of handlers */
method_fn m_privacy_done;
method_fn m_privacy_get;
method_fn m_privacy_list;
method_fn m_privacy_put;

/* --- it is asked ------------------------------------------------------------------ */

static const char *
kind_of(const char *topic)
{
	static const struct {
		const char *topic;
		const char *kind;
	} table[] = { { "customers/redact", "customer_redact" },
		      { "customers/data_request", "data_request" },
		      { "shop/redact", "shop_redact" } };
	size_t i;

	for (i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(table[i].topic, topic) == 0)
			return table[i].kind;
	return NULL;
}

/* Ids of orders, numbers or texts, as texts. */
static json_t *
orders_in(const json_t *body)
{
	json_t *list = json_array();
	const json_t *named = json_object_get(body, "orders_to_redact");
	const json_t *id;
	size_t i;

	if (named == NULL)
		named = json_object_get(body, "orders_requested");
	json_array_foreach(named, i, id)
	{
		if (i >= ORDERS_MAX)
			break;
		if (json_is_integer(id))
			(void)json_array_append_new(
				list,
				json_sprintf(
					"%lld",
					(long long)json_integer_value(id)));
		else if (json_is_string(id))
			(void)json_array_append(list, (json_t *)id);
	}
	return list;
}

static enum outcome
asked_event(struct store *s, const struct request *rq, int64_t id,
	    const char *kind, int64_t connection_id, struct err *e)
{
	json_t *data = json_object();

	(void)json_object_set_new(data, "request", json_integer(id));
	(void)json_object_set_new(data, "connection",
				  json_integer(connection_id));
	(void)json_object_set_new(data, "kind", json_string(kind));
	return event_add(s, rq->now_ms, "privacy.asked", 0, 0, data, e);
}

enum outcome
m_privacy_put(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	const char *kind = kind_of(param_str(rq, "topic"));
	const char *account = param_str(rq, "id");
	struct link by = { .id = 0 };
	json_t *asked = NULL;
	int64_t id = 0;
	enum outcome o;

	(void)d;
	if (kind == NULL)
		return err_code(e, OUT_PERM, "bad_params",
				"'topic' is none of privacy");
	/* of a whole shop the id is the shop's own */
	if (account == NULL || strcmp(kind, "shop_redact") == 0)
		account = "";
	o = link_find(s, param_str(rq, "connection"), role_name(rq->role), &by,
		      e);
	asked = json_object();
	(void)json_object_set_new(asked, "orders",
				  orders_in(param_json(rq, "body")));
	if (o == OUT_OK)
		o = privacy_add(s, by.id, kind, account, asked, rq->now_ms, &id,
				e);
	if (o == OUT_OK)
		o = asked_event(s, rq, id, kind, by.id, e);
	if (o == OUT_OK)
		o = trail_add(s, rq, id, "ok", e);
	if (o == OUT_OK)
		result_set(rq, "id", json_integer(id));
	json_decref(asked);
	link_release(&by);
	return o;
}

/* --- it is looked at --------------------------------------------------------------- */

enum outcome
m_privacy_list(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	json_t *list = NULL;
	enum outcome o =
		privacy_list(s, param_bool(rq, "waiting", false), &list, e);

	(void)d;
	if (o == OUT_OK)
		result_set(rq, "requests", list);
	return o;
}

enum outcome
m_privacy_get(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	struct privacy p;
	json_t *orders = NULL;
	enum outcome o = privacy_load(s, param_int(rq, "id", 0), &p, e);

	(void)d;
	if (o == OUT_OK && p.done_ms != 0)
		o = err_code(e, OUT_PERM, "conflict", "the request is done");
	if (o == OUT_OK)
		o = privacy_known(s, &p, param_int(rq, "after", 0), &orders, e);
	if (o == OUT_OK) {
		size_t n = json_array_size(orders);
		json_t *last = json_array_get(orders, n > 0 ? n - 1 : 0);

		if (n == PRIVACY_ORDERS)
			result_set(rq, "more",
				   json_incref(json_object_get(last, "id")));
		result_set(rq, "orders", orders);
	}
	privacy_release(&p);
	return o;
}

enum outcome
m_privacy_done(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	struct privacy p;
	json_t *data = NULL;
	enum outcome o = privacy_load(s, param_int(rq, "id", 0), &p, e);

	(void)d;
	if (o == OUT_OK && p.done_ms != 0)
		o = err_code(e, OUT_PERM, "conflict", "the request is done");
	if (o == OUT_OK && strcmp(p.kind, "data_request") != 0)
		o = err_code(e, OUT_PERM, "conflict",
			     "Postigo erases by itself, and says when it is "
			     "done");
	if (o == OUT_OK)
		o = privacy_done(s, p.id, rq->now_ms, e);
	if (o == OUT_OK) {
		data = json_object();
		(void)json_object_set_new(data, "request", json_integer(p.id));
		(void)json_object_set_new(data, "kind", json_string(p.kind));
		o = event_add(s, rq->now_ms, "privacy.done", 0, rq->agent_id,
			      data, e);
	}
	if (o == OUT_OK)
		o = trail_add(s, rq, p.id, "ok", e);
	if (o == OUT_OK)
		result_set(rq, "id", json_integer(p.id));
	privacy_release(&p);
	return o;
}

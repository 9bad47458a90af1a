/*
 * m_order: order.*, shipment.*: what shops tell, and what staff look up.
 */

#include <string.h>

#include "daemon/base/ascii.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/base/phone.h"
#include "daemon/desk.h"
#include "daemon/order.h"
#include "daemon/order_in.h"
#include "daemon/order_link.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/connection.h"
#include "daemon/store/customer.h"
#include "daemon/store/incident.h"
#include "daemon/store/order_view.h"

#define ORDER_QUERY_MAX 255
#define AHEAD_MS (10 * 60 * 1000)

/* named by the table of handlers */
method_fn m_order_find;
method_fn m_order_get;
method_fn m_order_gone;
method_fn m_order_link;
method_fn m_order_list;
method_fn m_order_put;
method_fn m_order_unlink;
method_fn m_shipment_put;

static int
page_of(const struct request *rq)
{
	int64_t n = param_int(rq, "limit", 50);

	return (int)(n < 1 ? 1 : n > ORDER_LIST_MAX ? ORDER_LIST_MAX : n);
}

/* --- what shops tell ------------------------------------------------------ */

static enum outcome
teller(struct desk *d, struct store *s, const struct request *rq,
       struct order_teller *t, struct err *e)
{
	const char *source = param_str(rq, "source");
	bool import = source != NULL && strcmp(source, "import") == 0;

	*t = (struct order_teller){ .desk = d,
				    .polled = source != NULL &&
					      strcmp(source, "poll") == 0,
				    .quiet = param_bool(rq, "quiet", import),
				    .now_ms = rq->now_ms };
	if (source != NULL && !t->polled && !import &&
	    strcmp(source, "hook") != 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'source' is none of hook, poll, import");
	return link_id(s, param_str(rq, "connection"), role_name(ROLE_SHOP),
		       &t->connection_id, e);
}

/*
 * One could not be read. What was delivered is refused with it, and then is a
 * dead hook that an administrator sees; what was polled or imported stops
 * nothing else. The reason names no person.
 */
static enum outcome
unread(const struct request *rq, const struct order_teller *t,
       const json_t *one, struct err *e)
{
	const char *source = param_str(rq, "source");
	const char *why = json_string_value(json_object_get(one, "why"));

	if (source == NULL || strcmp(source, "hook") == 0)
		return err_code(e, OUT_PERM, "bad_order", "%s", why);
	if (t->polled)
		log_warn("order.refused", "connection=%s why=\"%s\"",
			 param_str(rq, "connection"), why);
	return OUT_OK;
}

static bool
is_refused(const json_t *one)
{
	return json_object_get(one, "why") != NULL;
}

/* One of the two functions that take a list's member. */
typedef enum outcome put_fn(struct store *s, const struct order_teller *t,
			    const json_t *one, json_t **out, struct err *e);

static enum outcome
put_list(struct desk *d, struct store *s, struct request *rq, const char *name,
	 put_fn *put, struct err *e)
{
	const json_t *list = param_json(rq, name);
	json_t *results = json_array();
	struct order_teller t;
	enum outcome o;

	result_set(rq, "results", results);
	o = teller(d, s, rq, &t, e);
	for (size_t i = 0; i < json_array_size(list) && o == OUT_OK; i++) {
		json_t *one = NULL;

		o = put(s, &t, json_array_get(list, i), &one, e);
		if (o != OUT_OK)
			break;
		(void)json_array_append_new(results, one);
		if (is_refused(one))
			o = unread(rq, &t, one, e);
	}
	return o;
}

enum outcome
m_order_put(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	result_set(rq, "beside", json_integer((json_int_t)rq->beside));
	return put_list(d, s, rq, "orders", order_put, e);
}

enum outcome
m_shipment_put(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	return put_list(d, s, rq, "shipments", order_put_tracking, e);
}

enum outcome
m_order_gone(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct order_teller t;
	json_t *result = NULL;
	int64_t at = rq->now_ms;
	enum outcome o = teller(d, s, rq, &t, e);

	if (o == OUT_OK && !clock_parse(param_str(rq, "at"), &at))
		o = err_code(e, OUT_PERM, "bad_params",
			     "'at' is not an instant");
	/* nobody deletes in the future, but a shop's clock may be ahead */
	if (at > rq->now_ms + AHEAD_MS)
		at = rq->now_ms;
	if (o == OUT_OK)
		o = order_put_gone(s, &t, param_str(rq, "external_id"), at,
				   &result, e);
	if (o == OUT_OK)
		result_set(rq, "result", result);
	return o;
}

/* --- what staff look up --------------------------------------------------- */

enum outcome
m_order_list(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	int64_t customer = param_int(rq, "customer", 0);
	json_t *list = NULL;
	bool more = false;
	enum outcome o = customer_check(s, customer, e);

	(void)d;
	if (o == OUT_OK)
		o = order_view_list(s, customer, param_int(rq, "before", 0),
				    page_of(rq), rq->now_ms, &list, &more, e);
	if (o != OUT_OK)
		return o;
	result_set(rq, "orders", list);
	result_set(rq, "more", json_boolean(more));
	return OUT_OK;
}

enum outcome
m_order_get(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	json_t *order = NULL;
	enum outcome o = order_view_get(s, param_int(rq, "id", 0), rq->now_ms,
					ORDER_LINES_ALL, &order, e);

	(void)d;
	if (o == OUT_OK)
		result_set(rq, "order", order);
	return o;
}

/* What was typed, as a mail address: without blanks, A to Z folded. */
static void
fold(const char *q, char out[ORDER_QUERY_MAX + 1])
{
	size_t n = 0;

	for (; *q != '\0' && n < ORDER_QUERY_MAX; q++)
		if (*q != ' ')
			out[n++] = ascii_lower(*q);
	out[n] = '\0';
}

/* What was typed as the numbers that it may be. */
struct phones {
	const char *typed;
	json_t *list; /* texts, E.164 */
};

static void
phone_in(const struct phones *p, const char *country)
{
	char phone[PHONE_MAX];
	size_t i;

	if (!phone_e164(p->typed, country, phone))
		return;
	for (i = 0; i < json_array_size(p->list); i++)
		if (strcmp(phone,
			   json_string_value(json_array_get(p->list, i))) == 0)
			return;
	(void)json_array_append_new(p->list, json_string(phone));
}

static enum outcome
phone_of_shop(void *arg, const struct connection_row *c, struct err *e)
{
	const char *country =
		json_string_value(json_object_get(c->settings, "country"));

	(void)e;
	if (country != NULL)
		phone_in(arg, country);
	return OUT_OK;
}

/* As JSON: with the country's code, and as the countries of shops write it. */
static enum outcome
phones_of(struct store *s, const char *typed, char **out, struct err *e)
{
	struct phones p = { .typed = typed, .list = json_array() };
	enum outcome o;

	phone_in(&p, NULL);
	o = connection_each(s, role_name(ROLE_SHOP), false, phone_of_shop, &p,
			    e);
	*out = json_dumps(p.list, JSON_COMPACT);
	json_decref(p.list);
	return o;
}

enum outcome
m_order_find(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	const char *typed = param_str(rq, "q");
	char key[ORDER_ID_MAX + 1];
	char email[ORDER_QUERY_MAX + 1];
	struct order_query q = { .key = key, .email = email };
	char *phones = NULL;
	json_t *list = NULL;
	enum outcome o = phones_of(s, typed, &phones, e);

	(void)d;
	q.phones = phones;
	order_key(typed, key, sizeof key);
	fold(typed, email);
	if (strchr(email, '@') != NULL)
		key[0] = '\0';
	if (o == OUT_OK)
		o = order_view_find(s, &q, page_of(rq), rq->now_ms, &list, e);
	mem_free(phones);
	if (o == OUT_OK)
		result_set(rq, "orders", list);
	return o;
}

enum outcome
m_order_link(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	bool changed = false;
	enum outcome o = order_link(s, param_int(rq, "incident", 0),
				    param_int(rq, "order", 0), "hand",
				    rq->agent_id, rq->now_ms, &changed, e);

	(void)d;
	if (o == OUT_OK)
		result_set(rq, "changed", json_boolean(changed));
	return o;
}

enum outcome
m_order_unlink(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	bool changed = false;
	enum outcome o = order_unlink(s, param_int(rq, "incident", 0),
				      param_int(rq, "order", 0), rq->agent_id,
				      rq->now_ms, &changed, e);

	(void)d;
	if (o == OUT_OK)
		result_set(rq, "changed", json_boolean(changed));
	return o;
}

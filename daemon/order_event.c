#include "daemon/order_event.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/order_in.h"
#include "daemon/orderevent.h"
#include "daemon/store/event.h"
#include "daemon/store/order.h"
#include "daemon/store/orderfact.h"

/* An order's facts, before and now. */
struct telling {
	struct desk *d; /* or NULL */
	struct store *s;
	int64_t order_id;
	int64_t now_ms;
	const json_t *before; /* NULL: it was not known */
	const json_t *now;
};

static const char *
word(const json_t *facts, const char *name)
{
	const char *t = json_string_value(json_object_get(facts, name));

	return t != NULL ? t : "";
}

/* One event; more (taken, may be NULL) is added to its data under name. */
static enum outcome
tell(const struct telling *t, const char *kind, const char *name, json_t *more,
     struct err *e)
{
	json_t *data = json_object();
	enum outcome o;

	(void)json_object_set_new(data, "order", json_integer(t->order_id));
	(void)json_object_set(data, "connection",
			      json_object_get(t->now, "connection"));
	(void)json_object_set(data, "customer",
			      json_object_get(t->now, "customer"));
	if (more != NULL)
		(void)json_object_set_new(data, name, more);
	o = event_add(t->s, t->now_ms, kind, 0, 0, data, e);
	return o == OUT_OK && t->d != NULL
		       ? orderevent(t->d, t->s, kind, t->order_id, t->now_ms, e)
		       : o;
}

static bool
is_paid(const json_t *facts)
{
	const char *w = word(facts, "payment_state");

	return strcmp(w, "paid") == 0 || strcmp(w, "partially_refunded") == 0 ||
	       strcmp(w, "refunded") == 0;
}

static bool
is_cancelled(const json_t *facts)
{
	return strcmp(word(facts, "state"), "cancelled") == 0;
}

static bool
is_shipped(const json_t *facts)
{
	const char *w = word(facts, "fulfilment_state");
	const char *key;
	json_t *v;

	if (strcmp(w, "partial") == 0 || strcmp(w, "fulfilled") == 0)
		return true;
	json_object_foreach(json_object_get(facts, "shipments"), key, v)
	{
		const char *status = json_string_value(v);

		if (order_status_rank(status) >= 1 &&
		    strcmp(status, "cancelled") != 0)
			return true;
	}
	return false;
}

static bool
is_delivered(const json_t *facts)
{
	return json_is_integer(json_object_get(facts, "delivered_ms"));
}

static enum outcome
tell_states(const struct telling *t, struct err *e)
{
	static const struct {
		const char *kind;
		bool (*is)(const json_t *facts);
	} states[] = {
		{ "order.paid", is_paid },
		{ "order.cancelled", is_cancelled },
		{ "order.shipped", is_shipped },
		{ "order.delivered", is_delivered },
	};
	enum outcome o = OUT_OK;

	for (size_t i = 0; i < sizeof states / sizeof states[0] && o == OUT_OK;
	     i++)
		if (states[i].is(t->now) && !states[i].is(t->before))
			o = tell(t, states[i].kind, NULL, NULL, e);
	return o;
}

static enum outcome
tell_shipments(const struct telling *t, struct err *e)
{
	const json_t *was = json_object_get(t->before, "shipments");
	enum outcome o = OUT_OK;
	const char *id;
	json_t *v;

	json_object_foreach(json_object_get(t->now, "shipments"), id, v)
	{
		if (strcmp(json_string_value(v), "exception") != 0 ||
		    strcmp(word(was, id), "exception") == 0)
			continue;
		o = tell(t, "shipment.exception", "shipment",
			 json_integer(strtoll(id, NULL, 10)), e);
		if (o != OUT_OK)
			break;
	}
	return o;
}

static enum outcome
tell_refunds(const struct telling *t, struct err *e)
{
	const json_t *was = json_object_get(t->before, "refunds");
	enum outcome o = OUT_OK;
	const char *id;
	json_t *v;

	json_object_foreach(json_object_get(t->now, "refunds"), id, v)
	{
		if (json_object_get(was, id) != NULL)
			continue;
		o = tell(t, "refund.created", "refund", json_string(id), e);
		if (o != OUT_OK)
			break;
	}
	return o;
}

/* Static text of the event of a return's status; NULL: there is none. */
static const char *
return_kind(const char *status)
{
	static const char *const kinds[] = {
		"return.requested",  "return.approved", "return.declined",
		"return.in_transit", "return.received", "return.closed"
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i] + strlen("return."), status) == 0)
			return kinds[i];
	return NULL;
}

static enum outcome
tell_returns(const struct telling *t, struct err *e)
{
	const json_t *was = json_object_get(t->before, "returns");
	enum outcome o = OUT_OK;
	const char *id;
	json_t *v;

	json_object_foreach(json_object_get(t->now, "returns"), id, v)
	{
		const char *kind = return_kind(json_string_value(v));

		if (kind == NULL ||
		    strcmp(word(was, id), json_string_value(v)) == 0)
			continue;
		o = tell(t, kind, "return", json_string(id), e);
		if (o != OUT_OK)
			break;
	}
	return o;
}

/* What is new to us and old to its shop is no news for rules. */
static enum outcome
hearer(struct telling *t, struct err *e)
{
	struct order_fact f;
	enum outcome o = order_fact_load(t->s, t->order_id, &f, e);

	if (o == OUT_OK && t->now_ms - f.placed_ms > ORDEREVENT_NEWS_S * 1000)
		t->d = NULL;
	order_fact_release(&f);
	return o;
}

enum outcome
order_tell(struct desk *d, struct store *s, int64_t order_id,
	   const json_t *before, int64_t now_ms, struct err *e)
{
	struct telling t = { .d = d,
			     .s = s,
			     .order_id = order_id,
			     .now_ms = now_ms,
			     .before = before };
	json_t *now = NULL;
	enum outcome o = order_facts(s, order_id, &now, e);

	if (o != OUT_OK || now == NULL)
		return o;
	t.now = now;
	if (before == NULL && d != NULL)
		o = hearer(&t, e);
	if (o == OUT_OK)
		o = tell(&t, before == NULL ? "order.created" : "order.updated",
			 "deleted",
			 json_integer_value(json_object_get(now, "deleted"))
				 ? json_true()
				 : NULL,
			 e);
	/* what is gone goes nowhere any more */
	if (json_integer_value(json_object_get(now, "deleted")) == 0) {
		if (o == OUT_OK)
			o = tell_states(&t, e);
		if (o == OUT_OK)
			o = tell_shipments(&t, e);
		if (o == OUT_OK)
			o = tell_refunds(&t, e);
		if (o == OUT_OK)
			o = tell_returns(&t, e);
	}
	json_decref(now);
	return o;
}

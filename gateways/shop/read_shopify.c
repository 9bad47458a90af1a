#include "gateways/shop/read_shopify.h"

#include <stdbool.h>
#include <string.h>

#include "gateways/common/scan.h"
#include "gateways/shop/neutral.h"
#include "gateways/shop/shopify_order.h"
#include "gateways/shop/take.h"
#include "gateways/shop/when.h"

#define DEPTH_MAX 64

/* A body while it is read. */
struct body {
	const struct read_about *about;
	const json_t *top;
	json_t *facts;
};

/* What is wrapped as {"order": {...}}, or is bare. */
static const json_t *
unwrap(const json_t *top, const char *name)
{
	const json_t *inner = take_object(top, name);

	return inner != NULL ? inner : top;
}

static enum outcome
one(const struct body *b, const json_t *o, struct err *e)
{
	json_t *order = shopify_order(b->about, o);

	if (order == NULL)
		return err_set(e, OUT_PERM,
			       "no order: id, name or currency is not there");
	(void)neutral_fact(b->facts, "order", "order", order);
	return OUT_OK;
}

static enum outcome
order(const struct body *b, struct err *e)
{
	return one(b, unwrap(b->top, "order"), e);
}

/* One that cannot be read does not hold up the others of a page. */
static enum outcome
answer(const struct body *b, struct err *e)
{
	const json_t *list = json_object_get(b->top, "orders");
	const json_t *o;
	size_t i;

	if (!json_is_array(list))
		return order(b, e);
	json_array_foreach(list, i, o)
	{
		if (one(b, o, e) != OUT_OK)
			(void)neutral_fact(b->facts, "nothing", "why",
					   json_string(e->text));
	}
	return OUT_OK;
}

/* The order whose id a member has. */
static enum outcome
about_order(const struct body *b, const char *kind, json_t *id, struct err *e)
{
	if (id == NULL)
		return err_set(e, OUT_PERM, "no id of an order");
	(void)neutral_fact(b->facts, kind, "order", id);
	return OUT_OK;
}

static enum outcome
deleted(const struct body *b, struct err *e)
{
	return about_order(b, "delete", shopify_id(b->top, "id"), e);
}

static enum outcome
edited(const struct body *b, struct err *e)
{
	const json_t *edit = unwrap(b->top, "order_edit");

	return about_order(b, "look", shopify_id(edit, "order_id"), e);
}

static enum outcome
parcel_event(const struct body *b, struct err *e)
{
	const json_t *event = unwrap(b->top, "fulfillment_event");

	return about_order(b, "look", shopify_id(event, "order_id"), e);
}

static enum outcome
returned(const struct body *b, struct err *e)
{
	const json_t *one_return = unwrap(b->top, "return");
	json_t *id = shopify_id(take_object(one_return, "order"), "id");

	if (id == NULL)
		id = shopify_id(one_return, "order_id");
	return about_order(b, "look", id, e);
}

static enum outcome
fulfillment(const struct body *b, struct err *e)
{
	const json_t *f = unwrap(b->top, "fulfillment");
	json_t *order_id = shopify_id(f, "order_id");
	json_t *parcels = json_array();
	json_t *parcel;
	size_t i;
	bool fine = order_id != NULL && shopify_parcels(f, parcels);

	json_array_foreach(parcels, i, parcel)
	{
		if (!fine)
			break;
		take_set(parcel, "order", json_incref(order_id));
		take_set(parcel, "updated_at",
			 when_take(f, "updated_at", NULL));
		(void)neutral_fact(b->facts, "shipment", "shipment",
				   json_incref(parcel));
	}
	json_decref(parcels);
	json_decref(order_id);
	return fine ? OUT_OK
		    : err_set(e, OUT_PERM, "a fulfillment without its ids");
}

/* What went back is told with its order, which is to be read. */
static enum outcome
refund(const struct body *b, struct err *e)
{
	const json_t *r = unwrap(b->top, "refund");
	json_t *id = shopify_id(r, "order_id");
	int64_t back = 0;

	if (id == NULL || take_key(r, "id") == NULL) {
		json_decref(id);
		return err_set(e, OUT_PERM, "a refund without its ids");
	}
	take_set(neutral_fact(b->facts, "refund", "order", id), "refund",
		 shopify_refund(r, NULL, &back));
	return OUT_OK;
}

static enum outcome
customer(const struct body *b, struct err *e)
{
	const json_t *who = unwrap(b->top, "customer");
	const json_t *home = take_object(who, "default_address");
	json_t *id = shopify_id(who, "id");
	json_t *c;
	const char *country;

	if (id == NULL)
		return err_set(e, OUT_PERM, "a customer has no id");
	c = json_object();
	take_set(c, "external_id", id);
	take_set(c, "email", take_one(who, "email", TAKE_EMAIL));
	take_set(c, "name", neutral_name(who, "first_name", "last_name"));
	take_set(c, "country", take_one(home, "country_code", TAKE_COUNTRY));
	country = take_str(c, "country");
	if (country == NULL)
		country = b->about->country;
	neutral_phone(c, who, "phone", country);
	if (take_str(c, "phone_raw") == NULL)
		neutral_phone(c, home, "phone", country);
	(void)neutral_fact(b->facts, "customer", "customer", c);
	return OUT_OK;
}

/* Ids of a list of them. */
static json_t *
ids(const json_t *list)
{
	json_t *out = json_array();
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		json_t *in = json_pack("{s:O}", "id", v);
		json_t *id = shopify_id(in, "id");

		if (id != NULL && json_array_size(out) < TAKE_ROWS_MAX)
			(void)json_array_append(out, id);
		json_decref(id);
		json_decref(in);
	}
	return out;
}

/* Whom it is about, in the names of the body. */
static json_t *
about_whom(const json_t *top, const char *list)
{
	static const struct take members[] = {
		{ "email", TAKE_EMAIL, NULL },
		{ "phone", TAKE_PHONE, NULL },
		{ NULL, TAKE_LINE, NULL },
	};
	json_t *customer = json_object();
	json_t *body = json_object();

	take_all(customer, take_object(top, "customer"), members);
	take_set(body, "shop_domain", take_one(top, "shop_domain", TAKE_ID));
	take_set(body, "customer", customer);
	take_set(body, list, ids(json_object_get(top, list)));
	return body;
}

/* Somebody's data is to be erased, or to be handed out, or a whole shop's. */
static enum outcome
privacy(const struct body *b, struct err *e)
{
	const char *topic = b->about->topic;
	bool asks = strcmp(topic, "customers/data_request") == 0;
	bool shop = strcmp(topic, "shop/redact") == 0;
	json_t *id = shop ? shopify_id(b->top, "shop_id")
			  : shopify_id(take_object(b->top, "customer"), "id");
	const char *list = asks ? "orders_requested" : "orders_to_redact";
	json_t *body = about_whom(b->top, list);
	json_t *fact;

	if (id == NULL && json_object_get(body, "customer") == NULL &&
	    json_object_get(body, list) == NULL) {
		json_decref(body);
		return err_set(e, OUT_PERM, "it names nobody");
	}
	fact = neutral_fact(b->facts, "privacy", "topic", json_string(topic));
	take_set(fact, "id", id);
	take_set(fact, "body", body);
	return OUT_OK;
}

static enum outcome
uninstalled(const struct body *b, struct err *e)
{
	(void)e;
	(void)neutral_fact(b->facts, "uninstalled", NULL, NULL);
	return OUT_OK;
}

static const struct topic {
	const char *name;
	enum outcome (*read)(const struct body *b, struct err *e);
} topics[] = {
	{ "", answer },
	{ "orders/create", order },
	{ "orders/updated", order },
	{ "orders/paid", order },
	{ "orders/cancelled", order },
	{ "orders/fulfilled", order },
	{ "orders/partially_fulfilled", order },
	{ "orders/edited", edited },
	{ "orders/delete", deleted },
	{ "fulfillments/create", fulfillment },
	{ "fulfillments/update", fulfillment },
	{ "fulfillment_events/create", parcel_event },
	{ "fulfillment_events/delete", parcel_event },
	{ "refunds/create", refund },
	{ "returns/request", returned },
	{ "returns/approve", returned },
	{ "returns/decline", returned },
	{ "returns/cancel", returned },
	{ "returns/close", returned },
	{ "returns/reopen", returned },
	{ "returns/update", returned },
	{ "customers/create", customer },
	{ "customers/update", customer },
	{ "customers/data_request", privacy },
	{ "customers/redact", privacy },
	{ "shop/redact", privacy },
	{ "app/uninstalled", uninstalled },
};

static enum outcome
by_topic(const struct body *b, struct err *e)
{
	if (!json_is_object(b->top))
		return err_set(e, OUT_PERM, "the body is no object");
	for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
		if (strcmp(topics[i].name, b->about->topic) == 0)
			return topics[i].read(b, e);
	(void)neutral_fact(b->facts, "nothing", "why",
			   json_string("a topic that is not used"));
	return OUT_OK;
}

enum outcome
read_shopify(const struct read_about *about, const char *body, size_t n,
	     json_t **facts_out, struct err *e)
{
	struct body b = { .about = about };
	json_t *top;
	enum outcome o;

	*facts_out = NULL;
	if (n > 0 && body[0] == '<')
		return err_set(e, about->topic[0] == '\0' ? OUT_TEMP : OUT_PERM,
			       "a page, and no JSON");
	o = scan_json_text(body, n, DEPTH_MAX, &top, e);
	if (o != OUT_OK)
		return o;
	b.top = top;
	b.facts = json_array();
	o = by_topic(&b, e);
	json_decref(top);
	if (o == OUT_OK)
		*facts_out = b.facts;
	else
		json_decref(b.facts);
	return o;
}

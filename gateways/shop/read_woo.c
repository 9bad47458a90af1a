#include "gateways/shop/read_woo.h"

#include <stdbool.h>
#include <string.h>

#include "gateways/common/scan.h"
#include "gateways/shop/neutral.h"
#include "gateways/shop/source.h"
#include "gateways/shop/take.h"
#include "gateways/shop/woo_order.h"

#define DEPTH_MAX 64
#define MARK "\xef\xbb\xbf" /* some PHP files begin with it */

/* A body while it is read. */
struct body {
	const struct read_about *about;
	const json_t *top;
	json_t *facts;
};

static void
nothing(const struct body *b, const char *why)
{
	(void)neutral_fact(b->facts, "nothing", "why", json_string(why));
}

/* What stands in the place of an order when its reader may not see it. */
static bool
is_error(const json_t *o)
{
	return take_str(o, "code") != NULL && take_str(o, "message") != NULL &&
	       take_str(o, "id") == NULL;
}

static enum outcome
error(const struct body *b)
{
	json_t *fact = neutral_fact(b->facts, "nothing", "why",
				    take_one(b->top, "message", TAKE_LINE));

	take_set(fact, "code", json_string("rest_error"));
	return OUT_OK;
}

/* A cart whose checkout goes on: known, and no order yet. */
static bool
is_draft(const json_t *o)
{
	const char *status = take_str(o, "status");

	return status != NULL && (strcmp(status, "checkout-draft") == 0 ||
				  strcmp(status, "auto-draft") == 0);
}

/* A webhook does not say for which lines money went back: the order is to be
 * read. */
static void
add(const struct body *b, json_t *order)
{
	bool back = json_array_size(json_object_get(order, "refunds")) > 0;

	(void)neutral_fact(b->facts, "order", "order", order);
	if (back && b->about->topic[0] != '\0')
		(void)neutral_fact(
			b->facts, "look", "order",
			json_incref(json_object_get(order, "external_id")));
}

static enum outcome
one(const struct body *b, const json_t *o, struct err *e)
{
	json_t *order = woo_order(b->about, o);

	if (order != NULL)
		add(b, order);
	else if (is_draft(o))
		nothing(b, "a draft of the checkout");
	else
		return err_set(e, OUT_PERM,
			       "no order: id, status or currency is not there");
	return OUT_OK;
}

/* One that cannot be read does not hold up the others of a page. */
static enum outcome
page(const struct body *b, struct err *e)
{
	const json_t *o;
	size_t i;

	json_array_foreach(b->top, i, o)
	{
		if (one(b, o, e) != OUT_OK)
			(void)neutral_fact(b->facts, "nothing", "why",
					   json_string(e->text));
	}
	return OUT_OK;
}

static enum outcome
orders(const struct body *b, struct err *e)
{
	return json_is_array(b->top) ? page(b, e) : one(b, b->top, e);
}

static enum outcome
deleted(const struct body *b, struct err *e)
{
	json_t *id = take_one(b->top, "id", TAKE_ID);

	if (id == NULL)
		return err_set(e, OUT_PERM, "a deleted order has no id");
	(void)neutral_fact(b->facts, "delete", "order", id);
	return OUT_OK;
}

static enum outcome
customer(const struct body *b, struct err *e)
{
	const json_t *billing = take_object(b->top, "billing");
	json_t *c = json_object();
	const char *country;

	if (take_key(b->top, "id") == NULL) {
		json_decref(c);
		return err_set(e, OUT_PERM, "a customer has no id");
	}
	take_set(c, "external_id", take_one(b->top, "id", TAKE_ID));
	take_set(c, "email", take_one(b->top, "email", TAKE_EMAIL));
	take_set(c, "name", neutral_name(b->top, "first_name", "last_name"));
	take_set(c, "country", take_one(billing, "country", TAKE_COUNTRY));
	country = take_str(c, "country");
	neutral_phone(c, billing, "phone",
		      country != NULL ? country : b->about->country);
	(void)neutral_fact(b->facts, "customer", "customer", c);
	return OUT_OK;
}

static enum outcome
other(const struct body *b, struct err *e)
{
	(void)e;
	nothing(b, "a topic that is not used");
	return OUT_OK;
}

static const struct topic {
	const char *name;
	enum outcome (*read)(const struct body *b, struct err *e);
} topics[] = {
	{ "", orders },
	{ "order.created", orders },
	{ "order.updated", orders },
	{ "order.restored", orders },
	{ "order.deleted", deleted },
	{ "customer.created", customer },
	{ "customer.updated", customer },
};

static enum outcome
by_topic(const struct body *b, struct err *e)
{
	if (is_error(b->top))
		return error(b);
	for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
		if (strcmp(topics[i].name, b->about->topic) == 0)
			return topics[i].read(b, e);
	return other(b, e);
}

/* The octets behind a mark and blanks. */
static const char *
skip(const char *p, size_t *n)
{
	if (*n >= strlen(MARK) && memcmp(p, MARK, strlen(MARK)) == 0) {
		p += strlen(MARK);
		*n -= strlen(MARK);
	}
	while (*n > 0 && memchr(" \t\r\n", *p, 4) != NULL) {
		p++;
		(*n)--;
	}
	return p;
}

enum outcome
read_woo(const struct read_about *about, const char *body, size_t n,
	 json_t **facts_out, struct err *e)
{
	struct body b = { .about = about };
	json_t *top;
	enum outcome o;

	*facts_out = NULL;
	body = skip(body, &n);
	if (n > 0 && body[0] == '<')
		return err_set(e, about->topic[0] == '\0' ? OUT_TEMP : OUT_PERM,
			       "a page, and no JSON");
	b.facts = json_array();
	if (source_is_ping(body, n)) {
		nothing(&b, "the first ping of a webhook");
		*facts_out = b.facts;
		return OUT_OK;
	}
	o = scan_json_text(body, n, DEPTH_MAX, &top, e);
	if (o == OUT_OK) {
		b.top = top;
		o = by_topic(&b, e);
		json_decref(top);
	}
	if (o == OUT_OK)
		*facts_out = b.facts;
	else
		json_decref(b.facts);
	return o;
}

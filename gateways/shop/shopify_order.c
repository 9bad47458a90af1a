#include "gateways/shop/shopify_order.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/money.h"
#include "gateways/shop/amount.h"
#include "gateways/shop/neutral.h"
#include "gateways/shop/raw.h"
#include "gateways/shop/take.h"
#include "gateways/shop/when.h"

#define TAGS_MAX 100
#define GATEWAYS_MAX 20

/* An order while it is read. */
struct order {
	const struct read_about *about;
	const json_t *o;
	json_t *out;
	const char *currency;
	int64_t back; /* what went back, in minor units */
};

static const struct shopify_means payment_states[] = {
	{ "pending", "pending" },
	{ "authorized", "authorized" },
	{ "partially_paid", "partially_paid" },
	{ "paid", "paid" },
	{ "partially_refunded", "partially_refunded" },
	{ "refunded", "refunded" },
	{ "voided", "voided" },
	{ "expired", "voided" },
	{ NULL, NULL },
};

/* Those of GraphQL too. What was put back on the shelf was not sent. */
static const struct shopify_means fulfilment_states[] = {
	{ "", "unfulfilled" },
	{ "unfulfilled", "unfulfilled" },
	{ "restocked", "unfulfilled" },
	{ "open", "unfulfilled" },
	{ "pending", "unfulfilled" },
	{ "pending_fulfillment", "unfulfilled" },
	{ "in_progress", "unfulfilled" },
	{ "on_hold", "unfulfilled" },
	{ "scheduled", "unfulfilled" },
	{ "request_declined", "unfulfilled" },
	{ "partial", "partial" },
	{ "partially_fulfilled", "partial" },
	{ "fulfilled", "fulfilled" },
	{ NULL, NULL },
};

static void
state_of(const struct order *x, const char *name, const char *member,
	 const struct shopify_means *words)
{
	char word[SHOPIFY_WORD_MAX];

	shopify_word(x->o, member, word);
	take_set(x->out, name, json_string(shopify_means(words, word)));
}

static void
states(const struct order *x)
{
	json_t *closed = when_take(x->o, "closed_at", NULL);
	char word[SHOPIFY_WORD_MAX];
	const char *state = "open";

	take_set(x->out, "cancelled_at", when_take(x->o, "cancelled_at", NULL));
	if (json_object_get(x->out, "cancelled_at") != NULL)
		state = "cancelled";
	else if (closed != NULL)
		state = "completed";
	json_decref(closed);
	take_set(x->out, "state", json_string(state));
	shopify_word(x->o, "cancel_reason", word);
	if (word[0] != '\0')
		take_set(x->out, "cancel_reason", json_string(word));
	shopify_word(x->o, "financial_status", word);
	if (word[0] != '\0')
		take_set(x->out, "raw_status", json_string(word));
	state_of(x, "payment_state", "financial_status", payment_states);
	state_of(x, "fulfilment_state", "fulfillment_status",
		 fulfilment_states);
}

/* Older orders have the price of shipping in its lines alone. */
static void
shipping_total(const struct order *x)
{
	json_t *rows;
	const json_t *row;
	int64_t sum = 0;
	int64_t minor;
	size_t i;

	amount_set_text(x->out, "shipping_total",
			shopify_amount(x->o, "total_shipping_price"),
			x->currency);
	if (json_object_get(x->out, "shipping_total") != NULL ||
	    !json_is_array(json_object_get(x->o, "shipping_lines")))
		return;
	rows = shopify_rows(x->o, "shipping_lines");
	json_array_foreach(rows, i, row)
	{
		if (amount_parse(shopify_amount(row, "price"), x->currency,
				 &minor))
			sum += minor;
	}
	amount_set(x->out, "shipping_total", sum, x->currency);
	json_decref(rows);
}

static void
totals(const struct order *x)
{
	static const char *const names[][2] = {
		{ "total_price", "total" },
		{ "subtotal_price", "subtotal" },
		{ "total_tax", "tax_total" },
		{ "total_discounts", "discount_total" },
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		amount_set_text(x->out, names[i][1],
				shopify_amount(x->o, names[i][0]), x->currency);
	shipping_total(x);
}

/* By which means it was, or is to be, paid. */
static void
payments(const struct order *x)
{
	const json_t *names = json_object_get(x->o, "payment_gateway_names");
	json_t *out = json_array();
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		json_t *in = json_pack("{s:O}", "v", name);
		json_t *method = take_one(in, "v", TAKE_LINE);

		if (method != NULL && i < GATEWAYS_MAX)
			(void)json_array_append_new(
				out, json_pack("{s:O}", "method", method));
		json_decref(method);
		json_decref(in);
	}
	if (names == NULL && take_str(x->o, "gateway") != NULL)
		(void)json_array_append_new(
			out, json_pack("{s:o*}", "method",
				       take_one(x->o, "gateway", TAKE_LINE)));
	(void)json_object_set_new(x->out, "payments", out);
}

static void
shipments(const struct order *x)
{
	json_t *rows = shopify_rows(x->o, "fulfillments");
	json_t *out = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		(void)shopify_parcels(row, out);
	}
	json_decref(rows);
	(void)json_object_set_new(x->out, "shipments", out);
}

static void
refunds(struct order *x)
{
	json_t *rows = shopify_rows(x->o, "refunds");
	json_t *out = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *refund = shopify_refund(row, x->currency, &x->back);

		if (refund != NULL)
			(void)json_array_append_new(out, refund);
	}
	shopify_refunded(json_object_get(x->out, "lines"), rows);
	if (x->back > 0)
		amount_set(x->out, "refunded_total", x->back, x->currency);
	json_decref(rows);
	(void)json_object_set_new(x->out, "refunds", out);
}

/* REST's webhooks do not have them in an order. */
static void
returns(const struct order *x)
{
	json_t *rows;
	json_t *out;
	const json_t *row;
	size_t i;

	if (json_object_get(x->o, "returns") == NULL)
		return;
	rows = shopify_rows(x->o, "returns");
	out = json_array();
	json_array_foreach(rows, i, row)
	{
		json_t *one = shopify_return(row);

		if (one != NULL)
			(void)json_array_append_new(out, one);
	}
	json_decref(rows);
	(void)json_object_set_new(x->out, "returns", out);
}

static void
add_tag(json_t *out, const char *s, size_t n)
{
	json_t *in = json_pack("{s:s%}", "v", s, n);
	json_t *tag = take_one(in, "v", TAKE_LINE);

	if (tag != NULL && json_array_size(out) < TAGS_MAX)
		(void)json_array_append(out, tag);
	json_decref(tag);
	json_decref(in);
}

/* REST has them with commas, GraphQL as a list. */
static void
tags(const struct order *x)
{
	const json_t *list = json_object_get(x->o, "tags");
	const char *s = json_string_value(list);
	json_t *out = json_array();
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (json_is_string(one))
			add_tag(out, json_string_value(one),
				json_string_length(one));
	}
	while (s != NULL && *s != '\0') {
		size_t n = strcspn(s, ",");

		add_tag(out, s, n);
		s += n + (s[n] == ',');
	}
	take_set(x->out, "tags", out);
}

static void
head(const struct order *x)
{
	take_set(x->out, "number", take_one(x->o, "name", TAKE_NUMBER));
	take_set(x->out, "currency", json_string(x->currency));
	take_set(x->out, "placed_at", when_take(x->o, "processed_at", NULL));
	neutral_default(x->out, "placed_at",
			when_take(x->o, "created_at", NULL));
	take_set(x->out, "updated_at", when_take(x->o, "updated_at", NULL));
	take_set(x->out, "note", take_one(x->o, "note", TAKE_TEXT));
	if (take_flag(x->o, "test"))
		take_set(x->out, "test", json_true());
	tags(x);
}

json_t *
shopify_order(const struct read_about *about, const json_t *o)
{
	struct order x = { .about = about, .o = o };
	json_t *id;

	x.currency = take_str(o, "currency");
	id = shopify_id(o, "id");
	if (id == NULL || take_str(o, "name") == NULL ||
	    !money_currency(x.currency)) {
		json_decref(id);
		return NULL;
	}
	x.out = json_pack("{s:o}", "external_id", id);
	head(&x);
	states(&x);
	totals(&x);
	(void)json_object_set_new(x.out, "lines", shopify_lines(o, x.currency));
	payments(&x);
	shipments(&x);
	refunds(&x);
	returns(&x);
	shopify_people(about, o, x.out);
	take_set(x.out, "raw", raw_text(o));
	return x.out;
}

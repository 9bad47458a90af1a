#include "gateways/shop/magento.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "gateways/shop/amount.h"
#include "gateways/shop/raw.h"
#include "gateways/shop/take.h"
#include "gateways/shop/when.h"

/* An order that is read now. */
struct order {
	const json_t *raw;
	const char *id;
	const char *currency; /* NULL: not known */
	const char *country;  /* of telephones */
	int64_t ordered;      /* pieces, */
	int64_t sent;         /* of which so many are on their way, */
	int64_t gone;         /* and so many will not be sent */
	json_t *out;
};

static json_t *
address(const json_t *from)
{
	static const struct take table[] = {
		{ "company", TAKE_LINE, NULL },
		{ "city", TAKE_LINE, NULL },
		{ "region", TAKE_LINE, "state" },
		{ "postcode", TAKE_LINE, NULL },
		{ "country_id", TAKE_COUNTRY, "country" },
		{ "email", TAKE_EMAIL, NULL },
		{ "telephone", TAKE_PHONE, "phone" },
		{ NULL, TAKE_LINE, NULL },
	};
	static const char *const names[] = { "address_1", "address_2" };
	const json_t *street = json_object_get(from, "street");
	json_t *out = json_object();

	take_full_name(out, from, "firstname", "lastname");
	take_all(out, from, table);
	for (size_t i = 0; i < 2; i++) {
		json_t *one = json_object();
		json_t *part = json_array_get(street, i);

		(void)json_object_set(one, "line", part);
		take_set(out, names[i], take_one(one, "line", TAKE_LINE));
		json_decref(one);
	}
	return out;
}

/* The shipping address is where extensions put it. */
static const json_t *
shipping_address(const json_t *raw)
{
	const json_t *more = json_object_get(raw, "extension_attributes");
	const json_t *first = json_array_get(
		json_object_get(more, "shipping_assignments"), 0);

	return json_object_get(json_object_get(first, "shipping"), "address");
}

static void
buyer(struct order *o)
{
	const json_t *billing = json_object_get(o->raw, "billing_address");
	const char *id = take_key(o->raw, "customer_id");
	json_t *country = take_one(billing, "country_id", TAKE_COUNTRY);
	json_t *to = json_object();

	if (id != NULL && !take_flag(o->raw, "customer_is_guest"))
		take_set(to, "external_id",
			 take_one(o->raw, "customer_id", TAKE_ID));
	take_set(to, "email", take_one(o->raw, "customer_email", TAKE_EMAIL));
	if (json_object_get(to, "email") == NULL)
		take_set(to, "email", take_one(billing, "email", TAKE_EMAIL));
	take_full_name(to, o->raw, "customer_firstname", "customer_lastname");
	if (json_object_get(to, "name") == NULL)
		take_full_name(to, billing, "firstname", "lastname");
	take_phone(to, billing, "telephone",
		   country != NULL ? json_string_value(country) : o->country);
	take_set(to, "country", country);
	take_set(o->out, "customer", to);
	take_set(o->out, "billing", address(billing));
	take_set(o->out, "shipping", address(shipping_address(o->raw)));
}

static void
money(struct order *o)
{
	static const struct amount table[] = {
		{ "grand_total", "total" },
		{ "subtotal", "subtotal" },
		{ "shipping_amount", "shipping_total" },
		{ "tax_amount", "tax_total" },
		{ "total_refunded", "refunded_total" },
		{ NULL, NULL },
	};

	if (o->currency != NULL)
		take_set(o->out, "currency", json_string(o->currency));
	amount_all(o->out, o->raw, o->currency, table);
	take_set(o->out, "discount_total", /* which is below zero there */
		 amount_size(o->raw, "discount_amount", o->currency));
}

static int64_t
pieces(const json_t *item, const char *name)
{
	int64_t n;

	return take_whole(item, name, &n) && n > 0 ? n : 0;
}

static json_t *
line(const struct order *o, const json_t *item)
{
	static const struct take table[] = {
		{ "item_id", TAKE_ID, "external_id" },
		{ "product_id", TAKE_ID, NULL },
		{ "sku", TAKE_NUMBER, NULL },
		{ "name", TAKE_LINE, NULL },
		{ NULL, TAKE_ID, NULL },
	};
	json_t *to = json_object();
	json_t *total;
	json_t *price;
	int64_t n;

	take_all(to, item, table);
	/* what is sold by weight or length is one line of one piece */
	if (!take_whole(item, "qty_ordered", &n) || n < 0)
		n = 1;
	take_set(to, "quantity", json_integer(n));
	price = amount_take(item, "price_incl_tax", o->currency);
	total = amount_take(item, "row_total_incl_tax", o->currency);
	take_set(to, "unit_price",
		 price != NULL ? price
			       : amount_take(item, "price", o->currency));
	take_set(to, "total",
		 total != NULL ? total
			       : amount_take(item, "row_total", o->currency));
	if (pieces(item, "qty_refunded") > 0)
		take_set(to, "refunded_quantity",
			 json_integer(pieces(item, "qty_refunded")));
	return to;
}

/*
 * Parents alone are lines: a configurable product and a bundle are there once
 * more, as what they are made of. Of what was sent a bundle may say nothing
 * while its children do, so pieces are counted where they are shipped.
 */
static void
lines(struct order *o)
{
	json_t *items = take_rows(o->raw, "items");
	json_t *to = json_array();
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		if (take_key(item, "parent_item_id") != NULL)
			continue;
		(void)json_array_append_new(to, line(o, item));
		if (take_flag(item, "is_virtual"))
			continue;
		o->ordered += pieces(item, "qty_ordered");
		o->sent += pieces(item, "qty_shipped");
		o->gone += pieces(item, "qty_canceled");
	}
	take_set(o->out, "lines", to);
	json_decref(items);
}

/* Neither the card's last digits nor what a bank answered is kept. */
static void
payments(struct order *o)
{
	const json_t *payment = json_object_get(o->raw, "payment");
	const json_t *more = json_object_get(o->raw, "extension_attributes");
	json_t *info = take_rows(more, "payment_additional_info");
	json_t *to = json_object();
	json_t *row;
	size_t i;

	take_set(to, "method", take_one(payment, "method", TAKE_LINE));
	take_set(to, "transaction_id",
		 take_one(payment, "last_trans_id", TAKE_NUMBER));
	take_set(to, "amount",
		 amount_take(payment, "amount_paid", o->currency));
	json_array_foreach(info, i,
			   row) if (magento_is(row, "key", "method_title"))
		take_set(to, "title", take_one(row, "value", TAKE_LINE));
	json_decref(info);
	if (json_object_size(to) != 0)
		take_set(o->out, "payments", json_pack("[O]", to));
	json_decref(to);
}

static bool
is_of(const json_t *record, const struct order *o)
{
	return magento_is(record, "order_id", o->id);
}

static void
parcels(struct order *o, const json_t *shipments)
{
	json_t *to = json_array();
	json_t *record;
	size_t i;

	json_array_foreach(shipments, i, record)
	{
		json_t *some;

		if (!is_of(record, o))
			continue;
		some = magento_parcels(record);
		(void)json_array_extend(to, some);
		json_decref(some);
	}
	take_set(o->out, "shipments", to);
}

static void
refunds(struct order *o, const json_t *memos)
{
	json_t *to = json_array();
	json_t *record;
	size_t i;

	json_array_foreach(memos, i, record)
	{
		json_t *one = is_of(record, o) ? magento_refund(record) : NULL;

		if (one != NULL)
			(void)json_array_append_new(to, one);
	}
	take_set(o->out, "refunds", to);
}

static void
returns(struct order *o, const json_t *rmas)
{
	json_t *to = json_array();
	json_t *record;
	size_t i;

	json_array_foreach(rmas, i, record)
	{
		json_t *one = is_of(record, o) ? magento_return(record) : NULL;

		if (one != NULL)
			(void)json_array_append_new(to, one);
	}
	take_set(o->out, "returns", to);
}

static const char *
payment_state(const struct order *o)
{
	int64_t paid = 0;
	int64_t due = 0;
	int64_t back = 0;
	int64_t total = 0;
	bool has_due;

	(void)amount_read(o->raw, "total_paid", o->currency, &paid);
	(void)amount_read(o->raw, "total_refunded", o->currency, &back);
	(void)amount_read(o->raw, "grand_total", o->currency, &total);
	has_due = amount_read(o->raw, "total_due", o->currency, &due);
	if (back > 0)
		return back >= paid ? "refunded" : "partially_refunded";
	if (paid > 0)
		return (has_due ? due <= 0 : paid >= total) ? "paid"
							    : "partially_paid";
	if (magento_is(o->raw, "state", "canceled"))
		return "voided";
	/* nothing was to be paid */
	return has_due && due == 0 && total == 0 &&
			       (magento_is(o->raw, "state", "processing") ||
				magento_is(o->raw, "state", "complete"))
		       ? "paid"
		       : "pending";
}

static const char *
fulfilment_state(const struct order *o)
{
	if (o->sent > 0)
		return o->sent + o->gone >= o->ordered ? "fulfilled"
						       : "partial";
	/* complete means invoiced and sent; children may have counted it */
	return magento_is(o->raw, "state", "complete") ? "fulfilled"
						       : "unfulfilled";
}

static void
states(struct order *o)
{
	const char *raw = take_str(o->raw, "state");
	const char *state = "open";

	take_set(o->out, "raw_status", take_one(o->raw, "status", TAKE_LINE));
	if (raw == NULL)
		return;
	if (strcmp(raw, "canceled") == 0)
		state = "cancelled";
	else if (strcmp(raw, "complete") == 0 || strcmp(raw, "closed") == 0)
		state = "completed";
	take_set(o->out, "state", json_string(state));
	take_set(o->out, "payment_state", json_string(payment_state(o)));
	take_set(o->out, "fulfilment_state", json_string(fulfilment_state(o)));
}

/* The order as it came, without what nobody may keep or needs. */
static json_t *
kept(const json_t *raw)
{
	static const char *const left_out[] = { "payment",
						"extension_attributes",
						"remote_ip", "x_forwarded_for",
						"protect_code" };
	json_t *copy = json_copy((json_t *)raw);
	json_t *out;

	for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
		(void)json_object_del(copy, left_out[i]);
	out = raw_text(copy);
	json_decref(copy);
	return out;
}

json_t *
magento_order(const json_t *raw, const struct magento_about *about)
{
	struct order o = { .raw = raw, .country = about->country };
	json_t *id = take_one(raw, "entity_id", TAKE_ID);

	if (id == NULL)
		return NULL;
	o.out = json_object();
	o.id = json_string_value(id);
	o.currency = magento_currency(raw);
	take_set(o.out, "external_id", id);
	take_set(o.out, "number", take_one(raw, "increment_id", TAKE_NUMBER));
	take_set(o.out, "placed_at", when_take(raw, "created_at", NULL));
	take_set(o.out, "updated_at", when_take(raw, "updated_at", NULL));
	take_set(o.out, "note", take_one(raw, "customer_note", TAKE_TEXT));
	money(&o);
	buyer(&o);
	lines(&o);
	payments(&o);
	parcels(&o, about->shipments);
	refunds(&o, about->memos);
	returns(&o, about->returns);
	states(&o);
	take_set(o.out, "raw", kept(raw));
	return o.out;
}

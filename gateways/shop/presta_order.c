#include "gateways/shop/presta.h"

#include <stdint.h>
#include <string.h>

#include "daemon/base/money.h"
#include "gateways/shop/amount.h"
#include "gateways/shop/raw.h"
#include "gateways/shop/take.h"
#include "gateways/shop/when.h"

#define CURRENCY_OCTETS 4

/* An order that is read now. */
struct order {
	const json_t *raw;
	const struct presta_about *about;
	const char *id;
	char currency[CURRENCY_OCTETS]; /* "" where it is not known */
	struct presta_state state;
	int64_t total;
	int64_t paid;     /* what the shop says it has */
	int64_t refunded; /* the sum of slips */
	bool has_total;
	json_t *out;
};

/* The records of a resource whose member is this text: a new array. */
static json_t *
records_of(const struct order *o, const char *resource, const char *member,
	   const char *text)
{
	json_t *out = json_array();
	json_t *record;
	size_t i;

	json_array_foreach(json_object_get(o->about->joined, resource), i,
			   record) if (presta_is(record, member, text) &&
				       json_array_size(out) < TAKE_ROWS_MAX)(
		void) json_array_append(out, record);
	return out;
}

static void
find_currency(struct order *o)
{
	const json_t *record = presta_find(o->about, "currencies",
					   take_key(o->raw, "id_currency"));
	const char *iso = take_str(record, "iso_code");

	if (money_currency(iso))
		memcpy(o->currency, iso, sizeof o->currency);
}

static json_t *
country_of(const struct order *o, const json_t *address)
{
	return take_one(presta_find(o->about, "countries",
				    take_key(address, "id_country")),
			"iso_code", TAKE_COUNTRY);
}

static const json_t *
address_of(const struct order *o, const char *member)
{
	return presta_find(o->about, "addresses", take_key(o->raw, member));
}

/* The mobile one of two telephones, for that is where people write from. */
static const char *
phone_member(const json_t *address)
{
	return take_str(address, "phone_mobile") != NULL ? "phone_mobile"
							 : "phone";
}

static json_t *
address(const struct order *o, const char *member)
{
	static const struct take table[] = {
		{ "company", TAKE_LINE, NULL },
		{ "address1", TAKE_LINE, "address_1" },
		{ "address2", TAKE_LINE, "address_2" },
		{ "city", TAKE_LINE, NULL },
		{ "postcode", TAKE_LINE, NULL },
		{ NULL, TAKE_LINE, NULL },
	};
	const json_t *from = address_of(o, member);
	json_t *out = json_object();

	if (from == NULL)
		return out;
	take_full_name(out, from, "firstname", "lastname");
	take_all(out, from, table);
	take_set(out, "country", country_of(o, from));
	take_set(out, "phone", take_one(from, phone_member(from), TAKE_PHONE));
	return out;
}

static void
buyer(struct order *o)
{
	const char *id = take_key(o->raw, "id_customer");
	const json_t *record = presta_find(o->about, "customers", id);
	const json_t *home = address_of(o, "id_address_invoice");
	json_t *country;
	json_t *to = record != NULL ? presta_customer(record) : NULL;

	if (to == NULL)
		to = json_object();
	take_set(to, "external_id", id != NULL ? json_string(id) : NULL);
	if (home == NULL)
		home = address_of(o, "id_address_delivery");
	country = country_of(o, home);
	take_phone(to, home, phone_member(home),
		   country != NULL ? json_string_value(country)
				   : o->about->country);
	take_set(to, "country", country);
	take_set(o->out, "customer", to);
}

static void
money(struct order *o)
{
	static const struct amount table[] = {
		{ "total_products_wt", "subtotal" },
		{ "total_shipping_tax_incl", "shipping_total" },
		{ "total_discounts_tax_incl", "discount_total" },
		{ NULL, NULL },
	};
	int64_t without;

	o->has_total =
		amount_read(o->raw, "total_paid_tax_incl", o->currency,
			    &o->total) ||
		amount_read(o->raw, "total_paid", o->currency, &o->total);
	if (!amount_read(o->raw, "total_paid_real", o->currency, &o->paid))
		o->paid = 0;
	if (o->has_total)
		amount_set(o->out, "total", o->total, o->currency);
	amount_all(o->out, o->raw, o->currency, table);
	if (o->has_total &&
	    amount_read(o->raw, "total_paid_tax_excl", o->currency, &without) &&
	    without >= 0 && without <= o->total)
		amount_set(o->out, "tax_total", o->total - without,
			   o->currency);
}

/* What the row of an order does not say itself: its total, what went back. */
static void
line_detail(const struct order *o, const char *id, json_t *line)
{
	const json_t *detail = presta_find(o->about, "order_details", id);
	int64_t back;

	if (detail == NULL || !presta_is(detail, "id_order", o->id))
		return;
	take_set(line, "total",
		 amount_take(detail, "total_price_tax_incl", o->currency));
	if (take_whole(detail, "product_quantity_refunded", &back) && back > 0)
		take_set(line, "refunded_quantity", json_integer(back));
}

static json_t *
line(const struct order *o, const json_t *row)
{
	static const struct take table[] = {
		{ "id", TAKE_ID, "external_id" },
		{ "product_id", TAKE_ID, NULL },
		{ "product_reference", TAKE_NUMBER, "sku" },
		{ "product_name", TAKE_LINE, "name" },
		{ NULL, TAKE_ID, NULL },
	};
	const char *variant = take_key(row, "product_attribute_id");
	json_t *to = json_object();
	int64_t quantity;

	take_all(to, row, table);
	if (variant != NULL)
		take_set(to, "variant_id",
			 take_one(row, "product_attribute_id", TAKE_ID));
	if (!take_whole(row, "product_quantity", &quantity) || quantity < 0)
		quantity = 1;
	take_set(to, "quantity", json_integer(quantity));
	take_set(to, "unit_price",
		 amount_take(row, "unit_price_tax_incl", o->currency));
	line_detail(o, take_str(row, "id"), to);
	return to;
}

static void
lines(struct order *o)
{
	json_t *rows = take_rows(json_object_get(o->raw, "associations"),
				 "order_rows");
	json_t *to = json_array();
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)(void)
		json_array_append_new(to, line(o, row));
	take_set(o->out, "lines", to);
	json_decref(rows);
}

/* A payment is of the whole cart, which may have become several orders: what
 * is more than this one's is not its amount. */
static json_t *
payment(const struct order *o, const json_t *record)
{
	static const struct take table[] = {
		{ "payment_method", TAKE_LINE, "title" },
		{ "transaction_id", TAKE_NUMBER, NULL },
		{ NULL, TAKE_LINE, NULL },
	};
	json_t *to = json_object();
	int64_t amount;

	take_set(to, "method", take_one(o->raw, "module", TAKE_LINE));
	take_all(to, record, table); /* and no member of the card */
	if (amount_read(record, "amount", o->currency, &amount) &&
	    o->has_total && amount <= o->total)
		amount_set(to, "amount", amount, o->currency);
	take_set(to, "at", when_take(record, "date_add", o->about->zone));
	return to;
}

static void
payments(struct order *o)
{
	json_t *records = records_of(o, "order_payments", "order_reference",
				     take_str(o->raw, "reference"));
	json_t *to = json_array();
	json_t *record;
	size_t i;

	json_array_foreach(records, i, record)(void)
		json_array_append_new(to, payment(o, record));
	if (json_array_size(to) == 0) {
		record = json_object();
		take_set(record, "method",
			 take_one(o->raw, "module", TAKE_LINE));
		take_set(record, "title",
			 take_one(o->raw, "payment", TAKE_LINE));
		if (json_object_size(record) != 0)
			(void)json_array_append(to, record);
		json_decref(record);
	}
	take_set(o->out, "payments", to);
	json_decref(records);
}

static void
refunds(struct order *o)
{
	json_t *slips = records_of(o, "order_slip", "id_order", o->id);
	json_t *to = json_array();
	json_t *slip;
	size_t i;

	json_array_foreach(slips, i, slip)
	{
		json_t *one = presta_refund(slip, o->currency, o->about->zone);
		int64_t amount;

		if (one == NULL)
			continue;
		if (amount_read(one, "amount", o->currency, &amount))
			o->refunded += amount;
		(void)json_array_append_new(to, one);
	}
	take_set(o->out, "refunds", to);
	json_decref(slips);
}

static bool
is_shipped(const struct presta_state *s)
{
	return s->shipped;
}

static bool
is_delivered(const struct presta_state *s)
{
	return s->delivered;
}

static bool
is_cancelled(const struct presta_state *s)
{
	return s->cancelled;
}

/* When the order came into such a state first: a new string; NULL: never. */
static json_t *
since(const struct order *o, bool (*is)(const struct presta_state *s))
{
	json_t *steps = records_of(o, "order_histories", "id_order", o->id);
	const char *label = NULL;
	json_t *first = json_object();
	json_t *step;
	json_t *out;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		const char *at = take_str(step, "date_add");
		struct presta_state s = presta_state(
			o->about, take_str(step, "id_order_state"));

		/* labels of one clock: as texts they have their order */
		if (is(&s) && at != NULL &&
		    (label == NULL || strcmp(at, label) < 0))
			label = at;
	}
	if (label != NULL)
		take_set(first, "at", json_string(label));
	out = when_take(first, "at", o->about->zone);
	json_decref(first);
	json_decref(steps);
	return out;
}

/* What the order's state says of its parcels, which say nothing themselves. */
static void
parcel_state(const struct order *o, json_t *parcel)
{
	if (o->state.shipped) {
		take_set(parcel, "status", json_string("shipped"));
		take_set(parcel, "shipped_at", since(o, is_shipped));
	}
	if (o->state.delivered) {
		take_set(parcel, "status", json_string("delivered"));
		take_set(parcel, "delivered_at", since(o, is_delivered));
	}
}

/* A number that stands in the order itself, as old versions wrote it. */
static json_t *
old_parcel(const struct order *o)
{
	json_t *record = json_object();
	json_t *to;

	take_set(record, "tracking_number",
		 take_one(o->raw, "shipping_number", TAKE_NUMBER));
	take_set(record, "id_carrier", take_one(o->raw, "id_carrier", TAKE_ID));
	to = presta_parcel(record, o->about);
	json_decref(record);
	return to;
}

/* A row of order_carriers is there from the first moment: without a number it
 * is a parcel once the order is on its way. */
static void
parcels(struct order *o)
{
	json_t *rows = records_of(o, "order_carriers", "id_order", o->id);
	json_t *to = json_array();
	json_t *row;
	size_t i;

	json_array_foreach(rows, i,
			   row) if (take_str(row, "tracking_number") != NULL ||
				    o->state.shipped)(void)
		json_array_append_new(to, presta_parcel(row, o->about));
	if (json_array_size(to) == 0 &&
	    take_str(o->raw, "shipping_number") != NULL)
		(void)json_array_append_new(to, old_parcel(o));
	json_array_foreach(to, i, row) parcel_state(o, row);
	take_set(o->out, "shipments", to);
	json_decref(rows);
}

/* refunded and partial ones by the slips, the others by flags, then by what
 * was paid. */
static const char *
payment_state(const struct order *o)
{
	if (o->refunded > 0)
		return o->has_total && o->refunded >= o->total
			       ? "refunded"
			       : "partially_refunded";
	if (o->state.refunded)
		return "refunded";
	if (o->state.paid)
		return "paid";
	if (o->state.failed)
		return "failed";
	if (o->has_total && o->paid > 0 && o->total > 0)
		return o->paid >= o->total ? "paid" : "partially_paid";
	return o->state.cancelled ? "voided" : "pending";
}

static const char *
state(const struct order *o)
{
	if (o->state.cancelled)
		return "cancelled";
	return o->state.delivered || o->state.refunded ? "completed" : "open";
}

static void
states(struct order *o)
{
	take_set(o->out, "raw_status",
		 take_one(o->raw, "current_state", TAKE_ID));
	if (!o->state.known)
		return;
	take_set(o->out, "state", json_string(state(o)));
	take_set(o->out, "payment_state", json_string(payment_state(o)));
	take_set(o->out, "fulfilment_state",
		 json_string(o->state.shipped ? "fulfilled" : "unfulfilled"));
	if (o->state.cancelled)
		take_set(o->out, "cancelled_at", since(o, is_cancelled));
}

static void
forget(json_t *rows, const char *name)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		(void)json_object_del(row, name);
	}
}

/* Amounts of nobody knows which currency are none. */
static void
forget_money(json_t *out)
{
	static const char *const totals[] = {
		"total",          "subtotal",       "tax_total",
		"shipping_total", "discount_total", "refunds"
	};

	for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++)
		(void)json_object_del(out, totals[i]);
	forget(json_object_get(out, "lines"), "unit_price");
	forget(json_object_get(out, "lines"), "total");
	forget(json_object_get(out, "payments"), "amount");
}

/* The order as it came, without what nobody may keep. */
static json_t *
kept(const json_t *raw)
{
	json_t *copy = json_copy((json_t *)raw);
	json_t *out;

	(void)json_object_del(copy, "secure_key");
	out = raw_text(copy);
	json_decref(copy);
	return out;
}

json_t *
presta_order(const json_t *raw, const struct presta_about *about)
{
	struct order o = { .raw = raw, .about = about };
	json_t *id = take_one(raw, "id", TAKE_ID);

	if (id == NULL)
		return NULL;
	o.out = json_object();
	o.id = json_string_value(id);
	take_set(o.out, "external_id", id);
	take_set(o.out, "number", take_one(raw, "reference", TAKE_NUMBER));
	o.state = presta_state(about, take_key(raw, "current_state"));
	find_currency(&o);
	if (o.currency[0] != '\0')
		take_set(o.out, "currency", json_string(o.currency));
	take_set(o.out, "placed_at", when_take(raw, "date_add", about->zone));
	take_set(o.out, "updated_at", when_take(raw, "date_upd", about->zone));
	money(&o);
	buyer(&o);
	take_set(o.out, "billing", address(&o, "id_address_invoice"));
	take_set(o.out, "shipping", address(&o, "id_address_delivery"));
	lines(&o);
	payments(&o);
	refunds(&o);
	parcels(&o);
	states(&o);
	if (about->joined != NULL && o.currency[0] == '\0')
		forget_money(o.out);
	take_set(o.out, "raw", kept(raw));
	return o.out;
}

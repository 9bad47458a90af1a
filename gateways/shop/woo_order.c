#include "gateways/shop/woo_order.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/base/money.h"
#include "gateways/shop/amount.h"
#include "gateways/shop/neutral.h"
#include "gateways/shop/raw.h"
#include "gateways/shop/take.h"
#include "gateways/shop/when.h"

#define PROPERTIES_MAX 50 /* of a line */

enum paid {
	PAID_NOT,    /* unless date_paid_gmt says else */
	PAID_YES,    /* unless it is paid on delivery */
	PAID_VOIDED, /* as PAID_NOT */
	PAID_BACK,
	PAID_FAILED,
	PAID_UNKNOWN /* as PAID_NOT */
};

struct status {
	const char *name;
	const char *state;
	enum paid paid;
};

static const struct status statuses[] = {
	{ "pending", "open", PAID_NOT },
	{ "on-hold", "open", PAID_NOT },
	{ "processing", "open", PAID_YES },
	{ "completed", "completed", PAID_YES },
	{ "cancelled", "cancelled", PAID_VOIDED },
	{ "trash", "cancelled", PAID_VOIDED },
	{ "refunded", "completed", PAID_BACK },
	{ "failed", "open", PAID_FAILED },
};
/* What a plugin added. */
static const struct status other = { "", "unknown", PAID_UNKNOWN };

/* An order while it is read. */
struct woo {
	const struct read_about *about;
	const json_t *o;
	json_t *out;
	const char *status;
	const struct status *known;
	const char *currency;
	int64_t total; /* in minor units */
	int64_t back;  /* of it, what went back */
};

static const struct status *
status_find(const char *name)
{
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
		if (strcmp(statuses[i].name, name) == 0)
			return &statuses[i];
	return &other;
}

/* Is the time of a member there? */
static bool
has_time(const struct woo *w, const char *member)
{
	int64_t t;
	const char *s = take_str(w->o, member);

	return s != NULL && when_read(s, NULL, &t);
}

static bool
is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static const char *
payment_state(const struct woo *w)
{
	bool dated = has_time(w, "date_paid_gmt");
	enum paid paid = w->known->paid;

	if (paid == PAID_FAILED)
		return "failed";
	if (paid == PAID_BACK)
		return "refunded";
	/* "processing" is said of what is paid to the carrier too */
	if (paid == PAID_YES && is(w->status, "processing") &&
	    is(take_str(w->o, "payment_method"), "cod"))
		paid = PAID_NOT;
	if (paid != PAID_YES && !dated)
		return paid == PAID_VOIDED    ? "voided"
		       : paid == PAID_UNKNOWN ? "unknown"
					      : "pending";
	if (w->back <= 0)
		return "paid";
	return w->back >= w->total ? "refunded" : "partially_refunded";
}

/* A parcel may be the first of several: "completed" alone says all. */
static const char *
fulfilment_state(const struct woo *w)
{
	if (is(w->status, "completed") || has_time(w, "date_completed_gmt"))
		return "fulfilled";
	if (json_array_size(json_object_get(w->out, "shipments")) > 0)
		return "partial";
	return w->known == &other ? "unknown" : "unfulfilled";
}

static void
states(const struct woo *w)
{
	take_set(w->out, "state", json_string(w->known->state));
	take_set(w->out, "payment_state", json_string(payment_state(w)));
	take_set(w->out, "fulfilment_state", json_string(fulfilment_state(w)));
	if (is(w->status, "trash"))
		take_set(w->out, "deleted", json_true());
}

static void
totals(struct woo *w)
{
	static const struct amount names[] = {
		{ "total", "total" },
		{ "shipping_total", "shipping_total" },
		{ "total_tax", "tax_total" },
		{ "discount_total", "discount_total" },
		{ NULL, NULL },
	};

	amount_all(w->out, w->o, w->currency, names);
	(void)amount_read(w->o, "total", w->currency, &w->total);
}

/* Totals of refunds are negative. */
static void
refunds(struct woo *w)
{
	json_t *rows = take_rows(w->o, "refunds");
	json_t *out = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *refund;
		int64_t minor;

		if (take_key(row, "id") == NULL ||
		    !amount_read(row, "total", w->currency, &minor))
			continue;
		minor = minor < 0 ? -minor : minor;
		w->back += minor;
		refund = json_object();
		take_set(refund, "external_id", take_one(row, "id", TAKE_ID));
		amount_set(refund, "amount", minor, w->currency);
		take_set(refund, "currency", json_string(w->currency));
		take_set(refund, "reason", take_one(row, "reason", TAKE_TEXT));
		(void)json_array_append_new(out, refund);
	}
	if (w->back > 0)
		amount_set(w->out, "refunded_total", w->back, w->currency);
	json_decref(rows);
	(void)json_object_set_new(w->out, "refunds", out);
}

/* What the customer chose: names with an underscore are the plugins' own. */
static json_t *
properties(const json_t *line)
{
	json_t *rows = take_rows(line, "meta_data");
	json_t *out = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *key = take_str(row, "key");
		json_t *p = json_object();

		neutral_page_text(p, "name", row, "display_key");
		neutral_default(p, "name", take_one(row, "key", TAKE_LINE));
		neutral_page_text(p, "value", row, "display_value");
		neutral_default(p, "value", take_one(row, "value", TAKE_LINE));
		if (key != NULL && key[0] != '_' && json_object_size(p) == 2 &&
		    json_array_size(out) < PROPERTIES_MAX)
			(void)json_array_append(out, p);
		json_decref(p);
	}
	json_decref(rows);
	return out;
}

/*
 * A shop whose prices include tax shows them so, but its lines' totals are
 * without it: it is added. The price of a piece is then not known.
 */
static void
line_money(const struct woo *w, const json_t *row, json_t *line)
{
	int64_t total;
	int64_t tax = 0;

	if (!amount_read(row, "total", w->currency, &total))
		return;
	if (take_flag(w->o, "prices_include_tax"))
		(void)amount_read(row, "total_tax", w->currency, &tax);
	amount_set(line, "total", total + tax, w->currency);
	if (tax == 0)
		take_set(line, "unit_price",
			 amount_take(row, "price", w->currency));
}

static void
lines(const struct woo *w)
{
	json_t *rows = take_rows(w->o, "line_items");
	json_t *out = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *line = json_object();

		take_set(line, "external_id", take_one(row, "id", TAKE_ID));
		if (take_key(row, "product_id") != NULL)
			take_set(line, "product_id",
				 take_one(row, "product_id", TAKE_ID));
		if (take_key(row, "variation_id") != NULL)
			take_set(line, "variant_id",
				 take_one(row, "variation_id", TAKE_ID));
		take_set(line, "sku", take_one(row, "sku", TAKE_NUMBER));
		neutral_page_text(line, "name", row, "name");
		neutral_quantity(line, "quantity", row, "quantity");
		line_money(w, row, line);
		take_set(line, "properties", properties(row));
		(void)json_array_append_new(out, line);
	}
	json_decref(rows);
	(void)json_object_set_new(w->out, "lines", out);
}

static void
payments(const struct woo *w)
{
	json_t *payment = json_object();

	take_set(payment, "method",
		 take_one(w->o, "payment_method", TAKE_LINE));
	neutral_page_text(payment, "title", w->o, "payment_method_title");
	if (json_object_size(payment) > 0) {
		take_set(payment, "transaction_id",
			 take_one(w->o, "transaction_id", TAKE_NUMBER));
		take_set(payment, "at", when_take(w->o, "date_paid_gmt", NULL));
		if (has_time(w, "date_paid_gmt"))
			take_set(payment, "amount",
				 amount_take(w->o, "total", w->currency));
	}
	(void)json_object_set_new(w->out, "payments", json_array());
	if (json_object_size(payment) > 0)
		(void)json_array_append(json_object_get(w->out, "payments"),
					payment);
	json_decref(payment);
}

/*
 * There are no parcels in WooCommerce itself. Of a shop that says of what is
 * completed that it arrived, that is one without a number, or what happened
 * to those there are.
 */
static void
shipments(const struct woo *w)
{
	json_t *out = woo_parcels(w->o);
	json_t *at = when_take(w->o, "date_completed_gmt", NULL);
	json_t *one;
	size_t i;

	if (w->about->delivered && is(w->status, "completed") && at != NULL) {
		if (json_array_size(out) == 0)
			(void)json_array_append_new(
				out,
				json_pack("{s:s}", "external_id", "completed"));
		json_array_foreach(out, i, one)
		{
			take_set(one, "status", json_string("delivered"));
			take_set(one, "status_raw", json_string("completed"));
			take_set(one, "status_at", json_incref(at));
			take_set(one, "delivered_at", json_incref(at));
		}
	}
	json_decref(at);
	(void)json_object_set_new(w->out, "shipments", out);
}

static json_t *
address(const json_t *from)
{
	static const struct take members[] = {
		{ "company", TAKE_LINE, NULL },
		{ "address_1", TAKE_LINE, NULL },
		{ "address_2", TAKE_LINE, NULL },
		{ "city", TAKE_LINE, NULL },
		{ "state", TAKE_LINE, NULL },
		{ "postcode", TAKE_LINE, NULL },
		{ "country", TAKE_COUNTRY, NULL },
		{ "email", TAKE_EMAIL, NULL },
		{ "phone", TAKE_PHONE, NULL },
		{ NULL, TAKE_LINE, NULL },
	};
	json_t *out = json_object();

	take_set(out, "name", neutral_name(from, "first_name", "last_name"));
	take_all(out, from, members);
	return out;
}

static void
customer(const struct woo *w)
{
	const json_t *billing = take_object(w->o, "billing");
	const json_t *shipping = take_object(w->o, "shipping");
	const char *country;
	json_t *c = json_object();

	if (take_key(w->o, "customer_id") != NULL)
		take_set(c, "external_id",
			 take_one(w->o, "customer_id", TAKE_ID));
	take_set(c, "email", take_one(billing, "email", TAKE_EMAIL));
	take_set(c, "name", neutral_name(billing, "first_name", "last_name"));
	neutral_default(c, "name",
			neutral_name(shipping, "first_name", "last_name"));
	neutral_default(c, "name", take_one(billing, "company", TAKE_LINE));
	take_set(c, "country", take_one(billing, "country", TAKE_COUNTRY));
	neutral_default(c, "country",
			take_one(shipping, "country", TAKE_COUNTRY));
	country = take_str(c, "country");
	if (country == NULL)
		country = w->about->country;
	neutral_phone(c, billing, "phone", country);
	if (take_str(c, "phone_raw") == NULL)
		neutral_phone(c, shipping, "phone", country);
	take_set(w->out, "customer", c);
	take_set(w->out, "billing", address(billing));
	take_set(w->out, "shipping", address(shipping));
}

static void
head(const struct woo *w)
{
	take_set(w->out, "number", take_one(w->o, "number", TAKE_NUMBER));
	neutral_default(w->out, "number", take_one(w->o, "id", TAKE_ID));
	take_set(w->out, "raw_status", take_one(w->o, "status", TAKE_LINE));
	take_set(w->out, "currency", json_string(w->currency));
	take_set(w->out, "placed_at",
		 when_take(w->o, "date_created_gmt", NULL));
	take_set(w->out, "updated_at",
		 when_take(w->o, "date_modified_gmt", NULL));
	take_set(w->out, "note", take_one(w->o, "customer_note", TAKE_TEXT));
}

json_t *
woo_order(const struct read_about *about, const json_t *o)
{
	struct woo w = { .about = about, .o = o };
	json_t *id;

	w.status = take_str(o, "status");
	w.currency = take_str(o, "currency");
	id = take_key(o, "id") != NULL ? take_one(o, "id", TAKE_ID) : NULL;
	if (id == NULL || w.status == NULL || !money_currency(w.currency) ||
	    is(w.status, "checkout-draft") || is(w.status, "auto-draft")) {
		json_decref(id);
		return NULL;
	}
	w.known = status_find(w.status);
	w.out = json_pack("{s:o}", "external_id", id);
	head(&w);
	totals(&w);
	lines(&w);
	payments(&w);
	refunds(&w);
	shipments(&w);
	states(&w);
	customer(&w);
	take_set(w.out, "raw", raw_text(o));
	return w.out;
}

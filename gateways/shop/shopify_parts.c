/*
 * shopify_parts: what belongs to an order and is told by itself too: its
 * fulfillments, refunds and returns.
 */
#include "gateways/shop/shopify_order.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/money.h"
#include "gateways/shop/amount.h"
#include "gateways/shop/neutral.h"
#include "gateways/shop/take.h"
#include "gateways/shop/when.h"

#define BACK_END INT64_C(1000000000000000) /* MONEY_DIGITS_MAX digits */

/* Where the parcel is. The words of displayStatus (GraphQL) are among them. */
static const struct shopify_means parcels[] = {
	{ "label_printed", "pending" },
	{ "label_purchased", "pending" },
	{ "confirmed", "pending" },
	{ "submitted", "pending" },
	{ "fulfilled", "shipped" },
	{ "marked_as_fulfilled", "shipped" },
	{ "carrier_picked_up", "in_transit" },
	{ "in_transit", "in_transit" },
	{ "delayed", "in_transit" },
	{ "out_for_delivery", "out_for_delivery" },
	{ "ready_for_pickup", "available_for_pickup" },
	{ "attempted_delivery", "attempt_failed" },
	{ "delivered", "delivered" },
	{ "picked_up", "delivered" },
	{ "failure", "exception" },
	{ "not_delivered", "exception" },
	{ "label_voided", "cancelled" },
	{ "canceled", "cancelled" },
	{ NULL, NULL },
};

/* How the shop's request of it went: "success" alone sent something. */
static const struct shopify_means requests[] = {
	{ "success", "shipped" }, { "pending", "pending" },
	{ "open", "pending" },    { "cancelled", "cancelled" },
	{ "error", "cancelled" }, { "failure", "cancelled" },
	{ NULL, NULL },
};

static const struct shopify_means returns[] = {
	{ "requested", "requested" }, { "open", "approved" },
	{ "approved", "approved" },   { "declined", "declined" },
	{ "closed", "closed" },       { "canceled", "closed" },
	{ "cancelled", "closed" },    { NULL, NULL },
};

/* A list of {line, quantity} of rows; line() says of which line one is. */
static json_t *
pieces(const json_t *o, const char *member, json_t *(*line)(const json_t *row))
{
	json_t *rows = shopify_rows(o, member);
	json_t *out = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *id = line(row);
		json_t *piece;

		if (id == NULL)
			continue;
		piece = json_object();
		take_set(piece, "line", id);
		neutral_quantity(piece, "quantity", row, "quantity");
		(void)json_array_append_new(out, piece);
	}
	json_decref(rows);
	return out;
}

/* GraphQL's rows have the line in an object, REST's are the line. */
static json_t *
line_sent(const json_t *row)
{
	const json_t *line = take_object(row, "line_item");

	return shopify_id(line != NULL ? line : row, "id");
}

json_t *
shopify_refund_line(const json_t *row)
{
	json_t *id = shopify_id(row, "line_item_id");

	return id != NULL ? id
			  : shopify_id(take_object(row, "line_item"), "id");
}

static json_t *
line_returned(const json_t *row)
{
	return shopify_refund_line(take_object(row, "fulfillment_line_item"));
}

/* Status, and since when. */
static void
parcel_status(const json_t *f, json_t *out)
{
	char request[SHOPIFY_WORD_MAX];
	char parcel[SHOPIFY_WORD_MAX];
	const char *status;

	shopify_word(f, "status", request);
	shopify_word(f, "shipment_status", parcel);
	status = shopify_means(requests, request);
	if (strcmp(status, "cancelled") != 0 && parcel[0] != '\0')
		status = shopify_means(parcels, parcel);
	else
		memcpy(parcel, request, sizeof parcel);
	take_set(out, "status", json_string(status));
	if (parcel[0] != '\0')
		take_set(out, "status_raw", json_string(parcel));
	take_set(out, "status_at", when_take(f, "updated_at", NULL));
	if (strcmp(status, "cancelled") != 0 && strcmp(status, "pending") != 0)
		take_set(out, "shipped_at", when_take(f, "created_at", NULL));
	take_set(out, "delivered_at", when_take(f, "delivered_at", NULL));
	if (strcmp(status, "delivered") == 0)
		neutral_default(out, "delivered_at",
				when_take(f, "updated_at", NULL));
	take_set(out, "estimated_at", when_take(f, "estimated_at", NULL));
}

/* The i-th text of a list, in an object, for the takers; NULL: no more. */
static json_t *
nth(const json_t *o, const char *member, size_t i)
{
	const json_t *v = json_array_get(json_object_get(o, member), i);

	return json_is_string(v) ? json_pack("{s:O}", "v", v) : NULL;
}

/* Number and address of the i-th parcel of a REST fulfillment. */
static bool
tracked(const json_t *f, size_t i, json_t *out)
{
	json_t *number = nth(f, "tracking_numbers", i);
	json_t *url = nth(f, "tracking_urls", i);

	if (i == 0) {
		take_set(out, "tracking_number",
			 take_one(f, "tracking_number", TAKE_NUMBER));
		take_set(out, "tracking_url",
			 take_one(f, "tracking_url", TAKE_URL));
	}
	neutral_default(out, "tracking_number",
			take_one(number, "v", TAKE_NUMBER));
	neutral_default(out, "tracking_url", take_one(url, "v", TAKE_URL));
	take_set(out, "carrier", take_one(f, "tracking_company", TAKE_LINE));
	json_decref(url);
	json_decref(number);
	return i == 0 || number != NULL;
}

/* The same of GraphQL's trackingInfo. */
static bool
tracked_info(const json_t *f, size_t i, json_t *out)
{
	const json_t *info =
		json_array_get(json_object_get(f, "tracking_info"), i);

	take_set(out, "carrier", take_one(info, "company", TAKE_LINE));
	take_set(out, "tracking_number", take_one(info, "number", TAKE_NUMBER));
	take_set(out, "tracking_url", take_one(info, "url", TAKE_URL));
	return i == 0 || info != NULL;
}

/* The first has the fulfillment's id. */
static void
name_parcel(const json_t *f, size_t i, json_t *out)
{
	json_t *id = shopify_id(f, "id");
	char *other;

	if (i > 0) {
		other = mem_printf("%s-%zu", json_string_value(id), i + 1);
		json_decref(id);
		id = json_string(other);
		mem_free(other);
	}
	take_set(out, "external_id", id);
}

bool
shopify_parcels(const json_t *f, json_t *list)
{
	bool graph = json_is_array(json_object_get(f, "tracking_info"));
	json_t *id = shopify_id(f, "id");
	bool more = id != NULL;

	json_decref(id);
	if (!more)
		return false;
	for (size_t i = 0; more && json_array_size(list) < TAKE_ROWS_MAX; i++) {
		json_t *out = json_object();

		more = graph ? tracked_info(f, i, out) : tracked(f, i, out);
		if (more) {
			name_parcel(f, i, out);
			parcel_status(f, out);
			take_set(out, "lines",
				 pieces(f, "line_items", line_sent));
			(void)json_array_append(list, out);
		}
		json_decref(out);
	}
	return true;
}

/* Did the transaction give money back, and has it succeeded? */
static bool
gives_back(const json_t *transaction)
{
	char kind[SHOPIFY_WORD_MAX];
	char status[SHOPIFY_WORD_MAX];

	shopify_word(transaction, "kind", kind);
	shopify_word(transaction, "status", status);
	return strcmp(kind, "refund") == 0 && strcmp(status, "success") == 0;
}

/* The currency that a transaction's amount is in. */
static const char *
currency_of(const json_t *transaction, const char *currency)
{
	const json_t *both = take_object(transaction, "amount_set");
	const char *c =
		take_str(take_object(both, "shop_money"), "currency_code");

	if (c == NULL)
		c = take_str(transaction, "currency");
	return money_currency(c) ? c : currency;
}

/* The sum in the currency of the first; what is in another is left out. */
static int64_t
given_back(const json_t *refund, const char *currency, const char **in)
{
	json_t *rows = shopify_rows(refund, "transactions");
	const json_t *row;
	int64_t sum = 0;
	int64_t minor;
	size_t i;

	*in = NULL;
	json_array_foreach(rows, i, row)
	{
		const char *c = currency_of(row, currency);

		if (!gives_back(row) || c == NULL ||
		    (*in != NULL && strcmp(*in, c) != 0) ||
		    !amount_parse(shopify_amount(row, "amount"), c, &minor))
			continue;
		*in = c;
		sum += minor;
	}
	json_decref(rows); /* their texts are the refund's too */
	return sum;
}

json_t *
shopify_refund(const json_t *refund, const char *currency, int64_t *back)
{
	const char *in;
	int64_t minor = given_back(refund, currency, &in);
	json_t *id = shopify_id(refund, "id");
	json_t *out;

	if (id == NULL || in == NULL || minor <= 0 || minor >= BACK_END) {
		json_decref(id);
		return NULL;
	}
	if (currency != NULL && strcmp(in, currency) == 0)
		*back += minor;
	out = json_object();
	take_set(out, "external_id", id);
	amount_set(out, "amount", minor, in);
	take_set(out, "currency", json_string(in));
	take_set(out, "reason", take_one(refund, "note", TAKE_TEXT));
	take_set(out, "at", when_take(refund, "created_at", NULL));
	take_set(out, "lines",
		 pieces(refund, "refund_line_items", shopify_refund_line));
	return out;
}

json_t *
shopify_return(const json_t *one)
{
	json_t *id = shopify_id(one, "id");
	json_t *lines = shopify_rows(one, "return_line_items");
	json_t *refunds = shopify_rows(one, "refunds");
	char word[SHOPIFY_WORD_MAX];
	json_t *out = NULL;

	if (id != NULL) {
		out = json_object();
		take_set(out, "external_id", id);
		shopify_word(one, "status", word);
		take_set(out, "status",
			 json_string(shopify_means(returns, word)));
		take_set(out, "reason",
			 take_one(json_array_get(lines, 0), "reason",
				  TAKE_LINE));
		take_set(out, "at", when_take(one, "created_at", NULL));
		take_set(out, "lines",
			 pieces(one, "return_line_items", line_returned));
		take_set(out, "refund_id",
			 shopify_id(json_array_get(refunds, 0), "id"));
	}
	json_decref(lines);
	json_decref(refunds);
	return out;
}

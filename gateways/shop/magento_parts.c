/*
 * magento_parts: what an order of Magento has beside itself: parcels, refunds,
 * returns.
 */
#include "gateways/shop/magento.h"

#include <stdint.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/money.h"
#include "gateways/shop/amount.h"
#include "gateways/shop/take.h"
#include "gateways/shop/when.h"

#define MEMO_REFUNDED "2" /* state of a credit memo whose money went back */

bool
magento_is(const json_t *o, const char *name, const char *text)
{
	const char *s = take_str(o, name);

	return s != NULL && strcmp(s, text) == 0;
}

const char *
magento_currency(const json_t *record)
{
	const char *s = take_str(record, "order_currency_code");

	return money_currency(s) ? s : NULL;
}

/* Lists of lines: {line, quantity} of what has an order_item_id. */
static json_t *
lines_of(const json_t *record, const char *quantity)
{
	json_t *rows = take_rows(record, "items");
	json_t *out = json_array();
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *id = take_one(row, "order_item_id", TAKE_ID);
		int64_t n;

		if (id != NULL && take_whole(row, quantity, &n) && n > 0)
			(void)json_array_append_new(
				out, json_pack("{s:O, s:I}", "line", id,
					       "quantity", (json_int_t)n));
		json_decref(id);
	}
	json_decref(rows);
	return out;
}

static json_t *
parcel(const json_t *shipment, const json_t *track)
{
	static const struct take table[] = {
		{ "title", TAKE_LINE, "carrier" },
		{ "carrier_code", TAKE_LINE, "carrier" },
		{ "track_number", TAKE_NUMBER, "tracking_number" },
		{ NULL, TAKE_LINE, NULL },
	};
	const char *of = take_str(shipment, "entity_id");
	const char *own = take_str(track, "entity_id");
	json_t *out = json_object();
	char *id;

	id = own != NULL ? mem_printf("%s-%s", of, own) : mem_strdup(of);
	take_set(out, "external_id", json_string(id));
	mem_free(id);
	take_all(out, track, table);
	if (magento_is(track, "carrier_code",
		       "custom")) /* its title is the carrier */
		take_set(out, "carrier", take_one(track, "title", TAKE_LINE));
	take_set(out, "status", json_string("shipped"));
	take_set(out, "shipped_at", when_take(shipment, "created_at", NULL));
	take_set(out, "lines", lines_of(shipment, "qty"));
	return out;
}

json_t *
magento_parcels(const json_t *shipment)
{
	json_t *tracks = take_rows(shipment, "tracks");
	json_t *out = json_array();
	json_t *track;
	size_t i;

	if (take_str(shipment, "entity_id") == NULL) {
		json_decref(tracks);
		return out;
	}
	json_array_foreach(tracks, i, track)(void)
		json_array_append_new(out, parcel(shipment, track));
	if (json_array_size(out) == 0)
		(void)json_array_append_new(out, parcel(shipment, NULL));
	json_decref(tracks);
	return out;
}

/* The first comment of a record that is not marked as the shop's own: a new
 * string, or NULL. */
static json_t *
comment(const json_t *record)
{
	json_t *rows = take_rows(record, "comments");
	json_t *text = NULL;
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (text == NULL && !take_flag(row, "admin"))
			text = take_one(row, "comment", TAKE_TEXT);
	}
	json_decref(rows);
	return text;
}

json_t *
magento_refund(const json_t *memo)
{
	const char *currency = magento_currency(memo);
	json_t *id = take_one(memo, "entity_id", TAKE_ID);
	json_t *amount = amount_take(memo, "grand_total", currency);
	json_t *out;

	if (id == NULL || amount == NULL ||
	    !magento_is(memo, "state", MEMO_REFUNDED)) {
		json_decref(id);
		json_decref(amount);
		return NULL;
	}
	out = json_pack("{s:o, s:o}", "external_id", id, "amount", amount);
	if (currency != NULL)
		take_set(out, "currency", json_string(currency));
	take_set(out, "reason", comment(memo));
	take_set(out, "at", when_take(memo, "created_at", NULL));
	take_set(out, "lines", lines_of(memo, "qty"));
	return out;
}

/* What is so of some lines counts as begun. */
static const struct {
	const char *theirs;
	const char *ours;
} rma_states[] = {
	{ "pending", "requested" },
	{ "authorized", "approved" },
	{ "partially_authorized", "approved" },
	{ "received", "received" },
	{ "received_on_item", "received" },
	{ "approved", "received" },
	{ "approved_on_item", "received" },
	{ "rejected_on_item", "received" },
	{ "rejected", "declined" },
	{ "denied", "declined" },
	{ "closed", "closed" },
	{ "processed_closed", "closed" },
};

json_t *
magento_return(const json_t *rma)
{
	json_t *id = take_one(rma, "entity_id", TAKE_ID);
	const char *status = "unknown";
	json_t *out;

	if (id == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof rma_states / sizeof rma_states[0]; i++)
		if (magento_is(rma, "status", rma_states[i].theirs))
			status = rma_states[i].ours;
	out = json_pack("{s:o, s:s}", "external_id", id, "status", status);
	take_set(out, "reason", comment(rma));
	take_set(out, "at", when_take(rma, "date_requested", NULL));
	take_set(out, "lines", lines_of(rma, "qty_requested"));
	return out;
}

#include "gateways/shop/read_magento.h"

#include "gateways/common/scan.h"
#include "gateways/shop/magento.h"
#include "gateways/shop/take.h"

#define DEPTH_MAX 32

static void
add_parcels(json_t *facts, const json_t *record)
{
	json_t *parcels = magento_parcels(record);
	json_t *order = take_one(record, "order_id", TAKE_ID);
	json_t *parcel;
	size_t i;

	json_array_foreach(parcels, i, parcel)
	{
		if (order == NULL)
			break;
		(void)json_object_set(parcel, "order", order);
		(void)json_array_append_new(
			facts, json_pack("{s:s, s:O}", "kind", "shipment",
					 "shipment", parcel));
	}
	json_decref(order);
	json_decref(parcels);
}

static void
add_refund(json_t *facts, const json_t *record)
{
	json_t *refund = magento_refund(record);
	json_t *order = take_one(record, "order_id", TAKE_ID);

	if (refund != NULL && order != NULL)
		(void)json_array_append_new(
			facts, json_pack("{s:s, s:O, s:O}", "kind", "refund",
					 "order", order, "refund", refund));
	json_decref(order);
	json_decref(refund);
}

/* A return is told with its order, which is to be read. */
static void
add_return(json_t *facts, const json_t *record)
{
	json_t *order = take_one(record, "order_id", TAKE_ID);

	if (order != NULL)
		(void)json_array_append_new(facts,
					    json_pack("{s:s, s:o}", "kind",
						      "look", "order", order));
}

/* Returns have a date; shipments have tracks; credit memos have an order, which orders are. */
static void
add(json_t *facts, const json_t *record, const char *country)
{
	const struct magento_about about = { .country = country };
	json_t *order;

	if (json_object_get(record, "date_requested") != NULL) {
		add_return(facts, record);
		return;
	}
	if (json_object_get(record, "tracks") != NULL) {
		add_parcels(facts, record);
		return;
	}
	if (json_object_get(record, "order_id") != NULL) {
		add_refund(facts, record);
		return;
	}
	order = magento_order(record, &about);
	if (order != NULL)
		(void)json_array_append_new(facts,
					    json_pack("{s:s, s:o}", "kind",
						      "order", "order", order));
}

/* A list says how many there are; a record says who it is, and has items. */
static enum outcome
facts_of(const json_t *tree, const char *country, json_t *facts, struct err *e)
{
	json_t *rows;
	json_t *row;
	size_t i;

	if (json_object_get(tree, "total_count") != NULL) {
		rows = take_rows(tree, "items");
		json_array_foreach(rows, i, row) add(facts, row, country);
		json_decref(rows);
		return OUT_OK;
	}
	if (take_str(tree, "entity_id") != NULL) {
		add(facts, tree, country);
		return OUT_OK;
	}
	if (take_str(tree, "message") != NULL)
		return err_code(e, OUT_PERM, "refused",
				"the API says an error");
	return err_set(e, OUT_PERM, "no answer of Magento's API");
}

enum outcome
read_magento(const struct read_about *about, const char *body, size_t n,
	     json_t **facts_out, struct err *e)
{
	json_t *tree;
	json_t *facts;
	enum outcome o;

	*facts_out = NULL;
	o = scan_json_text(body, n, DEPTH_MAX, &tree, e);
	if (o != OUT_OK)
		return o;
	facts = json_array();
	o = facts_of(tree, about->country, facts, e);
	if (o == OUT_OK)
		*facts_out = json_incref(facts);
	json_decref(facts);
	json_decref(tree);
	return o;
}

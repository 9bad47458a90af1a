#include "gateways/shop/read_prestashop.h"

#include "gateways/shop/presta.h"
#include "gateways/shop/take.h"
#include "gateways/shop/when.h"
#include "rules/zone.h"

/* A fact of a kind; v (taken; NULL: no fact) is the member of that name. */
static void
add(json_t *facts, const char *kind, const char *order, json_t *v)
{
	json_t *fact;

	if (v == NULL)
		return;
	fact = json_pack("{s:s, s:o}", "kind", kind, kind, v);
	if (order != NULL)
		(void)json_object_set_new(fact, "order", json_string(order));
	(void)json_array_append_new(facts, fact);
}

/* A parcel goes to shipment.put, which finds its order by its member. */
static void
add_parcel(json_t *facts, const json_t *row, const struct presta_about *about)
{
	json_t *parcel = presta_parcel(row, about);
	json_t *order = take_one(row, "id_order", TAKE_ID);

	if (order != NULL &&
	    json_object_get(parcel, "tracking_number") != NULL) {
		(void)json_object_set(parcel, "order", order);
		add(facts, "shipment", NULL, json_incref(parcel));
	}
	json_decref(parcel);
	json_decref(order);
}

static void
facts_of(const json_t *tree, const struct presta_about *about, json_t *facts)
{
	json_t *orders = presta_records(tree, "order", "orders");
	json_t *customers = presta_records(tree, "customer", "customers");
	json_t *parcels =
		presta_records(tree, "order_carrier", "order_carriers");
	json_t *slips = presta_records(tree, "order_slip", "order_slips");
	json_t *row;
	size_t i;

	json_array_foreach(orders, i, row)
		add(facts, "order", NULL, presta_order(row, about));
	json_array_foreach(customers, i, row)
		add(facts, "customer", NULL, presta_customer(row));
	json_array_foreach(parcels, i, row) add_parcel(facts, row, about);
	json_array_foreach(slips, i, row)
		add(facts, "refund", take_str(row, "id_order"),
		    presta_refund(row, NULL, about->zone));
	json_decref(orders);
	json_decref(customers);
	json_decref(parcels);
	json_decref(slips);
}

enum outcome
read_prestashop(const struct read_about *about, const char *body, size_t n,
		json_t **facts_out, struct err *e)
{
	struct presta_about presta = { .country = about->country };
	enum outcome o;
	json_t *tree;
	const char *code;
	const char *words;

	*facts_out = NULL;
	o = presta_tree(body, n, &tree, e);
	if (o != OUT_OK)
		return o;
	code = presta_error(tree, &words);
	if (code != NULL) {
		o = err_code(e, OUT_PERM, "refused",
			     "the webservice says error %.20s", code);
	} else {
		struct zone *zone = when_zone(about->zone);

		presta.zone = zone;
		*facts_out = json_array();
		facts_of(tree, &presta, *facts_out);
		zone_free(&zone);
	}
	json_decref(tree);
	return o;
}

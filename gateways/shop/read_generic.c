#include "gateways/shop/read_generic.h"

#include <stdint.h>

#include "gateways/common/scan.h"
#include "gateways/shop/take.h"

#define DEPTH_MAX 32

/* A quantity that came as a number is one again; what is no whole number stays,
 * to be refused. */
static void
whole(json_t *row, const char *name)
{
	int64_t v;

	if (take_whole(row, name, &v))
		(void)json_object_set_new(row, name, json_integer(v));
}

static void
quantities(json_t *of, const char *list)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(of, list), i, row)
	{
		whole(row, "quantity");
		whole(row, "refunded_quantity");
	}
}

/* The lines of each element of a list. */
static void
inner(json_t *order, const char *list)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(order, list), i, row)
	{
		quantities(row, "lines");
		quantities(row, "items");
	}
}

/* The same number however it is written: as E.164, where nobody said that. */
static void
telephone(json_t *order, const char *country)
{
	json_t *customer = take_object(order, "customer");
	const char *own = take_str(customer, "country");
	const char *name = "phone_raw";

	if (customer == NULL || take_str(customer, "phone_e164") != NULL)
		return;
	if (take_str(customer, name) == NULL)
		name = "phone";
	if (own == NULL)
		own = take_str(take_object(order, "billing"), "country");
	take_phone(customer, customer, name, own != NULL ? own : country);
}

enum outcome
read_generic(const struct read_about *about, const char *body, size_t n,
	     json_t **facts_out, struct err *e)
{
	json_t *order;
	enum outcome o;

	*facts_out = NULL;
	o = scan_json_text(body, n, DEPTH_MAX, &order, e);
	if (o != OUT_OK)
		return o;
	if (take_str(order, "external_id") == NULL) {
		json_decref(order);
		return err_set(e, OUT_PERM, "no order with an external_id");
	}
	quantities(order, "lines");
	quantities(order, "items");
	inner(order, "shipments");
	inner(order, "refunds");
	inner(order, "returns");
	telephone(order, about->country);
	*facts_out = json_pack("[{s:s, s:o}]", "kind", "order", "order", order);
	return OUT_OK;
}

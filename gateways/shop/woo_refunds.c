/*
 * woo_refunds: which lines of an order money went back for. The order itself
 * says how much; the lines are a resource of their own, whose rows name the
 * order's by a row of metadata.
 */
#include "gateways/shop/woo_order.h"

#include <stdint.h>
#include <string.h>

#include "gateways/shop/neutral.h"
#include "gateways/shop/take.h"
#include "gateways/shop/when.h"

#define REFUNDED "_refunded_item_id"

json_t *
woo_refunded(const json_t *facts)
{
	json_t *ids = json_array();
	const json_t *fact;
	size_t i;

	json_array_foreach(facts, i, fact)
	{
		const json_t *order = take_object(fact, "order");

		if (json_array_size(json_object_get(order, "refunds")) > 0)
			(void)json_array_append(
				ids, json_object_get(order, "external_id"));
	}
	return ids;
}

/* The id of the order's line; a new string, or NULL. */
static json_t *
line_of(const json_t *row)
{
	json_t *meta = take_rows(row, "meta_data");
	json_t *id = NULL;
	const json_t *one;
	size_t i;

	json_array_foreach(meta, i, one)
	{
		const char *key = take_str(one, "key");

		if (id == NULL && key != NULL && strcmp(key, REFUNDED) == 0 &&
		    take_key(one, "value") != NULL)
			id = take_one(one, "value", TAKE_ID);
	}
	json_decref(meta);
	return id;
}

/* Pieces are below zero there; money alone has none. */
static json_t *
lines_of(const json_t *refund)
{
	json_t *rows = take_rows(refund, "line_items");
	json_t *out = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *id = line_of(row);
		int64_t n;

		if (id != NULL && take_whole(row, "quantity", &n) && n != 0 &&
		    n >= -NEUTRAL_QUANTITY_MAX && n <= NEUTRAL_QUANTITY_MAX)
			(void)json_array_append_new(
				out,
				json_pack("{s:O, s:I}", "line", id, "quantity",
					  (json_int_t)(n < 0 ? -n : n)));
		json_decref(id);
	}
	json_decref(rows);
	return out;
}

/* Add pieces to what went back of a line of the order. */
static void
count(const json_t *order, const json_t *piece)
{
	const char *id = take_str(piece, "line");
	json_t *line;
	size_t i;

	json_array_foreach(json_object_get(order, "lines"), i, line)
	{
		const char *own = take_str(line, "external_id");
		json_int_t n = json_integer_value(
			json_object_get(line, "refunded_quantity"));

		if (own == NULL || strcmp(own, id) != 0)
			continue;
		n += json_integer_value(json_object_get(piece, "quantity"));
		(void)json_object_set_new(line, "refunded_quantity",
					  json_integer(n));
		return;
	}
}

static void
fill(const json_t *order, json_t *refund, const json_t *row)
{
	json_t *lines = lines_of(row);
	const json_t *piece;
	size_t i;

	take_set(refund, "at", when_take(row, "date_created_gmt", NULL));
	json_array_foreach(lines, i, piece)
	{
		count(order, piece);
	}
	take_set(refund, "lines", lines);
}

void
woo_refund_lines(const json_t *order, const json_t *refunds)
{
	json_t *refund;
	const json_t *row;
	size_t i;
	size_t k;

	json_array_foreach(json_object_get(order, "refunds"), i, refund)
	{
		const char *id = take_str(refund, "external_id");

		json_array_foreach(refunds, k, row)
		{
			const char *own = take_str(row, "id");

			if (id == NULL || own == NULL || strcmp(id, own) != 0)
				continue;
			fill(order, refund, row);
			break;
		}
	}
}

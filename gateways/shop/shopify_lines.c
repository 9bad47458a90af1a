/*
 * shopify_lines: what was bought in an order of Shopify, and how much of it was
 * paid back.
 */
#include "gateways/shop/shopify_order.h"

#include "gateways/shop/amount.h"
#include "gateways/shop/neutral.h"
#include "gateways/shop/take.h"

#define PROPERTIES_MAX 50 /* of a line */

/* What the customer chose; names with an underscore are an app's own. */
static json_t *
properties(const json_t *line)
{
	json_t *rows = take_rows(line, "properties");
	json_t *out = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		static const struct take members[] = {
			{ "name", TAKE_LINE, NULL },
			{ "value", TAKE_LINE, NULL },
			{ NULL, TAKE_LINE, NULL },
		};
		const char *name = take_str(row, "name");
		json_t *p = json_object();

		take_all(p, row, members);
		if (name != NULL && name[0] != '_' &&
		    json_object_size(p) == 2 &&
		    json_array_size(out) < PROPERTIES_MAX)
			(void)json_array_append(out, p);
		json_decref(p);
	}
	json_decref(rows);
	return out;
}

/* Pieces times price, less what was taken off. */
static void
line_total(const char *currency, const json_t *row, json_t *line)
{
	int64_t pieces = json_integer_value(json_object_get(line, "quantity"));
	int64_t price;
	int64_t off;

	if (!amount_parse(shopify_amount(row, "price"), currency, &price) ||
	    __builtin_mul_overflow(price, pieces, &price))
		return;
	if (amount_parse(shopify_amount(row, "total_discount"), currency,
			 &off) &&
	    __builtin_sub_overflow(price, off, &price))
		return;
	amount_set(line, "total", price, currency);
}

/* GraphQL has product and variant as objects. */
static json_t *
id_in(const json_t *row, const char *id, const char *object)
{
	json_t *v = shopify_id(row, id);

	return v != NULL ? v : shopify_id(take_object(row, object), "id");
}

json_t *
shopify_lines(const json_t *order, const char *currency)
{
	json_t *rows = shopify_rows(order, "line_items");
	json_t *out = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *line = json_object();

		take_set(line, "external_id", shopify_id(row, "id"));
		take_set(line, "product_id",
			 id_in(row, "product_id", "product"));
		take_set(line, "variant_id",
			 id_in(row, "variant_id", "variant"));
		take_set(line, "sku", take_one(row, "sku", TAKE_NUMBER));
		take_set(line, "name", take_one(row, "name", TAKE_LINE));
		neutral_default(line, "name",
				take_one(row, "title", TAKE_LINE));
		take_set(line, "variant",
			 take_one(row, "variant_title", TAKE_LINE));
		neutral_quantity(line, "quantity", row, "quantity");
		amount_set_text(line, "unit_price",
				shopify_amount(row, "price"), currency);
		line_total(currency, row, line);
		take_set(line, "properties", properties(row));
		(void)json_array_append_new(out, line);
	}
	json_decref(rows);
	return out;
}

/* How many pieces of a line a refund took out of the order. */
static void
count_pieces(const json_t *refund, json_t *count)
{
	json_t *rows = shopify_rows(refund, "refund_line_items");
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *id = shopify_refund_line(row);
		json_t *one = json_object();

		neutral_quantity(one, "n", row, "quantity");
		if (id != NULL) {
			const char *key = json_string_value(id);
			int64_t n =
				json_integer_value(json_object_get(count, key));

			n += json_integer_value(json_object_get(one, "n"));
			(void)json_object_set_new(count, key, json_integer(n));
		}
		json_decref(one);
		json_decref(id);
	}
	json_decref(rows);
}

void
shopify_refunded(json_t *lines, const json_t *refunds)
{
	json_t *count = json_object();
	const json_t *refund;
	json_t *line;
	size_t i;

	json_array_foreach(refunds, i, refund)
	{
		count_pieces(refund, count);
	}
	json_array_foreach(lines, i, line)
	{
		const char *id = take_str(line, "external_id");
		json_t *n = id != NULL ? json_object_get(count, id) : NULL;

		if (n != NULL)
			(void)json_object_set(line, "refunded_quantity", n);
	}
	json_decref(count);
}

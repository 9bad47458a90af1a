/*
 * presta_parts: what an order of PrestaShop has beside itself: slips, parcels,
 * customers.
 */
#include "gateways/shop/presta.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/money.h"
#include "gateways/shop/amount.h"
#include "gateways/shop/take.h"
#include "gateways/shop/when.h"

json_t *
presta_customer(const json_t *customer)
{
	static const struct take table[] = {
		{ "id", TAKE_ID, "external_id" },
		{ "email", TAKE_EMAIL, NULL },
		{ NULL, TAKE_ID, NULL },
	};
	json_t *out = json_object();

	/* and nothing else: there is a hash of the password in it */
	take_all(out, customer, table);
	take_full_name(out, customer, "firstname", "lastname");
	if (json_object_get(out, "external_id") != NULL)
		return out;
	json_decref(out);
	return NULL;
}

/*
 * What went back. "amount" is that of the products, with tax or without, as
 * the customer saw prices, or what a person chose; shipping comes on top.
 */
static bool
slip_amount(const json_t *slip, const char *currency, int64_t *out)
{
	int64_t amount;
	int64_t with_tax;
	int64_t without;
	int64_t shipping;

	if (!amount_read(slip, "amount", currency, &amount))
		return false;
	if (amount_read(slip, "total_products_tax_excl", currency, &without) &&
	    amount_read(slip, "total_products_tax_incl", currency, &with_tax) &&
	    amount == without)
		amount = with_tax;
	if (!amount_read(slip, "shipping_cost_amount", currency, &shipping))
		shipping = 0;
	*out = amount + shipping;
	return true;
}

static json_t *
slip_lines(const json_t *slip)
{
	json_t *rows = take_rows(json_object_get(slip, "associations"),
				 "order_slip_details");
	json_t *lines = json_array();
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *line = take_one(row, "id_order_detail", TAKE_ID);
		int64_t quantity;

		if (line == NULL ||
		    !take_whole(row, "product_quantity", &quantity) ||
		    quantity <= 0) {
			json_decref(line);
			continue;
		}
		(void)json_array_append_new(
			lines, json_pack("{s:o, s:I}", "line", line, "quantity",
					 (json_int_t)quantity));
	}
	json_decref(rows);
	return lines;
}

json_t *
presta_refund(const json_t *slip, const char *currency, const struct zone *zone)
{
	json_t *out = json_object();
	int64_t amount;

	take_set(out, "external_id", take_one(slip, "id", TAKE_ID));
	if (json_object_get(out, "external_id") == NULL ||
	    !slip_amount(slip, currency, &amount)) {
		json_decref(out);
		return NULL;
	}
	amount_set(out, "amount", amount, currency);
	if (money_currency(currency))
		take_set(out, "currency", json_string(currency));
	take_set(out, "at", when_take(slip, "date_add", zone));
	take_set(out, "lines", slip_lines(slip));
	return out;
}

/* The carrier's address with the number where its '@' is. */
static json_t *
tracking_url(const json_t *carrier, const char *number)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	const char *at;
	const char *url = take_str(carrier, "url");
	json_t *made = json_object();
	json_t *out;
	struct buf b;

	buf_init(&b, TAKE_URL_MAX);
	for (at = url; at != NULL && *at != '\0'; at++)
		if (*at != '@')
			(void)buf_putc(&b, *at);
		else
			for (const char *c = number; *c != '\0'; c++)
				if (strchr(plain, *c) != NULL)
					(void)buf_putc(&b, *c);
				else
					(void)buf_printf(
						&b, "%%%02X",
						(unsigned)(unsigned char)*c);
	if (!b.full)
		take_set(made, "url", json_string(buf_str(&b)));
	out = take_one(made, "url", TAKE_URL);
	json_decref(made);
	buf_release(&b);
	return out;
}

json_t *
presta_parcel(const json_t *parcel, const struct presta_about *about)
{
	const json_t *carrier =
		presta_find(about, "carriers", take_key(parcel, "id_carrier"));
	json_t *out = json_object();
	json_t *number = take_one(parcel, "tracking_number", TAKE_NUMBER);

	take_set(out, "external_id", take_one(parcel, "id", TAKE_ID));
	if (carrier != NULL && !presta_is(carrier, "name", "0"))
		take_set(out, "carrier", take_one(carrier, "name", TAKE_LINE));
	if (number != NULL)
		take_set(out, "tracking_url",
			 tracking_url(carrier, json_string_value(number)));
	take_set(out, "status",
		 json_string(number != NULL ? "shipped" : "pending"));
	take_set(out, "tracking_number", number);
	return out;
}

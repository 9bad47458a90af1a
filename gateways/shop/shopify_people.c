/*
 * shopify_people: who bought an order of Shopify, and where it goes.
 */
#include "gateways/shop/shopify_order.h"

#include "gateways/shop/neutral.h"
#include "gateways/shop/take.h"

static json_t *
address(const json_t *from)
{
	static const struct take members[] = {
		{ "name", TAKE_LINE, NULL },
		{ "company", TAKE_LINE, NULL },
		{ "address1", TAKE_LINE, "address_1" },
		{ "address2", TAKE_LINE, "address_2" },
		{ "city", TAKE_LINE, NULL },
		{ "province", TAKE_LINE, "state" },
		{ "zip", TAKE_LINE, "postcode" },
		{ "country_code", TAKE_COUNTRY, "country" },
		{ "phone", TAKE_PHONE, NULL },
		{ NULL, TAKE_LINE, NULL },
	};
	json_t *out = json_object();

	take_all(out, from, members);
	neutral_default(out, "name",
			neutral_name(from, "first_name", "last_name"));
	return out;
}

void
shopify_people(const struct read_about *about, const json_t *o, json_t *out)
{
	const json_t *who = take_object(o, "customer");
	const json_t *const places[] = {
		o,
		who,
		take_object(o, "billing_address"),
		take_object(o, "shipping_address"),
		take_object(who, "default_address"),
		take_object(who, "default_phone"),
	};
	const char *country;
	json_t *c = json_object();

	take_set(c, "external_id", shopify_id(who, "id"));
	take_set(c, "email", take_one(o, "email", TAKE_EMAIL));
	neutral_default(c, "email", take_one(o, "contact_email", TAKE_EMAIL));
	neutral_default(c, "email", take_one(who, "email", TAKE_EMAIL));
	neutral_default(c, "email",
			take_one(take_object(who, "default_email"), "email",
				 TAKE_EMAIL));
	take_set(c, "name", neutral_name(who, "first_name", "last_name"));
	for (size_t i = 2; i < sizeof places / sizeof places[0]; i++) {
		neutral_default(
			c, "country",
			take_one(places[i], "country_code", TAKE_COUNTRY));
		neutral_default(c, "name",
				take_one(places[i], "name", TAKE_LINE));
	}
	take_set(c, "locale", take_one(o, "customer_locale", TAKE_ID));
	country = take_str(c, "country");
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (take_str(c, "phone_raw") == NULL)
			neutral_phone(c, places[i], "phone",
				      country != NULL ? country
						      : about->country);
	take_set(out, "customer", c);
	take_set(out, "billing", address(places[2]));
	take_set(out, "shipping", address(places[3]));
}

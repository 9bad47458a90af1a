/*
 * Bodies of Shopify to facts: the traps, each with a small body of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "gateways/shop/read_shopify.h"
#include "tests/unit/shop_stage.h"

#define HEAD                                                                   \
	"\"id\":5940139491234,\"name\":\"#1042\",\"currency\":\"EUR\","        \
	"\"updated_at\":\"2026-06-04T09:00:00+02:00\""

static enum outcome
read_body(const char *topic, const char *body, json_t **facts)
{
	const struct read_about about = { .topic = topic,
					  .zone = "",
					  .country = "ES" };
	struct err e = { .text = "" };

	return read_shopify(&about, body, strlen(body), facts, &e);
}

/* The only fact of a body. To be let go. */
static json_t *
fact(const char *topic, const char *body)
{
	json_t *facts = NULL;
	json_t *one;

	assert_int_equal(read_body(topic, body, &facts), OUT_OK);
	assert_int_equal(json_array_size(facts), 1);
	one = json_incref(json_array_get(facts, 0));
	json_decref(facts);
	return one;
}

static json_t *
order(const char *members)
{
	char *body = mem_printf("{" HEAD ",%s}", members);
	json_t *f = fact("orders/updated", body);
	json_t *o = json_incref(json_object_get(f, "order"));

	mem_free(body);
	json_decref(f);
	assert_non_null(o);
	return o;
}

static void
states_are(const char *members, const char *state, const char *paid,
	   const char *fulfilled)
{
	json_t *o = order(members);

	shop_states_are(o, state, paid, fulfilled);
	json_decref(o);
}

static void
three_states(void **s)
{
	(void)s;
	states_are("\"financial_status\":\"paid\",\"fulfillment_status\":null",
		   "open", "paid", "unfulfilled");
	states_are("\"financial_status\":\"paid\",\"fulfillment_status\":"
		   "\"fulfilled\"",
		   "open", "paid", "fulfilled");
	states_are("\"financial_status\":\"refunded\",\"closed_at\":"
		   "\"2026-06-04T09:00:00Z\",\"fulfillment_status\":"
		   "\"restocked\"",
		   "completed", "refunded", "unfulfilled");
	states_are("\"financial_status\":\"expired\",\"closed_at\":"
		   "\"2026-06-04T09:00:00Z\",\"cancelled_at\":"
		   "\"2026-06-04T09:00:00Z\",\"fulfillment_status\":"
		   "\"partial\"",
		   "cancelled", "voided", "partial");
	states_are("\"financial_status\":\"PARTIALLY_PAID\","
		   "\"fulfillment_status\":\"ON_HOLD\"",
		   "open", "partially_paid", "unfulfilled");
	states_are("\"financial_status\":\"teleported\","
		   "\"fulfillment_status\":\"beamed\"",
		   "open", "unknown", "unknown");
}

static void
ids_keep_their_64_bits(void **s)
{
	json_t *o = order("\"line_items\":[{\"id\":18446744073709551615,"
			  "\"quantity\":1},{\"id\":"
			  "\"gid://shopify/LineItem/9001?x=1\"}]");

	(void)s;
	shop_has(o, "external_id", "5940139491234");
	shop_has(shop_nth(o, "lines", 0), "external_id",
		 "18446744073709551615");
	shop_has(shop_nth(o, "lines", 1), "external_id", "9001");
	json_decref(o);
}

static void
times_are_utc(void **s)
{
	json_t *o = order("\"processed_at\":\"2026-06-03T11:20:28+02:00\","
			  "\"created_at\":\"2026-06-03T11:20:30+02:00\"");

	(void)s;
	shop_has(o, "placed_at", "2026-06-03T09:20:28Z");
	shop_has(o, "updated_at", "2026-06-04T07:00:00Z");
	json_decref(o);
}

static void
the_shops_money_counts(void **s)
{
	json_t *o = order(
		"\"total_price\":\"45.80\",\"total_price_set\":{\"shop_money\":"
		"{\"amount\":\"45.8\",\"currency_code\":\"EUR\"},"
		"\"presentment_money\":{\"amount\":\"52.00\","
		"\"currency_code\":\"USD\"}},\"shipping_lines\":["
		"{\"price\":\"1.10\"},{\"price\":\"2\"}],\"line_items\":[{"
		"\"id\":1,\"quantity\":3,\"price\":\"10.00\","
		"\"total_discount\":\"0.50\"}]");

	(void)s;
	shop_has(o, "total", "45.80");
	shop_has(o, "shipping_total", "3.10");
	shop_has(shop_nth(o, "lines", 0), "total", "29.50");
	json_decref(o);
	/* what nobody could add up is not said */
	o = order("\"line_items\":[{\"id\":1,\"quantity\":1000000,\"price\":"
		  "\"9999999999999.99\",\"total_discount\":"
		  "\"-9999999999999.99\"}]");
	shop_has(shop_nth(o, "lines", 0), "unit_price", "9999999999999.99");
	shop_has(shop_nth(o, "lines", 0), "total", NULL);
	json_decref(o);
}

static void
refunds_are_what_succeeded(void **s)
{
	json_t *o =
		order("\"line_items\":[{\"id\":1,\"quantity\":3}],\"refunds\":["
		      "{\"id\":9,\"refund_line_items\":[{\"line_item_id\":1,"
		      "\"quantity\":2}],\"transactions\":["
		      "{\"kind\":\"refund\",\"status\":\"failure\",\"amount\":"
		      "\"5.00\"},"
		      "{\"kind\":\"refund\",\"status\":\"success\",\"amount\":"
		      "\"5.00\"},"
		      "{\"kind\":\"void\",\"status\":\"success\",\"amount\":"
		      "\"7.00\"}]},"
		      "{\"id\":10,\"refund_line_items\":[{\"line_item_id\":1,"
		      "\"quantity\":1}],\"transactions\":[]},"
		      "{\"id\":11,\"transactions\":[{\"kind\":\"refund\","
		      "\"status\":\"success\",\"amount\":\"9.00\",\"currency\":"
		      "\"USD\"}]}]");

	(void)s;
	assert_int_equal(json_array_size(json_object_get(o, "refunds")), 2);
	shop_has(shop_nth(o, "refunds", 0), "amount", "5.00");
	shop_has(shop_nth(o, "refunds", 1), "currency", "USD");
	shop_has(o, "refunded_total", "5.00");
	assert_int_equal(json_integer_value(json_object_get(
				 shop_nth(o, "lines", 0), "refunded_quantity")),
			 3);
	json_decref(o);
}

static void
parcel_is(const char *members, const char *status, const char *raw)
{
	char *all = mem_printf("\"fulfillments\":[{\"id\":4,%s}]", members);
	json_t *o = order(all);

	shop_has(shop_nth(o, "shipments", 0), "status", status);
	shop_has(shop_nth(o, "shipments", 0), "status_raw", raw);
	json_decref(o);
	mem_free(all);
}

static void
a_fulfillment_is_not_where_the_parcel_is(void **s)
{
	(void)s;
	parcel_is("\"status\":\"success\",\"shipment_status\":null", "shipped",
		  "success");
	parcel_is("\"status\":\"success\",\"shipment_status\":\"delayed\"",
		  "in_transit", "delayed");
	parcel_is("\"status\":\"success\",\"shipment_status\":\"failure\"",
		  "exception", "failure");
	parcel_is("\"status\":\"failure\",\"shipment_status\":null",
		  "cancelled", "failure");
	parcel_is("\"status\":\"cancelled\",\"shipment_status\":\"in_transit\"",
		  "cancelled", "cancelled");
	parcel_is("\"status\":\"SUCCESS\",\"shipment_status\":\"PICKED_UP\"",
		  "delivered", "picked_up");
	parcel_is("\"status\":\"success\",\"shipment_status\":\"beamed\"",
		  "unknown", "beamed");
}

static void
each_number_is_a_parcel(void **s)
{
	json_t *o = order(
		"\"fulfillments\":[{\"id\":4,\"status\":\"success\","
		"\"tracking_number\":\"A1\",\"tracking_numbers\":[\"A1\","
		"\"B2\"],\"tracking_urls\":[\"https://c.example/A1\","
		"\"javascript:1\"]},{\"id\":5,\"status\":\"success\","
		"\"tracking_info\":[{\"company\":\"SEUR\",\"number\":\"C3\"},"
		"{\"number\":\"D4\"}]},{\"status\":\"success\"}]");
	const json_t *list = json_object_get(o, "shipments");

	(void)s;
	assert_int_equal(json_array_size(list), 4);
	shop_has(json_array_get(list, 0), "external_id", "4");
	shop_has(json_array_get(list, 0), "tracking_url",
		 "https://c.example/A1");
	shop_has(json_array_get(list, 1), "external_id", "4-2");
	shop_has(json_array_get(list, 1), "tracking_number", "B2");
	shop_has(json_array_get(list, 1), "tracking_url", NULL);
	shop_has(json_array_get(list, 2), "carrier", "SEUR");
	shop_has(json_array_get(list, 3), "tracking_number", "D4");
	json_decref(o);
}

static void
what_is_internal_stays_so(void **s)
{
	json_t *o = order("\"order_status_url\":\"https://x/?key=1\","
			  "\"token\":\"tok1\",\"payment_details\":{"
			  "\"credit_card_number\":\"4242\"},\"line_items\":[{"
			  "\"id\":1,\"quantity\":1,\"properties\":[{\"name\":"
			  "\"_bundle\",\"value\":\"1\"},{\"name\":\"Grabado\","
			  "\"value\":\"Ana\"}]}],\"tags\":\"vip, web,,\"");
	const char *raw = json_string_value(json_object_get(o, "raw"));
	const json_t *p =
		json_object_get(shop_nth(o, "lines", 0), "properties");

	(void)s;
	assert_non_null(raw);
	assert_null(strstr(raw, "key=1"));
	assert_null(strstr(raw, "tok1"));
	assert_null(strstr(raw, "4242"));
	assert_int_equal(json_array_size(p), 1);
	shop_has(json_array_get(p, 0), "name", "Grabado");
	assert_int_equal(json_array_size(json_object_get(o, "tags")), 2);
	assert_string_equal(json_string_value(shop_nth(o, "tags", 1)), "web");
	json_decref(o);
}

static void
nobody_may_be_named(void **s)
{
	json_t *o = order("\"email\":\"\",\"contact_email\":null,\"phone\":"
			  "null,\"customer\":null,\"billing_address\":null");

	(void)s;
	assert_null(json_object_get(o, "customer"));
	json_decref(o);
	o = order("\"customer\":{\"id\":7,\"default_address\":{\"phone\":"
		  "\"600 999 888\",\"country_code\":\"ES\"}}");
	shop_has(json_object_get(o, "customer"), "external_id", "7");
	shop_has(json_object_get(o, "customer"), "phone_e164", "+34600999888");
	json_decref(o);
}

static void
says(const char *topic, const char *body, const char *kind, const char *id)
{
	json_t *f = fact(topic, body);

	shop_has(f, "kind", kind);
	shop_has(f, "order", id);
	json_decref(f);
}

static void
topics_decide(void **s)
{
	(void)s;
	says("orders/delete", "{\"id\":7}", "delete", "7");
	says("orders/edited", "{\"order_edit\":{\"id\":1,\"order_id\":7}}",
	     "look", "7");
	says("returns/approve",
	     "{\"id\":1,\"order\":{\"id\":7,\"admin_graphql_api_id\":\"x\"}}",
	     "look", "7");
	says("fulfillment_events/create", "{\"id\":1,\"order_id\":7}", "look",
	     "7");
	says("refunds/create", "{\"refund\":{\"id\":1,\"order_id\":7}}",
	     "refund", "7");
	says("app/uninstalled", "{\"id\":1}", "uninstalled", NULL);
	says("domains/create", "{\"id\":1}", "nothing", NULL);
	says("customers/update", "{\"id\":7}", "customer", NULL);
}

static void
privacy_names_whom(void **s)
{
	json_t *f =
		fact("customers/redact",
		     "{\"shop_domain\":\"t.myshopify.com\",\"customer\":{"
		     "\"id\":7001,\"email\":\"M@E.com\",\"phone\":"
		     "\"+34600999888\"},\"orders_to_redact\":[5940139491234,"
		     "null]}");
	const json_t *body = json_object_get(f, "body");

	(void)s;
	shop_has(f, "topic", "customers/redact");
	shop_has(f, "id", "7001");
	shop_has(json_object_get(body, "customer"), "email", "m@e.com");
	assert_int_equal(
		json_array_size(json_object_get(body, "orders_to_redact")), 1);
	json_decref(f);
	f = fact("shop/redact",
		 "{\"shop_id\":954889,\"shop_domain\":\"t.myshopify.com\"}");
	shop_has(f, "id", "954889");
	json_decref(f);
}

static void
refused(const char *topic, const char *body, enum outcome want)
{
	json_t *facts = json_null();

	assert_int_equal(read_body(topic, body, &facts), want);
	assert_null(facts);
}

static void
bodies_that_do_not_fit_are_refused(void **s)
{
	(void)s;
	refused("orders/create", "{\"id\":1,\"title\":\"T\"}", OUT_PERM);
	refused("orders/create", "[]", OUT_PERM);
	refused("orders/create",
		"{\"id\":\" gid://shopify/Order/5\",\"name\":\"#1\","
		"\"currency\":\"EUR\"}",
		OUT_PERM);
	refused("fulfillments/create", "{\"id\":1}", OUT_PERM);
	refused("refunds/create", "{\"order_id\":1}", OUT_PERM);
	refused("returns/close", "{\"id\":1}", OUT_PERM);
	refused("customers/redact", "{\"customer\":{}}", OUT_PERM);
	refused("orders/create", "{", OUT_PERM);
	refused("", "<html>", OUT_TEMP);
}

static void
both_wraps_are_read(void **s)
{
	json_t *facts = NULL;

	(void)s;
	says("refunds/create", "{\"id\":1,\"order_id\":7}", "refund", "7");
	assert_int_equal(
		read_body("", "{\"orders\":[{" HEAD "},{\"id\":1}]}", &facts),
		OUT_OK);
	assert_int_equal(json_array_size(facts), 2);
	shop_has(json_array_get(facts, 0), "kind", "order");
	shop_has(json_array_get(facts, 1), "kind", "nothing");
	json_decref(facts);
	assert_int_equal(
		read_body("orders/create", "{\"order\":{" HEAD "}}", &facts),
		OUT_OK);
	shop_has(json_array_get(facts, 0), "kind", "order");
	json_decref(facts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_states),
		cmocka_unit_test(ids_keep_their_64_bits),
		cmocka_unit_test(times_are_utc),
		cmocka_unit_test(the_shops_money_counts),
		cmocka_unit_test(refunds_are_what_succeeded),
		cmocka_unit_test(a_fulfillment_is_not_where_the_parcel_is),
		cmocka_unit_test(each_number_is_a_parcel),
		cmocka_unit_test(what_is_internal_stays_so),
		cmocka_unit_test(nobody_may_be_named),
		cmocka_unit_test(topics_decide),
		cmocka_unit_test(privacy_names_whom),
		cmocka_unit_test(bodies_that_do_not_fit_are_refused),
		cmocka_unit_test(both_wraps_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

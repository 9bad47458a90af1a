/*
 * Bodies of WooCommerce to facts: the traps, each with a small body of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "gateways/shop/entity.h"
#include "gateways/shop/read_woo.h"
#include "tests/unit/shop_stage.h"

#define TIMES                                                                  \
	"\"date_created_gmt\":\"2026-06-01T10:00:00\","                        \
	"\"date_modified_gmt\":\"2026-06-01T11:00:00\","

/* Facts of a body under a topic. To be let go. */
static json_t *
facts_of(const char *topic, const char *body, bool delivered)
{
	const struct read_about about = { .topic = topic,
					  .zone = "Europe/Madrid",
					  .country = "ES",
					  .delivered = delivered };
	struct err e = { .text = "" };
	json_t *facts = NULL;

	assert_int_equal(read_woo(&about, body, strlen(body), &facts, &e),
			 OUT_OK);
	return facts;
}

static json_t *
fact(const json_t *facts)
{
	assert_int_equal(json_array_size(facts), 1);
	return json_array_get(facts, 0);
}

/* The order of an update with these members beside id, currency, times. */
static json_t *
order_by(const char *members, bool delivered)
{
	json_t *order;
	char *body = mem_printf("{\"id\":7,\"currency\":\"EUR\"," TIMES "%s}",
				members);
	json_t *facts = facts_of("order.updated", body, delivered);

	order = json_incref(json_object_get(json_array_get(facts, 0), "order"));
	mem_free(body);
	json_decref(facts);
	assert_non_null(order);
	return order;
}

static json_t *
order(const char *members)
{
	return order_by(members, false);
}

static void
states_are(const char *members, const char *state, const char *paid,
	   const char *fulfilled)
{
	json_t *o = order(members);

	shop_states_are(o, state, paid, fulfilled);
	json_decref(o);
}

#define PAID "\"date_paid_gmt\":\"2026-06-01T10:00:05\","

static void
three_states_of_one_status(void **s)
{
	(void)s;
	states_are("\"status\":\"pending\"", "open", "pending", "unfulfilled");
	states_are(PAID "\"status\":\"on-hold\"", "open", "paid",
		   "unfulfilled");
	states_are("\"status\":\"processing\"", "open", "paid", "unfulfilled");
	states_are("\"status\":\"completed\"", "completed", "paid",
		   "fulfilled");
	states_are("\"status\":\"cancelled\"", "cancelled", "voided",
		   "unfulfilled");
	states_are(PAID "\"status\":\"cancelled\"", "cancelled", "paid",
		   "unfulfilled");
	states_are("\"status\":\"refunded\"", "completed", "refunded",
		   "unfulfilled");
	states_are(PAID "\"status\":\"failed\"", "open", "failed",
		   "unfulfilled");
	states_are("\"status\":\"en-reparto\"", "unknown", "unknown",
		   "unknown");
	states_are(PAID "\"status\":\"en-reparto\"", "unknown", "paid",
		   "unknown");
}

static void
cash_on_delivery_is_not_paid(void **s)
{
	(void)s;
	states_are("\"status\":\"processing\",\"payment_method\":\"cod\"",
		   "open", "pending", "unfulfilled");
	states_are("\"status\":\"completed\",\"payment_method\":\"cod\"",
		   "completed", "paid", "fulfilled");
}

static void
the_bin_hides(void **s)
{
	json_t *o = order("\"status\":\"trash\"");

	(void)s;
	shop_has(o, "state", "cancelled");
	assert_true(json_is_true(json_object_get(o, "deleted")));
	json_decref(o);
}

static void
refunds_are_below_zero(void **s)
{
	json_t *o = order("\"status\":\"completed\",\"total\":\"20.00\","
			  "\"refunds\":[{\"id\":1,\"reason\":\"talla\","
			  "\"total\":\"-5.00\"},{\"id\":2,\"total\":-2.5},"
			  "{\"id\":3,\"total\":\"x\"}]");

	(void)s;
	shop_has(o, "payment_state", "partially_refunded");
	shop_has(o, "refunded_total", "7.50");
	assert_int_equal(json_array_size(json_object_get(o, "refunds")), 2);
	shop_has(shop_nth(o, "refunds", 0), "amount", "5.00");
	shop_has(shop_nth(o, "refunds", 1), "amount", "2.50");
	json_decref(o);
	states_are("\"status\":\"processing\",\"total\":\"5.00\","
		   "\"refunds\":[{\"id\":1,\"total\":\"-5.00\"}]",
		   "open", "refunded", "unfulfilled");
}

static void
money_is_never_a_double(void **s)
{
	json_t *o = order("\"status\":\"pending\",\"total\":1234567890123.45,"
			  "\"shipping_total\":0.1,\"total_tax\":1e2,"
			  "\"discount_total\":\"NaN\"");

	(void)s;
	shop_has(o, "total", "1234567890123.45");
	shop_has(o, "shipping_total", "0.10");
	shop_has(o, "tax_total", NULL);
	shop_has(o, "discount_total", NULL);
	json_decref(o);
}

static void
lines_have_the_tax_that_was_shown(void **s)
{
	static const char line[] =
		"\"status\":\"pending\",\"prices_include_tax\":%s,"
		"\"line_items\":{\"4\":{\"id\":9,\"name\":\"A &amp; B\","
		"\"product_id\":3,\"variation_id\":0,\"quantity\":2,"
		"\"total\":\"16.52\",\"total_tax\":\"3.48\",\"price\":8.26}}";
	char *members = mem_printf(line, "true");
	json_t *o = order(members);
	json_t *l = shop_nth(o, "lines", 0);

	(void)s;
	shop_has(l, "total", "20.00");
	shop_has(l, "unit_price", NULL);
	shop_has(l, "name", "A & B");
	shop_has(l, "product_id", "3");
	shop_has(l, "variant_id", NULL);
	json_decref(o);
	mem_free(members);
	members = mem_printf(line, "false");
	o = order(members);
	l = shop_nth(o, "lines", 0);
	shop_has(l, "total", "16.52");
	shop_has(l, "unit_price", "8.26");
	json_decref(o);
	mem_free(members);
}

static void
properties_with_an_underscore_are_internal(void **s)
{
	json_t *o = order("\"status\":\"pending\",\"line_items\":[{\"id\":1,"
			  "\"quantity\":1,\"meta_data\":["
			  "{\"key\":\"_x\",\"value\":\"1\"},"
			  "{\"key\":\"talla\",\"value\":\"38\","
			  "\"display_key\":\"Talla\",\"display_value\":\"38\"},"
			  "{\"key\":\"obj\",\"value\":{\"a\":1}}]}]");
	const json_t *p =
		json_object_get(shop_nth(o, "lines", 0), "properties");

	(void)s;
	assert_int_equal(json_array_size(p), 1);
	shop_has(json_array_get(p, 0), "name", "Talla");
	json_decref(o);
}

#define PARCEL(members)                                                        \
	"\"status\":\"processing\",\"shipping\":{\"postcode\":"                \
	"\"SW1A 1AA\",\"country\":\"GB\"},\"meta_data\":[{\"key\":"            \
	"\"_wc_shipment_tracking_items\",\"value\":[{" members "}]}]"

static void
addresses_of_parcels_are_no_formats(void **s)
{
	json_t *o = order(PARCEL(
		"\"tracking_number\":\"A 1/2\",\"date_shipped\":\"\","
		"\"custom_tracking_provider\":\"Mi correo\","
		"\"custom_tracking_link\":"
		"\"https://c.example/?n=%1$s&p=%2$s&c=%3$s&x=%n%4$s%20\""));
	const json_t *p = shop_nth(o, "shipments", 0);

	(void)s;
	shop_has(
		p, "tracking_url",
		"https://c.example/?n=A%201%2F2&p=SW1A%201AA&c=GB&x=%n%4$s%20");
	shop_has(p, "carrier", "Mi correo");
	shop_has(p, "shipped_at", NULL);
	shop_has(p, "status", "shipped");
	shop_has(o, "fulfilment_state", "partial");
	json_decref(o);
	o = order(PARCEL("\"tracking_number\":\"1\","
			 "\"custom_tracking_link\":\"javascript:x(%1$s)\","
			 "\"date_shipped\":\"1780358400\""));
	shop_has(shop_nth(o, "shipments", 0), "tracking_url", NULL);
	shop_has(shop_nth(o, "shipments", 0), "shipped_at",
		 "2026-06-02T00:00:00Z");
	json_decref(o);
}

static void
completed_may_mean_delivered(void **s)
{
	json_t *o = order_by("\"status\":\"completed\",\"date_completed_gmt\":"
			     "\"2026-06-03T08:00:00\"",
			     true);

	(void)s;
	shop_has(shop_nth(o, "shipments", 0), "status", "delivered");
	shop_has(shop_nth(o, "shipments", 0), "delivered_at",
		 "2026-06-03T08:00:00Z");
	json_decref(o);
	o = order("\"status\":\"completed\",\"date_completed_gmt\":"
		  "\"2026-06-03T08:00:00\"");
	assert_int_equal(json_array_size(json_object_get(o, "shipments")), 0);
	json_decref(o);
}

static void
raw_has_no_secrets(void **s)
{
	json_t *o = order("\"status\":\"pending\",\"order_key\":\"wc_k\","
			  "\"payment_url\":\"https://x/?key=1\",\"meta_data\":["
			  "{\"key\":\"_stripe_source_id\",\"value\":\"src\"},"
			  "{\"key\":\"vat\",\"value\":\"B1\"}],\"total\":1.10");
	const char *raw = shop_text(o, "raw");

	(void)s;
	assert_non_null(raw);
	assert_null(strstr(raw, "wc_k"));
	assert_null(strstr(raw, "https://x/"));
	assert_null(strstr(raw, "stripe"));
	assert_non_null(strstr(raw, "vat"));
	assert_non_null(strstr(raw, "\"1.10\""));
	json_decref(o);
}

static void
kind_is(const char *topic, const char *body, const char *kind)
{
	json_t *facts = facts_of(topic, body, false);

	shop_has(fact(facts), "kind", kind);
	json_decref(facts);
}

static void
topics_decide(void **s)
{
	json_t *facts = facts_of("order.deleted", "{\"id\":1042}", false);

	(void)s;
	shop_has(fact(facts), "kind", "delete");
	shop_has(fact(facts), "order", "1042");
	json_decref(facts);
	kind_is("", "webhook_id=12", "nothing");
	kind_is("product.updated", "{\"id\":1}", "nothing");
	kind_is("action.woocommerce_x", "{\"action\":\"x\",\"arg\":1}",
		"nothing");
	kind_is("customer.updated", "{\"id\":5,\"email\":\"A@B.es\"}",
		"customer");
	kind_is("order.updated",
		"{\"id\":5,\"status\":\"checkout-draft\",\"currency\":"
		"\"EUR\"}",
		"nothing");
	facts = facts_of("order.updated",
			 "{\"code\":\"woocommerce_rest_cannot_view\","
			 "\"message\":\"no\",\"data\":{\"status\":401}}",
			 false);
	shop_has(fact(facts), "code", "rest_error");
	json_decref(facts);
}

static void
refused(const char *topic, const char *body, enum outcome want)
{
	const struct read_about about = { .topic = topic,
					  .zone = "",
					  .country = "" };
	struct err e = { .text = "" };
	json_t *facts = json_null();

	assert_int_equal(read_woo(&about, body, strlen(body), &facts, &e),
			 want);
	assert_null(facts);
	assert_string_not_equal(e.text, "");
}

static void
bodies_that_are_none_are_refused(void **s)
{
	(void)s;
	refused("order.updated", "{\"id\":1", OUT_PERM);
	refused("order.updated", "{\"id\":1}", OUT_PERM);
	refused("order.updated", "[]x", OUT_PERM);
	refused("order.updated", "7", OUT_PERM);
	refused("order.updated", "", OUT_PERM);
	refused("order.deleted", "{\"id\":0.5.1}", OUT_PERM);
	refused("order.updated", "<!doctype html>", OUT_PERM);
	refused("", "\n<html>", OUT_TEMP);
}

/* A webhook does not say for which lines; a page that was asked for is gone on
 * from. */
static void
refunds_in_a_webhook_are_to_be_read(void **s)
{
	static const char body[] =
		"{\"id\":7,\"status\":\"completed\",\"currency\":\"EUR\","
		"\"refunds\":[{\"id\":70,\"total\":\"-10.00\"}]}";
	json_t *facts = facts_of("order.updated", body, false);

	(void)s;
	assert_int_equal(json_array_size(facts), 2);
	shop_has(json_array_get(facts, 1), "kind", "look");
	shop_has(json_array_get(facts, 1), "order", "7");
	json_decref(facts);
	facts = facts_of("", body, false);
	shop_has(fact(facts), "kind", "order");
	json_decref(facts);
}

/* An id that nobody could ask for is none. */
static void
an_id_with_blanks_is_none(void **s)
{
	json_t *facts = facts_of("",
				 "[{\"id\":\"7 8\",\"status\":"
				 "\"pending\",\"currency\":\"EUR\"}]",
				 false);

	(void)s;
	shop_has(fact(facts), "kind", "nothing");
	json_decref(facts);
}

static void
a_bad_row_does_not_hold_up_a_page(void **s)
{
	json_t *facts = facts_of("",
				 "[{\"id\":1},{\"id\":2,\"status\":\"pending\","
				 "\"currency\":\"EUR\"}]",
				 false);

	(void)s;
	assert_int_equal(json_array_size(facts), 2);
	shop_has(json_array_get(facts, 0), "kind", "nothing");
	shop_has(json_array_get(facts, 1), "kind", "order");
	json_decref(facts);
}

static void
person_is(const char *members, const char *email, const char *e164)
{
	char *all = mem_printf("\"status\":\"pending\",%s", members);
	json_t *o = order(all);
	const json_t *c = json_object_get(o, "customer");

	shop_has(c, "email", email);
	shop_has(c, "phone_e164", e164);
	json_decref(o);
	mem_free(all);
}

static void
people_are_read_with_care(void **s)
{
	(void)s;
	person_is("\"billing\":{\"email\":\" Ana@Example.ES \",\"phone\":"
		  "\"600 11 22 33\",\"country\":\"ES\"}",
		  "ana@example.es", "+34600112233");
	person_is("\"billing\":{\"email\":\"a@b.es\\r\\nBcc: c@d.es\","
		  "\"phone\":\"0034 600 112 233\"}",
		  NULL, "+34600112233");
	person_is("\"billing\":[],\"shipping\":[]", NULL, NULL);
	person_is("\"billing\":\"\",\"shipping\":{\"phone\":\"06 1234 5678\","
		  "\"country\":\"FR\"}",
		  NULL, "+33612345678");
}

static void
decodes(const char *s, const char *want)
{
	char *got = entity_decode(s);

	assert_string_equal(got, want);
	mem_free(got);
}

static void
references_are_decoded_once(void **s)
{
	(void)s;
	decodes("", "");
	decodes("a &ndash; b", "a \xe2\x80\x93 b");
	decodes("&amp;lt;", "&lt;");
	decodes("&#8211;&#x2013;", "\xe2\x80\x93\xe2\x80\x93");
	decodes("&#0;&#x110000;&#xd800;&#;&#x;",
		"&#0;&#x110000;&#xd800;&#;&#x;");
	decodes("&nosuch; & &amp", "&nosuch; & &amp");
	decodes("&apos;&quot;", "'\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_states_of_one_status),
		cmocka_unit_test(cash_on_delivery_is_not_paid),
		cmocka_unit_test(the_bin_hides),
		cmocka_unit_test(refunds_are_below_zero),
		cmocka_unit_test(money_is_never_a_double),
		cmocka_unit_test(lines_have_the_tax_that_was_shown),
		cmocka_unit_test(properties_with_an_underscore_are_internal),
		cmocka_unit_test(addresses_of_parcels_are_no_formats),
		cmocka_unit_test(completed_may_mean_delivered),
		cmocka_unit_test(raw_has_no_secrets),
		cmocka_unit_test(topics_decide),
		cmocka_unit_test(bodies_that_are_none_are_refused),
		cmocka_unit_test(refunds_in_a_webhook_are_to_be_read),
		cmocka_unit_test(an_id_with_blanks_is_none),
		cmocka_unit_test(a_bad_row_does_not_hold_up_a_page),
		cmocka_unit_test(people_are_read_with_care),
		cmocka_unit_test(references_are_decoded_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * PrestaShop: answers in JSON and XML to facts, what an order is joined with,
 * and which requests a run makes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/common/scan.h"
#include "gateways/shop/presta.h"
#include "gateways/shop/presta_xml.h"
#include "gateways/shop/read_prestashop.h"
#include "tests/unit/shop_stage.h"

#define BIG ((size_t)1024 * 1024)
#define ORDER(id, at)                                                          \
	"{\"id\":" id ",\"reference\":\"REF" id "\",\"current_state\":\"4\","  \
	"\"id_customer\":\"55\",\"id_currency\":\"1\",\"id_carrier\":\"3\","   \
	"\"id_address_invoice\":\"12\",\"id_address_delivery\":\"13\","        \
	"\"total_paid_tax_incl\":\"61.800000\",\"module\":\"bank\","           \
	"\"date_add\":\"2026-06-06 10:00:00\",\"date_upd\":\"" at "\"}"

static const struct read_about madrid = { .topic = "",
					  .zone = "Europe/Madrid",
					  .country = "ES" };

static json_t *
facts(const char *body)
{
	return shop_facts(read_prestashop, &madrid, body);
}

/* Refused, with these words and this code. */
static void
refuses(const char *body, const char *words, const char *code)
{
	shop_refuses(read_prestashop, &madrid, body, words, code);
}

static json_t *
value(const char *s)
{
	json_t *v = NULL;
	struct err e = { .text = "" };

	if (scan_json_text(s, strlen(s), 32, &v, &e) != OUT_OK)
		fail_msg("%s", e.text);
	return v;
}

static void
xml_is_what_json_would_be(void **state)
{
	static const char xml[] =
		"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n"
		"<prestashop xmlns:xlink=\"http://www.w3.org/1999/xlink\">"
		"<orders><order><id><![CDATA[7]]></id>"
		"<note>a &lt;b&gt; &amp; <![CDATA[<!DOCTYPE c>]]></note>"
		"<name><language id=\"1\">Uno</language>"
		"<language id=\"2\">One</language></name>"
		"<associations><order_rows nodeType=\"order_row\">"
		"<order_row><id>1</id></order_row></order_rows>"
		"<none nodeType=\"x\"/></associations></order>"
		"<order><id>8</id></order></orders></prestashop>";
	json_t *json =
		value("{\"orders\":[{\"id\":\"7\","
		      "\"note\":\"a <b> & <!DOCTYPE c>\","
		      "\"name\":[{\"id\":\"1\",\"value\":\"Uno\"},"
		      "{\"id\":\"2\",\"value\":\"One\"}],"
		      "\"associations\":{\"order_rows\":[{\"id\":\"1\"}],"
		      "\"none\":[]}},{\"id\":\"8\"}]}");
	json_t *out = NULL;
	struct err e = { .text = "" };

	(void)state;
	assert_int_equal(presta_xml(xml, strlen(xml), &out, &e), OUT_OK);
	assert_true(json_equal(out, json));
	json_decref(out);
	json_decref(json);
}

static void
xml_that_is_refused(void **state)
{
	struct buf deep;

	(void)state;
	refuses("<?xml version=\"1.0\"?><!DOCTYPE p><prestashop/>", "DOCTYPE",
		"");
	refuses("<!DOCTYPE p [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
		"<prestashop><order><id>&x;</id></order></prestashop>",
		"DOCTYPE", "");
	refuses("<prestashop><order><id>&x;</id></order></prestashop>",
		"well-formed", "");
	refuses("<prestashop><order><id>1</id></order>", "well-formed", "");
	refuses("<html><body>x</body></html>", "no answer", "");
	refuses("<prestashop>\xff</prestashop>", "UTF-8", "");
	buf_init(&deep, BIG);
	(void)buf_puts(&deep, "<prestashop>");
	for (int i = 0; i < PRESTA_XML_DEPTH_MAX; i++)
		(void)buf_puts(&deep, "<a>");
	refuses(buf_str(&deep), "deep", "");
	buf_release(&deep);
	refuses("<prestashop><errors><error><code><![CDATA[26]]></code>"
		"<message>no</message></error></errors></prestashop>",
		"error 26", "refused");
	refuses("{\"errors\":[{\"code\":26,\"message\":\"no\"}]}", "error 26",
		"refused");
	refuses("[1]", "no answer", "");
	refuses("", "not JSON", "");
}

static void
an_answer_alone(void **state)
{
	json_t *f = facts("[]");
	const json_t *o;

	(void)state;
	assert_int_equal(json_array_size(f), 0);
	json_decref(f);
	f = facts("{\"customers\":[{\"id\":55,\"email\":\" Pau@Example.CAT\","
		  "\"firstname\":\"Pau\",\"lastname\":\"Serra\","
		  "\"passwd\":\"$2y$10$x\",\"secure_key\":\"abc\"}]}");
	o = json_object_get(json_array_get(f, 0), "customer");
	assert_int_equal(json_object_size(o), 3);
	assert_string_equal(shop_text(o, "external_id"), "55");
	assert_string_equal(shop_text(o, "email"), "pau@example.cat");
	assert_string_equal(shop_text(o, "name"), "Pau Serra");
	json_decref(f);
	f = facts(
		"{\"order_carriers\":[{\"id\":401,\"id_order\":\"301\","
		"\"tracking_number\":\"MRW 1\"},"
		"{\"id\":402,\"id_order\":\"301\",\"tracking_number\":\"\"}]}");
	assert_int_equal(json_array_size(f), 1);
	o = json_object_get(json_array_get(f, 0), "shipment");
	assert_string_equal(shop_text(o, "order"), "301");
	assert_string_equal(shop_text(o, "tracking_number"), "MRW 1");
	json_decref(f);
}

/* A list of one row came as the row itself in older versions. */
static void
an_order_alone(void **state)
{
	json_t *f = facts(
		"{\"order\":{\"id\":301,\"reference\":\"XKBKNABJK\","
		"\"secure_key\":\"abc\",\"current_state\":\"77\","
		"\"total_paid_tax_incl\":\"61.805000\","
		"\"date_add\":\"2026-06-06 10:00:00\","
		"\"date_upd\":\"0000-00-00 00:00:00\",\"associations\":{"
		"\"order_rows\":{\"id\":\"201\",\"product_quantity\":\"2\","
		"\"product_attribute_id\":\"0\",\"product_name\":\"Taza\"}}}}");
	const json_t *o = json_object_get(json_array_get(f, 0), "order");
	const json_t *line = json_array_get(json_object_get(o, "lines"), 0);

	(void)state;
	assert_string_equal(shop_text(o, "external_id"), "301");
	assert_string_equal(shop_text(o, "number"), "XKBKNABJK");
	assert_string_equal(shop_text(o, "raw_status"), "77");
	assert_null(shop_text(o, "state")); /* nobody said what 77 means */
	assert_string_equal(shop_text(o, "total"), "61.81");
	assert_string_equal(shop_text(o, "placed_at"), "2026-06-06T08:00:00Z");
	assert_null(shop_text(o, "updated_at"));
	assert_null(shop_text(line, "variant_id"));
	assert_int_equal(json_integer_value(json_object_get(line, "quantity")),
			 2);
	assert_null(strstr(shop_text(o, "raw"), "secure_key"));
	json_decref(f);
}

/* --- a run ------------------------------------------------------------------ */

static int
begin(void **state)
{
	struct shop_stage *s = mem_new(1, sizeof *s);

	shop_stage_open(s, &pull_prestashop, &madrid,
			json_pack("{s:s, s:s}", "url", "https://t.example/",
				  "id_shop", "2"),
			json_pack("{s:s}", "key", "ABC"));
	s->start = "https://t.example/api/";
	*state = s;
	return 0;
}

static int
end(void **state)
{
	shop_stage_close(*state);
	mem_free(*state);
	return 0;
}

#define STATES                                                                 \
	"{\"order_states\":[{\"id\":4,\"paid\":\"1\",\"shipped\":\"1\","       \
	"\"unremovable\":\"1\",\"template\":[{\"id\":\"1\",\"value\":"         \
	"\"shipped\"}]},{\"id\":5,\"paid\":\"1\",\"shipped\":\"1\","           \
	"\"unremovable\":\"1\",\"template\":[{\"id\":\"1\",\"value\":\"\"}]}," \
	"{\"id\":6,\"paid\":\"0\",\"shipped\":\"0\",\"template\":"             \
	"\"order_canceled\"}]}"

static void
once_a_run(struct shop_stage *s)
{
	shop_asks(s, "order_states", "id_shop=2");
	shop_answers(s, STATES);
	shop_asks(s, "currencies", "display=%5Bid%2Ciso_code%5D");
	shop_answers(s, "{\"currencies\":[{\"id\":1,\"iso_code\":\"EUR\"}]}");
	shop_asks(s, "countries", "output_format=JSON");
	shop_answers(s, "{\"countries\":[{\"id\":6,\"iso_code\":\"ES\"}]}");
}

static void
joins(struct shop_stage *s)
{
	shop_asks(s, "customers",
		  "display=%5Bid%2Cemail%2Cfirstname%2Clastname%5D");
	shop_answers(s, "{\"customers\":[{\"id\":55,\"email\":\"p@x.es\","
			"\"firstname\":\"Pau\",\"lastname\":\"S\"}]}");
	shop_asks(s, "addresses", "filter%5Bid%5D=%5B12%7C13%5D");
	shop_answers(
		s, "{\"addresses\":[{\"id\":12,\"id_country\":\"6\","
		   "\"phone\":\"910 00 11 22\",\"phone_mobile\":\"600112233\","
		   "\"city\":\"Vic\"}]}");
	shop_asks(s, "order_details", "filter%5Bid_order%5D=%5B301%5D");
	shop_answers(s, "[]");
	shop_asks(s, "order_payments",
		  "filter%5Border_reference%5D=%5BREF301%5D");
	shop_answers(s,
		     "{\"order_payments\":[{\"id\":1,\"order_reference\":"
		     "\"REF301\",\"amount\":\"123.600000\",\"payment_method\":"
		     "\"Card\",\"transaction_id\":\"T1\"}]}");
	shop_asks(s, "order_carriers", "filter%5Bid_order%5D=%5B301%5D");
	shop_answers(s, "{\"order_carriers\":[{\"id\":401,\"id_order\":\"301\","
			"\"id_carrier\":\"9\",\"tracking_number\":\"A B\"}]}");
	shop_asks(s, "order_slip", "filter%5Bid_order%5D=%5B301%5D");
	shop_answers(
		s, "{\"order_slips\":[{\"id\":501,\"id_order\":\"301\","
		   "\"amount\":\"10.00\",\"total_products_tax_excl\":\"10.00\","
		   "\"total_products_tax_incl\":\"12.10\","
		   "\"shipping_cost_amount\":\"4.00\","
		   "\"date_add\":\"2026-06-12 09:00:00\"}]}");
	shop_asks(s, "order_histories", "filter%5Bid_order%5D=%5B301%5D");
	shop_answers(s,
		     "{\"order_histories\":[{\"id\":2,\"id_order\":\"301\","
		     "\"id_order_state\":\"4\",\"date_add\":"
		     "\"2026-06-08 09:00:00\"},{\"id\":1,\"id_order\":\"301\","
		     "\"id_order_state\":\"4\",\"date_add\":"
		     "\"2026-06-07 09:00:00\"}]}");
	shop_asks(s, "carriers", "filter%5Bid%5D=%5B3%7C9%5D");
	shop_answers(s, "{\"carriers\":[{\"id\":9,\"name\":\"MRW\",\"url\":"
			"\"https://mrw.es/?n=@\"}]}");
}

static void
a_page_is_joined(void **state)
{
	struct shop_stage *s = *state;
	const json_t *o;
	const json_t *part;

	once_a_run(s);
	shop_asks(
		s, "orders",
		"filter%5Bdate_upd%5D=%5B1970-01-01%2001%3A00%3A00%2C9999-12-31");
	assert_string_equal(s->ask.header[0], "Authorization: Basic QUJDOg==");
	shop_answers(s,
		     "{\"orders\":[" ORDER("301", "2026-06-06 10:05:00") "]}");
	assert_int_equal(json_array_size(s->told.facts), 0);
	joins(s);
	assert_int_equal(json_array_size(s->told.facts), 1);
	assert_int_equal(s->told.until_ms, 1780733100000);
	o = json_object_get(json_array_get(s->told.facts, 0), "order");
	assert_string_equal(shop_text(o, "currency"), "EUR");
	assert_string_equal(shop_text(o, "state"), "open");
	assert_string_equal(shop_text(o, "payment_state"),
			    "partially_refunded");
	assert_string_equal(shop_text(o, "fulfilment_state"), "fulfilled");
	part = json_object_get(o, "customer");
	assert_string_equal(shop_text(part, "phone_e164"), "+34600112233");
	assert_string_equal(shop_text(part, "email"), "p@x.es");
	assert_string_equal(shop_text(json_object_get(o, "billing"), "city"),
			    "Vic");
	part = json_array_get(json_object_get(o, "refunds"), 0);
	assert_string_equal(shop_text(part, "amount"), "16.10");
	/* the payment was of a cart that became two orders */
	part = json_array_get(json_object_get(o, "payments"), 0);
	assert_null(shop_text(part, "amount"));
	assert_string_equal(shop_text(part, "transaction_id"), "T1");
	part = json_array_get(json_object_get(o, "shipments"), 0);
	assert_string_equal(shop_text(part, "carrier"), "MRW");
	assert_string_equal(shop_text(part, "tracking_url"),
			    "https://mrw.es/?n=A%20B");
	assert_string_equal(shop_text(part, "shipped_at"),
			    "2026-06-07T07:00:00Z");
	shop_ends(s);
}

/* n orders from an id on, all of one minute. */
static char *
page(int first, int n, const char *at)
{
	struct buf b;

	buf_init(&b, BIG);
	(void)buf_puts(&b, "{\"orders\":[");
	for (int i = 0; i < n; i++)
		(void)buf_printf(&b, "%s{\"id\":%d,\"date_upd\":\"%s\"}",
				 i > 0 ? "," : "", first + i, at);
	(void)buf_puts(&b, "]}");
	return buf_take(&b);
}

/* Answer whatever is joined with nothing, until facts come. */
static void
join_nothing(struct shop_stage *s)
{
	while (json_array_size(s->told.facts) == 0) {
		assert_true(shop_ask(s));
		assert_null(strstr(s->ask.url, "/api/orders?"));
		shop_answers(s, "[]");
	}
}

static void
a_full_page_is_gone_on_from_its_last_time(void **state)
{
	struct shop_stage *s = *state;
	char *body;

	once_a_run(s);
	shop_asks(s, "orders", "limit=0%2C50");
	body = page(1, 50, "2026-06-06 10:00:00");
	shop_answers(s, body);
	mem_free(body);
	join_nothing(s);
	assert_int_equal(json_array_size(s->told.facts), 50);
	/* the same fifty again, for they are of the last time */
	shop_asks(s, "orders", "2026-06-06%2010%3A00%3A00%2C9999");
	assert_non_null(strstr(s->ask.url, "limit=0%2C50"));
	body = page(1, 50, "2026-06-06 10:00:00");
	shop_answers(s, body);
	mem_free(body);
	assert_int_equal(json_array_size(s->told.facts), 0);
	/* so they are gone past by place */
	shop_asks(s, "orders", "limit=50%2C50");
	body = page(51, 2, "2026-06-06 10:00:01");
	shop_answers(s, body);
	mem_free(body);
	join_nothing(s);
	assert_int_equal(json_array_size(s->told.facts), 2);
	shop_ends(s);
}

static void
what_is_no_answer(void **state)
{
	struct shop_stage *s = *state;

	shop_asks(s, "order_states", "display=");
	assert_int_equal(shop_answer(s, 503, "<html>later</html>"), OUT_OK);
	assert_true(s->told.again);
	assert_true(s->told.rest_ms > 0);
	assert_int_equal(shop_answer(s, 200, " <!DOCTYPE html><p>"), OUT_TEMP);
	assert_int_equal(shop_answer(s, 401, ""), OUT_PERM);
	assert_string_equal(s->e.code, "auth");
	assert_int_equal(shop_answer(s, 200, "x"), OUT_PERM);
	assert_string_equal(s->e.code, "not_understood");
	/* a resource that the key may not read is left out, and said */
	assert_int_equal(shop_answer(s, 405, "{\"errors\":[{\"code\":26}]}"),
			 OUT_OK);
	assert_string_equal(shop_text(json_array_get(s->told.facts, 0), "kind"),
			    "nothing");
	shop_asks(s, "currencies", "display=");
	shop_answers(s, "[]");
	shop_asks(s, "countries", "display=");
	shop_answers(s, "[]");
	shop_asks(s, "orders", "display=full");
	assert_int_equal(shop_answer(s, 405, "{\"errors\":[{\"code\":26}]}"),
			 OUT_PERM);
	assert_string_equal(s->e.code, "refused");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xml_is_what_json_would_be),
		cmocka_unit_test(xml_that_is_refused),
		cmocka_unit_test(an_answer_alone),
		cmocka_unit_test(an_order_alone),
		cmocka_unit_test_setup_teardown(a_page_is_joined, begin, end),
		cmocka_unit_test_setup_teardown(
			a_full_page_is_gone_on_from_its_last_time, begin, end),
		cmocka_unit_test_setup_teardown(what_is_no_answer, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

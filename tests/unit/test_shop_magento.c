/*
 * Magento: records to facts, and which requests a run makes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/shop/read_magento.h"
#include "tests/unit/shop_stage.h"

#define BIG ((size_t)1024 * 1024)
#define LIST(records) "{\"items\":[" records "],\"total_count\":1}"

static const struct read_about spain = { .topic = "",
					 .zone = "",
					 .country = "ES" };

static json_t *
facts(const char *body)
{
	return shop_facts(read_magento, &spain, body);
}

static void
refuses(const char *body, const char *code)
{
	shop_refuses(read_magento, &spain, body, "", code);
}

/* What one order has in a member. */
static void
order_has(const char *members, const char *name, const char *expected)
{
	char *body = mem_printf("{\"entity_id\":1,\"order_currency_code\":"
				"\"EUR\",%s}",
				members);
	json_t *f = facts(body);
	const json_t *o = json_object_get(json_array_get(f, 0), "order");
	const char *have = shop_text(o, name);

	if (expected == NULL)
		assert_null(have);
	else if (have == NULL || strcmp(have, expected) != 0)
		fail_msg("%s: %s is %s", members, name,
			 have != NULL ? have : "absent");
	json_decref(f);
	mem_free(body);
}

static void
states_are_three(void **state)
{
	(void)state;
	order_has("\"state\":\"canceled\"", "state", "cancelled");
	order_has("\"state\":\"canceled\"", "payment_state", "voided");
	order_has("\"state\":\"closed\"", "state", "completed");
	order_has("\"state\":\"holded\"", "state", "open");
	order_has("\"state\":\"a_new_one\"", "state", "open");
	order_has("\"status\":\"fraude\"", "state", NULL);
	order_has("\"status\":\"fraude\"", "raw_status", "fraude");
	order_has("\"state\":\"new\",\"grand_total\":10,\"total_due\":10",
		  "payment_state", "pending");
	order_has("\"state\":\"processing\",\"grand_total\":10.10,"
		  "\"total_paid\":10.1,\"total_due\":0",
		  "payment_state", "paid");
	order_has("\"state\":\"new\",\"grand_total\":10,\"total_paid\":4,"
		  "\"total_due\":6",
		  "payment_state", "partially_paid");
	order_has("\"state\":\"closed\",\"total_paid\":10,"
		  "\"total_refunded\":10",
		  "payment_state", "refunded");
	order_has("\"state\":\"complete\",\"total_paid\":10,"
		  "\"total_refunded\":9.99",
		  "payment_state", "partially_refunded");
	order_has("\"state\":\"processing\",\"grand_total\":0,\"total_due\":0",
		  "payment_state", "paid");
}

/* 0.1 + 0.2 has no place here, and 105.5 has two digits. */
static void
money_is_text(void **state)
{
	(void)state;
	order_has("\"grand_total\":105.5", "total", "105.50");
	order_has("\"grand_total\":0.30000000000000004", "total", "0.30");
	order_has("\"discount_amount\":-5", "discount_total", "5.00");
	order_has("\"grand_total\":1e3", "total", NULL);
	order_has("\"grand_total\":\"105.5\"", "total", "105.50");
}

static void
children_are_no_lines(void **state)
{
	json_t *f = facts(
		"{\"entity_id\":148,\"order_currency_code\":\"EUR\","
		"\"state\":\"processing\",\"items\":["
		"{\"item_id\":301,\"name\":\"Chaqueta\",\"qty_ordered\":3,"
		"\"qty_shipped\":1,\"qty_canceled\":1,\"qty_refunded\":1,"
		"\"row_total\":105},"
		"{\"item_id\":302,\"parent_item_id\":301,\"qty_ordered\":3},"
		"{\"item_id\":303,\"qty_ordered\":2.5,\"name\":\"Tela\"},"
		"{\"item_id\":304,\"qty_ordered\":9,\"is_virtual\":1}]}");
	const json_t *o = json_object_get(json_array_get(f, 0), "order");
	const json_t *lines = json_object_get(o, "lines");
	const json_t *first = json_array_get(lines, 0);

	(void)state;
	assert_int_equal(json_array_size(lines), 3);
	assert_string_equal(shop_text(first, "external_id"), "301");
	assert_string_equal(shop_text(first, "total"), "105.00");
	assert_int_equal(
		json_integer_value(json_object_get(first, "refunded_quantity")),
		1);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(lines, 1), "quantity")),
			 1);
	assert_string_equal(shop_text(o, "fulfilment_state"), "partial");
	json_decref(f);
}

static void
nothing_of_a_card_is_kept(void **state)
{
	json_t *f = facts(
		"{\"entity_id\":1,\"protect_code\":\"abc\",\"remote_ip\":"
		"\"192.0.2.9\",\"payment\":{\"method\":\"stripe\","
		"\"cc_last4\":\"4242\",\"additional_information\":[\"tok_1\"]},"
		"\"customer_firstname\":\"=cmd\\n\",\"customer_email\":"
		"\"a@x.es\\r\\nBcc: b@x.es\"}");
	const json_t *o = json_object_get(json_array_get(f, 0), "order");
	char *all = json_dumps(o, JSON_COMPACT);

	(void)state;
	assert_null(strstr(all, "4242"));
	assert_null(strstr(all, "tok_1"));
	assert_null(strstr(all, "192.0.2.9"));
	assert_null(strstr(shop_text(o, "raw"), "protect_code"));
	assert_null(shop_text(json_object_get(o, "customer"), "email"));
	assert_string_equal(shop_text(json_object_get(o, "customer"), "name"),
			    "=cmd");
	mem_free(all);
	json_decref(f);
}

static void
parcels_and_money_that_went_back(void **state)
{
	json_t *f = facts(LIST(
		"{\"entity_id\":77,\"order_id\":148,\"created_at\":"
		"\"2026-06-08 07:00:00\",\"items\":[{\"order_item_id\":301,"
		"\"qty\":1}],\"tracks\":[{\"entity_id\":5,\"track_number\":"
		"\"1Z1\",\"title\":\"UPS\",\"carrier_code\":\"ups\"},"
		"{\"entity_id\":6,\"track_number\":\"1Z2\",\"title\":"
		"\"Nacex\",\"carrier_code\":\"custom\"}]}"));
	const json_t *s = json_object_get(json_array_get(f, 1), "shipment");

	(void)state;
	assert_int_equal(json_array_size(f), 2);
	assert_string_equal(shop_text(s, "external_id"), "77-6");
	assert_string_equal(shop_text(s, "order"), "148");
	assert_string_equal(shop_text(s, "carrier"), "Nacex");
	assert_string_equal(shop_text(s, "shipped_at"), "2026-06-08T07:00:00Z");
	json_decref(f);
	f = facts(LIST("{\"entity_id\":33,\"order_id\":148,\"state\":2,"
		       "\"grand_total\":105.5,\"order_currency_code\":\"JPY\"},"
		       "{\"entity_id\":34,\"order_id\":148,\"state\":1,"
		       "\"grand_total\":1}"));
	assert_int_equal(json_array_size(f), 1);
	s = json_array_get(f, 0);
	assert_string_equal(shop_text(s, "order"), "148");
	assert_string_equal(shop_text(json_object_get(s, "refund"), "amount"),
			    "106");
	json_decref(f);
}

static void
what_is_no_answer_is_refused(void **state)
{
	(void)state;
	refuses("{\"message\":\"The consumer isn't authorized\"}", "refused");
	refuses("[]", "");
	refuses("{}", "");
	refuses("<html>", "");
	refuses("{\"entity_id\":1", "");
}

/* --- a run ------------------------------------------------------------------ */

static int
begin(void **state)
{
	struct shop_stage *s = mem_new(1, sizeof *s);

	shop_stage_open(s, &pull_magento, &spain,
			json_pack("{s:s}", "url", "https://m.example"),
			json_pack("{s:s}", "token", "abc"));
	s->start = "https://m.example/rest/V1/";
	s->since_ms = 1780732800000;
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

static void
a_page_is_joined(void **state)
{
	struct shop_stage *s = *state;
	const json_t *o;

	shop_asks(s, "orders", "value%5D=2026-06-06%2008%3A00%3A00");
	assert_non_null(strstr(s->ask.url, "condition_type%5D=gteq"));
	assert_string_equal(s->ask.header[0], "Authorization: Bearer abc");
	shop_answers(s,
		     LIST("{\"entity_id\":148,\"order_currency_code\":\"EUR\","
			  "\"state\":\"processing\",\"grand_total\":10,"
			  "\"updated_at\":\"2026-06-07 08:01:00\"}"));
	shop_asks(s, "shipments", "value%5D=148");
	assert_non_null(strstr(s->ask.url, "condition_type%5D=in"));
	shop_answers(s, "{\"items\":[{\"entity_id\":77,\"order_id\":148,"
			"\"tracks\":[]},{\"entity_id\":78,\"order_id\":149,"
			"\"tracks\":[]}],\"total_count\":2}");
	assert_int_equal(json_array_size(s->told.facts), 0);
	shop_asks(s, "creditmemos", "value%5D=148");
	shop_answers(s, "{\"items\":[],\"total_count\":0}");
	assert_int_equal(json_array_size(s->told.facts), 0);
	shop_asks(s, "returns", "value%5D=148");
	shop_answers(s, "{\"items\":[{\"entity_id\":5,\"order_id\":148,"
			"\"date_requested\":\"2026-06-20 10:00:00\",\"status\":"
			"\"partially_authorized\",\"comments\":[{\"comment\":"
			"\"We placed it\",\"admin\":true},{\"comment\":"
			"\"Talla\",\"admin\":false}],\"items\":[{"
			"\"order_item_id\":301,\"qty_requested\":\"2.0000\"}]},"
			"{\"entity_id\":6,\"order_id\":149}],"
			"\"total_count\":2}");
	assert_int_equal(s->told.until_ms, 1780819260000);
	o = json_object_get(json_array_get(s->told.facts, 0), "order");
	assert_int_equal(json_array_size(json_object_get(o, "shipments")), 1);
	assert_int_equal(json_array_size(json_object_get(o, "returns")), 1);
	o = json_array_get(json_object_get(o, "returns"), 0);
	assert_string_equal(shop_text(o, "external_id"), "5");
	assert_string_equal(shop_text(o, "status"), "approved");
	assert_string_equal(shop_text(o, "reason"), "Talla");
	assert_string_equal(shop_text(o, "at"), "2026-06-20T10:00:00Z");
	o = json_array_get(json_object_get(o, "lines"), 0);
	assert_string_equal(shop_text(o, "line"), "301");
	assert_int_equal(json_integer_value(json_object_get(o, "quantity")), 2);
	shop_ends(s);
}

/* So many shipments that Magento gives them in pages. */
static char *
full(const char *record, int n, int total)
{
	struct buf b;

	buf_init(&b, BIG);
	(void)buf_puts(&b, "{\"items\":[");
	for (int i = 0; i < n; i++)
		(void)buf_printf(&b, "%s%s", i > 0 ? "," : "", record);
	(void)buf_printf(&b, "],\"total_count\":%d}", total);
	return buf_take(&b);
}

static void
parts_have_pages_too(void **state)
{
	struct shop_stage *s = *state;
	char *body = full("{\"entity_id\":7,\"order_id\":1,\"tracks\":[]}", 100,
			  200);

	shop_asks(s, "orders", "currentPage%5D=1");
	shop_answers(s, LIST("{\"entity_id\":1,\"updated_at\":"
			     "\"2026-06-07 08:01:00\"}"));
	shop_asks(s, "shipments", "currentPage%5D=1");
	shop_answers(s, body);
	shop_asks(s, "shipments", "currentPage%5D=2");
	shop_answers(s, body);
	/* 200 of 200: the third page would be the second one again */
	shop_asks(s, "creditmemos", "currentPage%5D=1");
	shop_answers(s, "{\"items\":[],\"total_count\":0}");
	shop_asks(s, "returns", "currentPage%5D=1");
	shop_answers(s, "{\"items\":[],\"total_count\":0}");
	assert_int_equal(json_array_size(s->told.facts), 1);
	shop_ends(s);
	mem_free(body);
}

static void
what_is_no_answer(void **state)
{
	struct shop_stage *s = *state;

	shop_asks(s, "orders", "pageSize%5D=50");
	assert_int_equal(shop_answer(s, 429, "{}"), OUT_OK);
	assert_true(s->told.again);
	assert_int_equal(shop_answer(s, 200, "<html>"), OUT_TEMP);
	assert_int_equal(shop_answer(s, 401, "{\"message\":\"x\"}"), OUT_PERM);
	assert_string_equal(s->e.code, "auth");
	assert_int_equal(shop_answer(s, 400, "{\"message\":\"x\"}"), OUT_PERM);
	assert_string_equal(s->e.code, "refused");
	shop_answers(s, LIST("{\"entity_id\":1,\"updated_at\":"
			     "\"2026-06-07 08:01:00\"}"));
	/* a token without the right to shipments */
	shop_asks(s, "shipments", "value%5D=1");
	assert_int_equal(shop_answer(s, 401, "{\"message\":\"x\"}"), OUT_OK);
	assert_string_equal(shop_text(json_array_get(s->told.facts, 0), "kind"),
			    "nothing");
	shop_asks(s, "creditmemos", "value%5D=1");
	shop_answers(s, "{\"items\":[],\"total_count\":0}");
	/* Open Source, in whatever words */
	shop_asks(s, "returns", "value%5D=1");
	assert_int_equal(shop_answer(s, 404, "<html>"), OUT_OK);
	assert_int_equal(json_array_size(s->told.facts), 2);
	shop_ends(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_are_three),
		cmocka_unit_test(money_is_text),
		cmocka_unit_test(children_are_no_lines),
		cmocka_unit_test(nothing_of_a_card_is_kept),
		cmocka_unit_test(parcels_and_money_that_went_back),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test_setup_teardown(a_page_is_joined, begin, end),
		cmocka_unit_test_setup_teardown(parts_have_pages_too, begin,
						end),
		cmocka_unit_test_setup_teardown(what_is_no_answer, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

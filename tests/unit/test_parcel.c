/*
 * Parcels of one tracking number at several shops: what a shop tells of its own
 * order's is nobody else's; what a carrier tells finds the only one there is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "tests/unit/fixture.h"

method_fn m_order_get;
method_fn m_order_put;
method_fn m_shipment_put;

#define NUMBER "0123456789012"
#define ORDER(more)                                                            \
	"{\"external_id\":\"1\",\"number\":\"#1\",\"updated_at\":"             \
	"\"2026-01-05T08:00:00Z\"" more "}"
#define PARCEL                                                                 \
	",\"shipments\":[{\"external_id\":\"p\",\"carrier\":\"SEUR\","         \
	"\"tracking_number\":\"" NUMBER "\",\"status\":\"shipped\","           \
	"\"status_at\":\"2026-01-05T08:00:00Z\"}]"
#define NEWS(more)                                                              \
	"{\"tracking_number\":\"" NUMBER "\",\"carrier\":\"SEUR\","             \
	"\"status\":\"delivered\",\"updated_at\":\"2026-01-06T08:00:00Z\"" more \
	"}"

static int
begin(void **state)
{
	int rc = fixture_setup(state);

	fixture_exec("INSERT INTO connection (id, name, kind, role, settings, "
		     "created_ms) VALUES (70, 'a', 'orders', 'shop', '{}', 1), "
		     "(71, 'b', 'orders', 'shop', '{}', 1)");
	return rc;
}

static void
put(method_fn *fn, const char *list, const char *shop, const char *text)
{
	json_t *one = json_loads(text, 0, NULL);
	struct call c;

	assert_non_null(one);
	c = fixture_call(
		fn, ROLE_SHOP, 0,
		json_pack("{s:s, s:[o]}", "connection", shop, list, one));
	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	call_release(&c);
}

static void
order(const char *shop, const char *text)
{
	put(m_order_put, "orders", shop, text);
}

static void
news(const char *shop, const char *text)
{
	put(m_shipment_put, "shipments", shop, text);
}

/* The status of the only parcel of order 1 at a shop; "": there is none. */
static const char *
status(int shop)
{
	return shop == 70
		       ? fixture_text(
				 "SELECT coalesce((SELECT s.status FROM "
				 "shipment s JOIN shop_order o ON o.id = "
				 "s.order_id WHERE o.connection_id = 70), '')")
		       : fixture_text(
				 "SELECT coalesce((SELECT s.status FROM "
				 "shipment s JOIN shop_order o ON o.id = "
				 "s.order_id WHERE o.connection_id = 71), '')");
}

static void
parcels_are(int64_t n)
{
	assert_int_equal(fixture_int("SELECT count(*) FROM shipment"), n);
}

static void
what_a_shop_tells_of_its_order_is_not_anothers(void **state)
{
	(void)state;
	order("a", ORDER(PARCEL));
	news("b", NEWS(",\"order\":\"1\",\"external_id\":\"p\""));
	assert_string_equal(status(70), "shipped");
	parcels_are(2);
	/* it waited for its own */
	order("b", ORDER(PARCEL));
	assert_string_equal(status(71), "delivered");
	assert_string_equal(status(70), "shipped");
	parcels_are(2);
}

static void
what_waits_for_an_order_is_not_taken_by_another(void **state)
{
	(void)state;
	news("b", NEWS(",\"order\":\"1\",\"external_id\":\"p\""));
	order("a", ORDER(PARCEL));
	assert_string_equal(status(70), "shipped");
	order("b", ORDER(""));
	assert_string_equal(status(71), "delivered");
	parcels_are(2);
}

static void
what_a_carrier_tells_finds_the_only_one(void **state)
{
	(void)state;
	order("a", ORDER(PARCEL));
	news("b", NEWS(""));
	assert_string_equal(status(70), "delivered");
	parcels_are(1);
}

static void
what_a_carrier_told_waits_for_whoever_lists_it(void **state)
{
	(void)state;
	news("b", NEWS(",\"order_number\":\"other\""));
	order("a", ORDER(PARCEL));
	assert_string_equal(status(70), "delivered");
	parcels_are(1);
}

static void
lines_of_a_parcel_that_is_told_alone_are_kept(void **state)
{
	struct call c;
	const json_t *one;

	(void)state;
	order("a", ORDER(",\"lines\":[{\"external_id\":\"9\"}]"));
	news("a", NEWS(",\"order\":\"1\",\"lines\":[{\"line\":\"9\","
		       "\"quantity\":2}]"));
	c = fixture_call(m_order_get, ROLE_CONTROL, 0,
			 json_pack("{s:I}", "id",
				   fixture_int("SELECT id FROM shop_order")));
	assert_int_equal(c.outcome, OUT_OK);
	one = json_object_get(json_object_get(c.result, "order"), "shipments");
	one = json_object_get(json_array_get(one, 0), "lines");
	assert_int_equal(json_array_size(one), 1);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(one, 0), "quantity")),
			 2);
	call_release(&c);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(what_a_shop_tells_of_its_order_is_not_anothers),
		T(what_waits_for_an_order_is_not_taken_by_another),
		T(what_a_carrier_tells_finds_the_only_one),
		T(what_a_carrier_told_waits_for_whoever_lists_it),
		T(lines_of_a_parcel_that_is_told_alone_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Each promise that checks.sql makes of orders is broken once, and found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "tests/unit/fixture.h"

/* An order with everything that belongs to it, linked to an incident. */
static int
begin(void **state)
{
	static const char desk[] =
		"INSERT INTO connection (id, name, kind, role, settings, "
		"created_ms) VALUES (70, 'a', 'orders', 'shop', '{}', 1), "
		"(71, 'm', 'pipe', 'mail', '{}', 1);"
		"INSERT INTO customer (id, name, created_ms) VALUES "
		"(500, 'Ana', 1), (501, 'Eva', 1);"
		"INSERT INTO shop_order (id, connection_id, external_id, "
		"currency, refunded_total, placed_ms, updated_ms, told_ms, "
		"customer_id, customer_basis, buyer_email, buyer, sha256) "
		"VALUES (1, 70, '1', 'EUR', 500, 1, 10, 1, 500, 'email', "
		"'a@b.example', '{\"email\":\"a@b.example\"}', 'x');"
		"INSERT INTO order_line (order_id, number, quantity) "
		"VALUES (1, 1, 1), (1, 2, 1);"
		"INSERT INTO order_payment (order_id, number) VALUES (1, 1);"
		"INSERT INTO order_refund (order_id, external_id, amount) "
		"VALUES (1, 'r', 500);"
		"INSERT INTO order_return (order_id, external_id, status) "
		"VALUES (1, 'r', 'closed');"
		"INSERT INTO shipment (id, order_id, listed) "
		"VALUES (1, 1, '{}');"
		"INSERT INTO checkpoint (shipment_id, number) VALUES (1, 1);"
		"INSERT INTO shop_cursor (connection_id, resource) "
		"VALUES (70, 'orders');"
		"INSERT INTO import_run (id, connection_id, name, sha256, "
		"started_ms) VALUES (1, 70, 'f', 's', 1);"
		"INSERT INTO privacy_request (id, connection_id, kind, "
		"external_id, asked_ms, due_ms) "
		"VALUES (1, 70, 'data_request', '7', 1, 2)";
	int rc = fixture_setup(state);

	fixture_exec(desk);
	return rc;
}

static const struct {
	const char *check;
	const char *sql;
} planted[] = {
	{ "order_connection", "UPDATE shop_order SET connection_id = 71" },
	{ "order_customer", "UPDATE shop_order SET customer_basis = ''" },
	{ "order_customer", "UPDATE shop_order SET customer_id = NULL" },
	{ "order_deleted", "UPDATE shop_order SET gone_ms = 10" },
	{ "order_told", "UPDATE shop_order SET sha256 = ''" },
	{ "order_refunded", "UPDATE shop_order SET refunded_total = 499" },
	{ "order_refunded", "UPDATE shop_order SET refunded_total = NULL" },
	{ "order_refunded", "UPDATE order_refund SET amount = 1" },
	{ "order_buyer", "UPDATE shop_order SET buyer_email = 'x@y.example'" },
	{ "order_buyer", "UPDATE shop_order SET buyer_phone = '+34600'" },
	{ "order_buyer", "UPDATE shop_order SET buyer = '{}'" },
	{ "order_numbers", "DELETE FROM order_line WHERE number = 1" },
	{ "order_numbers", "UPDATE order_payment SET number = 2" },
	{ "order_raw", "UPDATE shop_order SET raw = X'78'" },
	{ "shipment_place", "UPDATE checkpoint SET number = 2" },
	{ "shipment_waiting", "UPDATE shipment SET order_id = NULL" },
	{ "order_json", "UPDATE shop_order SET shipping = '{'" },
	{ "order_json", "UPDATE order_line SET properties = ''" },
	{ "order_json", "UPDATE order_refund SET lines = '['" },
	{ "order_json", "UPDATE order_return SET steps = '['" },
	{ "order_json", "UPDATE shipment SET tracked = '{'" },
	{ "shop_rows", "UPDATE shop_cursor SET connection_id = 71" },
	{ "shop_rows", "UPDATE import_run SET connection_id = 71" },
	{ "shop_rows", "UPDATE privacy_request SET connection_id = 71" },
	{ "import_ended", "UPDATE import_run SET state = 'done'" },
	{ "import_ended", "UPDATE import_run SET changed = 1" },
	{ "privacy_done", "UPDATE privacy_request SET done_ms = 2" },
	{ "customer_merged", "UPDATE customer SET merged_into = 500 "
			     "WHERE id = 501" },
	{ "merged_rows", "UPDATE customer SET merged_into = 501 "
			 "WHERE id = 500" },
	{ "merge_journal", "INSERT INTO customer_merge (kept_id, gone_id, "
			   "at_ms, journal) VALUES (500, 501, 1, '{')" },
};

static void
each_broken_promise_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof planted / sizeof planted[0]; i++)
		fixture_finds(planted[i].check, planted[i].sql);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_broken_promise_is_found,
						begin, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

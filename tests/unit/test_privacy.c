/* What shops ask for on behalf of people: erased, shown, and forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "daemon/store/privacy.h"
#include "tests/unit/fixture.h"

method_fn m_privacy_done;
method_fn m_privacy_get;
method_fn m_privacy_list;
method_fn m_privacy_put;

/* Ana (customer 1) bought twice with an account, somebody else once, a guest
 * once; another shop has an order of the same account number. */
static int
setup(void **state)
{
	fixture_setup(state);
	fixture_exec(
		"INSERT INTO connection (id, name, kind, role, settings, "
		"created_ms) VALUES (7, 'shop', 'shopify', 'shop', '{}', 1), "
		"(8, 'other', 'shopify', 'shop', '{}', 1)");
	fixture_exec("INSERT INTO customer (id, name, created_ms) VALUES "
		     "(1, 'Ana', 1), (2, 'Eva', 1)");
	fixture_exec("INSERT INTO identity (customer_id, kind, scope, value, "
		     "verified, created_ms) VALUES "
		     "(1, 'shop_customer', '7', '11', 1, 1), "
		     "(2, 'shop_customer', '7', '12', 1, 1), "
		     "(2, 'shop_customer', '8', '11', 1, 1)");
	fixture_exec(
		"INSERT INTO shop_order (id, connection_id, external_id, "
		"placed_ms, updated_ms, told_ms, buyer_external_id, buyer, "
		"note, sha256, customer_id, customer_basis) VALUES "
		"(1, 7, '1001', 1, 1, 1, '11', '{\"external_id\":\"11\"}', "
		"'timbre roto', 'x', 1, 'account'), "
		"(2, 7, '1002', 1, 1, 1, '11', '{\"external_id\":\"11\"}', '', "
		"'x', 1, 'account'), "
		"(3, 7, '1003', 1, 1, 1, '12', '{\"external_id\":\"12\"}', '', "
		"'x', 2, 'account'), "
		"(4, 7, '1004', 1, 1, 1, '', '{}', '', 'x', NULL, ''), "
		"(5, 8, '1001', 1, 1, 1, '11', '{\"external_id\":\"11\"}', '', "
		"'x', 2, 'account')");
	fixture_exec("INSERT INTO order_line (order_id, number, name, "
		     "quantity) VALUES (1, 1, 'Silla', 2)");
	fixture_exec("INSERT INTO shipment (order_id, listed) "
		     "VALUES (1, '{}')");
	return 0;
}

static int64_t
asks(const char *topic, const char *account, json_t *body)
{
	json_t *p =
		json_pack("{s:s, s:s}", "connection", "shop", "topic", topic);
	struct call c;
	int64_t id;

	if (account != NULL)
		(void)json_object_set_new(p, "id", json_string(account));
	if (body != NULL)
		(void)json_object_set_new(p, "body", body);
	c = fixture_call(m_privacy_put, ROLE_SHOP, 0, p);
	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	id = got_int(&c, "id");
	call_release(&c);
	return id;
}

static struct call
by_id(method_fn *fn, int64_t id)
{
	return fixture_call(fn, ROLE_CONSOLE, fx.agent_id,
			    json_pack("{s:I}", "id", (json_int_t)id));
}

static const char *
orders(void)
{
	return fixture_text("SELECT coalesce(group_concat(id), '') FROM "
			    "(SELECT id FROM shop_order ORDER BY id)");
}

static void
a_person_is_erased(void **state)
{
	(void)state;
	assert_int_equal(asks("customers/redact", "11", NULL), 1);
	/* the shop asks again: it is the same */
	assert_int_equal(asks("customers/redact", "11", NULL), 1);
	assert_string_equal(orders(), "1,2,3,4,5");
	(void)fixture_tick();
	assert_string_equal(orders(), "3,4,5");
	assert_int_equal(fixture_int("SELECT count(*) FROM order_line"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM shipment"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM identity "
				     "WHERE scope = '7' AND value = '11'"),
			 0);
	assert_string_equal(
		fixture_text("SELECT name FROM customer WHERE id = 1"), "");
	assert_string_equal(
		fixture_text("SELECT name FROM customer WHERE id = 2"), "Eva");
	assert_string_equal(fixture_text("SELECT external_id || asked || "
					 "counts FROM privacy_request"),
			    "{}{\"orders\":2}");
	assert_int_equal(fixture_int("SELECT count(*) FROM audit"), 3);
	assert_int_equal(fixture_int("SELECT count(*) FROM audit "
				     "WHERE action = 'privacy.done'"),
			 1);
	/* it is done, so the next one is another */
	assert_int_equal(asks("customers/redact", "11", NULL), 2);
	(void)fixture_tick();
	assert_string_equal(orders(), "3,4,5");
}

static void
who_wrote_keeps_the_name(void **state)
{
	(void)state;
	fixture_exec("INSERT INTO identity (customer_id, kind, value, "
		     "created_ms) VALUES (1, 'email', 'ana@x.test', 1)");
	(void)asks("customers/redact", "11", NULL);
	(void)fixture_tick();
	assert_string_equal(orders(), "3,4,5");
	assert_string_equal(
		fixture_text("SELECT name FROM customer WHERE id = 1"), "Ana");
}

static void
orders_are_named(void **state)
{
	(void)state;
	/* a guest has no account; ids come as numbers and as texts */
	(void)asks("customers/redact", NULL,
		   json_pack("{s:[i, s, i]}", "orders_to_redact", 1004, "1003",
			     9999));
	(void)fixture_tick();
	assert_string_equal(orders(), "1,2,5");
	assert_int_equal(fixture_int("SELECT count(*) FROM identity"), 3);
}

static void
a_whole_shop_is_erased_in_slices(void **state)
{
	int n = 0;

	(void)state;
	fixture_exec("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 "
		     "FROM c WHERE x < 450) INSERT INTO shop_order "
		     "(connection_id, external_id, placed_ms, updated_ms, "
		     "told_ms, sha256) SELECT 7, 'm' || x, 1, 1, 1, 'x' "
		     "FROM c");
	(void)asks("shop/redact", "548380009", NULL);
	while (fixture_int("SELECT done_ms IS NULL FROM privacy_request") &&
	       n < 20) {
		int64_t before = fixture_int("SELECT count(*) FROM shop_order");
		int64_t left;

		(void)fixture_tick();
		left = fixture_int("SELECT count(*) FROM shop_order");
		assert_in_range(before - left, 0, PRIVACY_ERASE);
		n++;
	}
	assert_int_equal(n, 3);
	assert_string_equal(orders(), "5");
	assert_string_equal(fixture_text("SELECT counts FROM privacy_request"),
			    "{\"orders\":454}");
	assert_int_equal(fixture_int("SELECT count(*) FROM identity "
				     "WHERE scope = '7'"),
			 0);
}

static void
what_is_known_is_shown(void **state)
{
	int64_t id = asks("customers/data_request", "11", NULL);
	struct call c;
	json_t *list;
	json_t *line;

	(void)state;
	(void)fixture_tick();
	assert_string_equal(orders(), "1,2,3,4,5");
	c = by_id(m_privacy_get, id);
	assert_int_equal(c.outcome, OUT_OK);
	list = json_object_get(c.result, "orders");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(list, 0), "note")),
			    "timbre roto");
	line = json_array_get(json_object_get(json_array_get(list, 0), "lines"),
			      0);
	assert_string_equal(json_string_value(json_object_get(line, "name")),
			    "Silla");
	assert_null(json_object_get(c.result, "more"));
	call_release(&c);
	c = by_id(m_privacy_done, id);
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	c = by_id(m_privacy_get, id);
	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, "conflict");
	call_release(&c);
	c = by_id(m_privacy_done, id);
	assert_string_equal(c.err.code, "conflict");
	call_release(&c);
	assert_string_equal(
		fixture_text("SELECT external_id FROM privacy_request"), "");
}

static void
an_erasure_is_nobodys_to_end(void **state)
{
	int64_t id = asks("customers/redact", "11", NULL);
	struct call c = by_id(m_privacy_done, id);

	(void)state;
	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, "conflict");
	call_release(&c);
	c = fixture_call(m_privacy_list, ROLE_CONSOLE, fx.agent_id,
			 json_pack("{s:b}", "waiting", 1));
	assert_int_equal(json_array_size(json_object_get(c.result, "requests")),
			 1);
	call_release(&c);
	(void)fixture_tick();
	c = fixture_call(m_privacy_list, ROLE_CONSOLE, fx.agent_id,
			 json_pack("{s:b}", "waiting", 1));
	assert_int_equal(json_array_size(json_object_get(c.result, "requests")),
			 0);
	call_release(&c);
}

static void
another_topic_is_refused(void **state)
{
	struct call c =
		fixture_call(m_privacy_put, ROLE_SHOP, 0,
			     json_pack("{s:s, s:s}", "connection", "shop",
				       "topic", "orders/create"));

	(void)state;
	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, "bad_params");
	call_release(&c);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(a_person_is_erased),
		T(who_wrote_keeps_the_name),
		T(orders_are_named),
		T(a_whole_shop_is_erased_in_slices),
		T(what_is_known_is_shown),
		T(an_erasure_is_nobodys_to_end),
		T(another_topic_is_refused),
	};

	return cmocka_run_group_tests_name("privacy", tests, NULL, NULL);
}

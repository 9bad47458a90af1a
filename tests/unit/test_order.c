/* The read copy of orders: whatever order they are told in, one state; events;
 * links; a customer's panel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/order.h"
#include "daemon/store/event.h"
#include "tests/unit/fixture.h"

method_fn m_customer_panel;
method_fn m_order_find;
method_fn m_order_get;
method_fn m_order_gone;
method_fn m_order_link;
method_fn m_order_list;
method_fn m_order_put;
method_fn m_order_unlink;
method_fn m_shipment_put;

#define SHOP_A 70
#define TEXT_MAX 2048

static int
begin(void **state)
{
	int rc = fixture_setup(state);

	fixture_exec("INSERT INTO connection (id, name, kind, role, settings, "
		     "created_ms) VALUES (70, 'a', 'orders', 'shop', '{}', 1), "
		     "(71, 'b', 'orders', 'shop', '{}', 1)");
	fixture_exec("INSERT INTO customer (id, name, created_ms) "
		     "VALUES (500, 'Ana', 1)");
	fixture_exec("INSERT INTO identity (customer_id, kind, scope, value, "
		     "verified, created_ms) VALUES "
		     "(500, 'shop_customer', '70', '77', 1, 1)");
	return rc;
}

/* --- one state, whatever the order ---------------------------------------- */

enum telling {
	TELL_FIRST,    /* open, paid */
	TELL_SENT,     /* a minute later: two lines, a parcel */
	TELL_SAME_S,   /* in the same second: money went back */
	TELL_POLLED,   /* the same second once more, by polling */
	TELL_LAST,     /* an hour later: another parcel */
	TELL_GONE,     /* deleted, between the two before */
	TELL_TRACKED,  /* the carrier: in transit */
	TELL_ARRIVED,  /* the carrier: arrived */
	TELL_ARRIVED2, /* at the same instant, something else */
	TELL_COUNT
};

#define HEAD                                                                   \
	"{\"external_id\":\"%s\",\"number\":\"N-%s\",\"currency\":\"EUR\","    \
	"\"placed_at\":\"2026-01-05T09:00:00Z\",\"total\":\"30.00\","

static const char *const orders[] = {
	[TELL_FIRST] = HEAD "\"updated_at\":\"2026-01-05T09:00:00Z\","
			    "\"state\":\"open\",\"payment_state\":\"paid\","
			    "\"promised_at\":\"2026-01-09T00:00:00Z\"}",
	[TELL_SENT] = HEAD
	"\"updated_at\":\"2026-01-05T09:01:00Z\",\"state\":\"open\","
	"\"payment_state\":\"paid\",\"fulfilment_state\":\"fulfilled\","
	"\"lines\":[{\"name\":\"x\"},{\"name\":\"y\",\"quantity\":2}],"
	"\"shipments\":[{\"external_id\":\"p1\",\"carrier\":\"SEUR\","
	"\"tracking_number\":\"T-%s\",\"status\":\"shipped\",\"status_at\":"
	"\"2026-01-05T09:01:00Z\"}]}",
	[TELL_SAME_S] = HEAD
	"\"updated_at\":\"2026-01-05T09:01:00Z\",\"state\":\"open\","
	"\"payment_state\":\"partially_refunded\",\"lines\":[{\"name\":"
	"\"x\"}],\"refunds\":[{\"external_id\":\"r\",\"amount\":\"5\"}]}",
	[TELL_POLLED] = HEAD
	"\"updated_at\":\"2026-01-05T09:01:00Z\",\"state\":\"completed\","
	"\"payment_state\":\"paid\",\"shipments\":[{\"external_id\":\"p1\","
	"\"carrier\":\"SEUR\",\"tracking_number\":\"T-%s\"}]}",
	[TELL_LAST] = HEAD
	"\"updated_at\":\"2026-01-05T10:00:00Z\",\"state\":\"completed\","
	"\"payment_state\":\"paid\",\"fulfilment_state\":\"fulfilled\","
	"\"shipments\":[{\"external_id\":\"p2\",\"carrier\":\"MRW\","
	"\"tracking_number\":\"U-%s\",\"status\":\"delivered\","
	"\"delivered_at\":\"2026-01-05T09:59:00Z\"}]}",
};

#define TRACK                                                                  \
	"{\"tracking_number\":\"t %s\",\"carrier\":\"seur-api\","              \
	"\"order_number\":\"n%s\","

static const char *const trackings[] = {
	[TELL_TRACKED] = TRACK "\"status\":\"in_transit\",\"updated_at\":"
			       "\"2026-01-05T12:00:00Z\",\"checkpoints\":["
			       "{\"at\":\"2026-01-05T12:00:00Z\",\"place\":"
			       "\"Madrid\"}]}",
	[TELL_ARRIVED] = TRACK "\"status\":\"delivered\",\"updated_at\":"
			       "\"2026-01-06T12:00:00Z\",\"checkpoints\":["
			       "{\"text\":\"a\"},{\"text\":\"b\"}]}",
	[TELL_ARRIVED2] = TRACK "\"status\":\"exception\",\"updated_at\":"
				"\"2026-01-06T12:00:00Z\"}",
};

/* One telling of an order; in the transaction that is open. */
static void
tell(enum telling what, int64_t shop, const char *id)
{
	struct order_teller t = { .connection_id = shop,
				  .polled = what == TELL_POLLED,
				  .now_ms = fx.now_ms };
	struct err e = { 0 };
	char text[TEXT_MAX];
	json_t *in = NULL;
	json_t *out = NULL;
	enum outcome o;

	if (what == TELL_GONE) {
		/* 2026-01-05T09:30:00Z */
		o = order_put_gone(fx.store, &t, id, T0_MS + 1800000, &out, &e);
	} else {
		bool tracking = what >= TELL_TRACKED;

		(void)snprintf(text, sizeof text,
			       tracking ? trackings[what] : orders[what], id,
			       id, id);
		in = json_loads(text, 0, NULL);
		assert_non_null(in);
		o = tracking ? order_put_tracking(fx.store, &t, in, &out, &e)
			     : order_put(fx.store, &t, in, &out, &e);
	}
	if (o != OUT_OK)
		fail_msg("%s", e.text);
	if (strcmp(json_string_value(json_object_get(out, "change")),
		   "refused") == 0)
		fail_msg("%s", json_string_value(json_object_get(out, "why")));
	json_decref(in);
	json_decref(out);
}

/* All that is stored of an order but rows, our own instants, and what names
 * it. */
static void
state_of(int64_t shop, const char *id, char out[TEXT_MAX])
{
	char sql[TEXT_MAX];

	(void)snprintf(
		sql, sizeof sql,
		"SELECT json_array(count(o.id), max(o.state), "
		"max(o.payment_state), max(o.fulfilment_state), max(o.total), "
		"max(o.refunded_total), max(o.placed_ms), max(o.updated_ms), "
		"max(o.deleted), max(o.gone_ms), max(o.promised_s), "
		"max(o.delivered_ms), max(o.polled), "
		"(SELECT count(*) FROM order_line l WHERE l.order_id = o.id), "
		"(SELECT count(*) FROM order_refund r WHERE r.order_id = o.id), "
		"(SELECT json_group_array(json_array(x.external_id, x.carrier, "
		"x.status, x.status_ms, x.delivered_ms, x.order_id = o.id, "
		"x.listed IS NULL, x.tracked IS NULL, (SELECT count(*) "
		"FROM checkpoint k WHERE k.shipment_id = x.id))) FROM "
		"(SELECT * FROM shipment WHERE tracking_key IN "
		"('T' || '%s', 'U' || '%s') "
		"ORDER BY tracking_key, external_id) x)) "
		"FROM shop_order o WHERE o.connection_id = %lld "
		"AND o.external_id = '%s'",
		id, id, (long long)shop, id);
	(void)snprintf(out, TEXT_MAX, "%s", fixture_text(sql));
}

static void
transaction_begin(void)
{
	struct err e = { 0 };

	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
}

static void
transaction_commit(void)
{
	struct err e = { 0 };

	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	event_batch_drop(fx.store);
}

/* Told in that order, each n times: all must be as first is. */
static void
told(const enum telling *what, int n, int times, char first[TEXT_MAX])
{
	static int made;
	char id[16];
	char state[TEXT_MAX];

	(void)snprintf(id, sizeof id, "%d", 1000 + made++);
	for (int i = 0; i < n; i++)
		for (int k = 0; k < times; k++)
			tell(what[i], SHOP_A, id);
	state_of(SHOP_A, id, state);
	if (first[0] == '\0')
		(void)snprintf(first, TEXT_MAX, "%s", state);
	else if (strcmp(state, first) != 0)
		fail_msg("%d %d %d:\n%s\nis not\n%s", (int)what[0],
			 (int)what[1], n > 2 ? (int)what[2] : -1, state, first);
}

static void
each_pair_told_in_any_order_gives_one_state(void **state)
{
	(void)state;
	transaction_begin();
	for (int a = 0; a < TELL_COUNT; a++)
		for (int b = a + 1; b < TELL_COUNT; b++) {
			enum telling there[] = { a, b };
			enum telling back[] = { b, a };
			char first[TEXT_MAX] = "";

			told(there, 2, 1, first);
			told(there, 2, 2, first);
			told(back, 2, 1, first);
			told(back, 2, 2, first);
		}
	transaction_commit();
}

static void
each_three_told_in_any_order_give_one_state(void **state)
{
	static const int orders6[6][3] = { { 0, 1, 2 }, { 0, 2, 1 },
					   { 1, 0, 2 }, { 1, 2, 0 },
					   { 2, 0, 1 }, { 2, 1, 0 } };

	(void)state;
	transaction_begin();
	for (int n = 0; n < TELL_COUNT * TELL_COUNT * TELL_COUNT; n++) {
		int x[3] = { n / (TELL_COUNT * TELL_COUNT),
			     n / TELL_COUNT % TELL_COUNT, n % TELL_COUNT };
		char first[TEXT_MAX] = "";

		if (x[0] >= x[1] || x[1] >= x[2])
			continue;
		for (int i = 0; i < 6; i++) {
			enum telling what[3];

			for (int k = 0; k < 3; k++)
				what[k] = x[orders6[i][k]];
			told(what, 3, 1, first);
		}
	}
	transaction_commit();
}

/* --- the seam ------------------------------------------------------------- */

/* One order's text; the change that is answered. */
static const char *
put(const char *shop, const char *text, const char *source, bool quiet)
{
	static char change[16];
	json_t *order = json_loads(text, 0, NULL);
	struct call c;
	const json_t *one;

	assert_non_null(order);
	c = fixture_call(m_order_put, ROLE_SHOP, 0,
			 json_pack("{s:s, s:[o], s:s, s:b}", "connection", shop,
				   "orders", order, "source", source, "quiet",
				   quiet));
	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	one = json_array_get(json_object_get(c.result, "results"), 0);
	(void)snprintf(change, sizeof change, "%s",
		       json_string_value(json_object_get(one, "change")));
	call_release(&c);
	return change;
}

#define ONE(updated, more)                                                     \
	"{\"external_id\":\"1\",\"number\":\"#10-01\",\"currency\":\"EUR\","   \
	"\"total\":\"30.00\",\"placed_at\":\"2026-01-05T08:00:00Z\","          \
	"\"customer\":{\"external_id\":\"77\",\"email\":\"ana@example.com\","  \
	"\"phone_e164\":\"+34600112233\",\"name\":\"Ana\"},"                   \
	"\"lines\":[{\"external_id\":\"l1\",\"name\":\"x\"}],"                 \
	"\"updated_at\":\"" updated "\"" more "}"

static void
what_became_of_each_is_answered(void **state)
{
	(void)state;
	assert_string_equal(
		put("a", ONE("2026-01-05T08:00:00Z", ""), "hook", false),
		"new");
	assert_string_equal(
		put("a", ONE("2026-01-05T08:00:00Z", ""), "hook", false),
		"same");
	assert_string_equal(
		put("a", ONE("2026-01-05T08:00:01Z", ""), "hook", false),
		"changed");
	assert_string_equal(
		put("a", ONE("2026-01-05T08:00:00Z", ""), "poll", false),
		"older");
	assert_string_equal(
		put("b", ONE("2026-01-05T08:00:00Z", ""), "hook", false),
		"new");
	assert_string_equal(
		put("a", "{\"external_id\":\"2\"}", "import", false),
		"refused");
	assert_int_equal(fixture_int("SELECT count(*) FROM shop_order"), 2);
	/* the account is known at one of the two shops */
	assert_int_equal(fixture_int("SELECT customer_id FROM shop_order "
				     "WHERE connection_id = 70"),
			 500);
	assert_int_equal(fixture_int("SELECT customer_id = 500 FROM shop_order "
				     "WHERE connection_id = 71"),
			 0);
}

static void
a_hook_that_cannot_be_read_is_refused_as_a_whole(void **state)
{
	json_t *good = json_loads(ONE("2026-01-05T08:00:00Z", ""), 0, NULL);
	struct call c;

	(void)state;
	assert_non_null(good);
	c = fixture_call(m_order_put, ROLE_SHOP, 0,
			 json_pack("{s:s, s:[o, {}]}", "connection", "a",
				   "orders", good));
	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, "bad_order");
	assert_string_equal(c.err.text, "external_id is missing");
	call_release(&c);
	assert_int_equal(fixture_int("SELECT count(*) FROM shop_order"), 0);
}

static int64_t
events(const char *kind)
{
	char sql[200];

	(void)snprintf(sql, sizeof sql,
		       "SELECT count(*) FROM event WHERE kind = '%s'", kind);
	return fixture_int(sql);
}

static void
each_change_is_told_once(void **state)
{
	static const char *const sent =
		ONE("2026-01-05T10:00:00Z",
		    ",\"payment_state\":\"paid\",\"shipments\":[{"
		    "\"tracking_number\":\"Z1\",\"status\":\"exception\","
		    "\"status_at\":\"2026-01-05T09:30:00Z\"}]");
	static const char *const back =
		ONE("2026-01-05T11:00:00Z",
		    ",\"payment_state\":\"refunded\",\"state\":\"cancelled\","
		    "\"refunds\":[{\"external_id\":\"r1\",\"amount\":\"30\"}],"
		    "\"returns\":[{\"external_id\":\"x\",\"status\":"
		    "\"approved\"}]");

	(void)state;
	(void)put("a", ONE("2026-01-05T08:00:00Z", ""), "hook", false);
	for (int i = 0; i < 2; i++)
		(void)put("a", sent, "hook", false);
	for (int i = 0; i < 2; i++)
		(void)put("a", back, "hook", false);
	assert_int_equal(events("order.created"), 1);
	assert_int_equal(events("order.updated"), 2);
	assert_int_equal(events("order.paid"), 1);
	assert_int_equal(events("order.shipped"), 1);
	assert_int_equal(events("shipment.exception"), 1);
	assert_int_equal(events("order.cancelled"), 1);
	assert_int_equal(events("refund.created"), 1);
	assert_int_equal(events("return.approved"), 1);
	assert_int_equal(events("order.delivered"), 0);
	assert_int_equal(fixture_int("SELECT refunded_total FROM shop_order"),
			 3000);
}

static void
history_is_no_news(void **state)
{
	(void)state;
	(void)put("a",
		  ONE("2026-01-05T08:00:00Z", ",\"payment_state\":\"paid\""),
		  "import", true);
	assert_int_equal(
		fixture_int("SELECT count(*) FROM event WHERE kind LIKE "
			    "'order.%' OR kind LIKE 'refund.%'"),
		0);
	assert_int_equal(fixture_int("SELECT count(*) FROM shop_order"), 1);
}

static void
a_deleted_order_stays_so_until_it_is_changed(void **state)
{
	struct call c;

	(void)state;
	(void)put("a", ONE("2026-01-05T08:00:00Z", ""), "hook", false);
	c = fixture_call(m_order_gone, ROLE_SHOP, 0,
			 json_pack("{s:s, s:s, s:s}", "connection", "a",
				   "external_id", "1", "at",
				   "2026-01-05T08:30:00.000Z"));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_int_equal(fixture_int("SELECT deleted FROM shop_order"), 1);
	(void)put("a", ONE("2026-01-05T08:29:00Z", ""), "hook", false);
	assert_int_equal(fixture_int("SELECT deleted FROM shop_order"), 1);
	(void)put("a", ONE("2026-01-05T08:31:00Z", ""), "hook", false);
	assert_int_equal(fixture_int("SELECT deleted FROM shop_order"), 0);
}

static size_t
found(const char *q)
{
	struct call c = fixture_call(m_order_find, ROLE_CONTROL, fx.agent_id,
				     json_pack("{s:s}", "q", q));
	size_t n = json_array_size(json_object_get(c.result, "orders"));

	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	return n;
}

static void
an_order_is_found_by_what_people_say(void **state)
{
	(void)state;
	(void)put("a",
		  ONE("2026-01-05T08:00:00Z",
		      ",\"shipments\":[{\"tracking_number\":\"es-T 1\"}]"),
		  "hook", false);
	assert_int_equal(found("1001"), 1);
	assert_int_equal(found("#10-01"), 1);
	assert_int_equal(found("EST1"), 1);
	assert_int_equal(found("Ana@Example.com"), 1);
	assert_int_equal(found("+34 600 11 22 33"), 1);
	assert_int_equal(found("0034600112233"), 1);
	assert_int_equal(found("600112233"), 0);
	assert_int_equal(found("100"), 0);
	assert_int_equal(found("!"), 0);
	fixture_exec("UPDATE shop_order SET deleted = 1");
	assert_int_equal(found("1001"), 0);
}

static void
an_incident_is_about_an_order(void **state)
{
	struct letter m = { .id = "m1",
			    .from = "ana@example.com",
			    .subject = "s",
			    .text = "t" };
	struct call mail = fixture_mail(&m);
	int64_t incident = got_int(&mail, "incident");
	struct call c;

	(void)state;
	call_release(&mail);
	(void)put("a", ONE("2026-01-05T08:00:00Z", ""), "hook", false);
	for (int i = 0; i < 4; i++) {
		c = fixture_call(i < 2 ? m_order_link : m_order_unlink,
				 ROLE_CONSOLE, fx.agent_id,
				 json_pack("{s:I, s:I}", "incident",
					   (json_int_t)incident, "order",
					   (json_int_t)1));
		assert_int_equal(c.outcome, OUT_OK);
		assert_int_equal(
			json_is_true(json_object_get(c.result, "changed")),
			i % 2 == 0);
		call_release(&c);
	}
	assert_int_equal(events("order.linked"), 1);
	assert_int_equal(events("order.unlinked"), 1);
	c = fixture_call(m_order_link, ROLE_CONSOLE, fx.agent_id,
			 json_pack("{s:I, s:I}", "incident",
				   (json_int_t)incident, "order",
				   (json_int_t)99));
	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, "not_found");
	call_release(&c);
}

/* --- the panel ------------------------------------------------------------ */

static void
many(int n)
{
	char text[TEXT_MAX];

	for (int i = 0; i < n; i++) {
		(void)snprintf(text, sizeof text,
			       "{\"external_id\":\"%d\",\"currency\":\"EUR\","
			       "\"total\":\"10.00\",\"state\":\"%s\","
			       "\"payment_state\":\"paid\",\"test\":%s,"
			       "\"placed_at\":\"2025-01-%02dT08:00:00Z\","
			       "\"promised_at\":\"2026-01-02T08:30:00Z\","
			       "\"customer\":{\"external_id\":\"77\"}}",
			       i, i == 3 ? "open" : "completed",
			       i == 4 ? "true" : "false", i + 1);
		(void)put("a", text, "import", true);
	}
}

static void
the_panel_has_what_is_under_way_first(void **state)
{
	struct call c;
	const json_t *total;
	const json_t *first;
	const json_t *list;

	(void)state;
	many(15);
	fixture_exec("INSERT INTO customer (id, name, created_ms) "
		     "VALUES (501, 'Ana', 1), (502, 'Eva', 1)");
	fixture_exec("INSERT INTO suggestion (customer_a, customer_b, basis, "
		     "at_ms, state) VALUES (500, 501, 'email_unverified', 1, "
		     "'open'), (500, 502, 'email', 1, 'refused')");
	c = fixture_call(m_customer_panel, ROLE_CONTROL, fx.agent_id,
			 json_pack("{s:i}", "customer", 500));
	assert_int_equal(c.outcome, OUT_OK);
	list = json_object_get(c.result, "suggestions");
	assert_int_equal(json_array_size(list), 1);
	first = json_object_get(json_array_get(list, 0), "other");
	assert_int_equal(json_integer_value(json_object_get(first, "id")), 501);
	list = json_object_get(c.result, "orders");
	assert_int_equal(json_array_size(list), 10);
	first = json_object_get(json_array_get(list, 0), "order");
	assert_string_equal(
		json_string_value(json_object_get(first, "external_id")), "3");
	/* promised on the 2nd at 8:30, it is the 5th at 9:00 */
	assert_int_equal(
		json_integer_value(json_object_get(first, "late_days")), 3);
	first = json_object_get(json_array_get(list, 1), "order");
	assert_string_equal(
		json_string_value(json_object_get(first, "external_id")), "14");
	total = json_array_get(json_object_get(c.result, "totals"), 0);
	assert_int_equal(json_integer_value(json_object_get(total, "orders")),
			 14);
	assert_int_equal(json_integer_value(json_object_get(total, "open")), 1);
	assert_string_equal(json_string_value(json_object_get(total, "paid")),
			    "140.00");
	call_release(&c);
}

static void
lines_say_until_when_they_may_be_sent_back(void **state)
{
	struct call c;
	const json_t *line;
	char until[64];

	(void)state;
	fixture_exec("UPDATE connection SET settings = "
		     "'{\"return_days\":30}' WHERE id = 70");
	(void)put("a",
		  ONE("2026-01-05T08:00:00Z",
		      ",\"shipments\":[{\"status\":\"delivered\","
		      "\"delivered_at\":\"2026-01-03T10:00:00Z\",\"lines\":"
		      "[{\"line\":\"l1\",\"quantity\":1}]}],\"returns\":[{"
		      "\"status\":\"requested\",\"lines\":[{\"line\":\"l1\","
		      "\"quantity\":1}]}]"),
		  "hook", false);
	c = fixture_call(m_order_get, ROLE_CONTROL, fx.agent_id,
			 json_pack("{s:i}", "id", 1));
	assert_int_equal(c.outcome, OUT_OK);
	line = json_array_get(
		json_object_get(json_object_get(c.result, "order"), "lines"),
		0);
	(void)snprintf(
		until, sizeof until, "%s",
		json_string_value(json_object_get(line, "return_until")));
	assert_string_equal(until, "2026-02-02T10:00:00.000Z");
	assert_int_equal(
		json_integer_value(json_object_get(line, "returned_quantity")),
		1);
	call_release(&c);
}

static void
a_list_goes_on_where_it_ended(void **state)
{
	int64_t before = 0;
	size_t n = 0;
	bool more = true;

	(void)state;
	many(15);
	for (int i = 0; more; i++) {
		struct call c = fixture_call(
			m_order_list, ROLE_CONTROL, fx.agent_id,
			json_pack("{s:i, s:i, s:I}", "customer", 500, "limit",
				  7, "before", (json_int_t)before));
		const json_t *list = json_object_get(c.result, "orders");

		assert_int_equal(c.outcome, OUT_OK);
		assert_true(i < 3);
		n += json_array_size(list);
		before = json_integer_value(json_object_get(
			json_array_get(list, json_array_size(list) - 1), "id"));
		more = json_is_true(json_object_get(c.result, "more"));
		call_release(&c);
	}
	assert_int_equal(n, 15);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(each_pair_told_in_any_order_gives_one_state),
		TEST(each_three_told_in_any_order_give_one_state),
		TEST(what_became_of_each_is_answered),
		TEST(a_hook_that_cannot_be_read_is_refused_as_a_whole),
		TEST(each_change_is_told_once),
		TEST(history_is_no_news),
		TEST(a_deleted_order_stays_so_until_it_is_changed),
		TEST(an_order_is_found_by_what_people_say),
		TEST(an_incident_is_about_an_order),
		TEST(the_panel_has_what_is_under_way_first),
		TEST(lines_say_until_when_they_may_be_sent_back),
		TEST(a_list_goes_on_where_it_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What happens to orders, for rules: incidents that open by themselves, dates
 * that pass, orders that a contact names, variables of saved replies, and the
 * page that is sent. After each test the rows are what the events tell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "daemon/order_in.h"
#include "daemon/orderevent.h"
#include "daemon/orderfind.h"
#include "daemon/orderpage.h"
#include "tests/unit/fixture.h"

method_fn m_order_page;
method_fn m_order_public;
method_fn m_order_send_page;

#define DAY_S INT64_C(86400)
#define DAY_MS (DAY_S * 1000)
#define SHOP 77

static const char head[] =
	"queue \"general\" { title \"General\" }\n"
	"queue \"envios\" { title \"Envíos\" }\n"
	"calendar \"siempre\" { timezone \"Europe/Madrid\" "
	"mon-sun 00:00-24:00 }\n"
	"policy \"pedidos\" { via order calendar \"siempre\" proactive 3h "
	"first response 1h resolution 9h }\n"
	"policy \"correo\" { calendar \"siempre\" first response 4h }\n"
	"reply \"va\" { title \"Va\" language es text \"{order.number|"
	"\\\"tu pedido\\\"} {order.total} {order.promised}\" }\n"
	"reply \"cual\" { title \"Cuál\" language es text \"¿Cuál?\" }\n";

/* Apply rules, as the next version of the desk book. */
static void
apply(const char *rules)
{
	fixture_apply_trusted(head, rules, fx.now_ms);
}

/* An order of EUR 61.80, placed two days ago. customer 0: nobody's. */
static void
order(int64_t id, const char *number, const char *email, int64_t customer,
      int64_t promised_s)
{
	char key[ORDERFIND_KEY_MAX];
	char *sql;

	fixture_exec("INSERT OR IGNORE INTO connection (id, name, kind, role, "
		     "settings, created_ms) VALUES (77, 'shop', 'orders', "
		     "'shop', '{}', 1)");
	order_key(number, key, sizeof key);
	sql = sqlite3_mprintf(
		"INSERT INTO shop_order (id, connection_id, external_id, "
		"number, number_key, state, payment_state, fulfilment_state, "
		"currency, total, placed_ms, updated_ms, told_ms, promised_s, "
		"promised_order_s, customer_id, customer_basis, buyer_email, "
		"buyer, sha256) VALUES (%lld, %d, 'x%lld', %Q, %Q, 'open', "
		"'paid', 'unfulfilled', 'EUR', 6180, %lld, %lld, %lld, "
		"nullif(%lld, 0), nullif(%lld, 0), nullif(%lld, 0), %Q, %Q, "
		"json_object('name', 'Eva Gil', 'email', %Q, 'locale', 'es'), "
		"'s')",
		(long long)id, SHOP, (long long)id, number, key,
		(long long)(fx.now_ms - 2 * DAY_MS),
		(long long)(fx.now_ms - 2 * DAY_MS), (long long)fx.now_ms,
		(long long)promised_s, (long long)promised_s,
		(long long)customer, customer != 0 ? "email" : "", email,
		email);
	fixture_exec(sql);
	sqlite3_free(sql);
	sql = sqlite3_mprintf("INSERT INTO order_line (order_id, number, "
			      "name, quantity, total) VALUES (%lld, 1, "
			      "'Taza', 2, 6180)",
			      (long long)id);
	fixture_exec(sql);
	sqlite3_free(sql);
}

/* Tell rules of it, in a turn of its own. */
static void
happens(const char *event, int64_t id)
{
	struct err e;

	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	if (orderevent(&fx.desk, fx.store, event, id, fx.now_ms, &e) != OUT_OK)
		fail_msg("%s: %s", event, e.text);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
}

static int64_t
incidents(void)
{
	return fixture_int("SELECT count(*) FROM incident");
}

static struct call
mail(const char *who, const char *subject, const char *text)
{
	static int n;
	char id[64];
	const struct letter m = {
		.id = id, .from = who, .subject = subject, .text = text
	};

	(void)snprintf(id, sizeof id, "<o%d@x>", ++n);
	return fixture_mail(&m);
}

static int64_t
incident_of(const char *who, const char *text)
{
	struct call c = mail(who, "hola", text);
	int64_t id = got_int(&c, "incident");

	call_release(&c);
	return id;
}

static int64_t
customer_of(int64_t incident)
{
	char sql[96];

	(void)snprintf(sql, sizeof sql,
		       "SELECT customer_id FROM incident WHERE id = %lld",
		       (long long)incident);
	return fixture_int(sql);
}

/* --- events --------------------------------------------------------------- */

static void
an_event_without_a_rule_opens_nothing(void **state)
{
	(void)state;
	apply("rule \"r\" { on order.late if order.total > 100.00 EUR then "
	      "queue \"envios\" }\n");
	order(1, "1042", "eva@x.example", 0, 0);
	happens("order.late", 1);
	happens("order.created", 1);
	happens("order.updated", 1);
	assert_int_equal(incidents(), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM customer"), 0);
}

static void
a_rule_that_fires_opens_an_incident(void **state)
{
	(void)state;
	apply("rule \"r\" { on order.exception if order.total = 61.80 EUR and "
	      "order.state is paid and order.number contains \"1042\" then "
	      "queue \"envios\", reason stuck_in_transit, priority high, tag "
	      "\"pedido\" }\n");
	order(1, "1042", "eva@x.example", 0, 0);
	happens("shipment.exception", 1);
	assert_int_equal(incidents(), 1);
	assert_string_equal(fixture_text("SELECT channel || ' ' || queue || "
					 "' ' || reason || ' ' || priority || "
					 "' ' || state || ' ' || policy FROM "
					 "incident"),
			    "order envios stuck_in_transit high new pedidos");
	assert_string_equal(
		fixture_text("SELECT direction || ' ' || author || ' ' || "
			     "subject || ' ' || text FROM message"),
		"note bot Pedido 1042 Problema con el envío: 1042");
	assert_string_equal(fixture_text("SELECT value FROM identity"),
			    "eva@x.example");
	assert_int_equal(fixture_int("SELECT count(*) FROM order_link WHERE "
				     "order_id = 1 AND how = 'rule'"),
			 1);
	/* nobody wrote: no reply is owed, but the first word is */
	assert_string_equal(
		fixture_text("SELECT group_concat(name) FROM (SELECT name FROM "
			     "clock ORDER BY name)"),
		"proactive");
	assert_int_equal(fixture_int("SELECT start_s FROM clock WHERE name = "
				     "'proactive'"),
			 fx.now_ms / 1000);
	/* the next one joins it */
	happens("shipment.exception", 1);
	assert_int_equal(incidents(), 1);
}

static void
the_first_word_is_owed_from_the_purchase_on(void **state)
{
	(void)state;
	apply("rule \"r\" { on order.created then queue \"envios\" }\n");
	order(1, "1042", "eva@x.example", 0, 0);
	happens("order.created", 1);
	assert_int_equal(fixture_int("SELECT start_s FROM clock WHERE name = "
				     "'proactive'"),
			 fx.now_ms / 1000 - 2 * DAY_S);
}

static void
what_is_deleted_or_a_test_is_no_news(void **state)
{
	(void)state;
	apply("rule \"r\" { on order.created then queue \"envios\" }\n");
	order(1, "1", "eva@x.example", 0, 0);
	order(2, "2", "eva@x.example", 0, 0);
	fixture_exec("UPDATE shop_order SET deleted = 1 WHERE id = 1");
	fixture_exec("UPDATE shop_order SET test = 1 WHERE id = 2");
	happens("order.created", 1);
	happens("order.created", 2);
	assert_int_equal(incidents(), 0);
}

static void
a_return_is_one_event(void **state)
{
	(void)state;
	apply("rule \"r\" { on order.return then tag \"vuelve\" }\n");
	order(1, "1042", "eva@x.example", 0, 0);
	happens("return.requested", 1);
	happens("return.received", 1);
	assert_int_equal(incidents(), 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE kind = "
				     "'incident.classified'"),
			 2);
}

static void
what_goes_by_itself_goes_to_the_buyer(void **state)
{
	(void)state;
	apply("rule \"r\" { on order.shipped then send reply \"va\" }\n");
	order(1, "1042", "eva@x.example", 0, 0);
	happens("order.shipped", 1);
	assert_string_equal(fixture_text("SELECT text FROM message WHERE "
					 "direction = 'out'"),
			    "1042 61,80\xc2\xa0€ ");
	assert_string_equal(
		fixture_text("SELECT json_extract(mail, '$.to[0].address') "
			     "FROM message WHERE direction = 'out'"),
		"eva@x.example");
}

/* --- what is late --------------------------------------------------------- */

static void
a_date_that_passes_opens_an_incident(void **state)
{
	int64_t due_s = fx.now_ms / 1000 + 3600;

	(void)state;
	apply("rule \"r\" { on order.late if order.delay < 1m then reason "
	      "delivery_late }\n");
	order(1, "1042", "eva@x.example", 0, due_s);
	assert_int_equal(fixture_tick(), (due_s + 1) * 1000);
	assert_int_equal(incidents(), 0);
	fx.now_ms = due_s * 1000;
	(void)fixture_tick();
	assert_int_equal(incidents(), 0);
	fx.now_ms = (due_s + 1) * 1000;
	(void)fixture_tick();
	assert_int_equal(incidents(), 1);
	assert_string_equal(fixture_text("SELECT reason FROM incident"),
			    "delivery_late");
	assert_int_equal(fixture_int("SELECT late_ms FROM shop_order"),
			 fx.now_ms);
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM event WHERE kind = "
				     "'order.late'"),
			 1);
	assert_int_equal(incidents(), 1);
}

static void
what_arrived_or_is_old_is_not_told(void **state)
{
	int64_t now_s = fx.now_ms / 1000;

	(void)state;
	apply("rule \"r\" { on order.late then reason delivery_late }\n");
	order(1, "1", "a@x.example", 0, now_s - 60);
	order(2, "2", "b@x.example", 0, now_s - 60);
	order(3, "3", "c@x.example", 0, now_s - 60);
	order(4, "4", "d@x.example", 0, now_s - 8 * DAY_S);
	fixture_exec("UPDATE shop_order SET delivered_ms = 1 WHERE id = 1");
	fixture_exec("UPDATE shop_order SET state = 'cancelled' WHERE id = 2");
	fixture_exec("UPDATE shop_order SET payment_state = 'refunded' "
		     "WHERE id = 3");
	(void)fixture_tick();
	assert_int_equal(incidents(), 0);
	assert_string_equal(fixture_text("SELECT group_concat(id) FROM (SELECT "
					 "id FROM shop_order WHERE late_ms IS "
					 "NOT NULL ORDER BY id)"),
			    "3,4");
}

static void
a_tick_tells_so_many(void **state)
{
	int64_t now_s = fx.now_ms / 1000;
	char number[32];
	int i;

	(void)state;
	apply("rule \"r\" { on order.late then reason delivery_late }\n");
	for (i = 1; i <= ORDEREVENT_LATE + 3; i++) {
		(void)snprintf(number, sizeof number, "%d", 1000 + i);
		order(i, number, "eva@x.example", 0, now_s - i);
	}
	assert_int_equal(fixture_tick(), fx.now_ms);
	assert_int_equal(incidents(), ORDEREVENT_LATE);
	(void)fixture_tick();
	assert_int_equal(incidents(), ORDEREVENT_LATE + 3);
}

/* --- contacts ------------------------------------------------------------- */

static void
what_may_be_a_number(void **state)
{
	struct order_keys k = { .n = 0 };

	(void)state;
	orderfind_keys("Mi pedido #57, o 2026-1042; ES1042/2026? el XKBKNABJK "
		       "o hola 12 y AÑO-2025.",
		       &k);
	assert_int_equal(k.n, 8);
	assert_string_equal(k.key[0], "57");
	assert_string_equal(k.key[1], "20261042");
	assert_string_equal(k.key[2], "2026");
	assert_string_equal(k.key[3], "1042");
	assert_string_equal(k.key[4], "ES1042");
	assert_string_equal(k.key[5], "XKBKNABJK");
	assert_string_equal(k.key[6], "O2025");
	assert_string_equal(k.key[7], "2025");
}

static void
numbers_have_a_ceiling(void **state)
{
	char text[ORDERFIND_TEXT_MAX + 100];
	struct order_keys k = { .n = 0 };
	size_t i;

	(void)state;
	for (i = 0; i + 6 < sizeof text; i += 6)
		(void)snprintf(text + i, 7, "%05zu ", i);
	orderfind_keys(text, &k);
	assert_int_equal(k.n, ORDERFIND_KEYS);
	k.n = 0;
	memset(text, '9', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	orderfind_keys(text, &k);
	assert_int_equal(k.n, 0);
	orderfind_keys("-#/ ", &k);
	assert_int_equal(k.n, 0);
}

static void
a_contact_is_about_its_own_order(void **state)
{
	int64_t first;
	int64_t second;
	int64_t other;

	(void)state;
	apply("rule \"r\" { on contact if order.found and order.total = 61.80 "
	      "EUR then tag \"pedido\" }\n");
	first = incident_of("eva@x.example", "¿Qué tal?");
	order(1, "2026-1042", "eva@x.example", customer_of(first), 0);
	second = incident_of("eva@x.example", "¿Y mi pedido 2026-1042?");
	assert_int_not_equal(first, second);
	assert_int_equal(fixture_int("SELECT incident_id FROM order_link WHERE "
				     "how = 'text'"),
			 second);
	assert_int_equal(fixture_int("SELECT incident_id FROM incident_tag"),
			 second);
	/* somebody else's number is none */
	other = incident_of("luis@x.example", "El 2026-1042 es mío");
	assert_true(other > second);
	assert_int_equal(fixture_int("SELECT count(*) FROM order_link"), 1);
}

static void
a_rule_links_the_one_order_of_a_number(void **state)
{
	(void)state;
	apply("rule \"r\" { on contact if body matches /(?<order>\\d{4,})/ "
	      "then link order {order}, ask for order with \"cual\" }\n");
	order(1, "1042", "eva@x.example", 0, 0);
	(void)incident_of("luis@x.example", "pedido 1042");
	assert_int_equal(fixture_int("SELECT count(*) FROM order_link WHERE "
				     "how = 'rule'"),
			 1);
	/* which is known, so nobody is asked */
	assert_int_equal(fixture_int("SELECT count(*) FROM message WHERE "
				     "direction = 'out'"),
			 0);
	order(2, "10-42", "ana@x.example", 0, 0);
	(void)incident_of("juan@x.example", "pedido 1042");
	assert_int_equal(fixture_int("SELECT count(*) FROM order_link"), 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM message WHERE "
				     "direction = 'out'"),
			 1);
}

/* --- saved replies -------------------------------------------------------- */

/* The newest answer that went by itself. */
static const char *
answered(void)
{
	return fixture_text("SELECT text FROM message WHERE direction = 'out' "
			    "ORDER BY id DESC LIMIT 1");
}

static void
a_reply_says_the_order_or_its_fallback(void **state)
{
	int64_t id;

	(void)state;
	apply("rule \"r\" { on contact then send reply \"va\" once per "
	      "customer in 1m }\n");
	id = incident_of("eva@x.example", "hola");
	assert_string_equal(answered(), "tu pedido  ");
	order(1, "1042", "eva@x.example", customer_of(id),
	      fx.now_ms / 1000 + DAY_S);
	fx.now_ms += 120000;
	(void)incident_of("eva@x.example", "del 1042");
	assert_string_equal(answered(),
			    "1042 61,80\xc2\xa0€ 6 de enero de 2026");
}

static void
nothing_by_itself_tells_of_anothers_order(void **state)
{
	(void)state;
	apply("rule \"r\" { on contact if body matches /(?<order>\\d{4,})/ "
	      "then link order {order}, send reply \"va\" }\n");
	order(1, "1042", "eva@x.example", 0, 0);
	(void)incident_of("luis@x.example", "pedido 1042");
	assert_string_equal(answered(), "tu pedido  ");
}

/* --- the page ------------------------------------------------------------- */

static struct call
page_call(method_fn *fn, enum role role, json_t *params)
{
	return fixture_call(fn, role, role == ROLE_CHAT ? 0 : fx.agent_id,
			    params);
}

static void
a_link_shows_one_order(void **state)
{
	char token[ORDERPAGE_TOKEN_MAX];
	const json_t *sheet;
	struct call c;

	(void)state;
	apply("");
	order(1, "1042", "eva@x.example", 0, fx.now_ms / 1000 - 3 * DAY_S);
	orderpage_token(fx.desk.key, 1, fx.now_ms / 1000 + 10, token);
	c = page_call(m_order_public, ROLE_CHAT,
		      json_pack("{s:s}", "token", token));
	assert_int_equal(c.outcome, OUT_OK);
	sheet = json_object_get(c.result, "sheet");
	assert_string_equal(json_string_value(json_object_get(sheet, "late")),
			    "3 días de retraso");
	assert_string_equal(json_string_value(json_object_get(sheet, "total")),
			    "61,80\xc2\xa0€");
	assert_int_equal(json_array_size(json_object_get(sheet, "lines")), 1);
	assert_null(json_object_get(sheet, "email"));
	call_release(&c);
	c = page_call(
		m_order_public, ROLE_CHAT,
		json_pack("{s:s, s:s}", "token", token, "language", "en"));
	sheet = json_object_get(c.result, "sheet");
	assert_string_equal(json_string_value(json_object_get(sheet, "late")),
			    "3 days late");
	call_release(&c);
	fx.now_ms += 10000;
	c = page_call(m_order_public, ROLE_CHAT,
		      json_pack("{s:s}", "token", token));
	assert_string_equal(c.err.code, "expired");
	call_release(&c);
	token[1] = '2';
	c = page_call(m_order_public, ROLE_CHAT,
		      json_pack("{s:s}", "token", token));
	assert_string_equal(c.err.code, "not_found");
	call_release(&c);
}

static void
a_page_goes_to_its_own_customer(void **state)
{
	int64_t id;
	int64_t stranger;
	struct call c;

	(void)state;
	apply("");
	id = incident_of("eva@x.example", "hola");
	stranger = incident_of("luis@x.example", "hola");
	order(1, "1042", "eva@x.example", customer_of(id), 0);
	c = page_call(m_order_send_page, ROLE_CONSOLE,
		      json_pack("{s:i, s:I}", "order", 1, "incident",
				(json_int_t)stranger));
	assert_string_equal(c.err.code, "conflict");
	call_release(&c);
	assert_int_equal(fixture_int("SELECT count(*) FROM delivery"), 0);
	c = page_call(m_order_send_page, ROLE_CONSOLE,
		      json_pack("{s:i, s:I}", "order", 1, "incident",
				(json_int_t)id));
	if (c.outcome != OUT_OK)
		fail_msg("refused: %s", c.err.text);
	call_release(&c);
	assert_string_equal(fixture_text("SELECT subject FROM message WHERE "
					 "direction = 'out'"),
			    "Tu pedido 1042");
	assert_int_equal(fixture_int("SELECT instr(text, '2 x Taza: 61,80') > "
				     "0 FROM message WHERE direction = 'out'"),
			 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM delivery"), 1);
	/* it answers nothing */
	assert_int_equal(fixture_int("SELECT count(*) FROM clock WHERE name = "
				     "'first_response' AND state = 'running'"),
			 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		T(an_event_without_a_rule_opens_nothing),
		T(a_rule_that_fires_opens_an_incident),
		T(the_first_word_is_owed_from_the_purchase_on),
		T(what_is_deleted_or_a_test_is_no_news),
		T(a_return_is_one_event),
		T(what_goes_by_itself_goes_to_the_buyer),
		T(a_date_that_passes_opens_an_incident),
		T(what_arrived_or_is_old_is_not_told),
		T(a_tick_tells_so_many),
		T(what_may_be_a_number),
		T(numbers_have_a_ceiling),
		T(a_contact_is_about_its_own_order),
		T(a_rule_links_the_one_order_of_a_number),
		T(a_reply_says_the_order_or_its_fallback),
		T(nothing_by_itself_tells_of_anothers_order),
		T(a_link_shows_one_order),
		T(a_page_goes_to_its_own_customer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

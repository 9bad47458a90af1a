/* The link of an order's page, and an order's money, dates and states in the
 * buyer's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/orderpage.h"
#include "daemon/orderwords.h"
#include "daemon/settings.h"
#include "daemon/store/orderfact.h"

#define UNTIL_S INT64_C(1800000000)
#define NBSP "\xc2\xa0"

static unsigned char key[HASH_BYTES];
static char token[ORDERPAGE_TOKEN_MAX];

static int
setup(void **state)
{
	(void)state;
	hash_start();
	memset(key, 3, sizeof key);
	orderpage_token(key, 1042, UNTIL_S, token);
	return 0;
}

static enum orderpage_token
reads(const char *text, int64_t now_s)
{
	int64_t order = 0;
	enum orderpage_token t = orderpage_read(key, text, now_s, &order);

	if (t != ORDERPAGE_BAD)
		assert_int_equal(order, 1042);
	return t;
}

static void
a_token_is_good_until_it_ends(void **state)
{
	(void)state;
	assert_memory_equal(token, "o1042.1800000000.", 17);
	assert_int_equal(strlen(token), 17 + 32);
	assert_int_equal(strspn(token, "0123456789abcdefo."), strlen(token));
	assert_int_equal(reads(token, UNTIL_S - 1), ORDERPAGE_GOOD);
	assert_int_equal(reads(token, UNTIL_S), ORDERPAGE_ENDED);
}

static void
each_octet_counts(void **state)
{
	char other[ORDERPAGE_TOKEN_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < strlen(token); i++) {
		memcpy(other, token, sizeof other);
		other[i] = other[i] == '1' ? '2' : '1';
		assert_int_equal(reads(other, 1), ORDERPAGE_BAD);
		memcpy(other, token, sizeof other);
		other[i] = '\0';
		assert_int_equal(reads(other, 1), ORDERPAGE_BAD);
	}
}

static void
what_is_no_token_is_refused(void **state)
{
	static const char *const no[] = {
		"",
		"o",
		"o1",
		"o1.2.3",
		"p1042.1800000000.00",
		"o01042.1800000000.00000000000000000000000000000000",
		"o-1.1800000000.00000000000000000000000000000000",
		"o9999999999999999999.1.00000000000000000000000000000000",
	};
	unsigned char another[HASH_BYTES] = { 4 };
	char longer[ORDERPAGE_TOKEN_MAX + 1];
	int64_t order;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof no / sizeof no[0]; i++)
		assert_int_equal(reads(no[i], 1), ORDERPAGE_BAD);
	memcpy(longer, token, sizeof token);
	memcpy(longer + strlen(token), "0", 2);
	assert_int_equal(reads(longer, 1), ORDERPAGE_BAD);
	assert_int_equal(orderpage_read(another, token, 1, &order),
			 ORDERPAGE_BAD);
}

static void
is_url(struct settings *st, const char *want, bool seen)
{
	bool is_public = !seen;
	char *url = orderpage_url(st, "o1.2.3", &is_public);

	assert_string_equal(url, want);
	assert_int_equal(is_public, seen);
	mem_free(url);
}

static void
a_link_leads_to_the_chat_gateway(void **state)
{
	struct settings st = { .data_dir = NULL };
	struct face_settings *f = &st.face[FACE_CHAT];
	char v4[] = "127.0.0.1";
	char v6[] = "::1";
	char none[] = "";
	char pem[] = "/etc/x.pem";
	char url[] = "https://chat.shop.example//";

	(void)state;
	*f = (struct face_settings){ v4, 8481, none, none, none };
	is_url(&st, "http://127.0.0.1:8481/order/o1.2.3", false);
	*f = (struct face_settings){ v6, 8481, pem, pem, none };
	is_url(&st, "https://[::1]:8481/order/o1.2.3", false);
	*f = (struct face_settings){ v4, 8481, none, none, url };
	is_url(&st, "https://chat.shop.example/order/o1.2.3", true);
}

/* --- words ---------------------------------------------------------------- */

static void
money_is_written_as_people_do(void **state)
{
	static const struct {
		int64_t minor;
		const char *currency;
		const char *es;
		const char *en;
	} rows[] = {
		{ 6180, "EUR", "61,80" NBSP "€", "€61.80" },
		{ 123450, "EUR", "1234,50" NBSP "€", "€1,234.50" },
		{ 1234550, "EUR", "12.345,50" NBSP "€", "€12,345.50" },
		{ 123456789050, "EUR", "1.234.567.890,50" NBSP "€",
		  "€1,234,567,890.50" },
		{ 5, "GBP", "0,05" NBSP "£", "£0.05" },
		{ -1000, "USD", "-10,00" NBSP "USD", "-$10.00" },
		{ 15000, "JPY", "15.000" NBSP "JPY", "JPY" NBSP "15,000" },
		{ 15000, "KWD", "15,000" NBSP "KWD", "KWD" NBSP "15.000" },
		{ 100, "", "1,00", "1.00" },
		{ 0, "EUR", "0,00" NBSP "€", "€0.00" },
	};
	char out[ORDERWORDS_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		orderwords_money(rows[i].minor, rows[i].currency, "es", out);
		assert_string_equal(out, rows[i].es);
		orderwords_money(rows[i].minor, rows[i].currency, "en", out);
		assert_string_equal(out, rows[i].en);
	}
}

static void
dates_are_written_as_people_do(void **state)
{
	char out[ORDERWORDS_MAX];

	(void)state;
	orderwords_date(1767603600, NULL, "es", out);
	assert_string_equal(out, "5 de enero de 2026");
	orderwords_date(1767603600, NULL, "en", out);
	assert_string_equal(out, "5 January 2026");
	orderwords_moment(1767603600, NULL, "es", out);
	assert_string_equal(out, "5 de enero de 2026, 09:00");
	orderwords_moment(1767571199, NULL, "en", out);
	assert_string_equal(out, "4 January 2026, 23:59");
	assert_int_equal(orderwords_days(1767571199, 1767571200, NULL), 1);
	assert_int_equal(orderwords_days(1767571200, 1767571199, NULL), 0);
	assert_int_equal(orderwords_days(1767571200, 1767830399, NULL), 2);
}

static void
the_language_is_the_buyers(void **state)
{
	(void)state;
	assert_string_equal(orderwords_language("es_MX", "en"), "es");
	assert_string_equal(orderwords_language("en-GB", "es"), "en");
	assert_string_equal(orderwords_language("es", "en"), "es");
	assert_string_equal(orderwords_language("fr_FR", "en"), "en");
	assert_string_equal(orderwords_language("", "es"), "es");
	assert_string_equal(orderwords_language("est", NULL), "es");
	assert_string_equal(orderwords_language("english", "es"), "es");
}

static void
three_states_are_one(void **state)
{
	static char open[] = "open";
	static char cancelled[] = "cancelled";
	static char paid[] = "paid";
	static char pending[] = "pending";
	static char refunded[] = "refunded";
	static char unfulfilled[] = "unfulfilled";
	static char fulfilled[] = "fulfilled";
	static char none[] = "";
	static char held[] = "on-hold";
	static char exception[] = "exception";
	static char delivered[] = "delivered";
	struct order_fact f = { .state = open,
				.payment_state = pending,
				.fulfilment_state = unfulfilled,
				.raw_status = none,
				.shipment_status = none };

	(void)state;
	assert_string_equal(orderwords_state(&f), "created");
	f.payment_state = paid;
	assert_string_equal(orderwords_state(&f), "paid");
	f.raw_status = held;
	assert_string_equal(orderwords_state(&f), "on_hold");
	f.fulfilment_state = fulfilled;
	assert_string_equal(orderwords_state(&f), "shipped");
	f.shipment_status = exception;
	assert_string_equal(orderwords_state(&f), "delivery_failed");
	f.shipment_status = delivered;
	assert_string_equal(orderwords_state(&f), "shipped");
	f.delivered_ms = 1;
	assert_string_equal(orderwords_state(&f), "delivered");
	f.payment_state = refunded;
	assert_string_equal(orderwords_state(&f), "refunded");
	f.state = cancelled;
	assert_string_equal(orderwords_state(&f), "cancelled");
	assert_string_equal(orderwords_of_state("delivered", "es"),
			    "Entregado");
	assert_string_equal(orderwords_of_parcel("in_transit", "en"),
			    "On its way");
	assert_string_equal(orderwords_of_parcel("lost", "en"), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_good_until_it_ends),
		cmocka_unit_test(each_octet_counts),
		cmocka_unit_test(what_is_no_token_is_refused),
		cmocka_unit_test(a_link_leads_to_the_chat_gateway),
		cmocka_unit_test(money_is_written_as_people_do),
		cmocka_unit_test(dates_are_written_as_people_do),
		cmocka_unit_test(the_language_is_the_buyers),
		cmocka_unit_test(three_states_are_one),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

/*
 * WooCommerce and Shopify asked for what changed: what the requests are, and
 * what each answer makes of the run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "tests/unit/shop_stage.h"

#define SINCE_MS 1780304400000 /* 2026-06-01T09:00:00Z */
#define BODY_MAX ((size_t)1024 * 1024)
#define PAGE 100

static void
open_stage(struct shop_stage *s, const struct pull *pull)
{
	static const struct read_about spain = { .topic = "",
						 .zone = "",
						 .country = "ES" };

	shop_stage_open(s, pull, &spain,
			json_pack("{s:s, s:s}", "url", "https://t.example/",
				  "shop_domain", "t.myshopify.com"),
			json_pack("{s:s, s:s, s:s}", "consumer_key", "ck",
				  "consumer_secret", "cs", "access_token",
				  "shpat_1"));
	s->since_ms = SINCE_MS;
}

static void
asked_for(const struct shop_stage *s, const char *part)
{
	if (s->ask.url == NULL || strstr(s->ask.url, part) == NULL)
		fail_msg("'%s' is not in '%s'", part, s->ask.url);
}

/* n orders of WooCommerce, changed at these seconds of 10:00 one after the
 * other. */
static char *
woo_page(int n, int first_second, int step)
{
	struct buf b;

	buf_init(&b, BODY_MAX);
	(void)buf_putc(&b, '[');
	for (int i = 0; i < n; i++) {
		int t = first_second + i * step;

		(void)buf_printf(&b,
				 "%s{\"id\":%d,\"status\":\"pending\","
				 "\"currency\":\"EUR\",\"date_modified_gmt\":"
				 "\"2026-06-01T10:%02d:%02d\"}",
				 i > 0 ? "," : "", i + 1, t / 60, t % 60);
	}
	(void)buf_putc(&b, ']');
	return buf_take(&b);
}

static void
woo_answers(struct shop_stage *s, int n, int first_second, int step)
{
	char *body = woo_page(n, first_second, step);

	assert_int_equal(shop_answer(s, 200, body), OUT_OK);
	assert_int_equal(json_array_size(s->told.facts), n);
	mem_free(body);
}

static void
woo_goes_on_from_the_last_change(void **state)
{
	struct shop_stage s;

	(void)state;
	open_stage(&s, &pull_woo);
	assert_true(shop_ask(&s));
	asked_for(&s, "https://t.example/wp-json/wc/v3/orders?");
	asked_for(&s, "modified_after=2026-06-01T09%3A00%3A00");
	asked_for(&s, "dates_are_gmt=true");
	asked_for(&s, "status=trash");
	assert_string_equal(s.ask.header[0], "Authorization: Basic Y2s6Y3M=");
	assert_null(s.ask.body);
	woo_answers(&s, 1, 30, 1);
	assert_int_equal(s.told.until_ms, 0);

	assert_true(shop_ask(&s));
	assert_null(strstr(s.ask.url, "status="));
	asked_for(&s, "modified_after=2026-06-01T09%3A00%3A00");
	woo_answers(&s, PAGE, 0, 1); /* the last at 10:01:39 */
	assert_int_equal(s.told.until_ms, SINCE_MS + (3600 + 99) * 1000LL);

	assert_true(shop_ask(&s));
	asked_for(&s, "modified_after=2026-06-01T10%3A01%3A38");
	asked_for(&s, "page=1&");
	woo_answers(&s, 2, 99, 1);
	shop_ends(&s);
	shop_stage_close(&s);
}

static void
woo_counts_pages_within_a_second(void **state)
{
	struct shop_stage s;

	(void)state;
	open_stage(&s, &pull_woo);
	assert_true(shop_ask(&s));
	woo_answers(&s, 0, 0, 0);
	assert_true(shop_ask(&s));
	woo_answers(&s, PAGE, 5, 0);
	assert_true(shop_ask(&s));
	asked_for(&s, "modified_after=2026-06-01T10%3A00%3A04");
	asked_for(&s, "page=1&");
	woo_answers(&s, PAGE, 5, 0);
	assert_true(shop_ask(&s));
	asked_for(&s, "modified_after=2026-06-01T10%3A00%3A04");
	asked_for(&s, "page=2&");
	s.pages = "3"; /* though the page is not full */
	woo_answers(&s, 50, 5, 0);
	assert_true(shop_ask(&s));
	asked_for(&s, "page=3&");
	woo_answers(&s, 1, 5, 0);
	shop_ends(&s);
	shop_stage_close(&s);
}

#define WOO_REFUNDED(id, refund)                                                \
	"{\"id\":" id ",\"status\":\"completed\",\"currency\":\"EUR\","         \
	"\"total\":\"30.00\",\"date_modified_gmt\":\"2026-06-01T10:00:05\","    \
	"\"line_items\":[{\"id\":1,\"quantity\":2},{\"id\":2,\"quantity\":1}]," \
	"\"refunds\":[{\"id\":" refund ",\"total\":\"-10.00\"}]}"
#define WOO_PIECE(line, n)                                                     \
	"{\"id\":99,\"quantity\":" n ",\"meta_data\":[{\"key\":\"_x\","        \
	"\"value\":[]},{\"key\":\"_refunded_item_id\",\"value\":\"" line       \
	"\"}]}"

static const json_t *
member(const struct shop_stage *s, size_t i, const char *list, size_t at)
{
	const json_t *order =
		json_object_get(json_array_get(s->told.facts, i), "order");

	return json_array_get(json_object_get(order, list), at);
}

static int64_t
whole(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static void
woo_asks_for_which_lines_money_went_back(void **state)
{
	struct shop_stage s;
	const json_t *piece;

	(void)state;
	open_stage(&s, &pull_woo);
	assert_true(shop_ask(&s));
	woo_answers(&s, 0, 0, 0);
	assert_true(shop_ask(&s));
	assert_int_equal(
		shop_answer(
			&s, 200,
			"[" WOO_REFUNDED(
				"7",
				"70") ",{\"id\":8,"
				      "\"status\":\"pending\",\"currency\":\"EUR\"}," WOO_REFUNDED(
					      "9", "90") "]"),
		OUT_OK);
	assert_int_equal(json_array_size(s.told.facts), 0);
	assert_int_equal(s.told.until_ms, 0);

	assert_true(shop_ask(&s));
	asked_for(&s, "/wp-json/wc/v3/orders/7/refunds?per_page=100");
	assert_int_equal(shop_answer(&s, 200, "<html>"), OUT_TEMP);
	assert_true(shop_ask(&s));
	asked_for(&s, "/orders/7/refunds");
	assert_int_equal(
		shop_answer(
			&s, 200,
			"[{\"id\":71,\"line_items\":[" WOO_PIECE(
				"2",
				"-1") "]},{\"id\":70,\"date_created_gmt\":"
				      "\"2026-06-01T10:00:04\",\"line_items\":[" WOO_PIECE(
					      "1",
					      "-2") "," WOO_PIECE("2",
								  "0") "," WOO_PIECE("0",
										     "-1") "]}]"),
		OUT_OK);
	assert_int_equal(json_array_size(s.told.facts), 0);
	assert_true(shop_ask(&s));
	asked_for(&s, "/orders/9/refunds");
	assert_int_equal(shop_answer(&s, 404, "{\"code\":\"x\"}"), OUT_OK);
	assert_int_equal(json_array_size(s.told.facts), 3);
	assert_int_equal(s.told.until_ms, SINCE_MS + 3605 * 1000LL);

	piece = json_array_get(
		json_object_get(member(&s, 0, "refunds", 0), "lines"), 0);
	assert_string_equal(shop_text(piece, "line"), "1");
	assert_int_equal(whole(piece, "quantity"), 2);
	assert_string_equal(json_string_value(json_object_get(
				    member(&s, 0, "refunds", 0), "at")),
			    "2026-06-01T10:00:04Z");
	assert_int_equal(whole(member(&s, 0, "lines", 0), "refunded_quantity"),
			 2);
	assert_null(json_object_get(member(&s, 0, "lines", 1),
				    "refunded_quantity"));
	assert_null(json_object_get(member(&s, 2, "refunds", 0), "lines"));
	shop_ends(&s);
	shop_stage_close(&s);
}

static void
statuses_say_what_to_do(void **state)
{
	struct shop_stage s;

	(void)state;
	open_stage(&s, &pull_woo);
	assert_true(shop_ask(&s));
	s.retry_after = "7";
	assert_int_equal(shop_answer(&s, 429, ""), OUT_OK);
	assert_true(s.told.again);
	assert_int_equal(s.told.rest_ms, 7000);
	assert_true(shop_ask(&s));
	asked_for(&s, "status=trash"); /* the same once more */
	assert_int_equal(shop_answer(&s, 503, "<html>"), OUT_OK);
	assert_true(s.told.again);
	assert_true(shop_ask(&s));
	assert_int_equal(shop_answer(&s, 200, "<html>maintenance"), OUT_TEMP);
	assert_int_equal(shop_answer(&s, 401, "{}"), OUT_PERM);
	assert_string_equal(s.e.code, "auth");
	assert_int_equal(shop_answer(&s, 404, "{}"), OUT_PERM);
	assert_string_equal(s.e.code, "refused");
	assert_int_equal(shop_answer(&s, 402, "{}"), OUT_TEMP);
	assert_int_equal(shop_answer(&s, 200, "[{"), OUT_PERM);
	assert_string_equal(s.e.code, "not_understood");
	shop_stage_close(&s);
}

#define NODE(id, more)                                                         \
	"{\"id\":\"gid://shopify/Order/" id "\",\"name\":\"#1\","              \
	"\"currency\":\"EUR\",\"updated_at\":\"2026-06-01T10:00:00Z\","        \
	"\"financial_status\":\"PAID\",\"line_items\":{\"pageInfo\":{"         \
	"\"hasNextPage\":" more "},\"nodes\":[]}}"
#define PAGE_OF(nodes, next)                                                   \
	"{\"data\":{\"orders\":{\"pageInfo\":{\"hasNextPage\":" next           \
	",\"endCursor\":\"abc\"},\"nodes\":[" nodes "]}}}"

static json_t *
variables(const struct shop_stage *s)
{
	json_t *body = json_loads(s->ask.body, 0, NULL);
	json_t *v = json_incref(json_object_get(body, "variables"));

	assert_non_null(strstr(s->ask.body, "sortKey:UPDATED_AT"));
	json_decref(body);
	return v;
}

static void
shopify_follows_the_cursor(void **state)
{
	struct shop_stage s;
	json_t *v;

	(void)state;
	open_stage(&s, &pull_shopify);
	assert_true(shop_ask(&s));
	assert_string_equal(s.ask.url,
			    "https://t.example/admin/api/2026-04/graphql.json");
	assert_string_equal(s.ask.header[0], "X-Shopify-Access-Token: shpat_1");
	v = variables(&s);
	assert_string_equal(shop_text(v, "query"),
			    "updated_at:>='2026-06-01T09:00:00Z'");
	assert_true(json_is_null(json_object_get(v, "after")));
	json_decref(v);
	assert_int_equal(
		shop_answer(&s, 200, PAGE_OF(NODE("5", "false"), "true")),
		OUT_OK);
	assert_int_equal(json_array_size(s.told.facts), 1);
	assert_int_equal(s.told.until_ms, SINCE_MS + 3600000LL);
	assert_true(shop_ask(&s));
	v = variables(&s);
	assert_string_equal(shop_text(v, "after"), "abc");
	json_decref(v);
	assert_int_equal(shop_answer(&s, 200, PAGE_OF("", "false")), OUT_OK);
	shop_ends(&s);
	shop_stage_close(&s);
}

static void
shopify_reads_long_orders_alone(void **state)
{
	struct shop_stage s;

	(void)state;
	open_stage(&s, &pull_shopify);
	assert_true(shop_ask(&s));
	assert_int_equal(
		shop_answer(&s, 200,
			    PAGE_OF(NODE("5", "true") "," NODE("6", "true"),
				    "false")),
		OUT_OK);
	assert_int_equal(json_array_size(s.told.facts), 0);
	assert_int_equal(s.told.until_ms, 0);
	assert_true(shop_ask(&s));
	asked_for(&s, "/admin/api/2026-04/orders/5.json");
	assert_null(s.ask.body);
	assert_int_equal(shop_answer(&s, 200,
				     "{\"order\":{\"id\":5,\"name\":\"#1\","
				     "\"currency\":\"EUR\"}}"),
			 OUT_OK);
	assert_int_equal(json_array_size(s.told.facts), 1);
	assert_int_equal(s.told.until_ms, 0);
	assert_true(shop_ask(&s));
	asked_for(&s, "orders/6.json");
	assert_int_equal(shop_answer(&s, 404, "{}"),
			 OUT_OK); /* gone meanwhile */
	assert_int_equal(s.told.until_ms, SINCE_MS + 3600000LL);
	shop_ends(&s);
	shop_stage_close(&s);
}

static int
first_of(struct shop_stage *s)
{
	json_t *v;
	int n;

	assert_true(shop_ask(s));
	v = variables(s);
	n = (int)json_integer_value(json_object_get(v, "first"));
	json_decref(v);
	return n;
}

static void
shopify_pays_its_points(void **state)
{
	static const char dear[] =
		"{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":"
		"\"MAX_COST_EXCEEDED\"}}]}";
	static const char throttled[] =
		"{\"errors\":[{\"message\":\"Throttled\",\"extensions\":{"
		"\"code\":\"THROTTLED\"}}],\"extensions\":{\"cost\":{"
		"\"requestedQueryCost\":752,\"actualQueryCost\":null,"
		"\"throttleStatus\":{\"maximumAvailable\":1000.0,"
		"\"currentlyAvailable\":600,\"restoreRate\":50.0}}}}";
	struct shop_stage s;
	int n;

	(void)state;
	open_stage(&s, &pull_shopify);
	n = first_of(&s);
	assert_int_equal(shop_answer(&s, 200, dear), OUT_OK);
	assert_true(s.told.again);
	assert_int_equal(first_of(&s), n / 2);
	assert_int_equal(shop_answer(&s, 200, throttled), OUT_OK);
	assert_true(s.told.again);
	assert_int_equal(s.told.rest_ms, 4000); /* 152 points at 50 a second */
	while (first_of(&s) > 1)
		assert_int_equal(shop_answer(&s, 200, dear), OUT_OK);
	assert_int_equal(shop_answer(&s, 200, dear), OUT_PERM);
	assert_string_equal(s.e.code, "refused");
	assert_int_equal(shop_answer(&s, 200,
				     "{\"errors\":[{\"extensions\":{\"code\":"
				     "\"ACCESS_DENIED\"}}]}"),
			 OUT_PERM);
	assert_string_equal(s.e.code, "auth");
	shop_stage_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(woo_goes_on_from_the_last_change),
		cmocka_unit_test(woo_counts_pages_within_a_second),
		cmocka_unit_test(woo_asks_for_which_lines_money_went_back),
		cmocka_unit_test(statuses_say_what_to_do),
		cmocka_unit_test(shopify_follows_the_cursor),
		cmocka_unit_test(shopify_reads_long_orders_alone),
		cmocka_unit_test(shopify_pays_its_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What carriers say and what other programs sign, to facts; times as shops write
 * them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "gateways/shop/read_generic.h"
#include "gateways/shop/read_track.h"
#include "gateways/shop/when.h"
#include "rules/zone.h"
#include "tests/unit/shop_stage.h"

static const struct read_about madrid = { .topic = "",
					  .zone = "Europe/Madrid",
					  .country = "ES" };

static json_t *
facts(read_fn *read, const char *body)
{
	return shop_facts(read, &madrid, body);
}

static void
refuses(read_fn *read, const char *body)
{
	shop_refuses(read, &madrid, body, "", NULL);
}

/* The only fact's member, and its kind. */
static const json_t *
only(const json_t *list, const char *kind, const char *member)
{
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(shop_text(json_array_get(list, 0), "kind"), kind);
	return json_object_get(json_array_get(list, 0), member);
}

#define TRACKED(members)                                                       \
	"{\"event\":\"tracking_update\",\"event_id\":\"e-9\",\"msg\":{"        \
	"\"tracking_number\":\"EST 001-002\",\"slug\":\"seur-api\"," members   \
	"}}"

static void
checkpoints_are_sorted(void **state)
{
	json_t *f = facts(
		read_track,
		TRACKED("\"tag\":\"Delivered\",\"subtag\":\"Delivered_001\","
			"\"order_number\":\"#1042\","
			"\"updated_at\":\"2026-06-05T10:30:00+00:00\","
			"\"shipment_delivery_date\":\"2026-06-05T11:59:00\","
			"\"checkpoints\":["
			"{\"checkpoint_time\":\"2026-06-05T11:59:00+02:00\","
			"\"tag\":\"Delivered\",\"message\":\"Entregado\","
			"\"city\":\"Madrid\",\"country_iso3\":\"ESP\"},"
			"{\"checkpoint_time\":\"2026-06-04T08:00:00\","
			"\"tag\":\"InTransit\",\"subtag_message\":\"Left\"},"
			"{\"checkpoint_time\":\"someday\",\"tag\":\"x\"}]"));
	const json_t *s = only(f, "shipment", "shipment");
	const json_t *points = json_object_get(s, "checkpoints");

	(void)state;
	assert_string_equal(shop_text(s, "tracking_number"), "EST 001-002");
	assert_string_equal(shop_text(s, "carrier"), "seur-api");
	assert_string_equal(shop_text(s, "order_number"), "#1042");
	assert_string_equal(shop_text(s, "status"), "delivered");
	assert_string_equal(shop_text(s, "status_raw"), "Delivered_001");
	assert_string_equal(shop_text(s, "status_at"), "2026-06-05T09:59:00Z");
	assert_string_equal(shop_text(s, "updated_at"), "2026-06-05T10:30:00Z");
	assert_string_equal(shop_text(s, "delivered_at"),
			    "2026-06-05T09:59:00Z");
	assert_int_equal(json_array_size(points), 2);
	assert_string_equal(shop_text(json_array_get(points, 0), "at"),
			    "2026-06-04T06:00:00Z");
	assert_string_equal(shop_text(json_array_get(points, 0), "text"),
			    "Left");
	assert_string_equal(shop_text(json_array_get(points, 1), "place"),
			    "Madrid, ESP");
	assert_string_equal(shop_text(json_array_get(f, 0), "event_id"), "e-9");
	json_decref(f);
}

/* A clock at the place, ahead of ours, must not make old news new. */
static void
a_time_without_zone_does_not_decide(void **state)
{
	json_t *f =
		facts(read_track,
		      TRACKED("\"tag\":\"InTransit\","
			      "\"updated_at\":\"2026-06-04T18:00:00Z\","
			      "\"checkpoints\":[{\"tag\":\"InTransit\","
			      "\"checkpoint_time\":\"2026-06-05T01:00:00\"}]"));
	const json_t *s = only(f, "shipment", "shipment");

	(void)state;
	assert_string_equal(shop_text(s, "status_at"), "2026-06-04T18:00:00Z");
	assert_string_equal(shop_text(s, "status_raw"), "InTransit");
	assert_null(shop_text(s, "delivered_at"));
	json_decref(f);
}

static void
a_day_is_promised_until_its_end(void **state)
{
	json_t *f = facts(read_track,
			  TRACKED("\"tag\":\"InTransit\",\"expected_delivery\":"
				  "\"2026-06-10\",\"updated_at\":"
				  "\"2026-06-04T18:00:00Z\""));

	(void)state;
	assert_string_equal(
		shop_text(only(f, "shipment", "shipment"), "estimated_at"),
		"2026-06-10T21:59:59Z");
	json_decref(f);
}

static void
unknown_tags_are_kept(void **state)
{
	json_t *f = facts(read_track, TRACKED("\"tag\":\"TeleportPending\","
					      "\"subtag\":\"T_1\""));
	const json_t *s = only(f, "shipment", "shipment");

	(void)state;
	assert_string_equal(shop_text(s, "status"), "unknown");
	assert_string_equal(shop_text(s, "status_raw"), "TeleportPending");
	json_decref(f);
	f = facts(read_track, TRACKED("\"active\":true"));
	assert_non_null(only(f, "nothing", "why"));
	json_decref(f);
}

static void
bodies_of_no_parcel_are_refused(void **state)
{
	(void)state;
	refuses(read_track, "{\"msg\":{\"tag\":\"Delivered\"}}");
	refuses(read_track, "{\"msg\":[]}");
	refuses(read_track, "[]");
	refuses(read_track, "{\"msg\":{\"tracking_number\":\"1\"");
	refuses(read_track, "");
}

static void
a_neutral_order_is_taken_as_it_is(void **state)
{
	json_t *f = facts(
		read_generic,
		"{\"external_id\":12345678901234567890,\"total\":\"x\","
		"\"test\":true,\"customer\":{\"phone\":\"600 11 22 33\"},"
		"\"lines\":[{\"quantity\":2,\"total\":19.90},"
		"{\"quantity\":\"2.5\"}],"
		"\"refunds\":[{\"lines\":[{\"line\":1,\"quantity\":1}]}]}");
	const json_t *o = only(f, "order", "order");
	const json_t *lines = json_object_get(o, "lines");
	const json_t *back = json_array_get(json_object_get(o, "refunds"), 0);

	(void)state;
	assert_string_equal(shop_text(o, "external_id"),
			    "12345678901234567890");
	assert_string_equal(shop_text(o, "total"), "x"); /* order.put says so */
	assert_true(json_is_true(json_object_get(o, "test")));
	assert_string_equal(
		shop_text(json_object_get(o, "customer"), "phone_e164"),
		"+34600112233");
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(lines, 0), "quantity")),
			 2);
	assert_string_equal(shop_text(json_array_get(lines, 0), "total"),
			    "19.90");
	assert_string_equal(shop_text(json_array_get(lines, 1), "quantity"),
			    "2.5");
	assert_int_equal(
		json_integer_value(json_object_get(
			json_array_get(json_object_get(back, "lines"), 0),
			"quantity")),
		1);
	json_decref(f);
	refuses(read_generic, "[{\"external_id\":\"1\"}]");
	refuses(read_generic, "{\"external_id\":\"\"}");
	refuses(read_generic, "{\"external_id\":{}}");
}

static void
reads(const struct zone *zone, const char *label, int64_t expected)
{
	int64_t t = -1;

	if (!when_read(label, zone, &t))
		fail_msg("'%s' is no time", label);
	if (t != expected)
		fail_msg("'%s' is %lld", label, (long long)t);
}

/* 2026-03-29 01:00 UTC and 2026-10-25 01:00 UTC, Madrid's clocks change. */
static void
clocks_are_put_forward_and_back(void **state)
{
	struct zone *zone = when_zone("Europe/Madrid");
	char label[WHEN_LABEL];

	(void)state;
	assert_non_null(zone);
	reads(zone, "2026-06-06 10:00:00", 1780732800);
	reads(zone, "2026-01-06 10:00:00", 1767690000);
	reads(zone, "2026-03-29 01:59:59", 1774745999);
	reads(zone, "2026-03-29 02:30:00", 1774747800); /* is 03:30 */
	reads(zone, "2026-03-29 03:30:00", 1774747800);
	reads(zone, "2026-10-25 02:30:00", 1792888200); /* the first */
	reads(zone, "2026-10-25 03:00:00", 1792893600);
	reads(zone, "2026-10-25T02:30:00+01:00", 1792891800);
	when_label(1792891800, zone, label);
	assert_string_equal(label, "2026-10-25 02:30:00");
	/* what changes after they were put back has an earlier label */
	when_since(1792889400, zone, label);
	assert_string_equal(label, "2026-10-25 01:50:00");
	when_since(1780732800, zone, label);
	assert_string_equal(label, "2026-06-06 10:00:00");
	zone_free(&zone);
}

static void
what_is_no_time_is_none(void **state)
{
	static const char *const none[] = {
		"",
		"0000-00-00 00:00:00",
		"0000-00-00",
		"2026-02-29 10:00:00",
		"2026-13-01",
		"2026-6-6",
		"2026-06-06 24:00:00",
		"2026-06-06 10:00:00 ",
		"2026-06-06 10:00:00+",
		"2026-06-06x10:00:00",
		"1969-12-31 23:59:59",
		"1780732800",
	};
	int64_t t;

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		if (when_read(none[i], NULL, &t))
			fail_msg("'%s' is a time", none[i]);
	assert_false(when_read(NULL, NULL, &t));
	reads(NULL, "2028-02-29", 1835395200);
	reads(NULL, "2026-06-06T10:00:00.123456Z", 1780740000);
	reads(NULL, "2026-06-06T10:00:00-0330", 1780752600);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checkpoints_are_sorted),
		cmocka_unit_test(a_time_without_zone_does_not_decide),
		cmocka_unit_test(a_day_is_promised_until_its_end),
		cmocka_unit_test(unknown_tags_are_kept),
		cmocka_unit_test(bodies_of_no_parcel_are_refused),
		cmocka_unit_test(a_neutral_order_is_taken_as_it_is),
		cmocka_unit_test(clocks_are_put_forward_and_back),
		cmocka_unit_test(what_is_no_time_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

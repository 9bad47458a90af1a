/*
 * Facts of WhatsApp's deliveries to requests of the bus, and what a person
 * reads of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/calls.h"
#include "gateways/whatsapp/card.h"
#include "gateways/whatsapp/read.h"

#define CALLS_MAX 32
#define RECEIVED_MS 1781000100000

struct seen {
	size_t count;
	struct {
		const char *method;
		json_t *params;
		json_t *otherwise;
		char person[64];
	} call[CALLS_MAX];
};

/* shop and help are of one app; other is not. */
static struct accounts *
three_numbers(void)
{
	struct accounts *a = accounts_new(NULL);
	json_t *list = json_array();
	static const char *const rows[][4] = {
		{ "shop", "100", "+34 910 000 000", "one" },
		{ "help", "200", "+34 910 000 001", "one" },
		{ "other", "300", "+34 910 000 002", "two" },
	};

	for (size_t i = 0; i < 3; i++)
		(void)json_array_append_new(
			list,
			json_pack("{s:I, s:s, s:s, s:{s:s, s:s, s:s}, "
				  "s:{s:s, s:s, s:s}, s:i}",
				  "id", (json_int_t)i, "name", rows[i][0],
				  "kind", "whatsapp", "settings",
				  "phone_number_id", rows[i][1], "waba_id",
				  i == 1 ? "W2" : "W1", "display_number",
				  rows[i][2], "secrets", "app_secret",
				  rows[i][3], "access_token", "t",
				  "verify_token", "v", "version", 1));
	accounts_set(a, list);
	json_decref(list);
	return a;
}

static void
note(void *arg, const struct call_new *c)
{
	struct seen *s = arg;

	assert_true(s->count < CALLS_MAX);
	s->call[s->count].method = c->method;
	s->call[s->count].params = c->params;
	s->call[s->count].otherwise = c->otherwise;
	(void)snprintf(s->call[s->count].person,
		       sizeof s->call[s->count].person, "%s",
		       c->person != NULL ? c->person : "");
	s->count++;
}

/* The requests that changes make, signed by shop. */
static void
make(struct seen *s, const char *changes)
{
	struct accounts *a = three_numbers();
	struct delivery d = { .accounts = a,
			      .by = accounts_by_name(a, "shop"),
			      .received_ms = RECEIVED_MS };
	char *body = mem_printf("{\"object\":\"whatsapp_business_account\","
				"\"entry\":[{\"id\":\"W1\",\"changes\":[%s]}]}",
				changes);
	struct err e = { .text = "" };
	json_t *facts;

	memset(s, 0, sizeof *s);
	assert_non_null(d.by);
	assert_int_equal(wa_read(body, strlen(body), &facts, &e), OUT_OK);
	calls_make(&d, facts, note, s);
	json_decref(facts);
	mem_free(body);
	accounts_free(&a);
}

static void
drop(struct seen *s)
{
	for (size_t i = 0; i < s->count; i++) {
		json_decref(s->call[i].params);
		json_decref(s->call[i].otherwise);
	}
}

static const char *
param(const struct seen *s, size_t i, const char *name)
{
	return json_string_value(json_object_get(s->call[i].params, name));
}

#define CHANGE(phone, members)                                                  \
	"{\"field\":\"messages\",\"value\":{\"metadata\":{"                     \
	"\"display_phone_number\":\"34910000000\",\"phone_number_id\":\"" phone \
	"\"}," members "}}"
#define TEXT(id, from)                                                         \
	"{\"id\":\"" id "\",\"from\":\"" from                                  \
	"\",\"timestamp\":\"1781000000\","                                     \
	"\"type\":\"text\",\"text\":{\"body\":\"hola\"}}"

static void
a_message_is_a_contact(void **state)
{
	struct seen s;
	char digest[HASH_HEX];
	const json_t *raw;
	const json_t *card;

	(void)state;
	make(&s, CHANGE("100",
			"\"contacts\":[{\"wa_id\":\"34600\","
			"\"profile\":{\"name\":\"Ana\",\"username\":"
			"\"@ana\"}}],\"messages\":[" TEXT("m1", "34600") "]"));
	assert_int_equal(s.count, 1);
	assert_string_equal(s.call[0].method, "contact.add");
	assert_string_equal(s.call[0].person, "34600");
	assert_string_equal(param(&s, 0, "connection"), "shop");
	assert_string_equal(param(&s, 0, "text"), "hola");
	assert_string_equal(param(&s, 0, "received_at"),
			    "2026-06-09T10:13:20.000Z");
	hash_hex("whatsapp\n100\nm1", strlen("whatsapp\n100\nm1"), digest);
	assert_string_equal(param(&s, 0, "digest"), digest);
	card = json_object_get(s.call[0].params, "whatsapp");
	assert_string_equal(
		json_string_value(json_object_get(card, "username")), "ana");
	assert_null(json_object_get(card, "raw"));
	assert_null(json_object_get(card, "text"));
	raw = json_object_get(s.call[0].params, "raw");
	assert_true(
		hash_is_hex(json_string_value(json_object_get(raw, "sha256"))));
	drop(&s);
}

/* Meta's clock may be ahead: nothing was written after it came. */
static void
times_end_at_the_arrival(void **state)
{
	struct seen s;

	(void)state;
	make(&s, CHANGE("100", "\"messages\":[{\"id\":\"a\",\"from\":\"1\","
			       "\"type\":\"text\",\"timestamp\":"
			       "\"1781009999\"},{\"id\":\"b\",\"from\":\"1\","
			       "\"type\":\"text\"}]"));
	assert_string_equal(param(&s, 0, "received_at"),
			    "2026-06-09T10:15:00.000Z");
	assert_string_equal(param(&s, 1, "received_at"),
			    "2026-06-09T10:15:00.000Z");
	drop(&s);
}

/* Another number of the same app may be spoken of; one of another may not. */
static void
numbers_are_of_one_app(void **state)
{
	struct seen s;

	(void)state;
	make(&s,
	     CHANGE("200", "\"messages\":[" TEXT("a", "1") "]") "," CHANGE(
		     "300",
		     "\"messages\":[" TEXT("b", "1") "," TEXT(
			     "c", "1") "]") "," CHANGE("999",
						       "\"messages\":[" TEXT(
							       "d", "1") "]"));
	assert_int_equal(s.count, 3);
	assert_string_equal(s.call[0].method, "contact.add");
	assert_string_equal(param(&s, 0, "connection"), "help");
	assert_string_equal(s.call[1].method, "account.event");
	assert_string_equal(param(&s, 1, "code"), "foreign_number");
	assert_string_equal(param(&s, 1, "detail"), "300");
	assert_string_equal(param(&s, 1, "connection"), "shop");
	assert_string_equal(param(&s, 2, "code"), "unknown_number");
	assert_string_equal(s.call[2].person, "");
	drop(&s);
}

/* Our number by the metadata, and any other of ours. */
static void
our_numbers_open_nothing(void **state)
{
	struct seen s;

	(void)state;
	make(&s,
	     CHANGE("100", "\"messages\":[" TEXT("a", "34910000000") "," TEXT(
				   "b", "34910000001") "]"));
	assert_int_equal(s.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(s.call[i].method, "account.event");
		assert_string_equal(param(&s, i, "code"), "own_number");
	}
	drop(&s);
}

static void
reactions_may_become_contacts(void **state)
{
	struct seen s;

	(void)state;
	make(&s, CHANGE("100",
			"\"messages\":[{\"id\":\"a\",\"from\":\"1\",\"type\":"
			"\"reaction\",\"reaction\":{\"message_id\":\"m\","
			"\"emoji\":\"+\"}},{\"id\":\"b\",\"from\":\"1\","
			"\"type\":\"reaction\",\"reaction\":{\"message_id\":"
			"\"m\"}}]"));
	assert_int_equal(s.count, 2);
	assert_string_equal(s.call[0].method, "reaction.put");
	assert_string_equal(param(&s, 0, "target"), "m");
	assert_string_equal(param(&s, 0, "emoji"), "+");
	assert_string_equal(
		json_string_value(json_object_get(s.call[0].otherwise, "text")),
		"+");
	/* one that was taken back is nothing, where nothing was put */
	assert_null(param(&s, 1, "emoji"));
	assert_null(s.call[1].otherwise);
	drop(&s);
}

static void
statuses_and_echoes(void **state)
{
	struct seen s;
	const json_t *error;

	(void)state;
	make(&s,
	     CHANGE("100",
		    "\"statuses\":[{\"id\":\"w\",\"status\":"
		    "\"failed\",\"biz_opaque_callback_data\":\"k\","
		    "\"recipient_participant_id\":\"7\",\"errors\":["
		    "{\"code\":131047,\"title\":\"T\"}]}]") ","
							    "{\"field\":\"smb_message_echoes\",\"value\":{\"metadata\":{"
							    "\"phone_number_id\":\"100\"},\"message_echoes\":[{\"id\":"
							    "\"e\",\"from\":\"34910000000\",\"to\":\"1\",\"type\":"
							    "\"text\",\"text\":{\"body\":\"yo\"}}]}}");
	assert_int_equal(s.count, 2);
	assert_string_equal(s.call[0].method, "echo.add");
	assert_string_equal(s.call[0].person, "1");
	assert_string_equal(param(&s, 0, "text"), "yo");
	assert_string_equal(s.call[1].method, "status.add");
	assert_string_equal(param(&s, 1, "external_id"), "w");
	assert_string_equal(param(&s, 1, "tracker"), "k");
	assert_string_equal(param(&s, 1, "recipient"), "7");
	error = json_array_get(json_object_get(s.call[1].params, "errors"), 0);
	assert_string_equal(json_string_value(json_object_get(error, "detail")),
			    "T");
	drop(&s);
}

/* Old messages of the phone are neither new nor news. */
static void
history_is_silent(void **state)
{
	struct seen s;

	(void)state;
	make(&s,
	     "{\"field\":\"history\",\"value\":{\"metadata\":{"
	     "\"phone_number_id\":\"100\"},\"messages\":[" TEXT(
		     "a", "1") "],\"history\":[]}},"
			       "{\"field\":\"calls\",\"value\":{\"metadata\":{"
			       "\"phone_number_id\":\"100\"}}}");
	assert_int_equal(s.count, 1);
	assert_string_equal(param(&s, 0, "field"), "calls");
	drop(&s);
}

/* An account's events go to the number that has the account. */
static void
events_are_told(void **state)
{
	struct seen s;

	(void)state;
	make(&s, "{\"field\":\"account_update\",\"value\":{\"event\":"
		 "\"DISABLED_UPDATE\"}}," CHANGE(
			 "100", "\"errors\":[{\"code\":130429,\"title\":"
				"\"Rate\"}]"));
	assert_int_equal(s.count, 2);
	assert_string_equal(param(&s, 0, "severity"), "critical");
	assert_string_equal(param(&s, 0, "field"), "account_update");
	assert_string_equal(param(&s, 0, "code"), "DISABLED_UPDATE");
	assert_string_equal(param(&s, 0, "detail"), "event: DISABLED_UPDATE");
	assert_string_equal(param(&s, 1, "field"), "errors");
	assert_string_equal(param(&s, 1, "code"), "130429");
	drop(&s);
}

/* What people said in WhatsApp's own settings; anything but yes and no is
 * told, and asked of nobody. */
static void
preferences_are_consent(void **state)
{
	struct seen s;

	(void)state;
	make(&s, "{\"field\":\"user_preferences\",\"value\":{\"metadata\":{"
		 "\"phone_number_id\":\"200\"},\"user_preferences\":["
		 "{\"wa_id\":\"1\",\"value\":\"stop\"},"
		 "{\"user_id\":\"ES.2\",\"value\":\"resume\"},"
		 "{\"wa_id\":\"3\",\"value\":\"perhaps\"}]}}");
	assert_int_equal(s.count, 3);
	assert_string_equal(s.call[0].method, "consent.add");
	assert_string_equal(param(&s, 0, "connection"), "help");
	assert_string_equal(param(&s, 0, "consent"), "out");
	assert_string_equal(param(&s, 0, "wa_id"), "1");
	assert_string_equal(param(&s, 1, "consent"), "in");
	assert_string_equal(param(&s, 1, "user_id"), "ES.2");
	assert_string_equal(s.call[2].method, "account.event");
	assert_null(param(&s, 2, "text"));
	assert_string_equal(param(&s, 2, "detail"), "");
	drop(&s);
}

/* What a person reads of a message that is given as facts. */
static void
reads(const char *facts, const char *want)
{
	json_t *o = json_loads(facts, 0, NULL);
	char *text;

	assert_non_null(o);
	text = card_text(o);
	assert_string_equal(text, want);
	mem_free(text);
	json_decref(o);
}

static void
cards_are_read_by_people(void **state)
{
	(void)state;
	reads("{}", "");
	reads("{\"location\":{\"latitude\":40.5,\"longitude\":-3}}",
	      "40.500000, -3.000000");
	reads("{\"location\":{\"latitude\":40.5,\"longitude\":-3,\"name\":"
	      "\"Bar\",\"address\":\"Calle 1\"}}",
	      "Bar, Calle 1 (40.500000, -3.000000)");
	reads("{\"contacts\":[{\"name\":\"Eva\",\"phones\":[{\"phone\":\"1\"},"
	      "{\"phone\":\"2\"}]},{\"emails\":[\"a@b.c\"]}]}",
	      "Eva: 1, 2\n?: a@b.c");
	reads("{\"text\":\"gracias\",\"order\":{\"items\":[{\"quantity\":2,"
	      "\"product_retailer_id\":\"SKU\",\"item_price\":30,"
	      "\"currency\":\"EUR\"},{\"quantity\":1}]}}",
	      "gracias\n2 x SKU: 30 EUR\n1 x ?");
	reads("{\"text\":\"Sent\",\"interactive\":{\"response\":{\"a\":\"x\","
	      "\"flow_token\":\"t\",\"b\":3}}}",
	      "Sent\na: x\nb: 3");
	reads("{\"edit\":{\"text\":\"mejor\"}}", "mejor");
}

/* A message too large for a request goes as its card. */
static void
octets_fit_a_request(void **state)
{
	const size_t n = 300000;
	char *big = mem_new(n + 1, 1);
	json_t *m;
	json_t *raw;

	(void)state;
	memset(big, 'x', n);
	m = json_pack("{s:s, s:s, s:{s:s, s:s}}", "id", "a", "text", "t", "raw",
		      "id", "a", "body", big);
	raw = card_raw(m);
	assert_int_equal(json_integer_value(json_object_get(raw, "bytes")),
			 strlen("{\"id\":\"a\"}"));
	json_decref(raw);
	json_decref(m);
	mem_free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_a_contact),
		cmocka_unit_test(times_end_at_the_arrival),
		cmocka_unit_test(numbers_are_of_one_app),
		cmocka_unit_test(our_numbers_open_nothing),
		cmocka_unit_test(reactions_may_become_contacts),
		cmocka_unit_test(statuses_and_echoes),
		cmocka_unit_test(events_are_told),
		cmocka_unit_test(preferences_are_consent),
		cmocka_unit_test(history_is_silent),
		cmocka_unit_test(cards_are_read_by_people),
		cmocka_unit_test(octets_fit_a_request),
	};

	hash_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

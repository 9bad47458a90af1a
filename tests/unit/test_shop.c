/*
 * postigo-shop without a bus: what is kept before a body, whose webhook it is,
 * who signed it, and which requests facts make. The digest was computed with
 * another program.
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
#include "daemon/base/hash.h"
#include "gateways/common/signature.h"
#include "gateways/shop/calls.h"
#include "gateways/shop/envelope.h"
#include "gateways/shop/shops.h"
#include "gateways/shop/source.h"

#define BODY "{\"id\":17}"
/* printf %s BODY | openssl dgst -sha256 -hmac secreto -binary | base64 */
#define DIGEST "WYl6weCF1sr1hABBZdsLDVimwy8C9vl9GOXo4p19XgM="
#define PATH "0123456789abcdef0123456789abcdef"

/* --- envelope ------------------------------------------------------------------ */

static void
a_body_keeps_its_topic(void **state)
{
	struct envelope v;
	struct err e;
	struct buf b;

	(void)state;
	buf_init(&b, ENVELOPE_HEAD_MAX + 64);
	envelope_write(&b, "order.deleted", "application/json",
		       "2026-06-01T10:00:00.123Z");
	assert_true(buf_puts(&b, "topic: other\n\n{}"));
	assert_int_equal(envelope_read(buf_str(&b), b.len, &v, &e), OUT_OK);
	assert_string_equal(v.topic, "order.deleted");
	assert_string_equal(v.type, "application/json");
	assert_string_equal(v.at, "2026-06-01T10:00:00.123Z");
	assert_int_equal(v.n, strlen("topic: other\n\n{}"));
	assert_memory_equal(v.body, "topic: other\n\n{}", v.n);
	buf_release(&b);
}

static void
a_line_breaks_no_envelope(void **state)
{
	struct envelope v;
	struct err e;
	struct buf b;

	(void)state;
	buf_init(&b, ENVELOPE_HEAD_MAX);
	envelope_write(&b, "orders/paid\n\n{\"id\":1}", NULL, "soon\n");
	assert_int_equal(envelope_read(buf_str(&b), b.len, &v, &e), OUT_OK);
	assert_string_equal(v.topic, "");
	assert_string_equal(v.type, "");
	assert_string_equal(v.at, "");
	assert_int_equal(v.n, 0);
	buf_release(&b);
}

static void
what_is_no_envelope_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		BODY,
		"postigo-hook: 1\n",
		"postigo-hook: 1\ntopic: x\n",
		"postigo-hook: 2\n\n{}",
	};
	struct envelope v;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(envelope_read(bad[i], strlen(bad[i]), &v, &e),
				 OUT_PERM);
}

/* --- whose it is --------------------------------------------------------------- */

static void
a_ping_is_its_word_and_digits(void **state)
{
	static const char *const bad[] = {
		"",
		"webhook_id=",
		"webhook_id=12&x=1",
		"webhook_id=-1",
		"webhook_id=1 ",
		"x=1",
		"webhook_id=12345678901234567890",
	};
	size_t i;

	(void)state;
	assert_true(source_is_ping("webhook_id=12", 13));
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(source_is_ping(bad[i], strlen(bad[i])));
}

static void
a_shop_is_named_with_or_without_its_scheme(void **state)
{
	(void)state;
	assert_true(source_same_shop("https://tienda.example/",
				     "https://tienda.example"));
	assert_true(
		source_same_shop("http://Tienda.example", "tienda.example"));
	assert_true(source_same_shop("https://a.example/es/",
				     "https://a.example/es"));
	assert_false(
		source_same_shop("https://a.example/es/", "https://a.example"));
	assert_false(source_same_shop("tienda.example.evil", "tienda.example"));
	assert_false(source_same_shop("", "tienda.example"));
}

static void
base64_is_the_only_form_of_the_digest(void **state)
{
	static const char *const bad[] = {
		"",
		"sha256=" DIGEST,
		DIGEST "=",
		"====",
		DIGEST " ",
		"8c13592bdde0a606f919203219dfa5a8ec8b6b230c97a52c7094af797c19d63a",
	};
	unsigned char mac[HASH_BYTES];
	size_t i;

	(void)state;
	assert_true(signature_read_base64(DIGEST, mac));
	assert_false(signature_read_base64(NULL, mac));
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(signature_read_base64(bad[i], mac));
}

static struct mine *
shops(const char *kind, const char *name, const char *secret)
{
	struct mine *m = shops_new(NULL);
	json_t *list = json_pack(
		"[{s:s, s:s, s:i, s:{s:s, s:s}, s:{s:s}}]", "name", "tienda",
		"kind", kind, "version", 1, "settings", "path", PATH, "url",
		"https://tienda.example", "secrets", name, secret);

	mine_set(m, list);
	json_decref(list);
	return m;
}

static void
either_secret_of_a_shop_may_sign(void **state)
{
	struct mine *m = shops("shopify", "client_secret_next", "secreto");
	const struct shop *k = shops_by_path(m, PATH);

	(void)state;
	assert_non_null(k);
	assert_true(shop_signed(k, DIGEST, BODY, strlen(BODY)));
	assert_false(shop_signed(k, DIGEST, BODY "\n", strlen(BODY) + 1));
	assert_null(shops_by_path(m, "0123456789abcdef0123456789abcdee"));
	assert_null(shops_by_path(m, ""));
	mine_free(&m);
	/* the same secret under a name that signs nothing */
	m = shops("woocommerce", "consumer_secret", "secreto");
	assert_false(shop_signed(shops_at(m, 0), DIGEST, BODY, strlen(BODY)));
	mine_free(&m);
}

static void
an_unknown_kind_is_left_out(void **state)
{
	struct mine *m = shops("whatsapp", "app_secret", "secreto");

	(void)state;
	assert_true(mine_known(m));
	assert_null(shops_at(m, 0));
	mine_free(&m);
}

/* --- requests ------------------------------------------------------------------- */

#define SEEN_MAX 16

struct seen {
	char *method[SEEN_MAX];
	size_t orders[SEEN_MAX];
	size_t n;
};

static void
see(void *arg, const struct shop_call *c)
{
	struct seen *s = arg;

	assert_true(s->n < SEEN_MAX);
	s->method[s->n] = strdup(c->method);
	s->orders[s->n++] =
		json_array_size(json_object_get(c->params, "orders"));
	json_decref(c->params);
}

static void
forget(struct seen *s)
{
	while (s->n > 0)
		free(s->method[--s->n]);
}

static json_t *
order_fact(int id, const char *note)
{
	char text[16];

	(void)snprintf(text, sizeof text, "%d", id);
	return json_pack("{s:s, s:{s:s, s:s}}", "kind", "order", "order",
			 "external_id", text, "note", note);
}

static void
orders_go_together_up_to_a_ceiling(void **state)
{
	const struct calls_from from = { .connection = "tienda",
					 .source = "poll" };
	json_t *facts = json_array();
	struct seen s = { .n = 0 };
	int i;

	(void)state;
	for (i = 0; i < CALLS_ORDERS_MAX + 1; i++)
		(void)json_array_append_new(facts, order_fact(i, ""));
	assert_false(shop_calls(&from, facts, see, &s));
	assert_int_equal(s.n, 2);
	assert_int_equal(s.orders[0], CALLS_ORDERS_MAX);
	assert_int_equal(s.orders[1], 1);
	forget(&s);
	json_decref(facts);
}

static void
a_fact_between_orders_keeps_its_place(void **state)
{
	const struct calls_from from = { .connection = "tienda",
					 .source = "hook" };
	json_t *facts = json_array();
	struct seen s = { .n = 0 };

	(void)state;
	(void)json_array_append_new(facts, order_fact(1, ""));
	(void)json_array_append_new(
		facts, json_pack("{s:s, s:s}", "kind", "delete", "order", "1"));
	(void)json_array_append_new(facts, order_fact(2, ""));
	(void)json_array_append_new(
		facts, json_pack("{s:s, s:s}", "kind", "refund", "order", "2"));
	(void)json_array_append_new(
		facts, json_pack("{s:s, s:s}", "kind", "nothing", "why", "x"));
	(void)json_array_append_new(facts, json_pack("{s:s, s:s, s:s}", "kind",
						     "nothing", "why", "x",
						     "code", "rest_error"));
	assert_true(shop_calls(&from, facts, see, &s));
	assert_int_equal(s.n, 4);
	assert_string_equal(s.method[0], "order.put");
	assert_string_equal(s.method[1], "order.gone");
	assert_string_equal(s.method[2], "order.put");
	assert_string_equal(s.method[3], "account.event");
	forget(&s);
	json_decref(facts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_keeps_its_topic),
		cmocka_unit_test(a_line_breaks_no_envelope),
		cmocka_unit_test(what_is_no_envelope_is_refused),
		cmocka_unit_test(a_ping_is_its_word_and_digits),
		cmocka_unit_test(a_shop_is_named_with_or_without_its_scheme),
		cmocka_unit_test(base64_is_the_only_form_of_the_digest),
		cmocka_unit_test(either_secret_of_a_shop_may_sign),
		cmocka_unit_test(an_unknown_kind_is_left_out),
		cmocka_unit_test(orders_go_together_up_to_a_ceiling),
		cmocka_unit_test(a_fact_between_orders_keeps_its_place),
	};

	hash_start();
	return cmocka_run_group_tests_name("shop", tests, NULL, NULL);
}

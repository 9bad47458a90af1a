/*
 * Any octets as a body of WooCommerce's or Shopify's: the first octet says
 * whose, and under which topic. Facts, whose strings are text within the
 * ceilings of the neutral order and whose amounts are decimal text, or a
 * refusal that says why. The same octets have the same facts, and what a pull
 * makes of them as answers leaves a run that has a next request or an end.
 */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/money.h"
#include "daemon/base/utf8.h"
#include "gateways/shop/pull.h"
#include "gateways/shop/raw.h"
#include "gateways/shop/read_shopify.h"
#include "gateways/shop/read_woo.h"
#include "gateways/shop/take.h"

#define INPUT_MAX ((size_t)256 * 1024)
#define DEPTH_MAX 12 /* facts, order, lists of it, their lists */
#define KINDS_OF_BODY 18
#define ANSWERS 3 /* of one run: a page, then what it leads to */

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const struct {
	read_fn *read;
	const char *topic;
} bodies[KINDS_OF_BODY] = {
	{ read_woo, "" },
	{ read_woo, "order.created" },
	{ read_woo, "order.deleted" },
	{ read_woo, "customer.updated" },
	{ read_woo, "product.created" },
	{ read_shopify, "" },
	{ read_shopify, "orders/updated" },
	{ read_shopify, "orders/edited" },
	{ read_shopify, "orders/delete" },
	{ read_shopify, "fulfillments/update" },
	{ read_shopify, "fulfillment_events/create" },
	{ read_shopify, "refunds/create" },
	{ read_shopify, "returns/approve" },
	{ read_shopify, "customers/update" },
	{ read_shopify, "customers/redact" },
	{ read_shopify, "shop/redact" },
	{ read_shopify, "app/uninstalled" },
	{ read_shopify, "domains/create" },
};

static void
check_text(const char *name, const json_t *v)
{
	size_t n = json_string_length(v);
	size_t max = strcmp(name, "raw") == 0 ? RAW_MAX : TAKE_TEXT_MAX;

	if (n > max || !utf8_valid(json_string_value(v), n))
		abort();
}

/* Is it of the neutral order's members that are money? */
static void
check_money(const char *name, const json_t *v)
{
	static const char *const money[] = { "total",          "subtotal",
					     "shipping_total", "tax_total",
					     "discount_total", "refunded_total",
					     "amount",         "unit_price" };
	const char *s = json_string_value(v);

	for (size_t i = 0; i < sizeof money / sizeof money[0]; i++)
		if (strcmp(name, money[i]) == 0 &&
		    (s == NULL || strspn(s, "-0123456789.") != strlen(s)))
			abort();
}

static void
check(const char *name, const json_t *v, int depth)
{
	const char *key;
	json_t *o;
	size_t i;

	if (depth > DEPTH_MAX || json_is_real(v))
		abort();
	if (json_is_string(v))
		check_text(name, v);
	check_money(name, v);
	json_array_foreach(v, i, o) check(name, o, depth + 1);
	if (json_array_size(v) > TAKE_ROWS_MAX)
		abort();
	json_object_foreach((json_t *)v, key, o) check(key, o, depth + 1);
}

static void
check_facts(const json_t *facts)
{
	const json_t *fact;
	size_t i;

	json_array_foreach(facts, i, fact)
	{
		const json_t *order = json_object_get(fact, "order");

		if (take_str(fact, "kind") == NULL)
			abort();
		if (json_is_object(order) &&
		    (take_str(order, "external_id") == NULL ||
		     !money_currency(take_str(order, "currency"))))
			abort();
		check("", fact, 0);
	}
}

static void
read_twice(size_t which, const char *octets, size_t n)
{
	const struct read_about about = { .topic = bodies[which].topic,
					  .zone = "Europe/Madrid",
					  .country = "ES",
					  .delivered = n % 2 == 0 };
	struct err e = { .text = "" };
	json_t *facts;
	json_t *again;

	if (bodies[which].read(&about, octets, n, &facts, &e) != OUT_OK) {
		if (facts != NULL || e.text[0] == '\0' ||
		    !utf8_valid(e.text, strlen(e.text)))
			abort();
		return;
	}
	check_facts(facts);
	if (bodies[which].read(&about, octets, n, &again, &e) != OUT_OK ||
	    !json_equal(facts, again))
		abort();
	json_decref(facts);
	json_decref(again);
}

static void
forget(struct pull_ask *ask)
{
	mem_free(ask->url);
	mem_free(ask->body);
	for (size_t i = 0; i <= PULL_HEADERS_MAX; i++)
		mem_free(ask->header[i]);
}

static void
answer(const struct pull *pull, const char *octets, size_t n)
{
	struct pull_shop shop = {
		.about = { .topic = "", .zone = "", .country = "" }
	};
	const struct pull_answer a = { .status = 200, .body = octets, .n = n };
	struct pull_told told = { .facts = NULL };
	struct pull_ask ask = { .url = NULL };
	struct err e = { .text = "" };
	json_t *run = json_object();

	shop.settings = json_pack("{s:s}", "url", "https://t.example");
	shop.secrets = json_object();
	if (!pull->next(&shop, run, 0, &ask))
		abort();
	for (int i = 0; i < ANSWERS && ask.url != NULL; i++) {
		forget(&ask);
		memset(&told, 0, sizeof told);
		if (pull->answer(&shop, run, &a, &told, &e) == OUT_OK &&
		    !told.again)
			check_facts(told.facts);
		json_decref(told.facts);
		memset(&ask, 0, sizeof ask);
		(void)pull->next(&shop, run, 0, &ask);
	}
	forget(&ask);
	json_decref(run);
	json_decref((json_t *)shop.settings);
	json_decref((json_t *)shop.secrets);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *octets;

	if (n == 0 || n > INPUT_MAX)
		return 0;
	octets = malloc(n); /* its end is guarded */
	if (octets == NULL)
		abort();
	memcpy(octets, p + 1, n - 1);
	read_twice(p[0] % KINDS_OF_BODY, octets, n - 1);
	if (p[0] % KINDS_OF_BODY == 0)
		answer(&pull_woo, octets, n - 1);
	else
		answer(&pull_shopify, octets, n - 1);
	free(octets);
	return 0;
}

/*
 * Any octets as an answer of PrestaShop's webservice, in XML or JSON, and as one of
 * Magento, a webhook of AfterShip, a signed order: facts whose strings are
 * text, whose kinds have their members and whose orders have an id, or a
 * refusal that says why. The same octets have the same facts; given to a pull
 * as each answer of a run, they leave one that has a next request or an end.
 */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/shop/pull.h"
#include "gateways/shop/read_generic.h"
#include "gateways/shop/read_magento.h"
#include "gateways/shop/read_prestashop.h"
#include "gateways/shop/read_track.h"

#define INPUT_MAX ((size_t)64 * 1024)
#define DEPTH_MAX 48
#define ANSWERS 30 /* of one run: two pages with all that is joined */

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(const json_t *v, int depth)
{
	const char *key;
	json_t *o;
	size_t i;

	if (depth > DEPTH_MAX || json_is_real(v))
		abort();
	if (json_is_string(v) &&
	    !utf8_valid(json_string_value(v), json_string_length(v)))
		abort();
	json_array_foreach(v, i, o) check(o, depth + 1);
	json_object_foreach((json_t *)v, key, o) check(o, depth + 1);
}

static void
check_fact(const json_t *fact)
{
	const char *kind = json_string_value(json_object_get(fact, "kind"));
	const json_t *order = json_object_get(fact, "order");

	if (kind == NULL)
		abort();
	if (strcmp(kind, "nothing") == 0 || strcmp(kind, "look") == 0)
		return;
	if (!json_is_object(json_object_get(fact, kind)))
		abort();
	if (strcmp(kind, "order") == 0 &&
	    json_string_length(json_object_get(order, "external_id")) == 0)
		abort();
}

static void
read_with(read_fn *read, const char *octets, size_t n)
{
	static const struct read_about about = { .topic = "",
						 .zone = "Europe/Madrid",
						 .country = "ES" };
	struct err e = { .text = "" };
	json_t *facts = NULL;
	json_t *again = NULL;
	json_t *fact;
	size_t i;

	if (read(&about, octets, n, &facts, &e) != OUT_OK) {
		if (facts != NULL || e.text[0] == '\0' ||
		    !utf8_valid(e.text, strlen(e.text)))
			abort();
		return;
	}
	check(facts, 0);
	json_array_foreach(facts, i, fact) check_fact(fact);
	if (read(&about, octets, n, &again, &e) != OUT_OK ||
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
	memset(ask, 0, sizeof *ask);
}

/* The facts of orders alone have their members: "nothing" has words. */
static void
pulled(const struct pull *pull, const char *octets, size_t n)
{
	json_t *settings = json_pack("{s:s}", "url", "https://t.example");
	json_t *secrets = json_object();
	json_t *run = json_object();
	const struct pull_shop shop = {
		.settings = settings,
		.secrets = secrets,
		.about = { .topic = "", .zone = "Europe/Madrid", .country = "" }
	};
	const struct pull_answer a = { .status = 200, .body = octets, .n = n };
	struct pull_ask ask = { .url = NULL };
	struct err e = { .text = "" };
	json_t *fact;
	size_t k;

	for (int i = 0; i < ANSWERS && pull->next(&shop, run, 0, &ask); i++) {
		struct pull_told told = { .facts = NULL };

		forget(&ask);
		if (pull->answer(&shop, run, &a, &told, &e) != OUT_OK)
			break;
		check(told.facts, 0);
		json_array_foreach(told.facts, k, fact) check_fact(fact);
		json_decref(told.facts);
	}
	forget(&ask);
	json_decref(run);
	json_decref(settings);
	json_decref(secrets);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *octets;

	if (n > INPUT_MAX)
		return 0;
	octets = malloc(n != 0 ? n : 1); /* its end is guarded */
	if (octets == NULL)
		abort();
	memcpy(octets, p, n);
	read_with(read_prestashop, octets, n);
	read_with(read_magento, octets, n);
	read_with(read_track, octets, n);
	read_with(read_generic, octets, n);
	pulled(&pull_prestashop, octets, n);
	pulled(&pull_magento, octets, n);
	free(octets);
	return 0;
}

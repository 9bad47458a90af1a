/*
 * Any octets as a body of WhatsApp's: facts whose strings are text within
 * their ceilings and whose ids are safe in a URL, nested as the bus allows, or
 * a refusal that says why. The same octets have the same facts. What is asked
 * of the daemon for them has its names and is text too.
 */
#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/utf8.h"
#include "daemon/wire/frame.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/calls.h"
#include "gateways/whatsapp/read.h"

#define STRING_MAX ((size_t)256 * 1024) /* the octets of a message */
#define RECEIVED_MS 1781000000000
#define INPUT_MAX ((size_t)256 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check_string(const json_t *v)
{
	size_t n = json_string_length(v);

	if (n > STRING_MAX || !utf8_valid(json_string_value(v), n))
		abort();
}

static void
check(const json_t *v, int depth)
{
	const char *key;
	json_t *o;
	size_t i;

	if (depth > FRAME_DEPTH - 4)
		abort();
	if (json_is_string(v))
		check_string(v);
	if (json_is_real(v) && !isfinite(json_real_value(v)))
		abort();
	json_array_foreach(v, i, o) check(o, depth + 1);
	json_object_foreach((json_t *)v, key, o)
	{
		if (!utf8_valid(key, strlen(key)))
			abort();
		/* in facts: as it stood in the body */
		if (strcmp(key, "raw") != 0)
			check(o, depth + 1);
	}
}

static void
check_id(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	if (s == NULL || s[0] == '\0' || strlen(s) > WA_ID_MAX)
		abort();
}

static void
check_message(const json_t *m)
{
	const json_t *media = json_object_get(m, "media");
	const char *id = json_string_value(json_object_get(media, "id"));
	const char *file =
		json_string_value(json_object_get(media, "filename"));

	check_id(m, "id");
	check_id(m, "type");
	check_id(m, "phone_number_id");
	if (id != NULL && strpbrk(id, "/?#.%&= \\") != NULL)
		abort();
	if (file != NULL && strpbrk(file, "/\\\r\n") != NULL)
		abort();
}

static void
check_facts(const json_t *facts)
{
	static const char *const lists[] = { "messages", "own",    "statuses",
					     "echoes",   "events", "errors",
					     "refused" };
	size_t sum = 0;
	json_t *o;
	size_t i;

	for (i = 0; i < sizeof lists / sizeof lists[0]; i++)
		sum += json_array_size(json_object_get(facts, lists[i]));
	if (sum > WA_FACTS_MAX + 1)
		abort();
	check(facts, 0);
	json_array_foreach(json_object_get(facts, "messages"), i, o)
		check_message(o);
	json_array_foreach(json_object_get(facts, "echoes"), i, o)
		check_message(o);
	json_array_foreach(json_object_get(facts, "statuses"), i, o)
	{
		check_id(o, "id");
		check_id(o, "status");
	}
}

/* One number, which the seeds have. */
static struct accounts *
one_number(void)
{
	struct accounts *a = accounts_new(NULL);
	json_t *list = json_pack(
		"[{s:i, s:s, s:s, s:{s:s, s:s, s:s}, s:{s:s, s:s, s:s}, s:i}]",
		"id", 1, "name", "shop", "kind", "whatsapp", "settings",
		"phone_number_id", "100200300", "waba_id", "555",
		"display_number", "+34 910 000 000", "secrets", "app_secret",
		"s", "access_token", "t", "verify_token", "v", "version", 1);

	accounts_set(a, list);
	json_decref(list);
	return a;
}

static void
check_call(void *arg, const struct call_new *c)
{
	const char *name =
		json_string_value(json_object_get(c->params, "connection"));

	(void)arg;
	if (c->method == NULL || name == NULL || strcmp(name, "shop") != 0)
		abort();
	check(c->params, 0);
	if (c->otherwise != NULL)
		check(c->otherwise, 0);
	json_decref(c->params);
	json_decref(c->otherwise);
}

static void
check_calls(const json_t *facts)
{
	static struct accounts *a;
	struct delivery d = { .received_ms = RECEIVED_MS };

	if (a == NULL)
		a = one_number();
	d.accounts = a;
	d.by = accounts_by_name(a, "shop");
	if (d.by == NULL)
		abort();
	calls_make(&d, facts, check_call, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct err e = { .text = "" };
	json_t *facts;
	json_t *again;
	char *octets;

	if (n > INPUT_MAX)
		return 0;
	octets = malloc(n != 0 ? n : 1); /* its end is guarded */
	if (octets == NULL)
		abort();
	memcpy(octets, p, n);
	if (wa_read(octets, n, &facts, &e) != OUT_OK) {
		if (facts != NULL || e.text[0] == '\0' ||
		    !utf8_valid(e.text, strlen(e.text)))
			abort();
	} else {
		check_facts(facts);
		check_calls(facts);
		if (wa_read(octets, n, &again, &e) != OUT_OK ||
		    !json_equal(facts, again))
			abort();
		json_decref(facts);
		json_decref(again);
	}
	free(octets);
	return 0;
}

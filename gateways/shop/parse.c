#include "gateways/shop/parse.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "gateways/common/bodies.h"
#include "gateways/shop/read.h"
#include "gateways/shop/read_generic.h"
#include "gateways/shop/read_magento.h"
#include "gateways/shop/read_prestashop.h"
#include "gateways/shop/read_shopify.h"
#include "gateways/shop/read_track.h"
#include "gateways/shop/read_woo.h"

/* What the options say: which reader, and what bodies do not. */
struct asked {
	read_fn *read;
	struct read_about about;
};

static const struct {
	const char *kind;
	read_fn *read;
} readers[] = {
	{ "woocommerce", read_woo },       { "shopify", read_shopify },
	{ "prestashop", read_prestashop }, { "magento", read_magento },
	{ "orders", read_generic },        { "aftership", read_track },
};

static read_fn *
reader(const char *kind)
{
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		if (strcmp(readers[i].kind, kind) == 0)
			return readers[i].read;
	return NULL;
}

/* What a body holds need not be printed again. */
static void
drop_raw(const json_t *facts)
{
	const json_t *fact;
	size_t i;

	json_array_foreach(facts, i, fact)
	{
		json_t *order = json_object_get(fact, "order");

		if (json_is_object(order))
			(void)json_object_del(order, "raw");
	}
}

static enum outcome
read_body(void *arg, const char *body, size_t n, json_t **facts_out,
	  struct err *e)
{
	const struct asked *a = arg;
	enum outcome o = a->read(&a->about, body, n, facts_out, e);

	if (o == OUT_OK)
		drop_raw(*facts_out);
	return o;
}

/* false: one is wrong. */
static bool
options(int argc, char **argv, struct asked *a)
{
	static const struct option longs[] = {
		{ "kind", required_argument, NULL, 'k' },
		{ "topic", required_argument, NULL, 't' },
		{ "zone", required_argument, NULL, 'z' },
		{ "country", required_argument, NULL, 'c' },
		{ "delivered", no_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'k')
			a->read = reader(optarg);
		else if (c == 't')
			a->about.topic = optarg;
		else if (c == 'z')
			a->about.zone = optarg;
		else if (c == 'c')
			a->about.country = optarg;
		else if (c == 'd')
			a->about.delivered = true;
		else
			return false;
	}
	return a->read != NULL;
}

int
parse_main(int argc, char **argv)
{
	struct asked a = { .about = {
				   .topic = "", .zone = "", .country = "" } };
	const struct bodies_reader r = { .program = "postigo-shop",
					 .read = read_body,
					 .arg = &a,
					 .retries = true };

	if (!options(argc, argv, &a)) {
		(void)fputs("usage: postigo-shop parse --kind KIND "
			    "[--topic TOPIC] [--zone ZONE] "
			    "[--country COUNTRY] [--delivered] [FILE...]\n",
			    stderr);
		return BODIES_FAILED;
	}
	return bodies_print(&r, argv + optind, argc - optind);
}

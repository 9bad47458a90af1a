#include "gateways/shop/parse.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "gateways/shop/read.h"
#include "gateways/shop/read_generic.h"
#include "gateways/shop/read_magento.h"
#include "gateways/shop/read_prestashop.h"
#include "gateways/shop/read_shopify.h"
#include "gateways/shop/read_track.h"
#include "gateways/shop/read_woo.h"

#define BODY_MAX ((size_t)16 * 1024 * 1024)
#define PIECE 65536

enum {
	PARSE_OK,
	PARSE_REFUSED, /* a body */
	PARSE_FAILED   /* an option, or a file */
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

static enum outcome
read_file(const char *name, struct buf *b, struct err *e)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
	char piece[PIECE];
	size_t n;
	enum outcome o = OUT_OK;

	if (f == NULL)
		return err_sys(e, OUT_PERM, errno, "cannot open '%s'", name);
	while ((n = fread(piece, 1, sizeof piece, f)) != 0)
		if (!buf_add(b, piece, n))
			break;
	if (b->full)
		o = err_set(e, OUT_PERM, "'%s' has over %zu bytes", name,
			    b->max);
	else if (ferror(f))
		o = err_sys(e, OUT_PERM, errno, "cannot read '%s'", name);
	if (f != stdin)
		(void)fclose(f);
	return o;
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

/* Takes o. */
static void
print(json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	if (text != NULL)
		(void)puts(text);
	mem_free(text);
	json_decref(o);
}

static int
parse(read_fn *read, const struct read_about *about, const char *name)
{
	struct err e = { .text = "" };
	struct buf b;
	json_t *facts;
	enum outcome o;
	int rc = PARSE_OK;

	buf_init(&b, BODY_MAX);
	if (read_file(name, &b, &e) != OUT_OK) {
		(void)fprintf(stderr, "postigo-shop: %s\n", e.text);
		buf_release(&b);
		return PARSE_FAILED;
	}
	o = read(about, buf_str(&b), b.len, &facts, &e);
	if (o == OUT_OK) {
		drop_raw(facts);
		print(json_pack("{s:s, s:o}", "file", name, "facts", facts));
	} else {
		print(json_pack("{s:s, s:s, s:b}", "file", name, "error",
				e.text, "retry", o == OUT_TEMP));
		rc = PARSE_REFUSED;
	}
	buf_release(&b);
	return rc;
}

/* What the options say. false: one is wrong. */
static bool
options(int argc, char **argv, read_fn **read, struct read_about *about)
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
			*read = reader(optarg);
		else if (c == 't')
			about->topic = optarg;
		else if (c == 'z')
			about->zone = optarg;
		else if (c == 'c')
			about->country = optarg;
		else if (c == 'd')
			about->delivered = true;
		else
			return false;
	}
	return *read != NULL;
}

int
parse_main(int argc, char **argv)
{
	struct read_about about = { .topic = "", .zone = "", .country = "" };
	read_fn *read = NULL;
	int worst = PARSE_OK;

	if (!options(argc, argv, &read, &about)) {
		(void)fputs("usage: postigo-shop parse --kind KIND "
			    "[--topic TOPIC] [--zone ZONE] "
			    "[--country COUNTRY] [--delivered] [FILE...]\n",
			    stderr);
		return PARSE_FAILED;
	}
	if (optind == argc)
		return parse(read, &about, "-");
	for (int i = optind; i < argc; i++) {
		int rc = parse(read, &about, argv[i]);

		worst = rc > worst ? rc : worst;
	}
	return worst;
}

/*
 * postigo-shop: the gateway of shops. Their webhooks come in here; what they
 * say, and what shops are asked, is the worker's.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateways/common/hookgw.h"
#include "gateways/shop/parse.h"
#include "gateways/shop/receive.h"
#include "gateways/shop/reconcile.h"
#include "gateways/shop/worker.h"

#define EVERY_S_MAX 86400

static const char usage_text[] =
	"usage: postigo-shop [run] [options]\n"
	"       postigo-shop parse --kind KIND [--topic TOPIC] [--zone ZONE]\n"
	"                          [--country COUNTRY] [--delivered] [FILE...]\n"
	"  --socket PATH         default DIR/run/shop.sock; DIR is\n"
	"                        $POSTIGO_DIR or /var/lib/postigo\n"
	"  --listen ADDR:PORT    default 127.0.0.1:8483\n"
	"  --trusted-proxy ADDR  has no limit of connections; repeatable\n"
	"  --every SECONDS       between two readings of a shop, default 900\n"
	"  --tls-cert FILE       PEM; with --tls-key\n"
	"  --tls-key FILE        PEM\n"
	"  --log KIND            json (default) or journald\n"
	"  --log-level LEVEL     error, warn, info (default), debug\n"
	"  --version, --help\n";

static bool
take_every(int64_t *every_ms, const char *word)
{
	char *end = NULL;
	long s = strtol(word, &end, 10);

	if (end == word || *end != '\0' || s < 1 || s > EVERY_S_MAX)
		return false;
	*every_ms = s * 1000;
	return true;
}

static bool
take_option(void *every_ms, const char *name, const char *value)
{
	return strcmp(name, "--every") == 0 && take_every(every_ms, value);
}

int
main(int argc, char **argv)
{
	int64_t every_ms = RECONCILE_EVERY_MS; /* between two readings */
	const struct hookgw_kind kind = { .role = "shop",
					  .program = "postigo-shop",
					  .usage = usage_text,
					  .listen = "127.0.0.1:8483",
					  .option = take_option,
					  .parse = parse_main,
					  .receive = shop_receive_new,
					  .worker = &shop_worker,
					  .own = &every_ms };

	return hookgw_main(&kind, argc, argv);
}

#include "gateways/shop/source.h"

#include <string.h>
#include <strings.h>

#include "gateways/shop/read_generic.h"
#include "gateways/shop/read_shopify.h"
#include "gateways/shop/read_track.h"
#include "gateways/shop/read_woo.h"

#define PING "webhook_id="
#define PING_DIGITS 19

static const struct source sources[] = {
	{ .kind = "woocommerce",
	  .secret = { "webhook_secret" },
	  .signature = "x-wc-webhook-signature",
	  .topic = "x-wc-webhook-topic",
	  .from = "x-wc-webhook-source",
	  .from_setting = "url",
	  .ping = true,
	  .read = read_woo,
	  .pull = &pull_woo,
	  .pull_secret = "consumer_key" },
	{ .kind = "shopify",
	  .secret = { "client_secret", "client_secret_next" },
	  .signature = "x-shopify-hmac-sha256",
	  .topic = "x-shopify-topic",
	  .at = "x-shopify-triggered-at",
	  .from = "x-shopify-shop-domain",
	  .from_setting = "shop_domain",
	  .read = read_shopify,
	  .pull = &pull_shopify,
	  .pull_secret = "access_token" },
	{ .kind = "prestashop",
	  .pull = &pull_prestashop,
	  .pull_secret = "key" },
	{ .kind = "magento", .pull = &pull_magento, .pull_secret = "token" },
	{ .kind = "orders",
	  .secret = { "secret" },
	  .signature = "x-postigo-signature",
	  .read = read_generic },
	{ .kind = "aftership",
	  .secret = { "webhook_secret" },
	  .signature = "aftership-hmac-sha256",
	  .read = read_track },
};

const struct source *
source_find(const char *kind)
{
	for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
		if (kind != NULL && strcmp(sources[i].kind, kind) == 0)
			return &sources[i];
	return NULL;
}

bool
source_is_ping(const char *body, size_t n)
{
	size_t k = strlen(PING);

	if (n <= k || n > k + PING_DIGITS || memcmp(body, PING, k) != 0)
		return false;
	for (size_t i = k; i < n; i++)
		if (body[i] < '0' || body[i] > '9')
			return false;
	return true;
}

/* Where the host begins, and how long it is with what follows. */
static const char *
bare(const char *s, size_t *n)
{
	if (strncasecmp(s, "https://", 8) == 0)
		s += 8;
	else if (strncasecmp(s, "http://", 7) == 0)
		s += 7;
	*n = strlen(s);
	while (*n > 0 && s[*n - 1] == '/')
		--*n;
	return s;
}

bool
source_same_shop(const char *header, const char *setting)
{
	size_t a_n;
	size_t b_n;
	const char *a = bare(header, &a_n);
	const char *b = bare(setting, &b_n);

	return a_n == b_n && strncasecmp(a, b, a_n) == 0;
}

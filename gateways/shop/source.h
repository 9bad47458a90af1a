#ifndef POSTIGO_SHOP_SOURCE_H
#define POSTIGO_SHOP_SOURCE_H

/*
 * source: what is different from one kind of connection to the next: which
 * header signs, under which secrets, who reads a body, who pulls. One row a
 * kind.
 *
 * Source: gateways/shop/README.md, "Kinds".
 */

#include <stdbool.h>
#include <stddef.h>

#include "gateways/shop/pull.h"
#include "gateways/shop/read.h"

#define SOURCE_SECRETS 2 /* the one in use, and the next */

struct source {
	const char *kind;
	/* Names of its secrets that may sign; NULL: none. */
	const char *secret[SOURCE_SECRETS];
	const char *signature; /* header, lower case; NULL: no webhooks */
	const char *topic;     /* header, or NULL */
	const char *at;        /* header: when it happened; or NULL */
	/* Header that names the shop, and the setting that it must name; or
	 * NULL */
	const char *from;
	const char *from_setting;
	bool ping;               /* an unsigned one is harmless */
	read_fn *read;           /* of webhooks; NULL: none */
	const struct pull *pull; /* NULL: it cannot be asked */
	const char *pull_secret; /* without which it is not pulled */
};

/* NULL: no such kind. */
const struct source *source_find(const char *kind);

/* Is a body the ping that WooCommerce sends unsigned when a webhook is saved:
 * "webhook_id=12"? */
bool source_is_ping(const char *body, size_t n);

/*
 * Do a URL, or a host, as a header names it, and a setting say the same shop?
 * No scheme, no letter case, no slash at the end.
 */
bool source_same_shop(const char *header, const char *setting);

#endif

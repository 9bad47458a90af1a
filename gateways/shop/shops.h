#ifndef POSTIGO_SHOP_SHOPS_H
#define POSTIGO_SHOP_SHOPS_H

/*
 * shops: the connections of role `shop`. When they are asked for, and how long
 * one lives: mine.h. Each thread has shops of its own (part.h).
 *
 * Source: schema/PROTOCOL.md, "Connections".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateways/common/mine.h"
#include "gateways/shop/source.h"

#define SHOPS_MAX 200
#define SHOP_PATH_DIGITS 32

struct shop {
	struct mine_one mine;
	const struct source *source;
	char *path;       /* 32 hex digits, or "" */
	json_t *settings; /* as its connection has them */
	json_t *secrets;
	int64_t hook_ms; /* the newest delivery that was read; 0: none */
};

struct mine *shops_new(struct bus *bus);

/* By the secret part of its path; NULL: none. How long it takes says nothing
 * of how much of one was guessed. */
struct shop *shops_by_path(const struct mine *shops, const char *path);
struct shop *shops_by_name(const struct mine *shops, const char *name);
struct shop *shops_at(const struct mine *shops, size_t i);

/* A text of its settings, or "". Borrowed. */
const char *shop_setting(const struct shop *k, const char *name);

/* Has it an API, and do we have a key for it? */
bool shop_can_be_asked(const struct shop *k);

/* Is the header's digest one of a body under a secret of the shop? */
bool shop_signed(const struct shop *k, const char *header, const char *body,
		 size_t n);

/* What its readers and pulls need. Borrowed, as long as it is held. */
struct pull_shop shop_pulled(const struct shop *k);

#endif

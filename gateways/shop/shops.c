#include "gateways/shop/shops.h"

#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/common/signature.h"

static void
secrets_forget(json_t *secrets)
{
	const char *name;
	json_t *v;

	json_object_foreach(secrets, name, v)
	{
		/* the object is ours alone: nobody reads it afterwards */
		char *s = (char *)(uintptr_t)json_string_value(v);

		if (s != NULL)
			hash_forget(s, strlen(s));
	}
	json_decref(secrets);
}

static void
shop_free(struct mine_one *one)
{
	struct shop *k = (struct shop *)one;

	mem_free(k->path);
	json_decref(k->settings);
	secrets_forget(k->secrets);
	mem_free(k);
}

static bool
is_path(const char *s)
{
	size_t i;

	for (i = 0; i < SHOP_PATH_DIGITS; i++)
		if (hash_hex_digit(s[i]) < 0)
			return false;
	return s[i] == '\0';
}

static struct mine_one *
shop_new(const json_t *connection)
{
	const json_t *set = json_object_get(connection, "settings");
	struct shop *k = mem_new(1, sizeof *k);

	k->source = source_find(
		json_string_value(json_object_get(connection, "kind")));
	k->path = mine_text(set, "path", "");
	k->settings = json_deep_copy(set);
	k->secrets = json_deep_copy(json_object_get(connection, "secrets"));
	if (k->source != NULL && (k->path[0] == '\0' || is_path(k->path)))
		return &k->mine;
	shop_free(&k->mine);
	return NULL;
}

struct mine *
shops_new(struct bus *bus)
{
	static const struct mine_kind kind = { .max = SHOPS_MAX,
					       .left = "shop.left",
					       .make = shop_new,
					       .free = shop_free };

	return mine_new(bus, &kind);
}

struct shop *
shops_at(const struct mine *shops, size_t i)
{
	return (struct shop *)mine_at(shops, i);
}

struct shop *
shops_by_name(const struct mine *shops, const char *name)
{
	return (struct shop *)mine_by_name(shops, name);
}

struct shop *
shops_by_path(const struct mine *shops, const char *path)
{
	struct shop *found = NULL;
	struct shop *k;
	size_t i;

	if (strlen(path) != SHOP_PATH_DIGITS)
		return NULL;
	for (i = 0; (k = shops_at(shops, i)) != NULL; i++)
		if (k->path[0] != '\0' &&
		    hash_same(k->path, path, SHOP_PATH_DIGITS))
			found = k;
	return found;
}

const char *
shop_setting(const struct shop *k, const char *name)
{
	const char *v = json_string_value(json_object_get(k->settings, name));

	return v != NULL ? v : "";
}

bool
shop_can_be_asked(const struct shop *k)
{
	return k->source->pull != NULL &&
	       json_string_value(json_object_get(
		       k->secrets, k->source->pull_secret)) != NULL;
}

bool
shop_signed(const struct shop *k, const char *header, const char *body,
	    size_t n)
{
	const char *secrets[SOURCE_SECRETS] = { NULL };
	unsigned char mac[HASH_BYTES];
	size_t i;

	if (!signature_read_base64(header, mac))
		return false;
	for (i = 0; i < SOURCE_SECRETS; i++)
		if (k->source->secret[i] != NULL)
			secrets[i] = json_string_value(json_object_get(
				k->secrets, k->source->secret[i]));
	return signature_good(secrets, SOURCE_SECRETS, body, n, mac);
}

struct pull_shop
shop_pulled(const struct shop *k)
{
	struct pull_shop p = {
		.settings = k->settings,
		.secrets = k->secrets,
		.about = { .topic = "",
			   .zone = shop_setting(k, "zone"),
			   .country = shop_setting(k, "country"),
			   .delivered = strcmp(shop_setting(k, "completed"),
					       "delivered") == 0 }
	};

	return p;
}

#include "gateways/shop/raw.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "gateways/shop/take.h"
#include "gateways/shop/woo_order.h"

/* Members that are left out, wherever they are. */
static const char *const secret[] = {
	"authorization",       "browser_ip",      "cart_hash",
	"cart_token",          "checkout_id",     "checkout_token",
	"client_details",      "credit_card",     "customer_ip_address",
	"customer_user_agent", "landing_site",    "order_key",
	"order_status_url",    "payment_details", "payment_id",
	"payment_token",       "payment_url",     "receipt",
	"referring_site",      "token",
};

static bool
is_secret(const char *name)
{
	for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++)
		if (strcmp(name, secret[i]) == 0)
			return true;
	return false;
}

/* A plugin's own row of metadata ("_stripe_source_id"), but for parcels. */
static bool
is_private(const json_t *v)
{
	const char *key = take_str(v, "key");

	return key != NULL && key[0] == '_' && strcmp(key, WOO_PARCELS) != 0;
}

static json_t *copy(const json_t *v);

static json_t *
copy_object(const json_t *o)
{
	json_t *out = json_object();
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)o, name, v)
	{
		if (!is_secret(name) && !is_private(v))
			(void)json_object_set_new(out, name, copy(v));
	}
	return out;
}

/* As deep as the body was, which scan_text() holds within a ceiling. */
static json_t *
copy(const json_t *v)
{
	json_t *out;
	const json_t *one;
	size_t i;

	if (json_is_object(v))
		return copy_object(v);
	if (!json_is_array(v))
		return json_incref((json_t *)v);
	out = json_array();
	json_array_foreach(v, i, one)
	{
		if (!is_private(one))
			(void)json_array_append_new(out, copy(one));
	}
	return out;
}

json_t *
raw_text(const json_t *order)
{
	json_t *clean = copy(order);
	char *text = json_dumps(clean, JSON_COMPACT);
	json_t *out = NULL;

	if (text != NULL && strlen(text) <= RAW_MAX)
		out = json_string(text);
	mem_free(text);
	json_decref(clean);
	return out;
}

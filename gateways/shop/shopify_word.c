/*
 * shopify_word: ids, words, lists and amounts in the two forms that Shopify
 * has for each.
 */
#include "gateways/shop/shopify_order.h"

#include <string.h>

#include "daemon/base/ascii.h"
#include "daemon/base/mem.h"
#include "gateways/shop/take.h"

#define GID "gid://"

json_t *
shopify_id(const json_t *o, const char *member)
{
	const char *s = take_key(o, member);
	const char *from;
	json_t *last;
	json_t *id;

	if (s == NULL || strncmp(s, GID, strlen(GID)) != 0)
		return s != NULL ? take_one(o, member, TAKE_ID) : NULL;
	from = strrchr(s, '/') + 1;
	last = json_pack("{s:s%}", "id", from, strcspn(from, "?"));
	id = take_one(last, "id", TAKE_ID);
	json_decref(last);
	return id;
}

void
shopify_word(const json_t *o, const char *member, char out[SHOPIFY_WORD_MAX])
{
	const char *s = take_str(o, member);
	size_t n = s != NULL ? strlen(s) : 0;

	if (n >= SHOPIFY_WORD_MAX)
		n = 0;
	for (size_t i = 0; i < n; i++)
		out[i] = ascii_lower(s[i]);
	out[n] = '\0';
}

const char *
shopify_means(const struct shopify_means *table, const char *theirs)
{
	for (; table->theirs != NULL; table++)
		if (strcmp(table->theirs, theirs) == 0)
			return table->ours;
	return "unknown";
}

json_t *
shopify_rows(const json_t *o, const char *member)
{
	const json_t *list = json_object_get(o, member);

	if (json_is_array(json_object_get(list, "nodes")))
		return take_rows(list, "nodes");
	return take_rows(o, member);
}

const char *
shopify_amount(const json_t *o, const char *member)
{
	char *set = mem_printf("%s_set", member);
	const json_t *both = take_object(o, set);
	const char *s = take_str(take_object(both, "shop_money"), "amount");

	mem_free(set);
	return s != NULL ? s : take_str(o, member);
}

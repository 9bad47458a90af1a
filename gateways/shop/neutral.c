#include "gateways/shop/neutral.h"

#include "daemon/base/mem.h"
#include "daemon/base/phone.h"
#include "gateways/shop/entity.h"
#include "gateways/shop/take.h"

json_t *
neutral_fact(json_t *facts, const char *kind, const char *name, json_t *v)
{
	json_t *fact = json_pack("{s:s}", "kind", kind);

	if (name != NULL)
		take_set(fact, name, v);
	(void)json_array_append_new(facts, fact);
	return fact;
}

void
neutral_quantity(json_t *to, const char *name, const json_t *from,
		 const char *member)
{
	int64_t n;

	if (!take_whole(from, member, &n) || n < 0 || n > NEUTRAL_QUANTITY_MAX)
		n = 1;
	take_set(to, name, json_integer(n));
}

json_t *
neutral_name(const json_t *from, const char *first, const char *last)
{
	json_t *a = take_one(from, first, TAKE_LINE);
	json_t *b = take_one(from, last, TAKE_LINE);
	json_t *name;
	char *both;

	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	both = mem_printf("%s %s", json_string_value(a), json_string_value(b));
	name = json_string(both);
	mem_free(both);
	json_decref(a);
	json_decref(b);
	return name;
}

void
neutral_page_text(json_t *to, const char *name, const json_t *from,
		  const char *member)
{
	json_t *text = take_one(from, member, TAKE_LINE);
	char *plain;

	if (text == NULL)
		return;
	plain = entity_decode(json_string_value(text));
	json_decref(text);
	text = json_pack("{s:s}", member, plain);
	mem_free(plain);
	/* once more: a reference may stand for a control character */
	take_set(to, name, take_one(text, member, TAKE_LINE));
	json_decref(text);
}

void
neutral_phone(json_t *person, const json_t *from, const char *member,
	      const char *country)
{
	json_t *raw = take_one(from, member, TAKE_PHONE);
	char e164[PHONE_MAX];

	if (raw == NULL)
		return;
	if (phone_e164(json_string_value(raw), country, e164))
		take_set(person, "phone_e164", json_string(e164));
	take_set(person, "phone_raw", raw);
}

void
neutral_default(json_t *to, const char *name, json_t *v)
{
	if (v != NULL && json_object_get(to, name) == NULL)
		take_set(to, name, v);
	else
		json_decref(v);
}

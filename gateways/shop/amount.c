#include "gateways/shop/amount.h"

#include <string.h>

#include "daemon/base/money.h"
#include "gateways/shop/take.h"

bool
amount_read(const json_t *o, const char *name, const char *currency,
	    int64_t *minor_out)
{
	const char *s = take_str(o, name);

	return s != NULL && money_parse(s, strlen(s), currency, minor_out);
}

json_t *
amount_text(int64_t minor, const char *currency)
{
	char text[MONEY_TEXT_MAX];

	money_print(minor, currency, text);
	return json_string(text);
}

json_t *
amount_take(const json_t *o, const char *name, const char *currency)
{
	int64_t minor;

	return amount_read(o, name, currency, &minor)
		       ? amount_text(minor, currency)
		       : NULL;
}

json_t *
amount_size(const json_t *o, const char *name, const char *currency)
{
	int64_t minor;

	if (!amount_read(o, name, currency, &minor))
		return NULL;
	return amount_text(minor < 0 ? -minor : minor, currency);
}

void
amount_all(json_t *to, const json_t *from, const char *currency,
	   const struct amount *table)
{
	for (const struct amount *a = table; a->name != NULL; a++)
		take_set(to, a->to, amount_take(from, a->name, currency));
}

#include "gateways/shop/amount.h"

#include <string.h>

#include "daemon/base/money.h"
#include "gateways/shop/take.h"

#define MINOR_END INT64_C(1000000000000000) /* MONEY_DIGITS_MAX digits */

bool
amount_parse(const char *text, const char *currency, int64_t *minor_out)
{
	return text != NULL &&
	       money_parse(text, strlen(text), currency, minor_out);
}

bool
amount_read(const json_t *o, const char *name, const char *currency,
	    int64_t *minor_out)
{
	return amount_parse(take_str(o, name), currency, minor_out);
}

json_t *
amount_text(int64_t minor, const char *currency)
{
	char text[MONEY_TEXT_MAX];

	if (minor <= -MINOR_END || minor >= MINOR_END)
		return NULL;
	money_print(minor, currency, text);
	return json_string(text);
}

void
amount_set(json_t *to, const char *name, int64_t minor, const char *currency)
{
	take_set(to, name, amount_text(minor, currency));
}

void
amount_set_text(json_t *to, const char *name, const char *text,
		const char *currency)
{
	int64_t minor;

	if (amount_parse(text, currency, &minor))
		amount_set(to, name, minor, currency);
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

#ifndef POSTIGO_SHOP_AMOUNT_H
#define POSTIGO_SHOP_AMOUNT_H

/*
 * amount: members that are money, between the decimal text of a shop and that
 * of the neutral order, whose digits are the currency's.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A text in minor units (daemon/base/money.h). It may be NULL. false: it is no
 * amount. */
bool amount_parse(const char *text, const char *currency, int64_t *minor_out);

/* The same of a member. */
bool amount_read(const json_t *o, const char *name, const char *currency,
		 int64_t *minor_out);

/* Minor units as a new string; NULL: over MONEY_DIGITS_MAX digits, for then
 * nobody reads it. */
json_t *amount_text(int64_t minor, const char *currency);

/* Set a member to minor units, or to what a text says, which may be NULL;
 * absent if that is no amount. */
void amount_set(json_t *to, const char *name, int64_t minor,
		const char *currency);
void amount_set_text(json_t *to, const char *name, const char *text,
		     const char *currency);

/* The member as a new string; NULL: it is no amount. */
json_t *amount_take(const json_t *o, const char *name, const char *currency);

/* The same without its sign: some sources write what was taken off below
 * zero. */
json_t *amount_size(const json_t *o, const char *name, const char *currency);

/* What to copy, under which name. A table ends with a NULL name. */
struct amount {
	const char *name;
	const char *to;
};

/* Copy the amounts that a table names. */
void amount_all(json_t *to, const json_t *from, const char *currency,
		const struct amount *table);

#endif

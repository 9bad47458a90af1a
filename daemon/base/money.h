#ifndef POSTIGO_MONEY_H
#define POSTIGO_MONEY_H

/*
 * money: decimal text as a whole number of minor units of a currency, and
 * back. No double is made on the way.
 *
 * Source: ISO 4217, the list of minor units.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MONEY_DIGITS_MAX 15 /* of an amount in minor units */
#define MONEY_TEXT_MAX 24   /* of money_print()'s text, with its NUL */

/*
 * Digits after the point: 0 of JPY, CLP and others, 3 of KWD, TND and others,
 * 2 of whatever is not in the table.
 * currency  three letters of ISO 4217, in upper case; NULL or "": unknown
 */
int money_exponent(const char *currency);

/* Three letters of A to Z? */
bool money_currency(const char *currency);

/*
 * Read decimal text: an optional sign, digits, and a point with digits after
 * it, nothing before or after. Zeroes beyond the currency's digits are
 * dropped; of more than that the value is rounded, half away from zero.
 *
 * s, n     the text; it needs no NUL
 * minor    gets the amount; left alone on false
 * false    not such text: no digit, an exponent, NaN, spaces, a comma; or
 *          more than MONEY_DIGITS_MAX digits of minor units
 */
bool money_parse(const char *s, size_t n, const char *currency,
		 int64_t *minor_out);

/*
 * The amount as decimal text with exactly the digits of the currency: 1950
 * of EUR is "19.50". minor has at most MONEY_DIGITS_MAX digits, or their sum
 * over some thousand orders: any value has its text.
 */
void money_print(int64_t minor, const char *currency, char out[MONEY_TEXT_MAX]);

#endif

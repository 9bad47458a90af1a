#ifndef POSTIGO_PHONE_H
#define POSTIGO_PHONE_H

/*
 * phone: a telephone number as people write it, as E.164. Pure: a text and a
 * country in, a '+' and digits out.
 *
 * Italy and San Marino keep the 0 of an area; everywhere else the digit that is
 * dialled only inside the country (0, 8, 06, 1) is dropped. What dialling needed
 * once and E.164 has no more goes too: the 1 of Mexican mobiles; the 15 of
 * Argentine ones, which become 54 9; a Brazilian mobile gets its ninth digit.
 *
 * Source: ITU E.164 and the national plans that it names.
 */

#include <stdbool.h>

#define PHONE_MAX 17      /* octets: '+', 15 digits, NUL */
#define PHONE_RAW_MAX 100 /* octets of a text that is looked at */

/*
 * raw      as written; NULL: none. What follows "ext", "x" or '#' is left out
 * country  ISO 3166, two letters of any case; NULL or "": not known, and then
 *          only a number with the country's code is one
 * out      "" if it is none
 */
bool phone_e164(const char *raw, const char *country, char out[PHONE_MAX]);

/* Is it a number that nobody has: the same digit over and over, 123456789? */
bool phone_is_dummy(const char *e164);

#endif

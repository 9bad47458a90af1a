#ifndef POSTIGO_MATCH_KEY_H
#define POSTIGO_MATCH_KEY_H

/*
 * match_key: one WhatsApp number under the several forms that it appears in.
 * Pure: digits in, digits out.
 *
 * Mexico       52 and 10 digits, or 521 and the same ones
 * Brazil       55, two digits of an area and 8 digits of a mobile (the first
 *              of them 6 to 9), or the same ones with a 9 before them
 * Argentina    549 and 10 digits are a mobile; 54 and the same ones may be
 *              the mobile as somebody wrote it down, or somebody else's
 *              landline
 *
 * Source: the national plans as WhatsApp writes them; schema/PROTOCOL.md,
 * "Who writes by WhatsApp".
 */

#include <stdbool.h>

#define MATCH_KEY_MAX 16 /* octets: E.164 has 15 digits, and the NUL */

/*
 * The form under which the forms of a number are one.
 * wa_id  digits with the country's code, no '+'
 * out    "" if it is no number of E.164: it is then known as it is, alone
 */
void match_key(const char *wa_id, char out[MATCH_KEY_MAX]);

/*
 * The key of the same number as it may have been written down, to be asked
 * when its own key is not known: of an Argentine mobile, without the 9. Never
 * the other way: a landline is not taken for a mobile.
 * out  "": there is none
 */
void match_key_written(const char *wa_id, char out[MATCH_KEY_MAX]);

/*
 * A number as people write it, as digits with the country's code: no '+',
 * space, hyphen, dot or parenthesis, no 00 before it.
 * returns  false: it is none; out is ""
 */
bool match_key_digits(const char *written, char out[MATCH_KEY_MAX]);

#endif

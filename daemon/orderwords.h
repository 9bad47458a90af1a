#ifndef POSTIGO_ORDERWORDS_H
#define POSTIGO_ORDERWORDS_H

/*
 * orderwords: money, dates and states of an order as a customer reads them,
 * in Spanish or English. Pure.
 *
 * language is "es"; anything else is English. Source of the forms: Unicode
 * CLDR, locales es and en.
 */

#include <stdint.h>

struct calendar;
struct order_fact;

#define ORDERWORDS_MAX 64

/* "es" or "en" of a buyer's locale ("es_MX", "en-GB"); of another or none,
 * otherwise's. Static. */
const char *orderwords_language(const char *locale, const char *otherwise);

/* "1234,50 €", "€1,234.50"; without a currency the digits alone. */
void orderwords_money(int64_t minor, const char *currency, const char *language,
		      char out[ORDERWORDS_MAX]);

/*
 * "3 de noviembre de 2026", "3 November 2026".
 * zone  whose days they are; NULL: UTC
 */
void orderwords_date(int64_t at_s, const struct calendar *zone,
		     const char *language, char out[ORDERWORDS_MAX]);
/* The same with the time: "3 de noviembre de 2026, 14:05". */
void orderwords_moment(int64_t at_s, const struct calendar *zone,
		       const char *language, char out[ORDERWORDS_MAX]);

/* Whole days between two instants as the zone's dates count them, 0 at
 * least. */
int64_t orderwords_days(int64_t from_s, int64_t to_s,
			const struct calendar *zone);

/*
 * The one state that rules know (rules/field.h, order.state), of what three
 * states and the newest parcel say. Static.
 */
const char *orderwords_state(const struct order_fact *f);

/* A state of those, of a payment, a parcel or a return in words; what is not
 * known is "". Static. */
const char *orderwords_of_state(const char *state, const char *language);
const char *orderwords_of_payment(const char *state, const char *language);
const char *orderwords_of_parcel(const char *status, const char *language);
const char *orderwords_of_return(const char *status, const char *language);

#endif

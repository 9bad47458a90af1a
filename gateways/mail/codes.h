#ifndef POSTIGO_CODES_H
#define POSTIGO_CODES_H

/*
 * codes: what mail servers write into reports and returned mails: enhanced
 * status codes (RFC 3463), the three digits of SMTP (RFC 5321 4.2), addresses.
 *
 * Invariants: linear in the octets; nothing is read behind p + n.
 */

#include <stdbool.h>
#include <stddef.h>

#define CODES_STATUS_MAX 16   /* "5.7.606", with NUL */
#define CODES_ADDRESS_MAX 255 /* with NUL (RFC 5321 4.5.3.1.3) */
#define CODES_WORDS_MAX 240   /* octets of a reason, with NUL */

#define CODES_ANY "245" /* classes: good news, for the moment, for good */
#define CODES_BAD "45"

/* The first enhanced status code of one of the classes. false: none. */
bool codes_status(const char *p, size_t n, const char *classes,
		  char out[CODES_STATUS_MAX]);

/* Class of the first SMTP answer that is no good news: 4 or 5; 0: none. */
int codes_smtp(const char *p, size_t n);

/*
 * The first a@b.
 * at_out   where it begins in p
 * end_out  where it ends
 * false: none.
 */
bool codes_address(const char *p, size_t n, char out[CODES_ADDRESS_MAX],
		   size_t *at_out, size_t *end_out);

/*
 * A server's words on one line of clean UTF-8 and without addresses, which do
 * not belong where reasons are shown; cut at CODES_WORDS_MAX. A type in front
 * ("smtp; ", RFC 3464 2.3.6) is left out.
 */
void codes_words(const char *p, size_t n, char out[CODES_WORDS_MAX]);

#endif

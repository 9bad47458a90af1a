#ifndef POSTIGO_REPORT_H
#define POSTIGO_REPORT_H

/*
 * report: what the machine-readable parts of a report say: fields of
 * message/delivery-status (RFC 3464), of message/feedback-report (RFC 5965),
 * and the header of the mail that came back.
 *
 * Source of what is made of it: hint.h.
 */

#include <stddef.h>

struct hint;

/*
 * Read a part that may say something: message/delivery-status,
 * message/feedback-report, message/disposition-notification (and their
 * message/global forms, RFC 6533), a nested mail or text/rfc822-headers. Other
 * kinds are left.
 *
 * kind  content type, lower case
 * p     its decoded octets, borrowed; NULL only if n is 0
 */
void report_part(struct hint *t, const char *kind, const char *p, size_t n);

/*
 * A report whose parts could not be told apart: look for the fields of
 * recipients in the octets of the whole mail.
 */
void report_scan(struct hint *t, const char *p, size_t n);

#endif

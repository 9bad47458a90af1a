#ifndef POSTIGO_BUILD_H
#define POSTIGO_BUILD_H

/*
 * build: a delivery to the octets of a mail (RFC 5322, MIME). The outcome is
 * 7-bit clean, its lines end in \n, and no value can add a header field:
 * controls are taken out of every one before it is encoded. An
 * answer has its words as text and as HTML (letter.h).
 */

#include <jansson.h>
#include <stddef.h>

#include "daemon/base/err.h"

struct buf;

#define BUILD_REFERENCES_MAX 20 /* the first and the newest ones */
#define BUILD_ID_MAX 900 /* octets of a Message-ID: its line has under 998 */

/*
 * The same delivery gives the same octets.
 *
 * delivery  an OutDelivery, or an OutNotice with "notice": true; its
 *           attachments have also "offset" into octets
 * out       the mail is appended
 *
 * OUT_PERM  an address cannot be written, or a member is missing
 */
enum outcome build_mail(const json_t *delivery, const char *octets, size_t n,
			struct buf *out, struct err *e) MUST_CHECK;

#endif

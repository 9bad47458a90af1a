#ifndef POSTIGO_MAIL_SASL_H
#define POSTIGO_MAIL_SASL_H

/* sasl: how a login is written for AUTHENTICATE and AUTH. */

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct net_login;

#define SASL_MAX ((size_t)48 * 1024) /* a ceiling for such a response */

/* Append base 64 of PLAIN's response (RFC 4616) for a password, of XOAUTH2's
 * for a token. */
void sasl_response(struct buf *out, const struct net_login *login);

/* Append base 64 of n octets. */
void sasl_base64(struct buf *out, const void *p, size_t n);

/* Is the secret in these words, plainly or as it was sent? */
bool sasl_shows(const struct net_login *login, const char *words);

/* Overwrite, then release. */
void sasl_wipe(struct buf *b);

#endif

#ifndef POSTIGO_CTL_DKIM_H
#define POSTIGO_CTL_DKIM_H

/*
 * dkim: keys as domains publish them, and which of them signed a mail. No
 * signature is checked here: that is the receiver's business.
 * Source: RFC 6376 sections 3.5, 3.6.1; RFC 8463; RFC 8301.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/ctl/dns.h"

#define DKIM_SIGNATURES_MAX 10 /* of one mail that are looked at */
#define DKIM_SELECTOR_MAX 190
#define DKIM_RSA_WEAK 1024 /* bits; below: receivers refuse it */
#define DKIM_RSA_BITS 2048 /* that are recommended */

struct dkim_key {
	bool rsa;     /* else Ed25519 */
	int bits;     /* of an RSA key */
	bool revoked; /* nothing is signed with it any more */
	bool testing; /* receivers are told not to count it */
};

/* Is a TXT record a key of DKIM, or meant to be one? */
bool dkim_is(const char *text);

/* OUT_PERM  the text says what is wrong with it */
enum outcome dkim_read(const char *text, struct dkim_key *out,
		       struct err *e) MUST_CHECK;

/* Who signed a mail. */
struct dkim_signature {
	char domain[DNS_NAME_MAX + 1];
	char selector[DKIM_SELECTOR_MAX + 1];
};

/*
 * The signatures in a mail's header. One that cannot be read is left out.
 * n_out  how many there are in out
 */
void dkim_signatures(const char *mail, struct dkim_signature *out,
		     size_t *n_out);

/* Is it a selector that can be part of a name? */
bool dkim_is_selector(const char *selector);

#endif

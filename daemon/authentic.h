#ifndef POSTIGO_AUTHENTIC_H
#define POSTIGO_AUTHENTIC_H

/*
 * authentic: does a mail come from the address that it names? What the server
 * that received it found out is believed, and nobody else: the first
 * Authentication-Results in its name, which it writes above all others.
 * Pure.
 * Source: RFC 8601; RFC 7489 for what belongs to the address, stricter: the
 * address's domain itself or one that it lies under.
 */

#include <jansson.h>
#include <stdbool.h>

/*
 * Did it pass DMARC, a signature of its own domain, or SPF with a sender of its
 * own domain, and not fail DMARC?
 *
 * headers  list of {name, value} in the mail's order; NULL: none
 * server   the receiving server's name (authserv-id); NULL or "": nobody is
 *          believed
 * from     the address of From
 */
bool authentic_from(const json_t *headers, const char *server,
		    const char *from);

#endif

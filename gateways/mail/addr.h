#ifndef POSTIGO_ADDR_H
#define POSTIGO_ADDR_H

/*
 * addr: address lists of headers (RFC 5322 3.4), read leniently: unquoted
 * commas, missing brackets, comments, groups and encoded words anywhere.
 *
 * Invariants: linear, no recursion; at most ADDR_MAX addresses; what comes
 * out is clean UTF-8.
 */

#include <stddef.h>

#define ADDR_MAX 300

struct addr {
	char *name;    /* "" if none */
	char *address; /* never empty */
};

struct addrs {
	struct addr list[ADDR_MAX];
	size_t count;
};

/*
 * Add the addresses of one header value to a (zeroed before first use).
 * other  charset of unlabelled octets, or NULL
 */
void addr_read(struct addrs *a, const char *other, const char *p, size_t n);
void addr_release(struct addrs *a);

#endif

#ifndef POSTIGO_DOMAINS_H
#define POSTIGO_DOMAINS_H

/*
 * domains: which domains wait, because a send server said "later" of an
 * address in them, while mails to others go on. The wait is doubled each time
 * (pace.h), and the first mail that is taken ends it.
 *
 * Invariant: at most DOMAINS_MAX are remembered; when another one comes, that
 * is forgotten whose wait ends first. Used by one thread.
 */

#include <stdint.h>

#define DOMAINS_MAX 256
#define DOMAIN_BYTES_MAX 254

struct domains;

struct domains *domains_new(void);
void domains_free(struct domains **d);

/*
 * The server said "later" of an address: its domain waits.
 * words   the server's, with an enhanced status (RFC 3463) in front or not;
 *         what concerns that one mailbox alone holds up nobody else
 * now_ms  monotonic
 */
void domains_later(struct domains *d, const char *address, const char *words,
		   int64_t now_ms);

/* The server took a mail for the address. */
void domains_well(struct domains *d, const char *address);

/* How long the address's domain still waits, in milliseconds; 0: not. */
int64_t domains_wait_ms(const struct domains *d, const char *address,
			int64_t now_ms);

#endif

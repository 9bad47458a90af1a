#ifndef POSTIGO_CTL_SPF_H
#define POSTIGO_CTL_SPF_H

/*
 * spf: which addresses a domain lets send its mail. Reading a record, and
 * asking what it says of an address.
 *
 * Invariants: a check asks for SPF_LOOKUPS_MAX terms, of SPF_DEPTH_MAX records
 * within each other, and SPF_HOSTS_MAX hosts of an mx at most. The mechanism
 * ptr never matches here: it is not to be used any more, and receivers pass
 * over it. Source: RFC 7208.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/ctl/dns.h"

#define SPF_TERMS_MAX 100 /* of one record */
#define SPF_LOOKUPS 10    /* that a receiver makes: RFC 7208 section 4.6.4 */
#define SPF_VOIDS 2       /* of them with an empty answer */
#define SPF_LOOKUPS_MAX 40
#define SPF_DEPTH_MAX 20
#define SPF_HOSTS_MAX 10

enum spf_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_REDIRECT, /* a modifier, as those below */
	SPF_EXP,
	SPF_OTHER
};

enum spf_result {
	SPF_NONE, /* there is no record */
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR, /* the DNS does not answer */
	SPF_PERMERROR  /* the record, or one that it names, is wrong */
};

/* An address of the network. */
struct spf_ip {
	int family; /* AF_INET, AF_INET6; 0: none, which nothing matches */
	unsigned char octets[16];
};

struct spf_term {
	enum spf_kind kind;
	char qualifier;   /* + - ~ ? */
	char *domain;     /* as written, with macros; NULL: the record's own */
	struct spf_ip ip; /* of ip4 and ip6 */
	int prefix4;      /* bits that count, of IPv4 and IPv6 */
	int prefix6;
};

struct spf {
	struct spf_term term[SPF_TERMS_MAX];
	size_t n;
};

/* Is a TXT record one of SPF? */
bool spf_is(const char *text);

/*
 * Read a record.
 * out      spf_release() it, whatever is returned
 * OUT_PERM the text says which term is wrong
 */
enum outcome spf_read(const char *text, struct spf *out,
		      struct err *e) MUST_CHECK;
void spf_release(struct spf *s);

/* The first term of a kind; NULL: there is none. */
const struct spf_term *spf_find(const struct spf *s, enum spf_kind kind);

/* "192.0.2.1", "2001:db8::1". false: it is no address. */
bool spf_ip_read(const char *text, struct spf_ip *out);

/* Of whom and of what is asked. */
struct spf_ask {
	dns_fn *ask;
	void *arg;
	const char *domain; /* of the sender's address */
	const char *sender; /* the whole address */
	struct spf_ip ip;   /* of the server that hands the mail over; of no
			       family: only what it costs is asked */
};

struct spf_told {
	int lookups;   /* terms that ask the DNS */
	int voids;     /* of them, what had an empty answer */
	char why[200]; /* of an error */
};

/* What the domain says of the address (check_host of the RFC). What it costs
 * is counted beyond a receiver's limits, up to ours. */
enum spf_result spf_check(const struct spf_ask *q, struct spf_told *out);

/* "pass", "softfail", ... */
const char *spf_result_name(enum spf_result r);

/*
 * A domain of a term with its macros written out (RFC 7208 section 7), in the
 * record of `domain`.
 * out   DNS_NAME_MAX + 1 octets
 * false: a macro is wrong, or it is no name then
 */
bool spf_expand(const struct spf_ask *q, const char *domain, const char *spec,
		char *out);

#endif

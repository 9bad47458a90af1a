#ifndef POSTIGO_CTL_DNS_H
#define POSTIGO_CTL_DNS_H

/*
 * dns: records of the DNS as texts, through the system's resolver library.
 *
 * Invariants: what an answer holds is read within its octets; a list has at
 * most DNS_ITEMS_MAX texts of printable ASCII; a resolver is asked at most
 * DNS_QUERIES_MAX times, and each time waits for DNS_WAIT_S * DNS_TRIES at
 * most. Source: RFC 1035; resolver(3).
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"

#define DNS_QUERIES_MAX 300 /* of one resolver */
#define DNS_WAIT_S 3        /* for an answer of one server */
#define DNS_TRIES 2
#define DNS_ITEMS_MAX 64
#define DNS_TEXT_MAX 4096 /* octets of one text; the rest is left out */
#define DNS_NAME_MAX 253
#define DNS_ANSWER_MAX 65535

enum dns_kind {
	DNS_TXT,  /* the strings of a record, joined */
	DNS_A,    /* "192.0.2.1" */
	DNS_AAAA, /* "2001:db8::1" */
	DNS_MX    /* names of hosts */
};

struct dns_list {
	char *item[DNS_ITEMS_MAX];
	size_t n;
};

void dns_list_release(struct dns_list *l);

/*
 * How somebody asks: of the network, or of a table in a test.
 * out  released by the caller, whatever is returned
 *
 * OUT_OK    out may be empty: there is no such name, or no such record
 * OUT_TEMP  nobody answers
 * OUT_PERM  it is no name of the DNS; or too much was asked
 */
typedef enum outcome dns_fn(void *arg, const char *name, enum dns_kind kind,
			    struct dns_list *out, struct err *e);

struct dns;

/*
 * resolver  "ADDRESS" or "ADDRESS:PORT", an IPv4 address; NULL: those of the
 *           system
 *
 * OUT_PERM  it is none
 * OUT_TEMP  the system's settings cannot be read
 */
enum outcome dns_open(const char *resolver, struct dns **out,
		      struct err *e) MUST_CHECK;
void dns_close(struct dns **d);

/* A dns_fn; arg is a struct dns. */
dns_fn dns_ask;

/* Is it a name that can be asked for: labels of 1 to 63 printable octets, at
 * most DNS_NAME_MAX in all? A dot at the end is allowed. */
bool dns_is_name(const char *name);

/*
 * Read the records of a kind in an answer's octets.
 * false: it is malformed; what was read before that is in out
 */
bool dns_read(const unsigned char *p, size_t n, enum dns_kind kind,
	      struct dns_list *out);

#endif

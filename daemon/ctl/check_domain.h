#ifndef POSTIGO_CTL_CHECK_DOMAIN_H
#define POSTIGO_CTL_CHECK_DOMAIN_H

/*
 * check_domain: what the DNS says of a domain that mail is sent from: SPF,
 * DKIM and DMARC, and what to change so that receivers take it as ours.
 *
 * Nothing is sent and nothing is tried: a server that signs or sends by other
 * addresses than those asked for is not seen.
 */

#include <stddef.h>

#include "daemon/ctl/dkim.h"
#include "daemon/ctl/dns.h"
#include "daemon/ctl/finding.h"
#include "daemon/ctl/spf.h"

#define CHECK_SELECTORS_MAX 16
#define CHECK_RELAY_MAX 8 /* addresses of a relay that are asked for */

struct domain_ask {
	dns_fn *ask;
	void *arg;
	const char *domain;
	const char *address; /* that mail is sent from */
	const char *host;    /* it is handed to; NULL: not known */
	const char *relay;   /* address by which that sends; NULL: those of
				host */
	const char *selector[CHECK_SELECTORS_MAX];
	size_t selectors;
	/* of a mail as somebody got it; have_mail: one was given */
	struct dkim_signature signature[DKIM_SIGNATURES_MAX];
	size_t signatures;
	bool have_mail;
};

/* All of it, in that order. */
void check_domain(const struct domain_ask *q, struct findings *f);

/* A part of it. check_dkim says whether a key was found that counts for the
 * domain. */
void check_spf(const struct domain_ask *q, struct findings *f);
bool check_dkim(const struct domain_ask *q, struct findings *f);
void check_dmarc(const struct domain_ask *q, bool signs, struct findings *f);

/* Is one the other, or a name below it, without regard to case? */
bool domain_within(const char *name, const char *domain);

#endif

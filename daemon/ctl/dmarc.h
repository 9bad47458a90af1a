#ifndef POSTIGO_CTL_DMARC_H
#define POSTIGO_CTL_DMARC_H

/*
 * dmarc: what a domain wants done with mail that claims to be its own and is
 * not. Source: RFC 7489 section 6.3.
 */

#include <stdbool.h>

#include "daemon/base/err.h"

enum dmarc_policy {
	DMARC_NOTHING, /* "none" */
	DMARC_QUARANTINE,
	DMARC_REJECT
};

struct dmarc {
	enum dmarc_policy policy;
	enum dmarc_policy subdomains; /* of names below the record's */
	int percent;                  /* of mails that it is for */
	bool strict_dkim;             /* the very domain must have signed */
	bool strict_spf;
	bool reports; /* somebody gets them */
};

/* Is a TXT record one of DMARC? */
bool dmarc_is(const char *text);

/* OUT_PERM  the text says what is wrong with it */
enum outcome dmarc_read(const char *text, struct dmarc *out,
			struct err *e) MUST_CHECK;

/* "none", "quarantine", "reject" */
const char *dmarc_policy_name(enum dmarc_policy p);

#endif

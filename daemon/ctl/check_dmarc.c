/* What a domain wants done with forged mail, and whether ours would pass. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/check_domain.h"
#include "daemon/ctl/dmarc.h"

static const char what[] = "dmarc";

/* The record that holds. */
struct held {
	char *text;                /* NULL: there is none */
	char at[DNS_NAME_MAX + 8]; /* where it stands */
	bool above;                /* at a name above the domain */
	int n;                     /* records there */
};

/* The records of one name. */
static enum outcome
ask_at(const struct domain_ask *q, const char *domain, struct held *h,
       struct err *e)
{
	struct dns_list l = { .n = 0 };
	enum outcome o;

	(void)snprintf(h->at, sizeof h->at, "_dmarc.%s", domain);
	o = q->ask(q->arg, h->at, DNS_TXT, &l, e);
	for (size_t i = 0; o == OUT_OK && i < l.n; i++) {
		if (!dmarc_is(l.item[i]))
			continue;
		h->n++;
		if (h->text == NULL)
			h->text = mem_strdup(l.item[i]);
	}
	dns_list_release(&l);
	return o;
}

/*
 * At the domain, else at the names above it, as long as they have two labels.
 * A receiver looks at the one above that is registered: which that is, only a
 * list of all registries tells. One that has a record is meant.
 */
static enum outcome
find_record(const struct domain_ask *q, struct held *h, struct err *e)
{
	const char *domain = q->domain;
	enum outcome o = OUT_OK;

	while (o == OUT_OK && h->n == 0 && strchr(domain, '.') != NULL) {
		h->above = domain != q->domain;
		o = ask_at(q, domain, h, e);
		domain = strchr(domain, '.') + 1;
	}
	return o;
}

/* --- what it says ------------------------------------------------------------------- */

/* Of a record above the domain, what it says of names below it. */
static enum dmarc_policy
held_policy(const struct dmarc *d, bool above)
{
	return above ? d->subdomains : d->policy;
}

static void
look_at_policy(const struct domain_ask *q, const struct dmarc *d, bool above,
	       struct findings *f)
{
	enum dmarc_policy p = held_policy(d, above);
	const char *tag = p == d->policy ? "p" : "sp";

	if (p == DMARC_NOTHING) {
		finding_add(f, q->domain, what, FINDING_NOTE,
			    "mail that is forged in your name is let through "
			    "(%s=none)",
			    tag);
		finding_change(f,
			       "when the reports show that all mail of yours "
			       "passes, say %s=quarantine, and later "
			       "%s=reject",
			       tag, tag);
	} else if (d->percent < 100) {
		finding_add(f, q->domain, what, FINDING_NOTE,
			    "%s=%s is for %d %% of mails alone", tag,
			    dmarc_policy_name(p), d->percent);
		finding_change(f, "take pct=%d out", d->percent);
	} else {
		finding_add(f, q->domain, what, FINDING_OK, "%s=%s", tag,
			    dmarc_policy_name(p));
	}
}

static void
look_at_reports(const struct domain_ask *q, const struct dmarc *d,
		struct findings *f)
{
	if (d->reports)
		return;
	finding_add(f, q->domain, what, FINDING_NOTE,
		    "nobody gets the reports of receivers");
	finding_change(f, "add rua=mailto: and an address that somebody reads");
}

/* With adkim=s the very domain must sign. */
static bool
signs_strictly(const struct domain_ask *q, const struct dmarc *d)
{
	if (!d->strict_dkim || q->selectors > 0)
		return true;
	for (size_t i = 0; i < q->signatures; i++)
		if (strcasecmp(q->signature[i].domain, q->domain) == 0)
			return true;
	return false;
}

/* Where SPF cannot help, DKIM must. */
static void
look_at_signing(const struct domain_ask *q, const struct dmarc *d, bool above,
		bool signs, struct findings *f)
{
	if (signs && !signs_strictly(q, d)) {
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "adkim=s wants a signature of %s itself",
			    q->domain);
		finding_change(f, "sign as %s, or take adkim=s out", q->domain);
	} else if (!signs && held_policy(d, above) != DMARC_NOTHING) {
		finding_add(f, q->domain, what, FINDING_NOTE,
			    "without a DKIM signature that counts for %s, "
			    "acknowledgements and mail that somebody forwards "
			    "do not pass: their sender on the way is not you",
			    q->domain);
		finding_change(f, "see to DKIM first");
	}
}

static void
propose(const struct domain_ask *q, struct findings *f)
{
	finding_add(f, q->domain, what, FINDING_PROBLEM,
		    "there is no DMARC record: large receivers ask for one");
	finding_change(f,
		       "publish a TXT record at _dmarc.%s: v=DMARC1; p=none; "
		       "rua=mailto:postmaster@%s (an address that somebody "
		       "reads)",
		       q->domain, q->domain);
}

static void
look_at_record(const struct domain_ask *q, const struct held *h, bool signs,
	       struct findings *f)
{
	struct dmarc d;
	struct err e = { .text = "" };

	if (dmarc_read(h->text, &d, &e) != OUT_OK) {
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "receivers cannot use the record at %s: %s", h->at,
			    e.text);
		finding_change(f,
			       "write it as v=DMARC1; p=none; "
			       "rua=mailto:postmaster@%s",
			       q->domain);
		finding_record(f, h->text);
		return;
	}
	look_at_policy(q, &d, h->above, f);
	finding_record(f, h->text);
	look_at_reports(q, &d, f);
	look_at_signing(q, &d, h->above, signs, f);
}

void
check_dmarc(const struct domain_ask *q, bool signs, struct findings *f)
{
	struct held h = { .text = NULL };
	struct err e = { .text = "" };

	if (find_record(q, &h, &e) != OUT_OK) {
		finding_add(f, q->domain, what, FINDING_UNKNOWN, "%s", e.text);
	} else if (h.n == 0) {
		propose(q, f);
	} else if (h.n > 1) {
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "there are %d DMARC records at %s: receivers use "
			    "none",
			    h.n, h.at);
		finding_change(f, "leave one");
	} else {
		look_at_record(q, &h, signs, f);
	}
	mem_free(h.text);
}

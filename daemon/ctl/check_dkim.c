/* The keys by which a domain's mail is signed. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/ctl/check_domain.h"

static const char what[] = "dkim";

#define NAME_BYTES (DKIM_SELECTOR_MAX + DNS_NAME_MAX + 16)

/* A key that is there and can be read. */
static bool
look_at_key(const struct domain_ask *q, const char *name, const char *text,
	    struct findings *f)
{
	struct dkim_key k;
	struct err e = { .text = "" };

	if (dkim_read(text, &k, &e) != OUT_OK) {
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "receivers cannot use the key at %s: %s", name,
			    e.text);
		finding_change(f, "publish it again as your mail server gives "
				  "it, whole");
		finding_record(f, text);
		return false;
	}
	if (k.revoked || (k.rsa && k.bits < DKIM_RSA_WEAK)) {
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    k.revoked ? "the key at %s is revoked: its p= is "
					"empty"
				      : "the key at %s is too short: "
					"receivers refuse it",
			    name);
		finding_change(f,
			       "sign with a new key of %d bits, under a "
			       "new selector",
			       DKIM_RSA_BITS);
		return false;
	}
	if (k.testing) {
		finding_add(f, q->domain, what, FINDING_NOTE,
			    "the key at %s says that it is tried out (t=y): "
			    "receivers need not count it",
			    name);
		finding_change(f, "take t=y out of the record");
	} else if (k.rsa && k.bits < DKIM_RSA_BITS) {
		finding_add(f, q->domain, what, FINDING_NOTE,
			    "the key at %s has %d bits", name, k.bits);
		finding_change(f, "make one of %d bits", DKIM_RSA_BITS);
	} else {
		finding_add(f, q->domain, what, FINDING_OK,
			    "the key at %s can be used", name);
	}
	return !k.testing;
}

/* What stands at SELECTOR._domainkey.DOMAIN. */
static bool
look_at_selector(const struct domain_ask *q, const char *selector,
		 const char *domain, struct findings *f)
{
	struct dns_list l = { .n = 0 };
	struct err e = { .text = "" };
	char name[NAME_BYTES];
	const char *record = NULL;
	bool good = false;
	int n = 0;

	(void)snprintf(name, sizeof name, "%s._domainkey.%s", selector, domain);
	if (q->ask(q->arg, name, DNS_TXT, &l, &e) != OUT_OK) {
		finding_add(f, q->domain, what, FINDING_UNKNOWN, "%s", e.text);
		dns_list_release(&l);
		return false;
	}
	for (size_t i = 0; i < l.n; i++)
		if (dkim_is(l.item[i])) {
			record = l.item[i];
			n++;
		}
	if (n == 0) {
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "there is no key at %s", name);
		finding_change(f,
			       "publish there the TXT (or CNAME) record "
			       "that your mail server gives for the "
			       "selector '%s'",
			       selector);
	} else if (n > 1) {
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "there are %d keys at %s: which one is used is "
			    "chance",
			    n, name);
		finding_change(f, "leave the one that signs; give each key a "
				  "selector of its own");
	} else {
		good = look_at_key(q, name, record, f);
	}
	dns_list_release(&l);
	return good;
}

/* --- of a mail that arrived --------------------------------------------------------- */

/* Do the two belong together for DMARC, as far as names tell? */
static bool
related(const char *a, const char *b)
{
	return domain_within(a, b) || domain_within(b, a);
}

static bool
look_at_mail(const struct domain_ask *q, struct findings *f)
{
	const struct dkim_signature *other = NULL;
	bool found = false;
	bool good = false;

	for (size_t i = 0; i < q->signatures; i++) {
		const struct dkim_signature *s = &q->signature[i];

		if (!related(s->domain, q->domain)) {
			other = s;
			continue;
		}
		found = true;
		if (look_at_selector(q, s->selector, s->domain, f))
			good = true;
	}
	if (!found && other != NULL)
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "that mail is signed by %s alone, which counts "
			    "for %s and not for you",
			    other->domain, other->domain);
	else if (!found)
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "that mail has no DKIM signature");
	if (!found)
		finding_change(f,
			       "switch DKIM on for %s where your mail is "
			       "handed to, and publish the key that it "
			       "gives",
			       q->domain);
	return good;
}

bool
check_dkim(const struct domain_ask *q, struct findings *f)
{
	bool good = false;

	if (q->have_mail)
		good = look_at_mail(q, f);
	for (size_t i = 0; i < q->selectors; i++)
		if (look_at_selector(q, q->selector[i], q->domain, f))
			good = true;
	if (!q->have_mail && q->selectors == 0) {
		finding_add(f, q->domain, what, FINDING_NOTE,
			    "not looked at: a key is found by its selector "
			    "alone");
		finding_change(f,
			       "write from %s to a mailbox elsewhere, save "
			       "the mail there with its header, and give "
			       "it with --mail FILE; or give --selector "
			       "NAME",
			       q->address);
	}
	return good;
}

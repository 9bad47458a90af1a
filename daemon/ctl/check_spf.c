/* The SPF of a domain, and of the server that its mail is handed to. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/check_domain.h"

static const char what[] = "spf";

/* What to publish where nothing is. */
static void
propose(const struct domain_ask *q, struct findings *f)
{
	const char *host = q->relay != NULL ? NULL : q->host;
	struct spf_ip ip;
	char term[DNS_NAME_MAX + 8];

	if (q->relay != NULL && spf_ip_read(q->relay, &ip))
		(void)snprintf(term, sizeof term, "%s:%s",
			       ip.family == AF_INET ? "ip4" : "ip6", q->relay);
	else if (host != NULL && spf_ip_read(host, &ip))
		(void)snprintf(term, sizeof term, "%s:%s",
			       ip.family == AF_INET ? "ip4" : "ip6", host);
	else if (host != NULL)
		(void)snprintf(term, sizeof term, "a:%s", host);
	else
		(void)snprintf(term, sizeof term, "mx");
	finding_change(f,
		       "publish a TXT record at %s: v=spf1 %s ~all (if "
		       "whoever runs your mail server names an include, that "
		       "instead of %s)",
		       q->domain, term, term);
}

/* --- the record --------------------------------------------------------------------- */

/* What it says of everybody else. */
static void
look_at_end(const struct domain_ask *q, const struct spf *s, struct findings *f)
{
	const struct spf_term *all = spf_find(s, SPF_ALL);

	if (all == NULL && spf_find(s, SPF_REDIRECT) == NULL) {
		finding_add(f, q->domain, what, FINDING_NOTE,
			    "it does not say what of mail from other servers");
		finding_change(f, "end it with ~all, or with -all once all "
				  "your mail passes");
	} else if (all != NULL && all->qualifier == '+') {
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "it lets everybody send as you");
		finding_change(f, "end it with ~all instead of all or +all");
	} else if (all != NULL && all->qualifier == '?') {
		finding_add(f, q->domain, what, FINDING_NOTE,
			    "?all says nothing of forged mail");
		finding_change(f, "end it with ~all");
	}
	if (spf_find(s, SPF_PTR) != NULL) {
		finding_add(f, q->domain, what, FINDING_NOTE,
			    "ptr is slow, and receivers may pass over it");
		finding_change(f, "name the servers by a, mx, ip4 or ip6");
	}
}

static struct spf_ask
asked(const struct domain_ask *q)
{
	return (struct spf_ask){ .ask = q->ask,
				 .arg = q->arg,
				 .domain = q->domain,
				 .sender = q->address };
}

/* How much a receiver has to ask. false: it gives up. */
static bool
look_at_cost(const struct domain_ask *q, struct findings *f)
{
	struct spf_ask x = asked(q);
	struct spf_told told;
	enum spf_result r = spf_check(&x, &told);

	if (r == SPF_TEMPERROR) {
		finding_add(f, q->domain, what, FINDING_UNKNOWN, "%s",
			    told.why);
		return false;
	}
	if (told.lookups > SPF_LOOKUPS) {
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "it makes a receiver ask the DNS %s%d times; "
			    "after %d it gives up",
			    told.lookups > SPF_LOOKUPS_MAX ? "over " : "",
			    told.lookups > SPF_LOOKUPS_MAX ? SPF_LOOKUPS_MAX
							   : told.lookups,
			    SPF_LOOKUPS);
		finding_change(f, "take out includes that you do not need, "
				  "and write ip4 and ip6 for a and mx");
		return false;
	}
	if (r == SPF_PERMERROR) {
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "receivers cannot use it: %s", told.why);
		finding_change(f, "correct that record, or take its name out");
		return false;
	}
	return true;
}

/* --- the relay ---------------------------------------------------------------------- */

/* Of this machine or a network of its own: nobody outside sees that. */
static bool
is_inside(const struct spf_ip *ip)
{
	const unsigned char *o = ip->octets;
	static const unsigned char one[16] = { [15] = 1 };

	if (ip->family == AF_INET)
		return o[0] == 127 || o[0] == 10 ||
		       (o[0] == 172 && (o[1] & 0xf0) == 16) ||
		       (o[0] == 192 && o[1] == 168) ||
		       (o[0] == 100 && (o[1] & 0xc0) == 64) ||
		       (o[0] == 169 && o[1] == 254);
	return memcmp(o, one, sizeof one) == 0 || (o[0] & 0xfe) == 0xfc ||
	       (o[0] == 0xfe && (o[1] & 0xc0) == 0x80);
}

/* The addresses that a relay sends by, as far as they can be known. */
static enum outcome
relay_addresses(const struct domain_ask *q, struct dns_list *out, struct err *e)
{
	static const enum dns_kind kinds[] = { DNS_A, DNS_AAAA };
	const char *known = q->relay != NULL ? q->relay : q->host;
	struct spf_ip ip;
	enum outcome o = OUT_OK;

	out->n = 0;
	if (strcasecmp(known, "localhost") == 0)
		known = "127.0.0.1";
	if (spf_ip_read(known, &ip)) {
		out->item[out->n++] = mem_strdup(known);
		return OUT_OK;
	}
	for (size_t i = 0; o == OUT_OK && i < 2; i++) {
		struct dns_list l = { .n = 0 };

		o = q->ask(q->arg, known, kinds[i], &l, e);
		for (size_t k = 0; k < l.n && out->n < CHECK_RELAY_MAX; k++)
			out->item[out->n++] = mem_strdup(l.item[k]);
		dns_list_release(&l);
	}
	return o;
}

/* A record that names others may let servers send that nobody told us of. */
static bool
names_others(const struct spf *s)
{
	return spf_find(s, SPF_INCLUDE) != NULL ||
	       spf_find(s, SPF_REDIRECT) != NULL ||
	       spf_find(s, SPF_EXISTS) != NULL;
}

static void
not_let(const struct domain_ask *q, const struct spf *s, const char *address,
	enum spf_result r, struct findings *f)
{
	bool sure = q->relay != NULL || !names_others(s);
	struct spf_ip ip;

	(void)spf_ip_read(address, &ip);
	finding_add(f, q->domain, what, sure ? FINDING_PROBLEM : FINDING_NOTE,
		    "%s%s%s may not send as you (%s)%s", address,
		    q->relay == NULL ? " of " : "",
		    q->relay == NULL ? q->host : "", spf_result_name(r),
		    sure ? ""
			 : ", unless that server sends from other addresses");
	finding_change(f,
		       "add %s:%s before the end of the record, or the "
		       "include that whoever runs that server names",
		       ip.family == AF_INET ? "ip4" : "ip6", address);
}

static void
look_at_address(const struct domain_ask *q, const struct spf *s,
		const char *address, struct findings *f)
{
	struct spf_ask x = asked(q);
	struct spf_told told;
	enum spf_result r;

	(void)spf_ip_read(address, &x.ip);
	if (is_inside(&x.ip)) {
		finding_add(f, q->domain, what, FINDING_NOTE,
			    "mail is handed to %s, which nobody outside sees",
			    address);
		finding_change(f, "ask again with --relay ADDRESS: the one "
				  "by which that server sends");
		return;
	}
	r = spf_check(&x, &told);
	if (told.voids > SPF_VOIDS) {
		finding_add(f, q->domain, what, FINDING_NOTE,
			    "%d names in it have nothing: receivers may give "
			    "up after %d",
			    told.voids, SPF_VOIDS);
		finding_change(f, "take names out that are no more");
	}
	if (r == SPF_PASS)
		finding_add(f, q->domain, what, FINDING_OK,
			    "%s may send as you", address);
	else if (r == SPF_TEMPERROR || r == SPF_PERMERROR)
		finding_add(f, q->domain, what,
			    r == SPF_TEMPERROR ? FINDING_UNKNOWN
					       : FINDING_PROBLEM,
			    "%s: %s", address, told.why);
	else
		not_let(q, s, address, r, f);
}

static void
look_at_relay(const struct domain_ask *q, const struct spf *s,
	      struct findings *f)
{
	struct dns_list l = { .n = 0 };
	struct err e = { .text = "" };

	if (q->relay == NULL && q->host == NULL) {
		finding_add(f, q->domain, what, FINDING_OK,
			    "the record is right; which server sends is not "
			    "known here");
		finding_change(f, "ask with --relay ADDRESS whether that "
				  "server may send");
		return;
	}
	if (relay_addresses(q, &l, &e) != OUT_OK)
		finding_add(f, q->domain, what, FINDING_UNKNOWN, "%s", e.text);
	else if (l.n == 0)
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "%s, which mail is handed to, has no address",
			    q->host);
	for (size_t i = 0; i < l.n; i++)
		look_at_address(q, s, l.item[i], f);
	dns_list_release(&l);
}

/* --- the whole ---------------------------------------------------------------------- */

static void
look_at_record(const struct domain_ask *q, const char *text, struct findings *f)
{
	struct spf *s = mem_new(1, sizeof *s);
	struct err e = { .text = "" };

	if (spf_read(text, s, &e) != OUT_OK) {
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "receivers cannot use the record: %s", e.text);
		finding_record(f, text);
		finding_change(f,
			       "correct it; terms are written as in "
			       "v=spf1 mx ip4:192.0.2.7 include:mail.example "
			       "~all");
	} else {
		look_at_end(q, s, f);
		if (look_at_cost(q, f))
			look_at_relay(q, s, f);
		finding_record(f, text);
	}
	spf_release(s);
	mem_free(s);
}

void
check_spf(const struct domain_ask *q, struct findings *f)
{
	struct dns_list l = { .n = 0 };
	struct err e = { .text = "" };
	const char *record = NULL;
	int n = 0;

	if (q->ask(q->arg, q->domain, DNS_TXT, &l, &e) != OUT_OK) {
		finding_add(f, q->domain, what, FINDING_UNKNOWN, "%s", e.text);
		dns_list_release(&l);
		return;
	}
	for (size_t i = 0; i < l.n; i++)
		if (spf_is(l.item[i])) {
			record = l.item[i];
			n++;
		}
	if (n == 0) {
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "there is no SPF record: receivers cannot tell "
			    "which servers send for you");
		propose(q, f);
	} else if (n > 1) {
		finding_add(f, q->domain, what, FINDING_PROBLEM,
			    "there are %d SPF records: receivers use none", n);
		finding_change(f, "join them into one: v=spf1 once, the terms "
				  "of all, one ~all at the end");
	} else {
		look_at_record(q, record, f);
	}
	dns_list_release(&l);
}

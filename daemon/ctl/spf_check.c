/* What an SPF record says of an address: check_host() of RFC 7208. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/spf.h"

/* A check under way. */
struct check {
	const struct spf_ask *q;
	struct spf_told *told;
};

static enum spf_result check_domain(struct check *c, const char *domain,
				    int depth);

static enum spf_result
wrong(struct check *c, const char *domain, const char *why)
{
	if (c->told->why[0] == '\0')
		(void)snprintf(c->told->why, sizeof c->told->why,
			       "%.100s: %.90s", domain, why);
	return SPF_PERMERROR;
}

/* Are the first bits the same? */
static bool
same_bits(const struct spf_ip *a, const struct spf_ip *b, int bits)
{
	int whole = bits / 8;
	int rest = bits % 8;

	if (a->family == 0 || a->family != b->family ||
	    memcmp(a->octets, b->octets, (size_t)whole) != 0)
		return false;
	return rest == 0 ||
	       (a->octets[whole] ^ b->octets[whole]) >> (8 - rest) == 0;
}

/* --- asking ---------------------------------------------------------------------- */

/* OUT_PERM is of no name, or too many questions. */
static enum spf_result
ask(struct check *c, const char *name, enum dns_kind kind, struct dns_list *out)
{
	struct err e = { .text = "" };
	enum outcome o = c->q->ask(c->q->arg, name, kind, out, &e);

	if (o == OUT_OK) {
		c->told->voids += out->n == 0;
		return SPF_NEUTRAL;
	}
	dns_list_release(out);
	if (o == OUT_PERM)
		return wrong(c, name, e.text);
	(void)snprintf(c->told->why, sizeof c->told->why, "%.190s", e.text);
	return SPF_TEMPERROR;
}

/* Is the address among those of a host? */
static enum spf_result
host_has(struct check *c, const char *host, const struct spf_term *t,
	 bool *match_out)
{
	bool v4 = c->q->ip.family == AF_INET;
	struct dns_list l = { .n = 0 };
	struct spf_ip ip;
	size_t i;
	enum spf_result r;

	*match_out = false;
	if (c->q->ip.family == 0)
		return SPF_NEUTRAL;
	r = ask(c, host, v4 ? DNS_A : DNS_AAAA, &l);
	for (i = 0; i < l.n; i++)
		if (spf_ip_read(l.item[i], &ip) &&
		    same_bits(&ip, &c->q->ip, v4 ? t->prefix4 : t->prefix6))
			*match_out = true;
	dns_list_release(&l);
	return r;
}

/* The same of a domain's mail servers. */
static enum spf_result
mx_has(struct check *c, const char *domain, const struct spf_term *t,
       bool *match_out)
{
	struct dns_list l = { .n = 0 };
	enum spf_result r = SPF_NEUTRAL;
	size_t i;

	*match_out = false;
	if (c->q->ip.family == 0)
		return r;
	r = ask(c, domain, DNS_MX, &l);
	if (l.n > SPF_HOSTS_MAX)
		r = wrong(c, domain, "over 10 mail servers");
	for (i = 0; r == SPF_NEUTRAL && !*match_out && i < l.n; i++)
		r = host_has(c, l.item[i], t, match_out);
	dns_list_release(&l);
	return r;
}

/* --- terms ----------------------------------------------------------------------- */

/* A domain that another record stands at. */
static enum spf_result
include(struct check *c, const char *domain, int depth, bool *match_out)
{
	enum spf_result r = check_domain(c, domain, depth + 1);

	*match_out = r == SPF_PASS;
	if (r == SPF_NONE)
		return wrong(c, domain, "is named, and has no SPF record");
	return r == SPF_TEMPERROR || r == SPF_PERMERROR ? r : SPF_NEUTRAL;
}

static enum spf_result
exists(struct check *c, const char *domain, bool *match_out)
{
	struct dns_list l = { .n = 0 };
	enum spf_result r = SPF_NEUTRAL;

	if (c->q->ip.family == 0)
		return r;
	r = ask(c, domain, DNS_A, &l);
	*match_out = l.n > 0;
	dns_list_release(&l);
	return r;
}

static bool
costs(enum spf_kind k)
{
	return k == SPF_INCLUDE || k == SPF_A || k == SPF_MX || k == SPF_PTR ||
	       k == SPF_EXISTS || k == SPF_REDIRECT;
}

/* Does the term match? SPF_NEUTRAL: *match_out says so; else an error. */
static enum spf_result
term_match(struct check *c, const char *domain, const struct spf_term *t,
	   int depth, bool *match_out)
{
	char name[DNS_NAME_MAX + 1];

	*match_out = false;
	if (costs(t->kind) && ++c->told->lookups > SPF_LOOKUPS_MAX)
		return wrong(c, domain, "asks for too much");
	(void)snprintf(name, sizeof name, "%s", domain);
	if (t->domain != NULL && t->kind != SPF_PTR &&
	    !spf_expand(c->q, domain, t->domain, name))
		return t->kind == SPF_INCLUDE
			       ? wrong(c, domain, "names what is no domain")
			       : SPF_NEUTRAL;
	switch (t->kind) {
	case SPF_ALL:
		*match_out = true;
		break;
	case SPF_IP4:
	case SPF_IP6:
		*match_out = same_bits(&t->ip, &c->q->ip, t->prefix4);
		break;
	case SPF_INCLUDE:
		return include(c, name, depth, match_out);
	case SPF_A:
		return host_has(c, name, t, match_out);
	case SPF_MX:
		return mx_has(c, name, t, match_out);
	case SPF_EXISTS:
		return exists(c, name, match_out);
	case SPF_PTR:
	case SPF_REDIRECT:
	case SPF_EXP:
	case SPF_OTHER:
		break;
	}
	return SPF_NEUTRAL;
}

static enum spf_result
qualified(char qualifier)
{
	switch (qualifier) {
	case '-':
		return SPF_FAIL;
	case '~':
		return SPF_SOFTFAIL;
	case '?':
		return SPF_NEUTRAL;
	default:
		return SPF_PASS;
	}
}

/* Nothing in the record matched. */
static enum spf_result
redirect(struct check *c, const char *domain, const struct spf *s, int depth)
{
	const struct spf_term *t = spf_find(s, SPF_REDIRECT);
	char name[DNS_NAME_MAX + 1];
	enum spf_result r;

	if (t == NULL)
		return SPF_NEUTRAL;
	if (++c->told->lookups > SPF_LOOKUPS_MAX ||
	    !spf_expand(c->q, domain, t->domain, name))
		return wrong(c, domain, "redirects to what is no domain");
	r = check_domain(c, name, depth + 1);
	return r == SPF_NONE ? wrong(c, name,
				     "is redirected to, and has no "
				     "SPF record")
			     : r;
}

static enum spf_result
check_record(struct check *c, const char *domain, const struct spf *s,
	     int depth)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		const struct spf_term *t = &s->term[i];
		bool match = false;
		enum spf_result r;

		if (t->kind >= SPF_REDIRECT)
			continue;
		r = term_match(c, domain, t, depth, &match);
		if (r != SPF_NEUTRAL)
			return r;
		if (match)
			return qualified(t->qualifier);
	}
	return redirect(c, domain, s, depth);
}

/* The one record of a domain; NULL: none. */
static enum spf_result
find_record(struct check *c, const char *domain, const struct dns_list *l,
	    const char **out)
{
	size_t i;

	*out = NULL;
	for (i = 0; i < l->n; i++) {
		if (!spf_is(l->item[i]))
			continue;
		if (*out != NULL)
			return wrong(c, domain, "has two SPF records");
		*out = l->item[i];
	}
	return SPF_NEUTRAL;
}

static enum spf_result
check_domain(struct check *c, const char *domain, int depth)
{
	struct dns_list l = { .n = 0 };
	struct err e = { .text = "" };
	const char *text = NULL;
	struct spf *s;
	enum spf_result r;

	if (depth > SPF_DEPTH_MAX)
		return wrong(c, domain, "records name each other too deeply");
	r = ask(c, domain, DNS_TXT, &l);
	if (r == SPF_NEUTRAL)
		r = find_record(c, domain, &l, &text);
	if (r != SPF_NEUTRAL || text == NULL) {
		dns_list_release(&l);
		return r != SPF_NEUTRAL ? r : SPF_NONE;
	}
	s = mem_new(1, sizeof *s);
	r = spf_read(text, s, &e) == OUT_OK ? check_record(c, domain, s, depth)
					    : wrong(c, domain, e.text);
	spf_release(s);
	mem_free(s);
	dns_list_release(&l);
	return r;
}

enum spf_result
spf_check(const struct spf_ask *q, struct spf_told *out)
{
	struct check c = { .q = q, .told = out };

	*out = (struct spf_told){ .lookups = 0 };
	return check_domain(&c, q->domain, 0);
}

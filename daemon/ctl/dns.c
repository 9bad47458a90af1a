#include "daemon/ctl/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"

#define ADDRESS_MAX 64
#define PORT_MAX 65535
#define DNS_PORT 53

struct dns {
	struct __res_state state;
	int asked;
	unsigned char answer[DNS_ANSWER_MAX];
};

static const ns_type types[] = { [DNS_TXT] = ns_t_txt,
				 [DNS_A] = ns_t_a,
				 [DNS_AAAA] = ns_t_aaaa,
				 [DNS_MX] = ns_t_mx };

void
dns_list_release(struct dns_list *l)
{
	while (l->n > 0)
		mem_free(l->item[--l->n]);
}

bool
dns_is_name(const char *name)
{
	const char *p = name;

	if (strlen(name) > DNS_NAME_MAX)
		return false;
	for (;;) {
		size_t n = strcspn(p, ".");

		if (n == 0 || n > 63)
			return false;
		for (size_t i = 0; i < n; i++)
			if (p[i] <= ' ' || p[i] > '~' || p[i] == '\\')
				return false;
		if (p[n] == '\0' || p[n + 1] == '\0')
			return true;
		p += n + 1;
	}
}

/* --- an answer ----------------------------------------------------------------- */

/* Strings of one octet of length and so many octets, joined. */
static char *
read_txt(const unsigned char *p, size_t n)
{
	struct buf b;
	size_t i = 0;

	buf_init(&b, DNS_TEXT_MAX);
	while (i < n) {
		size_t end = i + 1 + p[i];

		for (i++; i < end && i < n; i++)
			(void)buf_putc(&b, p[i] >= ' ' && p[i] <= '~'
						   ? (char)p[i]
						   : '?');
	}
	return buf_take(&b);
}

static char *
read_address(int family, const unsigned char *p, size_t n)
{
	char text[INET6_ADDRSTRLEN];

	if (n != (family == AF_INET ? 4 : 16) ||
	    inet_ntop(family, p, text, sizeof text) == NULL)
		return NULL;
	return mem_strdup(text);
}

/* Two octets of preference, then a name. */
static char *
read_mx(const ns_msg *m, const unsigned char *p, size_t n)
{
	char name[NS_MAXDNAME];

	if (n < 3 || ns_name_uncompress(ns_msg_base(*m), ns_msg_end(*m), p + 2,
					name, sizeof name) < 0)
		return NULL;
	return mem_strdup(name);
}

static char *
read_record(const ns_msg *m, const ns_rr *rr, enum dns_kind kind)
{
	const unsigned char *p = ns_rr_rdata(*rr);
	size_t n = ns_rr_rdlen(*rr);

	switch (kind) {
	case DNS_TXT:
		return read_txt(p, n);
	case DNS_A:
		return read_address(AF_INET, p, n);
	case DNS_AAAA:
		return read_address(AF_INET6, p, n);
	case DNS_MX:
		return read_mx(m, p, n);
	}
	return NULL;
}

bool
dns_read(const unsigned char *p, size_t n, enum dns_kind kind,
	 struct dns_list *out)
{
	ns_msg m;
	ns_rr rr;
	int i;

	if (n > DNS_ANSWER_MAX || ns_initparse(p, (int)n, &m) != 0)
		return false;
	for (i = 0; i < ns_msg_count(m, ns_s_an); i++) {
		char *text;

		if (ns_parserr(&m, ns_s_an, i, &rr) != 0)
			return false;
		if (ns_rr_type(rr) != types[kind] ||
		    ns_rr_class(rr) != ns_c_in || out->n == DNS_ITEMS_MAX)
			continue;
		text = read_record(&m, &rr, kind);
		if (text == NULL)
			return false;
		out->item[out->n++] = text;
	}
	return true;
}

/* --- asking -------------------------------------------------------------------- */

/* The one server that is asked instead of the system's. */
static bool
use_server(struct dns *d, const char *resolver)
{
	const char *colon = strchr(resolver, ':');
	char address[ADDRESS_MAX];
	struct sockaddr_in sa = { .sin_family = AF_INET };
	long port = DNS_PORT;
	char *end;

	if (colon != NULL) {
		port = strtol(colon + 1, &end, 10);
		if (colon[1] == '\0' || *end != '\0' || port < 1 ||
		    port > PORT_MAX)
			return false;
	}
	(void)snprintf(address, sizeof address, "%.*s",
		       (int)strcspn(resolver, ":"), resolver);
	if (inet_pton(AF_INET, address, &sa.sin_addr) != 1)
		return false;
	sa.sin_port = htons((uint16_t)port);
	d->state.nscount = 1;
	d->state.nsaddr_list[0] = sa;
	return true;
}

enum outcome
dns_open(const char *resolver, struct dns **out, struct err *e)
{
	struct dns *d = mem_new(1, sizeof *d);

	*out = NULL;
	if (res_ninit(&d->state) != 0) {
		mem_free(d);
		return err_set(e, OUT_TEMP,
			       "cannot read the resolver's settings");
	}
	d->state.retrans = DNS_WAIT_S;
	d->state.retry = DNS_TRIES;
	/* names are whole; nothing is added to them */
	d->state.options &= ~(unsigned long)(RES_DEFNAMES | RES_DNSRCH);
	if (resolver != NULL && !use_server(d, resolver)) {
		dns_close(&d);
		return err_set(e, OUT_PERM,
			       "'%.80s' is not an IPv4 address with or without "
			       "a port (127.0.0.1:53)",
			       resolver);
	}
	*out = d;
	return OUT_OK;
}

void
dns_close(struct dns **d)
{
	if (*d == NULL)
		return;
	res_nclose(&(*d)->state);
	MEM_CLEAR(d);
}

/* What a query without an answer means. */
static enum outcome
no_answer(const struct dns *d, const char *name, struct err *e)
{
	if (d->state.res_h_errno == HOST_NOT_FOUND ||
	    d->state.res_h_errno == NO_DATA)
		return OUT_OK;
	return err_set(e, OUT_TEMP, "the DNS does not answer for '%.100s'",
		       name);
}

enum outcome
dns_ask(void *arg, const char *name, enum dns_kind kind, struct dns_list *out,
	struct err *e)
{
	struct dns *d = arg;
	int n;

	out->n = 0;
	if (!dns_is_name(name))
		return err_set(e, OUT_PERM, "'%.100s' is not a name of the DNS",
			       name);
	if (d->asked++ == DNS_QUERIES_MAX)
		return err_set(e, OUT_PERM, "over %d questions to the DNS",
			       DNS_QUERIES_MAX);
	n = res_nquery(&d->state, name, ns_c_in, (int)types[kind], d->answer,
		       sizeof d->answer);
	if (n < 0)
		return no_answer(d, name, e);
	if ((size_t)n > sizeof d->answer)
		n = sizeof d->answer;
	if (dns_read(d->answer, (size_t)n, kind, out))
		return OUT_OK;
	return err_set(e, OUT_TEMP,
		       "the DNS gives a damaged answer for "
		       "'%.100s'",
		       name);
}

/* Macros in the domains of an SPF record: RFC 7208 section 7. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/ctl/spf.h"

#define VALUE_MAX 512 /* octets of what a macro stands for */
#define PARTS_MAX 128
#define SPEC_MAX 2048 /* octets of a domain before its left end is cut */

/* The address with dots between: 192.0.2.3, or its 32 digits of IPv6. */
static void
dotted(const struct spf_ip *ip, char *out, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;
	size_t i;

	out[0] = '\0';
	if (ip->family == AF_INET) {
		(void)inet_ntop(AF_INET, ip->octets, out, (socklen_t)size);
		return;
	}
	for (i = 0; ip->family == AF_INET6 && i < 16 && n + 5 < size; i++) {
		out[n++] = digits[ip->octets[i] >> 4];
		out[n++] = '.';
		out[n++] = digits[ip->octets[i] & 15];
		out[n++] = '.';
	}
	if (n > 0)
		out[n - 1] = '\0';
}

/* What a letter stands for. false: nothing here */
static bool
value_of(const struct spf_ask *q, const char *domain, char letter,
	 char out[VALUE_MAX])
{
	const char *at = strrchr(q->sender, '@');

	switch (tolower((unsigned char)letter)) {
	case 's':
		(void)snprintf(out, VALUE_MAX, "%s", q->sender);
		break;
	case 'l':
		(void)snprintf(out, VALUE_MAX, "%.*s",
			       at != NULL ? (int)(at - q->sender) : 0,
			       q->sender);
		break;
	case 'o':
	case 'h': /* what the server calls itself is not known: its domain */
		(void)snprintf(out, VALUE_MAX, "%s", q->domain);
		break;
	case 'd':
		(void)snprintf(out, VALUE_MAX, "%s", domain);
		break;
	case 'i':
		dotted(&q->ip, out, VALUE_MAX);
		break;
	case 'p':
		(void)snprintf(out, VALUE_MAX, "unknown");
		break;
	case 'v':
		(void)snprintf(out, VALUE_MAX, "%s",
			       q->ip.family == AF_INET6 ? "ip6" : "in-addr");
		break;
	default:
		return false;
	}
	return true;
}

/* How a macro changes its value. */
struct change {
	long keep; /* parts from the right; 0: all */
	bool reverse;
	char between[8]; /* what parts them */
};

static void
add_parts(struct buf *b, char *value, const struct change *x)
{
	char *part[PARTS_MAX];
	size_t n = 0;
	size_t first = 0;
	size_t i;

	for (char *p = value; n < PARTS_MAX; p++) {
		part[n++] = p;
		p += strcspn(p, x->between);
		if (*p == '\0')
			break;
		*p = '\0';
	}
	if (x->keep > 0 && (size_t)x->keep < n)
		first = n - (size_t)x->keep;
	for (i = first; i < n; i++) {
		/* reversed, the parts that are kept are those at the left */
		size_t k = x->reverse ? n - 1 - i : i;

		if (i > first)
			(void)buf_putc(b, '.');
		(void)buf_puts(b, part[k]);
	}
}

/* "{ir.}" at *p, which is moved behind it. */
static bool
add_macro(const struct spf_ask *q, const char *domain, const char **pp,
	  struct buf *b)
{
	const char *p = *pp + 1;
	struct change x = { .keep = 0, .between = "." };
	char value[VALUE_MAX];
	char *end;
	size_t n;

	if (*p == '\0' || !value_of(q, domain, *p++, value))
		return false;
	if (isdigit((unsigned char)*p)) {
		x.keep = strtol(p, &end, 10);
		p = end;
		if (x.keep < 1)
			return false;
	}
	if (*p == 'r' || *p == 'R') {
		x.reverse = true;
		p++;
	}
	n = strspn(p, ".-+,/_=");
	if (n >= sizeof x.between || p[n] != '}')
		return false;
	if (n > 0)
		(void)snprintf(x.between, sizeof x.between, "%.*s", (int)n, p);
	add_parts(b, value, &x);
	*pp = p + n + 1;
	return true;
}

/* One of "%{...}", "%%", "%_", "%-" at *p, which stands behind the '%'. */
static bool
add_escape(const struct spf_ask *q, const char *domain, const char **pp,
	   struct buf *b)
{
	if (**pp == '{')
		return add_macro(q, domain, pp, b);
	if (**pp == '%')
		(void)buf_putc(b, '%');
	else if (**pp == '_')
		(void)buf_putc(b, ' ');
	else if (**pp == '-')
		(void)buf_puts(b, "%20");
	else
		return false;
	(*pp)++;
	return true;
}

bool
spf_expand(const struct spf_ask *q, const char *domain, const char *spec,
	   char *out)
{
	struct buf b;
	const char *p = spec;
	const char *name;
	bool ok = true;

	buf_init(&b, SPEC_MAX);
	while (ok && *p != '\0') {
		if (*p != '%')
			(void)buf_putc(&b, *p++);
		else if (p++, !add_escape(q, domain, &p, &b))
			ok = false;
	}
	/* too long: labels go at the left */
	name = buf_str(&b);
	while (strlen(name) > DNS_NAME_MAX && strchr(name, '.') != NULL)
		name = strchr(name, '.') + 1;
	ok = ok && !b.full && dns_is_name(name);
	if (ok)
		(void)snprintf(out, DNS_NAME_MAX + 1, "%s", name);
	buf_release(&b);
	return ok;
}

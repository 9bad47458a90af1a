#include "daemon/ctl/spf.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/mem.h"

static const char version[] = "v=spf1";

static const struct {
	const char *name;
	enum spf_kind kind;
} mechanisms[] = {
	{ "all", SPF_ALL }, { "include", SPF_INCLUDE }, { "a", SPF_A },
	{ "mx", SPF_MX },   { "ptr", SPF_PTR },         { "ip4", SPF_IP4 },
	{ "ip6", SPF_IP6 }, { "exists", SPF_EXISTS },
};

bool
spf_is(const char *text)
{
	size_t n = sizeof version - 1;

	return strncasecmp(text, version, n) == 0 &&
	       (text[n] == '\0' || text[n] == ' ');
}

bool
spf_ip_read(const char *text, struct spf_ip *out)
{
	*out = (struct spf_ip){ .family = AF_INET };
	if (inet_pton(AF_INET, text, out->octets) == 1)
		return true;
	out->family = AF_INET6;
	return inet_pton(AF_INET6, text, out->octets) == 1;
}

/* --- one term ------------------------------------------------------------------- */

/* "%{ir}", "%%", "%_", "%-": none of them is cut or wrong. */
static bool
macros_ok(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s <= ' ' || *s > '~')
			return false;
		if (*s != '%')
			continue;
		s++;
		if (*s == '%' || *s == '_' || *s == '-')
			continue;
		if (*s != '{' || s[1] == '\0' ||
		    strchr("slodiphcrtvSLODIPHCRTV", s[1]) == NULL)
			return false;
		s += 2;
		s += strspn(s, "0123456789");
		s += *s == 'r' || *s == 'R';
		s += strspn(s, ".-+,/_=");
		if (*s != '}')
			return false;
	}
	return true;
}

/* A domain as a term may have it: with macros, or a name. */
static bool
domain_ok(const char *s)
{
	return *s != '\0' && macros_ok(s) &&
	       (strchr(s, '%') != NULL || dns_is_name(s));
}

/* Bits of "24" up to max; -1: it is no such number. */
static int
prefix_of(const char *s, int max)
{
	char *end;
	long v;

	if (!isdigit((unsigned char)*s) || (s[0] == '0' && s[1] != '\0'))
		return -1;
	v = strtol(s, &end, 10);
	return *end == '\0' && v <= max ? (int)v : -1;
}

/* "[:domain]" with "/24", "//64" or "/24//64" behind, of a and mx. arg is
 * changed: it begins at ':' or '/', or is empty. */
static bool
read_host(struct spf_term *t, char *arg)
{
	char *cidr6 = strstr(arg, "//");
	char *cidr4;

	t->prefix4 = 32;
	t->prefix6 = 128;
	if (cidr6 != NULL) {
		*cidr6 = '\0';
		t->prefix6 = prefix_of(cidr6 + 2, 128);
	}
	/* a macro may have a '/' of its own, within braces */
	cidr4 = strrchr(arg, '/');
	if (cidr4 != NULL && strchr(cidr4, '}') == NULL) {
		*cidr4 = '\0';
		t->prefix4 = prefix_of(cidr4 + 1, 32);
	}
	if (t->prefix4 < 0 || t->prefix6 < 0)
		return false;
	if (*arg == '\0')
		return true;
	t->domain = mem_strdup(arg + 1);
	return *arg == ':' && domain_ok(t->domain);
}

/* ":192.0.2.0/24" */
static bool
read_network(struct spf_term *t, char *arg)
{
	int family = t->kind == SPF_IP4 ? AF_INET : AF_INET6;
	int max = family == AF_INET ? 32 : 128;
	char *slash = strchr(arg, '/');
	int bits = max;

	if (slash != NULL) {
		*slash = '\0';
		bits = prefix_of(slash + 1, max);
	}
	t->prefix4 = t->prefix6 = bits;
	t->ip.family = family;
	return bits >= 0 && *arg == ':' &&
	       inet_pton(family, arg + 1, t->ip.octets) == 1;
}

/* What stands behind a mechanism's name. */
static bool
read_mechanism(struct spf_term *t, char *arg)
{
	switch (t->kind) {
	case SPF_ALL:
		return *arg == '\0';
	case SPF_INCLUDE:
	case SPF_EXISTS:
	case SPF_PTR:
		if (t->kind == SPF_PTR && *arg == '\0')
			return true;
		if (*arg != ':')
			return false;
		t->domain = mem_strdup(arg + 1);
		return domain_ok(t->domain);
	case SPF_A:
	case SPF_MX:
		return read_host(t, arg);
	case SPF_IP4:
	case SPF_IP6:
		return read_network(t, arg);
	case SPF_REDIRECT:
	case SPF_EXP:
	case SPF_OTHER:
		break;
	}
	return false;
}

/* NAME=VALUE: those that we do not know are passed over. */
static bool
read_modifier(struct spf_term *t, const char *word, size_t name)
{
	const char *value = word + name + 1;

	t->kind = name == 8 && strncasecmp(word, "redirect", 8) == 0
			  ? SPF_REDIRECT
		  : name == 3 && strncasecmp(word, "exp", 3) == 0 ? SPF_EXP
								  : SPF_OTHER;
	if (t->kind == SPF_OTHER)
		return isalpha((unsigned char)word[0]) && macros_ok(value);
	t->domain = mem_strdup(value);
	return domain_ok(value);
}

static bool
read_term(struct spf_term *t, char *word)
{
	size_t name;
	size_t i;

	t->qualifier = '+';
	name = strcspn(word, ":/=");
	if (word[name] == '=')
		return read_modifier(t, word, name);
	if (strchr("+-~?", *word) != NULL) {
		t->qualifier = *word++;
		name--;
	}
	for (i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++)
		if (strlen(mechanisms[i].name) == name &&
		    strncasecmp(word, mechanisms[i].name, name) == 0) {
			t->kind = mechanisms[i].kind;
			return read_mechanism(t, word + name);
		}
	return false;
}

/* --- a record ------------------------------------------------------------------- */

/* A modifier stands once. */
static bool
is_second(const struct spf *s, const struct spf_term *t)
{
	size_t i;

	if (t->kind != SPF_REDIRECT && t->kind != SPF_EXP)
		return false;
	for (i = 0; i < s->n; i++)
		if (s->term[i].kind == t->kind)
			return true;
	return false;
}

static enum outcome
add_term(struct spf *s, const char *word, size_t n, struct err *e)
{
	struct spf_term *t;
	char *copy;
	bool ok;

	if (s->n == SPF_TERMS_MAX)
		return err_set(e, OUT_PERM, "it has over %d terms",
			       SPF_TERMS_MAX);
	t = &s->term[s->n];
	*t = (struct spf_term){ .qualifier = '+' };
	copy = mem_strndup(word, n);
	ok = read_term(t, copy) && !is_second(s, t);
	mem_free(copy);
	s->n++;
	return ok ? OUT_OK
		  : err_set(e, OUT_PERM, "'%.*s' in it is wrong",
			    n < 100 ? (int)n : 100, word);
}

enum outcome
spf_read(const char *text, struct spf *out, struct err *e)
{
	const char *p = text + sizeof version - 1;
	enum outcome o = OUT_OK;

	out->n = 0;
	if (!spf_is(text))
		return err_set(e, OUT_PERM, "it does not begin with %s",
			       version);
	for (p += strspn(p, " "); o == OUT_OK && *p != '\0';
	     p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		o = add_term(out, p, n, e);
		p += n;
	}
	return o;
}

void
spf_release(struct spf *s)
{
	while (s->n > 0)
		mem_free(s->term[--s->n].domain);
}

const struct spf_term *
spf_find(const struct spf *s, enum spf_kind kind)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->term[i].kind == kind)
			return &s->term[i];
	return NULL;
}

const char *
spf_result_name(enum spf_result r)
{
	static const char *const names[] = {
		[SPF_NONE] = "none",           [SPF_NEUTRAL] = "neutral",
		[SPF_PASS] = "pass",           [SPF_FAIL] = "fail",
		[SPF_SOFTFAIL] = "softfail",   [SPF_TEMPERROR] = "temperror",
		[SPF_PERMERROR] = "permerror",
	};

	return names[r];
}

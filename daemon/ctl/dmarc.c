#include "daemon/ctl/dmarc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/tags.h"

static const char version[] = "v=DMARC1";

static const char *const policies[] = { [DMARC_NOTHING] = "none",
					[DMARC_QUARANTINE] = "quarantine",
					[DMARC_REJECT] = "reject" };

const char *
dmarc_policy_name(enum dmarc_policy p)
{
	return policies[p];
}

bool
dmarc_is(const char *text)
{
	size_t n = sizeof version - 1;

	return strncmp(text, version, n) == 0 &&
	       (text[n] == '\0' || strchr("; \t", text[n]) != NULL);
}

static bool
policy_of(const char *value, enum dmarc_policy *out)
{
	for (int i = DMARC_NOTHING; i <= DMARC_REJECT; i++)
		if (strcasecmp(value, policies[i]) == 0) {
			*out = (enum dmarc_policy)i;
			return true;
		}
	return false;
}

/* "r" or "s"; absent: r. */
static bool
strictness(const struct tags *t, const char *name, bool *out)
{
	const char *v = tags_value(t, name);

	*out = v != NULL && strcasecmp(v, "s") == 0;
	return v == NULL || *out || strcasecmp(v, "r") == 0;
}

static bool
percent_of(const struct tags *t, int *out)
{
	const char *v = tags_value(t, "pct");
	char *end;
	long n = 100;

	if (v != NULL) {
		n = strtol(v, &end, 10);
		if (*v == '\0' || *end != '\0' || n < 0 || n > 100)
			return false;
	}
	*out = (int)n;
	return true;
}

static enum outcome
read_tags(const struct tags *t, struct dmarc *out, struct err *e)
{
	const char *p = tags_value(t, "p");
	const char *sp = tags_value(t, "sp");
	const char *rua = tags_value(t, "rua");

	if (p == NULL)
		return err_set(e, OUT_PERM, "there is no policy (p=) in it");
	if (!policy_of(p, &out->policy))
		return err_set(e, OUT_PERM,
			       "p=%.40s is none of none, "
			       "quarantine, reject",
			       p);
	out->subdomains = out->policy;
	if (sp != NULL && !policy_of(sp, &out->subdomains))
		return err_set(e, OUT_PERM,
			       "sp=%.40s is none of none, "
			       "quarantine, reject",
			       sp);
	if (!percent_of(t, &out->percent))
		return err_set(e, OUT_PERM, "pct= is not from 0 to 100");
	if (!strictness(t, "adkim", &out->strict_dkim) ||
	    !strictness(t, "aspf", &out->strict_spf))
		return err_set(e, OUT_PERM,
			       "adkim= or aspf= is neither r nor "
			       "s");
	out->reports = rua != NULL && *rua != '\0';
	if (out->reports && strstr(rua, "mailto:") == NULL)
		return err_set(e, OUT_PERM,
			       "rua=%.80s has no mailto: before "
			       "the address",
			       rua);
	return OUT_OK;
}

enum outcome
dmarc_read(const char *text, struct dmarc *out, struct err *e)
{
	struct tags *t = mem_new(1, sizeof *t);
	enum outcome o;

	*out = (struct dmarc){ .percent = 100 };
	if (!dmarc_is(text) || !tags_read(text, t))
		o = err_set(e, OUT_PERM,
			    "it is no list of NAME=VALUE that "
			    "begins with %s",
			    version);
	else
		o = read_tags(t, out, e);
	mem_free(t);
	return o;
}

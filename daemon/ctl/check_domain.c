#include "daemon/ctl/check_domain.h"

#include <string.h>
#include <strings.h>

bool
domain_within(const char *name, const char *domain)
{
	size_t n = strlen(name);
	size_t m = strlen(domain);

	return n >= m && strcasecmp(name + n - m, domain) == 0 &&
	       (n == m || name[n - m - 1] == '.');
}

void
check_domain(const struct domain_ask *q, struct findings *f)
{
	check_spf(q, f);
	check_dmarc(q, check_dkim(q, f), f);
}

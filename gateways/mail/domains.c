#include "gateways/mail/domains.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/mem.h"
#include "gateways/mail/pace.h"

struct domain {
	char name[DOMAIN_BYTES_MAX + 1]; /* "": a free place */
	unsigned failures;               /* in a row */
	int64_t until_ms;
};

struct domains {
	struct domain all[DOMAINS_MAX];
};

struct domains *
domains_new(void)
{
	return mem_new(1, sizeof(struct domains));
}

void
domains_free(struct domains **d)
{
	MEM_CLEAR(d);
}

/* NULL: no domain that we can remember. */
static const char *
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at && at[1] && strlen(at + 1) <= DOMAIN_BYTES_MAX ? at + 1
								 : NULL;
}

static size_t
find(const struct domains *d, const char *name)
{
	size_t i = 0;

	while (i < DOMAINS_MAX && (!name || strcasecmp(d->all[i].name, name)))
		i++;
	return i;
}

/* A free place, else that of the one whose wait ends first. */
static struct domain *
make_room(struct domains *d)
{
	struct domain *first = &d->all[0];

	for (size_t i = 0; i < DOMAINS_MAX; i++) {
		struct domain *x = &d->all[i];

		if (x->name[0] == '\0')
			return x;
		if (x->until_ms < first->until_ms)
			first = x;
	}
	return first;
}

/* "4.1.x" and "4.2.1" to "4.2.4": the address does not exist yet, its mailbox
 * is full or switched off. ("4.2.0" is what greylisting says.) */
static bool
is_about_mailbox(const char *words)
{
	return strncmp(words, "4.1.", 4) == 0 ||
	       (strncmp(words, "4.2.", 4) == 0 && words[4] >= '1' &&
		words[4] <= '4');
}

void
domains_later(struct domains *d, const char *address, const char *words,
	      int64_t now_ms)
{
	const char *name = domain_of(address);
	size_t i = find(d, name);
	struct domain *x;

	if (!name || is_about_mailbox(words))
		return;
	x = i < DOMAINS_MAX ? &d->all[i] : make_room(d);
	if (i == DOMAINS_MAX) {
		memset(x, 0, sizeof(*x));
		(void)snprintf(x->name, sizeof(x->name), "%s", name);
	} else if (now_ms - x->until_ms > PACE_MS_MAX) {
		x->failures = 0; /* it is long ago */
	}
	x->failures++;
	x->until_ms = now_ms + pace_ms(x->failures, false);
}

void
domains_well(struct domains *d, const char *address)
{
	size_t i = find(d, domain_of(address));

	if (i < DOMAINS_MAX)
		memset(&d->all[i], 0, sizeof(d->all[i]));
}

int64_t
domains_wait_ms(const struct domains *d, const char *address, int64_t now_ms)
{
	size_t i = find(d, domain_of(address));

	return i < DOMAINS_MAX && d->all[i].until_ms > now_ms
		       ? d->all[i].until_ms - now_ms
		       : 0;
}

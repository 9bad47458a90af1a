#include "gateways/mail/pace.h"

#include <stdlib.h>
#include <sys/random.h>

#define TEST_MS_MAX 600000

static int64_t first_ms = PACE_MS, first_auth_ms = PACE_AUTH_MS;
static int lease_ms = PACE_LEASE_MS;

/* A number of milliseconds in the environment, 0: none. */
static long
from_env(const char *name)
{
	const char *s = getenv(name);
	char *end = NULL;
	long v = s ? strtol(s, &end, 10) : 0;

	return s && *s && !*end && v > 0 && v <= TEST_MS_MAX ? v : 0;
}

void
pace_start(void)
{
	long ms = from_env("POSTIGO_TEST_PACE_MS");
	long lease = from_env("POSTIGO_TEST_LEASE_MS");

	if (ms)
		first_ms = first_auth_ms = ms;
	if (lease)
		lease_ms = (int)lease;
}

int64_t
pace_ms(unsigned failures, bool auth)
{
	int64_t first = auth ? first_auth_ms : first_ms;
	int64_t most = auth ? first_auth_ms * (PACE_AUTH_MS_MAX / PACE_AUTH_MS)
			    : first_ms * (PACE_MS_MAX / PACE_MS);
	int64_t ms = first;
	uint32_t chance = 0;

	while (--failures > 0 && failures < 32 && ms < most)
		ms *= 2;
	if (ms > most || failures >= 32)
		ms = most;
	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance))
		chance = UINT32_MAX / 2;
	return ms - ms / 4 + (int64_t)((double)ms / 4 * chance / UINT32_MAX);
}

int
pace_lease_ms(void)
{
	return lease_ms;
}

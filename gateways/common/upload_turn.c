#include "gateways/common/upload_turn.h"

#include <stdlib.h>

/* The server has one thread: it is read once. */
static int64_t
first_ms(void)
{
	static int64_t ms;
	const char *s;
	char *end = NULL;
	long v;

	if (ms != 0)
		return ms;
	s = getenv("POSTIGO_TEST_UPLOAD_MS");
	v = s != NULL ? strtol(s, &end, 10) : 0;
	ms = v > 0 && v <= UPLOAD_TURN_TEST_MS_MAX && *end == '\0'
		     ? v
		     : UPLOAD_TURN_MS;
	return ms;
}

bool
upload_turn_slow(int64_t ms, int64_t bytes)
{
	return ms * UPLOAD_TURN_MS / first_ms() >
	       UPLOAD_TURN_MS + bytes * 1000 / UPLOAD_TURN_RATE;
}

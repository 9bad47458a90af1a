#include "gateways/shop/told.h"

#include <string.h>

#include "gateways/shop/ask.h"
#include "gateways/shop/take.h"
#include "gateways/shop/when.h"

#define STATUS_OK 200
#define STATUS_BILL 402
#define STATUS_FORBIDDEN 403
#define STATUS_LATE 408
#define STATUS_LOCKED 423
#define COUNT_DIGITS 9
#define MS 1000

bool
told_status(const struct pull_answer *a, struct pull_told *told,
	    enum outcome *o, struct err *e)
{
	if (!ask_status(a, told, o, e))
		return false;
	switch (a->status) {
	case STATUS_OK:
		return true;
	case STATUS_FORBIDDEN:
		*o = err_code(e, OUT_PERM, "auth",
			      "the shop does not give its orders to the key");
		return false;
	case STATUS_BILL:
	case STATUS_LATE:
	case STATUS_LOCKED:
		*o = err_set(e, OUT_TEMP, "the shop is closed (%ld)",
			     a->status);
		return false;
	default:
		*o = err_code(e, OUT_PERM, "refused",
			      "the shop does not take the request (%ld)",
			      a->status);
		return false;
	}
}

int64_t
told_count(const struct pull_answer *a, const char *name)
{
	const char *s =
		a->header != NULL ? a->header(a->header_arg, name) : NULL;
	int64_t v = 0;
	size_t n = s != NULL ? strspn(s, "0123456789") : 0;

	if (n == 0 || n > COUNT_DIGITS || s[n] != '\0')
		return -1;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (s[i] - '0');
	return v;
}

int64_t
told_newest(const json_t *facts)
{
	const json_t *fact;
	int64_t newest = 0;
	int64_t t;
	size_t i;

	json_array_foreach(facts, i, fact)
	{
		const json_t *order = take_object(fact, "order");
		const char *at = take_str(order, "updated_at");

		if (at != NULL && when_read(at, NULL, &t) && t > newest)
			newest = t;
	}
	return newest * MS;
}

#include "daemon/clocks.h"

#include <string.h>

#include "daemon/clocks_p.h"
#include "daemon/store/incident.h"

struct clocks
clocks_of(struct desk *d, struct store *s, struct incident *inc, int64_t now_ms)
{
	return (struct clocks){ .d = d,
				.s = s,
				.inc = inc,
				.now_ms = now_ms,
				.now_s = now_ms / 1000 };
}

enum book_clock
clocks_kind(const char *name)
{
	enum book_clock kind;

	return book_clock_find(name, &kind) ? kind : BOOK_CLOCK_COUNT;
}

bool
clocks_is_reply(const char *name)
{
	return strcmp(name, "first_response") == 0 ||
	       strcmp(name, "next_response") == 0;
}

bool
clocks_outlives(const char *name)
{
	return strcmp(name, "proactive") == 0 || strcmp(name, "claim") == 0;
}

enum outcome
clocks_rows(struct clocks *x, struct clock_row *rows, int *n_out, struct err *e)
{
	int i;
	enum outcome o = clock_running(x->s, x->inc->id, rows, n_out, e);

	for (i = 0; o == OUT_OK && i < *n_out; i++)
		if (!rows[i].breached && !rows[i].paused &&
		    rows[i].due_s < x->now_s)
			o = clocks_breach(x, &rows[i], e);
	return o;
}

enum outcome
clocks_due(struct clocks *x, struct err *e)
{
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	int64_t due = CLOCK_NEVER;
	int n;
	int i;
	enum outcome o = clock_running(x->s, x->inc->id, rows, &n, e);

	if (o != OUT_OK)
		return o;
	for (i = 0; i < n; i++)
		if (!rows[i].paused && rows[i].due_s < due)
			due = rows[i].due_s;
	x->inc->due_ms = due != CLOCK_NEVER ? due * 1000 : 0;
	return OUT_OK;
}

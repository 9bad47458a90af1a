#include "daemon/hours.h"

#include "rules/deadline.h"

/* The end of the open time that now_s lies in: the first of its steps, which
 * joins what is open on both sides of a midnight. */
static int64_t
closing(const struct calendar *c, int64_t now_s)
{
	struct working w;
	int64_t end = now_s + HOURS_AHEAD_S;

	deadline_working(c, now_s, end, NULL, 0, &w);
	return w.steps[0].to_s < end ? w.steps[0].to_s : 0;
}

void
hours_at(const struct calendar *c, int64_t now_s, struct hours *out)
{
	int64_t due;

	*out = (struct hours){ .open = false };
	out->open = deadline_used(c, now_s, now_s + 1, NULL, 0) > 0;
	if (out->open) {
		out->closes_s = closing(c, now_s);
		return;
	}
	/* the end of the first second that counts */
	due = deadline_due(c, now_s, 1, NULL, 0);
	if (due != DEADLINE_NEVER)
		out->opens_s = due - 1;
}

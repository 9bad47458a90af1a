/*
 * fuzz_sla: lines of JSON as promises (sla due). A line is refused with a
 * complaint that names a member, or its deadline keeps the laws: what is
 * used by then is the budget, a second before it is not, the working is
 * adjacent and adds up, and one more pause is never earlier.
 */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/sla_case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
check_working(const struct sla_case *t, int64_t due)
{
	static struct working w;
	size_t i;

	deadline_working(t->calendar, t->start_s, due, t->pauses,
			 t->pause_count, &w);
	must(w.counted_s == t->budget_s);
	if (due == t->start_s)
		return;
	must(w.steps[0].from_s == t->start_s);
	must(w.cut > 0 || w.steps[w.n - 1].to_s == due);
	for (i = 0; i < w.n; i++) {
		must(w.steps[i].from_s < w.steps[i].to_s);
		must(i == 0 || w.steps[i].from_s == w.steps[i - 1].to_s);
	}
}

static void
check_seconds(const struct sla_case *t, int64_t due)
{
	must(due >= t->start_s);
	must(deadline_used(t->calendar, t->start_s, due, t->pauses,
			   t->pause_count) == t->budget_s);
	if (t->budget_s > 0) {
		must(deadline_used(t->calendar, t->start_s, due - 1, t->pauses,
				   t->pause_count) < t->budget_s);
		must(deadline_due(t->calendar, t->start_s, t->budget_s - 1,
				  t->pauses, t->pause_count) <= due);
	}
	check_working(t, due);
}

/* The same promise with one pause less is due no later, if it is at all: how
 * far is looked depends on what is paused. */
static void
check_pauses(const struct sla_case *t, int64_t due)
{
	struct sla_case less = *t;
	int64_t earlier;

	if (t->pause_count == 0)
		return;
	less.pause_count--;
	earlier = sla_case_due(&less);
	must(earlier == DEADLINE_NEVER || earlier <= due);
}

static void
check_case(const struct sla_case *t)
{
	int64_t due = sla_case_due(t);

	check_pauses(t, due);
	if (due == DEADLINE_NEVER)
		return;
	if (t->days < 0)
		check_seconds(t, due);
	else
		must(t->days == 0 ||
		     deadline_days_used(t->calendar, t->start_s, t->start_s,
					due, t->pauses,
					t->pause_count) >= t->days);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct sla_zones zones;
	struct sla_case t;
	char bad[SLA_BAD_MAX] = "";
	json_t *o =
		json_loadb((const char *)data, n, JSON_REJECT_DUPLICATES, NULL);

	if (o == NULL)
		return 0;
	if (sla_case_read(&t, &zones, o, bad)) {
		check_case(&t);
		sla_case_release(&t);
	} else {
		must(bad[0] == '\'' && strchr(bad + 1, '\'') != NULL);
		must(t.calendar == NULL && t.pauses == NULL);
	}
	json_decref(o);
	return 0;
}

#ifndef POSTIGO_TEST_SLA_TWIN_H
#define POSTIGO_TEST_SLA_TWIN_H

/*
 * sla_twin: business time by brute force, for tests. A twin holds the hours
 * as they were written, takes labels from libc alone, and asks of each
 * second whether it counts: by minutes, and second by second in a minute in
 * which anything changes. It shares no arithmetic with rules/.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/deadline.h"

#define TWIN_SPANS 8
#define TWIN_DATES 8
#define TWIN_PAUSES 6
#define TWIN_RUNS 64
#define TWIN_DAYS 7
#define TWIN_REACH_S (21 * INT64_C(86400)) /* how far a twin looks */

struct twin_span {
	int32_t from_s;
	int32_t to_s; /* before from_s: past midnight */
};

struct twin_date {
	int64_t day;
	struct twin_span spans[TWIN_SPANS];
	size_t n; /* 0: closed */
};

struct twin {
	struct {
		struct twin_span spans[TWIN_SPANS];
		size_t n;
	} week[TWIN_DAYS]; /* 0 is Monday */
	struct twin_date dates[TWIN_DATES];
	size_t date_count;
	struct pause pauses[TWIN_PAUSES];
	size_t pause_count;
	/* offsets of libc round the case: runs[i].offset from at_s on */
	struct {
		int64_t at_s;
		int32_t offset;
	} runs[TWIN_RUNS];
	size_t run_count;
	size_t run; /* where the last question was */
};

/*
 * Learn libc's offsets of a zone from from_s to to_s, to the second.
 * tz  as the environment's TZ has it: a name, or ":/path"
 */
void twin_learn(struct twin *t, const char *tz, int64_t from_s, int64_t to_s);

/* The calendar of rules/ with the same hours; zone is taken. */
struct zone;
struct calendar *twin_calendar(const struct twin *t, const char *name,
			       struct zone *zone);

/* Is the second t_s open and not paused? */
bool twin_counts(struct twin *t, int64_t t_s);

/* Seconds that count in [from_s, to_s). */
int64_t twin_used(struct twin *t, int64_t from_s, int64_t to_s);

/* When a budget is used; DEADLINE_NEVER: not within TWIN_REACH_S. */
int64_t twin_due(struct twin *t, int64_t start_s, int64_t budget_s);

/* The same in working days. */
int64_t twin_days(struct twin *t, int64_t start_s, int days);

#endif

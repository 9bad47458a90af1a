#ifndef POSTIGO_PLAN_QUERY_H
#define POSTIGO_PLAN_QUERY_H

/*
 * plan_query: what a plan asks its report: the members of its params.
 */

#include <stdbool.h>

#include "daemon/base/err.h"

struct plan_row;
struct report_query;

/*
 * Is there such a report, has it that group, and are the params members of a
 * query, each of its type?
 * OUT_PERM  code "bad_params"
 */
enum outcome plan_query_check(const struct plan_row *p,
			      struct err *e) MUST_CHECK;

/* The query of a plan that was checked, without period, book and instant.
 * Its texts are the plan's. */
void plan_query(const struct plan_row *p, struct report_query *q);

/* Does its file have semicolons (params.csv is "semicolon"), not commas? */
bool plan_semicolon(const struct plan_row *p);

/* Is its report about the day that runs, not about days that are over? */
bool plan_is_live(const struct plan_row *p);

#endif

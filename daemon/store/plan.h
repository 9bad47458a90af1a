#ifndef POSTIGO_STORE_PLAN_H
#define POSTIGO_STORE_PLAN_H

/*
 * plan: rows of reports that are mailed on a schedule. What a schedule means
 * is in daemon/plan.h.
 * Source: schema/STORE.md, "report_plan".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define PLAN_ROWS_MAX 200 /* plans of a desk */

struct plan_row {
	int64_t id; /* 0: not stored yet */
	char *name;
	char *report;
	json_t *params; /* an object: the report's filters */
	char *period;   /* day, week, month */
	int minute;     /* of the zone's day */
	char *zone;
	char *language; /* es, en; "": each one's own */
	json_t *agents; /* a list of rows */
	int64_t connection_id;
	json_t *below; /* an integer or null: only if the figure is below */
	json_t *above;
	bool active;
	int64_t last_ms; /* when it ran; 0: never */
	int64_t next_ms; /* when it will; 0: never */
};

void plan_release(struct plan_row *p);

/* OUT_PERM: code "not_found". */
enum outcome plan_load(struct store *s, int64_t id, struct plan_row *out,
		       struct err *e) MUST_CHECK;

/*
 * Add it; p->id is set.
 * made_by   agent's row; 0: nobody
 * OUT_PERM  code "too_many": there are PLAN_ROWS_MAX
 */
enum outcome plan_insert(struct store *s, struct plan_row *p, int64_t made_by,
			 int64_t now_ms, struct err *e) MUST_CHECK;

/* Store everything of it but id and maker. */
enum outcome plan_store(struct store *s, const struct plan_row *p,
			struct err *e) MUST_CHECK;

enum outcome plan_delete(struct store *s, int64_t id, struct err *e) MUST_CHECK;

/* A ReportPlan. OUT_PERM: code "not_found". */
enum outcome plan_view(struct store *s, int64_t id, json_t **out,
		       struct err *e) MUST_CHECK;

/* All ReportPlan objects, by name. */
enum outcome plan_list(struct store *s, json_t **out, struct err *e) MUST_CHECK;

/* Active ones that are due, the longest due first, at most max of them. */
enum outcome plan_due(struct store *s, int64_t now_ms, int max, int64_t *ids,
		      int *n_out, struct err *e) MUST_CHECK;

/* When the next one is due; INT64_MAX: none. */
enum outcome plan_next_due(struct store *s, int64_t *ms_out,
			   struct err *e) MUST_CHECK;

#endif

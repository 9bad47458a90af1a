#ifndef POSTIGO_REPORT_H
#define POSTIGO_REPORT_H

/*
 * report: figures of a period, and the rows behind them.
 *
 * What is counted are facts (daemon/store/fact.h), which keep what was true
 * when they happened: a period that is over gives the same figures for ever.
 * Shares are whole basis points, times whole seconds; there is no floating
 * point. A report reads one snapshot and changes nothing.
 * Source: schema/REPORTS.md, which defines every figure.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct book;
struct store;

#define REPORT_ROWS_MAX 1000       /* of one report; more are cut */
#define REPORT_FACTS_MAX 5000000   /* looked at for one report; more are cut */
#define REPORT_SAMPLES_MAX 5000000 /* times kept for percentiles */
#define REPORT_DAYS_MAX 3700       /* of a period */

enum report_compare {
	REPORT_ALONE,
	REPORT_PREVIOUS, /* the days right before, as many */
	REPORT_YEAR,     /* the same dates a year before */
	REPORT_COMPARES
};

/* What is asked. Texts are borrowed; NULL, and agent_id 0: any. */
struct report_query {
	const char *report;
	int64_t since_s;   /* from this second on */
	int64_t until_s;   /* and before this one */
	const char *zone;  /* NULL: of the book's first calendar */
	const char *group; /* NULL: the report's first */
	const char *clock;
	const char *policy;
	const char *channel;
	const char *queue;
	const char *team;
	const char *reason;
	int64_t agent_id;
	enum report_compare compare;
	const struct book *book; /* zone, and titles of queues */
	int64_t now_s;
};

/* "none", "previous", "year"; REPORT_COMPARES: none of them. */
enum report_compare report_compare_parse(const char *s);

/*
 * Make a report.
 * s    inside a read transaction
 * out  new object, as report.get gives it
 *
 * OUT_PERM  code "bad_params": no such report, group or zone; the period is
 *           empty or over REPORT_DAYS_MAX
 */
enum outcome report_make(struct store *s, const struct report_query *q,
			 json_t **out, struct err *e) MUST_CHECK;

/* The catalogue, as report.list gives it: new array. */
json_t *report_catalogue(void);

/* Is there a report of that name? */
bool report_known(const char *name);

#endif

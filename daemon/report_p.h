#ifndef POSTIGO_REPORT_P_H
#define POSTIGO_REPORT_P_H

/* report_p: the inside of reports, shared by report*.c alone. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/report.h"
#include "daemon/report_sum.h"
#include "daemon/report_tally.h"
#include "daemon/store/fact.h"

struct report;
struct zone;

#define REPORT_FIGURES_MAX 16
#define REPORT_COLUMNS_MAX 12
#define REPORT_ZONE 64

struct report_column {
	const char *name; /* NULL: the end */
	const char *unit; /* count, share, seconds */
};

struct report_figure {
	int64_t value;    /* or REPORT_UNKNOWN */
	int64_t n;        /* how many it is made of */
	const char *fact; /* static: whose list it opens; NULL: none */
};

/* What a report can be narrowed to; what it cannot is refused. */
enum {
	FILTER_CLOCK = 1,
	FILTER_POLICY = 2,
	FILTER_CHANNEL = 4,
	FILTER_QUEUE = 8,
	FILTER_TEAM = 16,
	FILTER_REASON = 32,
	FILTER_AGENT = 64,
	FILTER_ALL = 127,
	REPORT_OF_TODAY = 128 /* its period is the day of now */
};

/* A report: its words, and the function that fills figures and rows. */
struct report_kind {
	const char *name;
	const char *const *groups; /* NULL at the end; the first is assumed */
	const struct report_column *figures;
	const struct report_column *columns;
	unsigned filters;
	enum outcome (*make)(struct report *r, struct err *e);
};

/* One report being made. */
struct report {
	struct store *s;
	const struct report_query *q;
	const struct report_kind *kind;
	const char *group;
	struct zone *zone;
	char zone_name[REPORT_ZONE];
	int64_t since_s;
	int64_t until_s;
	/* the zone's offset, from the instant that it was asked for */
	int64_t offset_from_s;
	int64_t offset_until_s;
	int32_t offset_s;
	struct fact_filter filter; /* with the period that is read */
	bool before;               /* it is the one to compare with: no rows */
	struct report_figure figure[REPORT_FIGURES_MAX];
	json_t *rows;
	int64_t looked; /* facts, so far */
	bool cut;
};

extern const struct report_kind report_promises, report_times, report_margins,
	report_breaches, report_backlog, report_volume, report_agents,
	report_kept, report_today;

/* --- what rows are about (report_key.c) -------------------------------------- */

/* Second of the local time of an instant, counted from 1970-01-01T00:00. */
int64_t report_local(struct report *r, int64_t at_s);
/* The instant of a local second: the first that has it, or in a gap the end of
 * the gap. */
int64_t report_instant(struct report *r, int64_t local_s);

/* A day, counted from 1970-01-01, as "2026-11-22". */
void report_date(int64_t day, char out[TALLY_KEY]);

/* "2026-11-22"; "1-09": Monday, nine; "09:30". */
void report_day(struct report *r, int64_t at_s, char out[TALLY_KEY]);
void report_hour(struct report *r, int64_t at_s, char out[TALLY_KEY]);
void report_half(struct report *r, int64_t at_s, char out[TALLY_KEY]);

/* The key of a fact in the report's group; at_s is the fact's instant. */
void report_key(struct report *r, const struct fact *f, char out[TALLY_KEY]);

/* --- what a report says (report.c) -------------------------------------------- */

/* Open the zone that is asked for, or that of the book; zone_free() it.
 * OUT_PERM: code "bad_params". */
enum outcome report_zone(struct report *r, struct err *e) MUST_CHECK;

/* One more fact is looked at; false: that was enough. */
bool report_look(struct report *r);

/* Is it of a clock that a reply fulfils? */
bool report_reply(const struct fact *f);

/* Set the figure at that place. fact: static, or NULL. */
void report_set(struct report *r, size_t i, int64_t value, int64_t n,
		const char *fact);

/*
 * Add a row.
 * fact    static: whose list its link opens; NULL: none
 * values  n of them, in the order of the columns; REPORT_UNKNOWN is null
 */
enum outcome report_row(struct report *r, const char *key, const char *fact,
			const int64_t *values, size_t n,
			struct err *e) MUST_CHECK;

/* --- links (report_link.c) ------------------------------------------------------ */

/*
 * The console's address of the list behind a figure or a row. New string.
 * fact   as incident.list has it; "breach": the ledger; what begins with /
 *        is the address itself, of what waits now
 * group  and key: what the row is about; NULL: a figure
 */
json_t *report_link(struct report *r, const char *fact, const char *group,
		    const char *key);

#endif

#ifndef POSTIGO_STORE_REPORT_H
#define POSTIGO_STORE_REPORT_H

/*
 * report: what reports read beside facts: promises that were told, who was
 * away, and what waits now. Source: schema/REPORTS.md.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/fact.h"

struct store;

/* An answer time that a customer was told. Texts are borrowed. */
struct report_told {
	int64_t by_s;
	const char *channel;
	const char *queue;
	const char *basis;
	bool judged;
	bool kept;
};

/* false: no more of them. */
typedef bool report_told_fn(void *arg, const struct report_told *t);

/* Those whose latest instant lies in the period, by it. Of q the period,
 * channel and queue are looked at. */
enum outcome report_told(struct store *s, const struct fact_filter *q,
			 report_told_fn *fn, void *arg,
			 struct err *e) MUST_CHECK;

typedef void report_away_fn(void *arg, int64_t agent_id, int64_t seconds);

/*
 * How long agents were away between two instants, one call for each time.
 * until_s   at most now
 * agent_id  0: all
 */
enum outcome report_away(struct store *s, int64_t since_s, int64_t until_s,
			 int64_t agent_id, report_away_fn *fn, void *arg,
			 struct err *e) MUST_CHECK;

/* When an incident that waits for something was received; false: enough. */
typedef bool report_waits_fn(void *arg, int64_t created_s);

/* Each incident that waits now. channel NULL: any. */
enum outcome report_waiting(struct store *s, const char *channel,
			    report_waits_fn *fn, void *arg,
			    struct err *e) MUST_CHECK;

/* How the desk stands. */
struct report_desk {
	int64_t active;
	int64_t overdue;
	int64_t risk;
	int64_t due_hour;
	int64_t unassigned;
	int64_t waiting_chats;
	int64_t agents_active;
	int64_t agents_away;
};

/* Of q channel, queue, team, reason and agent are looked at. */
enum outcome report_desk(struct store *s, const struct fact_filter *q,
			 int64_t now_ms, struct report_desk *out,
			 struct err *e) MUST_CHECK;

#endif

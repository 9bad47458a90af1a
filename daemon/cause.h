#ifndef POSTIGO_CAUSE_H
#define POSTIGO_CAUSE_H

/*
 * cause: why a promise was broken, judged when the breach is found, from what
 * happened up to the deadline. So a daemon that was down and finds it in the
 * morning says the same as one that ran.
 *
 * Not here: the definitions as such (cause_case.h), the rows
 * (daemon/store/breach.h).
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/breach.h"

struct clock_row;
struct desk;
struct store;

/* In the order in which they are judged: the first that applies it is. */
enum cause_code {
	CAUSE_NOBODY_SCHEDULED,
	CAUSE_ASSIGNEE_AWAY,
	CAUSE_FETCHED_LATE,
	CAUSE_ARRIVED_NEAR_CLOSING,
	CAUSE_NOBODY_ASSIGNED,
	CAUSE_UNOPENED,
	CAUSE_WAITING_ON_NOTE,
	CAUSE_REOPENED_LATE,
	CAUSE_LATE_APPLIED,
	CAUSE_WORKED_ON,
	CAUSE_COUNT
};

/* "nobody_scheduled", ... Static. */
const char *cause_name(enum cause_code c);
/* CAUSE_COUNT: it is none. */
enum cause_code cause_parse(const char *s);

/*
 * Judge a clock that missed its deadline, in the turn.
 *
 * c    its row; it still runs
 * out  set on OUT_OK; code "" where the version of the desk book that made
 *      the promise cannot be read any more
 */
enum outcome cause_judge(struct desk *d, struct store *s,
			 const struct clock_row *c, int64_t now_ms,
			 struct cause *out, struct err *e) MUST_CHECK;

/* What clock.breached tells of it, into the event's data. */
void cause_tell(const struct cause *c, json_t *data);

#endif

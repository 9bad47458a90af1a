#ifndef POSTIGO_STATUS_H
#define POSTIGO_STATUS_H

/* status: numbers of the store for status.get. */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/*
 * {incidents: {state: n} of active ones, overdue, outbox: {state: n} of
 * deliveries that are not sent, jobs: {state: n} of jobs that are not done}.
 */
enum outcome status_numbers(struct store *s, int64_t now_ms, json_t **out,
			    struct err *e) MUST_CHECK;

/* What tells whether the desk keeps up. */
struct status_health {
	int64_t late_clock_s;   /* oldest deadline that passed unnoticed; 0 */
	int64_t late_queued_ms; /* when the oldest queued delivery was due; 0 */
	int64_t failed;         /* deliveries that failed for good */
};

enum outcome status_health(struct store *s, int64_t now_ms,
			   struct status_health *out, struct err *e) MUST_CHECK;

#endif

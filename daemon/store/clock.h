#ifndef POSTIGO_STORE_CLOCK_H
#define POSTIGO_STORE_CLOCK_H

/*
 * clock: rows of running promises; breaches are in breach.h. What moves them
 * is daemon/clocks.h; instants are told by daemon/base/clock.h.
 *
 * Invariants: ended_s is set exactly when a clock does not run; a fulfilled
 * one names its message; breached is 1 exactly when there is a breach row.
 * Source: schema/STORE.md, "clock" and "breach".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define CLOCKS_RUNNING_MAX 16 /* of one incident that are looked at */
#define CLOCK_NEVER INT64_MAX /* no deadline: NULL in the row */

struct clock_row {
	int64_t id;
	int64_t incident_id;
	char name[24];
	int64_t due_s; /* CLOCK_NEVER: none */
	bool breached;
	int64_t start_s;
};

struct clock_new {
	int64_t incident_id;
	const char *name;
	const char *policy;
	const char *calendar;
	int64_t book_version;
	int64_t start_s;
	int64_t budget_s;
	int64_t due_s; /* CLOCK_NEVER: none */
};

enum outcome clock_add(struct store *s, const struct clock_new *c,
		       int64_t *id_out, struct err *e) MUST_CHECK;

/* Running clocks of an incident, oldest first; n_out <= CLOCKS_RUNNING_MAX. */
enum outcome clock_running(struct store *s, int64_t incident_id,
			   struct clock_row *out, int *n_out,
			   struct err *e) MUST_CHECK;

/* Those that a message fulfilled. */
enum outcome clock_fulfilled_by(struct store *s, int64_t message_id,
				struct clock_row *out, int *n_out,
				struct err *e) MUST_CHECK;

/* End a running clock. message_id 0: cancelled for a cause; else fulfilled. */
enum outcome clock_end(struct store *s, int64_t id, int64_t ended_s,
		       int64_t message_id, const char *cause,
		       struct err *e) MUST_CHECK;

/* A fulfilled clock runs again, with its first start and deadline. */
enum outcome clock_reopen(struct store *s, int64_t id,
			  struct err *e) MUST_CHECK;

/* Running clocks past their deadline at now_s and not breached, the oldest
 * deadline first, at most max. */
enum outcome clock_overdue(struct store *s, int64_t now_s, int max,
			   struct clock_row *out, int *n_out,
			   struct err *e) MUST_CHECK;

/* The nearest deadline of a running clock that is not breached; INT64_MAX:
 * there is none. */
enum outcome clock_next(struct store *s, int64_t *due_s_out,
			struct err *e) MUST_CHECK;

#endif

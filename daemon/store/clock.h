#ifndef POSTIGO_STORE_CLOCK_H
#define POSTIGO_STORE_CLOCK_H

/*
 * clock: rows of promises, and of what is still to be done to many of them;
 * breaches are in breach.h. What moves them is daemon/clocks.h; instants are
 * told by daemon/base/clock.h.
 *
 * Invariants: ended_s is set exactly when a clock does not run; a reply clock
 * that is fulfilled names its message; breached is 1 exactly when there is a
 * breach row; paused is 1 exactly when the last pause holds.
 * Source: schema/STORE.md, "clock".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/course.h"

struct store;

#define CLOCKS_RUNNING_MAX 16   /* of one incident that are looked at */
#define CLOCK_NEVER INT64_MAX   /* no deadline: NULL in the row */
#define CLOCK_USED_UNKNOWN (-1) /* NULL in the row */

enum clock_state {
	CLOCK_RUNNING,
	CLOCK_FULFILLED,
	CLOCK_CANCELLED
};

struct clock_row {
	int64_t id;
	int64_t incident_id;
	char name[24];
	enum clock_state state;
	int64_t due_s; /* CLOCK_NEVER: none */
	bool breached;
	bool paused;
	bool late;
	int64_t start_s;
	int64_t ended_s; /* 0 while it runs */
	char cause[24];
	char priority[16];
	struct course_terms terms;
};

struct clock_new {
	int64_t incident_id;
	const char *name;
	const char *policy;
	const char *calendar; /* "": every second counts */
	int64_t book_version;
	int64_t start_s;
	int64_t budget_s;
	int64_t days;
	int64_t due_s; /* CLOCK_NEVER: none */
	bool late;     /* its deadline had passed when it was given */
	const char *rule;
	const char *priority;
};

enum outcome clock_add(struct store *s, const struct clock_new *c,
		       int64_t *id_out, struct err *e) MUST_CHECK;

/* OUT_PERM  code "not_found" */
enum outcome clock_load(struct store *s, int64_t id, struct clock_row *out,
			struct err *e) MUST_CHECK;

/* Running clocks of an incident, oldest first; n_out <= CLOCKS_RUNNING_MAX. */
enum outcome clock_running(struct store *s, int64_t incident_id,
			   struct clock_row *out, int *n_out,
			   struct err *e) MUST_CHECK;

/* The newest of that name in an incident; n_out 0: there is none. */
enum outcome clock_newest(struct store *s, int64_t incident_id,
			  const char *name, struct clock_row *out, int *n_out,
			  struct err *e) MUST_CHECK;

/* Those that a message fulfilled. */
enum outcome clock_fulfilled_by(struct store *s, int64_t message_id,
				struct clock_row *out, int *n_out,
				struct err *e) MUST_CHECK;

/* The rule that chose a policy for an incident's newest clock of it, to be
 * freed; "": none did. */
enum outcome clock_rule(struct store *s, int64_t incident_id,
			const char *policy, char **out,
			struct err *e) MUST_CHECK;

/* Its spans and pauses; course_release() in any case. */
enum outcome clock_course(struct store *s, const struct clock_row *c,
			  struct course *out, struct err *e) MUST_CHECK;

struct clock_end {
	int64_t ended_s;
	bool fulfilled;     /* else cancelled */
	int64_t message_id; /* 0: none */
	const char *cause;
	int64_t used_s; /* or CLOCK_USED_UNKNOWN */
};
/* End a running clock. */
enum outcome clock_end(struct store *s, int64_t id, const struct clock_end *x,
		       struct err *e) MUST_CHECK;

/* A fulfilled clock runs again, with its first start and that deadline. */
enum outcome clock_reopen(struct store *s, int64_t id, int64_t due_s,
			  struct err *e) MUST_CHECK;

/* Write the course of a clock as it is now: its start, the terms of its last
 * span, its spans where they are more than one, its pauses, and its deadline.
 */
enum outcome clock_put_course(struct store *s, int64_t id,
			      const struct course *c, int64_t due_s,
			      struct err *e) MUST_CHECK;

/* What a move changes beside. rule NULL: as it was. */
enum outcome clock_put_terms(struct store *s, int64_t id, const char *priority,
			     const char *rule, bool late,
			     struct err *e) MUST_CHECK;

/* Running clocks past their deadline at now_s, not breached and not paused,
 * the oldest deadline first, at most max ids. */
enum outcome clock_overdue(struct store *s, int64_t now_s, int max,
			   int64_t *ids, int *n_out, struct err *e) MUST_CHECK;

/* The nearest deadline of a running clock that is neither breached nor
 * paused; INT64_MAX: there is none. */
enum outcome clock_next(struct store *s, int64_t *due_s_out,
			struct err *e) MUST_CHECK;

/* --- walks over all that run ----------------------------------------------- */

enum clock_walk_cause {
	CLOCK_WALK_BOOK,
	CLOCK_WALK_ZONE
};

struct clock_walk {
	int64_t id;
	enum clock_walk_cause cause;
	int64_t book_version; /* 0: none */
	bool anew;
	int64_t from_s;
	int64_t after_id;
};

enum outcome clock_walk_add(struct store *s, const struct clock_walk *w,
			    struct err *e) MUST_CHECK;
/* The oldest walk that is not done. */
enum outcome clock_walk_first(struct store *s, struct clock_walk *out,
			      bool *found_out, struct err *e) MUST_CHECK;
/* Clocks that run and are not breached, after w->after_id; of a book those of
 * an older version. At most max ids, in their order. */
enum outcome clock_walk_next(struct store *s, const struct clock_walk *w,
			     int max, int64_t *ids, int *n_out,
			     struct err *e) MUST_CHECK;
/* It has come to after_id. */
enum outcome clock_walk_put(struct store *s, int64_t id, int64_t after_id,
			    struct err *e) MUST_CHECK;
enum outcome clock_walk_done(struct store *s, int64_t id,
			     struct err *e) MUST_CHECK;

#endif

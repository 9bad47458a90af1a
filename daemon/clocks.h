#ifndef POSTIGO_CLOCKS_H
#define POSTIGO_CLOCKS_H

/*
 * clocks: the fold that moves the promises of one incident. Each function is
 * one step (clock state, event, book version) -> state; it writes the rows
 * and the events, and sets inc->due_ms, which the caller saves.
 *
 * Invariants: only a human's public answer fulfils a reply clock; whatever
 * ends an incident without one cancels it and says the cause; a deadline
 * that passed leaves a breach with the deadline's own instant, however late
 * it is found; an answer at the very second of the deadline is in time.
 *
 * Deadlines are whole seconds; instants of the turn are cut to seconds.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/incident.h"

struct book;
struct desk;
struct store;

/*
 * A first clock, worked out before anything is written, so that a new
 * incident is written once.
 */
struct clock_plan {
	const char *name;     /* NULL: no clock */
	const char *policy;   /* of the book */
	const char *calendar; /* of the book */
	int64_t book_version;
	int64_t start_s;
	int64_t budget_s;
	int64_t due_s;
};

/*
 * Work out a reply clock.
 * policy  name that the incident has; "" or unknown: the channel's
 * first   first_response, else next_response
 */
void clocks_plan(const struct book *b, int64_t version, const char *policy,
		 const char *channel, bool first, int64_t start_ms,
		 struct clock_plan *out);

/* Write a planned clock and its event; inc->due_ms is brought up to date. */
enum outcome clocks_start(struct store *s, struct incident *inc,
			  const struct clock_plan *p, int64_t now_ms,
			  struct err *e) MUST_CHECK;

/*
 * The customer wrote again: unless a reply clock runs, start the one that
 * applies (first_response while no human has answered, else next_response).
 */
enum outcome clocks_contact(struct store *s, const struct book *b,
			    int64_t version, struct incident *inc,
			    int64_t start_ms, int64_t now_ms,
			    struct err *e) MUST_CHECK;

/* A human answered: fulfil the reply clocks that run. */
enum outcome clocks_answered(struct desk *d, struct store *s,
			     struct incident *inc, int64_t message_id,
			     int64_t now_ms, struct err *e) MUST_CHECK;

/* The incident ended without an answer: cancel what runs. cause: static. */
enum outcome clocks_cancel(struct desk *d, struct store *s,
			   struct incident *inc, const char *cause,
			   int64_t now_ms, struct err *e) MUST_CHECK;

/*
 * Clocks follow the state: an end without an answer cancels them; back from
 * an end, whatever is still owed runs from the first contact on.
 * before  the state that inc->state was until now
 */
enum outcome clocks_state(struct desk *d, struct store *s, struct incident *inc,
			  enum incident_state before, int64_t now_ms,
			  struct err *e) MUST_CHECK;

/*
 * Another policy holds: the reply clock that runs is cancelled ("policy"),
 * and runs again from its own start by what inc->policy promises, if it does.
 */
enum outcome clocks_policy(struct desk *d, struct store *s,
			   const struct book *b, int64_t version,
			   struct incident *inc, int64_t now_ms,
			   struct err *e) MUST_CHECK;

/*
 * An answer will never arrive: the clocks that it fulfilled run again with
 * their first start, or are fulfilled by a later answer if there is one. One
 * reply clock runs, the oldest; another is cancelled ("delivery_failed").
 */
enum outcome clocks_failed(struct desk *d, struct store *s,
			   struct incident *inc, int64_t message_id,
			   int64_t number, int64_t now_ms,
			   struct err *e) MUST_CHECK;

/*
 * Write the breaches of deadlines that passed, at most max.
 * Rules of clock.breach are run for each.
 * more_out  there may be more
 */
enum outcome clocks_tick(struct desk *d, struct store *s, int64_t now_ms,
			 int max, bool *more_out, struct err *e) MUST_CHECK;

#endif

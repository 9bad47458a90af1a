#ifndef POSTIGO_CLOCKS_H
#define POSTIGO_CLOCKS_H

/*
 * clocks: the fold that moves the promises of one incident. Each function is
 * one step (clock state, event, book version) -> state; it writes the rows
 * and the events, and sets inc->due_ms and inc->updated_ms, which the caller
 * saves. now_ms is change_now() of the incident.
 *
 * Invariants: only a human's public answer fulfils a reply clock or a claim;
 * the resolution is fulfilled by the state alone; whatever ends an incident
 * otherwise cancels what runs and says the cause; a deadline that passed
 * leaves a breach with the deadline's own instant, however late it is found;
 * an answer at the very second of the deadline is in time; what is met or
 * breached is never judged again; a claim and a word about an order are owed
 * also when their incident is solved.
 *
 * Deadlines are whole seconds; instants of the turn are cut to seconds.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/incident.h"
#include "rules/book.h"

struct desk;
struct store;

/* --- starting ------------------------------------------------------------------ */

#define CLOCK_PLAN_MAX 2

/* What a new incident asks. */
struct clock_ask {
	const char *policy; /* that a rule gave it; "" or unknown: the
			       channel's */
	const char *channel;
	const char *priority;
	const char *rule; /* that gave it; "": none */
	int64_t start_ms; /* when its first contact was received */
};

/*
 * The first clocks of an incident, worked out before anything is written, so
 * that a new incident is written once.
 */
struct clock_plan {
	const char *policy; /* of the book; NULL: none */
	const char *rule;   /* the asker's */
	int64_t book_version;
	int64_t start_s;
	int n; /* 0: no clock */
	enum book_clock clocks[CLOCK_PLAN_MAX];
	int64_t due_s; /* the nearest; CLOCK_NEVER: none */
};

void clocks_plan(const struct book *b, int64_t version,
		 const struct clock_ask *ask, struct clock_plan *out);

/* Write planned clocks and their events. b: the book of the plan. */
enum outcome clocks_start(struct desk *d, struct store *s, const struct book *b,
			  struct incident *inc, const struct clock_plan *p,
			  int64_t now_ms, struct err *e) MUST_CHECK;

/*
 * The customer wrote again: unless a reply clock runs, start the one that
 * applies (first_response while no human has answered, else next_response).
 * Their first word where the desk wrote first starts the resolution too. The
 * message is written already.
 */
enum outcome clocks_contact(struct desk *d, struct store *s,
			    struct incident *inc, int64_t start_ms,
			    int64_t now_ms, struct err *e) MUST_CHECK;

/*
 * An order was bought: the first word about it is owed from then on.
 * bought_s  its instant, which may lie before the incident
 */
enum outcome clocks_proactive_start(struct desk *d, struct store *s,
				    struct incident *inc, int64_t bought_s,
				    int64_t now_ms, struct err *e) MUST_CHECK;

/*
 * A claim was registered: what the law asks for runs from at_s on.
 * clock_out  its row; 0: no policy promises one
 */
enum outcome clocks_claim_start(struct desk *d, struct store *s,
				struct incident *inc, int64_t at_s,
				int64_t now_ms, int64_t *clock_out,
				struct err *e) MUST_CHECK;

/* --- ending -------------------------------------------------------------------- */

/*
 * A human answered: fulfil the reply clocks that run.
 * reasoned  it is the written, reasoned answer that a claim asks for
 */
enum outcome clocks_answered(struct desk *d, struct store *s,
			     struct incident *inc, int64_t message_id,
			     bool reasoned, int64_t now_ms,
			     struct err *e) MUST_CHECK;

/* A channel accepted a message to the customer: the word about an order is
 * given. Saves the incident itself. now_ms: the turn's. */
enum outcome clocks_sent(struct desk *d, struct store *s, int64_t incident_id,
			 int64_t message_id, int64_t now_ms,
			 struct err *e) MUST_CHECK;

/* The claim was withdrawn: cancel its clock. */
enum outcome clocks_claim_withdraw(struct desk *d, struct store *s,
				   struct incident *inc, int64_t now_ms,
				   struct err *e) MUST_CHECK;

/* Cancel all that runs. cause: static. */
enum outcome clocks_cancel(struct desk *d, struct store *s,
			   struct incident *inc, const char *cause,
			   int64_t now_ms, struct err *e) MUST_CHECK;

/*
 * An answer will never arrive: the clocks that it fulfilled run again with
 * their first start; reply clocks are fulfilled by a later answer if there is
 * one. One reply clock runs, the oldest; another is cancelled
 * ("delivery_failed").
 */
enum outcome clocks_failed(struct desk *d, struct store *s,
			   struct incident *inc, int64_t message_id,
			   int64_t number, int64_t now_ms,
			   struct err *e) MUST_CHECK;

/*
 * An answer that was thought to have failed did arrive, or goes once more:
 * the reply clocks that run since before it are fulfilled by it, if it is a
 * human's.
 * ended_ms  when it counts
 */
enum outcome clocks_counted(struct desk *d, struct store *s,
			    struct incident *inc, int64_t message_id,
			    int64_t number, int64_t ended_ms, int64_t now_ms,
			    struct err *e) MUST_CHECK;

/* --- the state ------------------------------------------------------------------- */

/*
 * Clocks follow the state: an end fulfils the resolution (solved, closed) and
 * cancels what else it ends; back from an end the resolution goes on, or
 * begins again, and whatever is still owed runs from the first contact on;
 * between active states the resolution pauses and resumes, as its policy says.
 * before  the state that inc->state was until now
 */
enum outcome clocks_state(struct desk *d, struct store *s, struct incident *inc,
			  enum incident_state before, int64_t now_ms,
			  struct err *e) MUST_CHECK;

/* The same, but no reply clock is started: the caller knows what is owed. */
enum outcome clocks_woken(struct desk *d, struct store *s, struct incident *inc,
			  enum incident_state before, int64_t now_ms,
			  struct err *e) MUST_CHECK;

/* --- other promises ----------------------------------------------------------------- */

/*
 * Another policy holds: what runs keeps its start and what it used, and has
 * the length and calendar of inc->policy from now on, or is cancelled
 * ("policy") if that promises none. What it promises beside starts, with its
 * true start.
 * rule  that chose it; "": none did
 */
enum outcome clocks_policy(struct desk *d, struct store *s,
			   const struct book *b, int64_t version,
			   struct incident *inc, const char *rule,
			   int64_t now_ms, struct err *e) MUST_CHECK;

/* Another priority: where its policy promises that another length, what runs
 * has it from now on. */
enum outcome clocks_priority(struct desk *d, struct store *s,
			     struct incident *inc, int64_t now_ms,
			     struct err *e) MUST_CHECK;

/* An incident whose reply clock began at start_s was merged into this one: its
 * reply clock begins there, if that is earlier than it did. */
enum outcome clocks_inherit(struct desk *d, struct store *s,
			    struct incident *inc, int64_t start_s,
			    int64_t now_ms, struct err *e) MUST_CHECK;

/* A version of the desk book was applied to what is open too: ticks move it,
 * from this instant on, or (anew) from each clock's start. */
enum outcome clocks_apply(struct store *s, int64_t version, bool anew,
			  int64_t now_ms, struct err *e) MUST_CHECK;

/* Note the system's zone data; if they are others than before, ticks compute
 * all that runs anew. As deskrow_zone_data(). */
enum outcome clocks_zone(struct store *s, const char *edition, int64_t now_ms,
			 bool *changed_out, struct err *e) MUST_CHECK;

/*
 * Move what is to be moved; if nothing is, write the breaches of deadlines
 * that passed, at most max. Rules of clock.breach are run for each.
 * more_out  there may be more
 */
enum outcome clocks_tick(struct desk *d, struct store *s, int64_t now_ms,
			 int max, bool *more_out, struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_DECIDE_H
#define POSTIGO_DECIDE_H

/*
 * decide: one event of an incident, run through the desk book's rules; what
 * they propose is done (act.h) and the decision is written down, so that
 * anybody can ask why.
 *
 * Invariants: everything is written in the savepoint of the event itself; an
 * event is run once; what rules change is no event for rules; what could not
 * be decided marks the incident until a person looks at it.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/facts.h"
#include "rules/rule.h"

struct book;
struct book_escalation;
struct desk;
struct incident;
struct store;

struct decision {
	struct desk *d;
	struct store *s;
	struct book *book; /* one reference */
	int64_t version;   /* its */
	int64_t now_ms;
	int64_t message_id;  /* contact or answer that it is about; 0: none */
	int64_t delivery_id; /* that did not arrive; 0: none */
	int64_t at_s;        /* of a rule of time: its instant; else 0 */
	bool given;          /* result has the actions: no rules are run */
	struct facts facts;
	struct rule_result result;

	/* what was done, see act.h */
	json_t *set;      /* name to what was done */
	json_t *by;       /* name to the rule that did it */
	json_t *left;     /* [{action, rule, why}]: proposed and not done */
	const char *mute; /* why no answer may go by itself, static; NULL: one
			     may */
	bool changed;     /* the incident has to be saved */
};

/* Does the applied book have a rule on that event? Turn's thread only. */
bool decide_asks(struct desk *d, const char *event);
/* One that is for contacts of incidents that are there? */
bool decide_asks_again(struct desk *d);

/* Nothing is known but the event. event: static. */
void decide_begin(struct decision *dc, struct desk *d, struct store *s,
		  const char *event, int64_t now_ms);
void decide_end(struct decision *dc);

/* Run the rules over dc->facts. */
void decide_run(struct decision *dc);

/* The rule that did what has that name; "": none. */
const char *decide_by(const struct decision *dc, const char *name);

/*
 * Write what happened: incident.classified if a rule fired, and
 * incident.undecided if one could not be decided. *inc may change.
 */
enum outcome decide_write(struct decision *dc, struct incident *inc,
			  struct err *e) MUST_CHECK;

/*
 * The whole of it for an incident that is written: facts of the incident are
 * added to those that dc has, rules are run, what they say is done and
 * written. *inc is changed, and saved if it was.
 */
enum outcome decide_event(struct decision *dc, struct incident *inc,
			  struct err *e) MUST_CHECK;

/*
 * decide_event, of what comes by itself: a rule that cannot be run or done
 * costs itself, and neither the tick nor what else is due in it. *inc is of no
 * use afterwards.
 */
enum outcome decide_alone(struct decision *dc, struct incident *inc,
			  struct err *e) MUST_CHECK;

/* The same for a change of state by a person; nothing if it did not change. */
enum outcome decide_state(struct desk *d, struct store *s, struct incident *inc,
			  const char *before, int64_t now_ms,
			  struct err *e) MUST_CHECK;

/*
 * The actions of an escalation: done and written as if their policy were the
 * rule, event "escalation". They are of a book that the caller keeps; names in
 * them are looked up in the applied one.
 */
enum outcome decide_escalation(struct desk *d, struct store *s,
			       int64_t incident_id,
			       const struct book_escalation *x, int64_t at_s,
			       int64_t now_ms, struct err *e) MUST_CHECK;

/* Rules of clock.warning; left_s: calendar seconds to the deadline. */
enum outcome decide_warning(struct desk *d, struct store *s,
			    int64_t incident_id, const char *clock,
			    int64_t left_s, int64_t now_ms,
			    struct err *e) MUST_CHECK;

/* Rules of a delivery that failed for good; as decide_alone(). */
enum outcome decide_undelivered(struct desk *d, struct store *s,
				int64_t incident_id, int64_t delivery_id,
				int64_t now_ms, struct err *e) MUST_CHECK;

/* The same for a promise that was broken. */
enum outcome decide_breach(struct desk *d, struct store *s, int64_t incident_id,
			   const char *clock, int64_t due_s, int64_t now_ms,
			   struct err *e) MUST_CHECK;

#endif

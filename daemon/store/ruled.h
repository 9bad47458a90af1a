#ifndef POSTIGO_RULED_H
#define POSTIGO_RULED_H

/*
 * ruled: what the desk book's rules ask of the store, and what keeps them from
 * doing a thing twice: how far each timed rule is, instants at which one is
 * due for an incident, and whom a rule answered by itself.
 *
 * Source: schema/STORE.md, "rule_time, rule_wait, rule_sent".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define RULED_INCIDENTS_MAX 1000 /* of one customer that are counted */

/* What is known of a customer. Strings: free with mem_free. */
struct ruled_customer {
	char *name;
	char *language;    /* "": unknown */
	int64_t incidents; /* at most RULED_INCIDENTS_MAX */
};

void ruled_customer_release(struct ruled_customer *c);
enum outcome ruled_customer(struct store *s, int64_t customer_id,
			    struct ruled_customer *out,
			    struct err *e) MUST_CHECK;

/* What an incident's own row does not say. Strings: released together. */
struct ruled_incident {
	char *connection; /* name; NULL: none */
	char *assignee;   /* e-mail; NULL: nobody */
	char *sender;     /* the customer's first address in it, or NULL */
	char *subject;    /* of its first message, or NULL */
	char *language;   /* of its visitor; NULL: none */
	char *page;       /* of its visitor; NULL: none */
	bool robot;       /* the newest contact was written by a program */
};

void ruled_incident_release(struct ruled_incident *i);
enum outcome ruled_incident(struct store *s, int64_t incident_id,
			    struct ruled_incident *out,
			    struct err *e) MUST_CHECK;

/* The active agent with that e-mail address; 0: there is none. */
enum outcome ruled_agent(struct store *s, const char *email, int64_t *id_out,
			 struct err *e) MUST_CHECK;

/* --- automatic answers -------------------------------------------------------- */

/* Did the rule answer that customer so lately that it may not again? */
enum outcome ruled_sent(struct store *s, int64_t customer_id, const char *rule,
			int64_t now_ms, bool *out, struct err *e) MUST_CHECK;
/* It did, and may again from until_ms on. */
enum outcome ruled_sent_put(struct store *s, int64_t customer_id,
			    const char *rule, int64_t message_id,
			    int64_t until_ms, struct err *e) MUST_CHECK;
/* Forget what is over, at most max. */
enum outcome ruled_sent_expire(struct store *s, int64_t now_ms, int max,
			       int *n_out, struct err *e) MUST_CHECK;

/* --- timed rules ---------------------------------------------------------------- */

#define RULED_NAME_MAX 512 /* bytes of a rule's name */

struct ruled_time {
	char rule[RULED_NAME_MAX];
	int64_t book_version;
	int64_t at_s;     /* the last instant that it was run for */
	bool walking;     /* that run is not over */
	int64_t after_id; /* incidents up to this one were dealt with */
};

/* found_out: there is a row; else only out->rule is set. */
enum outcome ruled_time_get(struct store *s, const char *rule,
			    struct ruled_time *out, bool *found_out,
			    struct err *e) MUST_CHECK;
enum outcome ruled_time_put(struct store *s, const struct ruled_time *t,
			    struct err *e) MUST_CHECK;
/* Drop the rows of other versions of the book: it has these rules no more. */
enum outcome ruled_times_drop(struct store *s, int64_t book_version,
			      struct err *e) MUST_CHECK;

/*
 * Incidents of that state with rows above after_id, lowest first, at most
 * max. Not for closed, spam and merged.
 */
enum outcome ruled_walk(struct store *s, const char *state, int64_t after_id,
			int max, int64_t *ids_out, int *n_out,
			struct err *e) MUST_CHECK;

/* When a version of the book was applied, seconds; 0: there is none. */
enum outcome ruled_applied(struct store *s, int64_t book_version,
			   int64_t *at_s_out, struct err *e) MUST_CHECK;

struct ruled_wait {
	char rule[RULED_NAME_MAX];
	int64_t incident_id;
	int64_t base_s;
	int64_t due_s;
};

/* Plan the rule for an incident, in the place of an earlier plan. */
enum outcome ruled_wait_put(struct store *s, const char *rule,
			    int64_t incident_id, int64_t base_s, int64_t due_s,
			    struct err *e) MUST_CHECK;
enum outcome ruled_wait_drop(struct store *s, const char *rule,
			     int64_t incident_id, struct err *e) MUST_CHECK;
/* The plan with the earliest instant at or before now_s. */
enum outcome ruled_wait_due(struct store *s, int64_t now_s,
			    struct ruled_wait *out, bool *found_out,
			    struct err *e) MUST_CHECK;
/* The earliest instant; INT64_MAX: nothing is planned. */
enum outcome ruled_wait_next(struct store *s, int64_t *due_s_out,
			     struct err *e) MUST_CHECK;

/* When an incident was last solved, seconds; 0: it is not solved. */
enum outcome ruled_solved(struct store *s, int64_t incident_id,
			  int64_t *at_s_out, struct err *e) MUST_CHECK;
/* When the customer last wrote, and a human last answered; 0: never. */
enum outcome ruled_words(struct store *s, int64_t incident_id,
			 int64_t *contact_s_out, int64_t *answer_s_out,
			 struct err *e) MUST_CHECK;

/* --- snoozed incidents ---------------------------------------------------------- */

/* Incidents whose instant to wake has come, at most max. */
enum outcome ruled_wakes(struct store *s, int64_t now_ms, int max,
			 int64_t *ids_out, int *n_out,
			 struct err *e) MUST_CHECK;
/* The next such instant; INT64_MAX: none sleeps. */
enum outcome ruled_wake_next(struct store *s, int64_t *ms_out,
			     struct err *e) MUST_CHECK;

/* Incidents whose rules could not be decided and at which nobody looked, at
 * most RULED_INCIDENTS_MAX. */
enum outcome ruled_undecided(struct store *s, int64_t *n_out,
			     struct err *e) MUST_CHECK;

#endif

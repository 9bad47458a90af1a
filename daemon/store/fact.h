#ifndef POSTIGO_FACT_H
#define POSTIGO_FACT_H

/*
 * fact: what reports count. A row is written with the event that tells it,
 * with copies of what was true then, and read by kind and instant.
 *
 * Invariants: facts follow from the events alone; nothing but a correction of
 * the same promise (an answer that failed for good, an incident that is open
 * again before its deadline) takes one away.
 * Source: schema/STORE.md, "fact"; schema/REPORTS.md.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct event_note;
struct store;

/*
 * Write the facts of an event that was just written.
 * n  of the transaction that is open; its data is looked at
 */
enum outcome fact_event(struct store *s, const struct event_note *n,
			struct err *e) MUST_CHECK;

#define FACT_NAME 401 /* octets of a team's name and its end */

/*
 * The team that works in a queue, by the desk book in force; "" for none. An
 * incident that was given no team is its queue's.
 */
typedef void fact_team_fn(void *arg, const char *queue, char out[FACT_NAME]);

/* From now on ask fn; without it an incident has the team it was given. */
void fact_teams(struct store *s, fact_team_fn *fn, void *arg);

enum fact_kind {
	FACT_OPENED,   /* a contact was taken in, and began an incident */
	FACT_CONTACT,  /* another contact was taken in */
	FACT_IN,       /* an incident waits again, or was begun by the desk */
	FACT_OUT,      /* an incident waits for nothing any more */
	FACT_ANSWERED, /* a clock was fulfilled; at that instant */
	FACT_MET,      /* in time; at its deadline */
	FACT_BROKEN,   /* not in time; at its deadline, or when it was found if
			  it was given too late */
	FACT_KINDS
};

/* "opened", ... and back; FACT_KINDS: none of them. */
const char *fact_name(enum fact_kind k);
enum fact_kind fact_parse(const char *s);

#define FACT_NOBODY (-1) /* as an agent of a filter: facts without one */

/* Which facts. NULL and 0: any. */
struct fact_filter {
	int64_t since_s; /* from this second on */
	int64_t until_s; /* and before this one */
	const char *clock;
	const char *policy;
	const char *channel;
	const char *queue;
	const char *team;
	const char *reason;
	int64_t agent_id;
};

#define FACT_NONE INT64_MIN /* a number that is not known */

/* A row; texts are borrowed until the next one. */
struct fact {
	int64_t at_s;
	int64_t event;
	int64_t incident_id;
	const char *channel;
	const char *queue;
	const char *team;
	const char *reason;
	int64_t agent_id; /* 0: nobody */
	int64_t since_s;  /* the clock's start; the incident's, of the others */
	/* of a clock: */
	int64_t clock_id;
	const char *name;
	const char *policy;
	int64_t book_version;
	int64_t due_s;    /* FACT_NONE: never */
	int64_t budget_s; /* promised business seconds; 0: in days */
	int64_t used_s;   /* FACT_NONE: not known */
	bool late;        /* it was given when its deadline had passed */
	/* of fact_each_breach(): */
	const char *cause; /* as said, else as computed; "" */
	bool said;
	int64_t cause_s; /* FACT_NONE: not known */
};

/* Told of each fact, oldest first; false: no more of them. */
typedef bool fact_fn(void *arg, const struct fact *f);

/* Facts of a kind. Outcomes: those of store_fail(). */
enum outcome fact_each(struct store *s, enum fact_kind k,
		       const struct fact_filter *q, fact_fn *fn, void *arg,
		       struct err *e) MUST_CHECK;

/* FACT_BROKEN facts with what the ledger says of them. */
enum outcome fact_each_breach(struct store *s, const struct fact_filter *q,
			      fact_fn *fn, void *arg, struct err *e) MUST_CHECK;

/*
 * Clocks that run past their deadline and whose breach is not written yet, as
 * FACT_BROKEN facts of now.
 * now_s  deadlines before this one
 */
enum outcome fact_each_overdue(struct store *s, int64_t now_s,
			       const struct fact_filter *q, fact_fn *fn,
			       void *arg, struct err *e) MUST_CHECK;

#endif

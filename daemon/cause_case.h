#ifndef POSTIGO_CAUSE_CASE_H
#define POSTIGO_CAUSE_CASE_H

/*
 * cause_case: the judgement itself. What is known of a broken promise is a
 * case; which cause it has is a pure function of it. The definitions, with
 * their reasons, are in schema/REPORTS.md, "Causes".
 *
 * Every duration is open, unpaused time of the clock between its start and
 * its deadline. What was asked of people counts from the instant at which the
 * desk knew of the promise, and not while an answer seemed to have met it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/cause.h"
#include "rules/deadline.h"

#define CAUSE_MOST_PERCENT 50  /* a cause took so much of the promise */
#define CAUSE_FETCH_PERCENT 25 /* the desk had it later than this */
#define CAUSE_BACK_PERCENT 25  /* no more was left when it came */
#define CAUSE_CLOSING_S 1800   /* closing was no farther away */
#define CAUSE_HOLDS_MAX 256    /* times that an incident changes hands */
#define CAUSE_SEEN_MAX 64      /* agents who opened it */
#define CAUSE_AWAY_MAX 512     /* stretches in which its agents were away */
#define CAUSE_IDLE_MAX 16      /* answers that never arrived */

/* Who had the incident; agent 0: nobody. */
struct cause_hold {
	int64_t from_s;
	int64_t to_s;
	int64_t agent_id;
};

/* The first sign that an agent had the incident open. */
struct cause_seen {
	int64_t agent_id;
	int64_t at_s;
};

/* An agent was away; those of one agent are in order and do not overlap. */
struct cause_away {
	int64_t agent_id;
	int64_t from_s;
	int64_t to_s;
};

struct cause_case {
	int64_t start_s;
	int64_t due_s;
	int64_t known_s;     /* the desk knew of the promise; >= start_s */
	int64_t committed_s; /* the contact reached the desk; 0: no contact */
	int64_t closes_s;    /* first closing after the start; 0: none, or the
				start is in closed time */
	int64_t back_s;      /* it ran again, met or solved before; 0: never */
	int64_t unstaffed_s; /* nobody of the team was scheduled for so long */
	bool late;           /* given when the deadline had passed */
	int64_t note_s;      /* an internal note after which nobody wrote; 0 */
	int64_t note_agent_id;
	const struct pause *open; /* what counts, in order */
	size_t open_n;
	struct pause idle[CAUSE_IDLE_MAX]; /* an answer seemed to have met it */
	size_t idle_n;
	struct cause_hold holds[CAUSE_HOLDS_MAX]; /* in order, adjacent */
	size_t hold_n;
	struct cause_seen seen[CAUSE_SEEN_MAX];
	size_t seen_n;
	struct cause_away away[CAUSE_AWAY_MAX];
	size_t away_n;
};

/* Seconds that count between two instants. */
int64_t cause_open(const struct cause_case *c, int64_t from_s, int64_t to_s);

/* The same, of those in which somebody could have done something. */
int64_t cause_free(const struct cause_case *c, int64_t from_s, int64_t to_s);

/* Sets out's code, seconds and agent; the rest of *out is left alone. */
void cause_of(const struct cause_case *c, struct cause *out);

#endif

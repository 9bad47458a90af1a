#ifndef POSTIGO_BREACH_H
#define POSTIGO_BREACH_H

/*
 * breach: the rows of broken promises, each with its cause, as it was found
 * and as a manager said; and who opened an incident first.
 *
 * Invariants: what a breach says of its incident is what held at the
 * deadline, and never changes; a cause that was said stands beside the one
 * that was found. Source: schema/STORE.md, "breach" and "incident_seen".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define BREACH_NAME_MAX 512      /* octets of a queue, team, reason */
#define BREACH_LIMIT_MAX 500     /* breaches of one page */
#define BREACH_COUNT_MAX 1000000 /* breaches that are counted */
#define BREACH_CURSOR_MAX 64

/* Why a promise was broken, and the incident as it was at the deadline. */
struct cause {
	const char *code; /* static; "": could not be judged */
	int64_t seconds;  /* that it took */
	int64_t agent_id; /* whose part it was; 0: nobody's */
	int64_t owner_id; /* had the incident; 0: nobody */
	char queue[BREACH_NAME_MAX];
	char team[BREACH_NAME_MAX];
	char channel[16];
	char reason[BREACH_NAME_MAX];
};

/* A breach to write. */
struct breach_new {
	int64_t clock_id;
	int64_t incident_id;
	int64_t at_s; /* the deadline */
	int64_t found_ms;
	bool late; /* found after a stop of the daemon */
	const struct cause *cause;
};

/* Write a breach and mark its clock. */
enum outcome breach_add(struct store *s, const struct breach_new *b,
			struct err *e) MUST_CHECK;

/*
 * Which incident a breach is of.
 * OUT_PERM  code "not_found": the clock has no breach
 */
enum outcome breach_incident(struct store *s, int64_t clock_id,
			     int64_t *incident_id_out,
			     struct err *e) MUST_CHECK;

/* A manager says another cause; the note has the reason. */
enum outcome breach_say(struct store *s, int64_t clock_id, const char *code,
			int64_t agent_id, int64_t message_id, int64_t now_ms,
			struct err *e) MUST_CHECK;

/* Which breaches: those whose deadline lies in [since_s, until_s). */
struct breach_query {
	int64_t since_s;
	int64_t until_s;
	const char *clock; /* NULL: any, here and below */
	const char *policy;
	const char *channel;
	const char *queue;
	const char *team;
	const char *reason;
	const char *cause;  /* as said, else as found */
	int64_t agent_id;   /* who had it at the deadline; 0: any */
	const char *before; /* "next" of the page before, or NULL */
	int limit;          /* 1 to BREACH_LIMIT_MAX */
};

/*
 * One page, the newest deadline first.
 * out       new list of Breach objects (methods.tbl)
 * next_out  cursor of the next page; "" if this was the last
 * OUT_PERM  code "bad_params": q->before is no cursor
 */
enum outcome breach_list(struct store *s, const struct breach_query *q,
			 json_t **out, char next_out[BREACH_CURSOR_MAX],
			 struct err *e) MUST_CHECK;

/* One Breach. OUT_PERM: code "not_found". */
enum outcome breach_view(struct store *s, int64_t clock_id, json_t **out,
			 struct err *e) MUST_CHECK;

/*
 * How many of them each cause has, on all pages: a list of BreachCount, the
 * most first.
 * cut_out  there are more than BREACH_COUNT_MAX: the newest are counted
 */
enum outcome breach_counts(struct store *s, const struct breach_query *q,
			   json_t **out, bool *cut_out,
			   struct err *e) MUST_CHECK;

/* Note that an agent opened an incident. first_out: they had not before. */
enum outcome breach_opened(struct store *s, int64_t incident_id,
			   int64_t agent_id, int64_t now_ms, bool *first_out,
			   struct err *e) MUST_CHECK;

#endif

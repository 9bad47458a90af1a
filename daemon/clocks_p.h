#ifndef POSTIGO_CLOCKS_P_H
#define POSTIGO_CLOCKS_P_H

/* clocks_p: the inside of the clocks, shared by clocks*.c alone. */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/clock.h"
#include "rules/book.h"

struct desk;
struct incident;
struct store;

/* What is done to the clocks of one incident, at one instant. */
struct clocks {
	struct desk *d;
	struct store *s;
	struct incident *inc;
	int64_t now_ms;
	int64_t now_s;
};
struct clocks clocks_of(struct desk *d, struct store *s, struct incident *inc,
			int64_t now_ms);

/* BOOK_CLOCK_COUNT: no such clock. */
enum book_clock clocks_kind(const char *name);
bool clocks_is_reply(const char *name);
/* Does it go on when its incident has ended: claim, proactive? */
bool clocks_outlives(const char *name);

/* The running ones; breaches of those whose deadline passed are written. */
enum outcome clocks_rows(struct clocks *x, struct clock_row *rows, int *n_out,
			 struct err *e) MUST_CHECK;

/* The incident's nearest deadline, after its clocks changed. */
enum outcome clocks_due(struct clocks *x, struct err *e) MUST_CHECK;

/* --- clocks_course.c ---------------------------------------------------------- */

/* The course of a clock, with its calendars; course_release() in any case. */
enum outcome clocks_course(struct clocks *x, const struct clock_row *c,
			   struct course *out, struct err *e) MUST_CHECK;
enum outcome clocks_resolve(struct clocks *x, struct course *c,
			    struct err *e) MUST_CHECK;

/* A version of the desk book that this program cannot read costs the clock
 * that names it, not what else is done. */
bool clocks_unreadable(enum outcome o, const struct err *e);

/* The terms of a policy for a clock; false: it promises none. */
bool clocks_terms(const struct book_policy *p, int64_t version,
		  enum book_clock clock, const char *priority,
		  struct course_terms *out);

/* The policy of an incident: by its name, else its channel's; or NULL. */
const struct book_policy *
clocks_policy_of(const struct book *b, const char *policy, const char *channel);

/* Members that every event of a clock has. */
json_t *clocks_data(int64_t id, const char *name);
json_t *clocks_instant(int64_t at_s); /* null: never */
void clocks_put_terms(json_t *data, const struct course_terms *t);
/* data is taken. */
enum outcome clocks_event(struct clocks *x, const char *kind, json_t *data,
			  struct err *e) MUST_CHECK;

/* A clock runs, by a course that is resolved: its warnings and escalations are
 * planned. None while it is paused. */
enum outcome clocks_steps(struct clocks *x, int64_t id, const char *name,
			  const struct course *c, int64_t due_s,
			  struct err *e) MUST_CHECK;

/* --- clocks_start.c ------------------------------------------------------------- */

/* A clock that is to be started. */
struct clock_start {
	enum book_clock clock;
	struct course_terms terms;
	int64_t start_s;
	const char *rule;  /* that chose the policy; "": none */
	const char *cause; /* it is given later than what began it: why; NULL:
			      with it */
};
enum outcome clocks_begin(struct clocks *x, const struct clock_start *st,
			  int64_t *id_out, struct err *e) MUST_CHECK;

/* Start what the incident's policy promises and the incident lacks: the reply
 * clock of what is owed, and its resolution. rule: that chose the policy; NULL:
 * the one that did before. */
enum outcome clocks_attach(struct clocks *x, const struct book *b,
			   int64_t version, const char *rule, const char *cause,
			   struct err *e) MUST_CHECK;

/* A reply clock of the incident's policy from start_s on, unless one runs. */
enum outcome clocks_reply_from(struct clocks *x, int64_t start_s,
			       const char *cause, struct err *e) MUST_CHECK;

/* --- clocks_end.c ----------------------------------------------------------------- */

enum outcome clocks_breach(struct clocks *x, struct clock_row *c,
			   struct err *e) MUST_CHECK;

/* End a clock; a deadline that passed before is a breach all the same. */
struct clock_ending {
	int64_t ended_s;
	int64_t message_id; /* of one that is fulfilled; 0: by none */
	bool fulfilled;
	const char *cause;
};
enum outcome clocks_end(struct clocks *x, struct clock_row *c,
			const struct clock_ending *z, struct err *e) MUST_CHECK;

/* Cancel those that run. */
enum clocks_which {
	CLOCKS_ALL,
	CLOCKS_REPLIES,
	CLOCKS_ENDING /* all but those that outlive their incident */
};
enum outcome clocks_cancel_these(struct clocks *x, enum clocks_which which,
				 const char *cause, struct err *e) MUST_CHECK;

/* A fulfilled clock runs again, with its first start. */
enum outcome clocks_again(struct clocks *x, struct clock_row *c,
			  const char *cause, struct err *e) MUST_CHECK;

/* --- clocks_pause.c ----------------------------------------------------------------- */

/* Pause or resume what runs, as the incident's state says. */
enum outcome clocks_pauses(struct clocks *x, struct err *e) MUST_CHECK;
enum outcome clocks_resume(struct clocks *x, struct clock_row *c,
			   struct err *e) MUST_CHECK;
/* Back from an end: the resolution goes on with the time that it had left, or
 * begins again, as its policy says. */
enum outcome clocks_resolution_again(struct clocks *x,
				     struct err *e) MUST_CHECK;

/* --- clocks_move.c ------------------------------------------------------------------ */

struct clock_move {
	const char *cause; /* policy, priority, book, zone, merge; static */
	const struct course_terms *terms; /* NULL: as they are */
	int64_t from_s;   /* from when on they hold; of a merge, the start */
	const char *rule; /* that chose the policy; NULL: as it was */
};
/* Give a running clock another deadline. Nothing if it is breached. */
enum outcome clocks_move(struct clocks *x, struct clock_row *c,
			 const struct clock_move *m, struct err *e) MUST_CHECK;

#endif

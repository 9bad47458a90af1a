#ifndef POSTIGO_MAILSIM_H
#define POSTIGO_MAILSIM_H

/*
 * mailsim: which mails will be late? Mail may wait, so it is worked off in
 * the order of deadlines, earliest first, by those who are there: what waits
 * now, and what is expected to come. Pure; instants in whole UTC seconds.
 *
 * An answer takes a person its whole time, also where several people work; the
 * next one begins as soon as one of them is free on average. What comes is
 * drawn anew in each run from a Poisson stream, and each answer's time from an
 * exponential distribution, by numbers that are the same for the same
 * question: two askings give one answer.
 */

#include <stddef.h>
#include <stdint.h>

#define MAILSIM_SLOTS 1024  /* half hours that one asks for: 3 weeks */
#define MAILSIM_MAILS 20000 /* waiting and coming ones of one run */
#define MAILSIM_RUNS 50
#define MAILSIM_RUNS_MIN 3
#define MAILSIM_WORK                                                           \
	200000 /* mails of all runs: of many, fewer runs are made */

/* A stretch of time. */
struct mailsim_slot {
	int64_t from_s;
	int64_t to_s;
	double people;   /* at work on mail, on average */
	double arrivals; /* expected */
	/* when what comes in it is due, from its start; INT64_MAX: never. What
	 * comes later within it is due as much later */
	int64_t due_s;
};

struct mailsim {
	const struct mailsim_slot *slots; /* adjacent, in order */
	size_t slot_count;
	const int64_t *waiting; /* deadlines of what waits; INT64_MAX: none */
	size_t waiting_count;
	double handling_s; /* mean of one answer */
	double target;     /* share in time that is wanted, 0 to 1 */
	int64_t until_s;   /* deadlines up to here are judged */
};

struct mailsim_result {
	double due;  /* mails with a deadline to be judged, mean of the runs */
	double late; /* of those, late */
	double sure; /* share of the runs that reach the target */
	double open; /* waiting at the end */
};

/* What is overdue at the start is worked on, but is not judged. */
void mailsim_run(const struct mailsim *m, struct mailsim_result *out);

#endif

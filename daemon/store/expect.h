#ifndef POSTIGO_STORE_EXPECT_H
#define POSTIGO_STORE_EXPECT_H

/*
 * expect: what first answers took, and rows of answer times that customers
 * were told. What is told, and when, is decided by daemon/promised.h.
 *
 * Invariants: kept is set exactly when an answer came or by_s passed; an answer
 * that failed for good is none.
 * Source: schema/STORE.md, "promise".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define EXPECT_SAMPLES_MAX 200000 /* that one measurement looks at */

/* A first answer. Texts live until the call returns. */
struct expect_sample {
	const char *channel;
	const char *queue;
	const char *calendar;
	int64_t used_s; /* business seconds; -1: it was not noted */
	int64_t start_s;
	int64_t ended_s;
};

/*
 * The first answers since an instant, by channel and queue; the newest
 * EXPECT_SAMPLES_MAX.
 */
enum outcome expect_samples(struct store *s, int64_t since_s,
			    void (*fn)(void *arg,
				       const struct expect_sample *x),
			    void *arg, struct err *e) MUST_CHECK;

struct promise_new {
	int64_t incident_id;
	int64_t message_id; /* that said it; 0: the chat's panel */
	const char *channel;
	const char *queue;
	int64_t told_ms;
	int64_t by_s;
	const char *basis; /* "measured", "policy" */
	const char *words; /* a code */
};

/* A promise that is told twice at the same instant is one: its message is
 * noted. */
enum outcome promise_add(struct store *s, const struct promise_new *p,
			 struct err *e) MUST_CHECK;

/* The newest promise of an incident. */
struct promise_row {
	int64_t id; /* 0: none */
	int64_t told_ms;
	int64_t by_s;
	char words[16];
	bool judged;
	bool kept;
	int64_t answered_s; /* 0: no answer */
};

enum outcome promise_last(struct store *s, int64_t incident_id,
			  struct promise_row *out, struct err *e) MUST_CHECK;

/*
 * Judge the promises of an incident anew, and those of incidents merged into
 * it that nobody answered: a human's first answer after each of them, as it is
 * now known; without one, broken if by_s has passed.
 */
enum outcome promise_judge(struct store *s, int64_t incident_id, int64_t now_s,
			   struct err *e) MUST_CHECK;

/* Those whose instant passed unanswered are broken; at most max.
 * n_out  how many */
enum outcome promise_pass(struct store *s, int64_t now_s, int max, int *n_out,
			  struct err *e) MUST_CHECK;

/* The nearest instant of one that is not judged; INT64_MAX: none. */
enum outcome promise_next(struct store *s, int64_t *by_s_out,
			  struct err *e) MUST_CHECK;

#endif

#ifndef POSTIGO_ANSWER_TIME_H
#define POSTIGO_ANSWER_TIME_H

/*
 * answer_time: how long first answers took of late, by channel and queue. A
 * reader measures it, at most once a minute and off the turn; whoever tells a
 * customer something asks the table. Thread safe.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct answer_times;
struct book;
struct store;

#define ANSWER_TIME_DAYS 14         /* looked back on */
#define ANSWER_TIME_SAMPLES 20      /* fewer say nothing */
#define ANSWER_TIME_AGE_MS 60000    /* measured anew after it, if need be */
#define ANSWER_TIME_IDLE_MS 3600000 /* and where nothing happened */
#define ANSWER_TIME_PAIRS_MAX 1000  /* of channel and queue */

struct answer_times *answer_times_new(void);
void answer_times_free(struct answer_times **t);

/*
 * The 80th percentile of the business seconds to a first answer.
 * t  NULL: nothing was ever measured
 * false: fewer than ANSWER_TIME_SAMPLES in ANSWER_TIME_DAYS
 */
bool answer_time(struct answer_times *t, const char *channel, const char *queue,
		 int64_t *p80_s_out);

/*
 * Has it got old? Then a reader is to be woken, which answer_times_wanted()
 * will tell.
 * number  of the last event: if it is the same, ANSWER_TIME_IDLE_MS is old
 */
bool answer_times_ask(struct answer_times *t, int64_t number, int64_t now_ms);

/* Is a measurement wanted? It says so to one who asks. At the start it is. */
bool answer_times_wanted(struct answer_times *t);

/* Measure. s is a reader's handle, within a read transaction. */
enum outcome answer_times_measure(struct answer_times *t, struct store *s,
				  const struct book *b, int64_t now_ms,
				  struct err *e) MUST_CHECK;

#endif

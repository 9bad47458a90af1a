#ifndef POSTIGO_QUEUE_H
#define POSTIGO_QUEUE_H

/*
 * queue: requests that wait for a thread, linked by request->next. Thread
 * safe. Those of one lane are first in, first out; lanes take turns, one
 * request each, so that a lane with many does not keep another waiting. Where
 * the time that requests took is told by queue_spent(), the lane for which
 * least was done is next: large requests do not keep small ones waiting. One
 * that comes anew has what the lane has whose turn it is; time in which it
 * asked for nothing is not saved up. What is pushed without a lane is in one
 * of the queue's own.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request;

/* What is said to whoever is refused: between these, in milliseconds. */
#define QUEUE_RETRY_MS 500
#define QUEUE_RETRY_MS_MAX 30000

/* The requests of one source in one queue; zeroed it is empty. It must live
 * as long as a request is in it. Under the queue's lock. */
struct lane {
	struct request *head;
	struct request *tail;
	struct lane *next; /* of those with as much: whose turn is after its */
	int64_t spent_us;  /* done for it: only differences mean something */
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t some;
	struct lane own;
	struct lane *first; /* lanes with requests */
	struct lane *last;
	int64_t spent_us; /* of the lane that was taken from last */
	size_t n;
	size_t max;
	size_t high;        /* the most that ever waited */
	uint64_t taken;     /* since the start */
	uint64_t refused;   /* since the start */
	size_t turned_away; /* refused since it was last half empty */
	int64_t sample_ms;  /* when its speed was last measured; 0: never */
	uint64_t sample_taken;
	int64_t per_s; /* taken in a second; -1: not known */
	bool closed;
	bool poked; /* whoever takes does not wait, once */
};

void queue_init(struct queue *q, size_t max);
/* It must be empty. */
void queue_release(struct queue *q);

/* Add one at the end; taken. false: full or closed, nothing was taken. */
bool queue_push(struct queue *q, struct request *rq);
/* The same, at the end of its lane. */
bool queue_push_lane(struct queue *q, struct lane *l, struct request *rq);

/*
 * Take up to max requests, one of each lane in turn, as a list that ends with
 * a NULL next. Waits up to wait_ms (-1: for ever, 0: not at all). NULL: none came,
 * the queue was poked, or is closed and empty.
 */
struct request *queue_take(struct queue *q, size_t max, int wait_ms);

/* A request of that lane took so long. It must have been taken. */
void queue_spent(struct queue *q, struct lane *l, int64_t us);

/* Whoever waits in queue_take(), or comes to it next, goes on without a
 * request: there is something else to do. */
void queue_poke(struct queue *q);

/*
 * When may one that found it full come again? The time that it takes, at its
 * speed, to serve those that are in it and those that it turned away: it
 * grows as long as more come than go.
 */
int64_t queue_retry_ms(struct queue *q, int64_t tick_ms);

struct queue_state {
	size_t waiting;
	size_t high;
	size_t max;
	uint64_t refused;
};

struct queue_state queue_state(struct queue *q);

/* Nothing more comes in; what is in can be taken still. */
void queue_close(struct queue *q);
bool queue_closed(struct queue *q);

#endif

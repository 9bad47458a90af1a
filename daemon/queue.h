#ifndef POSTIGO_QUEUE_H
#define POSTIGO_QUEUE_H

/*
 * queue: requests that wait for a thread, first in, first out, linked by
 * request->next. Thread safe.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct request;

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t some;
	struct request *head;
	struct request *tail;
	size_t n;
	size_t max;
	bool closed;
	bool poked; /* whoever takes does not wait, once */
};

void queue_init(struct queue *q, size_t max);
/* It must be empty. */
void queue_release(struct queue *q);

/* Add one at the end; taken. false: full or closed, nothing was taken. */
bool queue_push(struct queue *q, struct request *rq);

/*
 * Take up to max requests from the front, as a list that ends with a NULL
 * next. Waits up to wait_ms (-1: for ever, 0: not at all). NULL: none came,
 * the queue was poked, or is closed and empty.
 */
struct request *queue_take(struct queue *q, size_t max, int wait_ms);

/* Whoever waits in queue_take(), or comes to it next, goes on without a
 * request: there is something else to do. */
void queue_poke(struct queue *q);

/* Nothing more comes in; what is in can be taken still. */
void queue_close(struct queue *q);
bool queue_closed(struct queue *q);

#endif

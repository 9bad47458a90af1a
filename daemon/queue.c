#include "daemon/queue.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#include "daemon/request.h"

void
queue_init(struct queue *q, size_t max)
{
	pthread_condattr_t a;

	*q = (struct queue){ .max = max };
	(void)pthread_mutex_init(&q->lock, NULL);
	(void)pthread_condattr_init(&a);
	(void)pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&q->some, &a);
	(void)pthread_condattr_destroy(&a);
}

void
queue_release(struct queue *q)
{
	assert(q->head == NULL);
	(void)pthread_cond_destroy(&q->some);
	(void)pthread_mutex_destroy(&q->lock);
}

bool
queue_push(struct queue *q, struct request *rq)
{
	bool room;

	(void)pthread_mutex_lock(&q->lock);
	room = !q->closed && q->n < q->max;
	if (room) {
		rq->next = NULL;
		if (q->tail == NULL)
			q->head = rq;
		else
			q->tail->next = rq;
		q->tail = rq;
		q->n++;
		(void)pthread_cond_signal(&q->some);
	}
	(void)pthread_mutex_unlock(&q->lock);
	return room;
}

static void
wait_some(struct queue *q, int wait_ms)
{
	struct timespec until;

	if (wait_ms < 0) {
		while (q->head == NULL && !q->closed && !q->poked)
			(void)pthread_cond_wait(&q->some, &q->lock);
		return;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (q->head == NULL && !q->closed && !q->poked)
		if (pthread_cond_timedwait(&q->some, &q->lock, &until) ==
		    ETIMEDOUT)
			return;
}

struct request *
queue_take(struct queue *q, size_t max, int wait_ms)
{
	struct request *first;
	struct request *last;
	size_t n = 1;

	assert(max > 0);
	(void)pthread_mutex_lock(&q->lock);
	if (wait_ms != 0)
		wait_some(q, wait_ms);
	q->poked = false;
	first = last = q->head;
	if (first != NULL) {
		for (; n < max && last->next != NULL; n++)
			last = last->next;
		q->head = last->next;
		if (q->head == NULL)
			q->tail = NULL;
		last->next = NULL;
		q->n -= n;
	}
	(void)pthread_mutex_unlock(&q->lock);
	return first;
}

void
queue_poke(struct queue *q)
{
	(void)pthread_mutex_lock(&q->lock);
	q->poked = true;
	(void)pthread_cond_signal(&q->some);
	(void)pthread_mutex_unlock(&q->lock);
}

void
queue_close(struct queue *q)
{
	(void)pthread_mutex_lock(&q->lock);
	q->closed = true;
	(void)pthread_cond_broadcast(&q->some);
	(void)pthread_mutex_unlock(&q->lock);
}

bool
queue_closed(struct queue *q)
{
	bool closed;

	(void)pthread_mutex_lock(&q->lock);
	closed = q->closed;
	(void)pthread_mutex_unlock(&q->lock);
	return closed;
}

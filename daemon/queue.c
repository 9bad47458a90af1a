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
	assert(q->first == NULL);
	(void)pthread_cond_destroy(&q->some);
	(void)pthread_mutex_destroy(&q->lock);
}

static void
ring_add(struct queue *q, struct lane *l)
{
	l->next = NULL;
	if (q->last == NULL)
		q->first = l;
	else
		q->last->next = l;
	q->last = l;
}

bool
queue_push_lane(struct queue *q, struct lane *l, struct request *rq)
{
	bool room;

	(void)pthread_mutex_lock(&q->lock);
	room = !q->closed && q->n < q->max;
	if (room) {
		rq->next = NULL;
		if (l->tail == NULL) {
			l->head = rq;
			ring_add(q, l);
		} else {
			l->tail->next = rq;
		}
		l->tail = rq;
		q->n++;
		(void)pthread_cond_signal(&q->some);
	}
	(void)pthread_mutex_unlock(&q->lock);
	return room;
}

bool
queue_push(struct queue *q, struct request *rq)
{
	return queue_push_lane(q, &q->own, rq);
}

/* The first request of the lane whose turn it is. */
static struct request *
take_turn(struct queue *q)
{
	struct lane *l = q->first;
	struct request *rq = l->head;

	q->first = l->next;
	if (q->first == NULL)
		q->last = NULL;
	l->head = rq->next;
	if (l->head == NULL)
		l->tail = NULL;
	else
		ring_add(q, l);
	q->n--;
	rq->next = NULL;
	return rq;
}

static void
wait_some(struct queue *q, int wait_ms)
{
	struct timespec until;

	if (wait_ms < 0) {
		while (q->first == NULL && !q->closed && !q->poked)
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
	while (q->first == NULL && !q->closed && !q->poked)
		if (pthread_cond_timedwait(&q->some, &q->lock, &until) ==
		    ETIMEDOUT)
			return;
}

struct request *
queue_take(struct queue *q, size_t max, int wait_ms)
{
	struct request *first = NULL;
	struct request *last = NULL;
	size_t n;

	assert(max > 0);
	(void)pthread_mutex_lock(&q->lock);
	if (wait_ms != 0)
		wait_some(q, wait_ms);
	q->poked = false;
	for (n = 0; n < max && q->first != NULL; n++) {
		struct request *rq = take_turn(q);

		if (last == NULL)
			first = rq;
		else
			last->next = rq;
		last = rq;
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

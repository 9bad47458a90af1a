#include "daemon/queue.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#include "daemon/request.h"

#define SAMPLE_MS 100      /* its speed is measured over so long at least */
#define SAMPLE_MS_MAX 5000 /* a look from before that says nothing */
#define PER_S 1000         /* taken to be its speed until one is known */

void
queue_init(struct queue *q, size_t max)
{
	pthread_condattr_t a;

	*q = (struct queue){ .max = max, .per_s = -1 };
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
			if (l->spent_us < q->spent_us)
				l->spent_us = q->spent_us;
			ring_add(q, l);
		} else {
			l->tail->next = rq;
		}
		l->tail = rq;
		q->n++;
		if (q->n > q->high)
			q->high = q->n;
		(void)pthread_cond_signal(&q->some);
	} else {
		q->refused++;
		q->turned_away++;
	}
	(void)pthread_mutex_unlock(&q->lock);
	return room;
}

bool
queue_push(struct queue *q, struct request *rq)
{
	return queue_push_lane(q, &q->own, rq);
}

/* The lane whose turn it is, out of the ring: as many as there are
 * connections with requests are looked at. */
static struct lane *
ring_take(struct queue *q)
{
	struct lane *before = NULL;
	struct lane *l = q->first;

	for (struct lane *p = q->first; p->next != NULL; p = p->next)
		if (p->next->spent_us < l->spent_us) {
			before = p;
			l = p->next;
		}
	if (before == NULL)
		q->first = l->next;
	else
		before->next = l->next;
	if (q->last == l)
		q->last = before;
	return l;
}

/* The first request of the lane whose turn it is. */
static struct request *
take_turn(struct queue *q)
{
	struct lane *l = ring_take(q);
	struct request *rq = l->head;

	q->spent_us = l->spent_us;
	l->head = rq->next;
	if (l->head == NULL)
		l->tail = NULL;
	else
		ring_add(q, l);
	q->n--;
	q->taken++;
	if (q->n <= q->max / 2)
		q->turned_away = 0;
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
queue_spent(struct queue *q, struct lane *l, int64_t us)
{
	(void)pthread_mutex_lock(&q->lock);
	l->spent_us += us;
	(void)pthread_mutex_unlock(&q->lock);
}

void
queue_poke(struct queue *q)
{
	(void)pthread_mutex_lock(&q->lock);
	q->poked = true;
	(void)pthread_cond_signal(&q->some);
	(void)pthread_mutex_unlock(&q->lock);
}

/* The lock is held. */
static void
measure(struct queue *q, int64_t tick_ms)
{
	int64_t past = tick_ms - q->sample_ms;

	if (q->sample_ms != 0 && past < SAMPLE_MS)
		return;
	q->per_s =
		q->sample_ms == 0 || past > SAMPLE_MS_MAX
			? -1
			: (int64_t)(q->taken - q->sample_taken) * 1000 / past;
	q->sample_ms = tick_ms;
	q->sample_taken = q->taken;
}

int64_t
queue_retry_ms(struct queue *q, int64_t tick_ms)
{
	int64_t ahead;
	int64_t per_s;
	int64_t ms;

	(void)pthread_mutex_lock(&q->lock);
	measure(q, tick_ms);
	ahead = (int64_t)(q->n + q->turned_away);
	per_s = q->per_s < 0 ? PER_S : q->per_s;
	(void)pthread_mutex_unlock(&q->lock);
	ms = per_s == 0 ? QUEUE_RETRY_MS_MAX : ahead * 1000 / per_s;
	if (ms < QUEUE_RETRY_MS)
		return QUEUE_RETRY_MS;
	return ms > QUEUE_RETRY_MS_MAX ? QUEUE_RETRY_MS_MAX : ms;
}

struct queue_state
queue_state(struct queue *q)
{
	struct queue_state st;

	(void)pthread_mutex_lock(&q->lock);
	st = (struct queue_state){ .waiting = q->n,
				   .high = q->high,
				   .max = q->max,
				   .refused = q->refused };
	(void)pthread_mutex_unlock(&q->lock);
	return st;
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

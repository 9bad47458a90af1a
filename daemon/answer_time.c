#include "daemon/answer_time.h"

#include <pthread.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/expect.h"
#include "daemon/store/expect.h"
#include "daemon/store/store.h"
#include "rules/book.h"
#include "rules/deadline.h"

#define DAY ((int64_t)86400)

struct pair {
	char *channel;
	char *queue;
	int64_t p80_s;
};

struct answer_times {
	pthread_mutex_t lock;
	struct pair *pairs;
	size_t n;
	int64_t made_ms; /* 0: never */
	int64_t number;  /* of the last event then */
	bool wanted;
};

/* One measurement under way: the samples of the pair that it is at. */
struct making {
	const struct book *book;
	char *channel;
	char *queue;
	int64_t *took;
	int count;
	int room;
	struct pair *pairs;
	size_t n;
};

static void
pairs_free(struct pair *pairs, size_t n)
{
	while (n > 0) {
		n--;
		mem_free(pairs[n].channel);
		mem_free(pairs[n].queue);
	}
	mem_free(pairs);
}

struct answer_times *
answer_times_new(void)
{
	struct answer_times *t = mem_new(1, sizeof *t);

	(void)pthread_mutex_init(&t->lock, NULL);
	t->wanted = true;
	return t;
}

void
answer_times_free(struct answer_times **tp)
{
	struct answer_times *t = *tp;

	if (t == NULL)
		return;
	pairs_free(t->pairs, t->n);
	(void)pthread_mutex_destroy(&t->lock);
	MEM_CLEAR(tp);
}

bool
answer_time(struct answer_times *t, const char *channel, const char *queue,
	    int64_t *p80_s_out)
{
	bool found = false;
	size_t i;

	if (t == NULL)
		return false;
	(void)pthread_mutex_lock(&t->lock);
	for (i = 0; !found && i < t->n; i++)
		if (strcmp(t->pairs[i].channel, channel) == 0 &&
		    strcmp(t->pairs[i].queue, queue) == 0) {
			*p80_s_out = t->pairs[i].p80_s;
			found = true;
		}
	(void)pthread_mutex_unlock(&t->lock);
	return found;
}

bool
answer_times_ask(struct answer_times *t, int64_t number, int64_t now_ms)
{
	int64_t age;
	bool old;

	if (t == NULL)
		return false;
	(void)pthread_mutex_lock(&t->lock);
	age = now_ms - t->made_ms;
	/* a clock that was set back makes it old, too */
	old = !t->wanted &&
	      (age < 0 || age >= ANSWER_TIME_IDLE_MS ||
	       (age >= ANSWER_TIME_AGE_MS && number != t->number));
	t->wanted = t->wanted || old;
	(void)pthread_mutex_unlock(&t->lock);
	return old;
}

bool
answer_times_wanted(struct answer_times *t)
{
	bool wanted;

	if (t == NULL)
		return false;
	(void)pthread_mutex_lock(&t->lock);
	wanted = t->wanted;
	t->wanted = false;
	(void)pthread_mutex_unlock(&t->lock);
	return wanted;
}

/* --- measuring ------------------------------------------------------------- */

/* A pair is complete. */
static void
pair_end(struct making *m)
{
	if (m->count >= ANSWER_TIME_SAMPLES && m->n < ANSWER_TIME_PAIRS_MAX) {
		m->pairs = mem_resize(m->pairs, m->n + 1, sizeof *m->pairs);
		m->pairs[m->n++] =
			(struct pair){ m->channel, m->queue,
				       expect_p80(m->took, m->count) };
		m->channel = m->queue = NULL;
	}
	MEM_CLEAR(&m->channel);
	MEM_CLEAR(&m->queue);
	m->count = 0;
}

/* What it took, by the calendar of that name as it is now where nobody noted
 * it; -1: not known. */
static int64_t
took(const struct making *m, const struct expect_sample *x)
{
	const struct calendar *c;

	if (x->used_s >= 0)
		return x->used_s;
	c = book_calendar(m->book, x->calendar);
	return c != NULL ? deadline_used(c, x->start_s, x->ended_s, NULL, 0)
			 : -1;
}

static void
sample(void *arg, const struct expect_sample *x)
{
	struct making *m = arg;
	int64_t s = took(m, x);

	if (m->channel == NULL || strcmp(m->channel, x->channel) != 0 ||
	    strcmp(m->queue, x->queue) != 0) {
		pair_end(m);
		m->channel = mem_strdup(x->channel);
		m->queue = mem_strdup(x->queue);
	}
	if (s < 0)
		return;
	if (m->count == m->room) {
		m->room = m->room > 0 ? 2 * m->room : 256;
		m->took = mem_resize(m->took, (size_t)m->room, sizeof *m->took);
	}
	m->took[m->count++] = s;
}

enum outcome
answer_times_measure(struct answer_times *t, struct store *s,
		     const struct book *b, int64_t now_ms, struct err *e)
{
	struct making m = { .book = b };
	int64_t since_s = now_ms / 1000 - ANSWER_TIME_DAYS * DAY;
	enum outcome o = expect_samples(s, since_s, sample, &m, e);
	struct pair *pairs = NULL;
	size_t n = 0;

	pair_end(&m);
	mem_free(m.took);
	(void)pthread_mutex_lock(&t->lock);
	if (o == OUT_OK) {
		pairs = t->pairs;
		n = t->n;
		t->pairs = m.pairs;
		t->n = m.n;
		t->number = store_number(s);
	} else {
		pairs = m.pairs;
		n = m.n;
	}
	t->made_ms = now_ms;
	(void)pthread_mutex_unlock(&t->lock);
	pairs_free(pairs, n);
	return o;
}

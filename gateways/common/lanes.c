#include "gateways/common/lanes.h"

#include <stdbool.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"

#define LANES 32     /* requests under way at once */
#define RETRY_MS 500 /* unless the daemon says when */
#define RETRY_MS_MAX 5000
#define FNV_FIRST 2166136261U
#define FNV_PRIME 16777619U

struct lane {
	struct lanes *of;
	struct lanes_ask *first;
	struct lanes_ask *last;
	bool busy;        /* the first is under way */
	int64_t after_ms; /* monotonic: not asked before */
};

struct lanes {
	struct bus *bus;
	size_t count;
	struct lane lane[LANES];
};

struct lanes *
lanes_new(struct bus *bus)
{
	struct lanes *l = mem_new(1, sizeof *l);

	l->bus = bus;
	for (size_t i = 0; i < LANES; i++)
		l->lane[i].of = l;
	return l;
}

static void
ask_free(struct lanes_ask *q)
{
	json_decref(q->params);
	mem_free(q);
}

/* The first of a lane, without its place. */
static struct lanes_ask *
pop(struct lane *n)
{
	struct lanes_ask *q = n->first;

	n->first = q->next;
	if (n->first == NULL)
		n->last = NULL;
	q->next = NULL;
	n->of->count--;
	return q;
}

void
lanes_free(struct lanes **l)
{
	if (*l == NULL)
		return;
	for (size_t i = 0; i < LANES; i++)
		while ((*l)->lane[i].first != NULL)
			ask_free(pop(&(*l)->lane[i]));
	MEM_CLEAR(l);
}

/* FNV-1a: the same word, the same lane. */
static size_t
lane_of(const char *word)
{
	uint32_t h = FNV_FIRST;

	for (; *word != '\0'; word++)
		h = (h ^ (unsigned char)*word) * FNV_PRIME;
	return h % LANES;
}

void
lanes_put(struct lanes *l, const char *word, struct lanes_ask *q)
{
	struct lane *n = &l->lane[lane_of(word)];

	q->next = NULL;
	if (n->last != NULL)
		n->last->next = q;
	else
		n->first = q;
	n->last = q;
	l->count++;
}

/* The first of a lane ended; what its owner asks instead keeps its place. */
static void
finish(struct lane *n, const struct lanes_end *end)
{
	struct lanes_ask *q = pop(n);
	struct lanes_ask *instead = q->fn(q->arg, q, end);

	ask_free(q);
	if (instead == NULL)
		return;
	instead->next = n->first;
	n->first = instead;
	if (n->last == NULL)
		n->last = instead;
	n->of->count++;
}

static void
answered(void *arg, const struct bus_reply *r)
{
	struct lane *n = arg;
	struct lanes_end end = { .outcome = r->outcome,
				 .result = r->result,
				 .err = &r->err };
	int64_t wait = r->retry_after_ms > 0 ? r->retry_after_ms : RETRY_MS;

	n->busy = false;
	if (r->outcome == OUT_OK || r->outcome == OUT_PERM) {
		finish(n, &end);
		return;
	}
	n->after_ms =
		clock_tick_ms() + (wait < RETRY_MS_MAX ? wait : RETRY_MS_MAX);
}

/* Ask the first of a lane. false: the bus takes nothing now. */
static bool
ask(struct lane *n, int64_t now_ms)
{
	struct err e = { .text = "there was no time left" };
	struct lanes_end end = { .outcome = OUT_TEMP, .err = &e };
	struct lanes_ask *q = n->first;

	if (now_ms >= q->until_ms) {
		finish(n, &end);
		return true;
	}
	end.outcome = bus_call(n->of->bus, q->method, json_incref(q->params),
			       NULL, NULL, answered, n, &e);
	n->busy = end.outcome == OUT_OK;
	if (end.outcome == OUT_PERM)
		finish(n, &end);
	return end.outcome != OUT_TEMP;
}

void
lanes_step(struct lanes *l)
{
	int64_t now_ms = clock_tick_ms();

	if (l->count == 0)
		return;
	for (size_t i = 0; i < LANES; i++) {
		struct lane *n = &l->lane[i];

		while (n->first != NULL && !n->busy && n->after_ms <= now_ms)
			if (!ask(n, now_ms))
				n->after_ms = now_ms + RETRY_MS;
	}
}

size_t
lanes_count(const struct lanes *l)
{
	return l->count;
}

int
lanes_wait_ms(const struct lanes *l)
{
	int64_t now_ms = clock_tick_ms();
	int64_t least = -1;

	for (size_t i = 0; i < LANES; i++) {
		const struct lane *n = &l->lane[i];
		int64_t ms = n->after_ms > now_ms ? n->after_ms - now_ms : 0;

		if (n->first != NULL && !n->busy && (least < 0 || ms < least))
			least = ms;
	}
	return (int)least;
}

#include "daemon/mailsim.h"

#include <math.h>
#include <stdbool.h>

#include "daemon/base/mem.h"

#define SEED 0x9E3779B97F4A7C15ULL

/* One mail of a run. */
struct mail {
	int64_t due_s;
	double at_s; /* when it comes */
};

/* A run: mails in the order in which they come, and a heap of those that
 * wait, the earliest deadline on top. */
struct run {
	const struct mailsim *m;
	uint64_t random;
	struct mail *mails;
	size_t n;
	size_t next; /* the first that has not come yet */
	size_t *heap;
	size_t waiting;
	double due;
	double late;
};

/* xorshift64*: from 0 to below 1. */
static double
draw(struct run *r)
{
	r->random ^= r->random >> 12;
	r->random ^= r->random << 25;
	r->random ^= r->random >> 27;
	return (double)((r->random * 0x2545F4914F6CDD1DULL) >> 11) /
	       9007199254740992.0;
}

static double
draw_time(struct run *r, double mean)
{
	return -log(1 - draw(r)) * mean;
}

static bool
sooner(const struct run *r, size_t a, size_t b)
{
	if (r->mails[a].due_s != r->mails[b].due_s)
		return r->mails[a].due_s < r->mails[b].due_s;
	return a < b;
}

static void
heap_add(struct run *r, size_t mail)
{
	size_t i = r->waiting++;

	for (; i > 0 && sooner(r, mail, r->heap[(i - 1) / 2]); i = (i - 1) / 2)
		r->heap[i] = r->heap[(i - 1) / 2];
	r->heap[i] = mail;
}

static size_t
heap_take(struct run *r)
{
	size_t top = r->heap[0];
	size_t last = r->heap[--r->waiting];
	size_t i = 0;

	for (;;) {
		size_t k = 2 * i + 1;

		if (k >= r->waiting)
			break;
		if (k + 1 < r->waiting && sooner(r, r->heap[k + 1], r->heap[k]))
			k++;
		if (!sooner(r, r->heap[k], last))
			break;
		r->heap[i] = r->heap[k];
		i = k;
	}
	r->heap[i] = last;
	return top;
}

/* What waits at the start, then what comes in each slot, in order. */
static void
run_fill(struct run *r)
{
	const struct mailsim *m = r->m;
	double start = m->slot_count > 0 ? (double)m->slots[0].from_s : 0;
	size_t i;

	for (r->n = 0; r->n < m->waiting_count && r->n < MAILSIM_MAILS; r->n++)
		r->mails[r->n] = (struct mail){ m->waiting[r->n], start };
	for (i = 0; i < m->slot_count; i++) {
		const struct mailsim_slot *s = &m->slots[i];
		double gap = s->arrivals > 0 ? (double)(s->to_s - s->from_s) /
						       s->arrivals
					     : 0;
		double at = 0;

		while (gap > 0 && r->n < MAILSIM_MAILS) {
			at += draw_time(r, gap);
			if (at >= (double)(s->to_s - s->from_s))
				break;
			r->mails[r->n++] =
				(struct mail){ s->due_s == INT64_MAX
						       ? INT64_MAX
						       : s->due_s + (int64_t)at,
					       (double)s->from_s + at };
		}
	}
}

/* Is its deadline one that is judged? Overdue at the start it is not. */
static bool
judged(const struct run *r, const struct mail *x)
{
	return x->due_s >= r->m->slots[0].from_s && x->due_s <= r->m->until_s;
}

static void
come(struct run *r, double now)
{
	while (r->next < r->n && r->mails[r->next].at_s <= now)
		heap_add(r, r->next++);
}

/* A slot: one answer after the other; what was begun may end past it. *free
 * is when somebody is free for the next one. */
static void
run_slot(struct run *r, const struct mailsim_slot *s, double *free)
{
	double now = *free > (double)s->from_s ? *free : (double)s->from_s;

	while (s->people > 0 && now < (double)s->to_s) {
		const struct mail *x;
		double work;

		come(r, now);
		if (r->waiting == 0) {
			if (r->next == r->n ||
			    r->mails[r->next].at_s >= (double)s->to_s)
				break;
			now = r->mails[r->next].at_s;
			continue;
		}
		x = &r->mails[heap_take(r)];
		work = draw_time(r, r->m->handling_s);
		if (judged(r, x)) {
			double end =
				now + (s->people < 1 ? work / s->people : work);

			r->due++;
			r->late += end > (double)x->due_s;
		}
		now += work / s->people;
	}
	*free = now;
}

/* What is due and was never begun is late. */
static void
run_rest(struct run *r)
{
	come(r, (double)r->m->slots[r->m->slot_count - 1].to_s);
	while (r->waiting > 0)
		if (judged(r, &r->mails[r->heap[--r->waiting]])) {
			r->due++;
			r->late++;
		}
}

/* Chance evens out over many mails as it does over many runs. */
static int
runs_of(const struct mailsim *m)
{
	double mails = (double)m->waiting_count + 1;
	double runs;
	size_t i;

	for (i = 0; i < m->slot_count; i++)
		mails += m->slots[i].arrivals;
	runs = MAILSIM_WORK / mails;
	return runs > MAILSIM_RUNS       ? MAILSIM_RUNS
	       : runs < MAILSIM_RUNS_MIN ? MAILSIM_RUNS_MIN
					 : (int)runs;
}

void
mailsim_run(const struct mailsim *m, struct mailsim_result *out)
{
	struct run r = { .m = m, .random = SEED };
	int runs = runs_of(m);
	int i;

	*out = (struct mailsim_result){ .due = 0 };
	if (m->slot_count == 0)
		return;
	r.mails = mem_new(MAILSIM_MAILS, sizeof *r.mails);
	r.heap = mem_new(MAILSIM_MAILS, sizeof *r.heap);
	for (i = 0; i < runs; i++) {
		double free = 0;
		size_t k;

		r.next = r.waiting = 0;
		r.due = r.late = 0;
		run_fill(&r);
		for (k = 0; k < m->slot_count; k++)
			run_slot(&r, &m->slots[k], &free);
		come(&r, (double)m->slots[m->slot_count - 1].to_s);
		out->open += (double)r.waiting / runs;
		run_rest(&r);
		out->due += r.due / runs;
		out->late += r.late / runs;
		if (r.late <= (1 - m->target) * r.due)
			out->sure += 1.0 / runs;
	}
	mem_free(r.mails);
	mem_free(r.heap);
}

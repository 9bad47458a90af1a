#include "daemon/receipt.h"

#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/store/clock.h"

struct asker {
	struct desk *d;
	struct store *s;
};

static enum outcome
book_of(void *arg, int64_t version, struct book **out, struct err *e)
{
	const struct asker *a = arg;

	return desk_book_of(a->d, a->s, version, out, e);
}

enum outcome
receipt_course(struct desk *d, struct store *s, const struct clock_row *c,
	       struct course *out, struct err *e)
{
	struct asker a = { d, s };
	enum outcome o = clock_course(s, c, out, e);

	return o == OUT_OK ? course_resolve(out, book_of, &a, e) : o;
}

void
receipt_release(struct receipt *x)
{
	MEM_CLEAR(&x->list);
	x->n = x->cap = 0;
}

static void
add(struct receipt *x, const struct receipt_stretch *one)
{
	if (x->n >= RECEIPT_STRETCHES_MAX) {
		x->cut = true;
		return;
	}
	if (x->n == x->cap) {
		x->cap = x->cap != 0 ? x->cap * 2 : 32;
		x->list = mem_resize(x->list, x->cap, sizeof *x->list);
	}
	x->list[x->n++] = *one;
	x->counted_s += one->counted_s;
}

/* The pause that holds at an instant. */
static size_t
pause_at(const struct course *c, int64_t at_s)
{
	size_t i;

	for (i = 0; i < c->pause_count; i++)
		if (c->pauses[i].from_s <= at_s && at_s < c->pauses[i].to_s)
			return i;
	return 0;
}

/* What is paused, pause by pause. */
static void
add_paused(struct receipt *x, const struct course *c,
	   struct receipt_stretch *one)
{
	int64_t end = one->to_s;

	while (one->from_s < end && !x->cut) {
		int64_t until;

		one->pause = pause_at(c, one->from_s);
		until = c->pauses[one->pause].to_s;
		one->to_s = until > one->from_s && until < end ? until : end;
		add(x, one);
		one->from_s = one->to_s;
	}
}

static void
add_step(struct receipt *x, const struct course *c, size_t span,
	 const struct working_step *w)
{
	struct receipt_stretch one = { .from_s = w->from_s,
				       .to_s = w->to_s,
				       .kind = w->kind,
				       .counted_s = w->counted_s,
				       .day = w->day,
				       .span = span };

	if (w->kind == WORKING_PAUSED)
		add_paused(x, c, &one);
	else
		add(x, &one);
}

void
receipt_walk(struct receipt *x, const struct course *c, int64_t until_s)
{
	struct working *w = mem_new(1, sizeof *w);
	size_t n;
	struct pause *pauses = course_pauses(c, true, &n);
	size_t i;
	size_t k;

	x->n = 0;
	x->cut = false;
	x->counted_s = 0;
	for (i = 0; i < c->span_count; i++) {
		int64_t at = c->spans[i].from_s;
		int64_t end = until_s;

		if (i + 1 < c->span_count && c->spans[i + 1].from_s < end)
			end = c->spans[i + 1].from_s;
		/* each round ends where its last step does */
		while (at < end && !x->cut) {
			deadline_working(c->spans[i].calendar, at, end, pauses,
					 n, w);
			for (k = 0; k < w->n; k++)
				add_step(x, c, i, &w->steps[k]);
			at = w->steps[w->n - 1].to_s;
		}
	}
	mem_free(pauses);
	mem_free(w);
}

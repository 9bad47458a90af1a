#include "daemon/receipt.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/store/book.h"
#include "rules/book.h"

_Static_assert(RECEIPT_NEVER == DEADLINE_NEVER, "one word for never");

enum outcome
receipt_book(struct desk *d, struct store *s, int64_t version,
	     struct book **out, struct err *e)
{
	int64_t applied = 0;

	*out = desk_book(d, &applied);
	if (applied == version)
		return OUT_OK;
	book_unref(out);
	return book_at_version(s, version, out, e);
}

enum outcome
receipt_open(struct desk *d, struct store *s, const struct receipt_rows *r,
	     struct receipt *out, struct err *e)
{
	enum outcome o = OUT_OK;
	size_t i;

	memset(out, 0, sizeof *out);
	for (i = 0; o == OUT_OK && i < r->span_count; i++) {
		const struct receipt_span *span = &r->spans[i];

		o = receipt_book(d, s, span->book_version, &out->books[i], e);
		if (o != OUT_OK)
			break;
		out->span_count = i + 1;
		if (span->calendar[0] == '\0')
			continue; /* every second counts */
		out->calendars[i] =
			book_calendar(out->books[i], span->calendar);
		if (out->calendars[i] == NULL)
			o = err_code(e, OUT_PERM, "not_found",
				     "version %lld of the desk book has no "
				     "calendar '%s'",
				     (long long)span->book_version,
				     span->calendar);
	}
	return o;
}

void
receipt_release(struct receipt *x)
{
	size_t i;

	for (i = 0; i < x->span_count; i++)
		book_unref(&x->books[i]);
	MEM_CLEAR(&x->list);
	memset(x, 0, sizeof *x);
}

/* --- spans and pauses ------------------------------------------------------- */

/* Where a span ends: where the first later one begins, which may be before it
 * does, if that one was given from the clock's start on. */
static int64_t
span_end(const struct receipt_rows *r, size_t i, int64_t until_s)
{
	int64_t end = until_s;
	size_t j;

	for (j = i + 1; j < r->span_count; j++)
		if (r->spans[j].from_s < end)
			end = r->spans[j].from_s;
	return end;
}

static int64_t
span_begin(const struct receipt_rows *r, size_t i)
{
	return r->spans[i].from_s > r->start_s ? r->spans[i].from_s
					       : r->start_s;
}

/* As rules/deadline.h takes them. */
static size_t
pauses_of(const struct receipt_rows *r, struct pause *out)
{
	size_t i;

	for (i = 0; i < r->pause_count; i++)
		out[i] = (struct pause){ r->pauses[i].from_s,
					 r->pauses[i].to_s };
	return r->pause_count;
}

/* The pause that holds at an instant. */
static size_t
pause_at(const struct receipt_rows *r, int64_t at_s)
{
	size_t i;

	for (i = 0; i < r->pause_count; i++)
		if (r->pauses[i].from_s <= at_s && at_s < r->pauses[i].to_s)
			return i;
	return 0;
}

int64_t
receipt_used(const struct receipt *x, const struct receipt_rows *r,
	     int64_t at_s)
{
	struct pause pauses[RECEIPT_PAUSES_MAX];
	size_t n = pauses_of(r, pauses);
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < x->span_count; i++)
		sum += deadline_used(x->calendars[i], span_begin(r, i),
				     span_end(r, i, at_s), pauses, n);
	return sum;
}

/* --- stretches ---------------------------------------------------------------- */

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

/* What is paused, pause by pause. */
static void
add_paused(struct receipt *x, const struct receipt_rows *r,
	   struct receipt_stretch *one)
{
	int64_t end = one->to_s;

	while (one->from_s < end && !x->cut) {
		int64_t until;

		one->pause = pause_at(r, one->from_s);
		until = r->pauses[one->pause].to_s;
		one->to_s = until > one->from_s && until < end ? until : end;
		add(x, one);
		one->from_s = one->to_s;
	}
}

static void
add_step(struct receipt *x, const struct receipt_rows *r, size_t span,
	 const struct working_step *w)
{
	struct receipt_stretch one = { .from_s = w->from_s,
				       .to_s = w->to_s,
				       .kind = w->kind,
				       .counted_s = w->counted_s,
				       .day = w->day,
				       .span = span };

	if (w->kind == WORKING_PAUSED)
		add_paused(x, r, &one);
	else
		add(x, &one);
}

void
receipt_walk(struct receipt *x, const struct receipt_rows *r, int64_t until_s)
{
	struct pause pauses[RECEIPT_PAUSES_MAX];
	size_t n = pauses_of(r, pauses);
	struct working *w = mem_new(1, sizeof *w);
	size_t i;
	size_t k;

	x->n = 0;
	x->cut = false;
	x->counted_s = 0;
	for (i = 0; i < x->span_count; i++) {
		int64_t at = span_begin(r, i);
		int64_t end = span_end(r, i, until_s);

		/* each round ends where its last step does */
		while (at < end && !x->cut) {
			deadline_working(x->calendars[i], at, end, pauses, n,
					 w);
			for (k = 0; k < w->n; k++)
				add_step(x, r, i, &w->steps[k]);
			at = w->steps[w->n - 1].to_s;
		}
	}
	mem_free(w);
}

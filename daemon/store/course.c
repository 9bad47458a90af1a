#include "daemon/store/course.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "rules/book.h"

void
course_init(struct course *c, int64_t start_s, const struct course_terms *terms)
{
	memset(c, 0, sizeof *c);
	c->start_s = start_s;
	(void)course_move(c, start_s, terms);
}

static void
spans_drop(struct course *c)
{
	size_t i;

	for (i = 0; i < c->span_count; i++)
		book_unref(&c->spans[i].book);
	c->span_count = 0;
}

void
course_release(struct course *c)
{
	spans_drop(c);
	MEM_CLEAR(&c->spans);
	MEM_CLEAR(&c->pauses);
	c->pause_count = 0;
}

bool
course_move(struct course *c, int64_t from_s, const struct course_terms *terms)
{
	if (from_s <= c->start_s) {
		spans_drop(c);
		from_s = c->start_s;
	}
	if (c->span_count >= COURSE_SPANS_MAX)
		return false;
	c->spans = mem_resize(c->spans, c->span_count + 1, sizeof *c->spans);
	c->spans[c->span_count++] =
		(struct course_span){ .from_s = from_s, .terms = *terms };
	return true;
}

void
course_start(struct course *c, int64_t start_s)
{
	c->start_s = start_s;
	c->spans[0].from_s = start_s;
}

bool
course_pause(struct course *c, int64_t from_s, int64_t to_s, const char *cause)
{
	struct course_pause *p;

	if (c->pause_count >= COURSE_PAUSES_MAX)
		return false;
	c->pauses = mem_resize(c->pauses, c->pause_count + 1, sizeof *p);
	p = &c->pauses[c->pause_count++];
	p->from_s = from_s;
	p->to_s = to_s;
	(void)snprintf(p->cause, sizeof p->cause, "%s", cause);
	return true;
}

bool
course_paused(const struct course *c)
{
	return c->pause_count > 0 &&
	       c->pauses[c->pause_count - 1].to_s == DEADLINE_NEVER;
}

void
course_resume(struct course *c, int64_t to_s)
{
	if (course_paused(c))
		c->pauses[c->pause_count - 1].to_s = to_s;
}

enum outcome
course_resolve(struct course *c, course_book_fn *book, void *arg, struct err *e)
{
	enum outcome o = OUT_OK;
	size_t i;

	for (i = 0; o == OUT_OK && i < c->span_count; i++) {
		struct course_span *s = &c->spans[i];

		if (s->book != NULL)
			continue;
		o = book(arg, s->terms.book_version, &s->book, e);
		if (o != OUT_OK || s->terms.calendar[0] == '\0')
			continue;
		s->calendar = book_calendar(s->book, s->terms.calendar);
		if (s->calendar == NULL)
			o = err_code(e, OUT_PERM, "not_found",
				     "version %lld of the desk book has no "
				     "calendar '%s'",
				     (long long)s->terms.book_version,
				     s->terms.calendar);
	}
	return o;
}

struct deadline_span *
course_chain(const struct course *c)
{
	struct deadline_span *list = mem_new(c->span_count, sizeof *list);
	size_t i;

	for (i = 0; i < c->span_count; i++) {
		const struct course_span *s = &c->spans[i];

		list[i].from_s = s->from_s;
		list[i].calendar = s->calendar;
		list[i].budget_s = s->terms.budget_s;
		list[i].days = (int)s->terms.days;
	}
	return list;
}

struct pause *
course_pauses(const struct course *c, bool holding, size_t *n_out)
{
	struct pause *list = mem_new(c->pause_count + 1, sizeof *list);
	size_t i;

	*n_out = 0;
	for (i = 0; i < c->pause_count; i++)
		if (holding || c->pauses[i].to_s != DEADLINE_NEVER)
			list[(*n_out)++] =
				(struct pause){ .from_s = c->pauses[i].from_s,
						.to_s = c->pauses[i].to_s };
	return list;
}

int64_t
course_due(const struct course *c)
{
	size_t n;
	struct pause *pauses = course_pauses(c, false, &n);
	struct deadline_span *chain = course_chain(c);
	int64_t due = deadline_chain(chain, c->span_count, pauses, n);

	mem_free(chain);
	mem_free(pauses);
	return due;
}

int64_t
course_used(const struct course *c, int64_t until_s)
{
	size_t n;
	struct pause *pauses = course_pauses(c, true, &n);
	struct deadline_span *chain = course_chain(c);
	int64_t used =
		deadline_chain_used(chain, c->span_count, until_s, pauses, n);

	mem_free(chain);
	mem_free(pauses);
	return used;
}

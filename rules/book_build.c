#include "rules/book_build.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/utf8.h"
#include "rules/book_parse.h"
#include "rules/book_scan.h"
#include "rules/calendar.h"
#include "rules/complain.h"

#define EXPECTED_SHOWN 8

#define NEW(p, type) ((type *)arena_new(&(p)->book->arena, sizeof(type)))

void
build_read(struct build *p)
{
	void *scanner;

	p->loc.line = 1;
	p->loc.column = 1;
	scanner = book_scan_open(p);
	if (scanner == NULL) {
		complain(p->errs, p->loc, NULL, "memory is out");
		return;
	}
	if (book_yyparse(scanner, p) != 0)
		p->lost = true; /* it gave up before the end */
	book_scan_close(scanner);
}

struct text_span
build_span(struct text_span a, struct text_span b, bool filled)
{
	if (!filled) {
		a.first = a.last;
		a.from = a.to;
		return a;
	}
	a.last = b.last;
	a.to = b.to;
	return a;
}

void
build_error(struct build *p, const struct text_span *at, const char *text)
{
	p->lost = true;
	complain(p->errs, at->first, "nested too deep, or too long", "%s",
		 text);
}

void
build_syntax_error(struct build *p, const struct text_span *at, const char *got,
		   const char *const *expected, size_t n)
{
	size_t cut = utf8_cut(p->text + at->from, at->to - at->from, 40);
	struct guess g;
	struct buf b;
	char word[48];
	char hint[160];
	char list[300];
	size_t i;

	(void)snprintf(word, sizeof word, "%.*s", (int)cut, p->text + at->from);
	guess_start(&g, word);
	buf_init(&b, sizeof list - 1);
	(void)buf_puts(&b, "expected ");
	for (i = 0; i < n && i < EXPECTED_SHOWN; i++) {
		bool plain = strchr(expected[i], ' ') == NULL;

		if (plain)
			guess_offer(&g, expected[i]);
		(void)buf_puts(&b, i == 0 ? "" : i + 1 == n ? " or " : ", ");
		(void)buf_printf(&b, plain ? "'%s'" : "%s", expected[i]);
	}
	for (; i < n; i++)
		if (strchr(expected[i], ' ') == NULL)
			guess_offer(&g, expected[i]);
	if (n > EXPECTED_SHOWN)
		(void)buf_puts(&b, " and others");
	(void)snprintf(list, sizeof list, "%s", buf_str(&b));
	buf_release(&b);
	if (at->from == at->to)
		complain(p->errs, at->first, n != 0 ? list : NULL,
			 "unexpected end of the book");
	else
		complain(p->errs, at->first,
			 guess_hint(&g, n != 0 ? list : NULL, hint),
			 "unexpected %s%s%s",
			 strcmp(got, "a word") == 0 ? "word '" : "'", word,
			 "'");
}

void
build_lost(struct build *p)
{
	p->lost = true;
}

void
build_broken(struct build *p)
{
	p->rule->broken = true;
}

/* Put node, whose name is at *name, into its list. */
static void
add(struct build *p, struct ptrs *list, void *node, struct word *name,
    const struct word *given, const char *kind)
{
	if (given == NULL)
		return; /* its name was lost: check nothing of it */
	*name = *given;
	if (list->n < TREE_KIND_MAX)
		ptrs_add(&p->book->arena, list, node);
	else if (list->n == TREE_KIND_MAX)
		complain(p->errs, given->at, NULL, "more than %d of '%s'",
			 TREE_KIND_MAX, kind);
}

/* Set a thing that may be given once. */
static bool
once(struct build *p, struct word *to, const struct word *value,
     const char *what)
{
	if (to->text != NULL) {
		complain(p->errs, value->at, "leave one of them out",
			 "a second '%s'", what);
		return false;
	}
	*to = *value;
	return true;
}

void
build_queue(struct build *p, const struct word *name)
{
	p->queue = NEW(p, struct queue_node);
	add(p, &p->book->queues, p->queue, &p->queue->name, name, "queue");
}

void
build_queue_title(struct build *p, const struct word *title)
{
	(void)once(p, &p->queue->title, title, "title");
}

/* --- calendars ---------------------------------------------------------- */

void
build_calendar(struct build *p, const struct word *name)
{
	p->calendar = NEW(p, struct calendar_node);
	add(p, &p->book->calendars, p->calendar, &p->calendar->name, name,
	    "calendar");
}

void
build_zone(struct build *p, const struct word *zone)
{
	(void)once(p, &p->calendar->zone, zone, "timezone");
}

unsigned
build_days(unsigned from, unsigned to)
{
	unsigned mask = 1U << to;

	for (; from != to; from = (from + 1) % 7)
		mask |= 1U << from;
	return mask;
}

void
build_hours(struct build *p, unsigned days)
{
	struct hours_line *h = NEW(p, struct hours_line);

	h->days = days;
	ptrs_add(&p->book->arena, &p->calendar->hours, h);
	p->spans = &h->spans;
}

static bool
date_days(const char *s, int64_t *out)
{
	char instant[32];
	int64_t ms;

	(void)snprintf(instant, sizeof instant, "%.10sT00:00:00Z", s);
	if (!clock_parse(instant, &ms))
		return false;
	*out = ms / 86400000;
	return true;
}

void
build_date(struct build *p, const struct word *date, bool closed)
{
	struct date_line *d = NEW(p, struct date_line);

	d->text = *date;
	d->closed = closed;
	p->spans = &d->spans;
	if (!date_days(date->text, &d->day))
		complain(p->errs, date->at, "dates are written 2026-12-25",
			 "no such date: %s", date->text);
	else
		ptrs_add(&p->book->arena, &p->calendar->dates, d);
}

struct span
build_time_span(struct build *p, int64_t from_s, int64_t to_s,
		const struct text_span *at)
{
	struct span s = { (int32_t)from_s, (int32_t)to_s, at->first };

	if (from_s == DAY_S)
		complain(p->errs, at->first, "write 00:00 of the next day",
			 "opening at 24:00");
	else if (from_s == to_s)
		complain(p->errs, at->first,
			 "for the whole day write 00:00-24:00",
			 "opening and closing at the same time");
	else
		return s;
	s.from_s = -1; /* not to be used */
	return s;
}

void
build_hours_span(struct build *p, const struct span *s)
{
	struct span *copy;

	if (s->from_s < 0)
		return;
	copy = NEW(p, struct span);
	*copy = *s;
	ptrs_add(&p->book->arena, p->spans, copy);
}

/* --- policies ----------------------------------------------------------- */

void
build_policy(struct build *p, const struct word *name)
{
	p->policy = NEW(p, struct policy_node);
	add(p, &p->book->policies, p->policy, &p->policy->name, name, "policy");
}

void
build_policy_via(struct build *p, unsigned channels)
{
	p->policy->via |= channels;
}

void
build_policy_calendar(struct build *p, const struct word *name)
{
	(void)once(p, &p->policy->calendar, name, "calendar");
}

void
build_budget(struct build *p, enum budget which, int64_t s,
	     const struct text_span *at)
{
	struct book_policy *pub = &p->policy->pub;
	int64_t *to = which == BUDGET_FIRST  ? &pub->first_response_s
		      : which == BUDGET_NEXT ? &pub->next_response_s
					     : &pub->resolution_s;

	if (*to != 0)
		complain(p->errs, at->first, "leave one of them out",
			 "a second time for the same promise");
	*to = s;
}

void
build_warning(struct build *p, bool percent, int64_t value,
	      const struct text_span *at)
{
	struct book_warning *w;

	if (p->policy->warnings.n == TREE_WARNINGS_MAX) {
		complain(p->errs, at->first, NULL, "more than %d warnings",
			 TREE_WARNINGS_MAX);
		return;
	}
	w = NEW(p, struct book_warning);
	w->percent = percent ? (int)value : 0;
	w->left_s = percent ? 0 : value;
	ptrs_add(&p->book->arena, &p->policy->warnings, w);
}

unsigned
build_channel(struct build *p, const struct word *name)
{
	unsigned bit = channel_bit(name->text);
	struct guess g;
	char hint[160];
	size_t i;

	if (bit != 0)
		return bit;
	guess_start(&g, name->text);
	for (i = 0; channel_name(i) != NULL; i++)
		guess_offer(&g, channel_name(i));
	complain(
		p->errs, name->at,
		guess_hint(
			&g,
			"channels are email, chat, whatsapp, phone, form, api and order",
			hint),
		"no such channel: '%.60s'", name->text);
	return 0;
}

/* --- saved replies ------------------------------------------------------ */

void
build_reply(struct build *p, const struct word *name)
{
	p->reply = NEW(p, struct reply_node);
	add(p, &p->book->replies, p->reply, &p->reply->name, name, "reply");
}

void
build_reply_field(struct build *p, enum reply_field f, const struct word *value)
{
	switch (f) {
	case REPLY_TITLE:
		(void)once(p, &p->reply->title, value, "title");
		break;
	case REPLY_LANGUAGE:
		(void)once(p, &p->reply->language, value, "language");
		break;
	case REPLY_TEXT:
		(void)once(p, &p->reply->text, value, "text");
		break;
	}
}

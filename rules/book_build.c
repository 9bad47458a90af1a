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
#include "rules/slip.h"

#define EXPECTED_SHOWN 8

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

/* The parser gave up: what it has open does not fit its stack. */
void
build_error(struct build *p, const struct text_span *at, const char *text)
{
	(void)text;
	p->lost = true;
	if (p->rule != NULL)
		p->rule->broken = true;
	complain(p->errs, at->first, "split it",
		 "nested too deep, or too long");
}

/* What was expected, as something that a word may have been meant for. */
static void
offer(struct guess *g, const char *expected)
{
	int f;

	if (strchr(expected, ' ') == NULL)
		guess_offer(g, expected);
	else if (strncmp(expected, "a field ", 8) == 0)
		for (f = 0; f < RULE_FIELD_COUNT; f++)
			guess_offer(g, rule_field_name((enum rule_field)f));
}

/* A word that begins a thing at the beginning of a line, where a brace might
 * have been closed. */
static bool
left_open(const struct text_span *at, const char *word,
	  const char *const *expected, size_t n)
{
	static const char *const begin[] = { "queue",    "team",   "list",
					     "calendar", "policy", "shop",
					     "rule",     "reply" };
	bool close = false;
	size_t i;

	for (i = 0; i < n; i++)
		close = close || strcmp(expected[i], "}") == 0;
	for (i = 0; i < sizeof begin / sizeof *begin; i++)
		if (close && at->first.column == 1 &&
		    strcmp(word, begin[i]) == 0)
			return true;
	return false;
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
	struct slip slip = {
		.got = got, .word = word, .expected = expected, .n = n
	};
	const char *known;
	size_t i;

	slip.before = at->from != 0 ? p->text[at->from - 1] : '\0';
	(void)snprintf(word, sizeof word, "%.*s", (int)cut, p->text + at->from);
	/* a word of the language was not misspelt: it is in the wrong place */
	guess_start(&g, strcmp(got, "a word") == 0 ? word : "");
	buf_init(&b, sizeof list - 1);
	(void)buf_puts(&b, "expected ");
	for (i = 0; i < n && i < EXPECTED_SHOWN; i++) {
		bool plain = strchr(expected[i], ' ') == NULL;

		offer(&g, expected[i]);
		(void)buf_puts(&b, i == 0 ? "" : i + 1 == n ? " or " : ", ");
		(void)buf_printf(&b, plain ? "'%s'" : "%s", expected[i]);
	}
	for (; i < n; i++)
		offer(&g, expected[i]);
	if (n > EXPECTED_SHOWN)
		(void)buf_puts(&b, " and others");
	(void)snprintf(list, sizeof list, "%s", buf_str(&b));
	buf_release(&b);
	known = left_open(at, word, expected, n)
			? "close the '{' above it with '}'"
			: slip_hint(&slip);
	if (at->from == at->to)
		complain(p->errs, at->first, n != 0 ? list : NULL,
			 "unexpected end of the book");
	else
		complain(p->errs, at->first,
			 known != NULL
				 ? known
				 : guess_hint(&g, n != 0 ? list : NULL, hint),
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
	if (p->rule != NULL)
		p->rule->broken = true;
	else
		p->lost = true;
}

const char *
build_nearest(const char *got, const char *const *names, const char *otherwise,
	      char hint[160])
{
	struct guess g;
	size_t i;

	guess_start(&g, got);
	for (i = 0; names[i] != NULL; i++)
		guess_offer(&g, names[i]);
	return guess_hint(&g, otherwise, hint);
}

bool
build_choose(struct build *p, const struct word *got, const char *const *names,
	     const char *what, const char *otherwise)
{
	char hint[160];
	size_t i;

	for (i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], got->text) == 0)
			return true;
	if (p->rule != NULL)
		p->rule->broken = true;
	complain(p->errs, got->at,
		 build_nearest(got->text, names, otherwise, hint),
		 "no such %s: '%.60s'", what, got->text);
	return false;
}

void
build_include(struct build *p, const struct word *name)
{
	p->lost = true;
	complain(p->errs, name->at,
		 "files are put together when a book is read from disk",
		 "an include that nobody has followed: \"%.100s\"", name->text);
}

void
build_add(struct build *p, struct ptrs *list, void *node, struct word *name,
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

bool
build_once_only(struct build *p, struct word *to, const struct word *value,
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
	p->queue = BUILD_NEW(p, struct queue_node);
	build_add(p, &p->book->queues, p->queue, &p->queue->name, name,
		  "queue");
}

void
build_queue_title(struct build *p, const struct word *title)
{
	(void)build_once_only(p, &p->queue->title, title, "title");
}

void
build_queue_team(struct build *p, const struct word *team)
{
	(void)build_once_only(p, &p->queue->team, team, "team");
}

void
build_team(struct build *p, const struct word *name)
{
	p->team = BUILD_NEW(p, struct team_node);
	build_add(p, &p->book->teams, p->team, &p->team->name, name, "team");
}

void
build_team_title(struct build *p, const struct word *title)
{
	(void)build_once_only(p, &p->team->title, title, "title");
}

void
build_team_calendar(struct build *p, const struct word *name)
{
	(void)build_once_only(p, &p->team->calendar, name, "calendar");
}

void
build_team_member(struct build *p, const struct word *address)
{
	struct ptrs *members = &p->team->members;
	struct word *w;

	if (members->n == TREE_MEMBERS_MAX) {
		complain(p->errs, address->at, NULL, "more than %d members",
			 TREE_MEMBERS_MAX);
		return;
	}
	w = BUILD_NEW(p, struct word);
	*w = *address;
	ptrs_add(&p->book->arena, members, w);
}

void
build_list(struct build *p, const struct word *name)
{
	p->list = BUILD_NEW(p, struct list_node);
	build_add(p, &p->book->lists, p->list, &p->list->name, name, "list");
}

void
build_list_broken(struct build *p)
{
	p->list->broken = true;
}

void
build_entry(struct build *p, const struct word *text, bool literal, bool exact)
{
	struct ptrs *entries = &p->list->entries;
	struct entry_node *e;

	if (entries->n == TREE_ENTRIES_MAX) {
		complain(p->errs, text->at, "make a second list of it",
			 "more than %d entries in a list", TREE_ENTRIES_MAX);
		return;
	}
	e = BUILD_NEW(p, struct entry_node);
	e->text = *text;
	e->literal = literal;
	e->exact = exact;
	ptrs_add(&p->book->arena, entries, e);
}

/* --- calendars ---------------------------------------------------------- */

void
build_calendar(struct build *p, const struct word *name)
{
	p->calendar = BUILD_NEW(p, struct calendar_node);
	build_add(p, &p->book->calendars, p->calendar, &p->calendar->name, name,
		  "calendar");
}

void
build_zone(struct build *p, const struct word *zone)
{
	(void)build_once_only(p, &p->calendar->zone, zone, "timezone");
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
	struct hours_line *h = BUILD_NEW(p, struct hours_line);

	h->days = days;
	ptrs_add(&p->book->arena, &p->calendar->hours, h);
	p->spans = &h->spans;
}

bool
build_date_days(const char *s, int64_t *out)
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
	struct date_line *d = BUILD_NEW(p, struct date_line);

	d->text = *date;
	d->closed = closed;
	p->spans = &d->spans;
	if (!build_date_days(date->text, &d->day))
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
	copy = BUILD_NEW(p, struct span);
	*copy = *s;
	ptrs_add(&p->book->arena, p->spans, copy);
}

unsigned
build_channel(struct build *p, const struct word *name)
{
	unsigned bit = channel_bit(name->text);
	if (bit == 0)
		(void)build_choose(
			p, name, field_channels, "channel",
			"channels are email, chat, whatsapp, phone, form, api and order");
	return bit;
}

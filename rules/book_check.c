#include "rules/book_check.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/book_build.h"
#include "rules/calendar.h"
#include "rules/complain.h"
#include "rules/deadline.h"
#include "rules/match.h"
#include "rules/reply.h"
#include "rules/zone.h"

#define OPENS_WITHIN_S (INT64_C(366) * DAY_S)

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xC0) != 0x80;
	return n;
}

static void
check_name(struct build *p, const struct word *name, const char *kind)
{
	size_t i;

	if (name->n == 0)
		complain(p->errs, name->at, NULL, "a %s without a name", kind);
	if (characters(name->text) > TREE_NAME_MAX)
		complain(p->errs, name->at, NULL, "a name over %d characters",
			 TREE_NAME_MAX);
	for (i = 0; i < name->n; i++)
		if ((unsigned char)name->text[i] < ' ') {
			complain(p->errs, name->at, NULL,
				 "a control character in a name");
			return;
		}
}

static int
by_name(const void *va, const void *vb)
{
	const struct word *a = *(const struct word *const *)va;
	const struct word *b = *(const struct word *const *)vb;
	int order = strcmp(a->text, b->text);

	if (order != 0 || a->at.line == b->at.line)
		return order != 0 ? order : a->at.column - b->at.column;
	return a->at.line - b->at.line;
}

/* Every node of these lists begins with its name. */
static void
check_names(struct build *p, const struct ptrs *list, const char *kind)
{
	const struct word **names = mem_new(list->n + 1, sizeof(void *));
	const struct word *first = NULL;
	size_t i;

	for (i = 0; i < list->n; i++) {
		names[i] = list->at[i];
		check_name(p, names[i], kind);
	}
	qsort(names, list->n, sizeof(void *), by_name);
	for (i = 0; i < list->n; i++) {
		if (first == NULL || strcmp(first->text, names[i]->text) != 0)
			first = names[i];
		else
			complain(p->errs, names[i]->at, "names are used once",
				 "%s \"%.100s\" is already in line %d", kind,
				 first->text, first->at.line);
	}
	mem_free(names);
}

/* --- calendars ---------------------------------------------------------- */

static struct zone *
check_zone(struct build *p, const struct calendar_node *c)
{
	struct zone *z = NULL;
	struct guess g;
	struct err e;
	char hint[160];
	char name[64];

	if (c->zone.text == NULL) {
		complain(p->errs, c->name.at, "timezone \"Europe/Madrid\"",
			 "calendar \"%.100s\" has no timezone", c->name.text);
		return NULL;
	}
	if (zone_open(c->zone.text, &z, &e) == OUT_OK)
		return z;
	guess_start(&g, c->zone.text);
	zone_guess(&g, name);
	complain(p->errs, c->zone.at,
		 guess_hint(&g, "zones are named like Europe/Madrid", hint),
		 "%s", e.text);
	return NULL;
}

static void
check_hours(struct build *p, struct calendar *c, const struct hours_line *h)
{
	int day;
	size_t i;

	for (i = 0; i < h->spans.n; i++) {
		const struct span *s = h->spans.at[i];

		for (day = 0; day < 7; day++) {
			if ((h->days & 1U << day) == 0 ||
			    calendar_open(c, day, s->from_s, s->to_s))
				continue;
			complain(p->errs, s->at, NULL,
				 "more than %d intervals in a day",
				 CALENDAR_SPANS_MAX);
			return;
		}
	}
}

static void
check_date(struct build *p, struct calendar *c, const struct date_line *d)
{
	size_t i;

	if (!calendar_date(c, d->day)) {
		complain(p->errs, d->text.at, "leave one of them out",
			 "date %s is given twice", d->text.text);
		return;
	}
	for (i = 0; i < d->spans.n; i++) {
		const struct span *s = d->spans.at[i];

		if (s->to_s < s->from_s) {
			complain(p->errs, s->at,
				 "end at 24:00 and add the next date",
				 "hours of a date that run past midnight");
		} else if (!calendar_date_open(c, d->day, s->from_s, s->to_s)) {
			complain(p->errs, s->at, NULL,
				 "more than %d intervals in a day",
				 CALENDAR_SPANS_MAX);
			return;
		}
	}
}

/*
 * Does a calendar open at all? One that was right when it was applied stays
 * right: only a new one must open within a year from now.
 */
static void
check_opens(struct build *p, const struct calendar_node *c, bool trusted)
{
	int64_t now_s = clock_now_ms() / 1000;

	if (!calendar_ever_open(c->calendar))
		complain(p->errs, c->name.at, "mon-fri 09:00-18:00",
			 "calendar \"%.100s\" is never open", c->name.text);
	else if (!trusted && deadline_due(c->calendar, now_s, 1, NULL, 0) >
				     now_s + OPENS_WITHIN_S)
		complain(p->errs, c->name.at,
			 "its closed dates leave nothing of its weekdays",
			 "calendar \"%.100s\" is not open within a year",
			 c->name.text);
}

static void
check_calendar(struct build *p, struct calendar_node *c, bool trusted)
{
	struct zone *z = check_zone(p, c);
	size_t i;

	c->broken = z == NULL;
	c->calendar = calendar_new(c->zone.text != NULL ? c->zone.text : "", z);
	for (i = 0; i < c->hours.n; i++)
		check_hours(p, c->calendar, c->hours.at[i]);
	for (i = 0; i < c->dates.n; i++)
		check_date(p, c->calendar, c->dates.at[i]);
	calendar_finish(c->calendar);
	if (!p->lost && p->errs->n == 0)
		check_opens(p, c, trusted);
}

/* --- the rest ----------------------------------------------------------- */

void
check_missing(struct build *p, const struct word *name, const struct ptrs *list,
	      const char *kind)
{
	struct guess g;
	char hint[160];
	size_t i;

	if (p->lost)
		return; /* it may be behind a syntax error */
	guess_start(&g, name->text);
	for (i = 0; i < list->n; i++)
		guess_offer(&g, ((const struct word *)list->at[i])->text);
	complain(p->errs, name->at, guess_hint(&g, NULL, hint),
		 "no %s \"%.100s\" in this book", kind, name->text);
}

static void
check_policy(struct build *p, struct policy_node *n)
{
	struct book_policy *pub = &n->pub;
	bool any = false;
	size_t i;

	if (n->calendar.text == NULL) {
		if (!p->lost)
			complain(p->errs, n->name.at, "calendar \"shop\"",
				 "policy \"%.100s\" has no calendar",
				 n->name.text);
	} else {
		pub->calendar_name = n->calendar.text;
		pub->calendar = book_calendar(p->book, n->calendar.text);
		if (pub->calendar == NULL)
			check_missing(p, &n->calendar, &p->book->calendars,
				      "calendar");
	}
	for (i = 0; i < BOOK_CLOCK_COUNT; i++)
		any = any || n->promises[i].given;
	if (!any && p->errs->n == 0)
		complain(p->errs, n->name.at, "first response 4h",
			 "policy \"%.100s\" promises nothing", n->name.text);
}

static void
check_variable(struct build *p, const struct word *w,
	       const struct reply_hole *h)
{
	struct guess g;
	char hint[160];
	char name[64];
	size_t len = h->n < sizeof name - 1 ? h->n : sizeof name - 1;
	size_t k;

	memcpy(name, w->text + h->from, len);
	name[len] = '\0';
	if (h->bad) {
		complain(p->errs, w->at,
			 "write it like: {order.number|\"your order\"}",
			 "what is said without '{%s}' does not stand in quotes",
			 name);
		return;
	}
	if (reply_variable_known(w->text + h->from, h->n))
		return;
	guess_start(&g, name);
	for (k = 0; reply_variable_name(k) != NULL; k++)
		guess_offer(&g, reply_variable_name(k));
	complain(
		p->errs, w->at,
		guess_hint(&g, "variables are listed in postigo-book(5)", hint),
		"no such variable: '{%s}'", name);
}

static void
check_variables(struct build *p, const struct word *w)
{
	struct reply_hole h;
	size_t i = 0;

	while (w->text != NULL && reply_variable(w->text, &i, &h))
		check_variable(p, w, &h);
}

static void
check_language(struct build *p, const struct word *language)
{
	if (language->text != NULL && !field_is_language(language->text))
		complain(p->errs, language->at,
			 "languages are two or three letters: es, en",
			 "no such language: '%.60s'", language->text);
}

/* Texts of a reply or a shop policy: is there one, in a language? */
static void
check_texts(struct build *p, const struct word *name,
	    const struct word *language, const struct ptrs *texts,
	    const char *kind)
{
	bool any = false;
	size_t i;

	check_language(p, language);
	for (i = 0; i < texts->n; i++) {
		const struct text_node *t = texts->at[i];

		check_language(p, &t->language);
		any = any || t->text.n != 0;
	}
	if (!any && p->errs->n == 0)
		complain(p->errs, name->at, "text \"...\"",
			 "%s \"%.100s\" has no text", kind, name->text);
}

/* Small letters, digits and underscores: Meta takes no other. */
static void
check_template(struct build *p, const struct template_node *t)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	const char *name = t->name.text;
	size_t i;

	check_language(p, &t->language);
	if (name != NULL &&
	    (*name == '\0' || name[strspn(name, chars)] != '\0'))
		complain(p->errs, t->name.at,
			 "names of templates are small letters, digits and '_'",
			 "no such template: '%.100s'", name);
	check_variables(p, &t->header);
	for (i = 0; i < t->values.n; i++)
		check_variables(p, t->values.at[i]);
}

static void
check_reply(struct build *p, const struct reply_node *n)
{
	size_t i;

	for (i = 0; i < n->templates.n; i++)
		check_template(p, n->templates.at[i]);

	check_texts(p, &n->name, &n->language, &n->texts, "reply");
	for (i = 0; i < n->texts.n; i++)
		check_variables(
			p, &((const struct text_node *)n->texts.at[i])->text);
}

static void
check_queues(struct build *p)
{
	struct loc top = { 1, 1 };
	size_t i;

	for (i = 0; i < p->book->queues.n; i++) {
		const struct queue_node *q = p->book->queues.at[i];

		if (q->team.text != NULL &&
		    book_team(p->book, q->team.text) == NULL)
			check_missing(p, &q->team, &p->book->teams, "team");
	}
	if (p->book->queues.n == 0 && !p->lost)
		complain(p->errs, top,
			 "queue \"general\" { title \"General\" }",
			 "a book needs at least one queue");
}

/* A letter, "@", a letter, and no blank. */
static bool
is_address(const char *s)
{
	const char *at = strchr(s, '@');

	return at != NULL && at != s && at[1] != '\0' &&
	       strpbrk(s, " \t\n<>,;") == NULL;
}

void
check_address(struct build *p, const struct word *w)
{
	const struct ptrs *teams = &p->book->teams;
	struct guess g;
	char hint[160];
	size_t i;
	size_t k;

	if (is_address(w->text))
		return;
	guess_start(&g, w->text);
	for (i = 0; i < teams->n; i++) {
		const struct team_node *t = teams->at[i];

		for (k = 0; k < t->members.n; k++) {
			const struct word *m = t->members.at[k];

			if (is_address(m->text))
				guess_offer(&g, m->text);
		}
	}
	complain(
		p->errs, w->at,
		guess_hint(
			&g,
			"agents are named by the address that they log in with",
			hint),
		"'%.100s' is no e-mail address", w->text);
}

static void
check_team(struct build *p, const struct team_node *t)
{
	size_t i;

	if (t->calendar.text != NULL && t->pub.calendar == NULL)
		check_missing(p, &t->calendar, &p->book->calendars, "calendar");
	for (i = 0; i < t->members.n; i++)
		check_address(p, t->members.at[i]);
}

static void
check_target(struct build *p, const struct action_node *a)
{
	const struct book *b = p->book;
	const char *name = a->value.text;

	switch (a->kind) {
	case ACTION_QUEUE:
		if (book_queue(b, name) == NULL)
			check_missing(p, &a->value, &b->queues, "queue");
		break;
	case ACTION_TEAM:
		if (book_team(b, name) == NULL)
			check_missing(p, &a->value, &b->teams, "team");
		break;
	case ACTION_POLICY:
		if (book_policy(b, name) == NULL)
			check_missing(p, &a->value, &b->policies, "policy");
		break;
	case ACTION_REPLY:
	case ACTION_SEND:
	case ACTION_ASK_ORDER:
		if (book_reply(b, name) == NULL)
			check_missing(p, &a->value, &b->replies, "reply");
		break;
	case ACTION_NOTIFY:
		if (strcmp(name, "team") == 0 &&
		    book_team(b, a->more.text) == NULL)
			check_missing(p, &a->more, &b->teams, "team");
		if (strcmp(name, "agent") == 0)
			check_address(p, &a->more);
		break;
	case ACTION_TAG:
	case ACTION_UNTAG:
		check_name(p, &a->value, "tag");
		break;
	case ACTION_ASSIGN:
		if (a->value.n != 0) /* else nobody */
			check_address(p, &a->value);
		break;
	case ACTION_PRIORITY:
	case ACTION_REASON:
	case ACTION_STATE:
	case ACTION_SNOOZE:
	case ACTION_FALLBACK:
	case ACTION_NOTE:
	case ACTION_WEBHOOK:
	case ACTION_LINK_ORDER:
	case ACTION_KIND_COUNT:
		break;
	}
}

/* Only an event of something that did not arrive has something to send. */
static void
check_fallback(struct build *p, const struct action_node *a,
	       const struct actions *actions)
{
	const struct rule_node *r = actions->rule;

	if (a->kind == ACTION_FALLBACK &&
	    (r == NULL || (r->event_bit != EVENT_UNDELIVERED && !r->broken)))
		complain(p->errs, a->at, "on undelivered",
			 "'fallback' has nothing to send here");
}

static void
check_targets(struct build *p, const struct actions *actions)
{
	size_t i;

	for (i = 0; i < actions->list.n; i++) {
		check_target(p, actions->list.at[i]);
		check_fallback(p, actions->list.at[i], actions);
	}
}

static void
check_steps(struct build *p, const struct policy_node *n)
{
	size_t i;

	for (i = 0; i < n->steps.n; i++)
		check_targets(p,
			      &((const struct escalation_node *)n->steps.at[i])
				       ->actions);
}

static void
check_all_names(struct build *p)
{
	const struct book *b = p->book;

	check_names(p, &b->queues, "queue");
	check_names(p, &b->teams, "team");
	check_names(p, &b->lists, "list");
	check_names(p, &b->calendars, "calendar");
	check_names(p, &b->policies, "policy");
	check_names(p, &b->rules, "rule");
	check_names(p, &b->replies, "reply");
	check_names(p, &b->shop_policies, "shop policy");
}

void
book_check(struct build *p, bool trusted)
{
	struct book *b = p->book;
	struct scratch *s = scratch_new();
	size_t i;

	check_all_names(p);
	for (i = 0; i < b->calendars.n; i++)
		check_calendar(p, b->calendars.at[i], trusted);
	book_finish(p);
	check_queues(p);
	for (i = 0; i < b->teams.n; i++)
		check_team(p, b->teams.at[i]);
	for (i = 0; i < b->replies.n; i++)
		check_reply(p, b->replies.at[i]);
	for (i = 0; i < b->shop_policies.n; i++) {
		const struct shop_policy_node *n = b->shop_policies.at[i];

		check_texts(p, &n->name, &n->language, &n->texts,
			    "shop policy");
	}
	for (i = 0; i < b->policies.n; i++)
		check_policy(p, b->policies.at[i]);
	for (i = 0; i < b->policies.n; i++)
		check_steps(p, b->policies.at[i]);
	for (i = 0; i < b->rules.n; i++)
		check_targets(
			p,
			&((const struct rule_node *)b->rules.at[i])->actions);
	rules_check(p, trusted, s);
	scratch_free(&s);
}

void
book_check_promises(struct build *p)
{
	struct book *b = p->book;
	size_t i;

	for (i = 0; i < b->calendars.n; i++)
		check_calendar(p, b->calendars.at[i], true);
	book_finish_promises(b);
	for (i = 0; i < b->policies.n; i++)
		check_policy(p, b->policies.at[i]);
}
